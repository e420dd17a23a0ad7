"""The city's own sign-in, against a small provider over HTTP that says what a test wants it to say."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from conftest import FakeAssistant
from cryptography.fernet import Fernet
from fastapi.testclient import TestClient
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey
from pydantic import SecretStr

from desk.conftest import Office
from web.app import create_app
from web.desk.access import PLAIN_COOKIE
from web.desk.accounts import Role
from web.desk.audit import Filter
from web.desk.oidc import CitySignIn, NoRole, NotProven, ProviderFailed
from web.desk.settings import DeskSettings, OidcSettings, RoleName, SignInSettings
from web.desk.vault import Vault
from web.settings import WebSettings

BACK = "https://neuvo.example.fi/desk/sign-in/city/back"
SECRET = "a secret: with % signs"
ROLES: dict[str, frozenset[RoleName]] = {
    "neuvo-advisors": frozenset({"advisor"}),
    "neuvo-chiefs": frozenset({"advisor", "editor"}),
}


@dataclass
class Provider:
    """``claims`` are added to those of an id token that holds; ``None`` takes one away."""

    keys: list[Any] = field(default_factory=lambda: [RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})])
    claims: dict[str, Any] = field(default_factory=lambda: {"groups": ["neuvo-advisors"]})
    userinfo: dict[str, Any] = field(default_factory=dict)
    discovery: dict[str, Any] = field(default_factory=dict)
    sign: Callable[[dict[str, Any]], str] | None = None
    status: int = 200
    seen: list[tuple[str, dict[str, str], dict[str, str]]] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    url: str = ""

    def serve(self, path: str, headers: dict[str, str], body: dict[str, str]) -> tuple[int, Any]:
        self.seen.append((path, headers, body))
        if self.status != 200:
            return self.status, {}
        if path == "/.well-known/openid-configuration":
            places = {name: f"{self.url}/{name}" for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
            return 200, {"issuer": self.url, "end_session_endpoint": f"{self.url}/end"} | places | self.discovery
        if path == "/jwks_uri":
            return 200, {"keys": [key.as_dict(private=False) for key in self.keys]}
        if path == "/userinfo":
            return 200, self.userinfo
        return self.redeem(body)

    def redeem(self, body: dict[str, str]) -> tuple[int, Any]:
        begun = self.codes.pop(body["code"], None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(body["code_verifier"].encode()).digest()).rstrip(b"=")
        if (
            begun is None
            or begun["code_challenge"] != challenge.decode()
            or begun["redirect_uri"] != body["redirect_uri"]
        ):
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": "at", "token_type": "Bearer", "id_token": self.token(begun["nonce"])}

    def token(self, nonce: str) -> str:
        now = int(time.time())
        claims = {
            "iss": self.url,
            "sub": "u-1",
            "aud": "neuvo",
            "exp": now + 300,
            "iat": now,
            "nonce": nonce,
            "preferred_username": "Aino.Korhonen",
            "name": "Aino Korhonen",
        } | self.claims
        claims = {name: value for name, value in claims.items() if value is not None}
        if self.sign:
            return self.sign(claims)
        return jwt.encode({"alg": "RS256", "kid": self.keys[-1].kid}, claims, self.keys[-1])

    def approve(self, location: str) -> dict[str, str]:
        """What the provider sends the browser back with, once the person said who they are."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        assert location.startswith(f"{self.url}/authorization_endpoint?")
        assert (asked["response_type"], asked["code_challenge_method"], asked["client_id"]) == ("code", "S256", "neuvo")
        code = secrets.token_hex(8)
        self.codes[code] = asked
        return {"code": code, "state": asked["state"]}


@pytest.fixture
def provider() -> Iterator[Provider]:
    found = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("content-length", 0))
            body = {name: values[0] for name, values in parse_qs(self.rfile.read(length).decode()).items()}
            status, answer = found.serve(self.path, {k.lower(): v for k, v in self.headers.items()}, body)
            content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


def settings(provider: Provider, **changes: Any) -> OidcSettings:
    values: dict[str, Any] = {
        "issuer": provider.url,
        "client_id": "neuvo",
        "client_secret": SecretStr(SECRET),
        "roles": ROLES,
    }
    return OidcSettings(**(values | changes))


def city(provider: Provider, clock: Callable[[], float] = time.time, **changes: Any) -> CitySignIn:
    return CitySignIn(settings(provider, **changes), Vault(Fernet.generate_key().decode()), clock)


