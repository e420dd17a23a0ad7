"""The HTTP API under ``/api/v1`` and the two health endpoints."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import date
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from starlette.types import Receive, Scope, Send

from assistant.languages import direction_of
from corpus.documents import UnknownDocument
from web.asking import Asked, Reception
from web.contract import Event
from web.refusals import unknown
from web.speech import Speech, byte_range
from web.wire import (
    AgreeRequest,
    AnswerWire,
    AskRequest,
    DocumentWire,
    ErrorWire,
    FeedbackRequest,
    HealthWire,
    PendingWire,
    ReadinessWire,
)

router = APIRouter()

_ERRORS: dict[int | str, dict[str, Any]] = {
    413: {"model": ErrorWire, "description": "The request is too large."},
    422: {"model": ErrorWire, "description": "The question cannot be asked: empty, too long, malformed."},
    429: {
        "model": ErrorWire,
        "description": "The client asked too often. Try again after Retry-After seconds.",
        "headers": {"Retry-After": {"schema": {"type": "integer"}}},
    },
    500: {"model": ErrorWire, "description": "Answering failed."},
    503: {
        "model": ErrorWire,
        "description": "No build is open, or too many questions wait. Try again after Retry-After seconds.",
        "headers": {"Retry-After": {"schema": {"type": "integer"}}},
    },
}

_UNKNOWN_KEY: dict[int | str, dict[str, Any]] = {
    404: {"model": ErrorWire, "description": "The key is not known, or its conversation is over."}
}

_SPEECH: dict[int | str, dict[str, Any]] = {
    200: {"content": {"audio/ogg": {"schema": {"type": "string", "format": "binary"}}}},
    206: {"description": "The part that the Range header asked for."},
    404: {"model": ErrorWire, "description": "The key is not known, or a sentence is in a language without a voice."},
    **{code: _ERRORS[code] for code in (429, 500, 503)},
}


class EventStream(StreamingResponse):
    """Server-sent events. The Events are closed when the response ends, however it ends."""

    def __init__(self, events: AsyncIterator[Event]) -> None:
        self._events = events
        super().__init__(
            (_sse(event) async for event in events),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            close = getattr(self._events, "aclose", None)
            if close is not None:
                await close()


def _sse(event: Event) -> str:
    name, data = event
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


def reception_of(request: Request) -> Reception:
    reception: Reception = request.state.reception
    return reception


def _asked(request: Request, body: AskRequest) -> Asked:
    return Asked(
        text=body.question,
        reply_language=reception_of(request).reply_language(request, body.language, body.page_language),
        language=body.language,
        page_language=body.page_language,
        profile=body.profile.to_profile(),
        conversation=body.conversation,
        key=body.key,
        channel="chat" if request.headers.get("sec-fetch-site") == "same-origin" else "api",
    )


@router.post("/api/v1/ask", response_model=AnswerWire, responses=_ERRORS, summary="Ask a question", tags=["ask"])
async def ask(request: Request, response: Response, body: AskRequest) -> dict[str, Any]:
    """The whole Answer. What could not be answered is a ``status`` of the Answer, not an error."""
    answer = await reception_of(request).ask(request, _asked(request, body))
    response.headers["Cache-Control"] = "no-store"
    return answer.to_wire()


@router.post(
    "/api/v1/ask/stream",
    response_class=EventStream,
    status_code=200,
    responses=_ERRORS | {200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
    summary="Ask a question, get the answer as it is made",
    tags=["ask"],
)
async def ask_stream(request: Request, body: AskRequest) -> EventStream:
    """Server-sent events: ``status``, then ``sentence``s each with its ``citation``s, then ``done`` with the
    whole Answer; ``error`` with an ErrorWire if it fails on the way."""
    return EventStream(await reception_of(request).stream(request, _asked(request, body)))


@router.get(
    "/api/v1/answers/{key}",
    response_model=AnswerWire,
    responses=_UNKNOWN_KEY
    | {
        202: {
            "model": PendingWire,
            "description": "The answer is being made. Try again after Retry-After seconds.",
            "headers": {"Retry-After": {"schema": {"type": "integer"}}},
        }
    },
    summary="Fetch an answer again",
    tags=["ask"],
)
async def answer(request: Request, response: Response, key: str) -> Any:
    """The Answer to the question that was asked with this key, while its conversation lasts."""
    finished = reception_of(request).finished
    if exchange := finished.exchange(key):
        response.headers["Cache-Control"] = "no-store"
        return exchange.answer.to_wire()
    if finished.is_being_made(key):
        return JSONResponse(PendingWire().model_dump(), 202, headers={"Cache-Control": "no-store", "Retry-After": "1"})
    raise unknown("No such answer.")


@router.get(
    "/api/v1/answers/{key}/speech",
    response_class=Response,
    status_code=200,
    responses=_SPEECH,
    summary="An answer read aloud",
    tags=["ask"],
)
async def read_aloud(request: Request, key: str) -> Response:
    """Ogg Opus, about 2 kB a second."""
    reception = reception_of(request)
    speech: Speech = request.state.speech
    exchange = reception.finished.exchange(key)
    if exchange is None or not speech.can_read(exchange.answer):
        raise unknown("No such answer, or no voice for it.")
    try:
        made = await speech.read(exchange.answer)
    except Exception as error:
        raise reception.refusal(exchange.answer.language, error, "Reading aloud") from None
    headers = {"Cache-Control": "no-store", "Accept-Ranges": "bytes"}
    if wanted := byte_range(request.headers.get("range"), len(made)):
        first, last = wanted
        headers["Content-Range"] = f"bytes {first}-{last}/{len(made)}"
        return Response(made[first : last + 1], 206, headers, "audio/ogg")
    return Response(made, 200, headers, "audio/ogg")


@router.delete(
    "/api/v1/conversations/{id}",
    response_class=Response,
    status_code=204,
    responses={500: _ERRORS[500]},
    summary="Forget a conversation",
    tags=["ask"],
)
def forget(request: Request, id: str, hand_offs: bool = True) -> Response:
    """Always 204: nobody learns here which conversations there are. With ``hand_offs=false`` what was left to an
    advisor stays, and with it their answer."""
    reception_of(request).forget(id, hand_offs=hand_offs)
    return Response(status_code=204, headers={"Cache-Control": "no-store"})


@router.post(
    "/api/v1/feedback",
    response_class=Response,
    status_code=204,
    responses=_UNKNOWN_KEY | {code: _ERRORS[code] for code in (413, 422, 429, 500)},
    summary="Say whether an answer was helpful",
    tags=["feedback"],
)
async def feedback(request: Request, body: FeedbackRequest) -> Response:
    """Replaces what was said of the same answer before."""
    await reception_of(request).give_feedback(body.answer, body.to_feedback())
    return Response(status_code=204, headers={"Cache-Control": "no-store"})


@router.post(
    "/api/v1/questions",
    response_class=Response,
    status_code=204,
    responses=_UNKNOWN_KEY | {code: _ERRORS[code] for code in (413, 422, 429, 500)},
    summary="Agree that a question is kept",
    tags=["feedback"],
)
async def agree(request: Request, body: AgreeRequest) -> Response:
    """The words of the question are kept, with personal data masked, so that an answer to it can be written."""
    await reception_of(request).agree(body.answer)
    return Response(status_code=204, headers={"Cache-Control": "no-store"})


@router.get(
    "/api/v1/documents/{id:path}",
    response_model=DocumentWire,
    responses={404: {"model": ErrorWire}},
    summary="A document that answers cite",
    tags=["documents"],
)
def document(request: Request, id: str) -> dict[str, Any]:
    reception = reception_of(request)
    try:
        found = reception.assistant.document(id)
    except UnknownDocument:
        raise unknown("No such document.") from None
    return {
        "id": found.id,
        "title": found.title,
        "publisher": found.publisher,
        "municipality": list(found.municipalities),
        "language": found.language,
        "direction": direction_of(found.language, reception.assistant.languages),
        "status": found.status,
        "valid_from": _iso(found.valid_from),
        "valid_until": _iso(found.valid_until),
        "based_on": list(found.based_on),
        "licence": found.licence,
        "url": found.url,
        "text": found.text,
    }


@router.head("/healthz", include_in_schema=False)
@router.get("/healthz", response_model=HealthWire, tags=["health"])
async def healthz() -> dict[str, str]:
    """200 while the process lives."""
    return {"status": "alive"}


@router.head("/readyz", include_in_schema=False)
@router.get(
    "/readyz",
    response_model=ReadinessWire,
    responses={503: {"model": ReadinessWire}},
    tags=["health"],
)
def readyz(request: Request) -> JSONResponse:
    """200 when a build is open, else 503 with the reason."""
    reason = reception_of(request).assistant.not_ready()
    body = ReadinessWire(status="not_ready" if reason else "ready", reason=reason)
    return JSONResponse(body.model_dump(), 503 if reason else 200, headers={"Cache-Control": "no-store"})


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
