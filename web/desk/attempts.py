"""How often somebody failed to sign in: after a few times they must wait, longer each time.

Counted by the name that was typed, whether there is such an account or not, and by where it came from. A name or
address is kept only as a digest under the desk's key.

MustWait  no attempt is taken now
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from web.desk.accounts import normal_name
from web.desk.tables import attempt_table as table
from web.desk.vault import Vault

NAME_ALLOWANCE, CLIENT_ALLOWANCE = 5, 30
"""Failures before the first wait. Behind one address there may be all advisors of a service point."""

_FIRST, _LONGEST = timedelta(seconds=30), timedelta(minutes=15)

FORGOTTEN = timedelta(days=1)
"""After the last failure."""


class MustWait(Exception):
    """No attempt is taken now, for ``seconds``."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Attempts:
    """Failures in the database. Blocks."""

    def __init__(self, engine: Engine, vault: Vault, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._engine = engine
        self._vault = vault
        self._now = now

    def begin(self, name: str, client: str) -> None:
        """Count an attempt as failed until ``succeeded`` says otherwise, so that many at once are no way round.

        Raises MustWait.
        """
        now = self._now()
        keys = ((self._of_name(name), NAME_ALLOWANCE), (self._of_client(client), CLIENT_ALLOWANCE))
        with self._engine.begin() as connection:
            until = [one for key, _ in keys if (one := self._locked_until(connection, key))]
        if until and max(until) > now:
            raise MustWait(math.ceil((max(until) - now).total_seconds()))
        for key, allowance in keys:
            self._count(key, allowance, now)

    def succeeded(self, name: str, client: str) -> None:
        """The attempt that began was none that failed. What others failed from there stays counted."""
        with self._engine.begin() as connection:
            connection.execute(delete(table).where(table.c.key == self._of_name(name)))
            mine = table.c.key == self._of_client(client)
            connection.execute(
                update(table).where(mine, table.c.failures > 0).values(failures=table.c.failures - 1, locked_until=None)
            )

    def locked_until(self, name: str) -> datetime | None:
        """Until when nobody signs in with this name, if that is so."""
        with self._engine.connect() as connection:
            until = self._locked_until(connection, self._of_name(name))
        return until if until and until > self._now() else None

    def unlock(self, name: str) -> None:
        with self._engine.begin() as connection:
            connection.execute(delete(table).where(table.c.key == self._of_name(name)))

    def purge(self) -> int:
        """Delete what is forgotten; how many."""
        with self._engine.begin() as connection:
            return connection.execute(delete(table).where(table.c.last < self._now() - FORGOTTEN)).rowcount

    def _count(self, key: str, allowance: int, now: datetime) -> None:
        mine = table.c.key == key
        with self._engine.begin() as connection:
            connection.execute(delete(table).where(mine, table.c.last < now - FORGOTTEN))
            # Of many at once, those that come after the one that brought the wait see it here.
            free = or_(table.c.locked_until.is_(None), table.c.locked_until <= now)
            counting = update(table).where(mine, free).values(failures=table.c.failures + 1, last=now)
            failures = connection.execute(counting.returning(table.c.failures)).scalar_one_or_none()
            if failures is None and (until := self._locked_until(connection, key)):
                raise MustWait(math.ceil((until - now).total_seconds()))
            if failures is not None and failures >= allowance:
                wait = min(_FIRST * 2 ** min(failures - allowance, 10), _LONGEST)
                connection.execute(update(table).where(mine).values(locked_until=now + wait))
        if failures is None:
            try:
                with self._engine.begin() as connection:
                    connection.execute(insert(table).values(key=key, failures=1, last=now))
            except IntegrityError:  # another attempt came between
                self._count(key, allowance, now)

    def _locked_until(self, connection: Connection, key: str) -> datetime | None:
        until: datetime | None = connection.execute(
            select(table.c.locked_until).where(table.c.key == key)
        ).scalar_one_or_none()
        return until

    def _of_name(self, name: str) -> str:
        return self._vault.digest("attempt", "name", normal_name(name))

    def _of_client(self, client: str) -> str:
        return self._vault.digest("attempt", "client", client)
