"""Words, letters and spelling that speak for a language.

``[identification]`` of a language's file names the commonest words; the phrases that the file says and listens for,
and the words that people search the cards with, hold many more. How words are spelled is learnt from all of them.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from assistant.languages import Language
from assistant.scripts import LATIN, script_of, words
from indexing.cached_files import cached

COMMON = 3.0
"""Natural logarithm of the likelihood ratio that a common word is worth to its languages."""

WRITTEN = 2.0
"""The same for any other word that is known of a language."""

STRANGE_LETTER = 3.0
"""What a letter costs a language that does not write it, where another language does."""

_SHORT = (0.3, 0.6, 0.9)
"""Share that words of one, two and three letters are worth: they are words of many languages."""

_WITHOUT_MARKS = 0.7
"""Share that a word typed without its diacritics is worth."""

_ROMANISED_SHARE = 1 / 3
"""Fewer of the words of a text in Latin letters do not make it one in a language of another script."""

_SPELLING = 0.15
"""Share that three letters in a row are worth: they overlap, and say again what py3langid says."""

_SPELLING_WORDS = 2
"""In texts of more words, spelling adds nothing to what words and py3langid say."""

_SMOOTHING = 0.3
"""Added to each count of three letters, by the rule of Lidstone."""

_PLAIN = str.maketrans("đøłıæœß", "dolieos")
_GLUE = re.compile(r"[\s/_|]+")


LEXICON_VERSION = 1
"""Of how words are taken from the tables; another one makes lexicons anew."""


class Lexicon:
    """Which languages a word or a letter speaks for. Immutable, so safe to share between threads.

    ``words`` have for each word the number of its weights, ``weights`` natural logarithms by language, ``romanised``
    the languages of words in plain Latin letters, ``spelling`` counts of three letters by language.
    """

    def __init__(
        self,
        words: Mapping[str, int],
        weights: Sequence[Mapping[str, float]],
        romanised: Mapping[str, list[str]],
        spelling: Mapping[str, Mapping[str, int]],
    ) -> None:
        self._words, self._weights, self._romanised, self._spelling = words, weights, romanised, spelling
        self._letters: dict[str, set[str]] = {}
        for code, counts in spelling.items():
            for letter in filter(_is_marked, set("".join(counts))):
                self._letters.setdefault(letter, set()).add(code)
        kinds = len({three for counts in spelling.values() for three in counts})
        self._totals = {code: sum(counts.values()) + _SMOOTHING * kinds for code, counts in spelling.items()}

    @classmethod
    def learn(cls, languages: Mapping[str, Language]) -> Lexicon:
        """The lexicon of the languages' tables."""
        known: dict[str, dict[str, float]] = {}
        romanised: dict[str, list[str]] = {}

        def add(code: str, found: Iterable[str], weight: float) -> None:
            for word in found:
                known.setdefault(word, {})[code] = weight * _share(word)

        for code, language in languages.items():
            identification = language.identification
            common = [*identification.common_words, *_of_phrases(language.asks.small_words)]
            add(code, _of_phrases(_strings(language.model_dump(include=_WRITTEN_TABLES))), WRITTEN)
            add(code, (word for text in _search_words(code) for word in words(text)), WRITTEN)
            add(code, (word for text in common for word in words(text)), COMMON)
            for word in identification.romanised_words:
                romanised.setdefault(word, []).append(code)
        own = {code: [word for word, weights in known.items() if code in weights] for code in languages}
        spelling = {code: Counter(_threes(its)) for code, its in own.items()}
        _add_without_marks(known)
        numbers: dict[tuple[tuple[str, float], ...], int] = {}
        numbered = {word: numbers.setdefault(tuple(codes.items()), len(numbers)) for word, codes in known.items()}
        return cls(numbered, [dict(weights) for weights in numbers], romanised, spelling)

    def to_bytes(self) -> bytes:
        """As JSON."""
        whole = [self._words, self._weights, self._romanised, self._spelling]
        return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> Lexicon:
        return cls(*json.loads(content))

    def evidence(self, words: Iterable[str], codes: Collection[str]) -> dict[str, float]:
        """For each of ``codes``, natural logarithms of likelihood ratios: from whole words, from letters, and in the
        shortest texts from the spelling of words that are not known."""
        evidence = dict.fromkeys(codes, 0.0)
        letters: set[str] = set()
        words = list(words)
        if len(words) <= _SPELLING_WORDS:
            unknown = [word for word in words if evidence.keys().isdisjoint(self._of(word))]
            self._add_spelling(evidence, unknown)
        for word in words:
            for code, weight in self._of(word).items():
                if code in evidence:
                    evidence[code] += weight
            letters.update(filter(_is_marked, word))
        for letter in letters:
            if writers := self._letters.get(letter, set()) & evidence.keys():
                for code in evidence.keys() - writers:
                    evidence[code] -= STRANGE_LETTER
        return evidence

    def romanised(self, words: Sequence[str]) -> dict[str, float]:
        """What words in plain Latin letters are worth to languages that are written in others: those of which
        ``_ROMANISED_SHARE`` of the words are known."""
        if any(_is_marked(letter) for word in words for letter in word):
            return {}
        known: dict[str, list[float]] = {}
        for word in words:
            for code in self._romanised.get(word, ()):
                known.setdefault(code, []).append(COMMON * _share(word))
        return {code: sum(worth) for code, worth in known.items() if len(worth) >= _ROMANISED_SHARE * len(words)}

    def _add_spelling(self, evidence: dict[str, float], words: Iterable[str]) -> None:
        codes = [code for code in evidence if code in self._spelling]
        for three in _threes(words):
            counts = {code: self._spelling[code].get(three, 0) for code in codes}
            if any(counts.values()):
                worth = {code: math.log((count + _SMOOTHING) / self._totals[code]) for code, count in counts.items()}
                mean = sum(worth.values()) / len(worth)
                for code in codes:
                    evidence[code] += _SPELLING * (worth[code] - mean)

    def _of(self, word: str) -> Mapping[str, float]:
        return self._weights[self._words[word]] if word in self._words else {}


