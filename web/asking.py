"""One question through the pool, for the API and for the page alike: what may go wrong becomes a Refused.

ClientGone: nobody waits for the Answer any more.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from starlette.requests import Request

from assistant.answers import Answer, Outcome, events
from assistant.questions import MAX_CHARACTERS, InvalidQuestion, Profile
from web.clients import Clients
from web.contract import Assistant, Event, Language
from web.desk.erasing import Eraser
from web.desk.question_log import Logged, QuestionLog
from web.exchanges import Exchange, is_private, violence_in
from web.feedback import Feedback, FeedbackStore
from web.finished import Finished, KeyUsed
from web.guard import log_failure
from web.making import Making
from web.negotiation import preferred_language
from web.pool import Busy, Dropped, WorkPool
from web.rate_limits import RateLimits, TooMany
from web.refusals import Refused, invalid, told, unknown
from web.settings import WebSettings
from web.wire import FieldProblem, RefusalStatus, answer_of

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it came in; ``reply_language`` is the one to explain a refusal in."""

    text: str
    reply_language: str
    language: str | None = None
    page_language: str | None = None
    profile: Profile = field(default_factory=Profile)
    conversation: str | None = None
    key: str | None = None
    channel: str = "chat"
    """Where it was asked: chat, api or desk."""

    @property
    def fingerprint(self) -> int:
        """Tells this question from another that is sent under the same key."""
        return hash((self.text, self.language, self.page_language, self.profile, self.conversation))


class ClientGone(Exception):
    """The client closed the connection."""


