"""Who may do what at the desk. Every route of the desk names its roles, or says that it is for everybody.

    @router.get("/desk/flags")
    def flags(request: Request, session: Annotated[Session, Depends(allowed(Role.EDITOR))]) -> Response: ...

NotSignedIn  nobody is signed in, or not any more: the page of signing in instead
Forbidden    not with these roles, or not from this page
"""

from __future__ import annotations

import hmac
import re
import secrets
from urllib.parse import urlsplit

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from web.clients import Clients
from web.desk.accounts import Role
from web.desk.desk import Desk
from web.desk.sessions import Session

SAFE_COOKIE = "__Host-neuvo_desk"
PLAIN_COOKIE = "neuvo_desk"
"""For a desk tried without TLS: browsers take no ``__Host-`` cookie there."""

FORM = "_form"
"""The kind of the cookie that forms before signing in are known by."""

_READING = ("GET", "HEAD")


class NotSignedIn(Exception):
    """Nobody is signed in."""


class Forbidden(Exception):
    """The signed-in account may not do this, or the request does not come from the desk's own page."""


def desk_of(request: Request) -> Desk:
    desk: Desk = request.state.desk
    return desk


def cookie_name(request: Request, clients: Clients) -> str:
    return SAFE_COOKIE if clients.is_secure(request.scope) else PLAIN_COOKIE


def set_cookie(request: Request, response: Response, value: str, kind: str = "", seconds: int | None = None) -> None:
    """Keep ``value`` in the session's cookie, or in another of its kind; until the browser ends without ``seconds``.

    Lax, not Strict: links to the desk in e-mails and in other systems lead to somebody who is signed in.
    """
    clients = desk_of(request).clients
    response.set_cookie(
        cookie_name(request, clients) + kind,
        value,
        max_age=seconds,
        path="/",
        secure=clients.is_secure(request.scope),
        httponly=True,
        samesite="lax",
    )


def drop_cookie(request: Request, response: Response, kind: str = "") -> None:
    clients = desk_of(request).clients
    response.delete_cookie(
        cookie_name(request, clients) + kind,
        path="/",
        secure=clients.is_secure(request.scope),
        httponly=True,
        samesite="lax",
    )


def form_nonce(request: Request) -> str:
    """What the browser keeps, in the cookie FORM, so that a form before signing in is known again."""
    name = cookie_name(request, desk_of(request).clients) + FORM
    return request.cookies.get(name) or secrets.token_urlsafe(32)


def form_token(request: Request, nonce: str) -> str:
    """The ``csrf`` of a form before signing in: nobody can make it for a browser without its nonce."""
    return desk_of(request).vault.digest("form", nonce)


async def everybody(request: Request) -> None:
    """For the routes before signing in: the access matrix lists them by this name.

    A form must come from a page of the desk that this browser was shown. Raises Forbidden.
    """
    if request.method not in _READING and not (
        _is_own_page(request) and hmac.compare_digest(await _sent(request), form_token(request, form_nonce(request)))
    ):
        raise Forbidden


class allowed:
    """A dependency that gives the Session of an account with one of ``roles``; any role if none is named.

    A request that changes something must carry the session's token, as the form field ``csrf`` or in the header
    ``X-CSRF-Token``. Raises NotSignedIn, Forbidden.
    """

    def __init__(self, *roles: Role) -> None:
        self.roles = frozenset(roles or Role)

    async def __call__(self, request: Request) -> Session:
        session = await signed_in(request)
        if session is None:
            raise NotSignedIn
        if not self.roles & session.account.roles:
            raise Forbidden
        if request.method not in _READING and not (
            _is_own_page(request) and hmac.compare_digest(await _sent(request), session.csrf)
        ):
            raise Forbidden
        return session


async def signed_in(request: Request) -> Session | None:
    """The session of the request's cookie."""
    return await run_in_threadpool(session_of, request)


def session_of(request: Request) -> Session | None:
    """The same for routes that block."""
    desk = desk_of(request)
    token = request.cookies.get(cookie_name(request, desk.clients))
    return desk.sessions.find(token) if token else None


def own_path(next: str) -> str:
    """``next`` if it is an address at the desk, else the desk's start: nobody is led elsewhere."""
    step = r"/(?!(\.|%2e)+(/|$))[\w.~%-]+"
    return next if re.fullmatch(rf"/desk({step})*", next, re.ASCII | re.IGNORECASE) else "/desk"


async def _sent(request: Request) -> str:
    sent = request.headers.get("x-csrf-token") or str((await request.form()).get("csrf", ""))
    # compare_digest takes no other letters.
    return sent if sent.isascii() else ""


def _is_own_page(request: Request) -> bool:
    """Whether the browser says that a page of this server sent the request, or says nothing of it: old browsers and
    those without TLS do not, and then the token alone proves it."""
    if site := request.headers.get("sec-fetch-site"):
        return site in ("same-origin", "none")
    origin = request.headers.get("origin", "null")
    try:
        # Without the port: proxies may leave it out of Host.
        return origin == "null" or urlsplit(origin).hostname == request.url.hostname
    except ValueError:  # no address at all
        return False