def load_lexicon(languages: Mapping[str, Language], cache: Path | None) -> Lexicon:
    """The lexicon of ``languages``, kept in the folder ``cache`` if there is one."""
    if cache is None:
        return Lexicon.learn(languages)
    digest = hashlib.sha256(str(LEXICON_VERSION).encode())
    for code, language in languages.items():
        digest.update(language.model_dump_json().encode())
        digest.update("".join(_search_words(code)).encode())
    name = f"lexicon-{digest.hexdigest()[:16]}.json"
    return Lexicon.from_bytes(cached(cache, name, lambda: Lexicon.learn(languages).to_bytes()))


def _add_without_marks(known: dict[str, dict[str, float]]) -> None:
    for word, weights in list(known.items()):
        plain = without_marks(word)
        if plain == word or len(plain) < len(_SHORT):
            continue
        typed = known.setdefault(plain, {})
        for code, weight in weights.items():
            typed[code] = max(typed.get(code, 0.0), weight * _WITHOUT_MARKS)


_WRITTEN_TABLES = {"messages", "situations", "asks", "said", "screening"}


def without_marks(word: str) -> str:
    """``word`` as typed without diacritics."""
    decomposed = unicodedata.normalize("NFD", word.translate(_PLAIN))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def _threes(words: Iterable[str]) -> Iterator[str]:
    """Every three letters in a row, with the words' bounds."""
    for word in words:
        bounded = f"^{word}$"
        for start in range(len(bounded) - 2):
            yield bounded[start : start + 3]


def _share(word: str) -> float:
    return _SHORT[len(word) - 1] if len(word) <= len(_SHORT) else 1.0


def _is_marked(letter: str) -> bool:
    return not letter.isascii() and script_of(letter) == LATIN


def _of_phrases(phrases: Iterable[str]) -> Iterator[str]:
    """Whole words of phrases in the notation of ``assistant.phrases`` and ``assistant.screening``."""
    for phrase in phrases:
        for part in _GLUE.split(phrase.removeprefix("-")):
            if "*" not in part:  # the beginning of a word
                yield from words(part)


def _search_words(code: str) -> Iterator[str]:
    """What people type who search the cards; nothing for a language that has no such file."""
    file = files("corpus") / "search_words" / f"{code}.toml"
    return _strings(tomllib.loads(file.read_text(encoding="utf-8"))) if file.is_file() else iter(())


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    else:
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _strings(inner)
