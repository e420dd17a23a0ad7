"""When somebody answers at the desk, by the clock of Helsinki, and how long somebody has waited while it was open."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from web.desk.settings import HandOffSettings, Weekday

HELSINKI = ZoneInfo("Europe/Helsinki")

_WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LONGEST_LOOK = timedelta(days=366)
"""A desk that is closed for longer never opens, as far as anybody is told."""


class OpeningHours:
    """Spans of time in which the desk is open; always, where no hours are set. Moments are in UTC."""

    def __init__(self, settings: HandOffSettings) -> None:
        self._hours = settings.hours
        self._closed = frozenset(settings.closed_days)
        self._known: dict[date, tuple[datetime, datetime] | None] = {}

    def is_open(self, now: datetime) -> bool:
        return any(begin <= now < end for begin, end in self._spans(now, now + timedelta(minutes=1)))

    def next_opening(self, now: datetime) -> datetime | None:
        """When the desk opens again, in Helsinki's time; ``None`` while it is open, or if it never does."""
        if self.is_open(now):
            return None
        begins = (begin for begin, _ in self._spans(now, now + _LONGEST_LOOK) if begin > now)
        following = next(begins, None)
        return following and following.astimezone(HELSINKI)

    def open_time(self, since: datetime, until: datetime) -> timedelta:
        """How much of the time between two moments the desk was open."""
        spans = ((max(begin, since), min(end, until)) for begin, end in self._spans(since, until))
        return sum((end - begin for begin, end in spans if end > begin), timedelta())

    def _spans(self, since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The spans that may touch those between two moments, in order."""
        if not self._hours:
            yield since, until
            return
        day, last = since.astimezone(HELSINKI).date(), until.astimezone(HELSINKI).date()
        while day <= last:
            if day not in self._known:
                self._known[day] = self._span(day)
            if span := self._known[day]:
                yield span
            day += timedelta(days=1)

    def _span(self, day: date) -> tuple[datetime, datetime] | None:
        """When the desk is open on a day."""
        hours = None if day in self._closed else self._hours.get(_WEEKDAYS[day.weekday()])
        if not hours:
            return None
        begin, end = hours.split("-")
        midnight = datetime.combine(day + timedelta(days=1), time(), HELSINKI)
        closing = midnight if end == "24:00" else datetime.combine(day, time.fromisoformat(end), HELSINKI)
        opening = datetime.combine(day, time.fromisoformat(begin), HELSINKI)
        return opening.astimezone(UTC), closing.astimezone(UTC)
