"""What is kept of a question: no words without consent, nothing but a count of what is private, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from conftest import ANSWERS, FakeAssistant
from databases import written
from fastapi.testclient import TestClient
from sqlalchemy import Engine, select

from assistant.answers import Answer
from corpus.documents import Document, UnknownDocument
from indexing.builds import NoBuild
from web.app import create_app
from web.desk.kept_questions import KeptQuestions
from web.desk.question_log import Logged, QuestionLog
from web.desk.tables import question_table as table
from web.exchanges import Exchange
from web.settings import WebSettings

KEY = "key-0123456789_a"
OTHER = "other-0123456789_a"
TALK = "talk-0123456789_a"
SECRET = "my-secret-matter"
NOON = datetime(2026, 11, 1, 12, 34, 56, tzinfo=UTC)
HIT = {"document": "card-starting-level-test-so", "cosine": 0.8712}
ABSTAINED = replace(ANSWERS["no_information"], nearest=(), trace={"hits": [HIT, {**HIT, "cosine": 0.5}]})


def documents(id: str) -> Document:
    if not id.startswith("card-"):
        raise UnknownDocument(id)
    return Document(id, "Testipiste", "…", id[-2:], (), card=id.removeprefix("card-")[:-3])


def topic(slug: str) -> str | None:
    return {"starting-level-test": "language"}.get(slug)


class Clock:
    now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def log(database: Engine, clock: Clock) -> Iterator[QuestionLog]:
    log = QuestionLog(database, documents, FakeAssistant().vector, topic, clock)
    yield log
    log.close()


def rows(engine: Engine) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(select(table).order_by(table.c.id)).mappings()]


def exchange(key: str = KEY, answer: Answer = ABSTAINED, conversation: str | None = TALK) -> Exchange:
    return Exchange(key, f"{SECRET} asked", answer, conversation)


def test_what_is_kept_of_a_question(log: QuestionLog, database: Engine) -> None:
    trace = ABSTAINED.trace | {"municipalities": ["Espoo"], "situation": "at_home", "build": "b1"}
    log.note(Logged(replace(ABSTAINED, language="so", trace=trace), "chat", 812.5, KEY))
    log.flush()
    (row,) = rows(database)
    assert len(row.pop("answer")) == 64
    assert row == {
        "id": 1,
        "at": datetime(2026, 11, 1, 12, tzinfo=UTC),
        "channel": "chat",
        "language": "so",
        "municipality": "Espoo",
        "situation": "at_home",
        "status": "no_information",
        "topic": "language",
        "document": "card-starting-level-test-so",
        "similarity": 0.8712,
        "milliseconds": 812.5,
        "hour": 14,
        "build": "b1",
        "question": None,
        "vector": None,
        "conversation": None,
    }
    assert KEY.encode() not in written(database)


@pytest.mark.parametrize(
    ("moment", "hour"),
    [
        pytest.param(datetime(2026, 7, 1, 21, 30, tzinfo=UTC), 0, id="summer time, after midnight"),
        pytest.param(datetime(2026, 12, 1, 21, 30, tzinfo=UTC), 23, id="winter time, before midnight"),
    ],
)
def test_the_hour_is_finlands(log: QuestionLog, database: Engine, clock: Clock, moment: datetime, hour: int) -> None:
    clock.now = moment
    log.note(Logged(ABSTAINED))
    log.flush()
    assert rows(database)[0]["hour"] == hour


@pytest.mark.parametrize(
    ("answer", "document"),
    [
        pytest.param(ANSWERS["answered"], None, id="cited, and gone from the build"),
        pytest.param(replace(ABSTAINED, trace={}), None, id="nothing found"),
        pytest.param(ABSTAINED, "card-starting-level-test-so", id="the best hit"),
    ],
)
def test_the_document_is_the_first_cited_else_the_nearest(
    log: QuestionLog, database: Engine, answer: Answer, document: str | None
) -> None:
    log.note(Logged(answer))
    log.flush()
    assert rows(database)[0]["document"] == document


def test_two_municipalities_are_none(log: QuestionLog, database: Engine) -> None:
    log.note(Logged(replace(ABSTAINED, trace={"municipalities": ["Espoo", "Kauniainen"]})))
    log.flush()
    assert rows(database)[0]["municipality"] is None


def test_a_private_exchange_is_only_counted(log: QuestionLog, database: Engine) -> None:
    trace = {"categories": ["violence"], "municipalities": ["Espoo"], "situation": "at_home", "hits": [HIT]}
    answer = replace(ANSWERS["violence"], trace=trace)
    log.note(Logged(answer, "chat", 20.0, KEY))
    assert not log.agree(Exchange(KEY, "", answer, TALK, private=True))
    log.flush()
    (row,) = rows(database)
    told = ("answer", "municipality", "situation", "topic", "document", "similarity", "question", "conversation")
    assert [row[name] for name in told] == [None] * 8
    assert (row["status"], row["language"]) == ("crisis", "en")


def test_words_are_kept_where_the_asker_agreed(log: QuestionLog, database: Engine) -> None:
    log.note(Logged(ABSTAINED, "chat", 20.0, KEY))
    log.note(Logged(ABSTAINED, "chat", 20.0, OTHER))
    assert log.agree(exchange())
    first, second = rows(database)
    assert (first["question"], second["question"]) == (f"{SECRET} asked", None)
    vector = np.frombuffer(first["vector"], np.float16)
    assert vector.tolist() == FakeAssistant().vector(f"{SECRET} asked", "en").tolist()
    assert TALK.encode() not in written(database)


def test_words_of_a_question_that_was_not_counted_are_not_kept(log: QuestionLog, database: Engine) -> None:
    assert not log.agree(exchange())
    assert rows(database) == []


@pytest.mark.parametrize(
    ("keys", "conversation"),
    [
        pytest.param([KEY], None, id="by key"),
        pytest.param([], TALK, id="by conversation, by whoever still has its id"),
    ],
)
def test_forgotten_words_are_gone_from_the_database(
    log: QuestionLog, database: Engine, keys: list[str], conversation: str | None
) -> None:
    log.note(Logged(ABSTAINED, "chat", 20.0, KEY))
    log.note(Logged(ABSTAINED, "chat", 20.0, OTHER))
    log.agree(exchange())
    log.agree(replace(exchange(OTHER), question="stays", conversation="talk-of-somebody-else"))
    assert SECRET.encode() in written(database)
    assert KeptQuestions(database).forget_words(keys, conversation) == 1
    assert SECRET.encode() not in written(database)
    assert b"stays" in written(database)
    first, _ = rows(database)
    assert (first["answer"], first["question"], first["vector"], first["conversation"]) == (None,) * 4
    assert first["document"] == HIT["document"]
    assert not log.agree(exchange())


def test_a_key_used_again_is_another_row(log: QuestionLog, database: Engine) -> None:
    log.note(Logged(ABSTAINED, key=KEY))
    log.note(Logged(ABSTAINED, key=KEY))
    log.flush()
    assert [row["answer"] is None for row in rows(database)] == [True, False]


def test_without_a_build_words_are_kept_without_a_vector(database: Engine) -> None:
    def none(text: str, language: str) -> Any:
        raise NoBuild("nothing has been built yet")

    log = QuestionLog(database, documents, none, topic)
    log.note(Logged(ABSTAINED, key=KEY))
    assert log.agree(exchange())
    assert rows(database)[0]["vector"] is None
    log.close()


def test_purges_stop_at_their_moment(log: QuestionLog, database: Engine, clock: Clock) -> None:
    for days in (0, 1, 2):
        clock.now = NOON + timedelta(days=days)
        key = f"{days}-0123456789_abcd"
        log.note(Logged(ABSTAINED, key=key))
        log.agree(replace(exchange(key), question=f"{SECRET} {days}"))
    second = datetime(2026, 11, 2, 12, tzinfo=UTC)
    assert KeptQuestions(database).purge_words(second) == 1
    assert [row["question"] for row in rows(database)] == [None, f"{SECRET} 1", f"{SECRET} 2"]
    assert f"{SECRET} 0".encode() not in written(database)
    assert KeptQuestions(database).purge(second + timedelta(seconds=1)) == 2
    assert [row["question"] for row in rows(database)] == [f"{SECRET} 2"]
    assert f"{SECRET} 1".encode() not in written(database)


def test_what_fails_is_logged_without_words_and_fails_nobody(
    log: QuestionLog, database: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(id: str) -> Document:
        raise RuntimeError(SECRET)

    log._document = broken
    log.note(Logged(ABSTAINED))
    log.flush()
    assert rows(database) == []
    assert "RuntimeError" in caplog.text
    assert SECRET not in caplog.text
    log.close()
    log.note(Logged(ABSTAINED))


def test_the_topics_are_the_cards_own() -> None:
    from web.desk.question_log import CardTopics

    topics = CardTopics()
    assert (topics("starting-level-test"), topics("no-such-card")) == ("language", None)


# Over HTTP.


@pytest.fixture
def served(assistant: FakeAssistant, database_url: str) -> Iterator[TestClient]:
    with TestClient(create_app(lambda: assistant, WebSettings(database=database_url))) as client:
        yield client


def kept(client: TestClient) -> list[dict[str, Any]]:
    client.app_state["reception"].questions.flush()
    return rows(client.app_state["desk"].engine)


def ask(client: TestClient, question: str, path: str = "/api/v1/ask", **headers: str) -> None:
    body = {"question": question, "key": KEY, "conversation": TALK, "profile": {"municipality": "Espoo"}}
    assert client.post(path, json=body, headers=headers).status_code == 200


@pytest.mark.parametrize("path", ["/api/v1/ask", "/api/v1/ask/stream"])
@pytest.mark.parametrize(
    ("headers", "channel"),
    [
        pytest.param({}, "api", id="a program"),
        pytest.param({"Sec-Fetch-Site": "same-origin"}, "chat", id="our page"),
        pytest.param({"Sec-Fetch-Site": "cross-site"}, "api", id="another site"),
    ],
)
def test_an_answer_over_the_api_is_counted_once(
    served: TestClient, path: str, headers: dict[str, str], channel: str
) -> None:
    ask(served, f"no_information {SECRET}", path, **headers)
    ask(served, f"no_information {SECRET}", path, **headers)
    (row,) = kept(served)
    assert (row["channel"], row["status"], row["municipality"]) == (channel, "no_information", "Espoo")
    assert row["milliseconds"] > 0
    assert SECRET.encode() not in written(served.app_state["desk"].engine)


def test_a_question_without_a_key_is_counted(served: TestClient) -> None:
    served.post("/api/v1/ask", json={"question": "answered please"})
    assert [(row["status"], row["answer"]) for row in kept(served)] == [("answered", None)]


def test_agreeing_keeps_the_masked_question(served: TestClient) -> None:
    ask(served, f"no_information {SECRET} 010190-123A")
    response = served.post("/api/v1/questions", json={"answer": KEY})
    assert (response.status_code, response.content) == (204, b"")
    assert [row["question"] for row in kept(served)] == [f"no_information {SECRET} [...]"]


def test_agreeing_by_form(served: TestClient) -> None:
    ask(served, f"no_information {SECRET}")
    page = served.get(f"/en/answers/{KEY}").text
    assert 'action="/en/keep"' in page
    response = served.post("/en/keep", data={"answer": KEY}, follow_redirects=False)
    assert (response.status_code, response.headers["location"]) == (303, f"/en/answers/{KEY}#kept-{KEY}")
    assert [row["question"] for row in kept(served)] == [f"no_information {SECRET}"]
    assert f'id="kept-{KEY}"' in page


@pytest.mark.parametrize("question", ["answered", "clarify", "partial", "crisis", "violence"])
def test_only_below_an_abstention_is_asked_for_consent(client: TestClient, question: str) -> None:
    ask(client, question)
    assert 'action="/en/keep"' not in client.get(f"/en/answers/{KEY}").text.split("<template")[0]


def test_an_unknown_key_is_404(client: TestClient) -> None:
    assert client.post("/api/v1/questions", json={"answer": KEY}).status_code == 404
    assert client.post("/api/v1/questions", json={"answer": "short"}).status_code == 422
    assert client.post("/en/keep", data={"answer": KEY}).status_code == 404
    assert client.get("/en/keep", follow_redirects=False).status_code == 303


def test_of_violence_no_words_are_kept_agreed_or_not(served: TestClient) -> None:
    ask(served, f"violence {SECRET}")
    assert served.post("/api/v1/questions", json={"answer": KEY}).status_code == 204
    assert [row["question"] for row in kept(served)] == [None]
    assert SECRET.encode() not in written(served.app_state["desk"].engine)


def test_deleting_the_conversation_deletes_the_words(served: TestClient) -> None:
    ask(served, f"no_information {SECRET}")
    served.post("/api/v1/questions", json={"answer": KEY})
    engine = served.app_state["desk"].engine
    assert SECRET.encode() in written(engine)
    served.delete(f"/api/v1/conversations/{TALK}")
    assert SECRET.encode() not in written(engine)
    assert [row["status"] for row in kept(served)] == ["no_information"]
