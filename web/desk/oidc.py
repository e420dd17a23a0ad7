"""The city's own sign-in by OpenID Connect: the code flow with PKCE, state and nonce.

CitySignInError  nobody is signed in this way
  ProviderFailed   the provider cannot be reached, or answers nonsense
  NotProven        what came back does not belong to what was begun here, or the token does not hold
  NoRole           the provider knows them, but nothing it says gives a role at the desk
"""

from __future__ import annotations

import hmac
import json
import logging
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

from web.desk.accounts import Role
from web.desk.claims import claim, first_text
from web.desk.settings import OidcSettings
from web.desk.vault import Vault

TRANSACTION_SECONDS = 600
"""From leaving for the provider to coming back."""

_TIMEOUT, _MOST_BYTES, _KEPT = 10.0, 1024 * 1024, 3600.0
_FRESH_KEYS = 60.0
"""Seconds between two looks for new keys of the provider's."""

_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"]
"""Signed with a key only the provider has; never "none", never with the client's secret."""

_LOCAL = ("localhost", "127.0.0.1", "::1")


class CitySignInError(Exception):
    """Nobody is signed in this way."""


class ProviderFailed(CitySignInError):
    """The provider cannot be reached, or answers nonsense. Says how, without anything it sent."""


class NotProven(CitySignInError):
    """What came back does not belong to what was begun here, or the token does not hold. Says which."""


