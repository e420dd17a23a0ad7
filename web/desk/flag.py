"""A flag: an answer that somebody at the desk found wrong, and what is said of it.

FlagError
├── NoFlag         there is no flag with this id
├── Closed         it is closed: reopen it first
└── NotAskedAgain  it is not closed as fixed before the question was asked again of the build that serves
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Kind = Literal["wrong", "outdated", "unclear", "translation", "unsafe", "missing"]
State = Literal["open", "fixed", "declined"]

KINDS: tuple[Kind, ...] = ("wrong", "outdated", "unclear", "translation", "unsafe", "missing")
STATES: tuple[State, ...] = ("open", "fixed", "declined")
ROWS = 50
MOST_CORRECTION = 4000
"""Characters."""


class FlagError(Exception):
    """Base of what goes wrong with flags."""


class NoFlag(FlagError):
    """There is no flag with this id."""


class Closed(FlagError):
    """The flag is closed."""


class NotAskedAgain(FlagError):
    """The question was not asked again of the build that serves."""


@dataclass(frozen=True, slots=True)
class NewFlag:
    """What is flagged. ``answer`` is the Answer's wire form, ``sentence`` the number of one of its sentences.
    ``exchange`` and ``conversation`` are digests, ``hand_off`` an id: where it came from."""

    kind: Kind
    question: str
    language: str
    profile: Mapping[str, str] = field(default_factory=dict)
    answer: Mapping[str, Any] | None = None
    sentence: int | None = None
    correction: str = ""
    exchange: str | None = None
    conversation: str | None = None
    hand_off: str | None = None
    documents: Collection[str] = ()
    """Where there is no answer: what it cited."""
    build: str | None = None


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag with everything that is known of it. ``created_by`` and ``closed_by`` are accounts' ids."""

    id: int
    created: datetime
    created_by: int | None
    kind: Kind
    state: State
    question: str
    language: str
    profile: Mapping[str, str]
    answer: Mapping[str, Any] | None
    sentence: int | None
    correction: str | None
    document: str | None
    card: str | None
    build: str | None
    hand_off: str | None
    closed: datetime | None
    closed_by: int | None
    resolution: str | None
    case_id: str | None
    asked_again: datetime | None
    build_now: str | None
    answer_now: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which flags: "" and ``None`` are any."""

    state: str = "open"
    kind: str = ""
    language: str = ""
    card: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """Feedback that says why an answer did not help, in words whose keeping was agreed to."""

    id: int
    given: datetime
    reasons: tuple[str, ...]
    status: str
    language: str
    documents: tuple[str, ...]
    build: str | None
    trace: Mapping[str, Any]
    question: str
    comment: str | None
    exchange: str
    conversation: str | None
    flag: int | None
    """The flag it became."""


def without_trace(answer: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """An Answer's wire form without how it came about."""
    return None if answer is None else {name: value for name, value in answer.items() if name != "trace"}


def documents_of(answer: Mapping[str, Any] | None) -> list[str]:
    """The documents that an Answer cites, else those it shows to read on in, each once."""
    if answer is None:
        return []
    cited = [one["document"] for sentence in answer.get("sentences", ()) for one in sentence.get("citations", ())]
    return list(dict.fromkeys(cited or [one["document"] for one in answer.get("nearest", ())]))


def card_of(document: str) -> str | None:
    """The service card of a document's id, ``card-<slug>-<text>``."""
    if not document.startswith("card-"):
        return None
    slug = document.removeprefix("card-").removesuffix("-selko").rpartition("-")[0]
    return slug or None
