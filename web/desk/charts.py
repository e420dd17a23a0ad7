"""Plots as SVG: drawn on the server, in the page's colours, as sharp on a phone as on a wide screen.

Lengths along the page are in per cent, texts in the page's own size: nothing is scaled, so nothing becomes too small
to read. Each plot has a title and a description, and the page shows a table beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

_ROW, _BAR = 46, 14
_HEIGHT, _FOOT, _HEAD = 150, 26, 18


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its name, its number, the part of it in another colour, and what is said beside it."""

    name: str
    number: int
    part: float = 0
    said: str = ""
    quiet: bool = False
    """Whether it stands for others than one value."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: ``number`` is ``None`` where it must not be told. ``tick`` is written below, ``said`` is what is read
    out and shown to who points at it."""

    said: str
    number: int | None
    tick: str = ""


def bars(id: str, title: str, description: str, given: Sequence[Bar]) -> Markup:
    """Lying bars, one below the other, each below its name."""
    most = max((bar.number for bar in given), default=1) or 1
    lines = []
    for place, bar in enumerate(given):
        top = place * _ROW
        full = 100 * bar.number / most
        part = full * bar.part / bar.number if bar.number else 0.0
        kind = "bar others" if bar.quiet else "bar"
        lines.append(
            f'<text class="name" x="0" y="{top + 16}">{escape(bar.name)}</text>'
            f'<text class="said" x="100%" y="{top + 16}" text-anchor="end">{escape(bar.said)}</text>'
            f'<rect class="track" x="0" y="{top + 23}" width="100%" height="{_BAR}" rx="3"/>'
            f'<rect class="{kind}" x="0" y="{top + 23}" width="{full:.2f}%" height="{_BAR}" rx="3"/>'
        )
        if bar.part:
            lines.append(
                f'<rect class="part" x="{full - part:.2f}%" y="{top + 23}" width="{part:.2f}%" height="{_BAR}" rx="3"/>'
            )
    return _svg(id, title, description, len(given) * _ROW, "".join(lines))


def columns(id: str, title: str, description: str, given: Sequence[Column]) -> Markup:
    """Standing columns side by side, with lines to read their height by."""
    most = _round_up(max((column.number or 0 for column in given), default=0))
    base = _HEAD + _HEIGHT
    width = 100 / max(len(given), 1)
    gap = min(width * 0.22, 1.2)
    drawn = []
    for line in (most, most // 2):
        y = base - _HEIGHT * line / most
        drawn.append(f'<line class="grid" x1="0" x2="100%" y1="{y:.1f}" y2="{y:.1f}"/>')
    drawn.append(f'<line class="axis" x1="0" x2="100%" y1="{base}" y2="{base}"/>')
    for place, column in enumerate(given):
        x = place * width + gap / 2
        height = 5.0 if column.number is None else _HEIGHT * column.number / most
        kind = "unknown" if column.number is None else "bar"
        drawn.append(
            f'<rect class="{kind}" x="{x:.3f}%" y="{base - height:.1f}" width="{width - gap:.3f}%" '
            f'height="{height:.1f}"><title>{escape(column.said)}</title></rect>'
        )
        if column.tick:
            middle = (place + 0.5) * width
            anchor = "start" if middle < 6 else "end" if middle > 94 else "middle"
            at = place * width if anchor == "start" else (place + 1) * width if anchor == "end" else middle
            drawn.append(
                f'<text class="tick" x="{at:.2f}%" y="{base + 18}" text-anchor="{anchor}">{escape(column.tick)}</text>'
            )
    heights = ((line, base - _HEIGHT * line / most - 4) for line in (most, most // 2))
    scale = (f'<text class="scale" x="0" y="{y:.1f}">{line}</text>' for line, y in heights)
    # The scale lies on the columns, with a rim: at the left they would hide it.
    return _svg(id, title, description, base + _FOOT, "".join([*drawn, *scale]))


def ticks(count: int, most: int = 6) -> frozenset[int]:
    """Which of ``count`` columns get a text below: at most ``most``, evenly, the first always."""
    step = max(1, -(-count // most))
    return frozenset(range(0, count, step))


def _round_up(number: int) -> int:
    """The top of the scale: an even number with one or two digits that are not zero."""
    if number <= 10:
        return max(4, number + number % 2)
    step = max(int("2" + "0" * (len(str(number)) - 2)), 2)
    return -(-number // step) * step


def _svg(id: str, title: str, description: str, height: float, body: str) -> Markup:
    return Markup(  # noqa: S704 (names and numbers are escaped above)
        f'<svg class="chart" width="100%" height="{height:.0f}" role="img" '
        f'aria-labelledby="{id}-title" aria-describedby="{id}-desc">'
        f'<title id="{id}-title">{escape(title)}</title><desc id="{id}-desc">{escape(description)}</desc>{body}</svg>'
    )
