"""The API of talking to a person, where the operator lets advisors answer: under ``/api/v1/hand-offs``."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from web.api import reception_of
from web.desk.hand_off import MOST_MESSAGE, Author, Closed, HandOff, NoHandOff, Reason, State, new_token
from web.desk.handing_over import HandingOver
from web.hand_off_pages import HEADERS, handing_over_of, hours_of
from web.hand_offs import FORM_OF_TOKENS, Invalid, Left, Violence, draft_of, is_token, taken, view_of
from web.refusals import Refused, invalid, unknown
from web.wire import ContactWire, ConversationId, ErrorWire, FieldProblem, ProfileWire, Text

router = APIRouter(tags=["hand-offs"])

_UNKNOWN: dict[int | str, dict[str, Any]] = {
    404: {"model": ErrorWire, "description": "Nothing is known of the token, or advisors do not answer here."}
}
_SENT: dict[int | str, dict[str, Any]] = {
    413: {"model": ErrorWire, "description": "The request is too large."},
    422: {"model": ErrorWire, "description": "Something lacks: ``problems`` say what."},
    429: {"model": ErrorWire, "description": "The client sent too much. Try again after Retry-After seconds."},
}


class _Wire(BaseModel):
    model_config = ConfigDict(extra="forbid")


class HandOffRequest(_Wire):
    """What a resident leaves to an advisor: a conversation, a message or both."""

    page_language: Text = Field(description="The language of the page it is left on.", examples=["so"])
    language: Text | None = Field(
        default=None, description="What the resident reads; that of the conversation's last answer if missing."
    )
    conversation: ConversationId | None = None
    message: Text = Field(default="", max_length=2 * MOST_MESSAGE)
    email: Text = Field(default="", max_length=400, description="Where the resident is told of an answer.")
    consent: bool = Field(default=False, description="The resident agreed that all this is passed on and kept.")
    profile: ProfileWire = ProfileWire()
    token: Annotated[str, Field(pattern=f"^{FORM_OF_TOKENS}$")] | None = Field(
        default=None,
        description="An unguessable token that the client chose, 32 random bytes in URL-safe base 64: sent again with "
        "it, the request leaves nothing twice.",
    )


class WordsWire(_Wire):
    text: str
    language: str
    direction: str


class MessageWire(_Wire):
    """A message as its resident reads it. ``way``: written in their language, translated by people or a machine (partly
    where sentences are left as they were), or untranslated."""

    author: Author
    at: datetime
    pieces: list[WordsWire]
    original: WordsWire | None
    way: Literal["written", "people", "machine", "partly", "untranslated"]


class HandOffWire(_Wire):
    id: str
    state: State
    reason: Reason
    language: str
    created: datetime
    updated: datetime
    version: int
    messages: list[MessageWire]
    opens: datetime | None = Field(description="When advisors are back, where they are not at work now.")
    told_hours: int | None = Field(description="The usual hours to an answer, where the operator says so.")
    phone: str | None


class LeftWire(HandOffWire):
    """``token`` proves everything later; ``path`` is the resident's page."""

    token: str
    path: str


class MoreRequest(_Wire):
    message: Text = Field(max_length=2 * MOST_MESSAGE)
    key: Annotated[str, Field(pattern=f"^{FORM_OF_TOKENS}$")] | None = Field(
        default=None, description="Chosen by the client: with the same key nothing is added twice."
    )


class HelpWire(_Wire):
    """The message is about violence at home: it was kept nowhere."""

    status: Literal["violence"] = "violence"
    contacts: list[ContactWire]


