"""An Answer on its way: made once, for everyone who waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable

from assistant.answers import Answer, events
from web.contract import Event
from web.pool import WorkStream
from web.wire import answer_of


class Making:
    """Takes the items of ``work``, which are Events or one whole Answer, and gives them to every follower.

    When the last follower leaves, work that has not begun is given up, and work that runs as well unless there is
    ``keep``: that is awaited with the Answer before anyone gets to its end, so that whoever has it all can fetch it
    again. ``on_failure`` is called at once when it is sure that no Answer comes. Belongs to one event loop.
    """

    def __init__(
        self,
        work: WorkStream[Event | Answer],
        *,
        keep: Callable[[Answer], Awaitable[None]] | None = None,
        on_failure: Callable[[], None] | None = None,
    ) -> None:
        self._work = work
        self._keep = keep
        self._on_failure = on_failure
        self._events: list[Event] = []
        self._news = asyncio.Event()
        self._followers = 0
        self._task = asyncio.ensure_future(self._run())
        self._task.add_done_callback(self._ended)

    async def answer(self) -> Answer:
        """The whole Answer. Raises what making it raised."""
        self._followers += 1
        try:
            return await asyncio.shield(self._task)
        finally:
            self._leave()

    async def follow(self) -> AsyncGenerator[Event]:
        """Its Events, from the first on, as they come. Raises what making it raised."""
        self._followers += 1
        given = 0
        try:
            while True:
                news = self._news  # taken before looking, so that nothing comes unseen in between
                while given < len(self._events):
                    yield self._events[given]
                    given += 1
                if self._task.done():
                    break
                await news.wait()
            answer = self._task.result()
            if not given:  # made as a whole
                for event in events(answer):
                    yield event
        finally:
            self._leave()

    async def _run(self) -> Answer:
        try:
            async for item in self._work:
                answer = item if isinstance(item, Answer) else answer_of(item[1]) if item[0] == "done" else None
                if answer and self._keep:
                    await self._keep(answer)
                if not isinstance(item, Answer):
                    self._tell(item)
                if answer:
                    return answer
        finally:
            self._work.close()
        raise RuntimeError("the assistant ended without an Answer")

    def _tell(self, event: Event) -> None:
        self._events.append(event)
        self._news.set()
        self._news = asyncio.Event()

    def _ended(self, task: asyncio.Task[Answer]) -> None:
        # Asking for the exception tells asyncio that it was seen, where no follower is left to see it.
        if task.cancelled() or task.exception():
            self._failed()
        self._news.set()

    def _failed(self) -> None:
        if self._on_failure:
            self._on_failure()

    def _leave(self) -> None:
        self._followers -= 1
        if self._followers or self._task.done():
            return
        if self._work.drop():
            self._failed()
        elif self._keep is None:
            self._work.close()
