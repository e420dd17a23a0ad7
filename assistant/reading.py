"""Reading: which sentences of what was found answer the question, and how likely it is that any does.

Read are the texts of the best hits: of a service card all of it, of a document the passage under its headings. Every
line's probability comes from the reading model and the line's similarity to the question, the text's probability from
these and from how it was retrieved; the likeliest text goes first, whatever its rank was.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.calibration import Calibration, hit_features, line_probabilities, probability_of_hit
from assistant.figures import FigureQuestions, of_another_year
from assistant.known_questions import KnownQuestions, Near
from assistant.quotable import quotable
from assistant.reader_model import Read
from corpus.documents import Document
from indexing.passages import Passage, context
from indexing.retrieval import Hit, Index, SentenceVector

Vector = NDArray[np.float32]
OVERVIEW = 3
"""Most texts that answer a broad question together."""
_TELLING = 0.3
"""How likely, beside the likeliest sentence, one with the figure that is asked for must be."""
_ABOUT = "about-neuvo"
_ITSELF = re.compile(r"\W*(?:\w+\W+){0,2}?Neuvo\b")
"""The beginning of what a service card says of Neuvo itself: "Neuvo does not know", "لا يعرف Neuvo"."""


@dataclass(frozen=True, slots=True)
class ReadSentence:
    """A sentence with the probability that it answers; ``start`` and ``end`` are places in the Document's text.
    ``tells``: it holds a figure of the kind that is asked for, where one is."""

    document: Document
    passage: Passage
    start: int
    end: int
    text: str
    probability: float
    tells: bool = True


@dataclass(frozen=True, slots=True)
class ReadText:
    """One text that was read: its sentences that may be shown, in reading order, and the probability that it
    answers. ``hit`` is the best-ranked of its passages. ``unknown``: it says that Neuvo does not know the answer."""

    hit: Hit
    sentences: tuple[ReadSentence, ...]
    probability: float
    unknown: bool = False

    @property
    def document(self) -> Document:
        return self.hit.document


@dataclass(frozen=True, slots=True)
class Reading:
    """``texts`` likeliest first; ``figure`` says that only a figure answers the question, ``price`` that it is a
    price."""

    texts: tuple[ReadText, ...]
    figure: bool = False
    price: bool = False

    @property
    def probability(self) -> float:
        """That anything read answers: the likeliest text's."""
        return self.texts[0].probability if self.texts else 0.0

    @property
    def together(self) -> float:
        """That any text answers, as if each did on its own: a broad question is answered a little by several."""
        return 1.0 - math.prod(1.0 - text.probability for text in self.texts[:OVERVIEW])


class Reader(Protocol):
    """Reads hits with a question in mind."""

    def read(self, index: Index, question: str, language: str, vector: Vector, hits: Sequence[Hit]) -> Reading:
        """``vector`` is the question's unit vector, ``hits`` are best first and may be empty."""


class Model(Protocol):
    """What a reading model does; ``assistant.reader_model.ReadingModel`` is one."""

    def read(self, question: str, texts: Sequence[Sequence[str]]) -> list[Read]:
        """Each text, given as its lines, read with the question."""


