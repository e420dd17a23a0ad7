"""Who read which text of a card, and which words they read: another text is unread again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine, delete, insert, select

from corpus.overlays import body_digest
from web.desk.accounts import Account
from web.desk.tables import reviewed_text_table as table


@dataclass(frozen=True, slots=True)
class ReviewedText:
    """``digest`` is that of the words that were read; ``account`` is ``None`` once it was deleted."""

    card: str
    language: str
    digest: str
    at: datetime
    account: int | None

    def is_of(self, text: str) -> bool:
        """Whether these are the words of a text's file."""
        return self.digest == body_digest(text)


class ReviewedTexts:
    """The last review of each text, in the database. ``language`` is a text's name ("so", "fi-selko"). Blocks."""

    def __init__(self, engine: Engine, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._engine = engine
        self._now = now

    def note(self, account: Account, card: str, language: str, text: str) -> None:
        """``account`` has read ``text``, a file's whole text."""
        values = {
            "card": card,
            "language": language,
            "digest": body_digest(text),
            "at": self._now(),
            "account": account.id,
        }
        with self._engine.begin() as connection:
            connection.execute(delete(table).where(table.c.card == card, table.c.language == language))
            connection.execute(insert(table).values(values))

    def of(self, card: str, language: str) -> ReviewedText | None:
        columns = [column for column in table.c if column is not table.c.id]
        statement = select(*columns).where(table.c.card == card, table.c.language == language)
        with self._engine.connect() as connection:
            row = connection.execute(statement).mappings().one_or_none()
        return ReviewedText(**row) if row else None
