"""Phrases and combinations of concepts found in the words of a message, in one pass.

Phrases are data (``assistant/languages/<code>.toml``), in a small notation:

- words match whole words; ``stem*`` matches every word that begins with ``stem`` (agglutinative languages);
- ``a/b/c`` is any of the three; ``_`` in an alternative is a space (``my_wife/husband``), and an empty
  alternative is no word at all (``very/ ill``);
- ``…`` between words lets up to four other words stand there;
- a phrase that ends in ``!`` fires only where it is the whole message ("fire!", not "fire safety").

The words of a concept (``[screening.words]``) are such alternatives too, with a space for each ``/``.

Texts and phrases are compared after NFKC and case folding, word by word; a Chinese character is a word. A
letter typed without its diacritics matches the letter with them, not the other way round, so that Vietnamese
"chạy" (run) is not "cháy" (fire). A long word of the tables matches with one typing error. All languages' phrases
are searched at once, in one pass over the words that remembers every place reached: there is no regular
expression to backtrack.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from assistant.screening_combinations import Category, Combination
from assistant.screening_words import APOSTROPHES, Token, TypingErrors, is_han, split, token, typed_as

GAP = 4.0
"""Most words that ``…`` stands for; a Chinese character counts half a word."""
NEAR = 12.0
"""Most words between the first and the last word of a combination."""
_FIRST_HAN = "\u3400"
_KASHIDA = "\u0640"
_APART = APOSTROPHES | {"\u200c"}
"""What stands between two words that are also written as one."""


class Entry(NamedTuple):
    """What is found where a phrase ends: a category, or a concept, or neither (an exception)."""

    language: str
    category: Category | None = None
    concept: str | None = None
    whole: bool = False


class Found(NamedTuple):
    """An entry and its words, ``start`` up to but not including ``end``."""

    start: int
    end: int
    entry: Entry
    mistyped: bool = False
    """Whether it is one short word, with a typing error: too little to go by."""


class _Step(NamedTuple):
    """A word of a phrase: whole, a stem, or a gap."""

    key: str
    written: str
    stem: bool
    gap: bool


class _Edge(NamedTuple):
    written: str
    node: _Node


@dataclass(slots=True)
class _Node:
    """A place in a phrase: what the next word may be, and what is found if the phrase ends here."""

    words: dict[str, list[_Edge]] = field(default_factory=dict)
    stems: dict[str, list[_Edge]] = field(default_factory=dict)
    stem_lengths: tuple[int, ...] = ()
    gap: _Node | None = None
    entries: list[Entry] = field(default_factory=list)

    def lead(self, step: _Step, target: _Node) -> None:
        """Make ``step`` lead from here to ``target``."""
        if step.gap:
            self.gap = target
            return
        edges = self.stems if step.stem else self.words
        edges.setdefault(step.key, []).append(_Edge(step.written, target))
        if step.stem:
            self.stem_lengths = tuple({*self.stem_lengths, len(step.key)})

    def after(self, read: Token) -> Iterator[tuple[_Node, bool]]:
        """The places one word further, reading ``read``, and whether it is there with a typing error."""
        if not self.words and not self.stems:
            return
        for spelling in read.spellings:
            for edge in self.words.get(spelling.key, ()):
                if typed_as(spelling.written, edge.written):
                    yield edge.node, False
            for length in self.stem_lengths:
                if length <= len(spelling.key):
                    for edge in self.stems.get(spelling.key[:length], ()):
                        if typed_as(spelling.written, edge.written):
                            yield edge.node, False
        for meant in read.corrections:
            for edge in (*self.words.get(meant.key, ()), *self.stems.get(meant.key, ())):
                yield edge.node, True


_Active = dict[tuple[int, int], tuple[_Node, int, float]]
"""Places reached, by node and first word: the node, the first word, how many words ``…`` may still skip."""


class Patterns:
    """Phrases and the words of concepts, in a tree of their words."""

    def __init__(self, phrases: Iterable[tuple[str, Entry]], concepts: Iterable[tuple[str, Entry]]) -> None:
        self._root = _Node()
        self.words: set[str] = set()
        self.stems: set[str] = set()
        for phrase, entry in phrases:
            if phrase.endswith("!"):
                phrase, entry = phrase[:-1], entry._replace(whole=True)
            self._add(_choices(phrase), entry)
        for words, entry in concepts:
            self._add([concept_words(words)], entry)

    def _add(self, groups: list[list[tuple[str, ...]]], entry: Entry) -> None:
        places = [self._root]
        for choices in groups:
            ahead = _Node()
            ways = [tuple(map(_step, words)) for words in choices if words]
            for step in (step for way in ways for step in way):
                (self.stems if step.stem else self.words).add(step.key)
            for place in places:
                _branch(place, ways, ahead)
            places = [ahead, *places] if () in choices else [ahead]
        for place in places:
            place.entries.append(entry)

    def walk(self, words: list[Token]) -> Iterator[Found]:
        """Every phrase and concept in ``words``, in the order of their last words."""
        active: _Active = {}
        for position, read in enumerate(words):
            following: _Active = {}
            cost = 0.5 if is_han(read.key) else 1.0
            for node, start, gap in (*active.values(), (self._root, position, 0.0)):
                for reached, mistyped in node.after(read):
                    for entry in reached.entries:
                        short = mistyped and start == position and len(read.key) < TypingErrors.LONG + 3
                        yield Found(start, position + 1, entry, short)
                    if reached.words or reached.stems:
                        _keep(following, reached, start, 0.0)
                    if reached.gap is not None:
                        _keep(following, reached.gap, start, GAP)
                if gap >= cost:
                    _keep(following, node, start, gap - cost)
            active = following


class Together:
    """Finds combinations among the concepts of a message."""

    def __init__(self, combinations: Iterable[Combination]) -> None:
        self._of: dict[str, list[Combination]] = {}
        for rule in combinations:
            for concept in rule.concepts:
                self._of.setdefault(concept, []).append(rule)

    def matches(
        self, found: Iterable[Found], words: list[Token]
    ) -> Iterator[tuple[Combination, str, tuple[Found, ...]]]:
        """Combinations with their language and where each concept is said. ``found`` is as walked."""
        weights = _weights(words)
        recent: dict[tuple[str, str], list[Found]] = {}
        for event in found:
            concept, language = event.entry.concept, event.entry.language
            if concept is None or words[event.start].sentence != words[event.end - 1].sentence:
                continue
            for rule in self._of.get(concept, ()):
                if len(rule.concepts) == 1:
                    if not event.mistyped:
                        yield rule, language, (event,)
                    continue
                spans = [event]
                for other in rule.concepts:
                    if other != concept:
                        for near in reversed(recent.get((language, other), ())):
                            if _beside(near, spans) and _close(near, event, words, weights):
                                spans.append(near)
                                break
                        else:
                            break
                else:
                    yield rule, language, tuple(spans)
            seen = recent.setdefault((language, concept), [])
            seen.append(event)
            del seen[:-3]


def _weights(words: list[Token]) -> list[float]:
    total, weights = 0.0, [0.0]
    for word in words:
        total += 0.5 if is_han(word.key) else 1.0
        weights.append(total)
    return weights


def _beside(one: Found, others: list[Found]) -> bool:
    return not any(one.start < other.end and other.start < one.end for other in others)


def _close(one: Found, other: Found, words: list[Token], weights: list[float]) -> bool:
    if words[one.start].sentence != words[other.start].sentence:
        return False
    return weights[max(one.end, other.end)] - weights[min(one.start, other.start)] <= NEAR


def _branch(place: _Node, ways: Iterable[tuple[_Step, ...]], ahead: _Node) -> None:
    """Make each of ``ways`` lead from ``place`` to ``ahead``, in common as far as they begin alike."""
    rest: dict[_Step, list[tuple[_Step, ...]]] = {}
    for way in ways:
        rest.setdefault(way[0], []).append(way[1:])
    for step, ends in rest.items():
        if () in ends:
            place.lead(step, ahead)
        if longer := [end for end in ends if end]:
            between = _Node()
            place.lead(step, between)
            _branch(between, longer, ahead)


def _keep(active: _Active, node: _Node, start: int, gap: float) -> None:
    place = (id(node), -1 if gap else start)  # in a gap only the latest start matters
    if place not in active or active[place][2] < gap:
        active[place] = (node, start, gap)


def expansions(phrase: str) -> Iterator[tuple[str, ...]]:
    """Word sequences a phrase of the tables stands for: each alternative at least once, still with ``*`` and ``…``."""
    choices = _choices(phrase)
    for number in range(max(map(len, choices))):
        yield tuple(word for group in choices for word in group[number % len(group)])


def fires_on(phrase: str) -> Iterator[str]:
    """Plain texts a phrase of the tables must fire on: every alternative at least once, ``*`` and ``…`` left out."""
    groups = _choices(phrase.rstrip("!"))
    for number in range(max(map(len, groups))):
        yield _plain(word for choices in groups for word in choices[number % len(choices)])


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
        yield " ".join(choices[number % len(choices)] for choices in said_words)


def _plain(words: Iterable[str]) -> str:
    return " ".join(word.rstrip("*") for word in words if word != "…")


def _choices(phrase: str) -> list[list[tuple[str, ...]]]:
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
def _step(word: str) -> _Step:
    read = token(word.rstrip("*"))
    return _Step(read.key, read.written, word.endswith("*"), word == "…")
