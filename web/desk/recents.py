"""Questions an account asked lately, to ask them again: masked, and nobody else's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, delete, insert, select

from assistant.questions import Profile, Situation
from web.desk.accounts import Account
from web.desk.tables import recent_question_table as table

SHOWN = 12
MOST = 50
"""Kept of an account."""


@dataclass(frozen=True, slots=True)
class RecentQuestion:
    """A question as it was asked; ``language`` is the client's text."""

    id: int
    at: datetime
    question: str
    language: str
    profile: Profile


class Recents:
    """Recent questions in the database, for ``days``. Blocks."""

    def __init__(self, engine: Engine, days: int, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._engine = engine
        self._days = days
        self._now = now

    def note(self, account: Account, question: str, language: str, profile: Profile) -> None:
        """Keep a masked question; one that is asked again goes first."""
        values = {
            "account": account.id,
            "at": self._now(),
            "question": question,
            "language": language,
            "municipality": profile.municipality,
            "situation": profile.situation and profile.situation.value,
        }
        own = table.c.account == account.id
        with self._engine.begin() as connection:
            connection.execute(delete(table).where(own, table.c.question == question, table.c.language == language))
            connection.execute(insert(table).values(values))
            older = select(table.c.id).where(own).order_by(table.c.at.desc(), table.c.id.desc()).offset(MOST).limit(100)
            ids = connection.execute(older).scalars().all()
            if ids:
                connection.execute(delete(table).where(table.c.id.in_(ids)))

    def of(self, account: Account, most: int = SHOWN) -> list[RecentQuestion]:
        """The latest first."""
        since = self._now() - timedelta(days=self._days)
        statement = (
            select(table)
            .where(table.c.account == account.id, table.c.at > since)
            .order_by(table.c.at.desc(), table.c.id.desc())
            .limit(most)
        )
        with self._engine.connect() as connection:
            rows = connection.execute(statement).mappings().all()
        return [
            RecentQuestion(
                row["id"],
                row["at"],
                row["question"],
                row["language"],
                Profile(row["municipality"], Situation(row["situation"]) if row["situation"] else None),
            )
            for row in rows
        ]

    def get(self, account: Account, id: int) -> RecentQuestion | None:
        return next((one for one in self.of(account, MOST) if one.id == id), None)

    def forget(self, account: Account, id: int | None = None) -> None:
        """Delete one of the account's questions, or all."""
        own = [table.c.account == account.id]
        with self._engine.begin() as connection:
            connection.execute(delete(table).where(*own, *([table.c.id == id] if id is not None else [])))
