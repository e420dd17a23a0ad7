"""What comes out: the Answer, its Outcome, its sentences and their Citations, and the wire form of each.

The wire contract (``Answer.to_wire``, documented in ``docs/api.md``) is fixed: fields may be added, none may
change its meaning or go.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

Event = tuple[str, dict[str, Any]]
"""A name and its data, as answers are streamed."""


class Outcome(StrEnum):
    """The status of an Answer. Every Answer has exactly one."""

    ANSWERED = "answered"
    PARTIAL = "partial"
    CLARIFY = "clarify"
    NO_INFORMATION = "no_information"
    EMERGENCY = "emergency"
    CRISIS = "crisis"
    OUT_OF_SCOPE = "out_of_scope"
    SMALL_TALK = "small_talk"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class Citation:
    """The place a sentence came from: ``quote == document text[start:end]``, verbatim."""

    document: str
    title: str
    publisher: str | None
    municipality: str | None
    language: str
    direction: str
    quote: str
    start: int
    end: int
    status: str | None
    url: str | None
    passage: str
    valid_from: date | None = None
    valid_until: date | None = None
    based_on: tuple[str, ...] = ()

    def to_wire(self) -> dict[str, Any]:
        return {
            "document": self.document,
            "title": self.title,
            "publisher": self.publisher,
            "municipality": self.municipality,
            "language": self.language,
            "direction": self.direction,
            "quote": self.quote,
            "start": self.start,
            "end": self.end,
            "status": self.status,
            "url": self.url,
            "passage": self.passage,
            "valid_from": self.valid_from and self.valid_from.isoformat(),
            "valid_until": self.valid_until and self.valid_until.isoformat(),
            "based_on": list(self.based_on),
        }


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of an Answer, in ``language``, with the Citations that support it.

    Sentences that Neuvo itself says (an abstention, a greeting) carry no Citation.
    """

    text: str
    language: str
    direction: str
    citations: tuple[Citation, ...] = ()
    machine_translated: bool = False

    def to_wire(self) -> dict[str, Any]:
        return {
            "text": self.text,
            "language": self.language,
            "direction": self.direction,
            "machine_translated": self.machine_translated,
            "citations": [citation.to_wire() for citation in self.citations],
        }


@dataclass(frozen=True, slots=True)
class Nearest:
    """A source that is near the question and may not answer it: what an abstention shows to read on in."""

    document: str
    title: str
    language: str
    direction: str
    publisher: str | None = None
    municipality: str | None = None
    url: str | None = None

    def to_wire(self) -> dict[str, Any]:
        return {
            "document": self.document,
            "title": self.title,
            "language": self.language,
            "direction": self.direction,
            "publisher": self.publisher,
            "municipality": self.municipality,
            "url": self.url,
        }


@dataclass(frozen=True, slots=True)
class Contact:
    """A person or number to turn to. ``checked`` is the day someone checked it; opening hours are not claimed."""

    name: str
    phone: str | None = None
    url: str | None = None
    checked: date | None = None
    note: str | None = None

    def to_wire(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "phone": self.phone,
            "url": self.url,
            "checked": self.checked and self.checked.isoformat(),
            "note": self.note,
        }


@dataclass(frozen=True, slots=True)
class Clarification:
    """What Neuvo must know before it can answer: which profile field, and the choices as data."""

    field: str
    question: str
    choices: tuple[str, ...]

    def to_wire(self) -> dict[str, Any]:
        return {"field": self.field, "question": self.question, "choices": list(self.choices)}


@dataclass(frozen=True, slots=True)
class Answer:
    """An Answer to one Question. ``missing`` are the asker's questions that stayed open, in their words.
    ``nearest`` are shown right after the last Sentence, which introduces them. ``trace`` says how the Answer
    came about (steps with milliseconds, hits, reasons) and never holds the question's text."""

    id: str
    status: Outcome
    language: str
    direction: str
    sentences: tuple[Sentence, ...] = ()
    missing: tuple[str, ...] = ()
    clarify: Clarification | None = None
    contacts: tuple[Contact, ...] = ()
    nearest: tuple[Nearest, ...] = ()
    trace: dict[str, Any] = field(default_factory=dict)

    def to_wire(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "status": self.status.value,
            "language": self.language,
            "direction": self.direction,
            "sentences": [sentence.to_wire() for sentence in self.sentences],
            "missing": list(self.missing),
            "clarify": self.clarify.to_wire() if self.clarify else None,
            "contacts": [contact.to_wire() for contact in self.contacts],
            "nearest": [nearest.to_wire() for nearest in self.nearest],
            "trace": self.trace,
        }


def events(answer: Answer) -> Iterator[Event]:
    """An Answer as it is streamed: "status", for each sentence "sentence" and its "citation"s, "done"."""
    wire = answer.to_wire()
    yield "status", {key: wire[key] for key in ("id", "status", "language", "direction")}
    number = 0
    for index, sentence in enumerate(wire["sentences"]):
        yield "sentence", {"index": index, **{k: v for k, v in sentence.items() if k != "citations"}}
        for citation in sentence["citations"]:
            number += 1
            yield "citation", {"sentence": index, "number": number, **citation}
    yield "done", wire
