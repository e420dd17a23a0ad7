"""The residents' chat: its first page, its answers' pages, and what its forms send, with and without JavaScript."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

from assistant.questions import Profile, Situation
from web import information
from web.api import reception_of
from web.asking import Asked
from web.conversations import from_own_page, id_or_new, new_id
from web.exchanges import Exchange
from web.information import not_found, notices_of, pages_of
from web.quotes import find
from web.refusals import Refused
from web.rendering import NEUTRAL_URL, Pages, open_pages
from web.views import exchange_view, profile_of
from web.wire import ErrorWire, FeedbackRequest

__all__ = ["Pages", "not_found", "open_pages", "refusal", "router"]

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

_WAIT_SECONDS = 2
"""After which the page of an answer that is being made is loaded again."""


@router.api_route("/", methods=["GET", "HEAD"])
async def choose_language(request: Request) -> RedirectResponse:
    """To the page in the browser's language. The fragment lets the page's script prefer the last choice."""
    language = reception_of(request).reply_language(request)
    return RedirectResponse(f"/{language}/#auto", 307, headers={"Vary": "Accept-Language", "Cache-Control": "no-cache"})


@router.api_route("/{language}/", methods=["GET", "HEAD"])
def start(request: Request, language: str) -> HTMLResponse:
    if language not in pages_of(request).languages:
        return not_found(request)
    return _chat(request, language)


@router.post("/{language}/ask")
async def ask(
    request: Request,
    language: str,
    question: Annotated[str, Form()] = "",
    municipality: Annotated[str, Form(max_length=100)] = "",
    situation: Annotated[str, Form(max_length=100)] = "",
    conversation: Annotated[str, Form()] = "",
    key: Annotated[str, Form()] = "",
) -> Response:
    """Ask, for browsers without JavaScript; the Answer stands at its own address."""
    if language not in pages_of(request).languages:
        return not_found(request)
    reception, own = reception_of(request), from_own_page(request)
    asked = Asked(
        # A form sends line breaks as CR LF; the question's length counts each as one.
        text=question.replace("\r\n", "\n"),
        reply_language=language,
        page_language=language,
        profile=Profile(municipality or None, _situation(situation)),
        conversation=id_or_new(conversation) if own else new_id(),
        key=key if own else "",
    )
    asked = replace(asked, key=reception.key_for(asked))
    try:
        await reception.ask(request, asked)
    except Refused as refused:
        return await run_in_threadpool(_chat, request, language, asked=asked, refused=refused)
    return _see(request, f"/{language}/answers/{asked.key}", f"answer-{asked.key}")


@router.api_route("/{language}/ask", methods=["GET", "HEAD"])
@router.api_route("/{language}/new", methods=["GET", "HEAD"])
@router.api_route("/{language}/leave", methods=["GET", "HEAD"])
@router.api_route("/{language}/feedback", methods=["GET", "HEAD"])
@router.api_route("/{language}/keep", methods=["GET", "HEAD"])
async def begin_anew(language: str) -> RedirectResponse:
    """A form's address opened by itself."""
    return RedirectResponse(f"/{language}/", 303)


@router.api_route("/{language}/answers/{key}", methods=["GET", "HEAD"])
def answer(request: Request, language: str, key: str) -> HTMLResponse:
    """The conversation up to an Answer. Loading it again asks nothing again."""
    if language not in pages_of(request).languages:
        return not_found(request)
    finished = reception_of(request).finished
    shown = finished.shown(key)
    if shown:
        return _chat(request, language, exchanges=shown)
    if finished.is_being_made(key):
        return _chat(request, language, waiting=True)
    return _chat(request, language, gone=True)


@router.post("/{language}/new")
async def begin(request: Request, language: str, conversation: Annotated[str, Form()] = "") -> Response:
    """Forget the conversation and begin another."""
    if language not in pages_of(request).languages:
        return not_found(request)
    await run_in_threadpool(reception_of(request).forget, conversation)
    return _see(request, f"/{language}/")


@router.post("/{language}/leave")
async def leave(request: Request, language: str, conversation: Annotated[str, Form()] = "") -> Response:
    """Forget the conversation and lead away from here: a page that goes on at once takes this one's place in the
    browser's history, which a redirect after a form may not, by our own Content-Security-Policy."""
    if language not in pages_of(request).languages:
        return not_found(request)
    await run_in_threadpool(reception_of(request).forget, conversation, hand_offs=True)
    body = pages_of(request).render("leave.html", language)
    return HTMLResponse(body, headers={"Cache-Control": "no-store", "Refresh": f"0; url={NEUTRAL_URL}"})


