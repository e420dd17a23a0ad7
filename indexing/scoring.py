"""How passages are scored against a question, comparably across languages.

Score of a passage, per language of the passages:

    z(cosine) * g + w * z(BM25)

Vectors come from ``indexing.vector_space``, which takes the language out of them. ``z`` is taken over all passages of
that language, which takes out what is left of it: cosines between languages lie lower as a whole. The moments of the
cosine follow from the mean vector and the covariance stored with the build (mean q\u00b7m, variance q'Cq), so no pass
over all vectors is needed.
In the question's own language g is 1 and w LEXICAL_WEIGHT. In others g is CROSS_LANGUAGE_GAIN, because they can
hardly earn lexical score, and w CROSS_LANGUAGE_LEXICAL_WEIGHT, because what they earn comes from words that carry
over and official terms, with NAMES_SHARE of what may be names.

A service card says the same in many languages, so its texts are many measurements of one thing: its score is that
of its text in the question's language, and OTHERS_SHARE of the mean over the other languages. To that comes the same
of its search words (what people type who need the service and do not know its name), and WORDS_LEXICAL_WEIGHT of
their BM25 in the question's language.

The figures behind the constants: docs/adr/0003-hybrid-retrieval.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from indexing.builds import Moments, SearchWords

LEXICAL_WEIGHT = 0.3
CROSS_LANGUAGE_GAIN = 1.15
CROSS_LANGUAGE_LEXICAL_WEIGHT = 0.7
NAMES_SHARE = 0.1
"""Weight, beside carried words and official terms, of words that may be names in another language."""
OTHERS_SHARE = 0.5
WORDS_LEXICAL_WEIGHT = 0.75
CARD_DEVIATION = 1.6
"""Standard deviation over the cards of the score without search words, measured; the parts have about 1 each."""
CARD_AND_WORDS_DEVIATION = 3.1
"""The same with search words: what a card scores is on one scale with the z of a file."""
SHRINKAGE = 20
"""Passages' weight that the whole index has in the moments of one language."""
SMALLEST_DEVIATION = 0.02
"""Floor of a cosine's standard deviation: passages that are all alike do not make one of them stand out."""
SMALLEST_BM25_DEVIATION = 2.0

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Scored:
    """A passage's row with its score and what the score is made of."""

    row: int
    score: float
    cosine: float
    dense_z: float
    lexical: float
    lexical_z: float


@dataclass(frozen=True, slots=True)
class Standard:
    """What z is taken against in one language, for one question."""

    mean: float
    deviation: float
    lexical_mean: float
    lexical_deviation: float
    lexical_weight: float

    def score(self, row: int, cosine: float, lexical: float, gain: float) -> Scored:
        dense_z = (cosine - self.mean) / self.deviation
        lexical_z = (lexical - self.lexical_mean) / self.lexical_deviation
        return Scored(row, dense_z * gain + self.lexical_weight * lexical_z, cosine, dense_z, lexical, lexical_z)


def shrunken(moments: Moments, sizes: Mapping[str, int]) -> Moments:
    """Moments of each language drawn towards those of all, the more the fewer its passages.

    One passage of a language has no spread, and a handful has too little: without this none of them could ever
    stand out. ``SHRINKAGE`` passages' weight is given to the whole.
    """
    total = sum(sizes[code] for code in moments)
    mean = np.sum([sizes[code] * own for code, (own, _) in moments.items()], axis=0) / total
    within = np.sum([sizes[code] * covariance for code, (_, covariance) in moments.items()], axis=0) / total

    def drawn(own: Vectors, whole: Vectors, size: int) -> Vectors:
        return np.asarray((size * own + SHRINKAGE * whole) / (size + SHRINKAGE), np.float32)

    return {
        code: (drawn(own, mean, sizes[code]), drawn(covariance, within, sizes[code]))
        for code, (own, covariance) in moments.items()
    }


