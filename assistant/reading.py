"""Reading: which sentences of the hits answer the question, and how likely it is that any does.

This is a first reader: similarity of each sentence, words in common, and a logistic threshold on how far the
best passage stands out. Whatever replaces it keeps the contract ``Reader``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from indexing.retrieval import Hit, Index, SentenceVector

SENTENCE_BIAS, SENTENCE_WEIGHT = -4.6, 1.5
"""Probability that the best passage answers: logistic in how far it stands out from its collection, in
standard deviations. Chosen with ``benchmarks/threshold.py``; the figures are in docs/adr/0005-threshold.md."""


@dataclass(frozen=True, slots=True)
class ReadSentence:
    """A sentence of a hit with its score; ``start`` and ``end`` are places in the Document's text."""

    hit: Hit
    start: int
    end: int
    text: str
    score: float


@dataclass(frozen=True, slots=True)
class Reading:
    """``sentences`` best first; ``probability`` that what was found answers the question."""

    sentences: tuple[ReadSentence, ...]
    probability: float


class Reader(Protocol):
    """Reads hits with a question in mind."""

    def read(self, index: Index, vector: NDArray[np.float32], language: str, hits: Sequence[Hit]) -> Reading:
        """``vector`` is the question's unit vector, ``hits`` are best first and may be empty."""


@dataclass(frozen=True, slots=True)
class SimilarityReader:
    """Scores a sentence by its own similarity to the question and by its passage's score."""

    passages: int = 4
    passage_share: float = 0.5

    def read(self, index: Index, vector: NDArray[np.float32], language: str, hits: Sequence[Hit]) -> Reading:
        if not hits:
            return Reading((), 0.0)
        found: list[tuple[Hit, SentenceVector, float]] = [
            (hit, sentence, float(sentence.vector @ vector))
            for hit in hits[: self.passages]
            for sentence in index.sentences(hit)
        ]
        cosines = np.array([cosine for _, _, cosine in found])
        spread = max(float(cosines.std()), 0.01)
        best = hits[0].score
        sentences = sorted(
            (
                ReadSentence(
                    hit,
                    sentence.start,
                    sentence.end,
                    sentence.text,
                    (cosine - float(cosines.mean())) / spread + self.passage_share * (hit.score - best),
                )
                for hit, sentence, cosine in found
            ),
            key=lambda sentence: -sentence.score,
        )
        return Reading(tuple(sentences), _probability(hits[0]))


def _probability(hit: Hit) -> float:
    return 1.0 / (1.0 + math.exp(-(SENTENCE_BIAS + SENTENCE_WEIGHT * hit.score)))
