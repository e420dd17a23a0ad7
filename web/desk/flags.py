"""Flags in the database, until they are mended; their evaluation cases go with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Engine, RowMapping, and_, delete, func, insert, or_, select, update

from web.desk.accounts import Account
from web.desk.case_files import CaseFiles
from web.desk.flag import (
    MOST_CORRECTION,
    ROWS,
    STATES,
    Chosen,
    Closed,
    Flag,
    NewFlag,
    NoFlag,
    NotAskedAgain,
    Said,
    State,
    card_of,
    documents_of,
    without_trace,
)
from web.desk.tables import flag_table as table
from web.desk.tables import hand_off_table
from web.feedback import digest
from web.storage import feedback_table, wipe


class Flags:
    """Flags in the database, their evaluation cases in ``cases``. Blocks."""

    def __init__(
        self,
        engine: Engine,
        cases: CaseFiles | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._engine = engine
        self._cases = cases
        self._now = now

    def create(self, account: Account | None, new: NewFlag) -> int:
        """Keep a flag; its id. The question must be masked already."""
        answer = without_trace(new.answer)
        documents = list(new.documents) or documents_of(answer)
        values = {
            "created": self._now(),
            "created_by": account and account.id,
            "kind": new.kind,
            "state": "open",
            "question": new.question,
            "language": new.language,
            "profile": dict(new.profile),
            "answer": answer,
            "sentence": new.sentence,
            "correction": new.correction.strip()[:MOST_CORRECTION] or None,
            "document": documents[0] if documents else None,
            "card": card_of(documents[0]) if documents else None,
            "build": new.build or ((new.answer or {}).get("trace") or {}).get("build"),
            "exchange": new.exchange,
            "conversation": new.conversation,
            "hand_off": new.hand_off,
        }
        with self._engine.begin() as connection:
            if new.hand_off:
                from_ = select(hand_off_table.c.conversation).where(hand_off_table.c.id == new.hand_off)
                values["conversation"] = connection.execute(from_).scalar_one_or_none()
            return int(connection.execute(insert(table).values(values).returning(table.c.id)).scalar_one())

    def get(self, id: int) -> Flag:
        """Raises NoFlag."""
        hidden = (table.c.exchange, table.c.conversation)
        statement = select(*(column for column in table.c if column not in hidden)).where(table.c.id == id)
        with self._engine.connect() as connection:
            row = connection.execute(statement).mappings().one_or_none()
        if row is None:
            raise NoFlag
        return Flag(**row)

    def page(self, chosen: Chosen, *, before: int | None = None) -> list[Flag]:
        """ROWS of the newest flags, from the one before the id ``before``; one more where there are more."""
        conditions = _conditions(chosen)
        if before is not None:
            conditions.append(table.c.id < before)
        hidden = (table.c.exchange, table.c.conversation, table.c.answer, table.c.answer_now)
        columns = [column for column in table.c if column not in hidden]
        statement = select(*columns).where(*conditions).order_by(table.c.id.desc()).limit(ROWS + 1)
        with self._engine.connect() as connection:
            rows = connection.execute(statement).mappings().all()
        return [Flag(**row, answer=None, answer_now=None) for row in rows]

    def counts(self) -> dict[str, int]:
        """How many there are in each state."""
        with self._engine.connect() as connection:
            found = connection.execute(select(table.c.state, func.count()).group_by(table.c.state)).all()
        return dict.fromkeys(STATES, 0) | {row[0]: row[1] for row in found}

    def cards(self) -> list[str]:
        """The cards that were ever flagged, for a list to choose from."""
        statement = select(table.c.card).where(table.c.card.is_not(None)).distinct().order_by(table.c.card)
        with self._engine.connect() as connection:
            return list(connection.execute(statement).scalars())

    def asked_again(self, id: int, answer: Mapping[str, Any], build: str | None) -> None:
        """Keep the Answer that the question has now. Raises NoFlag."""
        self._change(id, answer_now=without_trace(answer), build_now=build, asked_again=self._now())

    def fix(self, id: int, account: Account, resolution: str, serving: str | None) -> None:
        """Close as fixed. Raises NoFlag, Closed, NotAskedAgain."""
        flag = self.get(id)
        if flag.state != "open":
            raise Closed
        if flag.asked_again is None or flag.build_now != serving:
            raise NotAskedAgain
        self._close(id, "fixed", account, resolution)

    def decline(self, id: int, account: Account, resolution: str) -> None:
        """Close without a change. Raises NoFlag, Closed."""
        if self.get(id).state != "open":
            raise Closed
        self._close(id, "declined", account, resolution)

    def reopen(self, id: int) -> None:
        """Raises NoFlag."""
        self._change(id, state="open", closed=None, closed_by=None, resolution=None)

    def has_case(self, id: int, case_id: str | None) -> None:
        """Remember the evaluation case that it became, or that it is none any more. Raises NoFlag."""
        self._change(id, case_id=case_id)

    def feedback(self, *, before: int | None = None) -> list[Said]:
        """ROWS of what residents said in words that an answer did not help, the latest first; one more where there
        are more."""
        source = feedback_table.c
        conditions: list[ColumnElement[bool]] = [source.verdict == "no", source.question.is_not(None)]
        if before is not None:
            conditions.append(source.id < before)
        return self._said(conditions)

    def feedback_of(self, id: int) -> Said | None:
        """One of ``feedback``."""
        source = feedback_table.c
        found = self._said([source.id == id, source.verdict == "no", source.question.is_not(None)])
        return found[0] if found else None

    def forget_conversation(self, conversation: str, keys: Iterable[str] = (), *, hand_offs: bool = True) -> int:
        """Delete the flags of a conversation, by its id, and of answers, by their questions' keys; how many. Without
        ``hand_offs`` those that come from a hand-off stay, as long as it does."""
        theirs = or_(table.c.conversation == digest(conversation), table.c.exchange.in_([digest(key) for key in keys]))
        return self._delete(theirs if hand_offs else and_(theirs, table.c.hand_off.is_(None)))

    def forget_hand_off(self, id: str) -> int:
        """Delete the flags of a hand-off; how many."""
        return self._delete(table.c.hand_off == id)

    def forget(self, id: int) -> int:
        """Delete a flag with its evaluation case."""
        return self._delete(table.c.id == id)

    def purge(self, before: datetime) -> int:
        """Delete flags that were closed before a moment; how many. Their evaluation cases go with them."""
        return self._delete((table.c.state != "open") & (table.c.closed < before))

    def _said(self, conditions: list[ColumnElement[bool]]) -> list[Said]:
        source = feedback_table
        flagged = (
            select(table.c.exchange, func.min(table.c.id).label("flag"))
            .where(table.c.exchange.is_not(None))
            .group_by(table.c.exchange)
            .subquery()
        )
        statement = (
            select(source, flagged.c.flag)
            .outerjoin(flagged, flagged.c.exchange == source.c.answer)
            .where(*conditions)
            .order_by(source.c.id.desc())
            .limit(ROWS + 1)
        )
        with self._engine.connect() as connection:
            return [_said(row) for row in connection.execute(statement).mappings()]

    def _close(self, id: int, state: State, account: Account, resolution: str) -> None:
        self._change(
            id,
            state=state,
            closed=self._now(),
            closed_by=account.id,
            resolution=resolution.strip()[:MOST_CORRECTION] or None,
        )

    def _change(self, id: int, **values: Any) -> None:
        with self._engine.begin() as connection:
            if not connection.execute(update(table).where(table.c.id == id).values(values)).rowcount:
                raise NoFlag

    def _delete(self, condition: ColumnElement[bool]) -> int:
        with self._engine.begin() as connection:
            rows = connection.execute(select(table.c.id, table.c.case_id).where(condition)).all()
            # The case first: what fails now is deleted by the next try.
            cases = {row.case_id for row in rows if row.case_id}
            if self._cases and cases:
                self._cases.withdraw(cases)
            connection.execute(delete(table).where(table.c.id.in_([row.id for row in rows])))
        if rows:
            wipe(self._engine)
        return len(rows)


def _conditions(chosen: Chosen) -> list[ColumnElement[bool]]:
    columns = {"state": table.c.state, "kind": table.c.kind, "language": table.c.language, "card": table.c.card}
    conditions: list[ColumnElement[bool]] = [
        column == value for name, column in columns.items() if (value := getattr(chosen, name))
    ]
    conditions += [table.c.created >= chosen.since] if chosen.since else []
    conditions += [table.c.created < chosen.until] if chosen.until else []
    return conditions


def _said(row: RowMapping) -> Said:
    return Said(
        id=row["id"],
        given=row["given"],
        reasons=tuple(row["reasons"]),
        status=row["status"],
        language=row["language"],
        documents=tuple(row["documents"]),
        build=row["build"],
        trace=row["trace"],
        question=row["question"],
        comment=row["comment"],
        exchange=row["answer"],
        conversation=row["conversation"],
        flag=row["flag"],
    )