class NoRole(CitySignInError):
    """Nothing the provider says gives a role at the desk."""

    def __init__(self, subject: str) -> None:
        super().__init__("no role")
        self.subject = subject


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody the provider vouches for. ``subject`` never changes and is never another's; ``next`` is where they
    wanted to go."""

    subject: str
    name: str
    display_name: str
    roles: frozenset[Role]
    next: str


@dataclass(frozen=True, slots=True)
class _Provider:
    issuer: str
    authorization: str
    token: str
    jwks: str
    userinfo: str | None
    end_session: str | None
    secret_in_body: bool
    read: float


class CitySignIn:
    """Blocks. ``clock`` gives seconds since 1970."""

    def __init__(self, settings: OidcSettings, vault: Vault, clock: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._vault = vault
        self._clock = clock
        self._lock = threading.Lock()
        self._provider: _Provider | None = None
        self._keys: tuple[float, Any] | None = None
        self._used: dict[str, float] = {}
        self.name = settings.name

    def begin(self, redirect_uri: str, next: str) -> tuple[str, str]:
        """The provider's address to go to, and what the browser keeps until it comes back. Raises ProviderFailed."""
        from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
        from authlib.oauth2.rfc7636 import create_s256_code_challenge

        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        url = prepare_grant_uri(
            self._discovered().authorization,
            client_id=self._settings.client_id,
            response_type="code",
            redirect_uri=redirect_uri,
            scope=self._settings.scopes,
            state=state,
            nonce=nonce,
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
        )
        kept = {"state": state, "nonce": nonce, "verifier": verifier, "redirect_uri": redirect_uri, "next": next}
        return str(url), self._vault.seal(json.dumps(kept))

    def finish(self, kept: str, query: Mapping[str, str]) -> Person:
        """Who came back. ``kept`` is what ``begin`` left with the browser. Raises CitySignInError."""
        opened = self._vault.open(kept, TRANSACTION_SECONDS)
        if opened is None:
            raise NotProven("no sign-in was begun in this browser, or too long ago")
        begun = json.loads(opened)
        if not hmac.compare_digest(query.get("state", "").encode(), begun["state"].encode()):
            raise NotProven("state")
        self._use_up(begun["state"])
        provider = self._discovered()
        if query.get("iss", provider.issuer) != provider.issuer:
            raise NotProven("issuer of the response")
        if "error" in query or not query.get("code"):
            raise NotProven("the provider signed nobody in")
        tokens = self._redeem(provider, query["code"], begun)
        claims = self._verified(provider, tokens, begun["nonce"])
        return self._person(provider, claims, tokens, begun["next"])

    def sign_out_url(self, back: str) -> str | None:
        """Where one signs out at the provider too, if it offers that. Raises ProviderFailed."""
        provider = self._discovered()
        if provider.end_session is None:
            return None
        query = urlencode({"client_id": self._settings.client_id, "post_logout_redirect_uri": back})
        return f"{provider.end_session}{'&' if '?' in provider.end_session else '?'}{query}"

    def _use_up(self, state: str) -> None:
        """Raises NotProven the second time."""
        now = self._clock()
        with self._lock:
            self._used = {one: at for one, at in self._used.items() if at > now - TRANSACTION_SECONDS}
            if state in self._used:
                raise NotProven("state was used before")
            self._used[state] = now

    def _discovered(self) -> _Provider:
        with self._lock:
            kept = self._provider
        if kept and self._clock() - kept.read < _KEPT:
            return kept
        found = self._get_json(f"{self._settings.issuer}/.well-known/openid-configuration")
        issuer = str(found.get("issuer", ""))
        if issuer.rstrip("/") != self._settings.issuer:
            raise ProviderFailed("the provider names another issuer")
        methods = found.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        provider = _Provider(
            issuer=issuer,
            authorization=_address(found, "authorization_endpoint"),
            token=_address(found, "token_endpoint"),
            jwks=_address(found, "jwks_uri"),
            userinfo=_address(found, "userinfo_endpoint") if found.get("userinfo_endpoint") else None,
            end_session=_address(found, "end_session_endpoint") if found.get("end_session_endpoint") else None,
            secret_in_body="client_secret_basic" not in methods and "client_secret_post" in methods,
            read=self._clock(),
        )
        with self._lock:
            self._provider = provider
        return provider

    def _redeem(self, provider: _Provider, code: str, begun: Mapping[str, str]) -> Mapping[str, Any]:
        client, secret = str(self._settings.client_id), self._settings.client_secret
        body = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": begun["redirect_uri"],
            "code_verifier": begun["verifier"],
        }
        if secret is None:
            return self._post_json(provider.token, body | {"client_id": client}, None)
        if provider.secret_in_body:
            return self._post_json(
                provider.token, body | {"client_id": client, "client_secret": secret.get_secret_value()}, None
            )
        # RFC 6749, 2.3.1: both are form-encoded first.
        return self._post_json(provider.token, body, (quote_plus(client), quote_plus(secret.get_secret_value())))

    def _verified(self, provider: _Provider, tokens: Mapping[str, Any], nonce: str) -> Mapping[str, Any]:
        """The claims of the id token. Raises NotProven."""
        from authlib.oidc.core import CodeIDToken
        from joserfc import jwt
        from joserfc.errors import JoseError

        raw = tokens.get("id_token")
        if not isinstance(raw, str):
            raise NotProven("no id token")
        try:
            try:
                token = jwt.decode(raw, self._key_set(provider, fresh=False), algorithms=_ALGORITHMS)
            except (JoseError, ValueError):
                # The provider may have new keys since.
                token = jwt.decode(raw, self._key_set(provider, fresh=True), algorithms=_ALGORITHMS)
            claims = CodeIDToken(
                token.claims,
                token.header,
                {
                    "iss": {"essential": True, "value": provider.issuer},
                    "aud": {"essential": True, "value": self._settings.client_id},
                    "sub": {"essential": True},
                    "exp": {"essential": True},
                },
                {
                    "nonce": nonce,
                    "client_id": self._settings.client_id,
                    "access_token": tokens.get("access_token"),
                },
            )
            claims.validate(now=int(self._clock()), leeway=self._settings.leeway_seconds)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise NotProven(f"id token: {type(error).__name__}") from error
        if not isinstance(claims["sub"], str) or not claims["sub"]:
            raise NotProven("id token: no subject")
        return dict(claims)

    def _key_set(self, provider: _Provider, *, fresh: bool) -> Any:
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        now = self._clock()
        with self._lock:
            kept = self._keys
        if kept and now - kept[0] < (_FRESH_KEYS if fresh else _KEPT):
            return kept[1]
        found = self._get_json(provider.jwks)
        try:
            keys = KeySet.import_key_set({"keys": [one for one in found["keys"] if one.get("use", "sig") == "sig"]})
        except (JoseError, KeyError, ValueError, TypeError, AttributeError) as error:
            raise ProviderFailed("the provider's keys cannot be read") from error
        with self._lock:
            self._keys = (now, keys)
        return keys

    def _person(self, provider: _Provider, claims: Mapping[str, Any], tokens: Mapping[str, Any], next: str) -> Person:
        said = dict(claims)
        if claim(said, self._settings.roles_claim) is None and provider.userinfo and tokens.get("access_token"):
            told = self._get_json(provider.userinfo, bearer=str(tokens["access_token"]))
            if told.get("sub") != claims["sub"]:
                raise NotProven("the provider told of somebody else")
            said = told | said
        held = claim(said, self._settings.roles_claim)
        values = [held] if isinstance(held, str) else held if isinstance(held, list) else []
        subject = f"{provider.issuer} {claims['sub']}"
        roles = {
            Role(role) for value in values if isinstance(value, str) for role in self._settings.roles.get(value, ())
        }
        if not roles:
            raise NoRole(subject)
        name = first_text(said, "preferred_username", "email", "sub")
        return Person(
            subject, name[:80], first_text(said, "name", "preferred_username", "sub")[:200], frozenset(roles), next
        )

    def _get_json(self, url: str, bearer: str | None = None) -> dict[str, Any]:
        return self._json("GET", url, headers={"Authorization": f"Bearer {bearer}"} if bearer else {})

    def _post_json(self, url: str, body: Mapping[str, str], auth: tuple[str, str] | None) -> dict[str, Any]:
        return self._json("POST", url, data=dict(body), auth=auth)

    def _json(self, method: str, url: str, **options: Any) -> dict[str, Any]:
        import httpx

        logging.getLogger("httpx").setLevel(logging.WARNING)  # else a line with the address for every call
        try:
            with (
                httpx.Client(timeout=_TIMEOUT, follow_redirects=False) as client,
                client.stream(method, url, **options) as response,
            ):
                if response.status_code != 200:
                    raise ProviderFailed(f"HTTP {response.status_code}")
                content = bytearray()
                for part in response.iter_bytes():
                    content += part
                    if len(content) > _MOST_BYTES:
                        raise ProviderFailed("a response without end")
            found = json.loads(content)
        except httpx.HTTPError as error:
            raise ProviderFailed(f"no connection: {type(error).__name__}") from error
        except (ValueError, RecursionError) as error:
            raise ProviderFailed("a response that is no JSON") from error
        if not isinstance(found, dict):
            raise ProviderFailed("a response of another form")
        return found


def _address(found: Mapping[str, Any], name: str) -> str:
    url = str(found.get(name, ""))
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOCAL):
        raise ProviderFailed(f"{name} is no address with https")
    return url
