"""An opened build, and hybrid retrieval over it. How scores are made: ``indexing.scoring``."""

from __future__ import annotations

import json
import math
import re
import sqlite3
import threading
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.documents import Document, UnknownDocument
from indexing.builds import (
    DAMAGE,
    BuildError,
    DamagedBuild,
    IndexConfig,
    Manifest,
    WrongModel,
    lease,
    load_moments,
    load_search_words,
)
from indexing.embedders import Embedder
from indexing.expansion import Expander, Glossary
from indexing.lexical import Analyser, LexicalIndex
from indexing.passages import Passage
from indexing.scoring import (
    CROSS_LANGUAGE_GAIN,
    CROSS_LANGUAGE_LEXICAL_WEIGHT,
    LEXICAL_WEIGHT,
    NAMES_SHARE,
    SMALLEST_BM25_DEVIATION,
    SMALLEST_DEVIATION,
    CardIndex,
    Scored,
    Standard,
    shrunken,
)
from indexing.stores import MappedStore
from indexing.vector_space import load_space, unit

_CANDIDATES = 50
_WORD = re.compile(r"\w+")

Allowed = Callable[[Document], bool]
Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage with its rank (from 1) and its score."""

    passage: Passage
    document: Document
    rank: int
    scored: Scored

    @property
    def row(self) -> int:
        return self.scored.row

    @property
    def score(self) -> float:
        return self.scored.score


@dataclass(frozen=True, slots=True)
class SentenceVector:
    """A sentence of a passage, ``(start, end)`` in the Document's text, with its unit vector."""

    start: int
    end: int
    text: str
    vector: Vectors


