"""Repair of text that came out of a PDF: whole words, whole sentences, headings, items and rows.

    characters -> lines -> furniture out -> tables -> lines joined -> headings and items -> text with Blocks

Nothing is invented, reordered or lost: the letters and digits of the result are those of the input, less the
page furniture that ``Repaired.removed`` names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from corpus.documents import BlockKind
from corpus.lines import (
    BULLET,
    ENDED,
    NUMBERED,
    Line,
    Wrapping,
    clean_characters,
    first_case,
    split_lines,
    without_furniture,
)
from corpus.pieces import Piece, ReadText, lay_out
from corpus.tables import Table, find_tables

__all__ = ["Repaired", "clean_characters", "repair"]

_TITLE_LENGTH = 70
_LONG_TITLE_LENGTH = 140
_NUMBERED_TITLE_LENGTH = 240


@dataclass(frozen=True, slots=True)
class Repaired:
    """The repaired text with its Blocks, and the page furniture left out of it, in reading order."""

    read: ReadText
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Group:
    """Lines joined to one; ``table`` holds the rows instead where a table stood."""

    text: str
    line: Line
    table: Table | None = None

    @property
    def ended(self) -> bool:
        return ENDED.search(self.text) is not None


def repair(text: str, *, extracted: bool | None = None) -> Repaired:
    """The text as its author wrote it. ``extracted``: whether it is known to come out of a PDF.

    Where that is unknown the lines tell: only sentences broken over lines make it an extraction, and a text
    that is none keeps its lines as they are.
    """
    lines = split_lines(clean_characters(text))
    wrapping = Wrapping(lines)
    if not (extracted or (extracted is None and wrapping.wrapped)):
        return Repaired(lay_out(_as_written(lines)))
    lines, removed = without_furniture(lines)
    wrapping = Wrapping(lines)
    lines = wrapping.lines
    groups = _groups(lines, find_tables(lines, wrapping), wrapping)
    return Repaired(lay_out(_pieces(groups)), tuple(removed))


def _as_written(lines: Sequence[Line]) -> list[Piece]:
    """One piece a line, for text whose lines were meant."""
    groups = [_Group(line.text, line) for line in lines]
    pieces = []
    for i, group in enumerate(groups):
        following = groups[i + 1] if i + 1 < len(groups) else None
        level = 0
        if not i or group.line.gap or _lettered(group.text):
            level = _heading_level(group, groups[i - 1] if i else None, following, False)
        pieces.append(_piece(group, level))
    return _outermost_first(pieces)


def _groups(lines: Sequence[Line], tables: Sequence[Table], wrapping: Wrapping) -> list[_Group]:
    groups: list[_Group] = []
    starts = {table.start: table for table in tables}
    i = 0
    while i < len(lines):
        if table := starts.get(i):
            groups.append(_Group("", lines[i], table))
            i = table.end
            continue
        first = i
        i += 1
        while i < len(lines) and i not in starts and wrapping.continues(i):
            i += 1
        groups.append(_Group(wrapping.join(lines[first:i]), lines[first]))
    return groups


def _pieces(groups: Sequence[_Group]) -> list[Piece]:
    pieces: list[Piece] = []
    sentences = [group.ended for group in groups if len(group.text) > _TITLE_LENGTH]
    prose = sum(sentences) >= 0.6 * len(sentences) if sentences else False
    for i, group in enumerate(groups):
        if group.table:
            pieces += group.table.pieces
            continue
        before = groups[i - 1] if i else None
        level = _heading_level(group, before, groups[i + 1] if i + 1 < len(groups) else None, prose)
        if level > 1 and pieces and pieces[-1].kind is BlockKind.HEADING and not group.line.gap:
            level = level if len(group.text.split()) > 1 or groups[i + 1].table else 0  # a note under the title
        pieces.append(_piece(group, level))
    return _outermost_first(pieces)


def _piece(group: _Group, level: int) -> Piece:
    if level:
        return Piece(BlockKind.HEADING, group.text, level)
    if bullet := BULLET.match(group.text):
        return Piece(BlockKind.ITEM, group.text[bullet.end() :])
    if NUMBERED.match(group.text):
        return Piece(BlockKind.ITEM, group.text)
    return Piece(BlockKind.PARAGRAPH, group.text, close=not group.line.gap and not group.line.page and not group.ended)


def _outermost_first(pieces: list[Piece]) -> list[Piece]:
    """Levels moved outwards until the outermost is 1."""
    least = min((piece.level for piece in pieces if piece.level), default=1)
    return [replace(piece, level=piece.level - least + 1) if piece.level else piece for piece in pieces]


def _numbered(text: str) -> re.Match[str] | None:
    found = NUMBERED.match(text)
    return found if found and found[1] and first_case(text[found.end() :]) in ("upper", "caseless") else None


def _lettered(text: str) -> re.Match[str] | None:
    found = NUMBERED.match(text)
    return found if found and found[2] and first_case(text[found.end() :]) in ("upper", "caseless") else None


def _shouted(text: str) -> bool:
    words = re.findall(r"[^\W\d_]+", text)
    return text.isupper() and any(len(word) > 3 for word in words) and len(text) <= 100 and len(words) <= 12


def _heading_level(group: _Group, before: _Group | None, following: _Group | None, prose: bool) -> int:
    """The level of the heading this group is, 0 if it is none."""
    text, line = group.text, group.line
    if following is None or BULLET.match(text) or "@" in text or "://" in text:
        return 0
    if re.search(r"[.!?;,。！？；؟۔।][\"'”’»)\]]*$", text):
        return 0
    if number := _numbered(text):
        alone = not _numbered(following.text) and not (before and before.text and _numbered(before.text))
        short = len(text) <= _NUMBERED_TITLE_LENGTH and not text.endswith(":")
        dotted = "." in text[: number.end()]
        return 1 + number[1].count(".") if alone and short and dotted else 0
    if _lettered(text):
        alone = not _lettered(following.text) and not (before and before.text and _lettered(before.text))
        return 2 if alone and len(text) <= _TITLE_LENGTH else 0
    if _shouted(text) and (line.gap or line.page or len(text.split()) > 1 or following.line.page):
        return 1
    if first_case(text) not in ("upper", "caseless") or "|" in text or not re.search(r"[^\W\d_]{2}", text):
        return 0
    if BULLET.match(following.text) and text.endswith(":"):
        return 0
    words = len(text.split())
    if following.table and following.line.gap < 2 and len(text) <= _TITLE_LENGTH and not text.endswith(":"):
        return 1 if line.page else 2
    apart = before is None or line.gap > 1
    if (apart or line.page) and not text.endswith(":") and words <= 14:
        under = before is not None and not line.gap and before.line.page and len(before.text) <= _TITLE_LENGTH
        if len(text) <= (_LONG_TITLE_LENGTH if apart else _TITLE_LENGTH):
            return 2 if under else 1
    if text.endswith(":"):
        return 2 if prose and len(text) <= 100 and ":" not in text[:-1] and following.ended else 0
    if ":" in text or re.search(r"[\d%€]$", text) or not (line.gap or (before and before.ended)):
        return 0
    longest = _LONG_TITLE_LENGTH if prose else _TITLE_LENGTH // 2 + 10
    body = following.ended and len(following.text) > max(40, len(text) * 0.6)
    return 2 if body and len(text) <= longest and words <= (14 if prose else 5) else 0
