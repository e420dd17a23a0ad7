"""Signing in and out in a browser without scripts, and one's own account."""

from __future__ import annotations

import html
import logging
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pyotp
import pytest
from conftest import FakeAssistant
from fastapi.testclient import TestClient

from desk.conftest import Office
from web.app import create_app
from web.desk.access import PLAIN_COOKIE, SAFE_COOKIE
from web.desk.accounts import Account, Role
from web.desk.audit import Filter
from web.settings import RateLimitSettings, WebSettings

PASSWORD = "harmaa sillan alla virtaa"


class Authenticator:
    """Shows codes that were not used yet: of the step before, of this one, of the next."""

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self._steps = iter((-1, 0, 1))

    def code(self) -> str:
        moment = datetime.now(UTC) + timedelta(seconds=30 * next(self._steps))
        return pyotp.TOTP(self.secret).at(for_time=moment)


def admit(office: Office, *roles: Role, name: str = "aino") -> tuple[Account, Authenticator]:
    """An account that signs in with PASSWORD and the codes of an app."""
    desk = office.desk
    account = desk.accounts.create(name, roles or [Role.ADVISOR], display_name="Aino Korhonen")
    app = Authenticator(pyotp.random_base32())
    assert desk.credentials.set_up(desk.accounts.invite(account.id), PASSWORD, app.secret, app.code())
    return account, app


def fields(page: str) -> dict[str, str]:
    """The hidden fields of the page."""
    return {
        name: html.unescape(value) for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page)
    }


def sign_in(client: TestClient, code: str, path: str = "/desk/sign-in", **other: str) -> Any:
    form = fields(client.get(path).text) | {"name": "aino", "password": PASSWORD, "code": code} | other
    return client.post("/desk/sign-in", data=form)


def test_signing_in_leads_to_where_one_wanted_to_go(office: Office) -> None:
    account, app = admit(office)
    led = office.client.get("/desk/shortcuts").headers["location"]
    response = sign_in(office.client, app.code(), led)
    assert (response.status_code, response.headers["location"]) == (303, "/desk/shortcuts")
    assert office.client.get("/desk/me").status_code == 200
    assert office.client.get("/desk/sign-in?next=/desk/me").headers["location"] == "/desk/me"
    entry = office.desk.audit.find(Filter(action="session.begun"))[0]
    assert (entry.account, entry.details) == (account.id, {"by": "password"})


def test_a_refusal_says_the_same_whatever_was_wrong(office: Office) -> None:
    _, app = admit(office)
    pages, code = set(), app.code()
    for wrong in ({"password": "another password"}, {"name": "eero"}, {"code": "000000"}):
        response = sign_in(office.client, **{"code": code, **wrong})
        assert response.status_code == 422
        assert PLAIN_COOKIE not in response.cookies
        pages.add(response.text.replace('value="eero"', 'value="aino"'))
        assert PASSWORD not in response.text
    assert len(pages) == 1
    assert 'role="alert"' in pages.pop()


def test_too_many_failures_mean_waiting(office: Office) -> None:
    _, app = admit(office)
    for _ in range(5):
        assert sign_in(office.client, "", password="another password").status_code == 422
    response = sign_in(office.client, app.code())
    assert response.status_code == 429
    assert 0 < int(response.headers["retry-after"]) <= 30
    assert "Odota 1 minuutti" in response.text


def test_an_address_is_limited_too(assistant: FakeAssistant) -> None:
    settings = WebSettings(rate_limits=RateLimitSettings(sign_in=3))
    with TestClient(create_app(lambda: assistant, settings), follow_redirects=False) as client:
        codes = [client.post("/desk/sign-in").status_code for _ in range(4)]
        assert codes == [403, 403, 403, 429]
        assert client.get("/desk/sign-in").status_code == 200


def test_signing_in_needs_a_form_that_this_browser_was_shown(office: Office) -> None:
    _, app = admit(office)
    shown = fields(office.client.get("/desk/sign-in").text)
    form = shown | {"name": "aino", "password": PASSWORD, "code": app.code()}
    assert office.client.post("/desk/sign-in", data=form | {"csrf": ""}).status_code == 403
    assert office.client.post("/desk/sign-in", data=form | {"csrf": "å"}).status_code == 403
    # The attacker's own form, sent by the browser of somebody else.
    office.client.cookies.clear()
    assert office.client.post("/desk/sign-in", data=form).status_code == 403
    office.client.get("/desk/sign-in")
    assert office.client.post("/desk/sign-in", data=form).status_code == 403


