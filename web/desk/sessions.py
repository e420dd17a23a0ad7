"""Sessions of people who signed in at the desk. The database knows the digest of a cookie, never the cookie."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Engine, and_, delete, func, insert, not_, select, update

from web.desk.accounts import Account, Accounts
from web.desk.settings import SignInSettings
from web.desk.tables import session_table as table


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody signed in. ``csrf`` is what their forms prove themselves with."""

    id: int
    account: Account
    csrf: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A session as its owner sees it."""

    id: int
    created: datetime
    seen: datetime
    device: str


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

    def renew(self, session: Session, device: str = "") -> str:
        """The cookie's value of a new session instead of this one, where what it may do has changed."""
        self.end(session.id)
        return self.begin(session.account, device)

    def find(self, token: str) -> Session | None:
        """The session of a cookie's value, unless it is over."""
        now = self._now()
        with self._engine.begin() as connection:
            statement = select(table).where(table.c.token == _digest(token), *self._alive(now))
            row = connection.execute(statement).mappings().one_or_none()
            # Once a minute is enough: each page of the desk makes several requests.
            if row and now - row["seen"] > timedelta(minutes=1):
                connection.execute(update(table).where(table.c.id == row["id"]).values(seen=now))
        account = self._accounts.get(row["account"]) if row else None
        return Session(row["id"], account, row["csrf"]) if row and account else None

    def of(self, account: int) -> list[Listed]:
        """The sessions of an account that are not over, the one used last first."""
        statement = select(table).where(table.c.account == account, *self._alive(self._now()))
        with self._engine.connect() as connection:
            rows = connection.execute(statement.order_by(table.c.seen.desc(), table.c.id.desc())).mappings()
            return [Listed(row["id"], row["created"], row["seen"], row["device"]) for row in rows]

    def last_seen(self) -> dict[int, datetime]:
        """When each account with a session was here last."""
        statement = select(table.c.account, func.max(table.c.seen)).group_by(table.c.account)
        with self._engine.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(statement)}

    def end(self, id: int) -> None:
        with self._engine.begin() as connection:
            connection.execute(delete(table).where(table.c.id == id))

    def end_of(self, account: int, id: int) -> bool:
        """End one session of an account; False if it has none with this id."""
        with self._engine.begin() as connection:
            mine = (table.c.id == id, table.c.account == account)
            return connection.execute(delete(table).where(*mine)).rowcount == 1

    def end_all(self, account: int, *, but: int | None = None) -> int:
        """End every session of an account, or every other; how many."""
        conditions = [table.c.account == account]
        if but is not None:
            conditions.append(table.c.id != but)
        with self._engine.begin() as connection:
            return connection.execute(delete(table).where(*conditions)).rowcount

    def purge(self) -> int:
        """Delete sessions that are over; how many."""
        with self._engine.begin() as connection:
            return connection.execute(delete(table).where(not_(and_(*self._alive(self._now()))))).rowcount

    def _alive(self, now: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        return (
            table.c.seen > now - timedelta(minutes=self._settings.idle_minutes),
            table.c.created > now - timedelta(hours=self._settings.session_hours),
        )


def device_of(user_agent: str) -> str:
    """A browser and a system such as ``Firefox, Windows``, and no more: enough to know one's own again."""
    return ", ".join(next((name for mark, name in marks if mark in user_agent), "?") for marks in (_BROWSERS, _SYSTEMS))


# The order matters: each browser also claims to be the ones after it.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
