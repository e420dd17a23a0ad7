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

from assistant.figures import FigureQuestions, has_figure
from assistant.quotable import quotable
from indexing.retrieval import Hit, Index, SentenceVector

PROBABILITY_BIAS, PROBABILITY_WEIGHT = -4.8, 1.73
"""Probability that the best passage answers: logistic in its score, which counts standard deviations above its
collection. From ``benchmarks/threshold.py``; the figures are in docs/adr/0006-threshold.md."""


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

    def read(
        self, index: Index, question: str, language: str, vector: NDArray[np.float32], hits: Sequence[Hit]
    ) -> Reading:
        """``vector`` is the question's unit vector, ``hits`` are best first and may be empty."""


@dataclass(frozen=True, slots=True)
class SimilarityReader:
    """Scores a sentence by its similarity to the question, in standard deviations of the sentences read, by the
    share of the question's words it says, and by how far its document lies behind the best. Where only a figure
    answers, sentences with one go first, and without one there is no answer."""

    figures: FigureQuestions
    passages: int = 4
    words_weight: float = 3.0
    passage_weight: float = 1.0
    figure_weight: float = 1.0

    def read(
        self, index: Index, question: str, language: str, vector: NDArray[np.float32], hits: Sequence[Hit]
    ) -> Reading:
        found: list[tuple[Hit, SentenceVector, float]] = []
        for hit in hits[: self.passages]:
            sentences = [s for s in index.sentences(hit) if quotable(hit.document, s.text)]
            texts = [sentence.text for sentence in sentences]
            common = index.coverage(question, language, texts, hit.passage.language)
            found += zip([hit] * len(texts), sentences, common, strict=True)
        if not found:
            return Reading((), 0.0)
        figure = self.figures.asks(question, language)
        level = {hit.document.id: hit.score for hit in reversed(hits)}
        cosines = np.array([float(sentence.vector @ vector) for _, sentence, _ in found])
        standardised = (cosines - cosines.mean()) / max(float(cosines.std()), 0.01)
        scored = [
            ReadSentence(
                hit,
                sentence.start,
                sentence.end,
                sentence.text,
                float(z)
                + self.words_weight * share
                + self.passage_weight * (level[hit.document.id] - hits[0].score)
                + self.figure_weight * (figure and has_figure(sentence.text)),
            )
            for (hit, sentence, share), z in zip(found, standardised, strict=True)
        ]
        scored.sort(key=lambda sentence: -sentence.score)
        if figure and not has_figure(scored[0].text):
            return Reading(tuple(scored), 0.0)
        return Reading(tuple(scored), _probability(hits[0]))


def _probability(hit: Hit) -> float:
    return 1.0 / (1.0 + math.exp(-(PROBABILITY_BIAS + PROBABILITY_WEIGHT * hit.score)))