def test_somebody_the_provider_vouches_for_is_let_in(provider: Provider) -> None:
    door = city(provider)
    location, kept = door.begin(BACK, "/desk/inbox")
    person = door.finish(kept, provider.approve(location))
    assert person.subject == f"{provider.url} u-1"
    assert (person.name, person.display_name, person.next) == ("Aino.Korhonen", "Aino Korhonen", "/desk/inbox")
    assert person.roles == {Role.ADVISOR}
    path, headers, body = provider.seen[-2]
    assert path == "/token_endpoint"
    # The secret is form-encoded before it goes into the header, and nowhere in the body.
    assert base64.b64decode(headers["authorization"].removeprefix("Basic ")) == b"neuvo:a+secret%3A+with+%25+signs"
    assert "client_secret" not in body


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        pytest.param({"nonce": "another"}, "id token", id="another nonce"),
        pytest.param({"nonce": None}, "id token", id="no nonce"),
        pytest.param({"aud": "another-client"}, "id token", id="for another client"),
        pytest.param({"aud": ["neuvo", "another"]}, "id token", id="for two, and nobody says by whom"),
        pytest.param({"aud": ["neuvo", "another"], "azp": "another"}, "id token", id="asked for by another"),
        pytest.param({"aud": None}, "id token", id="for nobody"),
        pytest.param({"iss": "https://evil.example"}, "id token", id="of another issuer"),
        pytest.param({"iss": None}, "id token", id="of no issuer"),
        pytest.param({"exp": 1_000_000_000}, "id token", id="expired"),
        pytest.param({"exp": None}, "id token", id="without an end"),
        pytest.param({"nbf": 9_000_000_000}, "id token", id="not yet good"),
        pytest.param({"iat": 9_000_000_000}, "id token", id="made in the future"),
        pytest.param({"sub": None}, "id token", id="of nobody"),
        pytest.param({"sub": ""}, "id token", id="of an empty name"),
        pytest.param({"at_hash": "wrong"}, "id token", id="with another access token"),
    ],
)
def test_a_token_that_does_not_hold_lets_nobody_in(provider: Provider, claims: dict[str, Any], reason: str) -> None:
    provider.claims |= claims
    door = city(provider)
    location, kept = door.begin(BACK, "/desk")
    with pytest.raises(NotProven, match=reason):
        door.finish(kept, provider.approve(location))


def forged(claims: dict[str, Any]) -> str:
    """Signed with a key of the same name that the provider does not have."""
    return jwt.encode({"alg": "RS256", "kid": "one"}, claims, RSAKey.generate_key(2048, {"kid": "one"}))


def unsigned(claims: dict[str, Any]) -> str:
    head, body = (base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=") for one in ({"alg": "none"}, claims))
    return f"{head.decode()}.{body.decode()}."


def with_the_secret(claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET * 2), algorithms=["HS256"])


@pytest.mark.parametrize("sign", [forged, unsigned, with_the_secret, lambda _: "no.token.atall", lambda _: "å"])
def test_a_signature_that_is_not_the_providers_lets_nobody_in(
    provider: Provider, sign: Callable[[dict[str, Any]], str]
) -> None:
    provider.sign = sign
    door = city(provider)
    location, kept = door.begin(BACK, "/desk")
    with pytest.raises(NotProven, match="id token"):
        door.finish(kept, provider.approve(location))


def test_a_state_is_good_once_and_for_the_browser_that_has_it(provider: Provider) -> None:
    door = city(provider)
    location, kept = door.begin(BACK, "/desk")
    _, other = door.begin(BACK, "/desk")
    back = provider.approve(location)
    for stranger in (other, "", "forged", kept[:-2]):
        with pytest.raises(NotProven):
            door.finish(stranger, back)
    with pytest.raises(NotProven, match="state"):
        door.finish(kept, {"code": back["code"]})
    assert door.finish(kept, back).roles
    with pytest.raises(NotProven, match="used before"):
        door.finish(kept, provider.approve(location))


def test_whoever_is_away_for_too_long_begins_again(provider: Provider) -> None:
    vault = Vault(Fernet.generate_key().decode())
    door = CitySignIn(settings(provider), vault)
    location, _ = door.begin(BACK, "/desk")
    long_ago = vault._fernet._fernets[0].encrypt_at_time(b"{}", int(time.time()) - 601).decode()  # type: ignore[attr-defined]
    with pytest.raises(NotProven, match="too long ago"):
        door.finish(long_ago, provider.approve(location))


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"error": "access_denied"}, id="the person said no"),
        pytest.param({"code": ""}, id="no code"),
        pytest.param({"iss": "https://evil.example"}, id="another provider answered"),
    ],
)
def test_a_response_that_signs_nobody_in(provider: Provider, changes: dict[str, str]) -> None:
    door = city(provider)
    location, kept = door.begin(BACK, "/desk")
    with pytest.raises(NotProven):
        door.finish(kept, provider.approve(location) | changes)


