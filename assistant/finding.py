"""Finding passages for a question of a turn, and reading them with it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from assistant.reading import Reader, Reading, Vector
from assistant.service_names import ServiceNames
from assistant.turns import Turn
from corpus.documents import Document
from indexing.retrieval import Hit, Index

HITS = 10
"""Passages that are found for a question."""
SHARE_OF_NAMED = 0.75
"""How likely a text of the service called by its name must be to answer, beside the likeliest text of all."""
NAMED_ALONE = 0.3
"""How likely it must be where the question is little else than that name: such a question is about the service."""
NAMED = 3
"""Those of them that are of a service called by its name, where nothing of it was found first."""


class Finder:
    """Searches the turn's index in the turn's language and reads what was found with ``reader``. ``places`` are
    beginnings of municipalities' names, ``least`` is the probability that a reading must have to answer."""

    def __init__(self, reader: Reader, places: Collection[str] = (), least: float = 0.0) -> None:
        self._reader = reader
        self._least = least
        self._places = places
        self._names: tuple[str, ServiceNames] | None = None

    def search(self, turn: Turn, text: str, allowed: Callable[[Document], bool]) -> list[Hit]:
        """Passages of the documents that are ``allowed``, best first: those of a service that ``text`` calls by its
        name go before all others."""
        assert turn.index
        vector, code = self.vector(turn, text), turn.language.code
        hits = turn.index.search(text, code, count=HITS, allowed=allowed, vector=vector)
        cards = self._service_names(turn.index).cards(text)
        if not cards or (hits and hits[0].document.card in cards):
            return hits
        named = turn.index.search(
            text, code, count=NAMED, allowed=lambda d: d.card in cards and allowed(d), vector=vector
        )
        best = max((hit.score for hit in hits), default=0.0)
        rows = {hit.row for hit in named}
        named = [replace(hit, scored=replace(hit.scored, score=max(hit.score, best))) for hit in named]
        merged = [*named, *(hit for hit in hits if hit.row not in rows)][:HITS]
        return [replace(hit, rank=rank) for rank, hit in enumerate(merged, 1)]

    def read(self, turn: Turn, text: str, hits: list[Hit]) -> Reading:
        """The hits read with the question ``text`` in mind: the text of a service that it calls by its name goes
        before one that is hardly likelier to answer."""
        assert turn.index
        reading = self._reader.read(turn.index, text, turn.language.code, self.vector(turn, text), hits)
        names = self._service_names(turn.index)
        cards = names.cards(text)
        if not cards:
            return reading
        alone = names.only(text)
        least = NAMED_ALONE if alone else max(self._least, SHARE_OF_NAMED * reading.probability)
        named = [one for one in reading.texts if one.document.card in cards and one.probability >= least]
        others = [one for one in reading.texts if one not in named]
        if alone:
            named = [replace(one, probability=max(one.probability, self._least)) for one in named]
        return replace(reading, texts=(*named, *others))

    def vector(self, turn: Turn, text: str) -> Vector:
        """The question's vector, made once a turn."""
        assert turn.index
        if text not in turn.vectors:
            turn.vectors[text] = turn.index.embed_question(text, turn.language.code)
        return turn.vectors[text]

    def _service_names(self, index: Index) -> ServiceNames:
        """The names in ``index``, found once a build."""
        known = self._names
        if known is None or known[0] != index.id:
            known = self._names = (index.id, ServiceNames(index.documents(), self._places))
        return known[1]