@dataclass(frozen=True, slots=True)
class Reception:
    """Takes questions to the assistant, as many at once as the pool has places for, and feedback to its store."""

    assistant: Assistant
    pool: WorkPool
    settings: WebSettings
    feedback: FeedbackStore
    finished: Finished = field(default_factory=Finished)
    clients: Clients = field(default_factory=Clients)
    limits: RateLimits = field(default_factory=lambda: RateLimits({}))
    questions: QuestionLog | None = None
    eraser: Eraser | None = None

    async def ask(self, request: Request, asked: Asked) -> Answer:
        """Raises Refused, ClientGone."""
        try:
            found = await self._ask(request, asked, streamed=False)
            if isinstance(found, Answer):
                return found
            answer = await _unless_gone(request, found.answer())
        except ClientGone:
            raise
        except Exception as error:
            raise self.refusal(asked.reply_language, error) from None
        if answer.status is Outcome.UNAVAILABLE:
            raise self._unavailable(self.assistant.languages[asked.reply_language], "unavailable")
        return answer

    async def stream(self, request: Request, asked: Asked) -> AsyncIterator[Event]:
        """The Events, once the first is there. Raises Refused, ClientGone.

        A failure after the first Event is an "error" Event, the last one.
        """
        try:
            found = await self._ask(request, asked, streamed=True)
            if isinstance(found, Answer):
                return _all(events(found))
            streamed = found.follow()
            first = await _unless_gone(request, anext(streamed))
            if first[1].get("status") == Outcome.UNAVAILABLE:
                await streamed.aclose()
                raise self._unavailable(self.assistant.languages[asked.reply_language], "unavailable")
        except ClientGone:
            raise
        except Exception as error:
            raise self.refusal(asked.reply_language, error) from None

        async def rest() -> AsyncIterator[Event]:
            try:
                yield first
                async for event in streamed:
                    yield event
            except Exception as error:
                yield "error", self.refusal(asked.reply_language, error).error.model_dump(mode="json")
            finally:
                await streamed.aclose()

        return rest()

    def key_for(self, asked: Asked) -> str:
        """The key to ask under for a form that sent ``asked.key``: that one, unless it is none or another
        question's (a form filled in anew after "back")."""
        return self.finished.key_for(asked.key or "", asked.fingerprint)

    async def give_feedback(self, key: str, feedback: Feedback) -> None:
        """Keep feedback on the answer to the question with this key. Raises Refused for an unknown one."""
        exchange = self.finished.exchange(key)
        if exchange is None:
            raise unknown("No such answer.")
        await asyncio.to_thread(self._keep, exchange, feedback)

    def _keep(self, exchange: Exchange, feedback: Feedback) -> None:
        if feedback.comment and violence_in(feedback.comment, exchange.answer.language, self.assistant):
            feedback = replace(feedback, comment=None)
        self.feedback.keep(exchange, feedback)

    async def agree(self, key: str) -> None:
        """Keep the words of the question with this key, whose asker agreed. Raises Refused for an unknown one."""
        exchange = self.finished.exchange(key)
        if exchange is None:
            raise unknown("No such question.")
        if self.questions:
            await asyncio.to_thread(self.questions.agree, exchange)

    def forget(self, conversation: str, *, hand_offs: bool = False) -> None:
        """Forget a conversation with everything that was said in it, in feedback and kept questions as well; with
        ``hand_offs`` also what was left to an advisor. Blocks."""
        self.assistant.forget(conversation)
        keys = self.finished.forget(conversation)
        if self.questions:
            self.questions.flush()
        if self.eraser:
            self.eraser.erase(conversation, keys, hand_offs=hand_offs)
        else:
            self.feedback.forget_words(keys, conversation)

    def forget_expired(self) -> None:
        self.assistant.forget_expired()
        self.finished.drop_expired()

    def _find(self, asked: Asked) -> Answer | Making | None:
        """What there is of a question that was asked before. Raises Refused."""
        self._check(asked)
        if asked.key is None:
            return None
        try:
            found = self.finished.of(asked.key, asked.fingerprint)
        except KeyUsed:
            raise Refused(invalid("key was used for another question", "key")) from None
        return found.answer if isinstance(found, Exchange) else found

    async def _ask(self, request: Request, asked: Asked, *, streamed: bool) -> Answer | Making:
        """Ask, if that question was not asked before. Raises Refused, Busy, TooMany.

        What is urgent is answered whatever the limits: a full queue keeps nobody from the emergency number.
        """
        if found := self._find(asked):
            return found
        try:
            await self.limits.check("ask", self.clients.name(request.scope))
            return self._find(asked) or self._begin(asked, streamed=streamed)
        except (Busy, TooMany):
            urgent = await asyncio.to_thread(
                self.assistant.urgent, asked.text, language=asked.language, page_language=asked.page_language
            )
            if urgent is None:
                raise
            self._count(asked, urgent)
            if asked.key:
                self.finished.keep(await asyncio.to_thread(self._exchange, asked, asked.key, urgent), asked.fingerprint)
            return urgent

    def _begin(self, asked: Asked, *, streamed: bool) -> Making:
        """Raises Busy."""
        arguments, began = _arguments(asked), time.perf_counter()

        def work() -> Iterator[Event | Answer]:
            if not streamed:
                answer = self.assistant.ask(**arguments)
                self._count(asked, answer, began)
                yield answer
                return
            for name, data in self.assistant.stream(**arguments):
                if name == "done":
                    self._count(asked, answer_of(data), began)
                yield name, data

        stream = self.pool.stream(work)
        if asked.key is None:
            return Making(stream)
        key = asked.key

        async def keep(answer: Answer) -> None:
            if answer.status is Outcome.UNAVAILABLE:
                self.finished.drop(key, making)
                return
            exchange = await asyncio.to_thread(self._exchange, asked, key, answer)
            if not self.finished.finish(exchange, making) and asked.conversation:
                self.assistant.forget(asked.conversation)

        making = Making(stream, keep=keep, on_failure=lambda: self.finished.drop(key, making))
        self.finished.begin(key, asked.conversation, asked.fingerprint, making)
        return making

    def _count(self, asked: Asked, answer: Answer, began: float | None = None) -> None:
        if self.questions:
            milliseconds = None if began is None else (time.perf_counter() - began) * 1000
            self.questions.note(Logged(answer, asked.channel, milliseconds, asked.key))

    def _exchange(self, asked: Asked, key: str, answer: Answer) -> Exchange:
        private = is_private(answer)
        question = "" if private else self.assistant.masked(asked.text)
        return Exchange(key, question, answer, asked.conversation, private)

    def refused(self, language: str, status: RefusalStatus, retry_after: int | None = None) -> Refused:
        """A refusal, in ``language``, of a request whose question was not read."""
        message = {"too_large": "question_too_long", "too_many_requests": "too_many_questions"}.get(status, "error")
        return told(self.assistant.languages[language], status, message, retry_after=retry_after)

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

    def _check(self, asked: Asked) -> None:
        reply = self.assistant.languages[asked.reply_language]
        if not asked.text.strip():
            raise told(reply, "invalid", "question_empty", field="question")
        if len(asked.text) > MAX_CHARACTERS:
            raise told(reply, "invalid", "question_too_long", field="question")
        for name, language in (("language", asked.language), ("page_language", asked.page_language)):
            if language is not None and language not in self.assistant.languages:
                known = ", ".join(self.assistant.languages)
                raise Refused(invalid(f"{name} must be one of: {known}", name))

    def refusal(self, language: str, error: Exception, doing: str = "Answering") -> Refused:
        """What the client gets, in ``language``, for what went wrong while ``doing``."""
        if isinstance(error, Refused):
            return error
        reply = self.assistant.languages[language]
        if isinstance(error, TooMany):
            return told(reply, "too_many_requests", "too_many_questions", retry_after=error.retry_after)
        if isinstance(error, Busy | Dropped):
            return self._unavailable(reply, "busy")
        if isinstance(error, InvalidQuestion):
            # Length and languages are checked before, so what is left has nothing in it to answer.
            refused = told(reply, "invalid", "question_empty")
            refused.error.problems.append(FieldProblem(field="question", problem=str(error)))
            return refused
        log_failure(doing, error)
        return told(reply, "error", "error")

    def _unavailable(self, language: Language, message: str) -> Refused:
        return told(language, "unavailable", message, retry_after=self.settings.retry_after_seconds)


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
