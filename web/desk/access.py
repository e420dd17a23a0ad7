"""Who may do what at the desk. Every route of the desk names its roles, or says that it is for everybody.

    @router.get("/desk/flags")
    def flags(request: Request, session: Annotated[Session, Depends(allowed(Role.EDITOR))]) -> Response: ...

NotSignedIn  nobody is signed in, or not any more: the page of signing in instead
Forbidden    not with these roles, or not from this page
"""

from __future__ import annotations

import hmac

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from web.clients import Clients
from web.desk.accounts import Role
from web.desk.desk import Desk
from web.desk.sessions import Session

SAFE_COOKIE = "__Host-neuvo_desk"
PLAIN_COOKIE = "neuvo_desk"
"""For a desk tried without TLS: browsers take no ``__Host-`` cookie there."""

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


def everybody(request: Request) -> None:
    """For the routes before signing in: the access matrix lists them by this name."""


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
        if request.method not in _READING:
            sent = request.headers.get("x-csrf-token") or str((await request.form()).get("csrf", ""))
            if not hmac.compare_digest(sent.encode(), session.csrf.encode()):
                raise Forbidden
        return session


async def signed_in(request: Request) -> Session | None:
    """The session of the request's cookie."""
    desk = desk_of(request)
    token = request.cookies.get(cookie_name(request, desk.clients))
    return await run_in_threadpool(desk.sessions.find, token) if token else None
