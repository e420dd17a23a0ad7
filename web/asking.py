"""One question through the pool, for the API and for the page alike: what may go wrong becomes a Refused.

Refused     the asker gets a message instead of an Answer
ClientGone  nobody waits for the Answer any more
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal, TypeVar

from starlette.requests import Request

from assistant.answers import Answer, Outcome, events
from assistant.questions import MAX_CHARACTERS, InvalidQuestion, Profile
from web.contract import Assistant, Event
from web.guard import log_failure
from web.negotiation import preferred_language
from web.pool import Busy, WorkPool
from web.settings import WebSettings
from web.wire import ErrorWire, FieldProblem

T = TypeVar("T")

_STATUS_CODES = {"invalid": 422, "not_found": 404, "too_large": 413, "unavailable": 503, "error": 500}


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it came in; ``reply_language`` is the one to explain a refusal in."""

    text: str
    reply_language: str
    language: str | None = None
    page_language: str | None = None
    profile: Profile = field(default_factory=Profile)
    conversation: str | None = None


class Refused(Exception):
    """``error`` is the response's JSON; its text holds nothing of the question."""

    def __init__(self, error: ErrorWire, retry_after: int | None = None) -> None:
        super().__init__(error.status)
        self.error = error
        self.status_code = _STATUS_CODES[error.status]
        self.headers = {"Cache-Control": "no-store"}
        if retry_after is not None:
            self.headers["Retry-After"] = str(retry_after)


class ClientGone(Exception):
    """The client closed the connection."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Takes questions to the assistant, as many at once as the pool has places for."""

    assistant: Assistant
    pool: WorkPool
    settings: WebSettings

    async def ask(self, request: Request, asked: Asked) -> Answer:
        """Raises Refused, ClientGone."""
        self._check(asked)
        try:
            work = partial(self.assistant.ask, **_arguments(asked))
            answer = await _unless_gone(request, self.pool.run(work))
        except ClientGone:
            raise
        except Busy as error:
            if urgent := self._urgent(asked):
                return urgent
            raise self._refusal(asked, error) from None
        except Exception as error:
            raise self._refusal(asked, error) from None
        if answer.status is Outcome.UNAVAILABLE:
            raise self._refused(asked, "unavailable", "unavailable")
        return answer

    async def stream(self, request: Request, asked: Asked) -> AsyncIterator[Event]:
        """The Events, once the first is there. Raises Refused, ClientGone.

        A failure after the first Event is an "error" Event, the last one.
        """
        self._check(asked)
        try:
            streamed = self.pool.stream(partial(self.assistant.stream, **_arguments(asked)))
        except Busy as error:
            if urgent := self._urgent(asked):
                return _all(events(urgent))
            raise self._refusal(asked, error) from None
        try:
            first = await _unless_gone(request, streamed.__anext__())
            if first[1].get("status") == Outcome.UNAVAILABLE:
                raise self._refused(asked, "unavailable", "unavailable")
        except BaseException as error:
            streamed.close()
            if isinstance(error, ClientGone) or not isinstance(error, Exception):
                raise
            raise self._refusal(asked, error) from None

        async def rest() -> AsyncIterator[Event]:
            try:
                yield first
                async for event in streamed:
                    yield event
            except Exception as error:
                yield "error", self._refusal(asked, error).error.model_dump(mode="json")
            finally:
                streamed.close()

        return rest()

    def refused(self, language: str, status: Literal["too_large", "error", "invalid", "not_found"]) -> Refused:
        """A refusal for a request whose question was not read."""
        asked = Asked("", reply_language=language)
        return self._refused(asked, status, "question_too_long" if status == "too_large" else "error")

    def reply_language(self, request: Request, *wishes: str | None) -> str:
        """The first of ``wishes`` that Neuvo speaks, else the browser's."""
        known = self.assistant.languages
        return next(
            (wish for wish in wishes if wish in known and wish is not None),
            preferred_language(
                request.headers.get("accept-language"),
                known,
                self.settings.default_language,
                self.settings.common_language,
            ),
        )

    def _urgent(self, asked: Asked) -> Answer | None:
        """A full queue keeps nobody from the emergency number."""
        return self.assistant.urgent(asked.text, language=asked.language, page_language=asked.page_language)

    def _check(self, asked: Asked) -> None:
        if not asked.text.strip():
            raise self._refused(asked, "invalid", "question_empty", "question")
        if len(asked.text) > MAX_CHARACTERS:
            raise self._refused(asked, "invalid", "question_too_long", "question")
        for name, language in (("language", asked.language), ("page_language", asked.page_language)):
            if language is not None and language not in self.assistant.languages:
                known = ", ".join(self.assistant.languages)
                raise Refused(invalid(f"{name} must be one of: {known}", name))

    def _refusal(self, asked: Asked, error: Exception) -> Refused:
        """What the client gets for what went wrong."""
        if isinstance(error, Refused):
            return error
        if isinstance(error, Busy):
            return self._refused(asked, "unavailable", "busy", retry_after=self.settings.retry_after_seconds)
        if isinstance(error, InvalidQuestion):
            # Length and languages are checked before, so what is left has nothing in it to answer.
            refused = self._refused(asked, "invalid", "question_empty")
            refused.error.problems.append(FieldProblem(field="question", problem=str(error)))
            return refused
        log_failure("Answering", error)
        return self._refused(asked, "error", "error")

    def _refused(
        self,
        asked: Asked,
        status: Literal["invalid", "not_found", "too_large", "unavailable", "error"],
        message: str,
        field: str | None = None,
        retry_after: int | None = None,
    ) -> Refused:
        language = self.assistant.languages[asked.reply_language]
        text = language.messages[message].replace("{limit}", str(MAX_CHARACTERS))
        if status == "unavailable" and retry_after is None:
            retry_after = self.settings.retry_after_seconds
        return Refused(
            ErrorWire(
                status=status,
                message=text,
                language=language.code,
                direction=language.direction,
                problems=[FieldProblem(field=field, problem=message)] if field else [],
            ),
            retry_after,
        )


def invalid(message: str, field: str) -> ErrorWire:
    """An error for programmers, in English."""
    return ErrorWire(
        status="invalid",
        message=message,
        language="en",
        direction="ltr",
        problems=[FieldProblem(field=field, problem=message)],
    )


def _arguments(asked: Asked) -> dict[str, Any]:
    return {
        "text": asked.text,
        "language": asked.language,
        "page_language": asked.page_language,
        "profile": asked.profile,
        "conversation": asked.conversation,
    }


async def _unless_gone(request: Request, awaitable: Awaitable[T]) -> T:
    """The result, unless the client goes first: then the work is cancelled. Raises ClientGone."""
    work = asyncio.ensure_future(awaitable)
    gone = asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            raise ClientGone
        return work.result()
    finally:
        work.cancel()
        gone.cancel()


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _all(found: Iterable[Event]) -> AsyncIterator[Event]:
    for event in found:
        yield event