class CardIndex:
    """All texts of all service cards, held in memory: some hundred passages a language.

    ``places`` gives card, language and document of each row; ``vectors`` those of rows of one language.
    """

    def __init__(
        self,
        places: Mapping[int, tuple[str, str, str]],
        vectors: Callable[[str, Sequence[int]], Vectors],
        words: SearchWords,
    ) -> None:
        self._places = places
        self._words = words
        self._given: dict[tuple[str, str], str] = {}
        """Of a card's texts in one language (Finnish and plain Finnish) the first by id is given."""
        for card, language, document in places.values():
            first = self._given.setdefault((card, language), document)
            self._given[card, language] = min(first, document)
        self._cards = sorted({card for card, _, _ in places.values()})
        self.languages = sorted({language for _, language, _ in places.values()})
        numbers = {card: number for number, card in enumerate(self._cards)}
        self._rows: dict[str, list[int]] = {
            code: [row for row, (_, language, _) in places.items() if language == code] for code in self.languages
        }
        self._vectors = {code: vectors(code, rows) for code, rows in self._rows.items()}
        self._card_of = {code: np.array([numbers[places[row][0]] for row in rows]) for code, rows in self._rows.items()}
        self._word_rows = {
            code: [
                row for row, language in enumerate(words.languages) if language == code and words.cards[row] in numbers
            ]
            for code in self.languages
        }
        self._word_cards = {code: [numbers[words.cards[row]] for row in rows] for code, rows in self._word_rows.items()}

    def search(
        self,
        vector: Vectors,
        lexical: Vectors,
        terms: Mapping[str, Sequence[str]],
        standards: Mapping[str, Standard],
        language: str,
        usable: set[str],
    ) -> list[Scored]:
        """Passages of one text of each card, with the card's score, lowered by how far a passage lies behind the
        best of its text. Only texts of ``usable`` documents are given; all count for the card's score."""
        scored = {
            code: [
                standards[code].score(row, float(cosine), float(lexical[row]), 1.0)
                for row, cosine in zip(self._rows[code], self._vectors[code] @ vector, strict=True)
            ]
            for code in self.languages
        }
        best = np.full((len(self.languages), len(self._cards)), np.nan, np.float32)
        for number, code in enumerate(self.languages):
            values = np.full(len(self._cards), -np.inf)
            np.maximum.at(values, self._card_of[code], [passage.score for passage in scored[code]])
            best[number] = np.where(np.isinf(values), np.nan, values)
        words, spoken = self._search_words(vector, terms, language)
        own = self.languages.index(language) if language in self.languages else -1
        found: list[Scored] = []
        for card in range(len(self._cards)):
            column = best[:, card]
            given = own if own >= 0 and not np.isnan(column[own]) else int(np.nanargmax(column))
            level, deviation = _together(column, given), CARD_DEVIATION
            if not np.isnan(words[:, card]).all():
                level += _together(words[:, card], given) + WORDS_LEXICAL_WEIGHT * float(spoken[card])
                deviation = CARD_AND_WORDS_DEVIATION
            code = self.languages[given]
            for passage, owner in zip(scored[code], self._card_of[code], strict=True):
                document = self._places[passage.row][2]
                if owner == card and document in usable and document == self._given[self._cards[card], code]:
                    behind = float(column[given]) - passage.score
                    found.append(replace(passage, score=(level - behind) / deviation))
        return found

    def _search_words(
        self, vector: Vectors, terms: Mapping[str, Sequence[str]], language: str
    ) -> tuple[Vectors, Vectors]:
        """z of the cosine by language and card (NaN where a card has no search words), z of BM25 by card."""
        cosines = self._words.vectors @ vector if len(self._words.cards) else np.empty(0, np.float32)
        lexical = self._words.lexical.scores(terms)
        z = np.full((len(self.languages), len(self._cards)), np.nan, np.float32)
        spoken = np.zeros(len(self._cards), np.float32)
        for number, code in enumerate(self.languages):
            rows, cards = self._word_rows[code], self._word_cards[code]
            if len(rows) < 2:
                continue
            own = cosines[rows]
            z[number, cards] = (own - own.mean()) / max(float(own.std()), SMALLEST_DEVIATION)
            if code == language:
                said = lexical[rows]
                spoken[cards] = (said - said.mean()) / max(float(said.std()), SMALLEST_BM25_DEVIATION)
        return z, spoken


def _together(values: Vectors, own: int) -> float:
    """A card's score in the language number ``own`` and OTHERS_SHARE of the mean over the others that have one."""
    others = np.delete(values, own)
    mean = float(np.nanmean(others)) if not np.isnan(others).all() else 0.0
    return (0.0 if np.isnan(values[own]) else float(values[own])) + OTHERS_SHARE * mean
