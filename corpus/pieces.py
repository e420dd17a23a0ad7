"""Pieces of a text in reading order, and how they are laid out as one text with Blocks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from corpus.documents import Block, BlockKind


@dataclass(frozen=True, slots=True)
class Piece:
    """The text of one Block to be. ``close`` says that it stood right under the piece before it."""

    kind: BlockKind
    text: str
    level: int = 0
    close: bool = False


@dataclass(frozen=True, slots=True)
class ReadText:
    """What a file says: its text, the Blocks of it, and the title it gives itself outside the text."""

    text: str
    blocks: tuple[Block, ...]
    title: str | None = None


def lay_out(pieces: Iterable[Piece], title: str | None = None) -> ReadText:
    """One line per piece; an empty line before headings and before paragraphs that stood apart."""
    parts: list[str] = []
    blocks: list[Block] = []
    position = 0
    for piece in pieces:
        text = " ".join(piece.text.split())
        if not text:
            continue
        if blocks:
            apart = piece.kind in (BlockKind.HEADING, BlockKind.PARAGRAPH) and not piece.close
            break_ = "\n\n" if apart else "\n"
            parts.append(break_)
            position += len(break_)
        blocks.append(Block(piece.kind, position, position + len(text), piece.level))
        parts.append(text)
        position += len(text)
    return ReadText("".join(parts), tuple(blocks), (title and " ".join(title.split())) or None)
