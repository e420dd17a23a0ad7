"""Language models: the contract that steps use, what it costs a question, and what can go wrong.

LlmError
├── NotReached   nobody answers, the line breaks, or too many calls failed lately
├── TooBusy      the endpoint, or this process, has no place for another call
├── OutOfTime    the question's time is over
├── Refused      the endpoint does not do it: key, model, request, filter
└── Malformed    what came is no answer: empty, endless, another form

Which endpoint answers is ``assistant.llm_endpoint``'s. A question has one ``Budget`` for all its calls, however many
steps make them: the time that is left, and the account of what was used.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

Schema = Mapping[str, Any]
"""A JSON Schema."""


class LlmError(Exception):
    """Base of every error of a language model. Its text says what happened, and never holds a key or a question."""

    kind = "error"


class NotReached(LlmError):
    """The endpoint cannot be reached, or is not asked because it failed too often."""

    kind = "not_reached"


class TooBusy(LlmError):
    """There is no place for another call, here or there."""

    kind = "busy"


class OutOfTime(LlmError):
    """The time for the question is over."""

    kind = "out_of_time"


class Refused(LlmError):
    """The endpoint answered that it does not do this. ``status`` is HTTP's, 200 where a filter held the answer."""

    kind = "refused"

    def __init__(self, text: str, status: int = 200) -> None:
        super().__init__(text)
        self.status = status


class Malformed(LlmError):
    """What came cannot be used."""

    kind = "malformed"


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Completion:
    """What a model said. Tokens are as the endpoint counts them, ``None`` where it does not say."""

    text: str
    tokens_in: int | None = None
    tokens_out: int | None = None
    attempts: int = 1


class ChatModel(Protocol):
    """A model that goes on with a chat. Called from several threads at once; keeps the current Budget, into whose
    account it writes every call under the name ``step``."""

    name: str

    def complete(self, messages: Sequence[Message], *, step: str, schema: Schema | None = None) -> Completion:
        """The whole of what it says, JSON after ``schema`` where one is given. Raises LlmError."""

    def stream(self, messages: Sequence[Message], *, step: str, schema: Schema | None = None) -> Iterator[str]:
        """The same in pieces, as they come. Raises LlmError, after some pieces too. Closing it ends the call."""

    def close(self) -> None:
        """Give back connections and threads."""


@dataclass(slots=True)
class Call:
    """One call of a model in a question's account. ``outcome`` is "ok", the kind of an LlmError, or "left" where
    nobody wanted the rest."""

    step: str
    outcome: str
    ms: float
    attempts: int = 1
    tokens_in: int | None = None
    tokens_out: int | None = None
    cost: float | None = None

    def to_dict(self) -> dict[str, Any]:
        return {
            "step": self.step,
            "outcome": self.outcome,
            "ms": round(self.ms, 1),
            "attempts": self.attempts,
            "tokens_in": self.tokens_in,
            "tokens_out": self.tokens_out,
            "cost": self.cost,
        }


@dataclass(slots=True)
class Budget:
    """What a question may use, and what it used: ``seconds`` from its first call on."""

    seconds: float = math.inf
    calls: list[Call] = field(default_factory=list)
    places: int = 0
    """Calls of this question that are under way; together they hold one place for calls."""
    _end: float | None = None

    def start(self) -> None:
        """A call begins; the first one starts the clock."""
        if self._end is None:
            self._end = time.monotonic() + self.seconds

    @property
    def left(self) -> float:
        """Seconds, at least 0."""
        return self.seconds if self._end is None else max(0.0, self._end - time.monotonic())

    @property
    def cost(self) -> float | None:
        """Of all calls whose cost is known; ``None`` where none is."""
        known = [call.cost for call in self.calls if call.cost is not None]
        return round(sum(known), 6) if known else None


_current: ContextVar[Budget | None] = ContextVar("budget", default=None)


@contextmanager
def spending(seconds: float = math.inf) -> Iterator[Budget]:
    """The Budget of all calls made inside, in this thread."""
    token = _current.set(Budget(seconds))
    try:
        budget = _current.get()
        assert budget
        yield budget
    finally:
        _current.reset(token)


def current_budget() -> Budget:
    """The Budget of this thread's question; one without an end where there is none."""
    return _current.get() or Budget()
