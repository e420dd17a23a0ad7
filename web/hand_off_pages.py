"""Residents' pages of talking to a person: whom to turn to, a message to an advisor, and what the advisor answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.concurrency import run_in_threadpool

from assistant.answers import Contact, Outcome
from assistant.contacts import contacts_for
from web.api import reception_of
from web.conversations import from_own_page
from web.desk.hand_off import MOST_MESSAGE, Closed, HandOff, NoHandOff, new_token
from web.desk.handing_over import HandingOver
from web.desk.opening_hours import HELSINKI
from web.hand_offs import Invalid, Left, Problem, Violence, draft_of, is_token, taken, view_of
from web.information import not_found, notices_of, pages_of

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


def handing_over_of(request: Request) -> HandingOver:
    found: HandingOver = request.state.handing_over
    return found


@dataclass(frozen=True, slots=True)
class Sent:
    """What a form said, to be shown in it again."""

    message: str = ""
    email: str = ""
    consent: bool = False
    problems: tuple[Problem, ...] = ()


@router.api_route("/{language}/person", methods=["GET", "HEAD"])
def person(request: Request, language: str) -> HTMLResponse:
    """Whom to talk to instead, and a form for a message to an advisor where the operator lets them answer."""
    if language not in pages_of(request).languages:
        return not_found(request)
    return _person(request, language)


@router.post("/{language}/person")
async def person_about(
    request: Request, language: str, conversation: Annotated[str, Form(max_length=200)] = ""
) -> HTMLResponse:
    """The form for handing over a conversation. Sent, not linked to: no address may tell a conversation's id."""
    if language not in pages_of(request).languages:
        return not_found(request)
    own = conversation if from_own_page(request) else ""
    return await run_in_threadpool(_person, request, language, own)


