"""Hybrid retrieval over an opened build, and the handle that always serves the current one.

Score of a passage for a question, per language of the passages:

    z(cosine) * g + w * z(BM25)

``z`` is taken over all passages of that language, which takes the language itself out of the comparison:
cosines between languages lie lower as a whole. The moments of the cosine follow from the mean vector and the
covariance stored with the build (mean q·m, variance q'Cq), so no pass over all vectors is needed.
In the question's own language g is 1 and w LEXICAL_WEIGHT. In others g is CROSS_LANGUAGE_GAIN, because they can
hardly earn lexical score, and w CROSS_LANGUAGE_LEXICAL_WEIGHT, because what they earn comes from names and
official terms only. The figures behind the constants: docs/adr/0003-hybrid-retrieval.md.
"""

from __future__ import annotations

import json
import logging
import math
import re
import sqlite3
import threading
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
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
    Moments,
    NoBuild,
    WrongModel,
    current_build,
    lease,
    load_moments,
)
from indexing.embedders import Embedder
from indexing.expansion import Expander, Glossary
from indexing.lexical import Analyser, LexicalIndex
from indexing.passages import Passage
from indexing.stores import ChromaStore

LEXICAL_WEIGHT = 0.3
CROSS_LANGUAGE_GAIN = 1.25
CROSS_LANGUAGE_LEXICAL_WEIGHT = 0.7
_CANDIDATES = 50
SHRINKAGE = 20
"""Passages' weight that the whole index has in the moments of one language."""
_SMALLEST_DEVIATION = 0.02
"""Floor of a cosine's standard deviation: passages that are all alike do not make one of them stand out."""
_SMALLEST_BM25_DEVIATION = 2.0

_log = logging.getLogger(__name__)
_WORD = re.compile(r"\w+")

Allowed = Callable[[Document], bool]
Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage with its rank (from 1), its score and what the score is made of."""

    passage: Passage
    document: Document
    row: int
    rank: int
    score: float
    cosine: float
    dense_z: float
    lexical: float
    lexical_z: float


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
        self._rows = {language: np.flatnonzero(self._language_of == language) for language in self.manifest.languages}
        self._sentences = np.load(self._folder / "sentences.npy", mmap_mode="r")
        self._moments = shrunken(load_moments(self._folder, self.manifest.languages), self.manifest.languages)
        self._lexical = LexicalIndex.load(self._folder, len(places))
        self._analyser = Analyser(self.manifest.analysers)
        self._expander = Expander(self._glossary, self._analyser)
        self._store = ChromaStore(self._folder / "vectors")
        self._resources.callback(self._store.close)
        for language in self.manifest.languages:  # the first search of a collection loads it
            self._store.nearest(language, np.ones(self.manifest.dimension, np.float32), 1)

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
        """The question's unit vector; where it speaks of official terms, the mean with its vector beside them."""
        terms = [term for term in self._expander.terms(text, language) if term.casefold() not in text.casefold()]
        if not terms:
            vector: Vectors = self._embedder.embed_queries([text])[0]
            return vector
        mean = self._embedder.embed_queries([text, f"{text} ({', '.join(terms)})"]).sum(axis=0)
        unit: Vectors = mean / np.linalg.norm(mean)
        return unit

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

        ``language`` is the question's; passages of every language take part.
        """
        vector = self.embed_question(text, language) if vector is None else vector
        usable = {id for id, document in self._documents.items() if allowed(document)}
        lexical = self._lexical.scores(self._terms(text, language))
        found: list[tuple[float, int, float, float, float, float]] = []
        for other, rows in self._rows.items():
            cosines = self._candidates(other, rows, vector, lexical, usable)
            if not cosines:
                continue
            mean, covariance = self._moments[other]
            variance = float(vector @ covariance @ vector)
            deviation = max(math.sqrt(max(variance, 0.0)), _SMALLEST_DEVIATION)
            gain = 1.0 if other == language else CROSS_LANGUAGE_GAIN
            weight = LEXICAL_WEIGHT if other == language else CROSS_LANGUAGE_LEXICAL_WEIGHT
            own = lexical[rows]
            lexical_mean = float(own.mean())
            lexical_deviation = max(float(own.std()), _SMALLEST_BM25_DEVIATION)
            for row, cosine in cosines.items():
                dense_z = (cosine - float(vector @ mean)) / deviation
                lexical_z = (float(lexical[row]) - lexical_mean) / lexical_deviation
                score = dense_z * gain + weight * lexical_z
                found.append((score, row, cosine, dense_z, float(lexical[row]), lexical_z))
        found.sort(key=lambda item: (-item[0], item[1]))
        passages = self._passages([row for _, row, *_ in found[:count]])
        return [
            Hit(
                passages[row],
                self._documents[self._document_of[row]],
                row,
                rank,
                score,
                cosine,
                dense_z,
                bm25,
                lexical_z,
            )
            for rank, (score, row, cosine, dense_z, bm25, lexical_z) in enumerate(found[:count], 1)
        ]

    def _candidates(
        self, language: str, rows: NDArray[np.int64], vector: Vectors, lexical: Vectors, usable: set[str]
    ) -> dict[int, float]:
        """Cosines of the passages worth scoring: nearest by vector, and best by words."""
        wanted = min(_CANDIDATES, len(rows))
        while True:
            near = self._store.nearest(language, vector, wanted)
            cosines = {row: cosine for row, cosine in near if self._document_of[row] in usable}
            if len(cosines) >= min(_CANDIDATES, 10) or wanted >= len(rows):
                break
            wanted = min(len(rows), wanted * 8)
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

    def _terms(self, text: str, language: str) -> Mapping[str, Sequence[str]]:
        """Terms by passage language: all words in the question's own, carried words in others, and the official
        terms the question speaks of in all."""
        names = " ".join(carried_words(text))
        terms = {other: self._analyser.terms(names, other) for other in self._rows}
        terms[language] = self._analyser.terms(text, language)
        official = " ".join(self._expander.synonyms(self._expander.terms(text, language)))
        for other in self._rows:
            terms[other] += self._analyser.terms(official, other)
            if other != language:
                terms[other] += self._foreign(text, language, other)
        return terms

    def _foreign(self, text: str, language: str, other: str) -> list[str]:
        """Long words that the passages of the question's language do not know and those of ``other`` do."""
        words = [word for word in _WORD.findall(text) if len(word) >= 8]
        own = set(self._analyser.terms(" ".join(words), language))
        known = self._lexical.vocabulary
        return [
            term
            for word in words
            for term in self._analyser.terms(word, other)
            if f"{other}:{term}" in known
            and not any(f"{language}:{o}" in known for o in self._analyser.terms(word, language) if o in own)
        ]

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
        terms = self._terms(text, language).get(other, ())
        return [self._lexical.coverage(terms, self._analyser.terms(sentence, other), other) for sentence in sentences]

    def sentences(self, hit: Hit) -> list[SentenceVector]:
        """The sentences of a hit's passage in reading order."""
        ((_, passage, first, spans),) = self._read([hit.row])
        vectors = np.asarray(self._sentences[first : first + len(spans)], np.float32)
        return [
            SentenceVector(passage.start + a, passage.start + b, passage.text[a:b], vector)
            for (a, b), vector in zip(spans, vectors, strict=True)
        ]


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


