"""The tree of the words of all phrases, made once from the tables and kept beside the index.

A node is a list: its words and stems, each a dict from a word's key to a flat list of how it is written and the number
of the node it leads to, again and again (``None`` for written as the key); the lengths of its stems; the node behind
``…``; the numbers of the entries that end there. The last node is the root. Such lists go to JSON and back as they
are, a tenth of the time that making them from the tables takes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from assistant.screening_combinations import Category
from assistant.screening_notation import Step, choices, concept_words, step

Node = list[Any]
TREE_VERSION = 2
"""Of the notation, the folding of words and the nodes: another one makes trees anew."""
WORDS, STEMS, LENGTHS, GAP_NODE, ENDS = range(5)


class Entry(NamedTuple):
    """What is found where a phrase ends: a category, or a concept, or neither (an exception)."""

    language: str
    category: Category | None = None
    concept: str | None = None
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Tree:
    """``nodes`` as the module says, ``entries`` by their numbers, and every key of a word or a stem of the tables."""

    nodes: list[Node]
    entries: list[Entry]
    words: list[str]
    stems: list[str]

    def to_bytes(self) -> bytes:
        """As JSON."""
        whole = [self.nodes, self.entries, self.words, self.stems]
        return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> Tree:
        nodes, entries, words, stems = json.loads(content)
        for node in nodes:  # a hundred thousand empty ones would weigh tens of megabytes
            node[:] = [part or _NOTHING.get(type(part), part) for part in node]
        return cls(nodes, [Entry(*entry) for entry in entries], words, stems)


_NOTHING: dict[type, Any] = {dict: {}, list: []}


def plant(phrases: Iterable[tuple[str, Entry]], concepts: Iterable[tuple[str, Entry]]) -> Tree:
    """The tree of phrases, and of concepts given by their words."""
    growing = _Growing()
    for phrase, entry in phrases:
        if phrase.endswith("!"):
            phrase, entry = phrase[:-1], entry._replace(whole=True)
        growing.add(choices(phrase), entry)
    for words, entry in concepts:
        growing.add([concept_words(words)], entry)
    return Tree(_smallest(growing.nodes), list(growing.entries), sorted(growing.words), sorted(growing.stems))


def _smallest(nodes: list[Node]) -> list[Node]:
    """The same tree with every node only once that others are exactly like, in what follows it too."""
    numbers: dict[int, int] = {}
    known: dict[str, int] = {}
    kept: list[Node] = []
    stack = [0]
    while stack:
        at = stack[-1]
        words, stems, lengths, gap, ends = nodes[at]
        ahead = [target for edges in (*words.values(), *stems.values()) for target in edges[1::2]]
        ahead += [] if gap is None else [gap]
        if waiting := [target for target in ahead if target not in numbers]:
            stack += waiting
            continue
        stack.pop()
        if at in numbers:
            continue
        node = [
            *({key: _renumbered(edges, numbers) for key, edges in sorted(part.items())} for part in (words, stems)),
            sorted(lengths),
            None if gap is None else numbers[gap],
            sorted(set(ends)),
        ]
        signature = repr(node)
        if signature not in known:
            known[signature] = len(kept)
            kept.append(node)
        numbers[at] = known[signature]
    return kept


def _renumbered(edges: list[Any], numbers: dict[int, int]) -> list[Any]:
    return [one if place % 2 == 0 else numbers[one] for place, one in enumerate(edges)]


@dataclass(slots=True)
class _Growing:
    nodes: list[Node] = field(default_factory=lambda: [_bare()])
    entries: dict[Entry, int] = field(default_factory=dict)
    words: set[str] = field(default_factory=set)
    stems: set[str] = field(default_factory=set)

    def add(self, groups: list[list[tuple[str, ...]]], entry: Entry) -> None:
        places = [0]
        for group in groups:
            ahead = self._node()
            ways = [tuple(map(step, words)) for words in group if words]
            for one in (one for way in ways for one in way):
                (self.stems if one.stem else self.words).add(one.key)
            for place in places:
                self._branch(place, ways, ahead)
            places = [ahead, *places] if () in group else [ahead]
        number = self.entries.setdefault(entry, len(self.entries))
        for place in places:
            self.nodes[place][ENDS].append(number)

    def _node(self) -> int:
        self.nodes.append(_bare())
        return len(self.nodes) - 1

    def _branch(self, place: int, ways: Iterable[tuple[Step, ...]], ahead: int) -> None:
        """Make each of ``ways`` lead from ``place`` to ``ahead``, in common as far as they begin alike."""
        rest: dict[Step, list[tuple[Step, ...]]] = {}
        for way in ways:
            rest.setdefault(way[0], []).append(way[1:])
        for first, ends in rest.items():
            if () in ends:
                self._lead(place, first, ahead)
            if longer := [end for end in ends if end]:
                between = self._node()
                self._lead(place, first, between)
                self._branch(between, longer, ahead)

    def _lead(self, place: int, first: Step, target: int) -> None:
        node = self.nodes[place]
        if first.gap:
            node[GAP_NODE] = target
            return
        edges = node[STEMS if first.stem else WORDS]
        edges.setdefault(first.key, []).extend([None if first.written == first.key else first.written, target])
        if first.stem and len(first.key) not in node[LENGTHS]:
            node[LENGTHS].append(len(first.key))


def _bare() -> Node:
    return [{}, {}, [], None, []]