def test_a_session_that_the_browser_had_is_over_after_signing_in(office: Office) -> None:
    account, app = admit(office)
    planted = office.desk.sessions.begin(account)
    shown = fields(office.client.get("/desk/sign-in").text)
    office.client.cookies.set(PLAIN_COOKIE, planted, domain="testserver.local", path="/")
    form = shown | {"name": "aino", "password": PASSWORD, "code": app.code()}
    response = office.client.post("/desk/sign-in", data=form)
    assert response.status_code == 303
    assert office.desk.sessions.find(planted) is None
    assert response.cookies[PLAIN_COOKIE] != planted


def test_signing_out_ends_the_session_and_clears_the_browser(office: Office) -> None:
    person = office.sign_in(Role.ADVISOR)
    response = person.client.post("/desk/sign-out", data=person.form())
    assert response.headers["location"] == "/desk/signed-out"
    assert response.headers["clear-site-data"] == '"cache", "storage"'
    assert f'{PLAIN_COOKIE}=""' in response.headers["set-cookie"]
    assert office.desk.sessions.of(person.account.id) == []
    assert "Olet kirjautunut ulos" in person.client.get("/desk/signed-out").text


def test_cookies_over_tls_belong_to_this_host_alone(assistant: FakeAssistant) -> None:
    settings = WebSettings(trusted_proxies=("10.0.0.1",))
    with TestClient(create_app(lambda: assistant, settings), follow_redirects=False, client=("10.0.0.1", 1)) as client:
        desk = client.app_state["desk"]
        _, app = admit(Office(client, desk))
        https = {"X-Forwarded-Proto": "https"}
        page = client.get("/desk/sign-in", headers=https)
        kept = page.headers["set-cookie"].split(";")[0]
        assert page.headers["set-cookie"].startswith(f"{SAFE_COOKIE}_form=")
        form = fields(page.text) | {"name": "aino", "password": PASSWORD, "code": app.code()}
        response = client.post("/desk/sign-in", data=form, headers=https | {"Cookie": kept})
        name, *attributes = response.headers["set-cookie"].split("; ")
        assert name.startswith(f"{SAFE_COOKIE}=")
        assert set(attributes) == {"HttpOnly", "Path=/", "SameSite=lax", "Secure"}


@pytest.mark.parametrize(
    ("wish", "text"),
    [
        ("fi", "Kirjaudu neuvontapöytään"),
        ("sv-FI,sv;q=0.9", "Logga in i rådgivningsdisken"),
        ("en-GB", "Sign in to the desk"),
        ("so", "Sign in to the desk"),
        ("", "Kirjaudu neuvontapöytään"),
    ],
)
def test_the_form_speaks_the_browsers_language(office: Office, wish: str, text: str) -> None:
    assert text in office.client.get("/desk/sign-in", headers={"Accept-Language": wish}).text


@pytest.fixture
def invited(office: Office) -> tuple[Office, Account, str]:
    account = office.desk.accounts.create("aino", [Role.ADVISOR], display_name="Aino Korhonen")
    return office, account, office.desk.accounts.invite(account.id)


