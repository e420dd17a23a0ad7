"""Who may use the desk, and as what."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Engine, insert, select

from web.desk.tables import account_table as table


class Role(StrEnum):
    """What an account may do. One account may have several."""

    ADVISOR = "advisor"
    """Asks for clients, answers what residents hand over."""
    EDITOR = "editor"
    """Mends cards and documents, reads flags and insight."""
    EVALUATOR = "evaluator"
    """Runs suites, reads flags and insight."""
    ADMINISTRATOR = "administrator"
    """Accounts, sessions, the audit log and retention; reads no conversation."""


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may sign in. ``language`` is the desk's for them."""

    id: int
    name: str
    display_name: str
    roles: frozenset[Role]
    language: str = "fi"


class Accounts:
    """Accounts in the database. Blocks."""

    def __init__(self, engine: Engine, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._engine = engine
        self._now = now

    def create(self, name: str, roles: Iterable[Role], *, display_name: str = "", language: str = "fi") -> Account:
        """A new account, without a way to sign in yet."""
        values: dict[str, Any] = {
            "name": name.strip().lower(),
            "display_name": display_name or name,
            "roles": sorted(role.value for role in roles),
            "language": language,
            "active": True,
            "created": self._now(),
            "failures": 0,
        }
        with self._engine.begin() as connection:
            id = connection.execute(insert(table).values(values).returning(table.c.id)).scalar_one()
        found = self.get(int(id))
        assert found is not None
        return found

    def get(self, id: int) -> Account | None:
        """The account, unless it was closed."""
        with self._engine.connect() as connection:
            statement = select(table).where(table.c.id == id, table.c.active)
            row = connection.execute(statement).mappings().one_or_none()
        if row is None:
            return None
        roles = frozenset(Role(role) for role in row["roles"])
        return Account(row["id"], row["name"], row["display_name"], roles, row["language"])
