"""Words that nobody agreed to keep, sent where nobody looks for words; and counts that two reports give away."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import ANSWERS, FakeAssistant
from databases import written
from fastapi.testclient import TestClient
from sqlalchemy import Engine, insert, select, text

from web.app import create_app
from web.desk.indicators import Indicators
from web.desk.insight import insight_of
from web.desk.opening_hours import OpeningHours
from web.desk.retention import Keeper
from web.desk.settings import DeskSettings, HandOffSettings
from web.desk.tables import question_table
from web.feedback import FeedbackStore
from web.settings import WebSettings
from web.storage import open_database

KEY = "key-0123456789_a"
SECRET = "Aino Virtanen 0401234567"


def ask(client: TestClient, municipality: str) -> None:
    body = {"question": "answered hello", "key": KEY, "profile": {"municipality": municipality}}
    assert client.post("/api/v1/ask", json=body).status_code == 200
    client.app_state["reception"].questions.flush()


def test_a_profile_is_no_place_for_words(assistant: FakeAssistant, database_url: str, database: Engine) -> None:
    with TestClient(create_app(lambda: assistant, WebSettings(database=database_url))) as client:
        ask(client, SECRET)
        assert client.post("/api/v1/feedback", json={"answer": KEY, "verdict": "no"}).status_code == 204
        with database.connect() as connection:
            assert connection.execute(select(question_table.c.municipality)).scalars().all() == [None]
        (row,) = FeedbackStore(database, str).all()
        assert row["trace"]["municipalities"] == []
        assert SECRET.encode() not in written(database)


def test_a_municipality_is_kept(assistant: FakeAssistant, database_url: str, database: Engine) -> None:
    with TestClient(create_app(lambda: assistant, WebSettings(database=database_url))) as client:
        ask(client, "Espoo")
        assert client.post("/api/v1/feedback", json={"answer": KEY, "verdict": "no"}).status_code == 204
        with database.connect() as connection:
            assert connection.execute(select(question_table.c.municipality)).scalars().all() == ["Espoo"]
        (row,) = FeedbackStore(database, str).all()
        assert row["trace"]["municipalities"] == ["Espoo"]


@pytest.mark.parametrize("length", [0, 900], ids=["a short comment", "at the end of a long one"])
def test_a_comment_about_violence_at_home_is_not_kept(
    assistant: FakeAssistant, database_url: str, database: Engine, monkeypatch: pytest.MonkeyPatch, length: int
) -> None:
    def urgent(self: FakeAssistant, said: str, **_: Any) -> Any:
        assert len(said) <= 500
        return ANSWERS["violence"] if "hits me" in said else None

    monkeypatch.setattr(FakeAssistant, "urgent", urgent)
    with TestClient(create_app(lambda: assistant, WebSettings(database=database_url))) as client:
        ask(client, "Espoo")
        body = {"answer": KEY, "verdict": "no", "comment": "x " * (length // 2) + "he hits me", "consent": True}
        assert client.post("/api/v1/feedback", json=body).status_code == 204
        (row,) = FeedbackStore(database, str).all()
        assert (row["verdict"], row["comment"]) == ("no", None)
        assert b"hits me" not in written(database)


def test_without_a_desk_nothing_is_left_to_nobody(assistant: FakeAssistant) -> None:
    chosen = DeskSettings(enabled=False, hand_off=HandOffSettings(enabled=True))
    with TestClient(create_app(lambda: assistant, WebSettings(desk=chosen))) as client:
        body = {"page_language": "en", "consent": True, "message": "Help"}
        assert client.post("/api/v1/hand-offs", json=body).status_code == 404
        assert client.post("/en/hand-offs", data={"consent": "true", "message": "Help"}).status_code == 404


def test_no_two_reports_tell_how_few_there_were_in_a_month(database: Engine) -> None:
    """September 25 questions with a time, October 2, November 5: with and without October the report says the same."""
    for month, number in ((9, 25), (10, 2), (11, 5)):
        row = {"at": datetime(2026, month, 2, 9, tzinfo=UTC), "channel": "chat", "language": "fi", "hour": 12}
        with database.begin() as connection:
            for _ in range(number):
                connection.execute(insert(question_table).values(row | {"status": "answered", "milliseconds": 500.0}))
    now = datetime(2026, 11, 3, 12, tzinfo=UTC)
    indicators = Indicators(database, OpeningHours(HandOffSettings(hours={})), lambda: now)
    september, november = date(2026, 9, 1), date(2026, 11, 1)
    counts = [
        insight_of(indicators, september, last).latency.count for last in (september, date(2026, 10, 1), november)
    ]
    assert counts == [25, 25, 30]
    assert insight_of(indicators, november, november).latency.count == 5


def test_what_a_reader_kept_in_the_log_of_the_database_is_gone_with_the_next_hour(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'web.sqlite3'}")
    with engine.begin() as connection:
        row = {"at": datetime.now(UTC), "channel": "chat", "language": "fi", "status": "answered", "hour": 1}
        connection.execute(insert(question_table).values(row | {"question": SECRET}))
    with engine.begin() as connection:
        connection.execute(text("UPDATE question SET question = NULL"))
    assert SECRET.encode() in written(engine)
    Keeper(engine, WebSettings(), lambda: datetime.now(UTC) + timedelta(seconds=1)).work()
    assert SECRET.encode() not in written(engine)
    engine.dispose()
