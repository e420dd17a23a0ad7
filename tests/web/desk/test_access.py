"""Who may do what: every route of the desk with every role and with nobody, against one table written by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import FakeAssistant
from fastapi.testclient import TestClient

from desk.conftest import Office, Person
from web.app import create_app
from web.desk.access import PLAIN_COOKIE, allowed, everybody, own_path
from web.desk.accounts import Role
from web.settings import WebSettings

LETTERS = {"A": Role.ADVISOR, "E": Role.EDITOR, "V": Role.EVALUATOR, "M": Role.ADMINISTRATOR}

TABLE = """
*     GET   /desk/sign-in
*     POST  /desk/sign-in
*     GET   /desk/sign-in/city
*     GET   /desk/sign-in/city/back
*     GET   /desk/signed-out
*     GET   /desk/welcome
*     POST  /desk/welcome

AEVM  GET   /desk
AEVM  POST  /desk/sign-out
AEVM  GET   /desk/me
AEVM  POST  /desk/me/language
AEVM  POST  /desk/me/password
AEVM  GET   /desk/me/app
AEVM  POST  /desk/me/app
AEVM  POST  /desk/me/codes
AEVM  POST  /desk/me/sessions
AEVM  GET   /desk/palette
AEVM  GET   /desk/shortcuts

AE    GET   /desk/ask
AE    POST  /desk/ask
AE    GET   /desk/ask/{key}
AE    GET   /desk/ask/{key}/edit
AE    POST  /desk/ask/{key}/edit
AE    POST  /desk/recent/forget
AE    GET   /desk/sheets/{key}
AEV   GET   /desk/read/{id:path}
AEV   POST  /desk/pins

A     GET   /desk/inbox
A     POST  /desk/deliveries
A     GET   /desk/hand-offs/{id}
A     POST  /desk/hand-offs/{id}/reply
A     POST  /desk/hand-offs/{id}/take
A     POST  /desk/hand-offs/{id}/give-back
A     POST  /desk/hand-offs/{id}/assign
A     POST  /desk/hand-offs/{id}/close
A     POST  /desk/hand-offs/{id}/reopen
AE    GET   /desk/canned-replies
AE    GET   /desk/canned-replies/new
AE    GET   /desk/canned-replies/{id}
AE    POST  /desk/canned-replies
AE    POST  /desk/canned-replies/{id}/delete

AEV   GET   /desk/flags/new
AEV   POST  /desk/flags/new
AEV   GET   /desk/review
E     GET   /desk/review/feedback
AEV   GET   /desk/review/{id}
AEV   POST  /desk/review/{id}/ask
EV    POST  /desk/review/{id}/close
EV    POST  /desk/review/{id}/case
E     POST  /desk/review/{id}/delete

E     GET   /desk/cards
E     GET   /desk/cards/new
E     POST  /desk/cards/new
E     GET   /desk/cards/{slug}
E     GET   /desk/cards/{slug}/facts
E     POST  /desk/cards/{slug}/facts
E     GET   /desk/cards/{slug}/{name}
E     POST  /desk/cards/{slug}/{name}
E     GET   /desk/cards/{slug}/{name}/history
E     POST  /desk/cards/{slug}/{name}/history
E     GET   /desk/documents
E     POST  /desk/documents
E     GET   /desk/documents/{id}
E     POST  /desk/documents/{id}
E     GET   /desk/publish
E     POST  /desk/publish
E     GET   /desk/publish/progress

EVM   GET   /desk/insight
EVM   GET   /desk/insight/export.{format}
EV    GET   /desk/insight/missing
E     POST  /desk/insight/missing/close

