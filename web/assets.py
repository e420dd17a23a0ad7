"""The page's static files, under an address that changes with their content so that browsers keep them."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOLDER = Path(__file__).parent / "static"

_ENTRIES = ("chat.js", "hand_off.js", "language.js", "widget.js")
MODULES = tuple(sorted(path.name for path in FOLDER.glob("*.js") if path.name not in _ENTRIES))
"""What chat.js imports: named on the page, so that a browser fetches all at once rather than one after the other."""


@cache
def static_version() -> str:
    """First 12 hex digits of the SHA-256 over the names and contents of the static files."""
    digest = hashlib.sha256()
    for path in sorted(path for path in FOLDER.rglob("*") if path.is_file()):
        digest.update(str(path.relative_to(FOLDER)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def static_url(name: str) -> str:
    return f"/static/{static_version()}/{name}"


class KeptFiles(StaticFiles):
    """Static files that a browser may keep for a year without asking again."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if response.status_code == 200:
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response
