"""The domain's first words: a Document, its structure, and what can be wrong with an input file.

CorpusError
├── UnreadableDocument      one file cannot become a Document (says why and what to do)
├── InvalidSources          a sources.toml does not say what it should
├── InvalidCard             a service card is incomplete or contradicts itself
└── UnknownDocument         no Document has this id
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any

UNDETERMINED = "und"
"""BCP 47 code of a language nobody could tell."""


class CorpusError(Exception):
    """Base of every error of this package. Its text names the thing and the mend, in one line."""


class UnreadableDocument(CorpusError):
    """A file that cannot become a Document: corrupt, encrypted, empty, scanned, mislabelled, too large."""


class InvalidSources(CorpusError):
    """A ``sources.toml`` that is not TOML or holds a value of the wrong kind."""


class InvalidCard(CorpusError):
    """A service card whose ``service.toml`` or texts are incomplete or contradict each other."""


class UnknownDocument(CorpusError):
    """No stored Document has the id that was asked for."""


class BlockKind(StrEnum):
    """What a Block is in its Document: headings open sections; items and rows are kept whole if they fit."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    ITEM = "item"
    ROW = "row"


@dataclass(frozen=True, slots=True)
class Block:
    """A structural part of a Document's text: ``text[start:end]``, without surrounding white space.

    ``level`` is 1 for the outermost heading and grows inwards; 0 for everything that is no heading.
    Blocks of a Document are in reading order and do not overlap.
    """

    kind: BlockKind
    start: int
    end: int
    level: int = 0


@dataclass(frozen=True, slots=True)
class Document:
    """One source text with what is known about it. ``None`` and ``()`` mean unknown; nothing is guessed.

    ``municipalities`` are those whose services the text describes. ``status`` is the publisher's word on how
    far the text holds ("in force", "draft: ..."). ``card`` is the slug of the service card whose text in one
    language this is, ``None`` for an ingested file. ``source`` is the path the text came from.
    """

    id: str
    title: str
    text: str
    language: str
    blocks: tuple[Block, ...]
    publisher: str | None = None
    municipalities: tuple[str, ...] = ()
    kind: str | None = None
    status: str | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    licence: str | None = None
    url: str | None = None
    card: str | None = None
    source: str | None = None
    machine_translated: bool = False
    """Made by a machine, and no person has checked it."""
    facts: tuple[tuple[str, str], ...] = ()
    """Pairs of a fact's value as the text words it and the fact's status ("target", "trial", ...)."""
    search_words: tuple[str, ...] = ()
    """What people type who need this and do not know its name. Searched, never shown."""
    based_on: tuple[str, ...] = ()
    """The documents a service card was written from: title, publisher and section of each."""
    responsible: tuple[tuple[str, str, str], ...] = ()
    """Which body answers for a service card's service, for whom: (client group, municipality, body's official
    Finnish name), in the card's order. The groups are the values of ``corpus.cards.Audience``."""
    reviewed: date | None = None
    """The day on which a person checked what a machine had translated."""

    @property
    def digest(self) -> str:
        """SHA-256 (hex) over everything that reaches an index; the same Document has the same digest."""
        content = self.to_dict()
        del content["source"]
        return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; ``from_dict`` is its inverse."""
        content = asdict(self)
        content["blocks"] = [[b.kind.value, b.start, b.end, b.level] for b in self.blocks]
        for name in ("valid_from", "valid_until", "reviewed"):
            content[name] = content[name] and content[name].isoformat()
        if self.reviewed is None:
            del content["reviewed"]  # as documents that were stored before reviews were known
        return content

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> Document:
        """Inverse of ``to_dict``. Raises KeyError, TypeError or ValueError on anything else."""
        values = dict(content)
        values["blocks"] = tuple(
            Block(BlockKind(kind), start, end, level) for kind, start, end, level in values["blocks"]
        )
        values["municipalities"] = tuple(values["municipalities"])
        for name in ("based_on", "search_words"):
            values[name] = tuple(values.get(name, ()))
        values["facts"] = tuple((value, status) for value, status in values["facts"])
        values["responsible"] = tuple(
            (group, municipality, body) for group, municipality, body in values.get("responsible", ())
        )
        for name in ("valid_from", "valid_until"):
            values[name] = date.fromisoformat(values[name]) if values[name] else None
        if values.get("reviewed"):
            values["reviewed"] = date.fromisoformat(values["reviewed"])
        return cls(**values)
