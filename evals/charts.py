"""Plots as SVG that stand in a page by themselves: no script, colours from the page's style sheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from evals.statistics import Bin

_SIDE, _LEFT, _BOTTOM, _TOP = 240.0, 44.0, 34.0, 14.0


def risk_coverage_plot(points: Sequence[tuple[float, float]]) -> str:
    """Wrong ones among what is answered, while more and more is answered."""
    if not points:
        return ""
    top = max(0.05, max(risk for _, risk in points))
    line = " ".join(f"{_x(coverage):.1f},{_y(risk / top):.1f}" for coverage, risk in points)
    body = f'<polyline class="line" points="{line}"/>'
    end = points[-1]
    said = f"Risk against coverage: {end[1]:.1%} wrong if everything is answered"
    return _plot(body, said, "share answered", "share wrong", top)


def reliability_plot(bins: Sequence[Bin]) -> str:
    """The share right against the probability stated; the larger a dot, the more answers."""
    if not bins:
        return ""
    most = max(one.cases for one in bins)
    dots = "".join(
        f'<circle class="dot" cx="{_x(one.stated):.1f}" cy="{_y(one.right):.1f}" '
        f'r="{3 + 7 * (one.cases / most) ** 0.5:.1f}"><title>stated {one.stated:.2f}, right {one.right:.2f}, '
        f"{one.cases} answers</title></circle>"
        for one in bins
    )
    diagonal = f'<line class="guide" x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}"/>'
    return _plot(diagonal + dots, "Share right against the probability stated", "probability stated", "share right", 1)


def bars(values: Mapping[str, float], unit: str, said: str) -> str:
    """One horizontal bar a value, longest scale first."""
    if not values:
        return ""
    top, width, row = max(values.values()) or 1.0, 170.0, 22
    rows = "".join(
        f'<text class="label" x="92" y="{number * row + 15}" text-anchor="end">{escape(name)}</text>'
        f'<rect class="bar" x="98" y="{number * row + 4}" width="{max(1.0, width * value / top):.1f}" height="14"/>'
        f'<text class="label" x="{104 + max(1.0, width * value / top):.1f}" y="{number * row + 15}">'
        f"{value:,.4g} {escape(unit)}</text>"
        for number, (name, value) in enumerate(values.items())
    )
    height = row * len(values) + 4
    return f'<svg viewBox="0 0 350 {height}" role="img" aria-label="{escape(said)}">{rows}</svg>'


def _plot(body: str, said: str, across: str, up: str, top: float) -> str:
    """Axes from 0 to 1 across and from 0 to ``top`` up, with ``body`` inside."""
    width, height = _LEFT + _SIDE + 22, _TOP + _SIDE + _BOTTOM
    grid = "".join(
        f'<line class="grid" x1="{_x(0)}" x2="{_x(1)}" y1="{_y(part):.1f}" y2="{_y(part):.1f}"/>'
        f'<text class="label" x="{_LEFT - 5}" y="{_y(part) + 4:.1f}" text-anchor="end">{part * top:.0%}</text>'
        f'<text class="label" x="{_x(part):.1f}" y="{_y(0) + 15:.1f}" text-anchor="middle">{part:.0%}</text>'
        for part in (0.0, 0.5, 1.0)
    )
    names = (
        f'<text class="label" x="{_x(0.5)}" y="{height - 4}" text-anchor="middle">{escape(across)}</text>'
        f'<text class="label" transform="translate(10 {_y(0.5)}) rotate(-90)" text-anchor="middle">{escape(up)}</text>'
    )
    return f'<svg viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{escape(said)}">{grid}{body}{names}</svg>'


def _x(share: float) -> float:
    return _LEFT + _SIDE * share


def _y(share: float) -> float:
    return _TOP + _SIDE * (1 - share)
