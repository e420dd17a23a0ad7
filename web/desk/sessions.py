"""Sessions of people who signed in at the desk. The database knows the digest of a cookie, never the cookie."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, delete, insert, select, update

from web.desk.accounts import Account, Accounts
from web.desk.settings import SignInSettings
from web.desk.tables import session_table as table


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody signed in. ``csrf`` is what their forms prove themselves with."""

    id: int
    account: Account
    csrf: str


class Sessions:
    """Sessions in the database. Blocks."""

    def __init__(
        self,
        engine: Engine,
        accounts: Accounts,
        settings: SignInSettings,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._engine = engine
        self._accounts = accounts
        self._settings = settings
        self._now = now

    def begin(self, account: Account, device: str = "") -> str:
        """The cookie's value of a new session."""
        token, now = secrets.token_urlsafe(32), self._now()
        values = {
            "token": _digest(token),
            "csrf": secrets.token_urlsafe(32),
            "account": account.id,
            "created": now,
            "seen": now,
            "device": device[:200],
        }
        with self._engine.begin() as connection:
            connection.execute(insert(table).values(values))
        return token

    def find(self, token: str) -> Session | None:
        """The session of a cookie's value, unless it is over."""
        now = self._now()
        alive = (
            table.c.seen > now - timedelta(minutes=self._settings.idle_minutes),
            table.c.created > now - timedelta(hours=self._settings.session_hours),
        )
        with self._engine.begin() as connection:
            statement = select(table).where(table.c.token == _digest(token), *alive)
            row = connection.execute(statement).mappings().one_or_none()
            # Once a minute is enough: each page of the desk makes several requests.
            if row and now - row["seen"] > timedelta(minutes=1):
                connection.execute(update(table).where(table.c.id == row["id"]).values(seen=now))
        account = self._accounts.get(row["account"]) if row else None
        return Session(row["id"], account, row["csrf"]) if row and account else None

    def end(self, id: int) -> None:
        with self._engine.begin() as connection:
            connection.execute(delete(table).where(table.c.id == id))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