@dataclass(frozen=True, slots=True)
class ModelReader:
    """Reads the best ``texts`` of the hits with ``model``, no further than the first whose probability is at least
    ``sure``. Where only a figure answers, a text whose likely sentences hold none does not. ``beside_known`` is the
    calibration for cards of which questions are known."""

    model: Model
    calibration: Calibration
    figures: FigureQuestions
    known: KnownQuestions | None = None
    beside_known: Calibration | None = None
    texts: int = 3
    sure: float = 0.9

    def read(self, index: Index, question: str, language: str, vector: Vector, hits: Sequence[Hit]) -> Reading:
        figure = self.figures.asks(question, language)
        price = figure and self.figures.asks_price(question, language)
        best = max((hit.score for hit in hits), default=0.0)
        near = self.known.near(vector) if self.known else None
        found: list[ReadText] = []
        for hit in first_hits(hits, self.texts):
            found.append(self._text(index, question, vector, hit, best, near, figure, price))
            if found[-1].probability >= self.sure:
                break
        found.sort(key=lambda text: -text.probability)
        return Reading(tuple(found), figure, price)

    def _text(
        self,
        index: Index,
        question: str,
        vector: Vector,
        hit: Hit,
        best: float,
        near: Near | None,
        figure: bool,
        price: bool,
    ) -> ReadText:
        document = hit.document

        def tells(text: str) -> bool:
            return not figure or self.figures.tells(text, document.language, price=price)

        above, sentences = lines_of(index, hit)
        read = read_lines(self.model, question, above, [sentence.text for _, sentence in sentences])
        cosines = similarities([sentence for _, sentence in sentences], vector)
        probabilities = line_probabilities(read, cosines, self.calibration)
        usable = tuple(
            ReadSentence(
                document, passage, sentence.start, sentence.end, sentence.text, float(probability), tells(sentence.text)
            )
            for (passage, sentence), probability in zip(sentences, probabilities, strict=True)
            if quotable(document, sentence.text)
        )
        likely = 0.0
        if usable:
            beside = near.features(document.card) if near and self.beside_known else None
            calibration = self.calibration if beside is None or not self.beside_known else self.beside_known
            likely = probability_of_hit(hit_features(read, cosines, hit.score, hit.score - best, beside), calibration)
        answering = [one for one in likeliest(usable, _TELLING if figure else 0.5) if one.tells]
        said = " ".join(sentence.text for sentence in answering)
        unknown = bool(answering) and all(of_neuvo(document.card, one.text) for one in answering)
        if not answering or unknown or of_another_year(question, said, figure):
            likely = 0.0
        return ReadText(hit, usable, likely, unknown)


def of_neuvo(card: str | None, sentence: str) -> bool:
    """Whether a ``sentence`` of a ``card`` says what Neuvo itself does not know or do, which answers nothing but what
    Neuvo is."""
    return card not in (None, _ABOUT) and _ITSELF.match(sentence) is not None


def first_hits(hits: Sequence[Hit], count: int) -> list[Hit]:
    """The best hit of each of the first ``count`` texts."""
    firsts: dict[str, Hit] = {}
    for hit in hits:
        firsts.setdefault(hit.document.id if hit.document.card else hit.passage.id, hit)
    return list(firsts.values())[:count]


def lines_of(index: Index, hit: Hit) -> tuple[str, list[tuple[Passage, SentenceVector]]]:
    """What is read of a hit: what stands above it, and the sentences, of all its card or of its passage."""
    document = hit.document
    if document.card:
        pieces = index.sentences_of(document.id)
        return document.title, [(passage, sentence) for passage, found in pieces for sentence in found]
    return context(document.title, hit.passage.headings), [(hit.passage, s) for s in index.sentences(hit)]


def read_lines(model: Model, question: str, above: str, lines: Sequence[str]) -> Read:
    """What the model thinks of ``lines``, which it sees under the line ``above``."""
    [read] = model.read(question, [[above, *lines]])
    return Read(read.lines[1:], read.any)


def similarities(sentences: Sequence[SentenceVector], vector: Vector) -> Vector:
    """The cosine of each sentence and the question."""
    return np.array([float(sentence.vector @ vector) for sentence in sentences], np.float32)


def likeliest(sentences: Sequence[ReadSentence], share: float = 0.5) -> list[ReadSentence]:
    """The sentences at least ``share`` as likely as the likeliest, in the order given."""
    top = max((sentence.probability for sentence in sentences), default=0.0)
    return [sentence for sentence in sentences if sentence.probability >= share * top]


def describe_reading(reading: Reading) -> list[dict[str, Any]]:
    """For a trace: places and numbers, no text."""
    return [
        {
            "document": text.document.id,
            "passage": None if text.document.card else text.hit.passage.id,
            "probability": round(text.probability, 3),
            "sentences": [
                {"start": sentence.start, "end": sentence.end, "probability": round(sentence.probability, 3)}
                for sentence in text.sentences
            ],
        }
        for text in reading.texts
    ]
