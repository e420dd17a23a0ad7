"""The notation of the screening tables: what a phrase and the words of a concept stand for.

- words match whole words; ``stem*`` matches every word that begins with ``stem`` (agglutinative languages);
- ``a/b/c`` is any of the three; ``_`` in an alternative is a space (``my_wife/husband``), and an empty
  alternative is no word at all (``very/ ill``);
- ``…`` between words lets up to four other words stand there;
- a phrase that ends in ``!`` fires only where it is the whole message ("fire!", not "fire safety").

The words of a concept (``[screening.words]``) are such alternatives too, with a space for each ``/``.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from assistant.screening_combinations import Combination
from assistant.screening_words import APOSTROPHES, split, token

_FIRST_HAN = "\u3400"
_KASHIDA = "\u0640"
_APART = APOSTROPHES | {"\u200c"}
"""What stands between two words that are also written as one."""


class Step(NamedTuple):
    """A word of a phrase: whole, a stem, or a gap."""

    key: str
    written: str
    stem: bool
    gap: bool


def expansions(phrase: str) -> Iterator[tuple[str, ...]]:
    """Word sequences a phrase of the tables stands for: each alternative at least once, still with ``*`` and ``…``."""
    groups = choices(phrase)
    for number in range(max(map(len, groups))):
        yield tuple(word for group in groups for word in group[number % len(group)])


def fires_on(phrase: str) -> Iterator[str]:
    """Plain texts a phrase of the tables must fire on: every alternative at least once, ``*`` and ``…`` left out."""
    groups = choices(phrase.rstrip("!"))
    for number in range(max(map(len, groups))):
        yield _plain(word for group in groups for word in group[number % len(group)])


def said(words: str) -> list[str]:
    """Plain texts that say a concept: its words, ``*`` and ``…`` left out."""
    return [_plain(alternative) for alternative in concept_words(words)]


def concept_words(words: str) -> list[tuple[str, ...]]:
    """The alternatives of a concept as word sequences."""
    return [alternative for choice in words.split() for alternative in _written(choice)]


def samples(combination: Combination, concepts: Mapping[str, str]) -> Iterator[str]:
    """Plain texts a combination must fire on: every word of each of its concepts at least once."""
    said_words = [said(concepts[concept]) for concept in combination.concepts]
    for number in range(max(map(len, said_words))):
        yield " ".join(words[number % len(words)] for words in said_words)


def _plain(words: Iterable[str]) -> str:
    return " ".join(word.rstrip("*") for word in words if word != "…")


def choices(phrase: str) -> list[list[tuple[str, ...]]]:
    """For each place in a phrase, the words that may stand there; none where the place may stay empty."""
    return [[words for choice in group.split("/") for words in _written(choice)] for group in phrase.split()]


def _written(choice: str) -> Iterator[tuple[str, ...]]:
    """The ways one alternative is written: apart, and where it has a non-joiner or an elision also together."""
    apart = _words(choice)
    yield apart
    if _APART.isdisjoint(choice):
        return
    together = _words("".join(c for c in choice if c not in _APART))
    if together != apart:
        yield together


@lru_cache(maxsize=65536)  # of the tables' words only
def _words(choice: str) -> tuple[str, ...]:
    """One alternative as words: split as texts are split, the ``*`` kept."""
    if (word := choice.removesuffix("*")).isalpha() and max(word) < _FIRST_HAN and _KASHIDA not in word:
        return (unicodedata.normalize("NFKC", word).casefold() + choice[len(word) :],)
    words: list[str] = []
    for part in choice.split("_"):
        if part == "…":
            words.append(part)
            continue
        apart = list(split(part.rstrip("*")))
        if part.endswith("*"):
            apart[-1] += "*"
        words.extend(apart)
    return tuple(words)


@lru_cache(maxsize=65536)  # of the tables' words only: what people write is not kept
def step(word: str) -> Step:
    read = token(word.rstrip("*"))
    return Step(read.key, read.written, word.endswith("*"), word == "…")
