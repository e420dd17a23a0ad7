"""The little Markdown that cards are written in: headings, paragraphs, items."""

from __future__ import annotations

import re

from corpus.documents import Block, BlockKind

_EMPHASIS = re.compile(r"(\*\*|__|`)(.+?)\1|(?<!\w)([*_])(\S(?:.*?\S)?)\3(?!\w)")
_LINK = re.compile(r"\[([^\]]+)\]\([^)]*\)")
_HEADING = re.compile(r"(#{1,6})\s+(.+)")
_ITEM = re.compile(r"(?:[-*+]|\d+\.)\s+(.+)")


def visible_text(markdown: str) -> tuple[str, tuple[Block, ...]]:
    """The words of a card's Markdown, without markup, and where each heading, paragraph and item stands.

    Known is what a card needs: ``#`` headings, ``-`` and ``1.`` items, paragraphs, emphasis, code, links.
    The lines of a paragraph or an item are joined; blocks are one blank line apart, items of a list none.
    """
    text, blocks, _ = laid_out(markdown, 1)
    return text, blocks


def laid_out(markdown: str, first: int) -> tuple[str, tuple[Block, ...], tuple[tuple[int, int], ...]]:
    """``visible_text``, and where each line begins in it. ``first`` is the number of the Markdown's first line."""
    parts: list[tuple[BlockKind, int, int, list[str]]] = []
    joinable = False
    for number, line in enumerate(markdown.split("\n"), first):
        line = line.strip()
        if heading := _HEADING.fullmatch(line):
            parts.append((BlockKind.HEADING, len(heading[1]), number, [heading[2]]))
            joinable = False
        elif item := _ITEM.fullmatch(line):
            parts.append((BlockKind.ITEM, 0, number, [item[1]]))
            joinable = True
        elif not line:
            joinable = False
        elif joinable:
            parts[-1][3].append(line)
        else:
            parts.append((BlockKind.PARAGRAPH, 0, number, [line]))
            joinable = True
    text = ""
    blocks: list[Block] = []
    places: list[tuple[int, int]] = []
    for kind, level, number, lines in parts:
        if blocks:
            text += "\n" if kind is blocks[-1].kind is BlockKind.ITEM else "\n\n"
        start = len(text)
        text += _without_markup(" ".join(lines))
        blocks.append(Block(kind, start, len(text), level))
        for index in range(len(lines)):
            before = _without_markup(" ".join(lines[:index]))
            places.append((start + len(before) + (index > 0), number + index))
    return text, tuple(blocks), tuple(places)


def _without_markup(line: str) -> str:
    line = _LINK.sub(r"\1", line)
    return _EMPHASIS.sub(lambda m: m[2] or m[4], line)
