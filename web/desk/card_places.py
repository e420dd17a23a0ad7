"""The same place in another text of a service card.

A card's texts have the same blocks in every language, and nearly every block the same number of sentences: the place is
counted, and must carry the same figures. The plain text of a language is written anew: there the block is taken that
shares most words and has every figure.
"""

from __future__ import annotations

import re

from corpus.documents import Block, BlockKind, Document
from indexing.sentences import sentence_spans

PLAIN = {"fi": "fi-selko"}
"""Languages that cards have a plain text in, and that text's name."""

_WORD = re.compile(r"\w+")
_STEM = 5
"""Letters in which forms of one Finnish word mostly agree."""
_LEAST_SHARED = 0.4
"""Least share of a sentence's words that a block must have to say the same."""


def same_place(document: Document, start: int, end: int, other: Document) -> tuple[int, int] | None:
    """Where ``other``, a text of the same card, says what ``document text[start:end]`` says: the sentence, or the block
    where sentences cannot be counted. ``None`` where it does not say it."""
    number = sum(block.start <= start for block in document.blocks) - 1
    if number < 0:
        return None
    if document.language == other.language or _shape(document) != _shape(other):
        return _most_alike(document.text[start:end], other)
    block, same = document.blocks[number], other.blocks[number]
    spans = [(block.start + a, block.start + b) for a, b in sentence_spans(document.text[block.start : block.end])]
    others = [(same.start + a, same.start + b) for a, b in sentence_spans(other.text[same.start : same.end])]
    touched = [place for place, (a, b) in enumerate(spans) if a < end and b > start]
    if len(spans) == len(others) and touched:
        there = others[touched[0]][0], others[touched[-1]][1]
        if _figures(document.text[start:end]) <= _figures(other.text[there[0] : there[1]]):
            return there
    return same.start, same.end


def same_blocks(document: Document, start: int, end: int, other: Document) -> tuple[int, int] | None:
    """Where ``other``, a text of the same card, has the blocks that ``document text[start:end]`` touches; ``None``
    where the texts are cut otherwise."""
    touched = [number for number, block in enumerate(document.blocks) if block.start < end and block.end > start]
    if not touched or _shape(document) != _shape(other):
        return None
    return other.blocks[touched[0]].start, other.blocks[touched[-1]].end


def _shape(document: Document) -> list[tuple[BlockKind, int]]:
    return [(block.kind, block.level) for block in document.blocks]


def _most_alike(text: str, other: Document) -> tuple[int, int] | None:
    wanted, figures = _stems(text), _figures(text)

    def shared(block: Block) -> float:
        said = other.text[block.start : block.end]
        return len(wanted & _stems(said)) / max(len(wanted), 1) if figures <= _figures(said) else 0.0

    best = max((block for block in other.blocks if block.kind is not BlockKind.HEADING), key=shared, default=None)
    return (best.start, best.end) if best and shared(best) >= _LEAST_SHARED else None


def _figures(text: str) -> set[str]:
    return set(re.findall(r"[0-9]+", text))


def _stems(text: str) -> set[str]:
    return {word[:_STEM] for word in _WORD.findall(text.casefold()) if len(word) > 3 or word.isdigit()}
