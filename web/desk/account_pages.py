"""``/desk/accounts``: who may use the desk, for administrators."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse

from web.desk.access import allowed, desk_of
from web.desk.accounts import INVITATION_TIME, Account, LastAdministrator, NameTaken, Role, is_name
from web.desk.responses import page, see
from web.desk.sessions import Session
from web.desk.sign_in_pages import address

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

Administrator = Annotated[Session, Depends(allowed(Role.ADMINISTRATOR))]


@router.get("/desk/accounts")
def accounts(request: Request, session: Administrator) -> HTMLResponse:
    return _accounts(request, session)


@router.post("/desk/accounts")
def create(
    request: Request,
    session: Administrator,
    name: Annotated[str, Form()] = "",
    display_name: Annotated[str, Form()] = "",
    language: Annotated[str, Form()] = "fi",
    roles: Annotated[list[str] | None, Form()] = None,
) -> HTMLResponse:
    desk = desk_of(request)
    wanted = _roles(roles)
    filled = {"name": name, "display_name": display_name, "language": language, "roles": wanted}
    if not is_name(name):
        return _accounts(request, session, "name", filled)
    if not wanted:
        return _accounts(request, session, "roles", filled)
    try:
        account = desk.accounts.create(
            name, wanted, display_name=display_name[:200], language=language if language in desk.pages.texts else "fi"
        )
    except NameTaken:
        return _accounts(request, session, "taken", filled)
    desk.audit.note(session.account, "account.created", account.id, name=account.name, roles=sorted(wanted))
    return _link(request, session, account, desk.accounts.invite(account.id))


@router.get("/desk/accounts/{id}")
def account(request: Request, session: Administrator, id: int, done: str = "") -> Response:
    return _account(request, session, id, done=done)


@router.post("/desk/accounts/{id}/roles")
def set_roles(
    request: Request, session: Administrator, id: int, roles: Annotated[list[str] | None, Form()] = None
) -> Response:
    desk = desk_of(request)
    listed, wanted = desk.accounts.listed(id), _roles(roles)
    if listed is None or listed.city:  # those have their roles from elsewhere
        return _account(request, session, id)
    if not wanted:
        return _account(request, session, id, problem="roles")
    try:
        desk.accounts.set_roles(id, wanted)
    except LastAdministrator:
        return _account(request, session, id, problem="last")
    if wanted != listed.account.roles:
        desk.sessions.end_all(id)
        desk.audit.note(session.account, "account.roles", id, name=listed.account.name, roles=sorted(wanted))
    return see(f"/desk/accounts/{id}?done=roles")


@router.post("/desk/accounts/{id}/reset")
def reset(request: Request, session: Administrator, id: int) -> Response:
    desk = desk_of(request)
    listed = desk.accounts.listed(id)
    if listed is None or listed.city or listed.state == "closed":
        return _account(request, session, id)
    code = desk.credentials.reset(id)
    desk.attempts.unlock(listed.account.name)
    desk.audit.note(session.account, "account.reset", id, name=listed.account.name)
    response = _link(request, session, listed.account, code)
    desk.sessions.end_all(id)
    return response


@router.post("/desk/accounts/{id}/unlock")
def unlock(request: Request, session: Administrator, id: int) -> Response:
    desk = desk_of(request)
    if listed := desk.accounts.listed(id):
        desk.attempts.unlock(listed.account.name)
        desk.audit.note(session.account, "account.unlocked", id, name=listed.account.name)
    return see(f"/desk/accounts/{id}?done=unlocked")


@router.post("/desk/accounts/{id}/sign-out")
def end_sessions(request: Request, session: Administrator, id: int) -> Response:
    desk = desk_of(request)
    if listed := desk.accounts.listed(id):
        desk.sessions.end_all(id)
        desk.audit.note(session.account, "account.signed_out", id, name=listed.account.name)
    return see(f"/desk/accounts/{id}?done=sessions")


@router.post("/desk/accounts/{id}/close")
def close(request: Request, session: Administrator, id: int) -> Response:
    desk = desk_of(request)
    listed = desk.accounts.listed(id)
    if listed is None:
        return _account(request, session, id)
    try:
        desk.accounts.close(id)
    except LastAdministrator:
        return _account(request, session, id, problem="last")
    desk.sessions.end_all(id)
    desk.audit.note(session.account, "account.closed", id, name=listed.account.name)
    return see(f"/desk/accounts/{id}?done=closed")


@router.post("/desk/accounts/{id}/reopen")
def reopen(request: Request, session: Administrator, id: int) -> Response:
    desk = desk_of(request)
    if listed := desk.accounts.listed(id):
        desk.accounts.reopen(id)
        desk.audit.note(session.account, "account.reopened", id, name=listed.account.name)
    return see(f"/desk/accounts/{id}?done=reopened")


def _accounts(
    request: Request, session: Session, problem: str = "", filled: dict[str, Any] | None = None
) -> HTMLResponse:
    desk = desk_of(request)
    return page(
        request,
        session,
        "accounts.html",
        422 if problem else 200,
        place="accounts",
        accounts=desk.accounts.all(),
        last_seen=desk.sessions.last_seen(),
        roles=tuple(Role),
        problem=problem,
        filled=filled or {"name": "", "display_name": "", "language": "fi", "roles": frozenset({Role.ADVISOR})},
    )


def _account(request: Request, session: Session, id: int, done: str = "", problem: str = "") -> Response:
    desk = desk_of(request)
    listed = desk.accounts.listed(id)
    if listed is None:
        return see("/desk/accounts")
    return page(
        request,
        session,
        "accounts_one.html",
        422 if problem else 200,
        place="accounts",
        listed=listed,
        means=desk.credentials.means(id),
        locked_until=desk.attempts.locked_until(listed.account.name),
        sessions=desk.sessions.of(id),
        roles=tuple(Role),
        done=done,
        problem=problem,
    )


def _link(request: Request, session: Session, account: Account, code: str) -> HTMLResponse:
    """The one time an invitation is shown, to be handed over."""
    return page(
        request,
        session,
        "accounts_link.html",
        place="accounts",
        account=account,
        link=f"{address(request)}/desk/welcome?code={code}",
        minutes=int(INVITATION_TIME.total_seconds() // 60),
    )


def _roles(names: list[str] | None) -> frozenset[Role]:
    return frozenset(Role(name) for name in names or () if name in Role._value2member_map_)