def carried_words(text: str) -> list[str]:
    """Words that mean the same in every language: with digits, in another script than the rest, and in
    non-Latin text or inside a sentence those that start with a capital (names of services)."""
    words = _WORD.findall(text)
    scripts = Counter(_script(word) for word in words)
    main = scripts.most_common(1)[0][0] if scripts else ""
    return [
        word
        for place, word in enumerate(words)
        if any(letter.isdigit() for letter in word)
        or _script(word) != main
        or (place > 0 and word[0].isupper() and len(word) > 2)
    ]


def _script(word: str) -> str:
    """The first word of its first letter's Unicode name: LATIN, CYRILLIC, ARABIC, CJK..."""
    letter = next((letter for letter in word if letter.isalpha()), "")
    return unicodedata.name(letter, "?").partition(" ")[0] if letter else ""


class CurrentIndex:
    """Always the current build: notices a new one within ``poll`` seconds, without a restart and without
    failing a search under way. A new build that cannot be opened leaves the old one serving."""

    def __init__(
        self, config: IndexConfig, embedder: Embedder, glossary: Glossary | None = None, poll: float = 1.0
    ) -> None:
        self._config = config
        self._glossary = glossary
        self._embedder = embedder
        self._poll = poll
        self._lock = threading.Lock()
        self._opening = threading.Lock()
        self._index: Index | None = None
        self._users: dict[str, int] = {}
        self._retired: dict[str, Index] = {}
        self._checked = -1e9
        self._refused: tuple[str, float] = ("", -1e9)
        self._closed = False

    @contextmanager
    def use(self) -> Iterator[Index]:
        """The index to work with; it stays open until the block ends. Raises BuildError (NoBuild...)."""
        index = self._acquire()
        try:
            yield index
        finally:
            self._release(index)

    def why_not(self) -> str | None:
        """``None`` when a build is open, else the reason."""
        try:
            with self.use():
                return None
        except BuildError as error:
            return str(error)

    def close(self) -> None:
        """Close once nobody uses it any more."""
        with self._lock:
            self._closed = True
            if self._index:
                self._retire(self._index)
                self._index = None

    def _acquire(self) -> Index:
        self._look()
        with self._lock:
            if self._index is None:
                raise NoBuild("nothing has been built yet; run: neuvo build")
            self._users[self._index.id] = self._users.get(self._index.id, 0) + 1
            return self._index

    def _release(self, index: Index) -> None:
        with self._lock:
            self._users[index.id] -= 1
            if not self._users[index.id]:
                del self._users[index.id]
                if retired := self._retired.pop(index.id, None):
                    retired.close()

    def _retire(self, index: Index) -> None:
        if index.id in self._users:
            self._retired[index.id] = index
        else:
            index.close()

    def _look(self) -> None:
        """Open the current build if it is another one; the first caller does, others go on with the old."""
        now = time.monotonic()
        if self._index is not None and now - self._checked < self._poll:
            return
        if not self._opening.acquire(blocking=self._index is None):
            return
        try:
            if self._closed or (self._index is not None and time.monotonic() - self._checked < self._poll):
                return
            build = current_build(self._config)
            self._checked = time.monotonic()
            if build is None or (self._index and self._index.id == build):
                return
            refused, when = self._refused
            if self._index is not None and refused == build and time.monotonic() - when < 30:
                return
            self._swap(build)
        finally:
            self._opening.release()

    def _swap(self, build: str) -> None:
        try:
            fresh = Index(self._config, build, self._embedder, self._glossary)
        except BuildError as error:
            self._refused = (build, time.monotonic())
            if self._index is None:
                raise
            _log.error("staying with build %s: %s", self._index.id, error)
            return
        with self._lock:
            old, self._index = self._index, fresh
            if old:
                self._retire(old)
        _log.info("serving build %s", build)


def describe(hit: Hit) -> dict[str, Any]:
    """A hit for a trace: names and numbers, no text."""
    return {
        "passage": hit.passage.id,
        "document": hit.document.id,
        "language": hit.passage.language,
        "rank": hit.rank,
        "score": round(hit.score, 3),
        "cosine": round(hit.cosine, 4),
        "lexical": round(hit.lexical, 3),
    }
