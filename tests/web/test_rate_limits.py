"""Limits on how often one client may do something, and who that client is behind a proxy."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import FakeAssistant
from fastapi.testclient import TestClient

from web.app import create_app
from web.clients import Clients
from web.guard import kind_of
from web.rate_limits import MemoryStore, RateLimits, RedisStore, Store, TooMany
from web.settings import RateLimitSettings, WebSettings

ASK = "/api/v1/ask"
STREAM = "/api/v1/ask/stream"
KEY = "key-0123456789_a"


def scope(peer: str | None, *forwarded: str, proto: str = "", scheme: str = "http") -> dict[str, Any]:
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    if proto:
        headers.append((b"x-forwarded-proto", proto.encode()))
    return {"type": "http", "client": (peer, 1) if peer else None, "headers": headers, "scheme": scheme}


PROXIES = ("10.0.0.0/8", "192.0.2.7", "2001:db8:ffff::/48")


@pytest.mark.parametrize(
    ("trusted", "seen", "name"),
    [
        pytest.param((), scope("198.51.100.1"), "198.51.100.1", id="direct"),
        pytest.param((), scope("198.51.100.1", "203.0.113.9"), "198.51.100.1", id="a claim of a stranger"),
        pytest.param(PROXIES, scope("198.51.100.1", "203.0.113.9"), "198.51.100.1", id="a stranger beside proxies"),
        pytest.param(PROXIES, scope("10.1.2.3", "203.0.113.9"), "203.0.113.9", id="through a proxy"),
        pytest.param(PROXIES, scope("10.1.2.3", "6.6.6.6, 203.0.113.9"), "203.0.113.9", id="what the client claims"),
        pytest.param(PROXIES, scope("10.1.2.3", "203.0.113.9, 192.0.2.7"), "203.0.113.9", id="two proxies"),
        pytest.param(PROXIES, scope("10.1.2.3", "203.0.113.9", "192.0.2.7"), "203.0.113.9", id="two headers"),
        pytest.param(PROXIES, scope("10.1.2.3", "nonsense, 10.0.0.1"), "10.0.0.1", id="malformed"),
        pytest.param(PROXIES, scope("10.1.2.3"), "10.1.2.3", id="the proxy itself"),
        pytest.param(PROXIES, scope("10.1.2.3", "203.0.113.9:4711"), "203.0.113.9", id="with a port"),
        pytest.param(PROXIES, scope("10.1.2.3", "[2001:db8::1]:443"), "2001:db8::/64", id="brackets"),
        pytest.param((), scope("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64", id="one household"),
        pytest.param((), scope("::ffff:198.51.100.1"), "198.51.100.1", id="IPv4 in IPv6"),
        pytest.param(("unix",), scope(None, "203.0.113.9"), "203.0.113.9", id="Unix socket"),
        pytest.param((), scope(None, "203.0.113.9"), "unknown", id="Unix socket not trusted"),
    ],
)
def test_who_the_client_is(trusted: tuple[str, ...], seen: dict[str, Any], name: str) -> None:
    assert Clients(trusted).name(seen) == name


@pytest.mark.parametrize(
    ("seen", "secure"),
    [
        (scope("10.1.2.3", proto="https"), True),
        (scope("10.1.2.3", proto="http", scheme="https"), False),
        (scope("198.51.100.1", proto="https"), False),
        (scope("198.51.100.1", scheme="https"), True),
    ],
    ids=["the proxy says so", "the proxy says not", "a stranger's claim", "direct"],
)
def test_whether_the_client_came_by_https(seen: dict[str, Any], secure: bool) -> None:
    assert Clients(PROXIES).is_secure(seen) is secure


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("POST", ASK, "ask"),
        ("POST", STREAM, "ask"),
        ("POST", "/so/ask", "ask"),
        ("GET", "/so/ask", "any"),
        ("POST", "/api/v1/feedback", "feedback"),
        ("POST", "/so/feedback", "feedback"),
        ("GET", f"/api/v1/answers/{KEY}/speech", "speech"),
        ("GET", f"/api/v1/answers/{KEY}", "any"),
        ("GET", "/so/", "any"),
    ],
)
def test_what_is_counted_apart(method: str, path: str, kind: str) -> None:
    assert kind_of({"type": "http", "method": method, "path": path}) == kind


class Clock:
    now = 60.0 * 1000

    def __call__(self) -> float:
        return self.now


def fake_redis() -> Store:
    fakeredis = pytest.importorskip("fakeredis", reason="fakeredis is not installed")
    return RedisStore(fakeredis.FakeAsyncRedis())


@pytest.mark.parametrize("open_store", [MemoryStore, fake_redis], ids=["memory", "redis"])
def test_a_window_has_so_many_and_the_next_begins_anew(open_store: type[Store]) -> None:
    clock = Clock()

    async def scenario() -> None:
        store = open_store()
        limits = RateLimits({"ask": 2}, store, clock)
        await limits.check("ask", "a")
        clock.now += 20.5
        await limits.check("ask", "a")
        with pytest.raises(TooMany) as refused:
            await limits.check("ask", "a")
        assert refused.value.retry_after == 40  # 39.5 s are left of the window
        await limits.check("ask", "b")
        await limits.check("feedback", "a")
        clock.now += 39.5
        await limits.check("ask", "a")
        await store.close()

    asyncio.run(scenario())


def test_redis_keeps_a_count_no_longer_than_it_needs() -> None:
    async def scenario() -> None:
        store = fake_redis()
        await store.count("ask:198.51.100.1", 7)
        client = store._client  # type: ignore[attr-defined]
        (key,) = await client.keys()
        assert key == b"neuvo:7:ask:198.51.100.1"
        assert 0 < await client.ttl(key) <= 120
        await store.close()

    asyncio.run(scenario())


def test_without_redis_this_process_counts(caplog: pytest.LogCaptureFixture) -> None:
    pytest.importorskip("redis", reason="redis is not installed")

    async def scenario() -> None:
        limits = RateLimits({"ask": 1}, RedisStore.at("redis://127.0.0.1:1/0"), Clock())
        await limits.check("ask", "a")
        with pytest.raises(TooMany):
            await limits.check("ask", "a")
        await limits.close()

    asyncio.run(scenario())
    assert len(caplog.messages) == 1
    assert "counted in this process" in caplog.text


def test_many_clients_are_forgotten_rather_than_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.rate_limits._MOST_CLIENTS", 3)

    async def scenario() -> None:
        store = MemoryStore()
        for number in range(10):
            await store.count(f"client {number}", 1)
        assert len(store._counts) <= 3

    asyncio.run(scenario())


# Over HTTP.


@pytest.fixture
def limited(assistant: FakeAssistant) -> Iterator[TestClient]:
    limits = RateLimitSettings(ask=2, feedback=1, any=4)
    settings = WebSettings(rate_limits=limits, trusted_proxies=("unix", "10.0.0.0/8"))
    with TestClient(create_app(lambda: assistant, settings), client=("10.0.0.1", 1)) as client:
        yield client


def from_(address: str) -> dict[str, str]:
    return {"X-Forwarded-For": address}


@pytest.mark.parametrize("path", [ASK, STREAM])
def test_too_many_questions_are_429_in_the_language(limited: TestClient, assistant: FakeAssistant, path: str) -> None:
    body = {"question": "answered", "language": "so"}
    for _ in range(2):
        assert limited.post(path, json=body, headers=from_("198.51.100.1")).status_code == 200
    refused = limited.post(path, json=body, headers=from_("198.51.100.1"))
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert (refused.json()["status"], refused.json()["message"]) == ("too_many_requests", "[so too_many_questions]")
    assert limited.post(path, json=body, headers=from_("198.51.100.2")).status_code == 200
    assert len(assistant.asked) == 3


def test_the_page_says_so_in_its_language(limited: TestClient) -> None:
    for _ in range(2):
        limited.post("/ar/ask", data={"question": "answered"}, follow_redirects=False)
    page = limited.post("/ar/ask", data={"question": "answered"}, follow_redirects=False)
    assert page.status_code == 429
    assert page.headers["retry-after"]
    assert "[ar too_many_questions]" in page.text
    assert ">\nanswered</textarea>" in page.text


def test_no_limit_keeps_anyone_from_the_emergency_number(limited: TestClient) -> None:
    for _ in range(3):
        limited.post(ASK, json={"question": "answered"})
    urgent = limited.post(ASK, json={"question": "emergency", "key": KEY})
    assert (urgent.status_code, urgent.json()["status"]) == (200, "emergency")
    assert "event: done" in limited.post(STREAM, json={"question": "emergency"}).text
    assert limited.get(f"/api/v1/answers/{KEY}").json()["status"] == "emergency"


def test_a_question_sent_again_does_not_count(limited: TestClient) -> None:
    for _ in range(5):
        assert limited.post(ASK, json={"question": "answered", "key": KEY}).status_code == 200


def test_everything_else_is_limited_together_but_for_health(limited: TestClient) -> None:
    statuses = [limited.get("/api/v1/documents/none").status_code for _ in range(5)]
    assert statuses == [404, 404, 404, 404, 429]
    page = limited.get("/fi/")
    assert page.status_code == 429
    assert "[fi too_many_questions]" in page.text
    assert limited.get("/healthz").status_code == 200
    assert limited.get("/readyz").status_code == 200
    assert limited.post(ASK, json={"question": "answered"}).status_code == 200


def test_feedback_has_a_limit_of_its_own(limited: TestClient) -> None:
    limited.post(ASK, json={"question": "answered", "key": KEY})
    body = {"answer": KEY, "verdict": "yes"}
    assert [limited.post("/api/v1/feedback", json=body).status_code for _ in range(2)] == [204, 429]


def test_zero_is_without_limit(assistant: FakeAssistant) -> None:
    settings = WebSettings(rate_limits=RateLimitSettings(ask=0, any=0))
    with TestClient(create_app(lambda: assistant, settings)) as client:
        for _ in range(100):
            assert client.post(ASK, json={"question": "answered"}).status_code == 200


@pytest.mark.parametrize(
    "table",
    [
        {"trusted_proxies": ["proxy.example"]},
        {"trusted_proxies": ["10.0.0.1/8"]},
        {"rate_limits": {"ask": -1}},
    ],
)
def test_settings_that_cannot_be(table: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(table))):
        WebSettings.model_validate(table)
