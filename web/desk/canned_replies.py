"""Replies that are written once, in each language by people, and sent many times."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine, delete, insert, select, update

from web.desk.accounts import Account
from web.desk.tables import canned_reply_table as table

MOST_TITLE = 200
MOST_TEXT = 2000
MOST_REPLIES = 500


@dataclass(frozen=True, slots=True)
class CannedReply:
    """``texts`` by language; never empty."""

    id: int
    title: str
    texts: Mapping[str, str]
    updated: datetime


class InvalidReply(Exception):
    """A reply that cannot be kept: without a title or a text, or too long."""


class CannedReplies:
    """Canned replies in the database. Blocks."""

    def __init__(self, engine: Engine, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._engine = engine
        self._now = now

    def all(self) -> list[CannedReply]:
        """By title."""
        statement = select(table.c.id, table.c.title, table.c.texts, table.c.updated)
        with self._engine.connect() as connection:
            rows = connection.execute(statement.order_by(table.c.title, table.c.id).limit(MOST_REPLIES))
            return [CannedReply(*row) for row in rows]

    def get(self, id: int) -> CannedReply | None:
        statement = select(table.c.id, table.c.title, table.c.texts, table.c.updated).where(table.c.id == id)
        with self._engine.connect() as connection:
            row = connection.execute(statement).one_or_none()
        return CannedReply(*row) if row else None

    def keep(self, account: Account, title: str, texts: Mapping[str, str], id: int | None = None) -> int:
        """A new reply, or the one with ``id`` changed; its id. Raises InvalidReply."""
        title = title.strip()
        written = {code: text.strip() for code, text in texts.items() if text.strip()}
        if not title or len(title) > MOST_TITLE or not written or any(len(one) > MOST_TEXT for one in written.values()):
            raise InvalidReply
        values = {"title": title, "texts": written, "updated": self._now(), "updated_by": account.id}
        with self._engine.begin() as connection:
            if id is None:
                return int(connection.execute(insert(table).values(values).returning(table.c.id)).scalar_one())
            if not connection.execute(update(table).where(table.c.id == id).values(values)).rowcount:
                raise InvalidReply
        return id

    def delete(self, id: int) -> None:
        with self._engine.begin() as connection:
            connection.execute(delete(table).where(table.c.id == id))
