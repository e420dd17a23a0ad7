"""How long each kind of data is kept, in one table; what enforces it, and what reports it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Column, ColumnElement, Engine, Table, delete, func, select, true

from web.desk.attempts import FORGOTTEN
from web.desk.audit import AuditLog
from web.desk.erasing import open_eraser
from web.desk.indicators import Indicators
from web.desk.opening_hours import OpeningHours
from web.desk.tables import (
    account_table,
    attempt_table,
    audit_table,
    canned_reply_table,
    delivery_table,
    flag_table,
    hand_off_table,
    hand_off_token_table,
    indicator_table,
    message_table,
    pin_table,
    question_table,
    recent_question_table,
    reviewed_text_table,
    session_table,
)
from web.settings import WebSettings
from web.storage import feedback_table, notice_table, wipe

Purge = Callable[[datetime], int]
"""Deletes what is older than a moment; how many."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of data. ``period`` after its ``since`` it is deleted by ``purge``; without a period, when somebody
    deletes it, or with what it belongs to. Of a ``table`` it is the rows for which ``there`` holds."""

    name: str
    holds: str
    table: Table
    setting: str | None = None
    period: timedelta | None = None
    since: Column[Any] | None = None
    there: ColumnElement[bool] | None = None
    purge: Purge | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """What there is of a kind now."""

    kind: Kind
    rows: int
    oldest: datetime | None


class Keeper:
    """Enforces the settings. Blocks."""

    def __init__(
        self, engine: Engine, settings: WebSettings, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._engine = engine
        self._now = now
        self._indicators = Indicators(engine, OpeningHours(settings.desk.hand_off), now)
        self.kinds = _kinds(engine, settings, self._indicators)

    def work(self) -> Mapping[str, int]:
        """Count the days that are over, then delete what is past its days; how many of each kind."""
        self._indicators.roll_up()
        return self.purge()

    def purge(self) -> Mapping[str, int]:
        """Delete what is past its days; how many of each kind."""
        now = self._now()
        purged = {kind.name: kind.purge(now - kind.period) for kind in self.kinds if kind.purge and kind.period}
        # Also for what was deleted in between while somebody read, which keeps the log from being emptied.
        wipe(self._engine)
        return purged

    def report(self) -> list[Kept]:
        """What is kept of each kind."""
        found = []
        with self._engine.connect() as connection:
            for kind in self.kinds:
                oldest = func.min(kind.since) if kind.since is not None else None
                there = kind.there if kind.there is not None else true()
                rows = connection.execute(select(func.count()).select_from(kind.table).where(there)).scalar_one()
                first = connection.execute(select(oldest).where(there)).scalar() if oldest is not None else None
                found.append(Kept(kind, rows, first))
        return found


def _kinds(engine: Engine, settings: WebSettings, indicators: Indicators) -> tuple[Kind, ...]:
    desk = settings.desk
    kept, eraser = desk.retention, open_eraser(engine, desk)
    days = timedelta(days=1)

    def rows(table: Table, moment: Column[Any]) -> Purge:
        def purge(before: datetime) -> int:
            with engine.begin() as connection:
                deleted = connection.execute(delete(table).where(moment < before)).rowcount
            if deleted:
                wipe(engine)
            return deleted

        return purge

    q, f, h, fl = question_table.c, feedback_table.c, hand_off_table.c, flag_table.c

    return (
        Kind("feedback", "verdicts on answers; words where the asker agreed", feedback_table,
             "feedback_days", settings.feedback_days * days, f.given, purge=eraser.feedback.purge),
        Kind("question_words", "questions without an answer, masked, where the asker agreed", question_table,
             "desk.retention.question_words", kept.question_words * days, q.at, q.question.is_not(None),
             eraser.questions.purge_words),
        Kind("questions", "what was asked about, without words", question_table,
             "desk.retention.questions", kept.questions * days, q.at, purge=eraser.questions.purge),
        Kind("indicators", "counts by day and month", indicator_table,
             "desk.retention.questions", kept.questions * days, purge=indicators.purge),
        Kind("hand_offs", "conversations left to an advisor, masked; e-mail addresses that were given", hand_off_table,
             "desk.retention.hand_offs", kept.hand_offs * days, h.updated, purge=eraser.hand_offs.purge),
        Kind("messages", "what was written in hand-offs", message_table),
        Kind("hand_off_tokens", "digests of what a resident's page proves itself with", hand_off_token_table),
        Kind("deliveries", "e-mails and messages to other systems: when, without words", delivery_table,
             "desk.retention.hand_offs", kept.hand_offs * days, delivery_table.c.created,
             purge=rows(delivery_table, delivery_table.c.created)),
        Kind("flags", "answers flagged, with the masked question; since they were closed", flag_table,
             "desk.retention.flags", kept.flags * days, fl.closed, fl.state != "open", eraser.flags.purge),
        Kind("open_flags", "answers flagged and not closed", flag_table, since=fl.created, there=fl.state == "open"),
        Kind("recent_questions", "what advisors asked lately, masked", recent_question_table,
             "desk.retention.recent_questions", kept.recent_questions * days, recent_question_table.c.at,
             purge=rows(recent_question_table, recent_question_table.c.at)),
        Kind("audit", "who read and changed what at the desk", audit_table,
             "desk.retention.audit", kept.audit * days, audit_table.c.at, purge=AuditLog(engine).purge),
        Kind("sessions", "people signed in", session_table,
             "desk.sign_in.session_hours", timedelta(hours=desk.sign_in.session_hours), session_table.c.created,
             purge=rows(session_table, session_table.c.created)),
        Kind("attempts", "digests of names and addresses that failed to sign in", attempt_table,
             None, FORGOTTEN, attempt_table.c.last, purge=rows(attempt_table, attempt_table.c.last)),
        Kind("accounts", "people who work at the desk", account_table, since=account_table.c.created),
        Kind("pins", "cards that advisors pinned", pin_table, since=pin_table.c.created),
        Kind("canned_replies", "texts of the desk's own", canned_reply_table, since=canned_reply_table.c.updated),
        Kind("reviewed_texts", "texts of cards that were read and found good", reviewed_text_table,
             since=reviewed_text_table.c.at),
        Kind("notices", "what was published on every page", notice_table, since=notice_table.c.published),
    )  # fmt: skip
