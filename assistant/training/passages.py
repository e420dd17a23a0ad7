"""Texts of our own about life in a town that does not exist, in three languages each, with claims in pairs that differ
in little and of which the text supports one (``passages/<name>.jsonl``): they teach entailment beyond the cards. Those
in ``passages/held_out`` are never learnt from: what the model tells apart is measured with them.

A row: ``title`` and ``lines`` by language; ``claims`` with ``kind``, ``supported`` and their ``text`` by language.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.training.examples import read_lines

PASSAGES = Path(__file__).with_name("passages")
HELD_OUT = PASSAGES / "held_out"
KINDS = ("addition", "audience", "contradiction", "negation", "swap")


@dataclass(frozen=True, slots=True)
class Pair:
    """A claim, the lines it is read with, a title first, and whether they support it."""

    claim: str
    lines: tuple[str, ...]
    supported: bool


@dataclass(frozen=True, slots=True)
class Said:
    """A claim by language."""

    kind: str
    supported: bool
    text: dict[str, str]


@dataclass(frozen=True, slots=True)
class Passage:
    """One text by language, its title first."""

    lines: dict[str, tuple[str, ...]]
    claims: tuple[Said, ...]

    @property
    def languages(self) -> list[str]:
        return sorted(self.lines)


def load_passages(folder: Path = PASSAGES) -> list[Passage]:
    """Every passage of the folder."""
    return [
        Passage(
            {code: (row["title"][code], *lines) for code, lines in row["lines"].items()},
            tuple(Said(claim["kind"], claim["supported"], claim["text"]) for claim in row["claims"]),
        )
        for path in sorted(folder.glob("*.jsonl"))
        for row in read_lines(path)
    ]


def draw(
    passages: Sequence[Passage], dice: random.Random, cross: float, elsewhere: float
) -> Iterator[tuple[Pair, ...]]:
    """Every two claims of a kind once, in one of their languages, with their passage in the same language or, in
    ``cross`` of them, in another, the one that holds first; and ``elsewhere`` of those that hold alone with another
    passage, which does not support them."""
    for passage in passages:
        for kind in dict.fromkeys(claim.kind for claim in passage.claims):
            asked = dice.choice(passage.languages)
            others = [code for code in passage.languages if code != asked]
            lines = passage.lines[dice.choice(others) if dice.random() < cross else asked]
            two = {claim.supported: claim.text[asked] for claim in passage.claims if claim.kind == kind}
            yield Pair(two[True], lines, True), Pair(two[False], lines, False)
            if dice.random() < elsewhere:
                other = dice.choice(passages)
                if other is not passage:
                    yield (Pair(two[True], other.lines[dice.choice(other.languages)], False),)
