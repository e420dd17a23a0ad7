"""Plots of what may be told, each with the table that says the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal, format_percent
from markupsafe import Markup

from web.desk import charts
from web.desk.insight import Step
from web.desk.small_counts import Tally

_LONGEST = 26
"""Characters of a name beside its number, so that both stand in one line on a phone."""


@dataclass(frozen=True, slots=True)
class Plot:
    """A figure of a page. ``rows`` are the same in a table: name, number and maybe a share."""

    id: str
    title: str
    svg: Markup
    rows: tuple[tuple[str, str, str], ...]
    shares: bool = False
    """Whether a part of each bar shows what was not answered."""


@dataclass(frozen=True, slots=True)
class Plots:
    """Makes plots in the language of ``locale``. ``words`` are the page's texts: ``others``, ``unknown`` (without a
    value), ``withheld``, ``unanswered`` ("%s without an answer")."""

    locale: Locale
    words: Mapping[str, str]

    def number(self, number: float) -> str:
        return str(format_decimal(round(number), locale=self.locale))

    def percent(self, share: float | None) -> str:
        return "–" if share is None else str(format_percent(share, locale=self.locale))

    def duration(self, minutes: float | None) -> str:
        """Minutes below two hours, else hours."""
        if minutes is None:
            return "–"
        return f"{self.number(minutes)} min" if minutes < 120 else f"{self.number(minutes / 60)} h"

    def seconds(self, milliseconds: float | None) -> str:
        if milliseconds is None:
            return "–"
        return f"{format_decimal(milliseconds / 1000, format='#,##0.0', locale=self.locale)} s"

    def values(
        self, id: str, title: str, tally: Tally[str], names: Mapping[str, str], *, shares: bool = True
    ) -> Plot | None:
        """Bars of a dimension, the longest first; ``None`` where there is nothing to show."""
        if not tally.total:
            return None
        given, rows = [], []
        for value, cell in sorted(tally.cells.items(), key=lambda pair: (-pair[1].asked, pair[0])):
            name = names.get(value, value) if value else self.words["unknown"]
            share = cell.share if shares else None
            said = self.number(cell.asked)
            part = share * cell.asked if share is not None else 0
            beside = said if share is None else f"{said} · {self.percent(share)}"
            given.append(charts.Bar(_short(name), cell.asked, part, beside))
            rows.append((name, said, self.percent(share)))
        if tally.others:
            said = self.number(tally.others)
            given.append(charts.Bar(self.words["others"], tally.others, 0, said, quiet=True))
            rows.append((self.words["others"], said, "–"))
        described = "; ".join(f"{bar.name}: {bar.said}" for bar in given[:3])
        return Plot(id, title, charts.bars(id, title, described, given), tuple(rows), shares)

    def classes(self, id: str, title: str, tally: Tally[str], names: Mapping[str, str], every: int = 1) -> Plot | None:
        """Columns of a dimension that has an order, such as hours. Each ``every``-th is named below."""
        if not tally.total:
            return None
        given, rows = [], []
        for place, (value, name) in enumerate(names.items()):
            cell = tally.cells.get(value)
            number = cell.asked if cell else None if tally.others else 0
            said = self.words["withheld"] if number is None else self.number(number)
            given.append(charts.Column(f"{name}: {said}", number, name if place % every == 0 else ""))
            rows.append((name, said, ""))
        most = max(given, key=lambda column: column.number or 0)
        return Plot(id, title, charts.columns(id, title, most.said, given), tuple(rows))

    def over_time(self, id: str, title: str, counts: Mapping[date, int | None], step: Step) -> Plot | None:
        if not any(counts.values()):
            return None
        shown = charts.ticks(len(counts))
        given, rows = [], []
        for place, (day, number) in enumerate(sorted(counts.items())):
            name = self.moment(day, step)
            said = self.words["withheld"] if number is None else self.number(number)
            given.append(charts.Column(f"{name}: {said}", number, self._tick(day, step) if place in shown else ""))
            rows.append((name, said, ""))
        described = f"{rows[0][0]} – {rows[-1][0]}"
        return Plot(id, title, charts.columns(id, title, described, given), tuple(rows))

    def moment(self, day: date, step: Step = "month") -> str:
        if step == "month":
            return str(format_date(day, "LLLL yyyy", self.locale))
        return str(format_date(day, "d.M.yyyy" if step == "week" else "EEE d.M.yyyy", self.locale))

    def _tick(self, day: date, step: Step) -> str:
        return str(format_date(day, "M/yy" if step == "month" else "d.M.", self.locale))


def _short(name: str) -> str:
    """The whole name stands in the table."""
    return name if len(name) <= _LONGEST else name[: _LONGEST - 1].rstrip(" ,") + "…"