class Index:
    """An opened build. Safe to use from several threads.

    Raises DamagedBuild, or WrongModel when ``embedder`` is not the one the build was made with.
    """

    def __init__(self, config: IndexConfig, build: str, embedder: Embedder, glossary: Glossary | None = None) -> None:
        self.id = build
        self._glossary = glossary or {}
        self._folder = config.builds / build
        self._embedder = embedder
        self._space = load_space(embedder.fingerprint, embedder.dimension)
        self._resources = ExitStack()
        try:
            self._resources.enter_context(lease(self._folder))
            self.manifest = Manifest.read(self._folder)
            self._check_model(config)
            self._open()
        except DAMAGE as error:
            self.close()
            raise DamagedBuild(f"the build {build} cannot be opened ({error}); run: neuvo build") from error
        except BuildError:
            self.close()
            raise

    def _check_model(self, config: IndexConfig) -> None:
        if self.manifest.fingerprint != self._embedder.fingerprint:
            raise WrongModel(
                f'the build {self.id} was made with the model "{self.manifest.model}" '
                f'({self.manifest.fingerprint}); configured is "{config.model}" '
                f"({self._embedder.fingerprint}). Configure the build's model or run: neuvo build"
            )
        if self.manifest.space != self._space.fingerprint:
            raise WrongModel(
                f"the build {self.id} was made in the vector space {self.manifest.space}; this Neuvo has "
                f"{self._space.fingerprint}. Run: neuvo build"
            )

    def _open(self) -> None:
        uri = f"file:{self._folder / 'passages.sqlite'}?mode=ro&immutable=1"
        self._database = sqlite3.connect(uri, uri=True, check_same_thread=False)
        self._resources.callback(self._database.close)
        self._database_lock = threading.Lock()
        self._documents = {
            id: Document.from_dict(json.loads(content))
            for id, content in self._database.execute("SELECT id, content FROM documents")
        }
        places = self._database.execute("SELECT document, language FROM passages ORDER BY row").fetchall()
        self._document_of = [document for document, _ in places]
        self._language_of = np.array([language for _, language in places])
        self._rows_of: dict[str, list[int]] = {}
        for row, document in enumerate(self._document_of):
            self._rows_of.setdefault(document, []).append(row)
        self._rows = {language: np.flatnonzero(self._language_of == language) for language in self.manifest.languages}
        is_file = np.array([self._documents[document].card is None for document in self._document_of], bool)
        self._file_rows = {language: mine for language, rows in self._rows.items() if len(mine := rows[is_file[rows]])}
        self._sentences = np.load(self._folder / "sentences.npy", mmap_mode="r")
        self._moments = shrunken(load_moments(self._folder, self.manifest.languages), self.manifest.languages)
        self._lexical = LexicalIndex.load(self._folder, len(places))
        self._analyser = Analyser(self.manifest.analysers)
        self._expander = Expander(self._glossary, self._analyser)
        self._store = MappedStore(self._folder / "vectors")
        self._resources.callback(self._store.close)
        self._cards = CardIndex(
            {
                row: (card, self._language_of[row], self._document_of[row])
                for row in range(len(places))
                if (card := self._documents[self._document_of[row]].card)
            },
            self._store.vectors,
            load_search_words(self._folder),
        )

    def close(self) -> None:
        """Give back files; the index is not used afterwards."""
        self._resources.close()

    def documents(self) -> list[Document]:
        """All documents of this build, by id."""
        return [self._documents[id] for id in sorted(self._documents)]

    def document(self, id: str) -> Document:
        """Raises UnknownDocument."""
        try:
            return self._documents[id]
        except KeyError:
            raise UnknownDocument(f'no document has the id "{id}"; neuvo documents lists them') from None

    def embed_question(self, text: str, language: str) -> Vectors:
        """The question's unit vector, the model's own like ``SentenceVector.vector``; where it speaks of official
        terms, the mean with its vector beside them."""
        terms = [term for term in self._expander.terms(text, language) if term.casefold() not in text.casefold()]
        said = [text, f"{text} ({', '.join(terms)})"] if terms else [text]
        return unit(self._embedder.embed_queries(said).sum(axis=0))

    def question_vector(self, text: str, language: str) -> Vectors:
        """The question's unit vector with its language taken out, as it is compared with service cards: there questions
        that mean the same are nearest to each other across languages."""
        return self._space.to_cards(self._space.question(self.embed_question(text, language)))

    def search(
        self,
        text: str,
        language: str,
        *,
        count: int = 10,
        allowed: Allowed = lambda document: True,
        vector: Vectors | None = None,
    ) -> list[Hit]:
        """The best ``count`` passages of documents that are ``allowed``, best first.

        ``language`` is the question's; documents of every language take part. Of a service card only one text
        does, the one in the question's language if it has one. ``vector`` is what ``embed_question`` gives.
        """
        vector = self._space.question(self.embed_question(text, language) if vector is None else vector)
        usable = {id for id, document in self._documents.items() if allowed(document)}
        lexical = self._lexical.scores(self._terms(text, language))
        lexical += NAMES_SHARE * self._lexical.scores(self._names(text, language))
        standards = {other: self._standard(other, language, vector, lexical) for other in self._file_rows}
        files = {id for id in usable if self._documents[id].card is None}
        found: list[Scored] = []
        for other in self._file_rows:
            gain = 1.0 if other == language else CROSS_LANGUAGE_GAIN
            for row, cosine in self._candidates(other, vector, lexical, files).items():
                found.append(standards[other].score(row, cosine, float(lexical[row]), gain))
        terms = {language: self._analyser.terms(text, language)}
        asked = self._space.to_cards(vector)
        card_standards = {other: self._standard(other, language, asked, lexical) for other in self._cards.languages}
        found += self._cards.search(asked, lexical, terms, card_standards, language, usable)
        found.sort(key=lambda scored: (-scored.score, scored.row))
        best = found[:count]
        passages = self._passages([scored.row for scored in best])
        return [
            Hit(passages[scored.row], self._documents[self._document_of[scored.row]], rank, scored)
            for rank, scored in enumerate(best, 1)
        ]

    def _standard(self, other: str, language: str, vector: Vectors, lexical: Vectors) -> Standard:
        mean, covariance = self._moments[other]
        own = lexical[self._rows[other]]
        return Standard(
            mean=float(vector @ mean),
            deviation=max(math.sqrt(max(float(vector @ covariance @ vector), 0.0)), SMALLEST_DEVIATION),
            lexical_mean=float(own.mean()),
            lexical_deviation=max(float(own.std()), SMALLEST_BM25_DEVIATION),
            lexical_weight=LEXICAL_WEIGHT if other == language else CROSS_LANGUAGE_LEXICAL_WEIGHT,
        )

    def _candidates(self, language: str, vector: Vectors, lexical: Vectors, usable: set[str]) -> dict[int, float]:
        """Cosines of the passages of ``usable`` documents worth scoring: nearest by vector, and best by words."""
        rows = self._file_rows[language]
        stored = len(self._rows[language])
        wanted = min(_CANDIDATES, stored)
        while True:
            near = self._store.nearest(language, vector, wanted)
            cosines = {row: cosine for row, cosine in near if self._document_of[row] in usable}
            if len(cosines) >= 10 or wanted >= stored:
                break
            wanted = min(stored, wanted * 8)
        own = lexical[rows]
        best = rows[np.argsort(-own, kind="stable")[:_CANDIDATES]]
        also = [
            int(row)
            for row in best
            if lexical[row] > 0 and int(row) not in cosines and self._document_of[row] in usable
        ]
        if also:
            products = self._store.vectors(language, also) @ vector
            cosines.update(zip(also, map(float, products), strict=True))
        return cosines

    def _terms(self, text: str, language: str) -> dict[str, list[str]]:
        """Terms by passage language: all words in the question's own, carried words in others, and the official
        terms the question speaks of in all."""
        carried = " ".join(carried_words(text))
        official = " ".join(self._expander.synonyms(self._expander.terms(text, language)))
        return {
            other: self._analyser.terms(text if other == language else carried, other)
            + self._analyser.terms(official, other)
            for other in self._rows
        }

    def _names(self, text: str, language: str) -> dict[str, list[str]]:
        """Terms in languages other than the question's that may be names: capitalised words, and long words that
        the passages of the question's language do not know."""
        words = set(capitalised_words(text))
        if language in self._rows:
            known = self._lexical.vocabulary
            words |= {
                word
                for word in _WORD.findall(text)
                if len(word) >= 8
                and not any(f"{language}:{term}" in known for term in self._analyser.terms(word, language))
            }
        names = " ".join(sorted(words))
        return {other: self._analyser.terms(names, other) for other in self._rows if other != language}

    def _passages(self, rows: Sequence[int]) -> dict[int, Passage]:
        return {row: passage for row, passage, _, _ in self._read(rows)}

    def _read(self, rows: Sequence[int]) -> list[tuple[int, Passage, int, list[tuple[int, int]]]]:
        marks = ",".join("?" * len(rows))
        columns = 'row, document, start, "end", text, language, headings, first_sentence, sentences'
        query = f"SELECT {columns} FROM passages WHERE row IN ({marks})"  # noqa: S608
        with self._database_lock:
            found = self._database.execute(query, list(rows)).fetchall()
        return [
            (
                row,
                Passage(document, start, end, text, language, tuple(json.loads(headings))),
                first,
                json.loads(spans),
            )
            for row, document, start, end, text, language, headings, first, spans in found
        ]

    def coverage(self, text: str, language: str, sentences: Sequence[str], other: str) -> list[float]:
        """How much of what the question asks in words each sentence, in the language ``other``, says: 0 to 1."""
        terms = {*self._terms(text, language).get(other, ()), *self._names(text, language).get(other, ())}
        return [self._lexical.coverage(terms, self._analyser.terms(sentence, other), other) for sentence in sentences]

    def sentences(self, hit: Hit) -> list[SentenceVector]:
        """The sentences of a hit's passage in reading order."""
        ((_, passage, first, spans),) = self._read([hit.row])
        return self._spoken(passage, first, spans)

    def sentences_of(self, document: str) -> list[tuple[Passage, list[SentenceVector]]]:
        """Every passage of a document with its sentences, in reading order; empty for an unknown document."""
        found = self._read(self._rows_of.get(document, []))
        found.sort(key=lambda row: row[1].start)
        return [(passage, self._spoken(passage, first, spans)) for _, passage, first, spans in found]

    def _spoken(self, passage: Passage, first: int, spans: list[tuple[int, int]]) -> list[SentenceVector]:
        vectors = np.asarray(self._sentences[first : first + len(spans)], np.float32)
        return [
            SentenceVector(passage.start + a, passage.start + b, passage.text[a:b], vector)
            for (a, b), vector in zip(spans, vectors, strict=True)
        ]