@router.post("/{language}/hand-offs")
async def leave(
    request: Request,
    language: str,
    conversation: Annotated[str, Form(max_length=200)] = "",
    message: Annotated[str, Form()] = "",
    email: Annotated[str, Form(max_length=400)] = "",
    consent: Annotated[bool, Form()] = False,
    token: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Leave a conversation, a message or both."""
    over = handing_over_of(request)
    if language not in pages_of(request).languages or not over.settings.enabled:
        return not_found(request)
    own = from_own_page(request)
    conversation = conversation if own else ""
    # The form brings its token, so that a form sent twice is one hand-off; but never one that another site chose.
    chosen = token if own and is_token(token) else new_token()
    left = Left(language, None, conversation or None, message, email, consent)
    reception = reception_of(request)

    def keep() -> HandOff:
        return over.store.create(draft_of(left, reception.finished, reception.assistant), chosen)

    try:
        found = await run_in_threadpool(keep)
    except Invalid as error:
        sent = Sent(message, email, consent, error.problems)
        return await run_in_threadpool(_person, request, language, conversation, sent)
    except Violence as error:
        return await run_in_threadpool(_violence, request, language, error.answer.contacts)
    if "part" in request.query_params:
        return await run_in_threadpool(_thread, request, language, chosen, found, status_code=201)
    return _to(request, language, chosen)


@router.api_route("/{language}/hand-offs", methods=["GET", "HEAD"])
@router.api_route("/{language}/hand-offs/{token}/withdraw", methods=["GET", "HEAD"])
async def form_alone(language: str) -> RedirectResponse:
    """A form's address opened by itself."""
    return RedirectResponse(f"/{language}/person", 303, headers=HEADERS)


@router.api_route("/{language}/hand-offs/{token}", methods=["GET", "HEAD"])
def thread(request: Request, language: str, token: str) -> Response:
    """What was said since a conversation was handed over."""
    if language not in pages_of(request).languages or not handing_over_of(request).settings.enabled:
        return not_found(request)
    try:
        found = handing_over_of(request).store.of_token(token)
    except NoHandOff:
        return _gone(request, language)
    return _thread(request, language, token, found)


@router.post("/{language}/hand-offs/{token}")
async def write_on(
    request: Request,
    language: str,
    token: str,
    message: Annotated[str, Form()] = "",
    key: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Add a message."""
    over = handing_over_of(request)
    if language not in pages_of(request).languages or not over.settings.enabled:
        return not_found(request)

    def keep() -> Response:
        try:
            found = over.store.of_token(token)
        except NoHandOff:
            return _gone(request, language)
        try:
            text = taken(message, found.language, reception_of(request).assistant)
            found = over.store.write_on(token, text, key if is_token(key) else None)
        except Invalid as error:
            sent = Sent(message, problems=error.problems)
            return _thread(request, language, token, found, sent, status_code=422)
        except Violence as error:
            return _violence(request, language, error.answer.contacts)
        except Closed:
            found = over.store.get(found.id)
        except NoHandOff:  # withdrawn in another window
            return _gone(request, language)
        return _thread(request, language, token, found) if _is_part(request) else _to(request, language, token)

    return await run_in_threadpool(keep)


@router.post("/{language}/hand-offs/{token}/withdraw")
def withdraw(request: Request, language: str, token: str) -> Response:
    """Delete everything. The same page for a token that nothing is known of."""
    if language not in pages_of(request).languages or not handing_over_of(request).settings.enabled:
        return not_found(request)
    handing_over_of(request).withdraw(token)
    return _page(request, "hand_off_end", language, state="withdrawn")


def _person(request: Request, language: str, conversation: str = "", sent: Sent = Sent()) -> HTMLResponse:
    reception, over = reception_of(request), handing_over_of(request)
    spoken, person_url = pages_of(request).languages[language], reception.settings.person_url
    *urgent, _ = contacts_for(Outcome.EMERGENCY, spoken, person_url)
    *crisis, _ = contacts_for(Outcome.CRISIS, spoken, person_url)
    asked = [one.question for one in reception.finished.conversation(conversation)] if conversation else []
    values = {
        "urgent": urgent,
        "crisis": crisis[1:],
        "enabled": over.settings.enabled,
        "conversation": conversation if asked else "",
        "asked": asked,
        "token": new_token(),
        "sent": sent,
        "days": over.days,
        "most": MOST_MESSAGE,
        **hours_of(over),
    }
    status_code = 422 if sent.problems else 200
    if _is_part(request) and over.settings.enabled:
        return _page(request, "hand_off_form", language, status_code, **values)
    values["place"] = "person"
    private = bool(conversation or sent.problems)
    return _page(request, "person", language, status_code, HEADERS if private else None, **values)


def _thread(
    request: Request,
    language: str,
    token: str,
    found: HandOff,
    sent: Sent = Sent(),
    status_code: int = 200,
) -> HTMLResponse:
    over, reception = handing_over_of(request), reception_of(request)
    spoken = pages_of(request).languages[language]
    *crisis, _ = contacts_for(Outcome.CRISIS, spoken, reception.settings.person_url)
    values = {
        "hand_off": found,
        "messages": [view_of(message, found, reception.assistant) for message in found.messages],
        "token": token,
        "key": new_token(),
        "sent": sent,
        "days": over.days,
        "most": MOST_MESSAGE,
        "phone": over.settings.phone,
        "crisis": crisis if found.reason == "crisis" else (),
        "place": f"hand-offs/{token}",
        **hours_of(over),
    }
    return _page(request, "hand_off", language, status_code, **values)


def _violence(request: Request, language: str, contacts: tuple[Contact, ...]) -> HTMLResponse:
    return _page(request, "hand_off_end", language, 200, state="violence", contacts=contacts)


def _gone(request: Request, language: str) -> HTMLResponse:
    return _page(request, "hand_off_end", language, 404, state="gone")


def hours_of(over: HandingOver) -> dict[str, Any]:
    """When somebody answers: ``opens`` is the next opening, where the desk is closed now, in Helsinki's time."""
    opens = over.hours.next_opening(datetime.now(HELSINKI))
    return {"opens": opens, "told_hours": over.settings.told_hours}


def _page(
    request: Request,
    name: str,
    language: str,
    status_code: int = 200,
    headers: dict[str, str] | None = HEADERS,
    **values: Any,
) -> HTMLResponse:
    shown = {"notices": notices_of(request, language), "contacts": (), "part": _is_part(request)} | values
    body = pages_of(request).render(f"{name}.html", language, **shown)
    return HTMLResponse(body, status_code, headers=headers or {"Cache-Control": "no-cache"})


def _is_part(request: Request) -> bool:
    """Whether the script asks for the piece that it puts into the chat, rather than a page."""
    return "part" in request.query_params


def _to(request: Request, language: str, token: str) -> RedirectResponse:
    return RedirectResponse(f"/{language}/hand-offs/{token}", 303, headers=HEADERS)
