"""How long everything is kept, by the calendar, and that what is erased is gone from the database."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from browsing import until
from conftest import FakeAssistant
from databases import written
from fastapi.testclient import TestClient
from sqlalchemy import Engine, func, insert, select
from typer.testing import CliRunner

from web.app import create_app
from web.cli import app
from web.desk.erasing import Erased, open_eraser
from web.desk.retention import Keeper
from web.desk.settings import DeskSettings, HandOffSettings, Retention, SignInSettings
from web.desk.tables import (
    account_table,
    attempt_table,
    audit_table,
    delivery_table,
    flag_table,
    hand_off_table,
    hand_off_token_table,
    indicator_table,
    message_table,
    question_table,
    recent_question_table,
    session_table,
)
from web.feedback import digest
from web.settings import WebSettings
from web.storage import feedback_table, metadata, open_database

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
TALK = "talk-0123456789_a"
KEY = "key-0123456789_a"
SECRET = "my-secret-matter"

DAYS = Retention(hand_offs=90, flags=300, recent_questions=7, questions=400, question_words=180, audit=200)
SETTINGS = WebSettings(
    feedback_days=365,
    desk=DeskSettings(retention=DAYS, sign_in=SignInSettings(session_hours=12), hand_off=HandOffSettings(enabled=True)),
)


def put(engine: Engine, table: Any, **values: Any) -> None:
    with engine.begin() as connection:
        connection.execute(insert(table).values(values))


def number(engine: Engine, table: Any) -> int:
    with engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def account(engine: Engine) -> int:
    row = {"name": "aino", "display_name": "Aino", "roles": [], "language": "fi", "active": True, "created": NOW}
    there = {column.name for column in account_table.c}
    row |= {name: 0 for name in ("failures",) if name in there}
    with engine.begin() as connection:
        return connection.execute(insert(account_table).values(row).returning(account_table.c.id)).scalar_one()


def feedback(engine: Engine, at: datetime, name: str = "f", **more: Any) -> None:
    row = {"answer": digest(name), "given": at, "verdict": "no", "reasons": [], "status": "answered", "language": "so"}
    put(engine, feedback_table, **row, documents=[], trace={}, **more)


def question(engine: Engine, at: datetime, name: str = "q", **more: Any) -> None:
    row = {"answer": digest(name), "at": at, "channel": "chat", "language": "so", "status": "no_information"}
    put(engine, question_table, **row, hour=12, **more)


def words(engine: Engine, at: datetime, name: str = "w") -> None:
    question(engine, at, name, question=f"{SECRET} {name}", vector=b"\x00\x3c", conversation=digest(TALK))


def hand_off(engine: Engine, at: datetime, name: str = "h", conversation: str | None = TALK) -> None:
    row = {"id": name, "conversation": conversation and digest(conversation), "created": at, "updated": at}
    row |= {"state": "new", "reason": "asked", "language": "so", "version": 1, "email": f"{SECRET}@example.org"}
    put(engine, hand_off_table, **row, transcript=[{"question": f"{SECRET} asked"}], topic="Kurssit")
    put(engine, hand_off_token_table, token=digest(name), hand_off=name)
    put(engine, message_table, hand_off=name, at=at, author="resident", text=f"{SECRET} said", language="so")


def delivery(engine: Engine, at: datetime) -> None:
    put(engine, delivery_table, hand_off="gone", channel="webhook", event="created", created=at, tries=1)


def flag(engine: Engine, at: datetime | None, state: str = "fixed", **more: Any) -> None:
    row = {"created": NOW - timedelta(days=3000), "kind": "wrong", "state": state, "question": f"{SECRET} flagged"}
    put(engine, flag_table, **row, language="so", profile={}, answer={}, closed=at, **more)


def recent(engine: Engine, at: datetime) -> None:
    put(engine, recent_question_table, account=account(engine), at=at, question=f"{SECRET} recent", language="so")


def audit(engine: Engine, at: datetime) -> None:
    put(engine, audit_table, at=at, account_name="aino", action="card.changed", details={})


def session(engine: Engine, at: datetime) -> None:
    row = {"token": digest("s"), "csrf": "c", "account": account(engine), "created": at, "seen": at, "device": ""}
    put(engine, session_table, **row)


def attempt(engine: Engine, at: datetime) -> None:
    put(engine, attempt_table, key=digest("a"), failures=3, last=at)


PERIODS: dict[str, tuple[Callable[[Engine, datetime], None], Any, timedelta]] = {
    "feedback": (feedback, feedback_table, timedelta(days=365)),
    "questions": (question, question_table, timedelta(days=400)),
    "hand_offs": (hand_off, hand_off_table, timedelta(days=90)),
    "deliveries": (delivery, delivery_table, timedelta(days=90)),
    "flags": (flag, flag_table, timedelta(days=300)),
    "recent_questions": (recent, recent_question_table, timedelta(days=7)),
    "audit": (audit, audit_table, timedelta(days=200)),
    "sessions": (session, session_table, timedelta(hours=12)),
    "attempts": (attempt, attempt_table, timedelta(days=1)),
}
"""Of each kind: a row of it, its table, and how long it is kept."""


@pytest.mark.parametrize("name", PERIODS)
def test_rows_are_kept_to_their_last_second_and_no_longer(database: Engine, name: str) -> None:
    put_row, table, period = PERIODS[name]
    put_row(database, NOW - period)
    assert Keeper(database, SETTINGS, lambda: NOW).purge()[name] == 0
    assert number(database, table) == 1
    assert Keeper(database, SETTINGS, lambda: NOW + timedelta(seconds=1)).purge()[name] == 1
    assert number(database, table) == 0
    assert SECRET.encode() not in written(database)


def test_words_go_before_the_question_that_they_belong_to(database: Engine) -> None:
    words(database, NOW - timedelta(days=180))
    assert Keeper(database, SETTINGS, lambda: NOW).purge()["question_words"] == 0
    assert SECRET.encode() in written(database)
    assert Keeper(database, SETTINGS, lambda: NOW + timedelta(seconds=1)).purge()["question_words"] == 1
    assert SECRET.encode() not in written(database)
    assert number(database, question_table) == 1


def test_indicators_go_with_the_day_or_month_that_they_count(database: Engine) -> None:
    # 400 days before 1 November 2026 is 27 September 2025.
    for day, dimension in (
        (date(2025, 9, 26), "day"),
        (date(2025, 9, 27), "day"),
        (date(2025, 8, 1), "language"),
        (date(2025, 9, 1), "language"),
    ):
        put(database, indicator_table, day=day, dimension=dimension, value="so", asked=9, answered=9, abstained=0)
    assert Keeper(database, SETTINGS, lambda: NOW).purge()["indicators"] == 2
    with database.connect() as connection:
        left = connection.execute(select(indicator_table.c.day, indicator_table.c.dimension)).all()
    assert set(left) == {(date(2025, 9, 27), "day"), (date(2025, 9, 1), "language")}


def test_a_flag_that_is_open_stays(database: Engine) -> None:
    flag(database, None, "open")
    Keeper(database, SETTINGS, lambda: NOW + timedelta(days=5000)).purge()
    assert number(database, flag_table) == 1


def test_everything_with_a_period_is_tested_here(database: Engine) -> None:
    with_period = {kind.name for kind in Keeper(database, SETTINGS).kinds if kind.period}
    assert with_period == {*PERIODS, "question_words", "indicators"}


def test_every_table_is_in_the_report(database: Engine) -> None:
    assert {kind.table for kind in Keeper(database, SETTINGS).kinds} == set(metadata.tables.values())


def test_every_setting_of_retention_is_enforced(database: Engine) -> None:
    named = {kind.setting for kind in Keeper(database, SETTINGS).kinds if kind.setting}
    assert {f"desk.retention.{name}" for name in Retention.model_fields} <= named
    assert "feedback_days" in named


def test_days_are_counted_before_their_rows_are_deleted(database: Engine) -> None:
    question(database, NOW - timedelta(days=401))
    done = Keeper(database, SETTINGS, lambda: NOW).work()
    assert done["questions"] == 1
    # The day is past its time itself; the month it belongs to is not over for as long.
    with database.connect() as connection:
        found = connection.execute(select(indicator_table.c.value).where(indicator_table.c.dimension == "language"))
        assert found.scalars().all() == ["so"]


# Erasure.


def everything(engine: Engine) -> None:
    """Words of one conversation in every place where there are any, and of another beside them."""
    words(engine, NOW, KEY)
    question(engine, NOW, "other", question="stays 1", conversation=digest("other"))
    feedback(engine, NOW, KEY, question=f"{SECRET} asked", comment=SECRET, conversation=digest(TALK))
    feedback(engine, NOW, "other", question="stays 2", conversation=digest("other"))
    hand_off(engine, NOW)
    flag(engine, None, "open", conversation=digest(TALK))
    flag(engine, None, "open", conversation=digest(TALK), hand_off="h")


def test_a_conversation_is_erased_from_every_table(database: Engine) -> None:
    everything(database)
    assert SECRET.encode() in written(database)
    eraser = open_eraser(database, SETTINGS.desk)
    assert eraser.erase(TALK) == Erased(questions=1, feedback=1, flags=2, hand_offs=1)
    left = written(database)
    assert SECRET.encode() not in left
    assert digest(TALK).encode() not in left
    assert b"stays 1" in left
    assert b"stays 2" in left
    assert (number(database, question_table), number(database, feedback_table)) == (2, 2)
    assert [number(database, one) for one in (hand_off_table, hand_off_token_table, message_table)] == [0, 0, 0]
    assert eraser.erase(TALK).total == 0


def test_a_new_conversation_leaves_what_an_advisor_was_asked(database: Engine) -> None:
    everything(database)
    erased = open_eraser(database, SETTINGS.desk).erase(TALK, hand_offs=False)
    assert erased == Erased(questions=1, feedback=1, flags=1, hand_offs=0)
    assert (number(database, hand_off_table), number(database, flag_table)) == (1, 1)


def test_other_systems_are_told_of_what_is_erased(database: Engine) -> None:
    everything(database)
    outside = HandOffSettings(enabled=True, target="webhook", webhook={"url": "https://x.example", "secret": "s" * 32})
    open_eraser(database, DeskSettings(hand_off=outside)).erase(TALK)
    with database.connect() as connection:
        assert connection.execute(select(delivery_table.c.event)).scalars().all() == ["withdrawn"]


@pytest.fixture
def served(assistant: FakeAssistant, database_url: str) -> Iterator[TestClient]:
    settings = SETTINGS.model_copy(update={"database": database_url})
    with TestClient(create_app(lambda: assistant, settings), follow_redirects=False) as client:
        everything(client.app_state["desk"].engine)
        yield client


@pytest.mark.parametrize(
    ("path", "left"),
    [
        pytest.param(f"/api/v1/conversations/{TALK}", 0, id="all of it"),
        pytest.param(f"/api/v1/conversations/{TALK}?hand_offs=false", 1, id="but what an advisor was asked"),
    ],
)
def test_residents_erase_their_own_conversation(served: TestClient, path: str, left: int) -> None:
    assert served.delete(path).status_code == 204
    engine = served.app_state["desk"].engine
    assert number(engine, hand_off_table) == left
    assert (SECRET.encode() in written(engine)) == bool(left)


@pytest.mark.parametrize(("path", "left"), [("/en/leave", 0), ("/en/new", 1)])
def test_forms_erase_without_javascript(served: TestClient, path: str, left: int) -> None:
    served.post(path, data={"conversation": TALK})
    assert number(served.app_state["desk"].engine, hand_off_table) == left


def test_the_server_purges_when_it_starts(assistant: FakeAssistant, database_url: str) -> None:
    engine = open_database(database_url)
    feedback(engine, datetime.now(UTC) - timedelta(days=366))
    words(engine, datetime.now(UTC) - timedelta(days=181))
    settings = SETTINGS.model_copy(update={"database": database_url})
    with TestClient(create_app(lambda: assistant, settings)):
        until(lambda: not number(engine, feedback_table) and SECRET.encode() not in written(engine))
    engine.dispose()


# The commands.


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Any, database_url: str) -> Callable[..., str]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NEUVO_DATABASE", database_url)
    monkeypatch.setenv("NEUVO_DATA", str(tmp_path / "data"))

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(app, list(arguments))
        assert result.exit_code == 0, result.output
        return result.output

    return run


def test_the_report_says_what_is_kept_and_for_how_long(run: Callable[..., str], database: Engine) -> None:
    words(database, datetime(2026, 10, 1, 12, tzinfo=UTC))
    shown = json.loads(run("privacy", "report", "--json"))
    rows = {row["name"]: row for row in shown["kept"]}
    kept = rows["question_words"]
    assert (kept["where"], kept["rows"], kept["for"]) == ("question", 1, "180 days")
    assert (kept["oldest"], kept["setting"]) == ("2026-10-01T12:00:00+00:00", "desk.retention.question_words")
    assert rows["accounts"]["for"] == "until deleted"
    assert rows["sessions"]["for"] == "12 hours"
    text = run("privacy", "report")
    assert "desk.retention.hand_offs" in text
    assert "30 minutes" in text
    assert SECRET not in text


def test_the_command_purges(run: Callable[..., str], database: Engine) -> None:
    assert "nothing is past its days" in run("privacy", "purge")
    feedback(database, datetime(2020, 1, 1, tzinfo=UTC))
    assert "feedback: 1 deleted" in run("privacy", "purge")


def test_the_command_erases(run: Callable[..., str], database: Engine) -> None:
    everything(database)
    assert "erased: 1 hand-offs, 1 questions, the words of 1 feedbacks, 2 flags" in run("privacy", "erase", TALK)
    assert SECRET.encode() not in written(database)


DOCUMENTED = re.findall(
    r"^neuvo ((?:privacy|insight) .+)$", (Path(__file__).parents[3] / "docs/operations.md").read_text("utf-8"), re.M
)


def test_the_documentation_has_the_commands() -> None:
    assert {command.split()[1] for command in DOCUMENTED} == {"report", "purge", "erase", "export"}


@pytest.mark.parametrize("command", DOCUMENTED)
def test_documented_commands_run(run: Callable[..., str], command: str) -> None:
    run(*command.replace("CONVERSATION_ID", TALK).split())
