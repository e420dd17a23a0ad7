"""What was asked about: a row for each answer, without words. The asker's words only where they agreed.

Rows are written by a thread of the log's own, after the answer: what fails there is logged and fails nobody. How they
end: ``web.desk.kept_questions``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine, insert, update

from assistant.answers import Answer
from corpus.cards import shipped_cards
from corpus.documents import CorpusError, Document
from indexing.builds import BuildError
from web.desk.tables import question_table as table
from web.exchanges import Exchange, is_private
from web.feedback import digest, known_places
from web.guard import log_failure

HELSINKI = ZoneInfo("Europe/Helsinki")

MOST_WAITING = 1000
"""Rows that wait to be written; more are given up rather than kept in memory."""

Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Logged:
    """An answer as the log takes it: where it was asked, how long it took, and its question's key, if it has one."""

    answer: Answer
    channel: str = "api"
    milliseconds: float | None = None
    key: str | None = None


@dataclass(slots=True)
class CardTopics:
    """Topics of service cards by slug, read when they are first asked for."""

    folder: Path = field(default_factory=shipped_cards)
    _known: dict[str, str | None] = field(default_factory=dict)

    def __call__(self, slug: str) -> str | None:
        if slug not in self._known:
            try:
                self._known[slug] = tomllib.loads((self.folder / slug / "service.toml").read_text("utf-8"))["topic"]
            except (OSError, ValueError, KeyError):
                self._known[slug] = None
        return self._known[slug]


class QuestionLog:
    """Rows about questions in the database. ``document`` finds a Document by its id, ``vector`` the unit vector of a
    question in a language. All but ``note`` block."""

    def __init__(
        self,
        engine: Engine,
        document: Callable[[str], Document],
        vector: Callable[[str, str], Vector],
        topic: Callable[[str], str | None] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._engine = engine
        self._document = document
        self._vector = vector
        self._topic = topic or CardTopics()
        self._now = now
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="question-log")
        self._places = BoundedSemaphore(MOST_WAITING)

    def note(self, logged: Logged) -> None:
        """Keep that a question was asked. Returns at once and never fails."""
        if not self._places.acquire(blocking=False):
            return
        now = self._now()
        try:
            self._writer.submit(self._write, logged, now)
        except RuntimeError:  # the server ends
            self._places.release()

    def agree(self, exchange: Exchange) -> bool:
        """Keep the words of a question whose asker agreed, with the vector of their meaning; false if there is no row
        for it. Of a private exchange there are no words."""
        if exchange.private or not exchange.question:
            return False
        values = {
            "question": exchange.question,
            "vector": self._packed(exchange.question, exchange.answer.language),
            "conversation": digest(exchange.conversation) if exchange.conversation else None,
        }
        self.flush()
        with self._engine.begin() as connection:
            statement = update(table).where(table.c.answer == digest(exchange.key))
            return connection.execute(statement.values(values)).rowcount > 0

    def flush(self) -> None:
        """Wait until everything noted so far is written."""
        self._writer.submit(lambda: None).result()

    def close(self) -> None:
        """Write what waits, then stop."""
        self._writer.shutdown(wait=True)

    def _write(self, logged: Logged, now: datetime) -> None:
        try:
            row = self._row(logged, now)
            with self._engine.begin() as connection:
                if row["answer"]:  # the same key again, after its conversation was forgotten
                    connection.execute(update(table).where(table.c.answer == row["answer"]).values(answer=None))
                connection.execute(insert(table).values(row))
        except Exception as error:  # nobody's answer depends on it
            log_failure("Counting a question", error)
        finally:
            self._places.release()

    def _row(self, logged: Logged, now: datetime) -> dict[str, Any]:
        answer, private = logged.answer, is_private(logged.answer)
        row: dict[str, Any] = {
            "answer": None,
            "at": now.replace(minute=0, second=0, microsecond=0),
            "channel": logged.channel[:8],
            "language": answer.language,
            "municipality": None,
            "situation": None,
            "status": answer.status.value,
            "topic": None,
            "document": None,
            "similarity": None,
            "milliseconds": logged.milliseconds,
            "hour": now.astimezone(HELSINKI).hour,
            "build": answer.trace.get("build"),
        }
        if private:
            return row
        municipalities = known_places(answer.trace.get("municipalities") or ())
        first, similarity = _nearest(answer)
        document = self._found(first) if first else None
        return row | {
            "answer": digest(logged.key) if logged.key else None,
            "municipality": municipalities[0] if len(municipalities) == 1 else None,
            "situation": answer.trace.get("situation"),
            "topic": self._topic(document.card) if document and document.card else None,
            "document": document.id[:300] if document else None,
            "similarity": similarity,
        }

    def _found(self, id: str) -> Document | None:
        try:
            return self._document(id)
        except (BuildError, CorpusError):
            return None

    def _packed(self, text: str, language: str) -> bytes | None:
        try:
            return self._vector(text, language).astype(np.float16).tobytes()
        except BuildError:
            return None


def _nearest(answer: Answer) -> tuple[str | None, float | None]:
    """The document first cited, else the nearest one that was found, and how near the best hit in it was (cosine)."""
    hits = answer.trace.get("hits") or ()
    cited = next((citation.document for sentence in answer.sentences for citation in sentence.citations), None)
    first = cited or next((one.document for one in answer.nearest), None) or next((h["document"] for h in hits), None)
    cosine = max((hit["cosine"] for hit in hits if hit["document"] == first), default=None)
    return first, cosine
