"""Cards and documents that an account wants at hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import Engine, delete, insert, select
from sqlalchemy.exc import IntegrityError

from web.desk.accounts import Account
from web.desk.tables import pin_table as table

MOST = 50


class Pins:
    """Ids of pinned documents in the database. Blocks."""

    def __init__(self, engine: Engine, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._engine = engine
        self._now = now

    def of(self, account: Account) -> list[str]:
        """In the order they were pinned."""
        statement = select(table.c.document).where(table.c.account == account.id).order_by(table.c.id).limit(MOST)
        with self._engine.connect() as connection:
            return list(connection.execute(statement).scalars())

    def pin(self, account: Account, document: str) -> None:
        """Nothing happens to one that is pinned already, or to one more than MOST."""
        if len(self.of(account)) >= MOST:
            return
        values = {"account": account.id, "document": document, "created": self._now()}
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(table).values(values))
        except IntegrityError:
            return

    def unpin(self, account: Account, document: str) -> None:
        with self._engine.begin() as connection:
            connection.execute(delete(table).where(table.c.account == account.id, table.c.document == document))
