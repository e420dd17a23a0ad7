"""Answers by key: asked once, waited for, shown again, gone with their conversation."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from conftest import ANSWERS, FakeAssistant, feedback_store
from fastapi.testclient import TestClient
from starlette.requests import Request

from assistant.answers import Answer
from web.asking import Asked, ClientGone, Reception
from web.exchanges import Exchange
from web.finished import Finished, KeyUsed
from web.making import Making
from web.pool import WorkPool
from web.settings import WebSettings
from web.wire import answer_of

ASK = "/api/v1/ask"
STREAM = "/api/v1/ask/stream"
KEY = "key-0123456789_a"
TALK = "talk-0123456789_a"
VIOLENCE = replace(ANSWERS["crisis"], trace={"category": "violence", "categories": ["violence"]})


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def exchange(key: str, talk: str | None = TALK, answer: Answer = ANSWERS["answered"], **more: bool) -> Exchange:
    return Exchange(key, f"question of {key}", answer, talk, **more)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def finished(clock: Clock) -> Finished:
    return Finished(most=4, clock=clock)


@pytest.mark.parametrize("name", list(ANSWERS))
def test_an_answer_comes_back_from_its_wire_form(name: str) -> None:
    assert answer_of(ANSWERS[name].to_wire()) == ANSWERS[name]


def test_a_conversation_lasts_thirty_minutes_after_its_last_message(finished: Finished, clock: Clock) -> None:
    finished.keep(exchange("a"), 1)
    clock.now = 29 * 60
    finished.keep(exchange("b"), 2)
    clock.now = 58 * 60
    assert [one.key for one in finished.conversation(TALK)] == ["a", "b"]
    clock.now = 59 * 60
    assert finished.conversation(TALK) == ()
    assert finished.exchange("a") is finished.exchange("b") is None


def test_reading_does_not_prolong_a_conversation(finished: Finished, clock: Clock) -> None:
    finished.keep(exchange("a"), 1)
    clock.now = 20 * 60
    assert finished.exchange("a")
    clock.now = 30 * 60
    assert finished.exchange("a") is None


def test_what_is_over_is_dropped_though_nobody_asks(finished: Finished, clock: Clock) -> None:
    finished.keep(exchange("a"), 1)
    finished.keep(exchange("b", None, VIOLENCE, private=True), 2)
    clock.now = 5 * 60
    finished.drop_expired()
    assert len(finished) == 1
    clock.now = 30 * 60
    finished.drop_expired()
    assert len(finished) == 0


def test_a_question_outside_of_a_conversation_stands_alone(finished: Finished) -> None:
    finished.keep(exchange("a", None), 1)
    finished.keep(exchange("b", None), 2)
    assert [one.key for one in finished.shown("b")] == ["b"]


def test_the_page_of_an_answer_shows_what_led_to_it(finished: Finished) -> None:
    for number, key in enumerate("abc"):
        finished.keep(exchange(key), number)
    assert [one.key for one in finished.shown("b")] == ["a", "b"]
    assert finished.shown("x") == ()


def test_violence_at_home_leaves_no_history(finished: Finished, clock: Clock) -> None:
    finished.keep(exchange("a"), 1)
    finished.keep(exchange("b", answer=VIOLENCE, private=True), 2)
    finished.keep(exchange("c"), 3)
    assert [one.key for one in finished.conversation(TALK)] == ["a", "c"]
    assert [one.key for one in finished.shown("c")] == ["a", "c"]
    assert finished.shown("b")[-1].key == "b"
    clock.now = 5 * 60
    assert finished.exchange("b") is None
    assert finished.exchange("c")


def test_the_most_silent_conversation_goes_first(finished: Finished, clock: Clock) -> None:
    for number, (key, talk) in enumerate([("a", "old"), ("b", "new"), ("c", "old"), ("d", "new"), ("e", "newest")]):
        clock.now = float(number)
        finished.keep(exchange(key, talk), number)
    assert len(finished) == 4
    assert [one.key for one in finished.conversation("old")] == ["c"]
    assert [one.key for one in finished.conversation("new")] == ["b", "d"]


def test_forgetting_takes_every_exchange_of_the_conversation_and_no_other(finished: Finished) -> None:
    finished.keep(exchange("a"), 1)
    finished.keep(exchange("b"), 2)
    finished.keep(exchange("c", "other"), 3)
    assert finished.forget(TALK) == ("a", "b")
    assert finished.forget(TALK) == ()
    assert finished.exchange("a") is None
    assert finished.exchange("c")
    assert len(finished) == 1


def test_a_key_goes_with_one_question(finished: Finished) -> None:
    finished.keep(exchange(KEY), 1)
    assert finished.of(KEY, 1) == exchange(KEY)
    with pytest.raises(KeyUsed):
        finished.of(KEY, 2)
    assert finished.key_for(KEY, 1) == KEY
    for sent in (KEY, "short", "", "x" * 65, "x" * 20 + "\n", "ä" * 20):
        assert finished.key_for(sent, 2) not in (sent, KEY)
    assert finished.key_for("free-0123456789_a", 2) == "free-0123456789_a"


# Through the reception: what is being made.


def request(receive: Callable[[], object] | None = None) -> Request:
    async def never() -> object:
        await asyncio.Event().wait()
        raise AssertionError

    return Request({"type": "http", "headers": [], "path": "/"}, receive or never)  # type: ignore[arg-type]


def asked(text: str, key: str | None = KEY, conversation: str | None = TALK) -> Asked:
    return Asked(text, reply_language="en", conversation=conversation, key=key)


async def started(assistant: FakeAssistant) -> None:
    assert await asyncio.to_thread(assistant.started.acquire, True, 10)


def at_desk(assistant: FakeAssistant, scenario: Callable[[Reception], object]) -> None:
    async def run() -> None:
        reception = Reception(assistant, WorkPool(workers=1, queue=1), WebSettings(), feedback_store(assistant))
        try:
            await scenario(reception)  # type: ignore[misc]
        finally:
            assistant.released.set()
            await asyncio.to_thread(reception.pool.close)

    asyncio.run(run())


async def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.005)


def test_everyone_who_asks_under_a_key_gets_the_one_answer(assistant: FakeAssistant) -> None:
    async def scenario(reception: Reception) -> None:
        first = asyncio.ensure_future(reception.ask(request(), asked("wait")))
        await started(assistant)
        second = asyncio.ensure_future(reception.ask(request(), asked("wait")))
        third = asyncio.ensure_future(reception.stream(request(), asked("wait")))
        await asyncio.sleep(0.02)
        assert reception.finished.is_being_made(KEY)
        assistant.released.set()
        assert await first is await second
        names = [name async for name, _ in await third]
        assert (names[0], names[-1]) == ("status", "done")
        assert await reception.ask(request(), asked("wait")) is await first
        assert len(assistant.asked) == 1

    at_desk(assistant, scenario)


@pytest.mark.parametrize("way", ["ask", "stream"])
def test_an_answer_is_finished_though_its_asker_left(assistant: FakeAssistant, way: str) -> None:
    async def scenario(reception: Reception) -> None:
        leave = asyncio.Event()

        async def leaving() -> object:
            await leave.wait()
            return {"type": "http.disconnect"}

        left = asyncio.ensure_future(getattr(reception, way)(request(leaving), asked("wait")))
        await started(assistant)
        leave.set()
        with pytest.raises(ClientGone):
            await left
        assistant.released.set()
        await until(lambda: reception.finished.exchange(KEY))
        assert await reception.ask(request(), asked("wait")) == ANSWERS["answered"]
        assert len(assistant.asked) == 1

    at_desk(assistant, scenario)


def test_a_stream_that_broke_off_is_finished(assistant: FakeAssistant) -> None:
    async def scenario(reception: Reception) -> None:
        events = await reception.stream(request(), asked("answered"))
        assert (await anext(events))[0] == "status"
        await events.aclose()  # type: ignore[attr-defined]
        await until(lambda: reception.finished.exchange(KEY))
        assert len(assistant.asked) == 1

    at_desk(assistant, scenario)


def test_the_end_of_a_stream_comes_when_the_answer_can_be_fetched(assistant: FakeAssistant) -> None:
    async def scenario(reception: Reception) -> None:
        async for name, _ in await reception.stream(request(), asked("answered")):
            assert name != "done" or reception.finished.exchange(KEY)

    at_desk(assistant, scenario)


def test_a_question_left_in_the_queue_is_given_up_and_can_be_asked_again(assistant: FakeAssistant) -> None:
    async def scenario(reception: Reception) -> None:
        running = asyncio.ensure_future(reception.ask(request(), asked("wait", "k" * 16)))
        await started(assistant)
        leave = asyncio.Event()

        async def leaving() -> object:
            await leave.wait()
            return {"type": "http.disconnect"}

        queued = asyncio.ensure_future(reception.ask(request(leaving), asked("answered")))
        await asyncio.sleep(0.02)
        leave.set()
        with pytest.raises(ClientGone):
            await queued
        assert not reception.finished.is_being_made(KEY)
        again = asyncio.ensure_future(reception.ask(request(), asked("answered")))
        await asyncio.sleep(0.02)
        assistant.released.set()
        assert await again == ANSWERS["answered"]
        await running
        assert [one["text"] for one in assistant.asked] == ["wait", "answered"]

    at_desk(assistant, scenario)


def test_what_failed_can_be_asked_again(assistant: FakeAssistant) -> None:
    async def scenario(reception: Reception) -> None:
        for _ in range(2):
            with pytest.raises(Exception, match="error"):
                await reception.ask(request(), asked("boom"))
            assert reception.finished.of(KEY, asked("boom").fingerprint) is None
        assert len(assistant.asked) == 2
        names = [name async for name, _ in await reception.stream(request(), asked("half"))]
        assert names == ["status", "sentence", "error"]
        assert await reception.ask(request(), asked("half")) == ANSWERS["answered"]

    at_desk(assistant, scenario)


def test_a_conversation_deleted_while_answering_stays_deleted(assistant: FakeAssistant) -> None:
    async def scenario(reception: Reception) -> None:
        answer = asyncio.ensure_future(reception.ask(request(), asked("wait")))
        await started(assistant)
        reception.forget(TALK)
        assert not reception.finished.is_being_made(KEY)
        assistant.released.set()
        assert await answer == ANSWERS["answered"]
        assert len(reception.finished) == 0
        assert assistant.forgotten == [TALK, TALK]

    at_desk(assistant, scenario)


def test_the_server_can_end_while_questions_wait(assistant: FakeAssistant) -> None:
    async def scenario(reception: Reception) -> None:
        running = asyncio.ensure_future(reception.ask(request(), asked("wait", "k" * 16)))
        await started(assistant)
        queued = asyncio.ensure_future(reception.ask(request(), asked("answered")))
        await asyncio.sleep(0.02)
        closing = threading.Thread(target=reception.pool.close)
        closing.start()
        with pytest.raises(Exception, match="unavailable"):
            await queued
        assistant.released.set()
        await running
        await asyncio.to_thread(closing.join)

    at_desk(assistant, scenario)


def test_what_is_kept_of_a_question_is_masked_and_nothing_of_violence(
    assistant: FakeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ANSWERS, "beaten", VIOLENCE)

    async def scenario(reception: Reception) -> None:
        await reception.ask(request(), asked("answered 010190-123A"))
        await reception.ask(request(), asked("beaten at home", "k" * 16))
        shown = reception.finished.exchange(KEY)
        assert shown is not None
        assert (shown.question, shown.private) == ("answered [...]", False)
        private = reception.finished.exchange("k" * 16)
        assert private is not None
        assert (private.question, private.private) == ("", True)

    at_desk(assistant, scenario)


def test_making_without_a_key_is_not_kept(assistant: FakeAssistant) -> None:
    async def scenario(reception: Reception) -> None:
        await reception.ask(request(), asked("answered", None))
        assert len(reception.finished) == 0
        assert reception.finished.key_for("", asked("answered", None).fingerprint)

    at_desk(assistant, scenario)


def test_making_that_ends_without_an_answer_is_a_failure() -> None:
    async def run() -> None:
        pool = WorkPool(workers=1, queue=0)
        failed = []
        making = Making(pool.stream(lambda: iter([("status", {})])), on_failure=lambda: failed.append(True))
        with pytest.raises(RuntimeError):
            await making.answer()
        assert failed
        await asyncio.to_thread(pool.close)

    asyncio.run(run())


# Over HTTP.


@pytest.mark.parametrize("path", [ASK, STREAM])
def test_a_question_sent_again_is_not_asked_again(client: TestClient, assistant: FakeAssistant, path: str) -> None:
    body = {"question": "answered", "key": KEY, "conversation": TALK}
    first, again = client.post(path, json=body), client.post(path, json=body)
    assert first.text == again.text
    assert client.post(ASK, json=body).json() == ANSWERS["answered"].to_wire()
    assert len(assistant.asked) == 1


def test_an_answer_is_fetched_by_its_key_until_its_conversation_is_deleted(client: TestClient) -> None:
    address = f"/api/v1/answers/{KEY}"
    missing = client.get(address)
    assert (missing.status_code, missing.json()["status"]) == (404, "not_found")
    client.post(ASK, json={"question": "answered", "key": KEY, "conversation": TALK})
    found = client.get(address)
    assert (found.status_code, found.json()) == (200, ANSWERS["answered"].to_wire())
    assert found.headers["cache-control"] == "no-store"
    client.delete(f"/api/v1/conversations/{TALK}")
    assert client.get(address).status_code == 404
    assert len(client.app_state["reception"].finished) == 0


def test_an_answer_on_its_way_is_202(client: TestClient, assistant: FakeAssistant) -> None:
    with ThreadPoolExecutor(1) as other:
        asking = other.submit(client.post, ASK, json={"question": "wait", "key": KEY})
        assert assistant.started.acquire(timeout=10)
        pending = client.get(f"/api/v1/answers/{KEY}")
        assert (pending.status_code, pending.json()) == (202, {"status": "pending"})
        assert pending.headers["retry-after"] == "1"
        assistant.released.set()
        assert asking.result(10).status_code == 200
    assert client.get(f"/api/v1/answers/{KEY}").status_code == 200


def test_a_key_used_for_another_question_is_422(client: TestClient, assistant: FakeAssistant) -> None:
    client.post(ASK, json={"question": "answered", "key": KEY})
    for body in ({"question": "partial"}, {"question": "answered", "profile": {"municipality": "Espoo"}}):
        other = client.post(ASK, json={**body, "key": KEY})
        assert other.status_code == 422
        assert [problem["field"] for problem in other.json()["problems"]] == ["key"]
    assert len(assistant.asked) == 1


@pytest.mark.parametrize("key", ["short", "x" * 65, "", "x" * 20 + "\n", "ä" * 20])
def test_a_guessable_or_malformed_key_is_422(client: TestClient, key: str) -> None:
    response = client.post(ASK, json={"question": "answered", "key": key})
    assert response.status_code == 422
    assert [problem["field"] for problem in response.json()["problems"]] == ["key"]


def test_an_emergency_in_a_full_queue_is_kept_under_its_key(client: TestClient, assistant: FakeAssistant) -> None:
    with ThreadPoolExecutor(2) as others:
        asking = [others.submit(client.post, ASK, json={"question": "wait"})]
        assert assistant.started.acquire(timeout=10)
        asking.append(others.submit(client.post, ASK, json={"question": "wait"}))
        while client.app_state["reception"].pool._places._value:
            time.sleep(0.005)
        assert client.post(ASK, json={"question": "emergency", "key": KEY}).json()["status"] == "emergency"
        assert client.post(ASK, json={"question": "wait", "key": "k" * 16}).status_code == 503
        assistant.released.set()
        for one in asking:
            one.result(10)
    assert client.get(f"/api/v1/answers/{KEY}").json()["status"] == "emergency"
    assert client.get(f"/api/v1/answers/{'k' * 16}").status_code == 404
