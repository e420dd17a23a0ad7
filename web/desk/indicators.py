"""What is counted of questions, feedback and hand-offs: by month, and questions by day as well.

Days that are over are added to the months they belong to, once; the days since are counted when somebody looks. So a
page costs the same however many questions there were.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from web.desk.opening_hours import HELSINKI, OpeningHours
from web.desk.tables import hand_off_table, indicator_table, question_table
from web.storage import feedback_table

ANSWERED, ABSTAINED = ("answered", "partial"), ("no_information",)
"""Outcomes of questions that were answered, and of those that the sources did not answer."""

_STEP = math.log(1.1)
"""Times are counted in classes whose bounds are 10 % apart."""

_DAY = "day"
_STATES = ("new", "assigned", "answered", "closed")
_REMEMBERED = 16
"""Spans of months whose counts are kept in memory, since those of days that are over do not change."""
_SETTLED = timedelta(minutes=15)
"""After midnight, until the last answer of the day is surely written."""


@dataclass(slots=True)
class Count:
    """How many, and how many of these were answered and were not."""

    asked: int = 0
    answered: int = 0
    abstained: int = 0

    def add(self, other: Count) -> None:
        self.asked += other.asked
        self.answered += other.answered
        self.abstained += other.abstained


Key = tuple[str, str]
"""A dimension ("language") and a value of it ("so"; "" where it is not known)."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts by month (its first day) and Key, and of all questions by day."""

    months: Mapping[date, Mapping[Key, Count]] = field(default_factory=dict)
    days: Mapping[date, int] = field(default_factory=dict)