def test_a_one_time_link_sets_an_account_up(invited: tuple[Office, Account, str]) -> None:
    office, account, code = invited
    page = office.client.get(f"/desk/welcome?code={code}").text
    form = fields(page)
    secret = re.findall(r"secret=([A-Z2-7]{32})", page)[0]
    totp = pyotp.TOTP(secret).now()
    refused = office.client.post("/desk/welcome", data=form | {"password": "x", "again": "x", "totp": totp})
    assert refused.status_code == 422
    assert fields(refused.text)["sealed"] == form["sealed"]  # the app that read the first picture still fits
    done = office.client.post("/desk/welcome", data=form | {"password": PASSWORD, "again": PASSWORD, "totp": totp})
    codes = re.findall(r"<li>(\w{4}-\w{4}-\w{4}-\w{4})</li>", done.text)
    assert len(codes) == 10
    assert office.client.get("/desk/me").status_code == 200
    assert office.client.get(f"/desk/welcome?code={code}").status_code == 404
    office.client.cookies.clear()
    assert sign_in(office.client, codes[0]).status_code == 303
    assert office.desk.credentials.means(account.id).recovery_codes == 9


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        pytest.param({"again": "something else"}, "Salasanat eivät ole samat.", id="two passwords"),
        pytest.param({"totp": "000000"}, "Koodi ei ole oikein.", id="wrong code"),
        pytest.param({"totp": ""}, "Koodi ei ole oikein.", id="no code"),
        pytest.param({"password": "Salasana2026", "again": "Salasana2026"}, "Moni käyttää", id="a common password"),
        pytest.param({"password": "ainokorhonen", "again": "ainokorhonen"}, "koostua nimestäsi", id="the name"),
    ],
)
def test_what_is_wrong_is_said_and_can_be_mended(
    invited: tuple[Office, Account, str], changes: dict[str, str], text: str
) -> None:
    office, account, code = invited
    page = office.client.get(f"/desk/welcome?code={code}").text
    totp = pyotp.TOTP(re.findall(r"secret=([A-Z2-7]{32})", page)[0]).now()
    form = fields(page) | {"password": PASSWORD, "again": PASSWORD, "totp": totp}
    response = office.client.post("/desk/welcome", data=form | changes)
    assert response.status_code == 422
    assert text in response.text
    assert office.desk.accounts.invited(code) == account
    assert not office.desk.credentials.means(account.id).password


def test_a_form_for_another_account_pairs_nothing(invited: tuple[Office, Account, str]) -> None:
    office, _, code = invited
    other = office.desk.accounts.create("eero", [Role.ADVISOR])
    theirs = office.client.get(f"/desk/welcome?code={office.desk.accounts.invite(other.id)}").text
    form = fields(office.client.get(f"/desk/welcome?code={code}").text) | {"sealed": fields(theirs)["sealed"]}
    totp = pyotp.TOTP(re.findall(r"secret=([A-Z2-7]{32})", theirs)[0]).now()
    response = office.client.post("/desk/welcome", data=form | {"password": PASSWORD, "again": PASSWORD, "totp": totp})
    assert response.status_code == 422
    assert office.desk.accounts.invited(code)


@pytest.mark.parametrize("code", ["", "x", "å" * 3000])
def test_no_link_opens_nothing(office: Office, code: str) -> None:
    response = office.client.get("/desk/welcome", params={"code": code})
    assert response.status_code == 404
    assert "Linkki ei ole enää voimassa" in response.text


def test_no_code_nor_password_is_logged(invited: tuple[Office, Account, str], caplog: Any) -> None:
    office, _, code = invited
    with caplog.at_level(logging.INFO):
        office.client.get(f"/desk/welcome?code={code}")
        sign_in(office.client, "123456", name="my secret passphrase")
    # The test's own client writes a log, too.
    logged = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("neuvo"))
    assert "GET /desk/welcome 200" in logged
    for word in (code, "123456", PASSWORD, "my secret passphrase"):
        assert word not in logged


def enter(office: Office, *roles: Role) -> tuple[Account, Authenticator, str]:
    """Signed in with the office's own client: with the token of its forms."""
    account, app = admit(office, *roles)
    assert sign_in(office.client, app.code()).status_code == 303
    return account, app, fields(office.client.get("/desk/me").text)["csrf"]


def test_the_desk_speaks_the_language_of_the_account(office: Office) -> None:
    _, _, csrf = enter(office)
    assert "Omat tietosi" in office.client.get("/desk/me").text
    office.client.post("/desk/me/language", data={"csrf": csrf, "language": "sv"})
    assert "Ditt konto" in office.client.get("/desk/me").text
    office.client.post("/desk/me/language", data={"csrf": csrf, "language": "so"})  # the desk has no texts in it
    assert "Ditt konto" in office.client.get("/desk/me").text


