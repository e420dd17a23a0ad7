"""An OpenAI-compatible server that does what a test tells it, over real HTTP and server-sent events."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PIECE = 7
"""Characters of a piece of a streamed answer."""


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]

    @property
    def streamed(self) -> bool:
        return bool(self.body.get("stream"))

    @property
    def text(self) -> str:
        """All messages."""
        return "\n".join(message["content"] for message in self.body.get("messages", ()))


@dataclass(frozen=True)
class Says:
    """What the model says, and how badly the server brings it.

    ``fault`` is one of FAULTS. ``delay`` seconds pass before the first byte.
    """

    content: str = ""
    fault: str = ""
    delay: float = 0.0
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    finish: str = "stop"


FAULTS: dict[str, str] = {
    "down": "the connection is closed before a byte",
    "silent": "nothing comes",
    "drip": "a byte now and then",
    "status 429": "too many requests",
    "status 429 with a long wait": "too many requests, come back in a minute",
    "status 500": "broken",
    "status 503": "broken for now",
    "status 401": "wrong key",
    "status 404": "no such model",
    "page": "status 200 with a page of HTML",
    "cut": "half of the answer, then the connection is closed",
    "hang": "half of the answer, then nothing",
    "no json": "the response is no JSON",
    "other json": "the response is JSON of another kind",
    "error inside": "status 200 with an error in the body",
    "bad bytes": "the response is no UTF-8",
    "null content": "the answer has no content",
}
"""What a server can do wrong, whatever the model says."""

Script = Callable[[Asked], Says]


class ScriptedEndpoint:
    """The server; ``script`` may be changed at any time."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.asked: list[Asked] = []
        self._stopped = threading.Event()
        outer = self

        class Handler(_Handler):
            endpoint = outer

        class Server(ThreadingHTTPServer):
            request_queue_size = 256
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                """Clients that go away are no news."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def close(self) -> None:
        self._stopped.set()
        self._server.shutdown()
        self._server.server_close()

    def pause(self, seconds: float) -> None:
        """Sleep, but no longer than the server lives."""
        self._stopped.wait(seconds)


class _Handler(BaseHTTPRequestHandler):
    endpoint: ScriptedEndpoint
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing."""

    def do_GET(self) -> None:
        self._send(200, {"object": "list", "data": [{"id": "scripted"}]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        asked = Asked(self.path, dict(self.headers), body)
        self.endpoint.asked.append(asked)
        says = self.endpoint.script(asked)
        self.endpoint.pause(says.delay)
        with suppress(OSError):
            self._answer(asked, says)

    def _answer(self, asked: Asked, says: Says) -> None:
        fault = says.fault
        if fault == "down":
            self._close()
        elif fault == "silent":
            self.endpoint.pause(60)
            self._close()
        elif fault == "drip":
            self._start(200, "application/json", None)
            while not self.endpoint._stopped.wait(0.05):
                self._chunk(b" ")
        elif fault.startswith("status") or says.status != 200:
            status = int(fault.split()[1]) if fault else says.status
            wait = {"Retry-After": "60"} if "wait" in fault else {}
            self._send(status, {"error": {"message": "no"}}, {**says.headers, **wait})
        elif fault == "page":
            self._send_bytes(200, b"<html><body>Welcome to the proxy</body></html>", "text/html")
        elif fault == "no json":
            self._send_bytes(200, b'{"choices": [', "application/json")
        elif fault == "other json":
            self._send(200, ["nothing", {"of": "the kind"}])
        elif fault == "error inside":
            self._send(200, {"error": {"message": "the worker died", "code": 500}})
        elif fault == "bad bytes":
            self._send_bytes(200, b'{"choices": "\xff\xfe\xfa"}', "application/json")
        elif asked.streamed:
            self._stream(says)
        else:
            self._whole(says)

    def _whole(self, says: Says) -> None:
        content = None if says.fault == "null content" else says.content
        message = {"role": "assistant", "content": content}
        body = {"choices": [{"index": 0, "message": message, "finish_reason": says.finish}], "usage": _usage(says)}
        if says.fault not in ("cut", "hang"):
            self._send(200, body)
            return
        raw = json.dumps(body).encode()
        self._start(200, "application/json", len(raw))
        self.wfile.write(raw[: len(raw) // 2])
        self.wfile.flush()
        if says.fault == "hang":
            self.endpoint.pause(60)
        self._close()

    def _stream(self, says: Says) -> None:
        self._start(200, "text/event-stream", None)
        if says.fault == "null content":
            self._event({"choices": [{"delta": {"content": None}, "finish_reason": "stop"}]})
        else:
            pieces = [says.content[at : at + PIECE] for at in range(0, len(says.content), PIECE)]
            if says.fault in ("cut", "hang"):
                pieces = pieces[: len(pieces) // 2]
            for piece in pieces:
                self._event({"choices": [{"delta": {"content": piece}, "finish_reason": None}]})
            if says.fault == "hang":
                self.endpoint.pause(60)
            if says.fault in ("cut", "hang"):
                self._close()
                return
            self._event({"choices": [{"delta": {}, "finish_reason": says.finish}]})
        self._event({"choices": [], "usage": _usage(says)})
        self._chunk(b"data: [DONE]\n\n")
        self._chunk(b"")

    def _event(self, event: dict[str, Any]) -> None:
        self._chunk(b"data: " + json.dumps(event).encode() + b"\n\n")

    def _send(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        self._send_bytes(status, json.dumps(body).encode(), "application/json", headers)

    def _send_bytes(self, status: int, raw: bytes, kind: str, headers: Mapping[str, str] | None = None) -> None:
        self._start(status, kind, len(raw), headers)
        self.wfile.write(raw)

    def _start(self, status: int, kind: str, length: int | None, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if length is None:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def _close(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(2)


def _usage(says: Says) -> dict[str, int]:
    return {"prompt_tokens": 100, "completion_tokens": max(1, len(says.content) // 4)}


@contextmanager
def scripted(script: Script) -> Iterator[ScriptedEndpoint]:
    """A running server."""
    endpoint = ScriptedEndpoint(script)
    try:
        yield endpoint
    finally:
        endpoint.close()


def endless(piece: str = "and so on ", count: int = 100_000) -> str:
    """An answer that goes on and on."""
    return piece * count


def waited(check: Callable[[], bool], seconds: float = 2.0) -> bool:
    """Whether ``check`` comes true in time."""
    until = time.monotonic() + seconds
    while not check():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True
