"""Counts that are told without telling of anybody: small ones are withheld, with others, so that no sum tells them.

A count from 1 to 4 is withheld. What is withheld of one sum is at least two counts, together at least five: so a reader
who subtracts what is told from the sum learns neither one count nor that each of them is one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Generic, TypeVar

LEAST = 5
"""The smallest count that is told."""

K = TypeVar("K", bound=Hashable)


def withheld(counts: Mapping[K, int]) -> frozenset[K]:
    """The keys of counts that must not be told where their sum is: small ones, and the next smallest if need be.

    None of them may be told where even all together are fewer than LEAST.
    """
    there = sorted((count, str(key), key) for key, count in counts.items() if count > 0)
    hidden = [key for count, _, key in there if count < LEAST]
    if not hidden:
        return frozenset()
    for _, _, key in there[len(hidden) :]:
        if len(hidden) > 1 and sum(counts[one] for one in hidden) >= LEAST:
            break
        hidden.append(key)
    return frozenset(hidden)


@dataclass(frozen=True, slots=True)
class Cell:
    """A count that is told, and the ``share`` of abstentions in it, in hundredths; ``None`` where that must not be
    told."""

    asked: int
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Tally(Generic[K]):
    """What is told of one dimension of the counts: the ``cells`` by value, and the sum of all ``others``."""

    cells: Mapping[K, Cell] = field(default_factory=dict)
    others: int = 0

    @property
    def total(self) -> int:
        return sum(cell.asked for cell in self.cells.values()) + self.others


def tally(months: Iterable[Mapping[K, tuple[int, int]]]) -> Tally[K]:
    """What may be told of several months together; each has by value how many were asked and not answered.

    Values are withheld month by month, and only what each month tells is added up: so a longer time minus a shorter one
    tells nothing that the months between do not tell. A month of fewer than LEAST is left out.
    """
    asked: Counter[K] = Counter()
    abstained: Counter[K | None] = Counter()
    others = 0
    for month in months:
        counts = {key: count for key, (count, _) in month.items() if count}
        if sum(counts.values()) < LEAST:
            continue
        hidden = withheld(counts)
        for key, count in counts.items():
            if key in hidden:
                others += count
            else:
                asked[key] += count
            # The others are one more part of all abstentions, which are told too.
            abstained[None if key in hidden else key] += month[key][1]
    answered: dict[K | None, int] = {key: asked[key] - abstained[key] for key in asked}
    answered[None] = others - abstained[None]
    unknown = withheld(abstained) | withheld(answered)
    shares = {key: None if key in unknown else round(abstained[key] / count, 2) for key, count in asked.items()}
    return Tally({key: Cell(count, shares[key]) for key, count in asked.items()}, others)


@dataclass(frozen=True, slots=True)
class Course:
    """Counts over time; ``None`` where a count must not be told. Weeks are named by their Monday, months by their
    first day."""

    days: Mapping[date, int | None]
    weeks: Mapping[date, int | None]
    months: Mapping[date, int | None]


def course(days: Mapping[date, int]) -> Course:
    """Counts of days, weeks and months that may be told side by side. A month is cut into the parts of its weeks and
    these into days, and at each cut what is withheld is withheld so that the sum does not give it away."""
    months: dict[date, dict[date, dict[date, int]]] = {}
    for day, count in sorted(days.items()):
        monday = date.fromordinal(day.toordinal() - day.weekday())
        months.setdefault(day.replace(day=1), {}).setdefault(monday, {})[day] = count
    shown_days: dict[date, int | None] = {}
    shown_weeks: dict[date, int | None] = {}
    shown_months: dict[date, int | None] = {}
    for month, parts in months.items():
        sums = {monday: sum(part.values()) for monday, part in parts.items()}
        total = sum(sums.values())
        shown_months[month] = total if total == 0 or total >= LEAST else None
        hidden = withheld(sums)
        for monday, part in parts.items():
            before = shown_weeks.get(monday, 0)
            shown_weeks[monday] = None if monday in hidden or before is None else before + sums[monday]
            unknown = frozenset(part) if monday in hidden else withheld(part)
            shown_days |= {day: None if day in unknown else count for day, count in part.items()}
    return Course(shown_days, shown_weeks, shown_months)
