"""Pieces of an element tree: HTML as a parser gives it, or what a content extractor makes of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from corpus.documents import BlockKind
from corpus.lines import clean_characters
from corpus.pieces import Piece
from corpus.tables import CELL

_BLOCKS = re.compile(
    "address|article|blockquote|body|caption|cell|code|dd|details|div|dl|dt|figcaption|figure|h[1-6]|head|header|"
    "item|li|list|main|ol|p|pre|quote|row|section|summary|table|tbody|td|th|thead|tr|ul"
)


def tree_pieces(root: Any) -> Iterator[Piece]:
    """Pieces of an HTML tree, or of the tree trafilatura makes of one (head, list, item, row, cell)."""
    pending: list[str] = []

    def flush(kind: BlockKind = BlockKind.PARAGRAPH, level: int = 0) -> Iterator[Piece]:
        text = clean_characters("".join(pending))
        pending.clear()
        if text.strip():
            yield Piece(kind, text, level)

    def walk(node: Any, kind: BlockKind) -> Iterator[Piece]:
        tag = node.tag if isinstance(node.tag, str) else ""
        if tag in ("tr", "row"):
            yield from flush(kind)
            cells = [clean_characters(" ".join("".join(cell.itertext()).split())) for cell in node]
            yield Piece(BlockKind.ROW, CELL.join(cell for cell in cells if cell))
        elif tag in ("br", "lb"):
            pending.append(" ")
        elif tag:
            blocky = _BLOCKS.fullmatch(tag) is not None
            inner, level = kind, 0
            if tag in ("li", "item", "dd", "dt"):
                inner = BlockKind.ITEM
            elif tag == "head" or re.fullmatch("h[1-6]", tag):
                inner = BlockKind.HEADING
                rank = node.get("rend", "h2") if tag == "head" else tag
                level = int(rank[1]) if re.fullmatch("h[1-6]", rank) else 2
            if blocky:
                yield from flush(kind)
            if node.text:
                pending.append(node.text)
            for child in node:
                yield from walk(child, BlockKind.PARAGRAPH if inner is BlockKind.HEADING else inner)
            if blocky:
                yield from flush(inner, level)
        if node.tail:
            pending.append(node.tail)

    yield from walk(root, BlockKind.PARAGRAPH)
    yield from flush()
