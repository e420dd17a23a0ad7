"""``/desk/me``: one's own account, what one signs in with, and where one is signed in."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse

from web.desk.access import allowed, desk_of, set_cookie
from web.desk.attempts import MustWait
from web.desk.credentials import WrongCode, WrongCredentials
from web.desk.pairing import pairing, secret_of
from web.desk.passwords import WeakPassword
from web.desk.responses import page, see
from web.desk.sessions import Session, device_of

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

SignedIn = Annotated[Session, Depends(allowed())]
Text = Annotated[str, Form()]

Done = Literal["", "language", "password", "app", "sessions"]


@router.get("/desk/me")
def me(request: Request, session: SignedIn, done: str = "") -> HTMLResponse:
    return _me(request, session, done=done)


@router.post("/desk/me/language")
def set_language(request: Request, session: SignedIn, language: Text = "") -> Response:
    desk = desk_of(request)
    if language in desk.pages.texts:
        desk.accounts.set_language(session.account.id, language)
        desk.audit.note(session.account, "account.language", session.account.id, language=language)
    return see("/desk/me?done=language")


@router.post("/desk/me/password")
def set_password(
    request: Request, session: SignedIn, current: Text = "", password: Text = "", again: Text = ""
) -> Response:
    desk = desk_of(request)
    if problem := _not_confirmed(request, session, current):
        return _me(request, session, where="password", problem=problem)
    if password != again:
        return _me(request, session, where="password", problem="again")
    try:
        desk.credentials.set_password(session.account, password)
    except WeakPassword as error:
        return _me(request, session, where="password", problem=error.weakness.value)
    desk.audit.note(session.account, "password.changed", session.account.id)
    return _renewed(request, session, see("/desk/me?done=password"))


@router.get("/desk/me/app")
def app_page(request: Request, session: SignedIn) -> Response:
    return _app_page(request, session) if _is_local(request, session) else see("/desk/me")


@router.post("/desk/me/app")
def set_app(request: Request, session: SignedIn, current: Text = "", sealed: Text = "", totp: Text = "") -> Response:
    desk = desk_of(request)
    if problem := _not_confirmed(request, session, current):
        return _app_page(request, session, sealed, problem)
    secret = secret_of(desk.vault, session.account, sealed)
    if secret is None:  # the page was open for too long: another secret is on it now
        return _app_page(request, session, problem="code")
    try:
        codes = desk.credentials.set_totp(session.account, secret, totp)
    except WrongCode:
        return _app_page(request, session, sealed, problem="code")
    desk.audit.note(session.account, "app.changed", session.account.id)
    desk.sessions.end_all(session.account.id, but=session.id)
    return _renewed(request, session, page(request, session, "sign_in_codes.html", codes=codes))


@router.post("/desk/me/codes")
def new_codes(request: Request, session: SignedIn, current: Text = "") -> Response:
    desk = desk_of(request)
    if problem := _not_confirmed(request, session, current):
        return _me(request, session, where="codes", problem=problem)
    if not desk.credentials.means(session.account.id).totp:
        return see("/desk/me")
    codes = desk.credentials.new_recovery_codes(session.account)
    desk.audit.note(session.account, "recovery_codes.changed", session.account.id)
    return page(request, session, "sign_in_codes.html", codes=codes)


@router.post("/desk/me/sessions")
def end_sessions(request: Request, session: SignedIn, id: Text = "") -> Response:
    """``id``: one session, ``others`` or ``all``."""
    desk = desk_of(request)
    account = session.account
    if id == "all":
        desk.sessions.end_all(account.id)
    elif id == "others":
        desk.sessions.end_all(account.id, but=session.id)
    elif not (id.isascii() and id.isdigit() and desk.sessions.end_of(account.id, int(id[:9]))):
        return see("/desk/me")
    desk.audit.note(account, "session.ended", id[:9])
    return see("/desk/me?done=sessions")


def _me(
    request: Request, session: Session, *, done: str = "", where: str = "", problem: str | tuple[str, int] = ""
) -> HTMLResponse:
    desk = desk_of(request)
    account = desk.accounts.get(session.account.id) or session.account
    return page(
        request,
        Session(session.id, account, session.csrf),
        "me.html",
        422 if problem else 200,
        city=not _is_local(request, session),
        means=desk.credentials.means(account.id),
        sessions=desk.sessions.of(account.id),
        done=done,
        where=where,
        **_problem(problem),
    )


def _app_page(
    request: Request, session: Session, sealed: str = "", problem: str | tuple[str, int] = ""
) -> HTMLResponse:
    desk = desk_of(request)
    shown = pairing(desk.vault, session.account, sealed)
    return page(request, session, "me_app.html", 422 if problem else 200, pairing=shown, **_problem(problem))


def _problem(problem: str | tuple[str, int]) -> dict[str, Any]:
    name, minutes = (problem, 0) if isinstance(problem, str) else problem
    return {"problem": name, "minutes": minutes}


def _not_confirmed(request: Request, session: Session, password: str) -> str | tuple[str, int]:
    """What is wrong with the password shown again; empty if nothing is."""
    desk = desk_of(request)
    try:
        desk.credentials.confirm(session.account, password, desk.clients.name(request.scope))
    except WrongCredentials:
        return "current"
    except MustWait as error:
        return "wait", -(-error.seconds // 60)
    return ""


def _renewed(request: Request, session: Session, response: Response) -> Response:
    """The same browser goes on in a new session, all others of the account are over."""
    desk = desk_of(request)
    desk.sessions.end_all(session.account.id, but=session.id)
    set_cookie(request, response, desk.sessions.renew(session, device_of(request.headers.get("user-agent", ""))))
    return response


def _is_local(request: Request, session: Session) -> bool:
    listed = desk_of(request).accounts.listed(session.account.id)
    return listed is not None and not listed.city
