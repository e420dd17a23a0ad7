"""Vectors already computed, by text and model: an unchanged passage costs nothing in the next build."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_CHUNK = 500
_EMBED_AT_ONCE = 64

Vectors = NDArray[np.float32]


class VectorCache:
    """An SQLite file of half-precision vectors. A damaged file is thrown away: it only costs time.

    Vectors pass through half precision whether they come from the cache or not, so that a build does not
    depend on what was cached.
    """

    def __init__(self, path: Path, fingerprint: str) -> None:
        self._path = path
        self._fingerprint = fingerprint.encode()
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._database = self._open()
        except sqlite3.DatabaseError:
            for leftover in (path, *path.parent.glob(f"{path.name}-*")):
                leftover.unlink(missing_ok=True)
            self._database = self._open()

    def _open(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._path)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB) WITHOUT ROWID")
        database.execute("SELECT count(*) FROM (SELECT key FROM vectors LIMIT 1)").fetchone()
        return database

    def embed(
        self,
        texts: Sequence[str],
        embed: Callable[[Sequence[str]], Vectors],
        progress: Callable[[int], None] = lambda done: None,
    ) -> Vectors:
        """Unit vectors of ``texts``, shape ``(len(texts), dimension)``; ``embed`` is called for those unseen,
        longest last. What is embedded is kept at once, so an interrupted build does not start again."""
        keys = [self._key(text) for text in texts]
        known = self._known(keys)
        progress(sum(key in known for key in keys))
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        pending = sorted(missing.items(), key=lambda item: len(item[1]))
        for start in range(0, len(pending), _EMBED_AT_ONCE):
            part = pending[start : start + _EMBED_AT_ONCE]
            vectors = embed([text for _, text in part]).astype(np.float16)
            fresh = [(key, vector.tobytes()) for (key, _), vector in zip(part, vectors, strict=True)]
            known.update(fresh)
            with self._database:
                self._database.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", fresh)
            progress(len(part))
        if not keys:
            return np.empty((0, 0), np.float32)
        joined = np.frombuffer(b"".join(known[key] for key in keys), np.float16)
        halves = joined.reshape(len(keys), -1).astype(np.float32)
        unit: Vectors = halves / np.linalg.norm(halves, axis=1, keepdims=True)
        return unit

    def _known(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        known: dict[bytes, bytes] = {}
        for start in range(0, len(keys), _CHUNK):
            part = keys[start : start + _CHUNK]
            marks = ",".join("?" * len(part))
            known.update(
                self._database.execute(f"SELECT key, vector FROM vectors WHERE key IN ({marks})", part)  # noqa: S608
            )
        return known

    def forget_all_but(self, texts: Sequence[str]) -> None:
        """Drop what no longer stands in the corpus, if that is most of the file."""
        (total,) = self._database.execute("SELECT count(*) FROM vectors").fetchone()
        if total < 2 * len(texts) + 1000:
            return
        known = self._known([self._key(text) for text in texts])
        with self._database:
            self._database.execute("DELETE FROM vectors")
            self._database.executemany("INSERT INTO vectors VALUES (?, ?)", known.items())
        self._database.execute("VACUUM")

    def close(self) -> None:
        self._database.close()

    def _key(self, text: str) -> bytes:
        return hashlib.blake2b(self._fingerprint + b"\0" + text.encode(), digest_size=16).digest()