@router.post(
    "/api/v1/hand-offs",
    status_code=201,
    response_model=LeftWire | HelpWire,
    responses=_UNKNOWN | _SENT | {200: {"model": HelpWire, "description": "Kept nowhere: about violence at home."}},
    summary="Leave a conversation to an advisor",
)
def leave(request: Request, response: Response, body: HandOffRequest) -> Any:
    over, reception = _enabled(request), reception_of(request)
    _headers(response)
    for name, code in (("page_language", body.page_language), ("language", body.language)):
        if code is not None and code not in reception.assistant.languages:
            raise Refused(invalid(f"{name} must be one of: {', '.join(reception.assistant.languages)}", name))
    token = body.token or new_token()
    left = Left(
        body.page_language,
        body.language,
        body.conversation,
        body.message,
        body.email,
        body.consent,
        body.profile.to_profile(),
    )
    try:
        found = over.store.create(draft_of(left, reception.finished, reception.assistant), token)
    except Invalid as error:
        raise _refused(error) from None
    except Violence as error:
        response.status_code = 200
        return {"contacts": [contact.to_wire() for contact in error.answer.contacts]}
    return _wire(request, over, found) | {"token": token, "path": f"/{body.page_language}/hand-offs/{token}"}


@router.get("/api/v1/hand-offs/{token}", response_model=HandOffWire, responses=_UNKNOWN, summary="Look for an answer")
def look(request: Request, response: Response, token: str) -> Any:
    over = _enabled(request)
    _headers(response)
    return _wire(request, over, _found(over, token))


@router.post(
    "/api/v1/hand-offs/{token}/messages",
    response_model=HandOffWire | HelpWire,
    responses=_UNKNOWN | _SENT,
    summary="Add a message",
)
def write_on(request: Request, response: Response, token: str, body: MoreRequest) -> Any:
    over = _enabled(request)
    _headers(response)
    found = _found(over, token)
    try:
        text = taken(body.message, found.language, reception_of(request).assistant)
        return _wire(request, over, over.store.write_on(token, text, body.key))
    except Invalid as error:
        raise _refused(error) from None
    except Violence as error:
        return {"contacts": [contact.to_wire() for contact in error.answer.contacts]}
    except Closed:
        raise Refused(invalid("The hand-off is closed.", "message")) from None
    except NoHandOff:  # withdrawn meanwhile
        raise unknown("No such hand-off.") from None


@router.delete(
    "/api/v1/hand-offs/{token}",
    response_class=Response,
    status_code=204,
    responses=_UNKNOWN,
    summary="Delete a hand-off with everything in it",
)
def withdraw(request: Request, token: str) -> Response:
    """Always 204: nobody learns here which hand-offs there are."""
    _enabled(request).withdraw(token)
    return Response(status_code=204, headers=HEADERS)


def _enabled(request: Request) -> HandingOver:
    over = handing_over_of(request)
    if not over.settings.enabled:
        raise unknown("Advisors do not answer here.")
    return over


def _found(over: HandingOver, token: str) -> HandOff:
    try:
        return over.store.of_token(token if is_token(token) else "")
    except NoHandOff:
        raise unknown("No such hand-off.") from None


def _wire(request: Request, over: HandingOver, found: HandOff) -> dict[str, Any]:
    assistant = reception_of(request).assistant
    views = [view_of(message, found, assistant) for message in found.messages]
    return {
        "id": found.id,
        "state": found.state,
        "reason": found.reason,
        "language": found.language,
        "created": found.created,
        "updated": found.updated,
        "version": found.version,
        "messages": [
            {
                "author": view.author,
                "at": view.at,
                "pieces": [_words(one) for one in view.pieces],
                "original": view.original and _words(view.original),
                "way": view.way,
            }
            for view in views
        ],
        "phone": over.settings.phone,
        **hours_of(over),
    }


def _words(words: Any) -> dict[str, str]:
    return {"text": words.text, "language": words.language, "direction": words.direction}


def _refused(error: Invalid) -> Refused:
    fields = {"consent": "consent", "email": "email", "empty": "message", "long": "message"}
    problems = [FieldProblem(field=fields[one], problem=one) for one in error.problems]
    told = ", ".join(error.problems)
    return Refused(ErrorWire(status="invalid", message=told, language="en", direction="ltr", problems=problems))


def _headers(response: Response) -> None:
    for name, value in HEADERS.items():
        response.headers[name] = value