M     GET   /desk/accounts
M     POST  /desk/accounts
M     GET   /desk/accounts/{id}
M     POST  /desk/accounts/{id}/roles
M     POST  /desk/accounts/{id}/reset
M     POST  /desk/accounts/{id}/unlock
M     POST  /desk/accounts/{id}/sign-out
M     POST  /desk/accounts/{id}/close
M     POST  /desk/accounts/{id}/reopen
M     GET   /desk/audit
M     GET   /desk/audit.csv
"""
"""Advisor, Editor, eValuator, adMinistrator; * is everybody, signed in or not. One line for each route."""

ROUTES: dict[tuple[str, str], frozenset[Role] | None] = {
    (method, path): None if who == "*" else frozenset(LETTERS[letter] for letter in who)
    for who, method, path in (line.split() for line in TABLE.splitlines() if line)
}


def walk(routes: Any) -> Iterator[Any]:
    """The routes of an application and of the routers within it."""
    for route in routes:
        inner = getattr(route, "original_router", None) or (None if hasattr(route, "endpoint") else route)
        if hasattr(route, "endpoint"):
            yield route
        elif inner is not None and getattr(inner, "routes", None):
            yield from walk(inner.routes)


def desk_routes() -> dict[tuple[str, str], Any]:
    application = create_app(FakeAssistant, WebSettings())
    return {
        (method, route.path): route
        for route in walk(application.routes)
        if re.match(r"/(api/)?desk\b", route.path)
        for method in route.methods - {"HEAD"}
    }


def test_every_route_of_the_desk_is_in_the_table_and_no_other() -> None:
    assert set(desk_routes()) == set(ROUTES)


def test_every_route_declares_the_roles_of_the_table() -> None:
    for (method, path), route in desk_routes().items():
        guards = [
            one.call for one in route.dependant.dependencies if isinstance(one.call, allowed) or one.call is everybody
        ]
        assert len(guards) == 1, f"{method} {path} has {len(guards)} guards"
        declared = None if guards[0] is everybody else guards[0].roles
        assert declared == ROUTES[method, path], f"{method} {path}"


@pytest.fixture(scope="module")
def town() -> Iterator[Office]:
    """One office for all of the matrix."""
    fake = FakeAssistant()
    application = create_app(lambda: fake, WebSettings(workers=1, queue=1))
    with TestClient(application, follow_redirects=False) as client:
        yield Office(client, client.app_state["desk"])
    fake.released.set()


@pytest.fixture(scope="module")
def people(town: Office) -> dict[Role, Person]:
    return {role: town.sign_in(role, name=role) for role in Role}


def send(client: TestClient, method: str, path: str, **more: Any) -> Any:
    """To the route, about what does not exist."""
    return client.request(method, re.sub(r"\{[^}]+\}", "999999", path), **more)


def is_refused(response: Any) -> bool:
    to_sign_in = response.headers.get("location", "").startswith("/desk/sign-in?next=")
    return response.status_code in (401, 403) or (response.status_code == 303 and to_sign_in)


def entered(town: Office, person: Person) -> dict[str, str]:
    """Their form in a session of its own: some routes end it."""
    token = town.desk.sessions.begin(person.account)
    person.client.cookies.set(PLAIN_COOKIE, token)
    session = town.desk.sessions.find(token)
    assert session is not None
    return {"csrf": session.csrf}


@pytest.mark.parametrize(("method", "path"), ROUTES, ids=lambda part: part)
def test_nobody_signed_in_gets_nowhere(town: Office, method: str, path: str) -> None:
    town.client.cookies.clear()
    response = send(town.client, method, path)
    if ROUTES[method, path] is None:
        # A form before signing in needs the token of a page that this browser was shown.
        assert is_refused(response) == (method != "GET")
    elif path.startswith("/api/"):
        assert response.status_code == 401
    else:
        assert response.status_code == 303
        assert response.headers["location"].startswith("/desk/sign-in?next=/desk")


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize(("method", "path"), ROUTES, ids=lambda part: part)
def test_who_gets_where(town: Office, people: dict[Role, Person], method: str, path: str, role: Role) -> None:
    person, roles = people[role], ROUTES[method, path]
    if roles is None:
        return
    form = entered(town, person)
    sent = {"data": form} if method != "GET" else {}
    response = send(person.client, method, path, **sent)
    assert response.headers["cache-control"] == "no-store"
    if role in roles:
        assert not is_refused(response), response.text
        assert response.status_code < 500
    else:
        assert response.status_code == 403


CHANGING = [(method, path) for (method, path), roles in ROUTES.items() if method != "GET" and roles is not None]


@pytest.mark.parametrize(("method", "path"), CHANGING, ids=lambda part: part)
def test_what_changes_something_needs_the_token_of_the_session(
    town: Office, people: dict[Role, Person], method: str, path: str
) -> None:
    roles = ROUTES[method, path]
    assert roles
    person = people[min(roles)]
    entered(town, person)
    other = next(people[role] for role in Role if people[role] is not person)
    theirs = town.desk.sessions.find(town.desk.sessions.begin(other.account))
    again = town.desk.sessions.find(town.desk.sessions.begin(person.account))
    assert theirs
    assert again
    for token in ("", "å", "x" * 43, theirs.csrf, again.csrf):
        assert send(person.client, method, path, data={"csrf": token}).status_code == 403
        header = {"X-CSRF-Token": token.encode()}
        assert send(person.client, method, path, headers=header).status_code == 403


@pytest.mark.parametrize(
    ("headers", "refused"),
    [
        pytest.param({}, False, id="a browser that says nothing"),
        pytest.param({"Sec-Fetch-Site": "same-origin"}, False, id="the desk's own page"),
        pytest.param({"Sec-Fetch-Site": "none"}, False, id="the person themselves"),
        pytest.param({"Sec-Fetch-Site": "cross-site"}, True, id="another site"),
        pytest.param({"Sec-Fetch-Site": "same-site"}, True, id="another server of the city"),
        pytest.param({"Origin": "http://testserver"}, False, id="the desk's own origin"),
        pytest.param({"Origin": "http://testserver:8000"}, False, id="a port that the proxy leaves out"),
        pytest.param({"Origin": "null"}, False, id="an origin kept back by the referrer policy"),
        pytest.param({"Origin": "https://evil.example"}, True, id="another origin"),
        pytest.param({"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"}, True, id="both must fit"),
    ],
)
def test_a_request_from_elsewhere_is_refused_even_with_the_token(
    office: Office, headers: dict[str, str], refused: bool
) -> None:
    person = office.sign_in(Role.ADVISOR)
    response = person.client.post("/desk/me/language", data=person.form(language="sv"), headers=headers)
    assert response.status_code == (403 if refused else 303)


def test_the_token_may_come_in_a_header(office: Office) -> None:
    person = office.sign_in(Role.ADVISOR)
    response = person.client.post(
        "/desk/me/language", data={"language": "sv"}, headers={"X-CSRF-Token": person.csrf.encode()}
    )
    assert response.status_code == 303


def test_a_session_that_ended_opens_nothing(office: Office) -> None:
    person = office.sign_in(Role.ADMINISTRATOR)
    assert person.client.get("/desk/accounts").status_code == 200
    office.desk.sessions.end_all(person.account.id)
    assert person.client.get("/desk/accounts").headers["location"] == "/desk/sign-in?next=/desk/accounts"


def test_closing_an_account_ends_what_it_has_open(office: Office) -> None:
    person = office.sign_in(Role.ADVISOR)
    office.desk.accounts.close(person.account.id)
    assert person.client.get("/desk/ask").status_code == 303


def test_roles_count_from_the_next_request_on(office: Office) -> None:
    person = office.sign_in(Role.ADVISOR, Role.ADMINISTRATOR)
    office.desk.accounts.set_roles(person.account.id, [Role.ADVISOR], given=True)
    assert person.client.get("/desk/audit").status_code == 403


@pytest.mark.parametrize(
    ("next", "path"),
    [
        ("/desk/inbox", "/desk/inbox"),
        ("/desk/hand-offs/4f-A_1", "/desk/hand-offs/4f-A_1"),
        ("/desk", "/desk"),
        ("", "/desk"),
        ("/", "/desk"),
        ("/en/", "/desk"),
        ("/deskside", "/desk"),
        ("//evil.example", "/desk"),
        ("/desk//evil.example", "/desk"),
        ("/desk/\\evil.example", "/desk"),
        ("/desk/../en", "/desk"),
        ("/desk/%2E%2e/en", "/desk"),
        ("/desk/...a/b", "/desk/...a/b"),
        ("https://evil.example/desk", "/desk"),
        ("/desk/x?y=http://evil.example", "/desk"),
        ("/desk/x\r\nSet-Cookie: a=b", "/desk"),
        ("javascript:alert(1)", "/desk"),
    ],
)
def test_nobody_is_led_elsewhere(next: str, path: str) -> None:
    assert own_path(next) == path


def test_no_site_frames_the_desk_whoever_may_frame_the_chat(assistant: FakeAssistant) -> None:
    settings = WebSettings(embed_origins=("https://www.espoo.fi",))
    with TestClient(create_app(lambda: assistant, settings), follow_redirects=False) as client:
        assert "frame-ancestors https://www.espoo.fi" in client.get("/en/").headers["content-security-policy"]
        for path in ("/desk", "/desk/sign-in", "/desk/nothing/here", "/api/desk/nothing"):
            headers = client.get(path).headers
            assert headers["content-security-policy"].endswith("frame-ancestors 'none'")
            assert headers["x-frame-options"] == "DENY"
            assert headers["cache-control"] == "no-store"


def test_nobody_signed_in_is_led_to_signing_in(office: Office) -> None:
    response = office.client.get("/desk")
    assert (response.status_code, response.headers["location"]) == (303, "/desk/sign-in?next=/desk")


@pytest.mark.parametrize(
    ("role", "path"),
    [
        pytest.param(Role.ADVISOR, "/desk/ask", id="an advisor asks"),
        pytest.param(Role.EDITOR, "/desk/ask", id="an editor asks"),
        pytest.param(Role.EVALUATOR, "/desk/review", id="an evaluator reviews"),
        pytest.param(Role.ADMINISTRATOR, "/desk/insight", id="an administrator reads the indicators"),
    ],
)
def test_the_desk_begins_with_the_first_place_of_a_role(office: Office, role: Role, path: str) -> None:
    response = office.sign_in(role).client.get("/desk")
    assert (response.status_code, response.headers["location"]) == (303, path)
