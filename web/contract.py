"""What the web expects of the assistant it serves, so that it can be built and tested without one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.answers import Answer
from assistant.questions import Profile
from assistant.translators import Translation
from corpus.documents import Document
from indexing.retrieval import Hit

Event = tuple[str, dict[str, Any]]
"""A name and its data. In this order: one "status" {id, status, language, direction}; then "sentence"
{index, and the sentence's wire form without citations}, each followed by its "citation"s {sentence: index,
number, and the citation's wire form}; last one "done", which holds the wire form of the whole Answer."""


class Texts(Protocol):
    """Fixed texts of one language by key."""

    def __getitem__(self, key: str, /) -> str: ...
    def get(self, key: str, default: str, /) -> str: ...
    def items(self) -> Iterable[tuple[str, str]]: ...


class Language(Protocol):
    """One language Neuvo speaks: its name in itself, its direction ("ltr" or "rtl") and its fixed texts."""

    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def direction(self) -> str: ...
    @property
    def messages(self) -> Texts: ...
    @property
    def situations(self) -> Texts: ...


class Assistant(Protocol):
    """Answers questions. ``ask`` and ``stream`` block and are called from several threads at once."""

    @property
    def languages(self) -> Mapping[str, Language]: ...
    @property
    def municipalities(self) -> tuple[str, ...]: ...

    def ask(
        self,
        text: str,
        *,
        language: str | None = None,
        page_language: str | None = None,
        profile: Profile = Profile(),
        conversation: str | None = None,
    ) -> Answer:
        """Raises assistant.questions.InvalidQuestion."""

    def stream(
        self,
        text: str,
        *,
        language: str | None = None,
        page_language: str | None = None,
        profile: Profile = Profile(),
        conversation: str | None = None,
    ) -> Iterator[Event]:
        """The same Answer in Events. Raises assistant.questions.InvalidQuestion before the first Event."""

    def urgent(
        self, text: str, *, language: str | None = None, page_language: str | None = None, thorough: bool = False
    ) -> Answer | None:
        """The Answer to an emergency or a crisis, ``None`` to anything else: at once, in a few milliseconds."""

    def forget(self, conversation: str) -> None:
        """Forget a conversation at once. Nothing happens to one that is not known."""

    def forget_expired(self) -> None:
        """Forget the conversations whose time is over."""

    def masked(self, text: str) -> str:
        """``text`` without personal data, as it may be kept and shown again."""

    def not_ready(self) -> str | None:
        """``None`` when a build is open, else why not, in English, for operators."""

    def document(self, id: str) -> Document:
        """Raises corpus.documents.UnknownDocument."""

    def translate(self, sentences: Sequence[str], source: str, target: str) -> Translation:
        """Sentences translated and checked. Raises assistant.translators.TranslationError."""

    def vector(self, text: str, language: str) -> NDArray[np.float32]:
        """The unit vector of a question, shape ``(dimension,)``, whatever its language. Raises
        indexing.builds.BuildError."""

    @property
    def asks_elsewhere(self) -> str | None:
        """The host of the language model that gets questions, where it is another machine's."""

    def identify(self, text: str, page_language: str | None = None) -> str:
        """The code of the language that ``text`` is taken to be in, one Neuvo speaks or not."""

    def search(
        self,
        text: str,
        language: str | None = None,
        count: int = 10,
        allowed: Callable[[Document], bool] = lambda document: True,
    ) -> list[Hit]:
        """Passages of the documents that are ``allowed``, best first, for people who look into the index. Raises
        indexing.builds.BuildError."""

    def close(self) -> None: ...
