"""Files that cost time to make and nothing to lose: kept beside their SHA-256, made anew when damaged."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path


def cached(folder: Path, name: str, build: Callable[[], bytes]) -> bytes:
    """The file ``name`` of ``folder`` if it is whole, else what ``build`` gives, put there beside its SHA-256."""
    path, seal = folder / name, folder / f"{name}.sha256"
    try:
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() == seal.read_text(encoding="ascii").strip():
            return content
    except (OSError, UnicodeDecodeError):
        pass
    content = build()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for place, bytes_ in ((path, content), (seal, hashlib.sha256(content).hexdigest().encode("ascii"))):
            temporary = place.with_name(f".{place.name}.{os.getpid()}")
            temporary.write_bytes(bytes_)
            temporary.replace(place)
    except OSError:
        pass  # A read-only data folder costs the building at each start, nothing else.
    return content