class Indicators:
    """Counts in the database. ``hours``: waiting for a person is counted while the desk is open. Blocks."""

    def __init__(
        self, engine: Engine, hours: OpeningHours, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._engine = engine
        self._hours = hours
        self._now = now
        self._remembered: dict[tuple[Any, ...], Counts] = {}

    def roll_up(self) -> int:
        """Add the days that are over and not counted yet to their months; how many days."""
        with self._engine.connect() as connection:
            days = list(self._open_days(connection))
        settled = (self._now() - _SETTLED).astimezone(HELSINKI).date()
        done = 0
        for _, month in groupby((day for day in days if day < settled), key=lambda day: day.replace(day=1)):
            over = list(month)
            if not self._add(over):
                break
            done += len(over)
        return done

    def months(self) -> tuple[date, ...]:
        """The months there are counts of, and this one, the latest first."""
        column = indicator_table.c.day
        with self._engine.connect() as connection:
            first = connection.execute(select(func.min(column)).where(indicator_table.c.dimension == _DAY)).scalar()
            open_days = list(self._open_days(connection))
        month, found = open_days[-1].replace(day=1), []
        while month >= (first or open_days[0]).replace(day=1):
            found.append(month)
            month = (month - timedelta(days=1)).replace(day=1)
        return tuple(found)

    def read(self, first: date, last: date) -> Counts:
        """The counts of the months from that of ``first`` to that of ``last``."""
        first, end = first.replace(day=1), _next_month(last)
        with self._engine.connect() as connection:
            over = self._over(connection, first, end)
            months, days = dict(over.months), dict(over.days)
            for day in self._open_days(connection):
                if not first <= day < end:
                    continue
                counted = self._counted(connection, day)
                days[day] = counted.pop((_DAY, "")).asked
                # What is remembered of days that are over stays as it is.
                month = {key: replace(count) for key, count in months.get(day.replace(day=1), {}).items()}
                for key, count in counted.items():
                    month.setdefault(key, Count()).add(count)
                months[day.replace(day=1)] = month
        return Counts(months, days)

    def _over(self, connection: Connection, first: date, end: date) -> Counts:
        """The counts of days that are over, remembered until others are there."""
        table = indicator_table
        there = tuple(connection.execute(select(func.max(table.c.day), func.count())).one())
        if found := self._remembered.get((first, end, *there)):
            return found
        months: dict[date, dict[Key, Count]] = {}
        days: dict[date, int] = {}
        columns = (table.c.day, table.c.dimension, table.c.value, table.c.asked, table.c.answered, table.c.abstained)
        rows = connection.execute(select(*columns).where(table.c.day >= first, table.c.day < end)).all()
        for day, dimension, value, asked, answered, abstained in rows:
            if dimension == _DAY:
                days[day] = asked
            else:
                months.setdefault(day, {})[(dimension, value)] = Count(asked, answered, abstained)
        if len(self._remembered) >= _REMEMBERED:
            self._remembered.clear()
        return self._remembered.setdefault((first, end, *there), Counts(months, days))

    def purge(self, before: datetime) -> int:
        """Delete the counts of months and days that ended before a moment; how many."""
        day, table = before.astimezone(HELSINKI).date(), indicator_table
        with self._engine.begin() as connection:
            days = delete(table).where(table.c.dimension == _DAY, table.c.day < day)
            months = delete(table).where(table.c.dimension != _DAY, table.c.day <= _month_before(day))
            return int(connection.execute(days).rowcount + connection.execute(months).rowcount)

    def _open_days(self, connection: Connection) -> Iterator[date]:
        """The days that are not counted yet, today the last."""
        today = self._now().astimezone(HELSINKI).date()
        last = connection.execute(
            select(func.max(indicator_table.c.day)).where(indicator_table.c.dimension == _DAY)
        ).scalar()
        if last is None:
            moments = (
                connection.execute(select(func.min(column))).scalar()
                for column in (question_table.c.at, feedback_table.c.given, hand_off_table.c.created)
            )
            first = min((moment.astimezone(HELSINKI).date() for moment in moments if moment), default=today)
        else:
            first = last + timedelta(days=1)
        day = min(first, today)
        while day <= today:
            yield day
            day += timedelta(days=1)

    def _add(self, days: Sequence[date]) -> bool:
        """Add days of one month to it; false where another process does."""
        table, month = indicator_table, days[0].replace(day=1)
        try:
            with self._engine.begin() as connection:
                whole: dict[Key, Count] = {}
                for day in days:
                    counted = self._counted(connection, day)
                    questions = counted.pop((_DAY, ""))
                    connection.execute(insert(table).values(day=day, dimension=_DAY, value="", **asdict(questions)))
                    for key, count in counted.items():
                        whole.setdefault(key, Count()).add(count)
                for (dimension, value), count in sorted(whole.items()):
                    found = (table.c.day == month, table.c.dimension == dimension, table.c.value == value)
                    sums = {name: table.c[name] + number for name, number in asdict(count).items()}
                    if not connection.execute(update(table).where(*found).values(sums)).rowcount:
                        row = {"day": month, "dimension": dimension, "value": value, **asdict(count)}
                        connection.execute(insert(table).values(row))
        except IntegrityError:
            return False
        return True

    def _counted(self, connection: Connection, day: date) -> dict[Key, Count]:
        begin, end = (datetime.combine(one, time(), HELSINKI) for one in (day, day + timedelta(days=1)))
        counts: dict[Key, Count] = {(_DAY, ""): Count()}

        def note(dimension: str, value: object, count: Count) -> None:
            counts.setdefault((dimension, "" if value is None else str(value)[:100]), Count()).add(count)

        self._questions(connection, begin, end, note)
        self._feedback(connection, begin, end, note)
        self._hand_offs(connection, begin, end, note)
        return counts

    def _questions(
        self, connection: Connection, begin: datetime, end: datetime, note: Callable[[str, object, Count], None]
    ) -> None:
        table = question_table
        names = ("status", "language", "topic", "municipality", "situation", "channel", "hour", "milliseconds")
        columns = [table.c[name] for name in names]
        weekday = str(begin.weekday())
        for row in connection.execute(select(*columns).where(table.c.at >= begin, table.c.at < end)):
            count = Count(1, int(row.status in ANSWERED), int(row.status in ABSTAINED))
            note(_DAY, None, count)
            note("outcome", row.status, count)
            note("weekday", weekday, count)
            for name in ("language", "topic", "municipality", "situation", "channel", "hour"):
                note(name, getattr(row, name), count)
            if row.milliseconds is not None:
                note("milliseconds", class_of(row.milliseconds), count)

    def _feedback(
        self, connection: Connection, begin: datetime, end: datetime, note: Callable[[str, object, Count], None]
    ) -> None:
        table = feedback_table
        columns = (table.c.verdict, table.c.reasons)
        for verdict, reasons in connection.execute(select(*columns).where(table.c.given >= begin, table.c.given < end)):
            note("verdict", verdict, Count(1))
            for reason in reasons:
                note("reason", reason, Count(1))

    def _hand_offs(
        self, connection: Connection, begin: datetime, end: datetime, note: Callable[[str, object, Count], None]
    ) -> None:
        table = hand_off_table
        # The indexes begin with the state.
        here = table.c.state.in_(_STATES)
        left = select(table.c.language, table.c.reason).where(here, table.c.created >= begin, table.c.created < end)
        for language, reason in connection.execute(left):
            note("hand_off_language", language, Count(1))
            note("hand_off_reason", reason, Count(1))
        moments = select(table.c.created, table.c.first_answered).where(
            table.c.first_answered >= begin, table.c.first_answered < end
        )
        for created, answered in connection.execute(moments):
            minutes = self._hours.open_time(created, answered).total_seconds() / 60
            note("hand_off_minutes", class_of(minutes), Count(1))


def class_of(number: float) -> int:
    """The class of a time: 0 up to 1, then each 10 % wider than the one before."""
    return max(0, math.ceil(math.log(number) / _STEP)) if number > 0 else 0


def quantile(classes: Mapping[int, int], share: float) -> float | None:
    """The time below which ``share`` of all were: the middle of its class, at most 5 % off."""
    total = sum(classes.values())
    if not total:
        return None
    seen = 0
    for number, count in sorted(classes.items()):
        seen += count
        if seen >= share * total:
            return math.exp((number - 0.5) * _STEP) if number else 1.0
    raise AssertionError("the last class reaches every share")


def summed(counts: Counts, dimension: str, least: int = 1) -> Counter[str]:
    """How often each value of a dimension came up, all months together that have ``least`` of it: else a longer time
    minus a shorter one told how few there were. For times, not to be told as they are."""
    found: Counter[str] = Counter()
    for month in counts.months.values():
        own = Counter({value: count.asked for (name, value), count in month.items() if name == dimension})
        if own.total() >= least:
            found.update(own)
    return found


def _next_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)


def _month_before(day: date) -> date:
    """The first day of the last month that is over on ``day``."""
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)
