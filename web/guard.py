"""Around every request: its id, the security headers, limits on size and number, and the last catch of a failure."""

from __future__ import annotations

import logging
import re
import secrets
import time
import traceback
from collections.abc import Awaitable, Callable, Iterable
from contextvars import ContextVar

from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.clients import Clients
from web.rate_limits import Kind, RateLimits, TooMany

_log = logging.getLogger("neuvo.web")
_access = logging.getLogger("neuvo.access")

_request_id: ContextVar[str] = ContextVar("request_id", default="-")

_SENT_ID = re.compile(r"[A-Za-z0-9_.-]{8,64}")

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors {ancestors}"
)


def security_headers(embed_origins: Iterable[str] = ()) -> dict[str, str]:
    """On every response that does not say otherwise. ``embed_origins`` are sites that may frame a page."""
    return {
        "Content-Security-Policy": _POLICY.format(ancestors=" ".join(embed_origins) or "'none'"),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }


def desk_headers() -> dict[str, str]:
    """On the desk's responses: no site frames them, whoever may frame the chat, and no cache keeps them."""
    return security_headers() | {"Cache-Control": "no-store", "X-Frame-Options": "DENY"}


def is_desk(path: str) -> bool:
    """Whether an address is one of the advisors' desk."""
    return path in ("/desk", "/api/desk") or path.startswith(("/desk/", "/api/desk/"))


_HSTS = "max-age=31536000"


def log_failure(doing: str, error: BaseException) -> None:
    """Log where ``error`` came from, without its message and values: they may hold what somebody asked."""
    frames = traceback.extract_tb(error.__traceback__)[-8:]
    places = " > ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames)
    _log.error("%s failed: %s at %s (request %s)", doing, type(error).__qualname__, places, _request_id.get())


_KINDS: tuple[tuple[str, str, Kind], ...] = (
    ("POST", r"/api/v1/ask(/stream)?|/[^/]+/ask", "ask"),
    ("POST", r"/api/v1/(feedback|questions)|/[^/]+/(feedback|keep)", "feedback"),
    ("POST", r"/api/v1/hand-offs(/[^/]+/messages)?|/[^/]+/hand-offs(/[^/]+)?", "feedback"),
    ("GET", r"/api/v1/answers/[^/]+/speech", "speech"),
    ("POST", r"/desk/(sign-in|welcome)", "sign_in"),
    ("GET", r"/desk/sign-in/city/back", "sign_in"),
)

_LARGER: tuple[tuple[str, int], ...] = (
    (r"/desk/documents(/[^/]+)?", 21 * 1024 * 1024),
    (r"/desk/.+", 256 * 1024),
)
"""Bytes that a form of the desk may have: a document of 20 MB with what is known of it; any other, a long text."""


def most_bytes(path: str, usual: int) -> int:
    """The largest body that is taken at an address."""
    return next((most for form, most in _LARGER if re.fullmatch(form, path)), usual)


_HEALTH = ("/healthz", "/readyz")
"""Asked every few seconds by machines: neither limited nor logged."""


def kind_of(scope: Scope) -> Kind:
    """What a request counts as."""
    method, path = scope["method"], scope["path"]
    return next((kind for sent, form, kind in _KINDS if method == sent and re.fullmatch(form, path)), "any")


class Guard:
    """ASGI middleware. ``on_failure`` makes the response to an exception nobody handled, ``on_too_many`` that to a
    client which must wait. ``limits`` counts everything but questions, whose limit does not hold for emergencies."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        clients: Clients,
        limits: RateLimits,
        max_body_bytes: int,
        embed_origins: Iterable[str],
        access_log: bool,
        on_failure: Callable[[Request], Awaitable[Response]],
        on_too_many: Callable[[Request, TooMany], Awaitable[Response]],
    ) -> None:
        self._app = app
        self._clients = clients
        self._limits = limits
        self._max_body_bytes = max_body_bytes
        self._headers = security_headers(embed_origins)
        self._desk_headers = desk_headers()
        self._access_log = access_log
        self._on_failure = on_failure
        self._on_too_many = on_too_many

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        scope = _in_utf8(scope)
        request_id = self._id(scope)
        _request_id.set(request_id)
        own_headers = {**(self._desk_headers if is_desk(scope["path"]) else self._headers), "X-Request-ID": request_id}
        if self._clients.is_secure(scope):
            own_headers["Strict-Transport-Security"] = _HSTS
        status = 0
        received = 0
        most = most_bytes(scope["path"], self._max_body_bytes)

        async def guarded_receive() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > most:
                raise HTTPException(413)
            return message

        async def guarded_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in own_headers.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            if (kind := kind_of(scope)) != "ask" and scope["path"] not in _HEALTH:
                await self._limits.check(kind, self._clients.name(scope))
            await self._app(scope, guarded_receive, guarded_send)
        except TooMany as error:
            response = await self._on_too_many(Request(scope), error)
            await response(scope, receive, guarded_send)
        except Exception as error:
            log_failure(f"{scope['method']} {_address(scope)}", error)
            if not status:
                await (await self._failed(Request(scope)))(scope, receive, guarded_send)
        finally:
            if self._access_log and scope["path"] not in _HEALTH:
                milliseconds = (time.perf_counter() - began) * 1000
                _access.info("%s %s %s %.0f ms %s", scope["method"], _address(scope), status, milliseconds, request_id)

    async def _failed(self, request: Request) -> Response:
        try:
            return await self._on_failure(request)
        except Exception as error:
            log_failure("Explaining a failure", error)
            return Response("500", 500, media_type="text/plain")

    def _id(self, scope: Scope) -> str:
        """A trusted proxy's id of the request, so that its log and ours can be read together; else a fresh one."""
        sent = Headers(scope=scope).get("x-request-id", "")
        return sent if self._clients.is_trusted(scope) and _SENT_ID.fullmatch(sent) else secrets.token_urlsafe(9)


def _in_utf8(scope: Scope) -> Scope:
    """The request without the encoding that it names for a form. Ours are sent as UTF-8, and among Python's codecs are
    some that take ten seconds for a form that is not even large, or give letters that no database keeps."""
    kind, options = parse_options_header(Headers(scope=scope).get("content-type"))
    if not kind.startswith(b"multipart/") or b"charset" not in options:
        return scope
    boundary = options.get(b"boundary", b"").replace(b"\\", b"").replace(b'"', b"")
    others = [(name, value) for name, value in scope["headers"] if name != b"content-type"]
    return {**scope, "headers": [*others, (b"content-type", kind + b'; boundary="' + boundary + b'"')]}


def _address(scope: Scope) -> str:
    """The route's pattern, such as ``/api/v1/conversations/{id}``: what an address holds does not go into a log."""
    return str(getattr(scope.get("route"), "path", "an address without a route"))