def test_the_code_is_bound_to_this_browser(provider: Provider) -> None:
    """A code that was meant for another browser fails for its code challenge."""
    door = city(provider)
    location, _ = door.begin(BACK, "/desk")
    other_location, kept = door.begin(BACK, "/desk")
    stolen = provider.approve(location)["code"]
    with pytest.raises(ProviderFailed, match="HTTP 400"):
        door.finish(kept, provider.approve(other_location) | {"code": stolen})


@pytest.mark.parametrize(
    ("ahead", "held"),
    [
        pytest.param(345, True, id="a difference of less than a minute is forgiven"),
        pytest.param(362, False, id="more is not"),
    ],
)
def test_clocks_differ(provider: Provider, ahead: float, held: bool) -> None:
    # The token is good for 300 seconds, and the leeway is 60.
    door = city(provider, lambda: time.time() + ahead)
    location, kept = door.begin(BACK, "/desk")
    if held:
        assert door.finish(kept, provider.approve(location))
    else:
        with pytest.raises(NotProven, match="id token"):
            door.finish(kept, provider.approve(location))


@pytest.mark.parametrize(
    ("claim", "claims", "roles"),
    [
        pytest.param("groups", {"groups": ["neuvo-chiefs", "staff"]}, {"advisor", "editor"}, id="a list"),
        pytest.param("groups", {"groups": "neuvo-advisors"}, {"advisor"}, id="a word"),
        pytest.param("groups", {"groups": ["neuvo-advisors", "neuvo-chiefs"]}, {"advisor", "editor"}, id="two"),
        pytest.param("a.roles", {"a": {"roles": ["neuvo-advisors"]}}, {"advisor"}, id="a claim within another"),
        pytest.param("https://espoo.fi/roles", {"https://espoo.fi/roles": ["neuvo-advisors"]}, {"advisor"}, id="dots"),
        pytest.param("groups", {"groups": ["staff"]}, None, id="another group"),
        pytest.param("groups", {"groups": None}, None, id="no claim"),
        pytest.param("groups", {"groups": {"neuvo-advisors": True}}, None, id="another form"),
        pytest.param("groups", {"groups": [["neuvo-advisors"], 7]}, None, id="a list of another form"),
        pytest.param("a.roles", {"a": "neuvo-advisors"}, None, id="nothing within"),
    ],
)
def test_roles_come_from_the_claim(
    provider: Provider, claim: str, claims: dict[str, Any], roles: set[str] | None
) -> None:
    provider.claims = claims
    door = city(provider, roles_claim=claim)
    location, kept = door.begin(BACK, "/desk")
    if roles is None:
        with pytest.raises(NoRole) as caught:
            door.finish(kept, provider.approve(location))
        assert caught.value.subject == f"{provider.url} u-1"
    else:
        assert door.finish(kept, provider.approve(location)).roles == roles


def test_what_the_token_does_not_say_is_asked(provider: Provider) -> None:
    provider.discovery = {"userinfo_endpoint": f"{provider.url}/userinfo"}
    provider.claims = {}
    provider.userinfo = {"sub": "u-1", "groups": ["neuvo-chiefs"], "name": "Somebody Else"}
    door = city(provider)
    location, kept = door.begin(BACK, "/desk")
    person = door.finish(kept, provider.approve(location))
    assert person.roles == {Role.ADVISOR, Role.EDITOR}
    assert person.display_name == "Aino Korhonen"  # the signed token is believed first
    assert provider.seen[-1][1]["authorization"] == "Bearer at"
    provider.userinfo["sub"] = "u-2"
    location, kept = door.begin(BACK, "/desk")
    with pytest.raises(NotProven, match="somebody else"):
        door.finish(kept, provider.approve(location))


