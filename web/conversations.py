"""Ids of conversations and keys of questions: unguessable, so that nobody else learns what somebody asked about."""

from __future__ import annotations

import re
import secrets

from starlette.requests import Request

PATTERN = r"[A-Za-z0-9_-]{16,200}"
"""What every conversation's id looks like as a whole, one that a client of the API chose as well."""

KEY_PATTERN = r"[A-Za-z0-9_-]{16,64}"
"""What every question's key looks like as a whole."""

_BYTES = 24


def new_id() -> str:
    """32 characters that hold 192 random bits."""
    return secrets.token_urlsafe(_BYTES)


def id_or_new(sent: str) -> str:
    """``sent`` if it is an id, else a fresh one."""
    return sent if re.fullmatch(PATTERN, sent) else new_id()


def is_key(sent: str) -> bool:
    return re.fullmatch(KEY_PATTERN, sent) is not None


def from_own_page(request: Request) -> bool:
    """Whether a form was sent by one of our pages. Another site may know the id and the key in its form, and with
    them could read what the resident asks next: they are never taken over."""
    return request.headers.get("sec-fetch-site", "none") in ("same-origin", "none")