@router.post("/{language}/feedback")
async def feedback(
    request: Request,
    language: str,
    answer: Annotated[str, Form(max_length=64)] = "",
    verdict: Annotated[str, Form(max_length=10)] = "",
    reasons: Annotated[list[str], Form()] = [],  # noqa: B006 (FastAPI copies it)
    comment: Annotated[str, Form()] = "",
    consent: Annotated[bool, Form()] = False,
) -> Response:
    """Keep what the form says of an Answer; the Answer's page then says thanks."""
    if language not in pages_of(request).languages:
        return not_found(request)
    sent = {"answer": answer, "verdict": verdict, "reasons": reasons, "consent": consent}
    try:
        given = FeedbackRequest.model_validate(sent | {"comment": comment.replace("\r\n", "\n") or None})
        await reception_of(request).give_feedback(given.answer, given.to_feedback())
    except (Refused, ValidationError):
        return await run_in_threadpool(_chat, request, language, gone=True)
    return _see(request, f"/{language}/answers/{answer}", f"feedback-{answer}")


@router.post("/{language}/keep")
async def keep(request: Request, language: str, answer: Annotated[str, Form(max_length=64)] = "") -> Response:
    """Keep the words of a question whose asker agreed; the Answer's page then says thanks."""
    if language not in pages_of(request).languages:
        return not_found(request)
    try:
        await reception_of(request).agree(answer)
    except Refused:
        return await run_in_threadpool(_chat, request, language, gone=True)
    return _see(request, f"/{language}/answers/{answer}", f"kept-{answer}")


def refusal(request: Request, language: str, refused: Refused) -> HTMLResponse:
    """The chat page with the message of a refusal, for a request whose form could not be read."""
    return _chat(request, language, refused=refused)


def _chat(
    request: Request,
    language: str,
    *,
    exchanges: tuple[Exchange, ...] = (),
    asked: Asked | None = None,
    refused: Refused | None = None,
    waiting: bool = False,
    gone: bool = False,
) -> HTMLResponse:
    reception, pages = reception_of(request), pages_of(request)
    assistant = reception.assistant
    if asked and asked.conversation:
        exchanges = reception.finished.conversation(asked.conversation)
    conversation = (asked and asked.conversation) or (exchanges and exchanges[-1].conversation) or new_id()
    error: ErrorWire | None = refused.error if refused else None
    body = pages.render(
        "chat.html",
        language,
        exchanges=[exchange_view(exchange, assistant, pages.speech_languages) for exchange in exchanges],
        error=error,
        # What was refused stays in the box; what was answered stands above it.
        question=asked.text if asked and refused else "",
        profile=asked.profile if asked else profile_of(exchanges[-1].answer if exchanges else None, assistant),
        conversation=conversation,
        municipalities=assistant.municipalities,
        # A page that tells of a failure asks for nothing that might fail again.
        offered=lambda card: refused is None and find(f"card-{card}-{language}", assistant.document) is not None,
        waiting=waiting,
        gone=gone,
        place=f"answers/{exchanges[-1].key}" if exchanges and not asked else "",
        embed="embed" in request.query_params,
        notices=notices_of(request, language),
    )
    # The page carries the id of one resident's conversation, so no cache between may keep it.
    headers: Mapping[str, str] = {"Cache-Control": "no-store" if exchanges else "private, no-cache"}
    if waiting:
        headers = {"Cache-Control": "no-store", "Refresh": str(_WAIT_SECONDS)}
    if refused:
        headers = refused.headers
    status_code = refused.status_code if refused else 404 if gone else 200
    return HTMLResponse(body, status_code, headers=headers)


def _see(request: Request, path: str, fragment: str = "") -> RedirectResponse:
    query = "?embed" if "embed" in request.query_params else ""
    address = f"{path}{query}#{fragment}" if fragment else path + query
    return RedirectResponse(address, 303, headers={"Cache-Control": "no-store"})


def _situation(value: str) -> Situation | None:
    """``None`` for a value that no page offers."""
    try:
        return Situation(value)
    except ValueError:
        return None


router.include_router(information.router)
