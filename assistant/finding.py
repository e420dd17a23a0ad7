"""Finding passages for a question of a turn, and reading them with it."""

from __future__ import annotations

from collections.abc import Callable

from assistant.reading import Reader, Reading, Vector
from assistant.turns import Turn
from corpus.documents import Document
from indexing.retrieval import Hit

HITS = 10
"""Passages that are found for a question."""


class Finder:
    """Searches the turn's index in the turn's language and reads what was found with ``reader``."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def search(self, turn: Turn, text: str, allowed: Callable[[Document], bool]) -> list[Hit]:
        """Passages of the documents that are ``allowed``, best first."""
        assert turn.index
        vector = self.vector(turn, text)
        return turn.index.search(text, turn.language.code, count=HITS, allowed=allowed, vector=vector)

    def read(self, turn: Turn, text: str, hits: list[Hit]) -> Reading:
        """The hits read with the question ``text`` in mind."""
        assert turn.index
        return self._reader.read(turn.index, text, turn.language.code, self.vector(turn, text), hits)

    def vector(self, turn: Turn, text: str) -> Vector:
        """The question's vector, made once a turn."""
        assert turn.index
        if text not in turn.vectors:
            turn.vectors[text] = turn.index.embed_question(text, turn.language.code)
        return turn.vectors[text]
