"""Tables in extracted text: the cells of a row, broken over many lines, put back on one.

A row of a plan is found by what it must have: a measure (bulleted) and a schedule (years, or a word such as
"Jatkuva"). A goal stands before the measures, the responsible body and the indicator after the schedule.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from corpus.documents import BlockKind
from corpus.lines import BULLET, ENDED, Line, Wrapping, ends_hyphenated, first_case
from corpus.pieces import Piece

CELL = " | "
_WHEN = r"(?:20\d\d(?:\s?[-–]\s?20\d\d)?|Jatkuva|Pysyvä|Fortlöpande|Löpande|Continuous|Ongoing)"
_SCHEDULE = re.compile(_WHEN + r"(?=\s|$)")
_SCHEDULE_WITHIN = re.compile(r"\s(" + _WHEN + r")(?=\s+[^\W\d_a-zåäö]|\s*$)")
_FIGURE = r"[-−–]?(?:\d{1,3}(?: \d{3})+|\d+)(?:[.,]\d+)?\s?%?"
_FIGURES = re.compile(rf"(?P<name>.*?[^\W\d_][^\d]*?)\s+(?P<figures>{_FIGURE}(?:\s+{_FIGURE})+)$")
_TABBED = re.compile(r"\t+|\s{3,}")
_CELL_WIDTH = 45


@dataclass(frozen=True, slots=True)
class Table:
    """Lines ``start`` up to ``end`` of the text, as pieces."""

    start: int
    end: int
    pieces: tuple[Piece, ...]


def find_tables(lines: Sequence[Line], wrapping: Wrapping) -> list[Table]:
    """The tables in reading order; they do not overlap."""
    found = [*_plans(lines, wrapping), *_figures(lines), *_tabbed(lines), *_columns(lines, wrapping)]
    tables: list[Table] = []
    for table in sorted(found, key=lambda table: table.start):
        if not tables or table.start >= tables[-1].end:
            tables.append(table)
    return tables


def _is_header(text: str) -> bool:
    words = text.split()
    return len(words) > 2 and all(word.isupper() and len(word) > 2 for word in words)


def _row(cells: Sequence[str], *, close: bool = True) -> Piece:
    return Piece(BlockKind.ROW, CELL.join(cell for cell in cells if cell), close=close)


# Plans: goal, measures, schedule, responsible body, indicator.


@dataclass(slots=True)
class _Chunk:
    """Lines of one cell, or of neighbouring cells that the extraction ran together."""

    lines: list[Line]
    kind: str = "text"
    """``text``, ``measure`` or ``schedule``."""


def _plans(lines: Sequence[Line], wrapping: Wrapping) -> list[Table]:
    headers = Counter(line.text for line in lines if _is_header(line.text))
    starts = [i for i, line in enumerate(lines) if headers[line.text] > 1]
    regions: list[tuple[int, int, list[_Chunk]]] = []
    for start, following in zip(starts, [*starts, len(lines)][1:], strict=True):
        end = following
        if following < len(lines):  # the heading of the next table stands right above it
            end = following - 1
            while end > start + 1 and not lines[end].gap:
                end -= 1
        chunks = _chunks(lines[start + 1 : end])
        if {"measure", "schedule"} <= {chunk.kind for chunk in chunks}:
            regions.append((start, end, chunks))
    below = sorted(
        len(line.text)
        for _, _, chunks in regions
        for before, chunk in pairwise(chunks)
        if before.kind == "schedule" and chunk.kind == "text"
        for line in chunk.lines
    )
    width = below[int(0.95 * (len(below) - 1))] if below else 0
    tables = []
    for start, end, chunks in regions:
        header = Piece(BlockKind.ROW, CELL.join(lines[start].text.split()))
        tables.append(Table(start, end, (header, *_plan_rows(chunks, width, wrapping))))
    return tables


def _chunks(lines: Sequence[Line]) -> list[_Chunk]:
    """Cells as empty lines part them; bullets and schedules split from what shares their line."""
    chunks: list[_Chunk] = []
    for line in lines:
        goal, bullet, measure = line.text.partition("•\t")
        goal, measure = goal.strip(), measure.strip()
        if not bullet and (marker := BULLET.match(line.text)):
            goal, bullet, measure = "", "•", line.text[marker.end() :]
        if bullet:
            if goal:
                chunks.append(_Chunk([replace(line, text=goal)]))
            when = _SCHEDULE_WITHIN.search(measure)
            if when:
                chunks.append(_Chunk([replace(line, text=measure[: when.start()])], "measure"))
                chunks.append(_Chunk([replace(line, text=measure[when.start(1) :])], "schedule"))
            else:
                chunks.append(_Chunk([replace(line, text=measure)], "measure"))
            continue
        last = chunks[-1] if chunks else None
        hanging = last is not None and (
            ends_hyphenated(last.lines[-1].text)
            or (first_case(line.text) in ("lower", "other") and not ENDED.search(last.lines[-1].text))
        )
        if last is not None and (hanging or not line.gap):
            last.lines.append(line)
        elif _SCHEDULE.match(line.text):
            chunks.append(_Chunk([line], "schedule"))
        else:
            chunks.append(_Chunk([line]))
    return chunks


def _plan_rows(chunks: Sequence[_Chunk], width: int, wrapping: Wrapping) -> list[Piece]:
    rows: list[Piece] = []
    goal: list[str] = []
    i = 0
    while i < len(chunks):
        measures: list[str] = []
        while i < len(chunks) and chunks[i].kind == "text":
            goal.append(wrapping.join(chunks[i].lines))
            i += 1
        while i < len(chunks) and chunks[i].kind == "measure":
            measures.append(wrapping.join(chunks[i].lines))
            i += 1
        cells: list[str] = []
        filled = 0
        while i < len(chunks) and chunks[i].kind == "schedule":
            schedule = _split_schedule(chunks[i], width, wrapping)
            cells += schedule
            filled += min(len(schedule) - 1, 2)
            i += 1
        rest: list[str] = []
        while i < len(chunks) and chunks[i].kind == "text":
            rest.append(wrapping.join(chunks[i].lines))
            i += 1
        following: list[str] = []
        # Responsible bodies and indicators come in pairs: an odd one before a new measure is its goal.
        if i < len(chunks) and rest and (filled + len(rest)) % 2:
            following = [rest.pop()]
        rows.append(_row([*goal, " • ".join(measures), *cells, *rest]))
        goal = following
    return rows


def _split_schedule(chunk: _Chunk, width: int, wrapping: Wrapping) -> list[str]:
    """Schedule, responsible body and the indicator where it shares the line and can be told apart."""
    when = _SCHEDULE.match(chunk.lines[0].text)
    assert when is not None
    rest = chunk.lines[0].text[when.end() :].strip()
    if not rest:
        below = chunk.lines[1:]
        return [when[0], wrapping.join(below)] if below else [when[0]]
    lines = [replace(chunk.lines[0], text=rest), *chunk.lines[1:]]
    if len(rest) <= 1.1 * width + 1:
        return [when[0], wrapping.join(lines)]
    places = [
        m.start()
        for m in re.finditer(r"(?<=\s)[^\W\d_a-zåäö]", rest)
        if max(m.start(), len(rest) - m.start()) <= width + 3
    ]
    joined = wrapping.join(lines)
    if len(places) == 1:
        return [when[0], joined[: places[0]].strip(), joined[places[0] :].strip()]
    return [when[0], joined, ""]


# Accounts: lines that end in two or more figures.


def _figures(lines: Sequence[Line]) -> list[Table]:
    matches = [_FIGURES.match(line.text) if len(line.text) < 120 else None for line in lines]
    tables = []
    i = 0
    while i < len(lines):
        end = i
        while end < len(lines) and matches[end]:
            end += 1
        if end - i > 1:
            start = i
            while start and i - start < 12 and _heads_column(lines[start - 1]) and not lines[start].page:
                start -= 1
            rows = [_row([line.text for line in lines[start:i]])] if start < i else []
            for match in matches[i:end]:
                assert match is not None
                rows.append(_row([match["name"], *re.findall(_FIGURE, match["figures"])]))
            tables.append(Table(start, end, tuple(rows)))
        i = max(end, i + 1)
    return tables


def _heads_column(line: Line) -> bool:
    return len(line.text) <= 25 and not ENDED.search(line.text)


# Lines whose cells are parted by tabs or wide gaps.


def _tabbed(lines: Sequence[Line]) -> list[Table]:
    tables = []
    i = 0
    while i < len(lines):
        end = i
        while end < len(lines) and not BULLET.match(lines[end].text) and _TABBED.search(lines[end].text):
            end += 1
        if end - i > 1:
            tables.append(Table(i, end, tuple(_row(_TABBED.split(line.text)) for line in lines[i:end])))
        i = max(end, i + 1)
    return tables


# Tables of short cells without any mark, told by a cell that begins the same in row after row.


def _columns(lines: Sequence[Line], wrapping: Wrapping) -> list[Table]:
    tables = []
    i = 0
    while i < len(lines):
        end = i
        while end < len(lines) and len(lines[end].text) <= _CELL_WIDTH and (end == i or not lines[end].page):
            end += 1
        if end - i > 1 and lines[i].page and lines[i + 1].gap:
            i += 1  # the title over the table
        if end - i >= 12 and (table := _anchored(lines, i, end, wrapping)):
            tables.append(table)
        i = max(end, i + 1)
    return tables


def _anchored(lines: Sequence[Line], start: int, end: int, wrapping: Wrapping) -> Table | None:
    texts = [line.text for line in lines[start:end]]
    anchors = Counter(text for text in texts if first_case(text) == "upper" and not BULLET.match(text))
    anchor = next((text for text, count in anchors.most_common() if count > 2 and len(text) > 9), None)
    if anchor is None or sum(ENDED.search(text) is not None for text in texts) > 0.2 * len(texts):
        return None
    cells: list[list[Line]] = []
    for line in lines[start:end]:
        head, found, _ = line.text.partition(" " + anchor)
        if found and line.text.endswith(anchor):
            cells += [[replace(line, text=head)], [replace(line, text=anchor)]]
        elif cells and (first_case(line.text) != "upper" or _hangs(cells[-1][-1].text)):
            cells[-1].append(line)
        else:
            cells.append([line])
    rows: list[list[str]] = [[]]
    for k, cell in enumerate(cells):
        opens = k + 1 < len(cells) and cells[k + 1][0].text == anchor and cell[0].text != anchor
        if opens and rows[-1]:
            rows.append([])
        rows[-1].append(wrapping.join(cell))
    if len(rows) < 4:
        return None
    return Table(start, end, tuple(_row(row, close=k > 0) for k, row in enumerate(rows)))


def _hangs(text: str) -> bool:
    return (
        ends_hyphenated(text)
        or text.endswith((",", "("))
        or text.rsplit(maxsplit=1)[-1] in ("ja", "tai", "sekä", "and", "och")
    )
