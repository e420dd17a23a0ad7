"""One message on its way to an Answer: the Turn that every step reads and adds to."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from assistant.answers import Answer
from assistant.conversations import PastTurn, Ticket
from assistant.declining import Declined
from assistant.languages import Language
from assistant.questions import Profile
from assistant.reading import Reading, ReadText, Vector
from assistant.screening import Screening
from assistant.urgency import Urgency
from corpus.documents import Document
from indexing.retrieval import Hit, Index


@dataclass(slots=True)
class Part:
    """One of the questions of a message. ``stands_alone`` is false where it was understood from the turn before;
    ``hits`` are what was found for it, ``reading`` what was read of them."""

    text: str
    stands_alone: bool = True
    hits: list[Hit] = field(default_factory=list)
    reading: Reading = field(default_factory=lambda: Reading(()))

    broad: bool = False
    """Whether no text answers it surely, but several together do."""
    rewritten: str | None = None
    """The question as it stands alone, where a language model made a follow-up so, or the question before where it
    is asked again of somebody else."""

    @property
    def query(self) -> str:
        """What is searched and read with."""
        return self.rewritten or self.text

    @property
    def best(self) -> ReadText:
        return self.reading.texts[0]


@dataclass(slots=True)
class Turn:
    """One message on its way to an Answer; each step adds to it."""

    text: str
    language: Language
    language_source: str
    profile: Profile
    conversation: Ticket | None
    """The conversation the message is of, as it was when the message came."""
    unsupported: str | None = None
    """The code of the language asked in, where Neuvo does not speak it."""
    index: Index | None = None
    screening: Screening | None = None
    urgency: Urgency | None = None
    """What the second look thinks of it; ``None`` where there was none."""
    taken_for: tuple[str, ...] = ()
    """What the second look took it for, where it was sure."""
    declined: tuple[Declined, ...] = ()
    past: tuple[PastTurn, ...] = ()
    named: frozenset[str] = frozenset()
    about: frozenset[str] = frozenset()
    allowed: Callable[[Document], bool] = lambda document: True
    parts: list[Part] = field(default_factory=list)
    answered: list[Part] = field(default_factory=list)
    vectors: dict[str, Vector] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)
    translations: list[dict[str, Any]] = field(default_factory=list)
    """How quotes were translated, or why not, for the trace."""
    written: dict[str, Any] = field(default_factory=dict)
    """What became of the answer that a language model wrote, for the trace."""
    tell: Callable[[Answer], None] | None = None
    """Takes the Answer as far as it is sure while the rest is still being written, where somebody listens."""
    id: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    """Of the Answer."""
    rewriting: str = ""
    """What became of the follow-up that a language model rewrote."""

    @property
    def home(self) -> str | None:
        """The one municipality that the asker lives in or asks about, where that is known."""
        return next(iter(self.about)) if len(self.about) == 1 else None

    @property
    def missing(self) -> tuple[str, ...]:
        """The questions of the message that stay unanswered, in the asker's words."""
        return tuple(part.text for part in self.parts if part not in self.answered)
