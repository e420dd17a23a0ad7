"""What somebody may send who means harm: no request ends in a failure of the server, on either database."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from conftest import FakeAssistant
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from desk.conftest import Office, Person
from desk.handing import settings
from desk.test_access import ROUTES
from web.app import create_app
from web.desk.access import PLAIN_COOKIE
from web.desk.accounts import Role
from web.desk.audit import Filter
from web.desk.canned_replies import CannedReplies
from web.settings import RateLimitSettings
from web.storage import ValueOutOfRange

TOO_LARGE = "99999999999"
"""No Integer column takes it."""

FIELDS = (
    *("question", "text", "message", "name", "password", "code", "language", "municipality", "situation", "key"),
    *("client", "id", "canned", "seen", "account", "owner", "back", "document", "kind", "sentence", "correction"),
    *("resolution", "version", "title", "title_fi", "text_fi", "body", "toml", "slug", "cards", "act"),
)

RESIDENTS = (
    "/{language}/ask",
    "/{language}/person",
    "/{language}/feedback",
    "/{language}/keep",
    "/{language}/hand-offs",
    "/{language}/hand-offs/{token}",
    "/{language}/hand-offs/{token}/withdraw",
)


@pytest.fixture
def office(assistant: FakeAssistant, database_url: str) -> Iterator[Office]:
    chosen = settings(database_url).model_copy(update={"rate_limits": RateLimitSettings(any=0, feedback=0, ask=0)})
    with TestClient(
        create_app(lambda: assistant, chosen), follow_redirects=False, raise_server_exceptions=False
    ) as client:
        yield Office(client, client.app_state["desk"])


def entered(office: Office, person: Person) -> str:
    """The token of a session of its own: some routes end it."""
    token = office.desk.sessions.begin(person.account)
    person.client.cookies.set(PLAIN_COOKIE, token)
    session = office.desk.sessions.find(token)
    assert session is not None
    return session.csrf


@pytest.mark.parametrize("value", ["\0", "a\0b", TOO_LARGE, "-1", "²", "x" * 400], ids=lambda value: repr(value)[:20])
def test_no_value_in_an_address_or_a_form_fails_the_server(office: Office, value: str) -> None:
    everybody = office.sign_in(*Role)
    office.sign_in(Role.ADMINISTRATOR, name="another")
    routes = [*ROUTES, *(("POST", path) for path in RESIDENTS)]
    for method, path in routes:
        for place in (quote(value, safe=""), "77"):
            address = re.sub(
                r"\{(\w+)[^}]*\}", lambda found, there=place: "fi" if found[1] == "language" else there, path
            )
            form = dict.fromkeys(FIELDS, value) | {"csrf": entered(office, everybody), "consent": "true"}
            sent = {"params": dict.fromkeys(("before", "card", "again", "canned"), value)} if method == "GET" else {}
            response = everybody.client.request(method, address, **(sent or {"data": form}))
            assert response.status_code < 500, f"{method} {address}"


def test_a_number_that_no_row_has_is_not_found(office: Office) -> None:
    editor = office.sign_in(Role.EDITOR, Role.ADVISOR)
    for path in (f"/desk/review/{TOO_LARGE}", f"/desk/canned-replies/{TOO_LARGE}", f"/desk/review?before={TOO_LARGE}"):
        assert editor.client.get(path).status_code == 404


def test_zero_bytes_are_kept_as_a_sign_that_something_was_there(database: Engine, office: Office) -> None:
    replies = CannedReplies(office.desk.engine)
    account = office.sign_in(Role.ADVISOR).account
    found = replies.get(replies.keep(account, "a\0b", {"fi": "moi"}))
    assert found
    assert found.title == "a\ufffdb"
    with pytest.raises(ValueOutOfRange):
        replies.get(2**31)
    assert replies.get(2**31 - 1) is None


@pytest.mark.parametrize(
    ("charset", "value"),
    [
        pytest.param("utf-7", b"s+AHY-", id="another word"),
        pytest.param("punycode", b"sv-", id="a slow one"),
        pytest.param("raw_unicode_escape", b"s\\u0076", id="escapes, surrogates among them"),
        pytest.param("utf-8", b"sw", id="the usual one"),
    ],
)
def test_forms_are_utf_8_whatever_they_say(office: Office, charset: str, value: bytes) -> None:
    """With the encoding that each of them names, the form would choose Swedish."""
    person = office.sign_in(Role.ADVISOR)

    def send(language: bytes, kind: str) -> int:
        parts = {"csrf": person.csrf.encode(), "language": language}
        body = b"".join(
            f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + part + b"\r\n"
            for name, part in parts.items()
        )
        response = person.client.post("/desk/me/language", content=body + b"--x--\r\n", headers={"Content-Type": kind})
        return response.status_code

    assert send(value, f"multipart/form-data; boundary=x; charset={charset}") == 303
    account = office.desk.accounts.get(person.account.id)
    assert account
    assert account.language == "fi"
    assert send(b"sv", f'multipart/form-data; charset="{charset}"; boundary="x"') == 303
    account = office.desk.accounts.get(person.account.id)
    assert account
    assert account.language == "sv"


def test_a_form_of_strangers_costs_no_seconds(office: Office) -> None:
    field = b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\n' + b"a" * 120_000 + b"-" + b"b" * 120_000
    kind = "multipart/form-data; boundary=x; charset=punycode"
    began = time.perf_counter()
    response = office.client.post("/desk/sign-in", content=field + b"\r\n--x--\r\n", headers={"Content-Type": kind})
    assert response.status_code == 403
    # Ten seconds in that encoding.
    assert time.perf_counter() - began < 3


@pytest.mark.parametrize("origin", ["http://[", "http://[::1", "https://a]b"])
def test_an_origin_that_is_none_is_another(office: Office, origin: str) -> None:
    person = office.sign_in(Role.ADVISOR)
    response = person.client.post("/desk/me/language", data=person.form(language="sv"), headers={"Origin": origin})
    assert response.status_code == 403


def test_reading_the_list_of_flags_is_noted(office: Office) -> None:
    person = office.sign_in(Role.EVALUATOR)
    assert person.client.get("/desk/review").status_code == 200
    (entry,) = office.desk.audit.find(Filter(action="flags.read"))
    assert (entry.account_name, entry.details) == ("aino", {"rows": 0})
