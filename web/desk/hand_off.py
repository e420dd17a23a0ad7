"""A hand-off: a conversation that a resident handed over to a person, and what was said since.

HandOffError
├── NoHandOff   there is none with this id or token
├── Overtaken   somebody else wrote meanwhile: read it first
└── Closed      it is over: no more messages
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

State = Literal["new", "assigned", "answered", "closed"]
Reason = Literal["asked", "abstained", "crisis", "request"]
"""Why it was offered: the resident came by themselves, Neuvo did not know, a crisis, or they asked for a person."""
Author = Literal["resident", "advisor"]

STATES: tuple[State, ...] = ("new", "assigned", "answered", "closed")
MOST_MESSAGE = 2000
"""Characters of one message."""
MOST_MESSAGES = 200


class HandOffError(Exception):
    """Base of what goes wrong with a hand-off."""


class NoHandOff(HandOffError):
    """There is no hand-off with this id or token."""


class Overtaken(HandOffError):
    """There are messages that the author has not seen."""


class Closed(HandOffError):
    """The hand-off is closed, or has as many messages as one may have."""


@dataclass(frozen=True, slots=True)
class SentencePair:
    """A sentence and its translation, or ``None`` where there is none that stands its checks."""

    text: str
    translation: str | None


@dataclass(frozen=True, slots=True)
class Rendering:
    """A message in another language. ``by`` is the engine, or PEOPLE."""

    language: str
    by: str
    sentences: tuple[SentencePair, ...]


PEOPLE = "people"


@dataclass(frozen=True, slots=True)
class Message:
    """What one side said. ``account`` is the advisor's."""

    id: int
    at: datetime
    author: Author
    text: str
    language: str
    rendering: Rendering | None = None
    account: int | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A hand-off as a resident leaves it: everything masked. ``transcript`` are exchanges in their wire form."""

    language: str
    reason: Reason = "asked"
    message: str = ""
    email: str | None = None
    municipality: str | None = None
    situation: str | None = None
    topic: str | None = None
    conversation: str | None = None
    transcript: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class HandOff:
    """A hand-off with everything that was said."""

    id: str
    created: datetime
    updated: datetime
    state: State
    reason: Reason
    language: str
    municipality: str | None
    situation: str | None
    topic: str | None
    assigned_to: int | None
    waiting_since: datetime | None
    first_answered: datetime | None
    closed: datetime | None
    version: int
    external: str | None
    email: str | None
    transcript: list[dict[str, Any]]
    suggestion: dict[str, Any] | None
    messages: tuple[Message, ...] = ()


def new_token() -> str:
    """43 characters that hold 256 random bits."""
    return secrets.token_urlsafe(32)
