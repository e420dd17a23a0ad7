"""Signing in and out at the desk, and accepting an invitation."""

from __future__ import annotations

import logging
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from web.desk.access import (
    FORM,
    allowed,
    cookie_name,
    desk_of,
    drop_cookie,
    everybody,
    form_nonce,
    form_token,
    own_path,
    session_of,
    set_cookie,
)
from web.desk.accounts import Account, NameTaken
from web.desk.attempts import MustWait
from web.desk.credentials import MustSetUp, WrongCode, WrongCredentials
from web.desk.oidc import CitySignInError, NoRole, Person, ProviderFailed
from web.desk.pairing import pairing, secret_of
from web.desk.passwords import WeakPassword
from web.desk.responses import page, see
from web.desk.sessions import Session, device_of
from web.negotiation import preferred_language

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

Anyone = Annotated[None, Depends(everybody)]
SignedIn = Annotated[Session, Depends(allowed())]

CITY = "_city"
"""The kind of the cookie that is kept while somebody is at the city's sign-in."""

_log = logging.getLogger("neuvo.web")


@router.get("/desk/sign-in")
def sign_in_page(request: Request, _: Anyone, next: str = "/desk") -> Response:
    if session_of(request):
        return see(own_path(next))
    return _sign_in_page(request, next)


