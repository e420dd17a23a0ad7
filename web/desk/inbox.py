"""The inbox: lists of hand-offs without a word that was said, and who works on which."""

from __future__ import annotations

import base64
import binascii
import heapq
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Engine, and_, func, or_, select, update

from web.desk.accounts import Account, Role
from web.desk.hand_off import STATES, NoHandOff, Reason, State
from web.desk.opening_hours import OpeningHours
from web.desk.tables import account_table
from web.desk.tables import hand_off_table as table
from web.storage import lock

View = Literal["open", "new", "assigned", "answered", "closed"]

VIEWS: tuple[View, ...] = ("open", "new", "assigned", "answered", "closed")
_STATES_OF: dict[View, tuple[State, ...]] = {"open": ("new", "assigned")}
_NEWEST_FIRST = ("answered", "closed")
"""What waits is shown the oldest first; what is done, the latest first."""
ROWS = 50


@dataclass(frozen=True, slots=True)
class Listed:
    """A hand-off as a list shows it. ``assigned_to`` is a display name; ``waited`` is open time."""

    id: str
    created: datetime
    updated: datetime
    state: State
    reason: Reason
    language: str
    municipality: str | None
    topic: str | None
    assigned_to: str | None
    waited: timedelta | None
    late: bool


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, and where the next ones begin."""

    rows: tuple[Listed, ...]
    following: str | None


class Inbox:
    """Lists and assignment. ``target`` is the open time after which a wait is late. Blocks."""

    def __init__(
        self,
        engine: Engine,
        hours: OpeningHours,
        target: timedelta,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._engine = engine
        self._hours = hours
        self._target = target
        self._now = now

    def page(
        self, view: View = "open", *, mine: Account | None = None, language: str | None = None, after: str = ""
    ) -> Page:
        """``mine``: only what this account works on. ``after`` is a Page's ``following``; nonsense begins anew.

        Each state is read along its own index from where the page before ended, so that no page costs more than
        another.
        """
        newest = view in _NEWEST_FIRST
        moment = table.c.updated if newest else table.c.created
        columns = (
            table.c.id,
            table.c.created,
            table.c.updated,
            table.c.state,
            table.c.reason,
            table.c.language,
            table.c.municipality,
            table.c.topic,
            account_table.c.display_name.label("assigned_to"),
            table.c.waiting_since,
        )
        narrowed: list[ColumnElement[bool]] = [table.c.assigned_to == mine.id] if mine else []
        narrowed += [table.c.language == language] if language else []
        if place := _place(after):
            at, id = place
            beyond = moment < at if newest else moment > at
            # Said twice over, so that the index is entered where the page before ended.
            narrowed.append(moment <= at if newest else moment >= at)
            narrowed.append(or_(beyond, and_(moment == at, table.c.id > id)))
        rows: list[list[Mapping[str, Any]]] = []
        with self._engine.connect() as connection:
            for state in _STATES_OF.get(view, (view,)):
                statement = (
                    select(*columns)
                    .outerjoin(account_table, account_table.c.id == table.c.assigned_to)
                    .where(table.c.state == state, *narrowed)
                    .order_by(moment.desc() if newest else moment, table.c.id)
                    .limit(ROWS + 1)
                )
                rows.append([dict(row) for row in connection.execute(statement).mappings()])
        merged = list(heapq.merge(*rows, key=lambda row: (row["created"], row["id"]))) if len(rows) > 1 else rows[0]
        shown = merged[:ROWS]
        last = shown[-1] if len(merged) > ROWS else None
        following = _mark(last["updated" if newest else "created"], last["id"]) if last else None
        return Page(tuple(map(self._listed, shown)), following)

    def counts(self) -> dict[State, int]:
        """How many there are in each state."""
        with self._engine.connect() as connection:
            found = connection.execute(select(table.c.state, func.count()).group_by(table.c.state))
            counted = {row[0]: row[1] for row in found}
        return {state: counted.get(state, 0) for state in STATES}

    def waited(self, since: datetime | None) -> tuple[timedelta | None, bool]:
        """How much open time somebody has waited, and whether that is late."""
        if since is None:
            return None, False
        waited = self._hours.open_time(since, self._now())
        return waited, waited > self._target

    def colleagues(self) -> list[tuple[int, str]]:
        """Accounts that a hand-off may be given to, by name."""
        statement = select(account_table.c.id, account_table.c.display_name, account_table.c.roles)
        with self._engine.connect() as connection:
            rows = connection.execute(statement.where(account_table.c.active)).all()
        return sorted(((row.id, row.display_name) for row in rows if Role.ADVISOR in row.roles), key=lambda one: one[1])

    def names(self, accounts: Iterable[int | None]) -> dict[int, str]:
        """Display names of accounts, closed ones included."""
        ids = {id for id in accounts if id is not None}
        statement = select(account_table.c.id, account_table.c.display_name).where(account_table.c.id.in_(ids))
        with self._engine.connect() as connection:
            return {row.id: row.display_name for row in connection.execute(statement)}

    def assign(self, id: str, account: int | None, *, expected: int | None) -> bool:
        """Give a hand-off to an advisor, or to nobody; false where it is not ``expected``'s any more, or closed.

        Raises NoHandOff.
        """
        with self._engine.begin() as connection:
            lock(connection)
            row = connection.execute(select(table.c.state).where(table.c.id == id).with_for_update()).one_or_none()
            if row is None:
                raise NoHandOff
            values: dict[str, Any] = {"assigned_to": account}
            if row.state in ("new", "assigned"):
                values["state"] = "assigned" if account else "new"
            owner = table.c.assigned_to == expected if expected is not None else table.c.assigned_to.is_(None)
            statement = update(table).where(table.c.id == id, table.c.state != "closed", owner)
            return bool(connection.execute(statement.values(values)).rowcount)

    def close(self, id: str) -> None:
        """Raises NoHandOff."""
        self._change(id, {"state": "closed", "closed": self._now(), "waiting_since": None}, lambda state: True)

    def reopen(self, id: str) -> None:
        """A closed one waits again. Raises NoHandOff."""
        self._change(
            id, {"state": "new", "closed": None, "waiting_since": self._now()}, lambda state: state == "closed"
        )

    def _change(self, id: str, values: dict[str, Any], fits: Callable[[str], bool]) -> None:
        with self._engine.begin() as connection:
            lock(connection)
            statement = select(table.c.state, table.c.assigned_to).where(table.c.id == id).with_for_update()
            row = connection.execute(statement).one_or_none()
            if row is None:
                raise NoHandOff
            if values["state"] == "new" and row.assigned_to:
                values["state"] = "assigned"
            if fits(row.state):
                connection.execute(update(table).where(table.c.id == id).values(values | {"updated": self._now()}))

    def _listed(self, row: Mapping[str, Any]) -> Listed:
        waited, late = self.waited(row["waiting_since"])
        rest = {name: value for name, value in row.items() if name != "waiting_since"}
        return Listed(**rest, waited=waited, late=late)


def _mark(at: datetime, id: str) -> str:
    return base64.urlsafe_b64encode(f"{at.isoformat()} {id}".encode()).decode()


def _place(mark: str) -> tuple[datetime, str] | None:
    try:
        at, id = base64.urlsafe_b64decode(mark.encode()).decode().split(" ")
        moment = datetime.fromisoformat(at)
    except (ValueError, binascii.Error):
        return None
    return (moment, id) if moment.tzinfo else None
