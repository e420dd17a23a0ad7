"""Who did what at the desk: an entry for each read of a conversation and each change."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Engine, delete, insert, select

from web.desk.accounts import Account
from web.desk.tables import audit_table as table

NOBODY = "-"
"""Stands for whoever is not signed in, and for the command line."""


@dataclass(frozen=True, slots=True)
class Entry:
    """``account_name`` did ``action`` to ``subject``. An account's name outlives the account."""

    id: int
    at: datetime
    account: int | None
    account_name: str
    action: str
    subject: str | None
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries: of an account by its name, of an action or a kind of them (``hand_off``), of a subject by its id,
    from one moment until before another."""

    account: str | None = None
    action: str | None = None
    subject: str | None = None
    since: datetime | None = None
    until: datetime | None = None


class AuditLog:
    """Entries in the database; none is ever changed, which the database itself refuses. Blocks."""

    def __init__(self, engine: Engine, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._engine = engine
        self._now = now

    def note(self, account: Account | None, action: str, subject: str | int | None = None, **details: Any) -> None:
        """Note that ``account`` did ``action`` ("hand_off.read", "card.changed") to ``subject``, its id.

        ``details`` hold no words of residents. No account is whoever is not signed in, or the command line.
        """
        values = {
            "at": self._now(),
            "account": account.id if account else None,
            "account_name": account.name if account else NOBODY,
            "action": action,
            "subject": None if subject is None else str(subject),
            "details": details,
        }
        with self._engine.begin() as connection:
            connection.execute(insert(table).values(values))

    def find(self, chosen: Filter, *, before: int | None = None, most: int = 50) -> list[Entry]:
        """The newest entries first, from the one before the id ``before``."""
        conditions = _conditions(chosen)
        if before is not None:
            conditions.append(table.c.id < before)
        statement = select(table).where(*conditions).order_by(table.c.id.desc()).limit(most)
        with self._engine.connect() as connection:
            return [Entry(**row) for row in connection.execute(statement).mappings()]

    def all(self, chosen: Filter) -> Iterator[Entry]:
        """Every entry, the newest first, read as they are needed."""
        before = None
        while entries := self.find(chosen, before=before, most=1000):
            yield from entries
            before = entries[-1].id

    def actions(self) -> list[str]:
        """What was ever done, for a list to choose from."""
        with self._engine.connect() as connection:
            return list(connection.execute(select(table.c.action).distinct().order_by(table.c.action)).scalars())

    def purge(self, before: datetime) -> int:
        """Delete entries from before a moment; how many."""
        with self._engine.begin() as connection:
            return connection.execute(delete(table).where(table.c.at < before)).rowcount


def _conditions(chosen: Filter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if chosen.account:
        conditions.append(table.c.account_name == chosen.account.strip().lower())
    if chosen.action:
        kind = table.c.action.startswith(f"{chosen.action}.", autoescape=True)
        conditions.append((table.c.action == chosen.action) | kind)
    if chosen.subject:
        conditions.append(table.c.subject == chosen.subject)
    if chosen.since:
        conditions.append(table.c.at >= chosen.since)
    if chosen.until:
        conditions.append(table.c.at < chosen.until)
    return conditions
