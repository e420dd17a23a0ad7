"""A quote in its context, and the text that a machine translation was made from."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from corpus.documents import Document, UnknownDocument
from indexing.builds import BuildError

Find = Callable[[str], Document]
"""The Document with an id. Raises UnknownDocument, or BuildError where no build is open."""

CONTEXT_CHARACTERS = 240
_ORIGINALS = ("fi", "en", "sv")
"""The languages that service cards are written in, the official one first."""


@dataclass(frozen=True, slots=True)
class Original:
    """The place that a machine-translated one was made from: ``text[start:end]`` of the original Document."""

    document: str
    language: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Context:
    """What stands before and after a quote, cut at a word, with an ellipsis where the Document goes on; blocks of the
    Document are lines."""

    before: str
    after: str
    original: Original | None = None


def find(id: str, documents: Find) -> Document | None:
    """The Document, if there is one now: builds change while answers stay."""
    try:
        return documents(id)
    except (UnknownDocument, BuildError):
        return None


def context_of(id: str, start: int, end: int, documents: Find) -> Context | None:
    """The context of ``text[start:end]`` of the Document; ``None`` if that is no span of a Document."""
    document = find(id, documents)
    if document is None or not 0 <= start < end <= len(document.text):
        return None
    before, after = (
        re.sub(r"\s*\n\s*", "\n", text) for text in (_before(document.text, start), _after(document.text, end))
    )
    return Context(before, after, original_of(document, start, documents))


def original_of(document: Document, start: int, documents: Find) -> Original | None:
    """The block of the service card's authored text that the block at ``start`` was translated from.

    The texts of a card have the same blocks in every language; where they do not, the original's beginning is given.
    """
    source = original_document(document, documents)
    if source is None:
        return None
    shape = [(block.kind, block.level) for block in document.blocks]
    number = sum(block.start <= start for block in document.blocks) - 1
    same = shape == [(block.kind, block.level) for block in source.blocks]
    block = source.blocks[max(number, 0) if same else 0]
    return Original(source.id, source.language, source.text[block.start : block.end], block.start, block.end)


def original_document(document: Document, documents: Find) -> Document | None:
    """The authored text of the same service card, for one that a machine translated, checked by a person or not."""
    if not document.card or not (document.machine_translated or document.reviewed):
        return None
    for language in _ORIGINALS:
        found = find(f"card-{document.card}-{language}", documents)
        if found and not (found.machine_translated or found.reviewed) and found.blocks:
            return found
    return None


def _before(text: str, start: int) -> str:
    if start <= CONTEXT_CHARACTERS:
        return text[:start]
    piece = text[start - CONTEXT_CHARACTERS : start]
    cut = next((i for i, character in enumerate(piece[:40]) if character.isspace()), -1)
    return f"… {piece[cut + 1 :]}"


def _after(text: str, end: int) -> str:
    if len(text) - end <= CONTEXT_CHARACTERS:
        return text[end:]
    piece = text[end : end + CONTEXT_CHARACTERS]
    tail = next((i for i, character in enumerate(reversed(piece[-40:])) if character.isspace()), -1)
    return f"{piece[: len(piece) - tail - 1]} …"
