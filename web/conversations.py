"""Ids of conversations: unguessable, so that nobody else learns what a conversation is about by asking on in it."""

from __future__ import annotations

import re
import secrets

PATTERN = r"[A-Za-z0-9_-]{16,200}"
"""What every id looks like as a whole, one that a client of the API chose as well."""

_BYTES = 24


def new_id() -> str:
    """32 characters that hold 192 random bits."""
    return secrets.token_urlsafe(_BYTES)


def id_or_new(sent: str) -> str:
    """``sent`` if it is an id, else a fresh one."""
    return sent if re.fullmatch(PATTERN, sent) else new_id()
