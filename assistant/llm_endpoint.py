"""Chat models behind an OpenAI-compatible HTTP API: vLLM, Ollama, llama.cpp, Azure, any other.

All calls run in one thread with an event loop, where a time limit ends a call whatever it waits for: the connection, a
header, the next byte. Callers wait in their own threads.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import queue
import random
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Future
from typing import TYPE_CHECKING, Any

from assistant.llm_breaker import Breaker
from assistant.llm_config import LlmConfig
from assistant.llm_thread import LoopThread
from assistant.llm_wire import Reply, Status, body_of, said_in
from assistant.llms import (
    Call,
    Completion,
    LlmError,
    Malformed,
    Message,
    NotReached,
    OutOfTime,
    Schema,
    TooBusy,
    current_budget,
)

if TYPE_CHECKING:
    import httpx

RETRIED = frozenset({429, 500, 502, 503, 504})
_WEAKER = {"schema": "object", "object": "text"}
_CHARACTERS_A_TOKEN = 12
"""More than any language's text takes: beyond that an answer is endless, whatever limit was asked for."""
_BACKOFF, _LONGEST_BACKOFF = 0.2, 2.0
_HELLO = 0.1
"""Seconds after the end of its time by which a call that does not end is given up."""
_END = object()


class Endpoint:
    """A ``ChatModel``. Opens no connection before the first call. Safe to share between threads."""

    def __init__(self, config: LlmConfig, rng: Callable[[], float] = random.random) -> None:
        assert config.url
        self.name = config.model
        self._config = config
        self._rng = rng
        self._structured: str = config.structured
        self._places = threading.BoundedSemaphore(config.concurrency)
        self._breaker = Breaker(config.breaker_failures, config.breaker_seconds)
        self._loop = LoopThread()
        self._client = _client(config)
        logging.getLogger("httpx").setLevel(logging.WARNING)  # else a line for every call

    @property
    def structured(self) -> str:
        """How the endpoint takes a schema, as far as it is known: "schema", "object" or "text"."""
        return self._structured

    def complete(self, messages: Sequence[Message], *, step: str, schema: Schema | None = None) -> Completion:
        """See ``ChatModel``."""
        with self._call(step) as reply:
            self._wait(self._loop.start(self._asked(messages, schema, reply, None)))
            if not reply.text.strip():
                raise Malformed("an empty answer")
        return Completion(reply.text, reply.tokens_in, reply.tokens_out, reply.attempts)

    def stream(self, messages: Sequence[Message], *, step: str, schema: Schema | None = None) -> Iterator[str]:
        """See ``ChatModel``."""
        with self._call(step) as reply:
            pieces: queue.SimpleQueue[Any] = queue.SimpleQueue()
            task = self._loop.start(self._asked(messages, schema, reply, pieces.put))
            task.add_done_callback(lambda _: pieces.put(_END))
            try:
                while (piece := self._next(pieces)) is not _END:
                    yield piece
                self._wait(task)
            finally:
                task.cancel()
            if not reply.text.strip():
                raise Malformed("an empty answer")

    def models(self) -> list[str]:
        """Names of the models that the endpoint offers. Raises LlmError."""
        with self._call("models"):
            found: list[str] = self._wait(self._loop.start(self._listed()))
            return found

    def close(self) -> None:
        with contextlib.suppress(LlmError):
            self._wait(self._loop.start(self._client.aclose()), seconds=1.0)
        self._loop.close()

    @contextlib.contextmanager
    def _call(self, step: str) -> Iterator[Reply]:
        """A place, the breaker's consent, and an entry in the account. A call inside another of the same question, such
        as a check of a sentence while the next is being written, has the other's place and consent."""
        budget = current_budget()
        started, reply, outcome = time.monotonic(), Reply(), "left"
        budget.start()
        try:
            if budget.left <= 0:
                raise OutOfTime("no time is left")
            inside = budget.places > 0
            if not inside and not self._places.acquire(timeout=min(self._config.queue_seconds, budget.left)):
                raise TooBusy(f"{self._config.concurrency} calls are on their way already")
            budget.places += 1
            try:
                if not inside:
                    self._breaker.enter()
                try:
                    yield reply
                    outcome = "ok"
                    self._breaker.succeeded()
                except LlmError:
                    self._breaker.failed()
                    raise
                finally:
                    if outcome != "ok":
                        self._breaker.left()
            finally:
                budget.places -= 1
                if not budget.places:
                    self._places.release()
        except LlmError as error:
            outcome = error.kind
            raise
        finally:
            ms = (time.monotonic() - started) * 1000
            cost = self._cost(reply)
            budget.calls.append(Call(step, outcome, ms, reply.attempts, reply.tokens_in, reply.tokens_out, cost))

    def _cost(self, reply: Reply) -> float | None:
        prices = ((self._config.price_in, reply.tokens_in), (self._config.price_out, reply.tokens_out))
        known = [price * tokens / 1e6 for price, tokens in prices if price is not None and tokens is not None]
        return round(sum(known), 8) if known else None

    def _left(self) -> float:
        return min(current_budget().left, self._config.seconds)

    def _wait(self, task: Future[Any], seconds: float | None = None) -> Any:
        try:
            return task.result((self._left() if seconds is None else seconds) + _HELLO)
        except (TimeoutError, CancelledError) as error:
            task.cancel()
            raise OutOfTime("the call did not end in time") from error

    def _next(self, pieces: queue.SimpleQueue[Any]) -> Any:
        try:
            return pieces.get(timeout=self._left() + _HELLO)
        except queue.Empty as error:
            raise OutOfTime("the call did not end in time") from error

    def _asked(
        self,
        messages: Sequence[Message],
        schema: Schema | None,
        reply: Reply,
        out: Callable[[str], None] | None,
    ) -> Any:
        """The coroutine of a call; made in the caller's thread, whose Budget it takes."""
        return self._within(self._left(), self._attempts(messages, schema, reply, out))

    async def _within(self, seconds: float, work: Any) -> Any:
        import httpx

        try:
            async with asyncio.timeout(seconds):
                return await work
        except TimeoutError as error:
            raise OutOfTime(f"not done within {seconds:.1f} s") from error
        except httpx.TimeoutException as error:
            raise NotReached(f"no connection: {type(error).__name__}") from error
        except httpx.HTTPError as error:
            raise NotReached(f"the line broke: {type(error).__name__}") from error
        except (ValueError, RecursionError) as error:  # JSON, UTF-8, compression
            raise Malformed(f"not what the API says: {type(error).__name__}") from error

    async def _attempts(
        self,
        messages: Sequence[Message],
        schema: Schema | None,
        reply: Reply,
        out: Callable[[str], None] | None,
    ) -> None:
        import httpx

        left = self._config.retries
        while True:
            structured = self._structured if schema else "text"
            wait = None
            try:
                await self._once(body_of(self._config, messages, schema, structured, out is not None), reply, out)
                return
            except (httpx.ConnectError, httpx.RemoteProtocolError, httpx.ReadError):
                if not left or reply.pieces:
                    raise
            except Status as answered:
                if answered.status in (400, 422) and structured in _WEAKER:
                    self._structured = _WEAKER[structured]
                    continue
                if answered.status not in RETRIED or not left:
                    raise answered.error from None
                wait = answered.wait
            delay = min(_LONGEST_BACKOFF, _BACKOFF * 2 ** (self._config.retries - left)) * self._rng()
            left -= 1
            reply.attempts += 1
            await asyncio.sleep(delay if wait is None else wait)

    async def _once(self, body: dict[str, Any], reply: Reply, out: Callable[[str], None] | None) -> None:
        """One attempt. Raises Status, LlmError, and what httpx and json raise."""
        async with self._client.stream("POST", f"{self._config.url}/chat/completions", json=body) as response:
            if response.status_code != 200:
                raise Status.of(response.status_code, response.headers)
            if out and "text/event-stream" in response.headers.get("content-type", ""):
                async for piece in self._events(response, reply):
                    self._take(piece, reply, out)
                return
            self._take(said_in(json.loads(await self._whole(response)), "message", reply), reply, out)

    def _take(self, piece: str, reply: Reply, out: Callable[[str], None] | None) -> None:
        reply.pieces.append(piece)
        reply.characters += len(piece)
        if reply.characters > self._config.max_tokens * _CHARACTERS_A_TOKEN:
            raise Malformed("an answer without end")
        if out and piece:
            out(piece)

    async def _whole(self, response: httpx.Response) -> bytes:
        most = self._config.max_tokens * _CHARACTERS_A_TOKEN * 8
        content = bytearray()
        async for part in response.aiter_bytes():
            content += part
            if len(content) > most:
                raise Malformed("an answer without end")
        return bytes(content)

    async def _events(self, response: httpx.Response, reply: Reply) -> AsyncIterator[str]:
        """The pieces of a stream, which must end as it should: with "[DONE]" or a reason to finish."""
        finished = False
        async for line in response.aiter_lines():
            if not line.startswith("data:"):
                continue
            data = line[5:].strip()
            if data == "[DONE]":
                return
            event = json.loads(data)
            piece = said_in(event, "delta", reply)
            finished |= any(choice.get("finish_reason") for choice in event.get("choices") or () if choice)
            if piece:
                yield piece
        if not finished:
            raise NotReached("the stream was cut")

    async def _listed(self) -> list[str]:
        async def models() -> list[str]:
            response = await self._client.get(f"{self._config.url}/models")
            if response.status_code != 200:
                raise Status.of(response.status_code, response.headers).error
            found = response.json()
            listed = found.get("data") if isinstance(found, dict) else None
            return [str(one.get("id")) for one in listed or () if isinstance(one, dict)]

        listed: list[str] = await self._within(self._config.seconds, models())
        return listed


def _client(config: LlmConfig) -> httpx.AsyncClient:
    """Made when the assistant is, for the first asker is not to wait for certificates to load."""
    import httpx

    headers = {"Authorization": f"Bearer {config.key.get_secret_value()}"} if config.key else {}
    return httpx.AsyncClient(
        headers=headers,
        timeout=httpx.Timeout(None, connect=config.connect_seconds),
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=config.concurrency),
    )
