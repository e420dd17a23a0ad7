"""Rows about questions, and the words that their askers let us keep: how they end. Blocks."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, Engine, delete, or_, update

from web.desk.tables import question_table as table
from web.feedback import digest
from web.storage import wipe

_NO_WORDS = {"question": None, "vector": None, "conversation": None}


class KeptQuestions:
    """What ``web.desk.question_log`` keeps in the database, to delete it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def forget_words(self, keys: Iterable[str], conversation: str | None = None) -> int:
        """Delete the words of these questions and of this conversation; how many there were. What is left belongs to
        no conversation any more."""
        theirs: ColumnElement[bool] = table.c.answer.in_([digest(key) for key in keys])
        if conversation:
            theirs = or_(theirs, table.c.conversation == digest(conversation))
        forgotten = self._forget(theirs)
        with self._engine.begin() as connection:
            connection.execute(update(table).where(theirs).values(answer=None))
        return forgotten

    def close(self, ids: Collection[int]) -> int:
        """Delete the words of questions that were dealt with; how many."""
        return self._forget(table.c.id.in_(list(ids)))

    def purge(self, before: datetime) -> int:
        """Delete rows of questions asked before a moment; how many."""
        with self._engine.begin() as connection:
            deleted = connection.execute(delete(table).where(table.c.at < before)).rowcount
        if deleted:
            wipe(self._engine)
        return deleted

    def purge_words(self, before: datetime) -> int:
        """Delete the words of questions asked before a moment; how many."""
        return self._forget(table.c.at < before)

    def _forget(self, condition: ColumnElement[bool]) -> int:
        with self._engine.begin() as connection:
            # Whose words they were can no longer be asked either.
            statement = update(table).where(condition, table.c.question.is_not(None))
            forgotten = connection.execute(statement.values(_NO_WORDS | {"answer": None})).rowcount
        if forgotten:
            wipe(self._engine)
        return forgotten
