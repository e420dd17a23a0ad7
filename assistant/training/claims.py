"""Claims about the service cards, each with the lines of a card in its own or another language.

Written ones stand in ``claims/<language>.jsonl`` (card, claim, kind, supported) and, in pairs that differ in little, in
``claim_pairs/<language>.jsonl``. Supported ones are also made of the cards themselves: a sentence of a card by the same
card in another language.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.entailment import MOST_LINES, nearest
from assistant.grounding_support import SimilaritySupport
from assistant.training.examples import read_lines
from corpus.cards import load_cards
from corpus.documents import BlockKind, Document
from indexing.sentences import sentence_spans

CLAIMS = Path(__file__).with_name("claims")
PAIRS = Path(__file__).with_name("claim_pairs")

PARTS = ("train",) * 6 + ("tune",) * 2 + ("test",) * 2
"""Cards are parted by their names: six of ten to learn from, two to choose thresholds with, two to measure with."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence about a card in ``language``, and whether the card supports it. ``kind`` says what is wrong."""

    text: str
    language: str
    card: str
    kind: str
    supported: bool


@dataclass(frozen=True, slots=True)
class Sources:
    """The cards by slug and language: their titles and their sentences."""

    titles: dict[tuple[str, str], str]
    lines: dict[tuple[str, str], tuple[str, ...]]

    @classmethod
    def load(cls) -> Sources:
        titles, lines = {}, {}
        for card in load_cards():
            for document in card.documents():
                place = (card.slug, document.language)
                if place not in titles:
                    titles[place] = document.title
                    lines[place] = tuple(sentences(document))
        return cls(titles, lines)

    def languages(self, card: str) -> list[str]:
        return sorted(language for slug, language in self.lines if slug == card)


def part_of(card: str) -> str:
    """Whether a card is one to learn from ("train"), to "tune" or to "test" with."""
    return PARTS[zlib.crc32(f"claims {card}".encode()) % len(PARTS)]


def sentences(document: Document) -> Iterator[str]:
    """Sentences of a Document without its headings."""
    for block in document.blocks:
        if block.kind is not BlockKind.HEADING:
            text = document.text[block.start : block.end]
            for start, end in sentence_spans(text):
                yield text[start:end]


def written(folder: Path = CLAIMS) -> list[Claim]:
    """Every written claim."""
    return [
        Claim(row["claim"], path.stem, row["card"], row["kind"], row["supported"])
        for path in sorted(folder.glob("*.jsonl"))
        for row in read_lines(path)
    ]


def paired(folder: Path = PAIRS) -> list[tuple[Claim, Claim]]:
    """The claims of ``claim_pairs/<language>.jsonl``, about cards to learn from: two and two that differ in little, the
    one that holds first."""
    by_place: dict[tuple[str, str, str], dict[bool, Claim]] = {}
    for claim in written(folder):
        by_place.setdefault((claim.language, claim.card, claim.kind), {})[claim.supported] = claim
    return [(two[True], two[False]) for two in by_place.values()]


def made(sources: Sources) -> list[Claim]:
    """Sentences of the cards themselves, as claims that hold."""
    return [
        Claim(line, language, card, "card", True)
        for (card, language), lines in sorted(sources.lines.items())
        for line in lines
        if len(line) >= 25
    ]


def source_language(claim: Claim, sources: Sources, dice: random.Random, cross: float) -> str:
    """The claim's own language, or another of its card's in ``cross`` of the draws; always another for a card's own
    sentence."""
    others = [code for code in sources.languages(claim.card) if code != claim.language]
    own = claim.kind != "card" and dice.random() >= cross
    return claim.language if own and (claim.card, claim.language) in sources.lines else dice.choice(others)


def read_with(
    claim: Claim, card: str, language: str, sources: Sources, similarity: SimilaritySupport, count: int = MOST_LINES
) -> Sequence[str]:
    """What the claim is read with: the title of ``card`` in ``language`` and its nearest lines."""
    place = (card, language)
    lines = sources.lines[place]
    scores = similarity.support(claim.text, sources.titles[place], lines).lines
    return [sources.titles[place], *(lines[number] for number in nearest(scores, count))]
