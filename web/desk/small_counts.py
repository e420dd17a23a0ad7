"""Counts that are told without telling of anybody: small ones are withheld, with others, so that no sum tells them.

A count from 1 to 4 is withheld. What is withheld of one sum is at least two counts, together at least five: so a reader
who subtracts what is told from the sum learns neither one count nor that each of them is one.
"""

from __future__ import annotations

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
    """A count that is told, and of how many of these it is known how many were ``abstained``."""

    asked: int
    abstained: int = 0
    known: int = 0
    """Of ``asked``: those whose share of abstentions may be told."""

    @property
    def share(self) -> float | None:
        """Of abstentions, from 0 to 1; ``None`` where it must not be told."""
        return self.abstained / self.known if self.known else None

    def plus(self, other: Cell) -> Cell:
        return Cell(self.asked + other.asked, self.abstained + other.abstained, self.known + other.known)


@dataclass(frozen=True, slots=True)
class Tally(Generic[K]):
    """What is told of one question about the counts: the ``cells`` by value, and the sum of all ``others``."""

    cells: Mapping[K, Cell] = field(default_factory=dict)
    others: int = 0

    @property
    def total(self) -> int:
        return sum(cell.asked for cell in self.cells.values()) + self.others

    def share_of(self, *values: K) -> float | None:
        """The share of these values in the total, where all of it may be told."""
        if self.others or not self.total:
            return None
        return sum(self.cells[value].asked for value in values if value in self.cells) / self.total


def told(counts: Mapping[K, tuple[int, int]]) -> Tally[K]:
    """What may be told of one month's counts, each (asked, abstained). A month of fewer than LEAST is left out."""
    asked = {key: count for key, (count, _) in counts.items()}
    if sum(asked.values()) < LEAST:
        return Tally()
    hidden = withheld(asked)
    others = sum(asked[key] for key in hidden)
    # The others are one more count of the sum of abstentions, which is told too; None stands for them.
    abstained: dict[K | None, int] = {key: counts[key][1] for key in asked if key not in hidden}
    abstained[None] = sum(counts[key][1] for key in hidden)
    answered = {key: (asked[key] if key is not None else others) - count for key, count in abstained.items()}
    unknown = withheld(abstained) | withheld(answered)
    cells = {
        key: Cell(count, *((0, 0) if key in unknown else (counts[key][1], count)))
        for key, count in asked.items()
        if key not in hidden and count
    }
    return Tally(cells, others)


def added(tallies: Iterable[Tally[K]]) -> Tally[K]:
    """The tallies of several months as one. Only what each of them tells is added up: a longer time minus a shorter
    one tells nothing that the months between do not tell."""
    cells: dict[K, Cell] = {}
    others = 0
    for tally in tallies:
        others += tally.others
        for key, cell in tally.cells.items():
            cells[key] = cells[key].plus(cell) if key in cells else cell
    return Tally(cells, others)


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
