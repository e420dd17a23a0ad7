from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest
from conftest import FakeAssistant, feedback_store
from starlette.requests import Request
from starlette.types import Message

from web.asking import Asked, ClientGone, Reception
from web.pool import Busy, WorkPool
from web.settings import WebSettings


def test_cancelled_work_frees_its_place_at_once() -> None:
    async def scenario() -> list[str]:
        pool = WorkPool(workers=1, queue=1)
        started, release = threading.Event(), threading.Event()
        done: list[str] = []

        def hold() -> None:
            started.set()
            release.wait(10)
            done.append("held")

        running = asyncio.ensure_future(pool.run(hold))
        await asyncio.to_thread(started.wait, 10)
        waiting = asyncio.ensure_future(pool.run(lambda: done.append("waited")))
        await asyncio.sleep(0)
        with pytest.raises(Busy):
            await pool.run(lambda: done.append("turned away"))
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        instead = asyncio.ensure_future(pool.run(lambda: done.append("instead")))
        await asyncio.sleep(0)
        release.set()
        await asyncio.gather(running, instead)
        pool.close()
        return done

    assert asyncio.run(scenario()) == ["held", "instead"]


def test_work_that_fails_frees_its_place() -> None:
    async def scenario() -> None:
        pool = WorkPool(workers=1, queue=0)
        for _ in range(3):
            with pytest.raises(ZeroDivisionError):
                await pool.run(lambda: 1 // 0)
            await asyncio.to_thread(lambda: None)
        pool.close()

    asyncio.run(scenario())


def test_closed_stream_stops_its_worker() -> None:
    async def scenario() -> None:
        pool = WorkPool(workers=1, queue=0)
        stopped = threading.Event()

        def endless() -> Iterator[int]:
            try:
                while True:
                    yield 1
            finally:
                stopped.set()

        stream = pool.stream(endless)
        assert await stream.__anext__() == 1
        stream.close()
        assert await asyncio.to_thread(stopped.wait, 10)
        pool.close()

    asyncio.run(scenario())


@pytest.mark.parametrize("way", ["ask", "stream"])
def test_client_that_leaves_the_queue_frees_its_place(way: str, assistant: FakeAssistant) -> None:
    """Two wait behind a running question in a queue for two; one leaves; a newcomer finds its place."""

    async def scenario() -> None:
        pool = WorkPool(workers=1, queue=1)
        reception = Reception(assistant, pool, WebSettings(), feedback_store(assistant))
        leave = asyncio.Event()

        async def never() -> Message:
            await asyncio.Event().wait()
            raise AssertionError

        async def leaving() -> Message:
            await leave.wait()
            return {"type": "http.disconnect"}

        def request(receive: object) -> Request:
            return Request({"type": "http", "headers": [], "path": "/"}, receive)  # type: ignore[arg-type]

        asked = Asked("wait", reply_language="en")
        running = asyncio.ensure_future(reception.ask(request(never), asked))
        assert await asyncio.to_thread(assistant.started.acquire, True, 10)
        left = asyncio.ensure_future(getattr(reception, way)(request(leaving), Asked("answered left", "en")))
        await asyncio.sleep(0.01)
        with pytest.raises(Exception, match="unavailable"):
            await reception.ask(request(never), asked)
        leave.set()
        with pytest.raises(ClientGone):
            await left
        newcomer = asyncio.ensure_future(reception.ask(request(never), Asked("answered new", "en")))
        await asyncio.sleep(0.01)
        assistant.released.set()
        assert (await running).id == (await newcomer).id
        pool.close()
        assert [asked["text"] for asked in assistant.asked] == ["wait", "answered new"]

    asyncio.run(scenario())