def carried_words(text: str) -> list[str]:
    """Words that mean the same in every language: with digits, or in another script than the rest."""
    words = _WORD.findall(text)
    scripts = Counter(_script(word) for word in words)
    main = scripts.most_common(1)[0][0] if scripts else ""
    return [word for word in words if any(letter.isdigit() for letter in word) or _script(word) != main]


def capitalised_words(text: str) -> list[str]:
    """Words inside a sentence that start with a capital: names of services, and every German noun."""
    words = _WORD.findall(text)
    return [word for place, word in enumerate(words) if place > 0 and word[0].isupper() and len(word) > 2]


def _script(word: str) -> str:
    """The first word of its first letter's Unicode name: LATIN, CYRILLIC, ARABIC, CJK..."""
    letter = next((letter for letter in word if letter.isalpha()), "")
    return unicodedata.name(letter, "?").partition(" ")[0] if letter else ""


def describe(hit: Hit) -> dict[str, Any]:
    """A hit for a trace: names and numbers, no text."""
    return {
        "passage": hit.passage.id,
        "document": hit.document.id,
        "language": hit.passage.language,
        "rank": hit.rank,
        "score": round(hit.score, 3),
        "cosine": round(hit.scored.cosine, 4),
        "lexical": round(hit.scored.lexical, 3),
    }
