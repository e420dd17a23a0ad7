"""A bounded pool of threads for the model's work, so that the event loop stays free and a queue stays short.

Busy     the queue is full
Dropped  the work was given up before it ended
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

T = TypeVar("T")


class Busy(Exception):
    """Every worker works and every place in the queue is taken."""


class Dropped(Exception):
    """The work was given up: nobody waits for it any more, or the server ends."""


class WorkPool:
    """``workers`` threads; at most ``queue`` pieces of work wait for one.

    Work that is cancelled while it waits frees its place at once; work that runs frees it when it ends,
    because a thread cannot be stopped from outside.
    """

    def __init__(self, workers: int, queue: int) -> None:
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix="answering")
        self._places = threading.BoundedSemaphore(workers + queue)

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Raises Busy."""
        if not self._places.acquire(blocking=False):
            raise Busy
        try:
            future = self._executor.submit(work)
        except BaseException:
            self._places.release()
            raise
        future.add_done_callback(lambda _: self._places.release())
        return future

    async def run(self, work: Callable[[], T]) -> T:
        """The result of ``work``. Raises Busy, or what ``work`` raised."""
        return await asyncio.wrap_future(self.submit(work))

    def stream(self, produce: Callable[[], Iterator[T]]) -> WorkStream[T]:
        """The items of ``produce()``, made in a thread. Raises Busy."""
        return WorkStream(self, produce)

    def close(self) -> None:
        """Drop what waits; return when what runs has ended."""
        self._executor.shutdown(wait=True, cancel_futures=True)


class WorkStream(Generic[T]):
    """Asynchronous iterator over items that a worker makes; raises what the worker raised, and Dropped.

    ``drop`` frees the place if the work still waits; ``close`` also stops it before its next item if it runs.
    """

    def __init__(self, pool: WorkPool, produce: Callable[[], Iterator[T]]) -> None:
        self._loop = asyncio.get_running_loop()
        self._arrived: asyncio.Queue[tuple[T] | BaseException] = asyncio.Queue()
        self._closed = threading.Event()
        self._future = pool.submit(lambda: self._pump(produce))
        self._future.add_done_callback(self._never_begun)

    def _pump(self, produce: Callable[[], Iterator[T]]) -> None:
        try:
            for item in produce():
                if self._closed.is_set():
                    self._hand_over(Dropped())
                    return
                self._hand_over((item,))
        except BaseException as error:
            self._hand_over(error)
        else:
            self._hand_over(StopAsyncIteration())

    def _never_begun(self, future: Future[None]) -> None:
        if future.cancelled():
            self._hand_over(Dropped())

    def _hand_over(self, item: tuple[T] | BaseException) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._arrived.put_nowait, item)

    def __aiter__(self) -> AsyncIterator[T]:
        return self

    async def __anext__(self) -> T:
        item = await self._arrived.get()
        if isinstance(item, BaseException):
            raise item
        return item[0]

    def drop(self) -> bool:
        """Give the work up if it still waits; whether it did."""
        return self._future.cancel()

    def close(self) -> None:
        self._closed.set()
        self._future.cancel()
