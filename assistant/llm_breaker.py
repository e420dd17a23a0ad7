"""The circuit breaker: an endpoint that keeps failing is left alone for a while, so that nobody waits for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from assistant.llms import NotReached


class Breaker:
    """Opens after ``failures`` in a row for ``seconds``; then one call may try, and the rest wait for how it ends.

    Safe to share between threads.
    """

    def __init__(self, failures: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._failures = failures
        self._seconds = seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._failed = 0
        self._open_until: float | None = None
        self._trying = False

    def enter(self) -> None:
        """Before a call. Raises NotReached."""
        with self._lock:
            if self._open_until is None:
                return
            if self._trying or self._clock() < self._open_until:
                raise NotReached("not asked: too many calls failed lately")
            self._trying = True

    def succeeded(self) -> None:
        """After a call that was answered."""
        with self._lock:
            self._failed, self._open_until, self._trying = 0, None, False

    def failed(self) -> None:
        """After a call that was not."""
        with self._lock:
            self._failed += 1
            if self._trying or self._failed >= self._failures:
                self._open_until = self._clock() + self._seconds
            self._trying = False

    def left(self) -> None:
        """After a call that ended for a reason of ours: it says nothing about the endpoint."""
        with self._lock:
            self._trying = False