def test_new_keys_are_fetched_when_they_are_needed(provider: Provider) -> None:
    now = [time.time()]
    door = city(provider, lambda: now[0])
    location, kept = door.begin(BACK, "/desk")
    door.finish(kept, provider.approve(location))
    provider.keys = [RSAKey.generate_key(2048, {"kid": "two", "use": "sig"})]
    now[0] += 61
    location, kept = door.begin(BACK, "/desk")
    assert door.finish(kept, provider.approve(location))
    fetched = sum(path == "/jwks_uri" for path, _, _ in provider.seen)
    assert fetched == 2
    provider.sign = forged  # nobody makes us fetch keys again and again
    for _ in range(3):
        location, kept = door.begin(BACK, "/desk")
        with pytest.raises(NotProven):
            door.finish(kept, provider.approve(location))
    assert sum(path == "/jwks_uri" for path, _, _ in provider.seen) == fetched


def test_elliptic_curves_do_as_well(provider: Provider) -> None:
    key = ECKey.generate_key("P-256", {"kid": "ec", "use": "sig"})
    provider.keys.append(key)
    provider.sign = lambda claims: jwt.encode({"alg": "ES256", "kid": "ec"}, claims, key)
    door = city(provider)
    location, kept = door.begin(BACK, "/desk")
    assert door.finish(kept, provider.approve(location))


@pytest.mark.parametrize(
    "discovery",
    [
        pytest.param({"issuer": "https://evil.example"}, id="another issuer"),
        pytest.param({"token_endpoint": "http://login.example/token"}, id="an endpoint without TLS"),
        pytest.param({"authorization_endpoint": "javascript:alert(1)"}, id="an endpoint that is none"),
        pytest.param({"jwks_uri": None}, id="no keys"),
    ],
)
def test_a_provider_that_cannot_be_trusted_is_not_used(provider: Provider, discovery: dict[str, Any]) -> None:
    provider.discovery = discovery
    with pytest.raises(ProviderFailed):
        city(provider).begin(BACK, "/desk")


def test_a_provider_that_is_away_is_said(provider: Provider) -> None:
    provider.status = 500
    with pytest.raises(ProviderFailed, match="HTTP 500"):
        city(provider).begin(BACK, "/desk")
    with pytest.raises(ProviderFailed, match="no connection"):
        city(provider, issuer="http://127.0.0.1:1").begin(BACK, "/desk")


@pytest.mark.parametrize(
    ("methods", "secret", "in_body"),
    [
        pytest.param(["client_secret_post"], SECRET, True, id="in the body where only that is taken"),
        pytest.param(["client_secret_basic", "client_secret_post"], SECRET, False, id="in the header otherwise"),
        pytest.param(["none"], None, False, id="a public client has none"),
    ],
)
def test_how_the_client_proves_itself(
    provider: Provider, methods: list[str], secret: str | None, in_body: bool
) -> None:
    provider.discovery = {"token_endpoint_auth_methods_supported": methods}
    door = city(provider, client_secret=SecretStr(secret) if secret else None)
    location, kept = door.begin(BACK, "/desk")
    assert door.finish(kept, provider.approve(location))
    _, headers, body = next(one for one in provider.seen if one[0] == "/token_endpoint")
    assert (body.get("client_secret") == SECRET) == in_body
    assert ("authorization" in headers) == (secret is not None and not in_body)


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"issuer": "https://login.example"}, id="no client"),
        pytest.param({"issuer": "https://login.example", "client_id": "neuvo"}, id="no roles"),
        pytest.param({"issuer": "http://login.example", "client_id": "neuvo", "roles": ROLES}, id="no TLS"),
        pytest.param({"scopes": "profile"}, id="not OpenID"),
        pytest.param({"roles": {"staff": ["king"]}}, id="no such role"),
    ],
)
def test_settings_that_cannot_be(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"issuer|OpenID Connect|scopes|roles|https"):
        OidcSettings.model_validate(values)


@pytest.fixture
def office(provider: Provider, assistant: FakeAssistant) -> Iterator[Office]:
    desk = DeskSettings(sign_in=SignInSettings(oidc=settings(provider)))
    with TestClient(create_app(lambda: assistant, WebSettings(desk=desk)), follow_redirects=False) as client:
        yield Office(client, client.app_state["desk"])


def go(office: Office, provider: Provider, next: str = "/desk") -> Any:
    """To the city and back."""
    location = office.client.get(f"/desk/sign-in/city?next={next}").headers["location"]
    return office.client.get("/desk/sign-in/city/back", params=provider.approve(location))


