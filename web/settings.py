"""How the web server behaves. The entry point reads these values; nothing here reads the environment."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from web.clients import UNIX
from web.desk.settings import DeskSettings

_ORIGIN = re.compile(r"https?://(\*\.)?([a-z0-9-]+\.)*[a-z0-9-]+(:\d{1,5})?")


def _origin(value: str) -> str:
    """A scheme, a host and maybe a port, as browsers send them: nothing else may get into a header."""
    if not _ORIGIN.fullmatch(value):
        raise ValueError('is no origin such as "https://www.espoo.fi": scheme and host, no path')
    return value


def _exact_origin(value: str) -> str:
    if "*" in _origin(value):
        raise ValueError("must name each host; no wildcard here")
    return value


def _proxy(value: str) -> str:
    if value != UNIX:
        try:
            ipaddress.ip_network(value)
        except ValueError as error:
            raise ValueError(f'is neither an address, a network such as "10.0.0.0/8" nor "{UNIX}"') from error
    return value


class RateLimitSettings(BaseModel):
    """How often one client may do something in a minute; 0 is without limit.

    Behind one address there may be a whole library or school, so these are generous.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    ask: int = Field(default=60, ge=0)
    feedback: int = Field(default=60, ge=0)
    speech: int = Field(default=60, ge=0)
    sign_in: int = Field(default=30, ge=0)
    """Attempts to sign in at the desk; each account is limited on its own as well."""
    any: int = Field(default=1200, ge=0)
    """Everything but questions, static files included."""
    redis: str | None = None
    """URL of a Redis that counts for all processes together; in this process if missing."""


class SpeechSettings(BaseModel):
    """Answers read aloud by espeak-ng, where it and opusenc are installed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = True
    trial: tuple[Literal["sq", "fa", "ku"], ...] = ()
    """Languages on trial that are offered as well."""
    cache_megabytes: int = Field(default=32, ge=0, le=4096)


class WebSettings(BaseModel):
    """``workers`` questions are answered at once, ``queue`` more wait, the next gets 503 and Retry-After."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    workers: int = Field(default=2, ge=1, le=64)
    queue: int = Field(default=16, ge=0, le=10_000)
    retry_after_seconds: int = Field(default=5, ge=1, le=3600)
    max_body_bytes: int = Field(default=16 * 1024, ge=1024)
    trusted_proxies: tuple[Annotated[str, AfterValidator(_proxy)], ...] = ()
    """Addresses or networks of proxies whose X-Forwarded-For, X-Forwarded-Proto and X-Request-ID are believed."""
    embed_origins: tuple[Annotated[str, AfterValidator(_origin)], ...] = ()
    """Sites that may show the chat in a frame, as the widget does."""
    cors_origins: tuple[Annotated[str, AfterValidator(_exact_origin)], ...] = ()
    """Sites whose scripts may call the API from a browser."""
    access_log: bool = True
    """A line for each request: method, route, status, time, id; no address, no client, nothing of what was sent."""
    rate_limits: RateLimitSettings = RateLimitSettings()
    speech: SpeechSettings = SpeechSettings()
    desk: DeskSettings = DeskSettings()
    default_language: str = "fi"
    """For clients that name no language at all."""
    common_language: str = "en"
    """For clients that name only languages Neuvo does not speak."""
    database: str = "sqlite://"
    """SQLAlchemy URL of feedback and notices. In memory unless the entry point says where."""
    feedback_days: int = Field(default=365, ge=1, le=3650)
    """Days after which feedback is deleted."""
    person_url: str = "https://www.helloespoo.fi"
    """Where a resident reaches a person."""
    accessibility_url: str = "https://www.helloespoo.fi"
    """Where a resident reports a barrier."""
