"""What a provider of sign-in says of somebody, read without trusting its form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def first_text(said: Mapping[str, Any], *claims: str) -> str:
    """The first of ``claims`` that is some text."""
    return next(value.strip() for claim in claims if isinstance(value := said.get(claim), str) and value.strip())


def claim(said: Mapping[str, Any], path: str) -> Any:
    """A claim by its name, else by a path with dots."""
    if path in said:
        return said[path]
    found: Any = said
    for step in path.split("."):
        found = found.get(step) if isinstance(found, dict) else None
    return found
