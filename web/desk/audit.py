"""Who did what at the desk: an entry for each read of a conversation and each change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, insert

from web.desk.accounts import Account
from web.desk.tables import audit_table as table


class AuditLog:
    """Entries in the database; none is ever changed. Blocks."""

    def __init__(self, engine: Engine, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._engine = engine
        self._now = now

    def note(self, account: Account, action: str, subject: str | None = None, **details: Any) -> None:
        """Note that ``account`` did ``action`` ("hand_off.read", "card.changed") to ``subject``, its id.

        ``details`` hold no words of residents.
        """
        values = {
            "at": self._now(),
            "account": account.id,
            "account_name": account.name,
            "action": action,
            "subject": subject,
            "details": details,
        }
        with self._engine.begin() as connection:
            connection.execute(insert(table).values(values))
