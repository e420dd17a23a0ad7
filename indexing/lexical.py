"""Lexical search: words as each language treats them, and BM25 over them.

BM25 as in Robertson and Zaragoza, "The Probabilistic Relevance Framework" (2009), with Lucene's idf.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

K1 = 1.2
B = 0.75
_WORD = re.compile(r"[^\W_]+(?:[’'‌][^\W_]+)*")
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+")
_VOWELS = "aeiouyëêîûаеєиіїоуюяьй"
_SHORTEST_PART = 4
_SHORTEST_COMPOUND = 9

Stemmer = Callable[[str], str]


class UnknownAnalyser(ValueError):
    """A language's analyser is none of "snowball:<algorithm>", "truncate:<letters>", "bigrams", "words"."""


@lru_cache(maxsize=64)
def _stemmer(name: str) -> Stemmer:
    kind, _, argument = name.partition(":")
    if kind == "snowball":
        import Stemmer as snowball

        if argument not in snowball.algorithms():
            raise UnknownAnalyser(f'no Snowball stemmer is called "{argument}"')
        stem: Stemmer = snowball.Stemmer(argument).stemWord
        return stem
    if kind == "truncate" and argument.isdigit() and int(argument) > 0:
        return partial(_truncated, letters=int(argument))
    if name in ("words", "bigrams"):
        return lambda word: word
    raise UnknownAnalyser(f'"{name}" is no analyser; use snowball:<algorithm>, truncate:<letters>, bigrams or words')


def _truncated(word: str, letters: int) -> str:
    """The beginning of the word without vowels at its end: what a light stemmer does where none exists
    (Ukrainian план, плани, плану; Albanian plan, plani; Kurmanji plan, plana)."""
    stem = word[:letters].rstrip(_VOWELS)
    return stem if len(stem) >= 3 else word[:letters]


def _fold(word: str) -> str:
    """Without marks above and below letters, so that ë and e, or vowel points, make no difference."""
    decomposed = unicodedata.normalize("NFD", word)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


class Analyser:
    """Turns text into index terms. ``analysers`` maps a language to how its words are treated; a language
    that is not in it gets plain words.

    Stems are folded (no diacritics). Han text becomes character bigrams whatever the language. A long word
    that no one typed in this form still meets its parts: see ``parts``.
    """

    def __init__(self, analysers: Mapping[str, str]) -> None:
        self._stemmers = {language: _stemmer(name) for language, name in analysers.items()}

    def terms(self, text: str, language: str) -> list[str]:
        """The terms of ``text``, with repeats, in reading order."""
        stem = self._stemmers.get(language)
        terms: list[str] = []
        for match in _WORD.finditer(unicodedata.normalize("NFKC", text).casefold()):
            word = match.group()
            if _HAN.search(word):
                for run in _HAN.findall(word):
                    terms.extend(run[i : i + 2] for i in range(max(1, len(run) - 1)))
                continue
            terms.append(_fold(stem(word) if stem else word))
        return terms


def parts(term: str, vocabulary: Mapping[str, int]) -> list[str]:
    """The two known terms a compound is made of (Finnish, Swedish, Estonian, German), else nothing.

    Up to two linking letters may stand between them (kotoutum-is-koulutus).
    """
    if len(term) < _SHORTEST_COMPOUND or not term.isalpha() or not term[0].isascii():
        return []
    for cut in range(len(term) - _SHORTEST_PART, _SHORTEST_PART - 1, -1):
        tail = term[cut:]
        if tail not in vocabulary:
            continue
        head = term[:cut]
        for known in (head, head[:-1], head[:-2]):
            if len(known) >= _SHORTEST_PART and known in vocabulary:
                return [known, tail]
    return []


