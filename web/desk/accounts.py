"""Who may use the desk, and as what.

AccountError    what is asked cannot be done with this account
  NameTaken     another account has the name
  LastAdministrator  nobody could administer the desk any more
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Literal

from sqlalchemy import Connection, Engine, RowMapping, insert, select, update
from sqlalchemy.exc import IntegrityError

from web.desk.tables import account_table as table
from web.storage import lock

INVITATION_TIME = timedelta(hours=1)

State = Literal["invited", "active", "closed"]


class AccountError(Exception):
    """What is asked cannot be done with this account."""


class NameTaken(AccountError):
    """Another account has the name."""


class LastAdministrator(AccountError):
    """Nobody could administer the desk any more."""


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


@dataclass(frozen=True, slots=True)
class Listed:
    """An account as administrators see it. ``city`` ones sign in elsewhere, and have their roles from there."""

    account: Account
    state: State
    created: datetime
    city: bool


class Accounts:
    """Accounts in the database. Blocks."""

    def __init__(self, engine: Engine, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._engine = engine
        self._now = now

    def create(
        self,
        name: str,
        roles: Iterable[Role],
        *,
        display_name: str = "",
        language: str = "fi",
        subject: str | None = None,
    ) -> Account:
        """A new account. Without ``subject``, its name at the city's sign-in, it cannot sign in before it accepts an
        invitation. Raises NameTaken."""
        values: dict[str, Any] = {
            "name": normal_name(name),
            "display_name": " ".join(_printable(display_name).split()) or _printable(name).strip(),
            "roles": _stored(roles),
            "language": language,
            "active": True,
            "created": self._now(),
            "subject": _digest(subject) if subject else None,
        }
        try:
            with self._engine.begin() as connection:
                id = connection.execute(insert(table).values(values).returning(table.c.id)).scalar_one()
        except IntegrityError as error:
            raise NameTaken(f'there is an account "{values["name"]}" already') from error
        found = self.get(int(id))
        assert found is not None
        return found

    def get(self, id: int) -> Account | None:
        """The account, unless it was closed."""
        listed = self._one(table.c.id == id)
        return listed.account if listed and listed.state != "closed" else None

    def listed(self, id: int) -> Listed | None:
        """The account, closed or not."""
        return self._one(table.c.id == id)

    def named(self, name: str) -> Listed | None:
        """The account with this name, closed or not."""
        return self._one(table.c.name == normal_name(name))

    def of_subject(self, subject: str) -> Listed | None:
        """The account of somebody the city's sign-in knows by this name, closed or not."""
        return self._one(table.c.subject == _digest(subject))

    def all(self) -> list[Listed]:
        """Every account, by name; closed ones last."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(table).order_by(table.c.active.desc(), table.c.name)).mappings()
            return [_listed(row) for row in rows]

    def set_roles(self, id: int, roles: Iterable[Role], *, given: bool = False) -> None:
        """Raises LastAdministrator, unless they are ``given`` by the city's sign-in, which is always right."""
        wanted = frozenset(roles)
        with self._engine.begin() as connection:
            if Role.ADMINISTRATOR not in wanted and not given:
                self._keep_an_administrator(connection, id)
            connection.execute(update(table).where(table.c.id == id).values(roles=_stored(wanted)))

    def close(self, id: int) -> None:
        """Nobody signs in with it any more; its name stays taken. Raises LastAdministrator."""
        with self._engine.begin() as connection:
            self._keep_an_administrator(connection, id)
            values = {"active": False, "invitation": None, "invited_until": None}
            connection.execute(update(table).where(table.c.id == id).values(values))

    def reopen(self, id: int) -> None:
        with self._engine.begin() as connection:
            connection.execute(update(table).where(table.c.id == id).values(active=True))

    def set_language(self, id: int, language: str) -> None:
        with self._engine.begin() as connection:
            connection.execute(update(table).where(table.c.id == id).values(language=language))

    def invite(self, id: int) -> str:
        """A code, good once and for INVITATION_TIME, to set a password with. An earlier one is no longer good."""
        code = secrets.token_urlsafe(32)
        values = {"invitation": invitation_digest(code), "invited_until": self._now() + INVITATION_TIME}
        with self._engine.begin() as connection:
            connection.execute(update(table).where(table.c.id == id).values(values))
        return code

    def invited(self, code: str) -> Account | None:
        """Whose invitation ``code`` is, while it is good."""
        open_ = (table.c.invitation == invitation_digest(code), table.c.invited_until > self._now(), table.c.active)
        listed = self._one(*open_)
        return listed.account if listed else None

    def _one(self, *conditions: Any) -> Listed | None:
        with self._engine.connect() as connection:
            row = connection.execute(select(table).where(*conditions)).mappings().one_or_none()
        return _listed(row) if row else None

    def _keep_an_administrator(self, connection: Connection, id: int) -> None:
        """Raises LastAdministrator where nobody but ``id`` administers."""
        # Locked, so that two administrators who close each other do not both succeed.
        lock(connection)
        rows = connection.execute(select(table).where(table.c.active).with_for_update()).mappings().all()
        administrators = {row["id"] for row in rows if Role.ADMINISTRATOR in row["roles"] and _can_sign_in(row)}
        if administrators == {id}:
            raise LastAdministrator("the last administrator stays one")


def is_name(name: str) -> bool:
    """Whether ``name`` may be given to a new account: 2 to 80 letters a-z, digits or ``. _ - @ +``."""
    return re.fullmatch(r"[a-z0-9][a-z0-9._@+-]{1,79}", normal_name(name)) is not None


def normal_name(name: str) -> str:
    """The name as it is compared: what the person types to sign in."""
    return _printable(name).strip().lower()


def _printable(text: str) -> str:
    """Without what no name holds and some databases refuse."""
    return "".join(letter for letter in text if letter.isprintable())


def _can_sign_in(row: RowMapping) -> bool:
    return bool(row["password_hash"] or row["subject"])


def _listed(row: RowMapping) -> Listed:
    roles = frozenset(Role(role) for role in row["roles"])
    account = Account(row["id"], row["name"], row["display_name"], roles, row["language"])
    state: State = "closed" if not row["active"] else "active" if _can_sign_in(row) else "invited"
    return Listed(account, state, row["created"], row["subject"] is not None)


def _stored(roles: Iterable[Role]) -> list[str]:
    return sorted({role.value for role in roles})


def invitation_digest(code: str) -> str:
    """What is kept of a one-time code, which is random enough for a plain hash."""
    return _digest(code)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
