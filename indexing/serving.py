"""The handle that always serves the current build, while builds come and go."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from indexing.builds import BuildError, IndexConfig, NoBuild, current_build
from indexing.embedders import Embedder
from indexing.expansion import Glossary
from indexing.retrieval import Index

_log = logging.getLogger(__name__)


class CurrentIndex:
    """Always the current build: notices a new one within ``poll`` seconds, without a restart and without
    failing a search under way. A new build that cannot be opened leaves the old one serving."""

    def __init__(
        self, config: IndexConfig, embedder: Embedder, glossary: Glossary | None = None, poll: float = 1.0
    ) -> None:
        self._config = config
        self._glossary = glossary
        self._embedder = embedder
        self._poll = poll
        self._lock = threading.Lock()
        self._opening = threading.Lock()
        self._index: Index | None = None
        self._users: dict[str, int] = {}
        self._retired: dict[str, Index] = {}
        self._checked = -1e9
        self._refused: tuple[str, float] = ("", -1e9)
        self._closed = False

    @contextmanager
    def use(self) -> Iterator[Index]:
        """The index to work with; it stays open until the block ends. Raises BuildError (NoBuild...)."""
        index = self._acquire()
        try:
            yield index
        finally:
            self._release(index)

    def why_not(self) -> str | None:
        """``None`` when a build is open, else the reason."""
        try:
            with self.use():
                return None
        except BuildError as error:
            return str(error)

    def close(self) -> None:
        """Close once nobody uses it any more."""
        with self._lock:
            self._closed = True
            if self._index:
                self._retire(self._index)
                self._index = None

    def _acquire(self) -> Index:
        self._look()
        with self._lock:
            if self._index is None:
                raise NoBuild("nothing has been built yet; run: neuvo build")
            self._users[self._index.id] = self._users.get(self._index.id, 0) + 1
            return self._index

    def _release(self, index: Index) -> None:
        with self._lock:
            self._users[index.id] -= 1
            if not self._users[index.id]:
                del self._users[index.id]
                if retired := self._retired.pop(index.id, None):
                    retired.close()

    def _retire(self, index: Index) -> None:
        if index.id in self._users:
            self._retired[index.id] = index
        else:
            index.close()

    def _look(self) -> None:
        """Open the current build if it is another one; the first caller does, others go on with the old."""
        now = time.monotonic()
        if self._index is not None and now - self._checked < self._poll:
            return
        if not self._opening.acquire(blocking=self._index is None):
            return
        try:
            if self._closed or (self._index is not None and time.monotonic() - self._checked < self._poll):
                return
            build = current_build(self._config)
            self._checked = time.monotonic()
            if build is None or (self._index and self._index.id == build):
                return
            refused, when = self._refused
            if self._index is not None and refused == build and time.monotonic() - when < 30:
                return
            self._swap(build)
        finally:
            self._opening.release()

    def _swap(self, build: str) -> None:
        try:
            fresh = Index(self._config, build, self._embedder, self._glossary)
        except BuildError as error:
            self._refused = (build, time.monotonic())
            if self._index is None:
                raise
            _log.error("staying with build %s: %s", self._index.id, error)
            return
        with self._lock:
            old, self._index = self._index, fresh
            if old:
                self._retire(old)
        _log.info("serving build %s", build)