class LexicalIndex:
    """BM25 postings of a build. Terms are kept apart by language: Finnish "on" is not English "on".

    Arrays: ``offsets`` (terms + 1,), ``rows`` and ``weights`` (postings,): the weight is the finished BM25
    contribution of the term in that row.
    """

    def __init__(
        self,
        vocabulary: Mapping[str, int],
        offsets: NDArray[np.int64],
        rows: NDArray[np.int32],
        weights: NDArray[np.float32],
        size: int,
    ) -> None:
        self.vocabulary = vocabulary
        self._offsets, self._rows, self._weights = offsets, rows, weights
        self.size = size

    @classmethod
    def build(cls, texts: Sequence[tuple[str, str]], analyser: Analyser) -> LexicalIndex:
        """Index ``(text, language)`` of every row."""
        analysed = [[f"{lang}:{term}" for term in analyser.terms(text, lang)] for text, lang in texts]
        plain = {lang: set[str]() for _, lang in texts}
        for (_, lang), terms in zip(texts, analysed, strict=True):
            plain[lang].update(term.partition(":")[2] for term in terms)
        known = {lang: dict.fromkeys(sorted(words), 0) for lang, words in plain.items()}
        counts: list[Counter[str]] = []
        for (_, lang), terms in zip(texts, analysed, strict=True):
            count = Counter(terms)
            for term, times in list(count.items()):
                for part in parts(term.partition(":")[2], known[lang]):
                    count[f"{lang}:{part}"] += times
            counts.append(count)
        vocabulary = {term: number for number, term in enumerate(sorted({t for c in counts for t in c}))}
        lengths = np.array([sum(count.values()) for count in counts] or [1], np.float32)
        norm = K1 * (1 - B + B * lengths / max(float(lengths.mean()), 1.0))
        postings: list[list[tuple[int, int]]] = [[] for _ in vocabulary]
        for row, count in enumerate(counts):
            for term, times in count.items():
                postings[vocabulary[term]].append((row, times))
        offsets = np.cumsum([0, *map(len, postings)], dtype=np.int64)
        rows = np.fromiter((row for p in postings for row, _ in p), np.int32, int(offsets[-1]))
        repeats = np.fromiter((n for p in postings for _, n in p), np.float32, int(offsets[-1]))
        frequency = np.diff(offsets)
        per_language = Counter(language for _, language in texts)
        rows_of_language = np.array([per_language[t.partition(":")[0]] for t in vocabulary] or [1])
        idf = np.log1p((rows_of_language - frequency + 0.5) / (frequency + 0.5)) if vocabulary else np.zeros(0)
        weights = (np.repeat(idf, frequency) * repeats * (K1 + 1) / (repeats + norm[rows])).astype(np.float32)
        return cls(vocabulary, offsets, rows, weights, len(texts))

    def scores(self, terms: Mapping[str, Iterable[str]]) -> NDArray[np.float32]:
        """BM25 of every row, shape ``(rows,)``; ``terms`` gives the question's terms by passage language."""
        scores = np.zeros(self.size, np.float32)
        for number in self._numbers(terms):
            first, last = self._offsets[number], self._offsets[number + 1]
            scores[self._rows[first:last]] += self._weights[first:last]
        return scores

    def coverage(self, terms: Iterable[str], text_terms: Iterable[str], language: str) -> float:
        """Share, by inverse document frequency, of the known ``terms`` that ``text_terms`` hold, 0 to 1."""
        present = set(text_terms)
        total = common = 0.0
        for term in set(terms):
            number = self.vocabulary.get(f"{language}:{term}")
            if number is None:
                continue
            idf = math.log1p(self.size / float(self._offsets[number + 1] - self._offsets[number]))
            total += idf
            common += idf * (term in present)
        return common / total if total else 0.0

    def _numbers(self, terms: Mapping[str, Iterable[str]]) -> set[int]:
        found: set[int] = set()
        for language, words in terms.items():
            known = _Prefixed(self.vocabulary, language)
            for word in words:
                for term in (word, *parts(word, known)):
                    if (number := self.vocabulary.get(f"{language}:{term}")) is not None:
                        found.add(number)
        return found

    def save(self, folder: Path) -> None:
        """Write ``lexical.npz`` and ``lexical.terms`` into ``folder``."""
        np.savez(folder / "lexical.npz", offsets=self._offsets, rows=self._rows, weights=self._weights)
        (folder / "lexical.terms").write_text("\n".join(self.vocabulary), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, size: int) -> LexicalIndex:
        """Inverse of ``save``. Raises OSError, ValueError or KeyError when a file is missing or damaged."""
        with np.load(folder / "lexical.npz") as arrays:
            offsets, rows, weights = arrays["offsets"], arrays["rows"], arrays["weights"]
        text = (folder / "lexical.terms").read_text(encoding="utf-8")
        vocabulary = {term: number for number, term in enumerate(text.split("\n"))} if text else {}
        if len(offsets) != len(vocabulary) + 1 or (len(rows) and int(rows.max()) >= size):
            raise ValueError(f"{folder}: the lexical index does not fit the passages")
        return cls(vocabulary, offsets, rows, weights, size)


class _Prefixed(Mapping[str, int]):
    """One language's part of the vocabulary, without copying it."""

    def __init__(self, vocabulary: Mapping[str, int], language: str) -> None:
        self._vocabulary, self._prefix = vocabulary, f"{language}:"

    def __getitem__(self, term: str) -> int:
        return self._vocabulary[self._prefix + term]

    def __contains__(self, term: object) -> bool:
        return f"{self._prefix}{term}" in self._vocabulary

    def __iter__(self) -> Iterator[str]:
        cut = len(self._prefix)
        return (term[cut:] for term in self._vocabulary if term.startswith(self._prefix))

    def __len__(self) -> int:
        return sum(1 for _ in self)
