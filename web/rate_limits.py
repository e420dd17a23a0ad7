"""How often one client may do something. Counted in this process, or in Redis where several processes serve.

TooMany      the client must wait
LimitsError  the Redis that shall count cannot be used
"""

from __future__ import annotations

import logging
import math
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Literal, Protocol

from web.settings import RateLimitSettings

_log = logging.getLogger("neuvo.web")

Kind = Literal["ask", "feedback", "speech", "sign_in", "any"]
"""What is counted apart: questions, feedback, read-aloud, signing in at the desk, and everything else together."""

WINDOW = 60
"""Seconds."""

_MOST_CLIENTS = 100_000
"""Counted in this process at a time."""


class TooMany(Exception):
    """The client must wait ``retry_after`` seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after


class LimitsError(Exception):
    """The Redis that shall count cannot be used. Says why."""


class Store(Protocol):
    """Counts how often a name came up in a window of time."""

    async def count(self, name: str, window: int) -> int:
        """How often ``name`` came up in window number ``window``, this time included."""

    async def close(self) -> None: ...


class MemoryStore:
    """Counts of the current window only, in this process."""

    def __init__(self) -> None:
        self._window = 0
        self._counts: Counter[str] = Counter()

    async def count(self, name: str, window: int) -> int:
        if window != self._window or len(self._counts) >= _MOST_CLIENTS:
            self._window = window
            self._counts.clear()
        self._counts[name] += 1
        return self._counts[name]

    async def close(self) -> None:
        self._counts.clear()


class RedisStore:
    """Counts in Redis, where they expire with their window. While Redis is away, this process counts alone."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._instead = MemoryStore()
        self._complained = -1

    @classmethod
    def at(cls, url: str) -> RedisStore:
        """Raises LimitsError without the extra ``redis``, and for a malformed address."""
        try:
            from redis.asyncio import Redis

            return cls(Redis.from_url(url, socket_timeout=0.25, socket_connect_timeout=0.25))
        except ImportError as error:
            raise LimitsError('rate limits in Redis need the package redis: pip install "neuvo[redis]"') from error
        except ValueError as error:
            raise LimitsError("web.rate_limits.redis is no address such as redis://localhost:6379/0") from error

    async def count(self, name: str, window: int) -> int:
        from redis.exceptions import RedisError

        key = f"neuvo:{window}:{name}"
        try:
            async with self._client.pipeline(transaction=True) as pipeline:
                pipeline.incr(key)
                pipeline.expire(key, 2 * WINDOW)
                counted, _ = await pipeline.execute()
        except (RedisError, OSError) as error:
            if self._complained != window:
                self._complained = window
                _log.warning("rate limits are counted in this process: Redis failed with %s", type(error).__name__)
            return await self._instead.count(name, window)
        return int(counted)

    async def close(self) -> None:
        await self._client.aclose()


class RateLimits:
    """``limits`` are how often a client may do something in WINDOW seconds; 0 or missing is without limit.

    ``clock`` gives seconds that all processes agree on.
    """

    def __init__(
        self, limits: Mapping[Kind, int], store: Store | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self._limits = limits
        self._store = store or MemoryStore()
        self._clock = clock

    async def check(self, kind: Kind, client: str) -> None:
        """Raises TooMany."""
        limit = self._limits.get(kind, 0)
        if not limit:
            return
        window, gone = divmod(self._clock(), WINDOW)
        if await self._store.count(f"{kind}:{client}", int(window)) > limit:
            raise TooMany(math.ceil(WINDOW - gone))

    async def close(self) -> None:
        await self._store.close()


def open_limits(settings: RateLimitSettings) -> RateLimits:
    """Raises LimitsError."""
    limits: dict[Kind, int] = {
        "ask": settings.ask,
        "feedback": settings.feedback,
        "speech": settings.speech,
        "sign_in": settings.sign_in,
        "any": settings.any,
    }
    return RateLimits(limits, RedisStore.at(settings.redis) if settings.redis else None)
