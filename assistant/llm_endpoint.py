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
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assistant.llm_breaker import Breaker
from assistant.llm_config import LlmConfig
from assistant.llms import (
    Call,
    Completion,
    LlmError,
    Malformed,
    Message,
    NotReached,
    OutOfTime,
    Refused,
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


@dataclass(slots=True)
class _Reply:
    """What has come of one answer."""

    pieces: list[str] = field(default_factory=list)
    characters: int = 0
    tokens_in: int | None = None
    tokens_out: int | None = None
    attempts: int = 1

    @property
    def text(self) -> str:
        return "".join(self.pieces)


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
        self._loop = _Loop()
        self._client: httpx.AsyncClient | None = None
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
        if self._client is not None:
            with contextlib.suppress(LlmError):
                self._wait(self._loop.start(self._client.aclose()), seconds=1.0)
        self._loop.close()

    @contextlib.contextmanager
    def _call(self, step: str) -> Iterator[_Reply]:
        """A place, the breaker's consent, and an entry in the account."""
        budget = current_budget()
        started, reply, outcome = time.monotonic(), _Reply(), "left"
        try:
            if budget.left <= 0:
                raise OutOfTime("no time is left")
            if not self._places.acquire(timeout=min(self._config.queue_seconds, budget.left)):
                raise TooBusy(f"{self._config.concurrency} calls are on their way already")
            try:
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
                self._places.release()
        except LlmError as error:
            outcome = error.kind
            raise
        finally:
            ms = (time.monotonic() - started) * 1000
            cost = self._cost(reply)
            budget.calls.append(Call(step, outcome, ms, reply.attempts, reply.tokens_in, reply.tokens_out, cost))

    def _cost(self, reply: _Reply) -> float | None:
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
        reply: _Reply,
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
        reply: _Reply,
        out: Callable[[str], None] | None,
    ) -> None:
        import httpx

        left = self._config.retries
        while True:
            structured = self._structured if schema else "text"
            wait = None
            try:
                await self._once(self._body(messages, schema, structured, out is not None), reply, out)
                return
            except (httpx.ConnectError, httpx.RemoteProtocolError, httpx.ReadError):
                if not left or reply.pieces:
                    raise
            except _Status as answered:
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

    def _body(
        self, messages: Sequence[Message], schema: Schema | None, structured: str, stream: bool
    ) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self._config.model,
            "messages": [{"role": one.role, "content": one.content} for one in messages],
            "max_tokens": self._config.max_tokens,
            "temperature": self._config.temperature,
            "stream": stream,
        }
        if stream:
            body["stream_options"] = {"include_usage": True}
        if schema and structured == "schema":
            body["response_format"] = {
                "type": "json_schema",
                "json_schema": {"name": "answer", "schema": schema, "strict": True},
            }
        elif schema and structured == "object":
            body["response_format"] = {"type": "json_object"}
        return body | self._config.body

    async def _once(self, body: dict[str, Any], reply: _Reply, out: Callable[[str], None] | None) -> None:
        """One attempt. Raises _Status, LlmError, and what httpx and json raise."""
        async with self._http().stream("POST", f"{self._config.url}/chat/completions", json=body) as response:
            if response.status_code != 200:
                raise _Status.of(response)
            if out and "text/event-stream" in response.headers.get("content-type", ""):
                async for piece in self._events(response, reply):
                    self._take(piece, reply, out)
                return
            self._take(_said(json.loads(await self._whole(response)), "message", reply), reply, out)

    def _take(self, piece: str, reply: _Reply, out: Callable[[str], None] | None) -> None:
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

    async def _events(self, response: httpx.Response, reply: _Reply) -> AsyncIterator[str]:
        """The pieces of a stream, which must end as it should: with "[DONE]" or a reason to finish."""
        finished = False
        async for line in response.aiter_lines():
            if not line.startswith("data:"):
                continue
            data = line[5:].strip()
            if data == "[DONE]":
                return
            event = json.loads(data)
            piece = _said(event, "delta", reply)
            finished |= any(choice.get("finish_reason") for choice in event.get("choices") or () if choice)
            if piece:
                yield piece
        if not finished:
            raise NotReached("the stream was cut")

    async def _listed(self) -> list[str]:
        async def models() -> list[str]:
            response = await self._http().get(f"{self._config.url}/models")
            if response.status_code != 200:
                raise _Status.of(response).error
            found = response.json()
            listed = found.get("data") if isinstance(found, dict) else None
            return [str(one.get("id")) for one in listed or () if isinstance(one, dict)]

        listed: list[str] = await self._within(self._config.seconds, models())
        return listed

    def _http(self) -> httpx.AsyncClient:
        import httpx

        if self._client is None:
            key = self._config.key
            headers = {"Authorization": f"Bearer {key.get_secret_value()}"} if key else {}
            self._client = httpx.AsyncClient(
                headers=headers,
                timeout=httpx.Timeout(None, connect=self._config.connect_seconds),
                limits=httpx.Limits(max_connections=None, max_keepalive_connections=self._config.concurrency),
            )
        return self._client


class _Status(Exception):
    """A response that is none of 200. ``wait`` are the seconds that it asks for."""

    def __init__(self, status: int, wait: float | None) -> None:
        super().__init__(status)
        self.status = status
        self.wait = wait

    @classmethod
    def of(cls, response: httpx.Response) -> _Status:
        told = response.headers.get("retry-after", "")
        return cls(response.status_code, min(float(told), 60.0) if told.isdecimal() else None)

    @property
    def error(self) -> LlmError:
        if self.status == 429:
            return TooBusy("the endpoint answered 429")
        if self.status >= 500:
            return NotReached(f"the endpoint answered {self.status}")
        return Refused(f"the endpoint answered {self.status}", self.status)


def _said(event: Any, place: str, reply: _Reply) -> str:
    """The text in a response or an event of a stream; tokens go to ``reply``. Raises LlmError, for errors inside
    a response of status 200 too."""
    if not isinstance(event, dict):
        raise Malformed("no object")
    if event.get("error"):
        raise NotReached("the endpoint answered with an error")
    usage = event.get("usage")
    if isinstance(usage, dict):
        reply.tokens_in, reply.tokens_out = usage.get("prompt_tokens"), usage.get("completion_tokens")
    choices = event.get("choices")
    if not isinstance(choices, list):
        raise Malformed("no choices")
    if not choices:
        return ""
    choice = choices[0]
    said = choice.get(place) if isinstance(choice, dict) else None
    if not isinstance(said, dict):
        raise Malformed(f"no {place}")
    if said.get("refusal") or choice.get("finish_reason") == "content_filter":
        raise Refused("the model declined")
    content = said.get("content")
    if content is not None and not isinstance(content, str):
        raise Malformed("content that is no text")
    return content or ""


class _Loop:
    """A thread with an event loop, started by its first coroutine."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def start(self, coroutine: Any) -> Future[Any]:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._loop.run_forever, name="llm", daemon=True)
                self._thread.start()
            return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def close(self) -> None:
        with self._lock:
            loop, thread, self._loop, self._thread = self._loop, self._thread, None, None
        if loop and thread:
            loop.call_soon_threadsafe(loop.stop)
            thread.join(timeout=2.0)
            if not thread.is_alive():
                loop.close()
