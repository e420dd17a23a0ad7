"""Was an answer helpful: kept with how the answer came about, and in the asker's words only where they agreed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal

from sqlalchemy import ColumnElement, Engine, delete, insert, or_, select, update

from assistant.municipalities import load_names
from web.exchanges import Exchange
from web.storage import feedback_table as table
from web.storage import wipe

Verdict = Literal["yes", "no"]
Reason = Literal["wrong", "outdated", "unclear", "language", "missing", "other"]

MOST_COMMENT = 1000
"""Characters of a comment."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """What somebody says of an answer. Without ``consent``, neither the question nor ``comment`` is kept."""

    verdict: Verdict
    reasons: tuple[Reason, ...] = ()
    comment: str | None = None
    consent: bool = False


class FeedbackStore:
    """Feedback in the database, one for each answer. ``mask`` takes personal data out of a text. Blocks."""

    def __init__(
        self,
        engine: Engine,
        mask: Callable[[str], str],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._engine = engine
        self._mask = mask
        self._now = now

    def keep(self, exchange: Exchange, feedback: Feedback) -> None:
        """Keep what was said of an answer, in place of what was said of it before.

        Of a private exchange no words are kept, agreed or not.
        """
        answer = exchange.answer
        words = feedback.consent and not exchange.private
        comment = (feedback.comment or "").strip()
        row = {
            "answer": digest(exchange.key),
            "given": self._now(),
            "verdict": feedback.verdict,
            "reasons": sorted(set(feedback.reasons)),
            "status": answer.status.value,
            "language": answer.language,
            "documents": list(dict.fromkeys(c.document for s in answer.sentences for c in s.citations)),
            "build": answer.trace.get("build"),
            "trace": answer.trace
            | ({"municipalities": known_places(places)} if (places := answer.trace.get("municipalities")) else {}),
            "question": exchange.question if words else None,
            "comment": self._mask(comment) if words and comment else None,
            "conversation": digest(exchange.conversation) if words and exchange.conversation else None,
        }
        with self._engine.begin() as connection:
            replaced = connection.execute(delete(table).where(table.c.answer == row["answer"])).rowcount
            connection.execute(insert(table).values(row))
        if replaced:
            wipe(self._engine)

    def forget_words(self, keys: Iterable[str], conversation: str | None = None) -> int:
        """Delete the question and the comment of feedback on these answers and in this conversation; how many had
        any."""
        theirs: ColumnElement[bool] = table.c.answer.in_([digest(key) for key in keys])
        if conversation:
            theirs = or_(theirs, table.c.conversation == digest(conversation))
        has_words = or_(table.c.question.is_not(None), table.c.comment.is_not(None))
        with self._engine.begin() as connection:
            statement = update(table).where(theirs, has_words)
            forgotten = connection.execute(statement.values(question=None, comment=None, conversation=None)).rowcount
        if forgotten:
            wipe(self._engine)
        return forgotten

    def purge(self, before: datetime) -> int:
        """Delete feedback given before a moment; how many."""
        with self._engine.begin() as connection:
            deleted = connection.execute(delete(table).where(table.c.given < before)).rowcount
        if deleted:
            wipe(self._engine)
        return deleted

    def all(self) -> Iterator[dict[str, Any]]:
        """Every row, the oldest first, without the digests."""
        columns = [column for column in table.c if column.name not in ("answer", "conversation")]
        with self._engine.connect() as connection:
            for row in connection.execute(select(*columns).order_by(table.c.given, table.c.id)).mappings():
                yield {**row, "given": row["given"].isoformat()}


def known_places(names: Iterable[str]) -> list[str]:
    """Those that are municipalities: a profile may hold any words, and nobody agreed to keep those."""
    return [name for name in names if name in _municipalities()]


@cache
def _municipalities() -> frozenset[str]:
    return frozenset(load_names())


def digest(key: str) -> str:
    """What is kept of a key or of a conversation's id: SHA-256 in hex."""
    return hashlib.sha256(key.encode()).hexdigest()
