"""JSON over HTTP to the systems that hand-offs go to. What goes wrong becomes a DeliveryError."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from web.desk.deliveries import DeliveryError, Refused

if TYPE_CHECKING:
    import httpx

_SECONDS = 10.0
_MOST_BYTES = 4 * 1024 * 1024
_HOPELESS = frozenset({400, 413, 422})
"""Statuses that another try with the same body would bring again."""


class Outside:
    """One server. ``url`` is what addresses begin with. Safe to share between threads."""

    def __init__(self, url: str, headers: Mapping[str, str] | None = None) -> None:
        import httpx

        self._url = url
        # A redirect could lead words of residents to where nobody meant them to go.
        self._client = httpx.Client(timeout=_SECONDS, headers=dict(headers or {}), follow_redirects=False)
        logging.getLogger("httpx").setLevel(logging.WARNING)  # else a line with the address for every call

    def send(
        self, method: str, path: str = "", content: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Any:
        """The response's JSON, ``None`` where it is none. Raises DeliveryError for all but 2xx."""
        import httpx

        sent = {"Content-Type": "application/json"} if content is not None else {}
        try:
            with self._client.stream(
                method, self._url + path, content=content, headers=sent | dict(headers or {})
            ) as r:
                if not 200 <= r.status_code < 300:
                    failed = Refused if r.status_code in _HOPELESS else DeliveryError
                    raise failed(f"HTTP {r.status_code}")
                return _json(_whole(r))
        except httpx.HTTPError as error:
            raise DeliveryError(f"no connection: {type(error).__name__}") from error

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The same with a body that is JSON."""
        return self.send(method, path, None if body is None else json.dumps(body, ensure_ascii=False).encode())

    def close(self) -> None:
        self._client.close()


def _whole(response: httpx.Response) -> bytes:
    content = bytearray()
    for part in response.iter_bytes():
        content += part
        if len(content) > _MOST_BYTES:
            raise DeliveryError("a response without end")
    return bytes(content)


def _json(content: bytes) -> Any:
    try:
        return json.loads(content) if content.strip() else None
    except (ValueError, RecursionError):
        return None