def test_the_page_offers_the_citys_sign_in(office: Office, provider: Provider) -> None:
    page = office.client.get("/desk/sign-in?next=/desk/shortcuts").text
    assert "Kirjaudu tunnistuspalvelulla Espoo" in page
    assert 'href="/desk/sign-in/city?next=/desk/shortcuts"' in page
    response = go(office, provider, "/desk/shortcuts")
    assert (response.status_code, response.headers["location"]) == (303, "/desk/shortcuts")
    assert "Aino Korhonen" in office.client.get("/desk/me").text
    (listed,) = office.desk.accounts.all()
    assert (listed.account.name, listed.city, listed.state) == ("aino.korhonen", True, "active")
    assert [entry.action for entry in office.desk.audit.find(Filter())] == ["session.begun", "account.created"]


def test_an_account_of_the_same_name_is_nobody_elses(office: Office, provider: Provider) -> None:
    own = office.desk.accounts.create("aino.korhonen", [Role.ADMINISTRATOR])
    go(office, provider)
    names = {one.account.name: one for one in office.desk.accounts.all()}
    assert set(names) == {"aino.korhonen", "aino.korhonen-2"}
    assert names["aino.korhonen"].account == own
    assert not names["aino.korhonen"].city
    assert office.client.get("/desk/accounts").status_code == 403


def test_the_person_is_known_again_and_has_the_roles_of_today(office: Office, provider: Provider) -> None:
    go(office, provider)
    before = office.client.cookies[PLAIN_COOKIE]
    provider.claims = {"groups": ["neuvo-chiefs"], "preferred_username": "aino.virtanen"}
    go(office, provider)
    (listed,) = office.desk.accounts.all()
    assert listed.account.roles == {Role.ADVISOR, Role.EDITOR}
    assert office.desk.sessions.find(before) is None
    assert office.client.get("/desk/canned-replies").status_code == 200


def test_who_has_no_role_any_more_is_out_everywhere(office: Office, provider: Provider) -> None:
    go(office, provider)
    provider.claims = {"groups": []}
    response = go(office, provider)
    assert response.status_code == 403
    assert "Sinulla ei ole oikeutta käyttää neuvontapöytää" in response.text
    assert office.client.get("/desk/me").status_code == 303


def test_a_closed_account_stays_closed(office: Office, provider: Provider) -> None:
    go(office, provider)
    (listed,) = office.desk.accounts.all()
    office.desk.accounts.close(listed.account.id)
    office.client.cookies.clear()
    assert go(office, provider).status_code == 403
    assert office.client.get("/desk/me").status_code == 303
    assert len(office.desk.accounts.all()) == 1


def test_going_back_twice_signs_nobody_in_again(office: Office, provider: Provider) -> None:
    location = office.client.get("/desk/sign-in/city").headers["location"]
    back = provider.approve(location)
    assert office.client.get("/desk/sign-in/city/back", params=back).status_code == 303
    office.client.cookies.delete(PLAIN_COOKIE)
    assert office.client.get("/desk/sign-in/city/back", params=back).status_code == 403
    assert office.client.get("/desk/me").status_code == 303


def test_a_city_account_has_no_password_here(office: Office, provider: Provider) -> None:
    go(office, provider)
    page = office.client.get("/desk/me").text
    assert "Vaihda salasana</button>" not in page
    csrf = re.findall(r'name="csrf" value="([^"]+)"', page)[0]
    form = {"csrf": csrf, "current": "", "password": "harmaa sillan alla", "again": "harmaa sillan alla"}
    assert office.client.post("/desk/me/password", data=form).status_code == 422
    assert office.client.get("/desk/me/app").headers["location"] == "/desk/me"
    (listed,) = office.desk.accounts.all()
    assert not office.desk.credentials.means(listed.account.id).password


def test_signing_out_offers_to_sign_out_of_the_city_too(office: Office, provider: Provider) -> None:
    go(office, provider)
    csrf = re.findall(r'name="csrf" value="([^"]+)"', office.client.get("/desk/me").text)[0]
    location = office.client.post("/desk/sign-out", data={"csrf": csrf}).headers["location"]
    assert location == "/desk/signed-out?city=1"
    query = "client_id=neuvo&amp;post_logout_redirect_uri=http%3A%2F%2Ftestserver%2Fdesk%2Fsigned-out"
    assert f'href="{provider.url}/end?{query}"' in office.client.get(location).text


def test_a_provider_that_is_away_leaves_the_desks_own_accounts(office: Office, provider: Provider) -> None:
    provider.status = 500
    response = office.client.get("/desk/sign-in/city")
    assert response.status_code == 503
    assert "Kaupungin tunnistus ei toiminut" in response.text
    assert 'name="password"' in response.text
