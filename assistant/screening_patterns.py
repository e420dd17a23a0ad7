"""Phrases and combinations of concepts found in the words of a message, in one pass.

Phrases are data (``assistant/languages``), in the notation of ``assistant.screening_notation``. Texts and phrases are
compared after NFKC and case folding, word by word; a Chinese character is a word. A letter typed without its
diacritics matches the letter with them, not the other way round, so that Vietnamese "chạy" (run) is not "cháy" (fire).
A long word of the tables matches with one typing error. All languages' phrases are searched at once, in one pass over
the words that remembers every place reached: there is no regular expression to backtrack.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from assistant.screening_combinations import Combination
from assistant.screening_tree import ENDS, GAP_NODE, LENGTHS, STEMS, WORDS, Entry, Node, Tree
from assistant.screening_words import Token, TypingErrors, is_han, typed_as

GAP = 4.0
"""Most words that ``…`` stands for; a Chinese character counts half a word."""
NEAR = 12.0
"""Most words between the first and the last word of a combination."""


class Found(NamedTuple):
    """An entry and its words, ``start`` up to but not including ``end``."""

    start: int
    end: int
    entry: Entry
    mistyped: bool = False
    """Whether it is one short word, with a typing error: too little to go by."""


_Compared = dict[tuple[str, str], bool]
"""Whether a typed word may stand for one of the tables, as far as this message has asked."""
_Active = dict[tuple[int, int], tuple[int, int, float]]
"""Places reached, by node and first word: the node, the first word, how many words ``…`` may still skip."""


class Patterns:
    """Phrases and the words of concepts, in a tree of their words."""

    def __init__(self, tree: Tree) -> None:
        self._nodes, self._entries = tree.nodes, tree.entries
        self._root = len(tree.nodes) - 1

    def walk(self, words: list[Token]) -> Iterator[Found]:
        """Every phrase and concept in ``words``, in the order of their last words."""
        active: _Active = {}
        compared: _Compared = {}
        for position, read in enumerate(words):
            following: _Active = {}
            cost = 0.5 if is_han(read.key) else 1.0
            for number, start, gap in (*active.values(), (self._root, position, 0.0)):
                for reached, mistyped in _after(self._nodes[number], read, compared):
                    node = self._nodes[reached]
                    for end in node[ENDS]:
                        short = mistyped and start == position and len(read.key) < TypingErrors.LONG + 3
                        yield Found(start, position + 1, self._entries[end], short)
                    if node[WORDS] or node[STEMS]:
                        _keep(following, reached, start, 0.0)
                    if node[GAP_NODE] is not None:
                        _keep(following, node[GAP_NODE], start, GAP)
                if gap >= cost:
                    _keep(following, number, start, gap - cost)
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


def _after(node: Node, read: Token, compared: _Compared) -> Iterator[tuple[int, bool]]:
    """The nodes one word further, reading ``read``, and whether with a typing error."""
    words, stems = node[WORDS], node[STEMS]
    for spelling in read.spellings:
        key = spelling.key
        if key in words:
            yield from ((target, False) for target in _meant(spelling, key, words[key], compared))
        if stems:
            for length in node[LENGTHS]:
                if length <= len(key) and (stem := key[:length]) in stems:
                    yield from ((target, False) for target in _meant(spelling, stem, stems[stem], compared))
    for meant in read.corrections:
        for edges in (words.get(meant.key, ()), stems.get(meant.key, ())):
            yield from ((target, True) for target in edges[1::2])


def _meant(spelling: Token, key: str, edges: list[Any], compared: _Compared) -> Iterator[int]:
    """The nodes behind the ways to write ``key`` that ``spelling`` may stand for."""
    typed = spelling.written
    for written, target in zip(edges[::2], edges[1::2], strict=True):
        pair = typed, written or key
        if pair not in compared:
            compared[pair] = typed_as(*pair)
        if compared[pair]:
            yield target


def _keep(active: _Active, node: int, start: int, gap: float) -> None:
    place = (node, -1 if gap else start)  # in a gap only the latest start matters
    if place not in active or active[place][2] < gap:
        active[place] = (node, start, gap)
