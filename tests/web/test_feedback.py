"""Feedback: what is kept, that no words are without consent, and that what is deleted is gone from the disk."""

from __future__ import annotations

import logging
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from browsing import until
from conftest import ANSWERS, FakeAssistant
from databases import written
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from assistant.answers import Answer
from web.app import create_app
from web.exchanges import Exchange
from web.feedback import Feedback, FeedbackStore
from web.settings import WebSettings
from web.storage import IN_MEMORY, StorageError, open_database

KEY = "key-0123456789_a"
OTHER = "other-0123456789_a"
TALK = "talk-0123456789_a"
SECRET = "my-secret-matter"
VIOLENCE = replace(ANSWERS["crisis"], trace={"category": "violence"})


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "web.sqlite3"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(database: Engine, clock: Clock) -> FeedbackStore:
    return FeedbackStore(database, FakeAssistant().masked, clock)


def exchange(key: str = KEY, answer: Answer = ANSWERS["answered"], private: bool = False) -> Exchange:
    return Exchange(key, f"{SECRET} asked", answer, TALK, private)


def test_what_is_kept(store: FeedbackStore) -> None:
    answer = replace(ANSWERS["answered"], trace={"build": "b1", "probability": 0.9})
    comment = " the price of 010190-123A is missing "
    store.keep(exchange(answer=answer), Feedback("no", ("missing", "outdated", "missing"), comment, consent=True))
    (row,) = store.all()
    assert row == {
        "id": 1,
        "given": "2026-11-01T00:00:00+00:00",
        "verdict": "no",
        "reasons": ["missing", "outdated"],
        "status": "answered",
        "language": "en",
        "documents": ["kauniainen/ohjelma 2025"],
        "build": "b1",
        "trace": {"build": "b1", "probability": 0.9},
        "question": f"{SECRET} asked",
        "comment": "the price of [...] is missing",
    }


@pytest.mark.parametrize(
    ("kept", "feedback"),
    [
        pytest.param(exchange(), Feedback("no", ("wrong",), SECRET, consent=False), id="no consent"),
        pytest.param(exchange(answer=VIOLENCE, private=True), Feedback("yes", (), SECRET, consent=True), id="violence"),
    ],
)
def test_no_words_without_consent_and_none_of_violence(
    store: FeedbackStore, database: Engine, kept: Exchange, feedback: Feedback
) -> None:
    store.keep(kept, feedback)
    (row,) = store.all()
    assert (row["question"], row["comment"]) == (None, None)
    assert SECRET.encode() not in written(database)


def test_feedback_given_again_replaces_what_was_given_before(store: FeedbackStore, database: Engine) -> None:
    store.keep(exchange(), Feedback("no", ("wrong",), SECRET, consent=True))
    assert SECRET.encode() in written(database)
    store.keep(exchange(), Feedback("yes"))
    (row,) = store.all()
    assert (row["verdict"], row["reasons"], row["question"]) == ("yes", [], None)
    assert SECRET.encode() not in written(database)


def test_deleted_words_are_gone_from_the_disk(store: FeedbackStore, database: Engine) -> None:
    store.keep(exchange(), Feedback("no", (), f"{SECRET} comment", consent=True))
    store.keep(exchange(OTHER), Feedback("no", (), "stays", consent=True))
    assert store.forget_words([KEY, "unknown"]) == 1
    assert store.forget_words([KEY]) == 0
    first, second = store.all()
    assert (first["verdict"], first["question"], first["comment"]) == ("no", None, None)
    assert (second["question"], second["comment"]) == (f"{SECRET} asked", "stays")
    assert f"{SECRET} comment".encode() not in written(database)
    store.forget_words([OTHER])
    assert SECRET.encode() not in written(database)
    assert b"stays" not in written(database)


def test_feedback_is_deleted_when_its_days_are_over(store: FeedbackStore, clock: Clock, database: Engine) -> None:
    store.keep(exchange(), Feedback("no", (), SECRET, consent=True))
    clock.now += timedelta(days=10)
    store.keep(exchange(OTHER), Feedback("yes"))
    assert store.purge(clock.now - timedelta(days=10)) == 0
    assert store.purge(clock.now - timedelta(days=9)) == 1
    assert [row["verdict"] for row in store.all()] == ["yes"]
    assert SECRET.encode() not in written(database)


def test_rows_cannot_be_found_without_the_key(store: FeedbackStore, database: Engine) -> None:
    store.keep(exchange(), Feedback("yes"))
    assert KEY.encode() not in written(database)
    assert TALK.encode() not in written(database)


def test_only_the_server_reads_the_database(path: Path, clock: Clock) -> None:
    FeedbackStore(open_database(f"sqlite:///{path}"), str, clock).keep(exchange(), Feedback("yes"))
    for file in path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


# The database itself.