@router.post("/desk/sign-in")
def sign_in(
    request: Request,
    _: Anyone,
    name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    code: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/desk",
) -> Response:
    desk = desk_of(request)
    try:
        account = desk.credentials.sign_in(name[:100], password, code[:100], desk.clients.name(request.scope))
    except MustWait as error:
        response = _sign_in_page(request, next, name, problem="wait", minutes=-(-error.seconds // 60), status_code=429)
        response.headers["Retry-After"] = str(error.seconds)
        return response
    except WrongCredentials:
        return _sign_in_page(request, next, name, problem="wrong", status_code=422)
    except MustSetUp as error:
        return see(f"/desk/welcome?code={error.code}")
    signed_in = see(own_path(next))
    set_cookie(request, signed_in, new_session(request, account)[0])
    return signed_in


@router.get("/desk/sign-in/city")
def to_the_city(request: Request, _: Anyone, next: str = "/desk") -> Response:
    desk = desk_of(request)
    if desk.city is None:
        return see("/desk/sign-in")
    try:
        url, kept = desk.city.begin(f"{address(request)}/desk/sign-in/city/back", own_path(next))
    except ProviderFailed as error:
        return _city_failed(request, error)
    response = RedirectResponse(url, 303, headers={"Cache-Control": "no-store"})
    set_cookie(request, response, kept, CITY, seconds=600)
    return response


@router.get("/desk/sign-in/city/back")
def back_from_the_city(request: Request, _: Anyone) -> Response:
    desk = desk_of(request)
    if desk.city is None:
        return see("/desk/sign-in")
    kept = request.cookies.get(_cookie(request, CITY), "")
    try:
        person = desk.city.finish(kept, request.query_params)
        account = _account_of(request, person)
    except CitySignInError as error:
        if isinstance(error, NoRole) and (known := desk.accounts.of_subject(error.subject)):
            desk.sessions.end_all(known.account.id)
        response: Response = _city_failed(request, error)
    else:
        response = see(person.next)
        set_cookie(request, response, new_session(request, account, by="city")[0])
    drop_cookie(request, response, CITY)
    return response


@router.post("/desk/sign-out")
def sign_out(request: Request, session: SignedIn) -> Response:
    desk = desk_of(request)
    desk.sessions.end(session.id)
    desk.audit.note(session.account, "session.ended", session.id)
    listed = desk.accounts.listed(session.account.id)
    response = see("/desk/signed-out?city=1" if listed and listed.city and desk.city else "/desk/signed-out")
    # Not "cookies": browsers would delete those of all the city's servers under the same domain.
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    drop_cookie(request, response)
    return response


@router.get("/desk/signed-out")
def signed_out(request: Request, _: Anyone, city: bool = False) -> Response:
    desk = desk_of(request)
    url = None
    if city and desk.city:
        try:
            url = desk.city.sign_out_url(f"{address(request)}/desk/signed-out")
        except ProviderFailed as error:
            _log.warning("the city's sign-in failed: %s", error)
    return _page(request, "sign_in_out.html", city_url=url, city_name=desk.city.name if desk.city else "")


@router.get("/desk/welcome")
def welcome(request: Request, _: Anyone, code: str = "") -> Response:
    account = desk_of(request).accounts.invited(code)
    return _welcome_page(request, account, code) if account else _not_invited(request)


@router.post("/desk/welcome")
def set_up(
    request: Request,
    _: Anyone,
    code: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    again: Annotated[str, Form()] = "",
    sealed: Annotated[str, Form()] = "",
    totp: Annotated[str, Form()] = "",
) -> Response:
    desk = desk_of(request)
    account = desk.accounts.invited(code)
    if account is None:
        return _not_invited(request)
    secret = secret_of(desk.vault, account, sealed)
    if secret is None:  # the page was open for too long: another secret is on it now
        return _welcome_page(request, account, code, problem="code")
    if password != again:
        return _welcome_page(request, account, code, sealed, problem="again")
    try:
        done = desk.credentials.set_up(code, password, secret, totp)
    except WeakPassword as error:
        return _welcome_page(request, account, code, sealed, problem=error.weakness.value)
    except WrongCode:
        return _welcome_page(request, account, code, sealed, problem="code")
    if done is None:
        return _not_invited(request)
    account, codes = done
    desk.sessions.end_all(account.id)
    desk.audit.note(account, "account.set_up", account.id, code=bool(codes))
    token, session = new_session(request, account)
    response: Response = page(request, session, "sign_in_codes.html", codes=codes) if codes else see("/desk")
    set_cookie(request, response, token)
    return response


def new_session(request: Request, account: Account, by: str = "password") -> tuple[str, Session]:
    """Sign ``account`` in: the cookie's value and its session. One that the browser had is over."""
    desk = desk_of(request)
    if earlier := session_of(request):
        desk.sessions.end(earlier.id)
    token = desk.sessions.begin(account, device_of(request.headers.get("user-agent", "")))
    session = desk.sessions.find(token)
    assert session is not None
    desk.audit.note(account, "session.begun", session.id, by=by)
    return token, session


def address(request: Request) -> str:
    """Where browsers reach this server: as the settings say, else as this browser did."""
    desk = desk_of(request)
    if desk.settings.hand_off.public_url:
        return desk.settings.hand_off.public_url
    return f"{'https' if desk.clients.is_secure(request.scope) else 'http'}://{request.url.netloc}"


def _account_of(request: Request, person: Person) -> Account:
    """The account of somebody the city vouches for, with the roles it gives them now. Raises CitySignInError."""
    desk = desk_of(request)
    known = desk.accounts.of_subject(person.subject)
    if known is None:
        name, number = person.name, 1
        while True:
            try:
                account = desk.accounts.create(
                    name, person.roles, display_name=person.display_name, subject=person.subject
                )
            except NameTaken:
                # By an account of the desk's own, or by a namesake: never the same person without an administrator.
                number += 1
                name = f"{person.name}-{number}"
                if number > 100:
                    raise ProviderFailed("no name is free") from None
            else:
                desk.audit.note(account, "account.created", account.id, by="city", roles=sorted(person.roles))
                return account
    if known.state == "closed":
        raise CitySignInError("the account was closed")
    if known.account.roles != person.roles:
        desk.sessions.end_all(known.account.id)
        desk.accounts.set_roles(known.account.id, person.roles, given=True)
        desk.audit.note(known.account, "account.roles", known.account.id, by="city", roles=sorted(person.roles))
    account_now = desk.accounts.get(known.account.id)
    assert account_now is not None
    return account_now


def _city_failed(request: Request, error: CitySignInError) -> HTMLResponse:
    _log.warning("the city's sign-in failed: %s", error)
    desk_of(request).audit.note(None, "sign_in.failed", by="city", why=type(error).__name__)
    if isinstance(error, NoRole):
        return _sign_in_page(request, "/desk", problem="no_role", status_code=403)
    away = isinstance(error, ProviderFailed)
    return _sign_in_page(request, "/desk", problem="city", status_code=503 if away else 403)


def _sign_in_page(
    request: Request, next: str, name: str = "", problem: str = "", minutes: int = 0, status_code: int = 200
) -> HTMLResponse:
    desk = desk_of(request)
    return _page(
        request,
        "sign_in.html",
        status_code,
        next=own_path(next),
        city=f"/desk/sign-in/city?next={quote(own_path(next))}" if desk.city else "",
        city_name=desk.city.name if desk.city else "",
        code_required=desk.credentials.code_required,
        name=name,
        problem=problem,
        minutes=minutes,
    )


def _welcome_page(request: Request, account: Account, code: str, sealed: str = "", problem: str = "") -> HTMLResponse:
    desk = desk_of(request)
    return _page(
        request,
        "sign_in_welcome.html",
        422 if problem else 200,
        account=account,
        code=code,
        pairing=pairing(desk.vault, account, sealed),
        code_required=desk.credentials.code_required,
        problem=problem,
    )


def _not_invited(request: Request) -> HTMLResponse:
    return _page(request, "sign_in_not_invited.html", 404)


def _page(request: Request, template: str, status_code: int = 200, **values: Any) -> HTMLResponse:
    """A page for whoever is not signed in, with what its form proves itself with."""
    desk = desk_of(request)
    language = preferred_language(request.headers.get("accept-language"), desk.pages.texts, "fi", "en")
    nonce = form_nonce(request)
    body = desk.pages.render(template, language, csrf=form_token(request, nonce), **values)
    response = HTMLResponse(body, status_code, headers={"Cache-Control": "no-store"})
    if request.cookies.get(_cookie(request, FORM)) != nonce:
        set_cookie(request, response, nonce, FORM)
    return response


def _cookie(request: Request, kind: str) -> str:
    return cookie_name(request, desk_of(request).clients) + kind
