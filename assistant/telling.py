"""Events of an Answer that is told while the rest of it is still being written."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from itertools import islice

from assistant.answers import Answer, Event, events

Tell = Callable[[Answer], None]


def told_early(ask: Callable[[Tell], Answer]) -> Iterator[Event]:
    """The Events of what ``ask`` returns. What it tells meanwhile is the beginning of that Answer: its Events come at
    once. Raises what ``ask`` raised. ``ask`` runs in a thread of its own, and to its end though nobody listens."""
    news: queue.SimpleQueue[tuple[Answer, bool] | BaseException] = queue.SimpleQueue()

    def work() -> None:
        try:
            news.put((ask(lambda answer: news.put((answer, False))), True))
        except BaseException as error:
            news.put(error)

    threading.Thread(target=work, name="told early", daemon=True).start()
    given = 0
    while True:
        found = news.get()
        if isinstance(found, BaseException):
            raise found
        answer, whole = found
        made = list(events(answer))
        # The last Event holds the whole Answer: it waits until the Answer is whole.
        for event in islice(made, given, None if whole else len(made) - 1):
            given += 1
            yield event
        if whole:
            return
