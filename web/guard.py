"""Around every request: the security headers, the limit on a body's size, and the last catch of a failure."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Awaitable, Callable

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_log = logging.getLogger("neuvo.web")

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def log_failure(doing: str, error: BaseException) -> None:
    """Log where ``error`` came from, without its message and values: they may hold what somebody asked."""
    frames = traceback.extract_tb(error.__traceback__)[-8:]
    places = " > ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames)
    _log.error("%s failed: %s at %s", doing, type(error).__qualname__, places)


class Guard:
    """ASGI middleware; ``on_failure`` makes the response to an exception nobody handled."""

    def __init__(self, app: ASGIApp, max_body_bytes: int, on_failure: Callable[[Request], Awaitable[Response]]) -> None:
        self._app = app
        self._max_body_bytes = max_body_bytes
        self._on_failure = on_failure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False
        received = 0

        async def guarded_receive() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._max_body_bytes:
                raise HTTPException(413)
            return message

        async def guarded_send(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, guarded_receive, guarded_send)
        except Exception as error:
            log_failure(f"{scope['method']} {_address(scope)}", error)
            if not started:
                response = await self._on_failure(Request(scope))
                await response(scope, receive, guarded_send)


def _address(scope: Scope) -> str:
    """The route's pattern, such as ``/api/v1/conversations/{id}``: what an address holds does not go into a log."""
    return str(getattr(scope.get("route"), "path", "an address without a route"))