def test_opening_again_changes_nothing(database_url: str, store: FeedbackStore) -> None:
    store.keep(exchange(), Feedback("yes"))
    again = FeedbackStore(open_database(database_url), str)
    assert len(list(again.all())) == 1


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("nonsense", id="no URL"),
        pytest.param("postgresql+nothing://user:pa55word@h/d", id="unknown driver"),
        pytest.param("sqlite:////proc/neuvo/web.sqlite3", id="no such folder"),
    ],
)
def test_a_database_that_cannot_be_opened_is_a_clear_error(url: str) -> None:
    with pytest.raises(StorageError, match="cannot be opened") as error:
        open_database(url)
    assert "pa55word" not in str(error.value)


def test_a_database_of_a_later_version_is_a_clear_error(database_url: str, database: Engine) -> None:
    with database.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StorageError, match="not one of this version"):
        open_database(database_url)


def test_a_database_in_memory_serves_several_threads() -> None:
    engine = open_database(IN_MEMORY)
    store = FeedbackStore(engine, str)
    store.keep(exchange(), Feedback("yes"))
    assert len(list(store.all())) == 1


# Over HTTP.


def rows(client: TestClient) -> list[dict[str, Any]]:
    return list(client.app_state["reception"].feedback.all())


def ask(client: TestClient, question: str = f"answered {SECRET}") -> None:
    client.post("/api/v1/ask", json={"question": question, "key": KEY, "conversation": TALK})


def test_feedback_on_an_answer(client: TestClient) -> None:
    ask(client, f"answered {SECRET} 010190-123A")
    body = {"answer": KEY, "verdict": "no", "reasons": ["unclear"], "comment": "Why?", "consent": True}
    response = client.post("/api/v1/feedback", json=body)
    assert (response.status_code, response.content) == (204, b"")
    (row,) = rows(client)
    assert (row["verdict"], row["reasons"], row["comment"]) == ("no", ["unclear"], "Why?")
    assert row["question"] == f"answered {SECRET} [...]"


def test_deleting_the_conversation_deletes_the_words_and_keeps_the_verdict(
    assistant: FakeAssistant, database_url: str, database: Engine
) -> None:
    with TestClient(create_app(lambda: assistant, WebSettings(database=database_url))) as client:
        ask(client)
        body = {"answer": KEY, "verdict": "no", "comment": f"{SECRET}!", "consent": True}
        client.post("/api/v1/feedback", json=body)
        assert SECRET.encode() in written(database)
        assert client.delete(f"/api/v1/conversations/{TALK}").status_code == 204
        assert SECRET.encode() not in written(database)
        (row,) = rows(client)
        assert (row["verdict"], row["question"], row["comment"]) == ("no", None, None)
        assert client.post("/api/v1/feedback", json=body).status_code == 404
        assert assistant.forgotten == [TALK]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        pytest.param({"answer": "short"}, "answer", id="no key"),
        pytest.param({"verdict": "maybe"}, "verdict", id="verdict"),
        pytest.param({"reasons": ["boring"]}, "reasons.0", id="reason"),
        pytest.param({"reasons": ["other"] * 7}, "reasons", id="too many reasons"),
        pytest.param({"comment": "x" * 1001}, "comment", id="long comment"),
        pytest.param({"more": 1}, "more", id="unknown field"),
    ],
)
def test_malformed_feedback_is_422(client: TestClient, change: dict[str, Any], field: str) -> None:
    ask(client)
    response = client.post("/api/v1/feedback", json={"answer": KEY, "verdict": "yes"} | change)
    assert response.status_code == 422
    assert [problem["field"] for problem in response.json()["problems"]] == [field]
    assert rows(client) == []


def test_feedback_on_an_unknown_answer_is_404(client: TestClient) -> None:
    response = client.post("/api/v1/feedback", json={"answer": KEY, "verdict": "yes"})
    assert (response.status_code, response.json()["status"]) == (404, "not_found")


def test_old_feedback_is_deleted_at_the_start(assistant: FakeAssistant, database_url: str) -> None:
    url = database_url
    old = Clock()
    old.now = datetime.now(UTC) - timedelta(days=31)
    FeedbackStore(open_database(url), str, old).keep(exchange(), Feedback("yes"))
    with TestClient(create_app(lambda: assistant, WebSettings(database=url, feedback_days=30))) as client:
        until(lambda: not rows(client))


def test_no_log_holds_what_was_said(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    def broken(*_: object) -> None:
        raise LookupError(SECRET)

    ask(client)
    body = {"answer": KEY, "verdict": "no", "comment": SECRET, "consent": True}
    with caplog.at_level(logging.DEBUG):
        client.post("/api/v1/feedback", json=body)
        client.post("/api/v1/feedback", json={**body, "comment": SECRET * 100})
        client.app_state["reception"].feedback._mask = broken
        assert client.post("/api/v1/feedback", json=body).status_code == 500
    assert "LookupError" in caplog.text
    assert SECRET not in caplog.text
