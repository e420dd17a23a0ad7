"""The indicators as they may be told: to the desk's pages and as files for the city's reporting."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from web.desk.indicators import ABSTAINED, ANSWERED, Counts, Indicators, quantile, summed
from web.desk.small_counts import LEAST, Course, Tally, course, tally

DIMENSIONS = ("outcome", "language", "topic", "municipality", "situation", "channel", "hour", "weekday")
OTHERS = ("verdict", "reason", "hand_off_language", "hand_off_reason")
ENOUGH = 20
"""Times of which a median may be told."""

Step = Literal["day", "week", "month"]
STEPS: tuple[Step, ...] = ("day", "week", "month")


@dataclass(frozen=True, slots=True)
class Spread:
    """Half of all times were below ``median``, 19 of 20 below ``p95``; ``None`` where there are too few."""

    count: int | None
    median: float | None
    p95: float | None


@dataclass(frozen=True, slots=True)
class Insight:
    """What may be told of the months from ``first`` to ``last``."""

    first: date
    last: date
    tallies: Mapping[str, Tally[str]]
    """By dimension, of DIMENSIONS and OTHERS."""
    course: Course
    latency: Spread
    """Milliseconds to an answer."""
    response: Spread
    """Open minutes until a person answered."""

    @property
    def questions(self) -> int:
        return self.tallies["outcome"].total

    @property
    def abstention(self) -> float | None:
        """The share of questions that the sources do not answer, among those that were questions about services."""
        return _share(self.tallies["outcome"], ABSTAINED, (*ANSWERED, *ABSTAINED))

    @property
    def helpfulness(self) -> float | None:
        return _share(self.tallies["verdict"], ("yes",), ("yes", "no"))

    @property
    def hand_offs(self) -> int:
        return self.tallies["hand_off_reason"].total

    def steps(self, step: Step) -> Mapping[date, int | None]:
        return {"day": self.course.days, "week": self.course.weeks, "month": self.course.months}[step]


def insight_of(indicators: Indicators, first: date, last: date) -> Insight:
    """Blocks."""
    counts = indicators.read(first, last)
    told: dict[str, list[dict[str, tuple[int, int]]]] = {name: [] for name in (*DIMENSIONS, *OTHERS)}
    for month in counts.months.values():
        for values in told.values():
            values.append({})
        for (name, value), count in month.items():
            if name in told:
                told[name][-1][value] = (count.asked, count.abstained)
    tallies = {name: tally(months) for name, months in told.items()}
    latency, response = (_spread(counts, name) for name in ("milliseconds", "hand_off_minutes"))
    return Insight(first, last, tallies, course(counts.days), latency, response)


def usual_step(first: date, last: date) -> Step:
    """The step that a course of these months is shown in."""
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    return "day" if months <= 2 else "week" if months <= 12 else "month"


def as_json(insight: Insight) -> str:
    return json.dumps({"period": _period(insight), "rows": list(rows(insight))}, ensure_ascii=False, indent=2) + "\n"


def as_csv(insight: Insight) -> str:
    """One row for each count: ``indicator,value,count,abstained_share``."""
    file = io.StringIO()
    writer = csv.DictWriter(file, ["indicator", "value", "count", "abstained_share"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows(insight))
    return file.getvalue()


def rows(insight: Insight) -> list[dict[str, Any]]:
    """What both files hold. ``count`` is empty (``None``) where it must not be told; ``(others)`` are small counts
    together, ``(not known)`` those without a value."""
    found: list[dict[str, Any]] = []

    def add(indicator: str, value: str, count: float | None, share: float | None = None) -> None:
        found.append({"indicator": indicator, "value": value, "count": count, "abstained_share": share})

    add("questions", "total", insight.questions or None, insight.abstention)
    add("helpful_share", "yes", insight.helpfulness)
    for dimension, told in insight.tallies.items():
        for value, cell in sorted(told.cells.items(), key=lambda pair: (-pair[1].asked, pair[0])):
            add(dimension, value or "(not known)", cell.asked, cell.share if dimension in DIMENSIONS[1:] else None)
        if told.others:
            add(dimension, "(others)", told.others)
    for name, spread in (("latency_ms", insight.latency), ("response_minutes", insight.response)):
        add(name, "measured", spread.count)
        add(name, "p50", None if spread.median is None else round(spread.median))
        add(name, "p95", None if spread.p95 is None else round(spread.p95))
    for step in STEPS:
        for day, count in sorted(insight.steps(step).items()):
            add(f"questions_per_{step}", day.isoformat()[: 7 if step == "month" else 10], count)
    return found


def _share(tally: Tally[str], part: tuple[str, ...], whole: tuple[str, ...]) -> float | None:
    """Of what is told; ``None`` where not both sides of it are."""
    asked = {value: tally.cells[value].asked for value in whole if value in tally.cells}
    over = sum(count for value, count in asked.items() if value in part)
    total = sum(asked.values())
    return round(over / total, 2) if over >= LEAST and total - over >= LEAST else None


def _spread(counts: Counts, dimension: str) -> Spread:
    classes = {int(value): count for value, count in summed(counts, dimension, LEAST).items()}
    total = sum(classes.values())
    if total < ENOUGH:
        return Spread(total if total >= LEAST else None, None, None)
    return Spread(total, quantile(classes, 0.5), quantile(classes, 0.95))


def _period(insight: Insight) -> dict[str, str]:
    return {"from": insight.first.isoformat()[:7], "until": insight.last.isoformat()[:7]}