def test_a_new_password_ends_all_other_sessions_and_renews_this_one(office: Office) -> None:
    account, app, csrf = enter(office)
    other = office.desk.sessions.begin(account)
    before = office.client.cookies[PLAIN_COOKIE]
    form = {
        "csrf": csrf,
        "current": PASSWORD,
        "password": "punainen mökki järvellä",
        "again": "punainen mökki järvellä",
    }
    response = office.client.post("/desk/me/password", data=form)
    assert response.headers["location"] == "/desk/me?done=password"
    assert office.desk.sessions.find(other) is None
    assert office.desk.sessions.find(before) is None
    page = office.client.get("/desk/me?done=password").text
    assert "Salasana on vaihdettu." in page
    assert fields(page)["csrf"] != csrf
    office.client.cookies.clear()
    assert sign_in(office.client, app.code(), password="punainen mökki järvellä").status_code == 303


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        pytest.param({"current": "another password"}, "Salasana ei ole oikein.", id="wrong password now"),
        pytest.param({"again": "something else"}, "Salasanat eivät ole samat.", id="two passwords"),
        pytest.param({"password": "short", "again": "short"}, "vähintään 12 merkkiä", id="too short"),
    ],
)
def test_a_password_that_is_not_changed_stays(office: Office, changes: dict[str, str], text: str) -> None:
    account, _, csrf = enter(office)
    form = {
        "csrf": csrf,
        "current": PASSWORD,
        "password": "punainen mökki järvellä",
        "again": "punainen mökki järvellä",
    }
    response = office.client.post("/desk/me/password", data=form | changes)
    assert response.status_code == 422
    assert text in response.text
    office.desk.credentials.confirm(account, PASSWORD, "testclient")


def test_another_app_replaces_the_first_one(office: Office) -> None:
    account, app, csrf = enter(office)
    page = office.client.get("/desk/me/app").text
    other = Authenticator(re.findall(r"secret=([A-Z2-7]{32})", page)[0])
    assert other.secret != app.secret
    form = {"csrf": csrf, "sealed": fields(page)["sealed"], "current": PASSWORD, "totp": other.code()}
    assert office.client.post("/desk/me/app", data=form | {"current": "another"}).status_code == 422
    done = office.client.post("/desk/me/app", data=form)
    assert len(re.findall(r"<li>(\w{4}-\w{4}-\w{4}-\w{4})</li>", done.text)) == 10
    assert office.client.get("/desk/me").status_code == 200
    assert office.desk.audit.find(Filter(action="app.changed", account="aino"))
    office.client.cookies.clear()
    assert sign_in(office.client, app.code()).status_code == 422
    assert sign_in(office.client, other.code()).status_code == 303
    assert account.name == "aino"


def test_new_recovery_codes_need_the_password(office: Office) -> None:
    _, _, csrf = enter(office)
    assert office.client.post("/desk/me/codes", data={"csrf": csrf, "current": "another"}).status_code == 422
    page = office.client.post("/desk/me/codes", data={"csrf": csrf, "current": PASSWORD})
    assert len(re.findall(r"<li>(\w{4}-\w{4}-\w{4}-\w{4})</li>", page.text)) == 10


def test_sessions_are_listed_and_ended(office: Office) -> None:
    account, _, csrf = enter(office)
    one, two = (office.desk.sessions.begin(account, device) for device in ("Firefox, Windows", "Chrome, Android"))
    page = office.client.get("/desk/me").text
    assert page.index("Firefox, Windows") > 0
    found = office.desk.sessions.find(one)
    assert found
    office.client.post("/desk/me/sessions", data={"csrf": csrf, "id": str(found.id)})
    assert office.desk.sessions.find(one) is None
    assert office.desk.sessions.find(two)
    office.client.post("/desk/me/sessions", data={"csrf": csrf, "id": "others"})
    assert office.desk.sessions.find(two) is None
    assert office.client.get("/desk/me").status_code == 200
    office.client.post("/desk/me/sessions", data={"csrf": csrf, "id": "all"})
    assert office.client.get("/desk/me").status_code == 303


def test_nobody_ends_the_session_of_another(office: Office) -> None:
    _, _, csrf = enter(office)
    other = office.sign_in(Role.ADVISOR, name="eero")
    (theirs,) = office.desk.sessions.of(other.account.id)
    office.client.post("/desk/me/sessions", data={"csrf": csrf, "id": str(theirs.id)})
    assert other.client.get("/desk/me").status_code == 200
