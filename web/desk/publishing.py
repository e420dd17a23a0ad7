"""Publishing: a build of the cards and documents as they are now, in a process of its own, one at a time.

builds/.publishing.json           who began the last one and what became of it, for every process of the server
builds/.publishing.out, .err      what the build tells of itself, a JSON object a line, and what went wrong
builds/.publishing.lock           held as long as one is under way

CannotPublish   there is no data folder, or another publishing is under way
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Literal

from corpus.documents import Document
from corpus.publishing import all_documents
from corpus.whole_files import write_whole
from indexing.builds import IndexConfig, current_build, stored_digests
from web.guard import log_failure

Stage = Literal["running", "done", "failed"]

_MOST_CHARACTERS = 2000
"""Of what a failed build said, the last ones are shown."""
_GIVES_BACK = 1.0
"""Seconds in which a publishing that has ended gives back the lock."""


class CannotPublish(Exception):
    """There is no data folder, or another publishing is under way."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a publishing got. ``doing``, ``done`` and ``total`` are what the build tells of itself; ``before`` is the
    build that served when it began, ``build`` the one it made; ``reason`` says why it failed."""

    stage: Stage
    by: str
    began: str
    doing: str = ""
    done: int = 0
    total: int = 0
    before: str | None = None
    build: str | None = None
    reused: bool = False
    reason: str = ""

    @property
    def began_at(self) -> datetime:
        return datetime.fromisoformat(self.began)


@dataclass(frozen=True, slots=True)
class Change:
    """A document that the serving build has otherwise: "new", "changed" or "removed"."""

    id: str
    how: Literal["new", "changed", "removed"]
    title: str
    language: str
    card: str | None


class Publisher:
    """Builds of a data folder. ``cards`` are the shipped ones by default. Safe to use from several processes."""

    def __init__(
        self,
        data: Path | None,
        cards: Path | None = None,
        command: Sequence[str] = (sys.executable, "-m", "web.cli", "build", "--json"),
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._config = None if data is None else IndexConfig(data=data)
        self._cards = cards
        self._command = tuple(command)
        self._now = now
        self._known: tuple[str, dict[str, tuple[str, str, str]]] | None = None

    @property
    def possible(self) -> bool:
        """Whether there is a data folder to build in."""
        return self._config is not None

    def serving(self) -> str | None:
        """The id of the build that serves."""
        return current_build(self._config) if self._config else None

    def progress(self) -> Progress | None:
        """The publishing that is under way, else the last one."""
        if self._config is None:
            return None
        try:
            found = Progress(**json.loads(self._file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        if found.stage != "running":
            return found
        return self._so_far(found) if self._is_held() else self._ended(found)

    def begin(self, by: str, ended: Callable[[Progress], None] = lambda progress: None) -> Progress:
        """Begin to publish; ``ended`` is called from another thread. Raises CannotPublish, OSError."""
        if self._config is None:
            raise CannotPublish
        self._config.builds.mkdir(parents=True, exist_ok=True)
        lock = self._lock.open("w")
        try:
            self._take(lock)
            progress = Progress("running", by, self._now().isoformat(timespec="seconds"), before=self.serving())
            self._note(progress)
            # Into files, not to this process: the build goes on, and nobody begins another, when the server ends.
            with self._said("out").open("w") as out, self._said("err").open("w") as err:
                process = subprocess.Popen(
                    self._command,
                    env={**os.environ, "NEUVO_DATA": str(self._config.data.resolve())},
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    pass_fds=(lock.fileno(),),
                    start_new_session=True,
                )
        except BaseException:
            lock.close()
            raise
        threading.Thread(target=self._watch, args=(process, progress, lock, ended), daemon=True).start()
        return progress

    def _take(self, lock: IO[str]) -> None:
        """The lock, which whoever ended just now may still be giving back. Raises CannotPublish."""
        deadline = time.monotonic() + _GIVES_BACK
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except OSError as error:
                progress = self.progress()
                if time.monotonic() > deadline or (progress and progress.stage == "running"):
                    raise CannotPublish from error
                time.sleep(0.01)

    def changes(self) -> list[Change]:
        """What the serving build has otherwise than the cards and documents are now, by title. Raises CorpusError,
        BuildError."""
        if self._config is None:
            return []
        there = {document.id: document for document in all_documents(self._config.data, self._cards)}
        built = self._built()
        changes = [
            _change(there[id], "changed" if id in built else "new") for id in there if _differs(there[id], built)
        ]
        changes += [
            Change(id, "removed", title, language, None)
            for id, (_, title, language) in built.items()
            if id not in there
        ]
        return sorted(changes, key=lambda change: (change.card or "", change.title, change.id))

    def _built(self) -> dict[str, tuple[str, str, str]]:
        """Digest, title and language of the documents of the serving build. Read once a build."""
        assert self._config
        serving = self.serving()
        if serving is None:
            return {}
        if self._known is None or self._known[0] != serving:
            self._known = serving, stored_digests(self._config, serving)
        return self._known[1]

    @property
    def _file(self) -> Path:
        assert self._config
        return self._config.builds / ".publishing.json"

    @property
    def _lock(self) -> Path:
        assert self._config
        return self._config.builds / ".publishing.lock"

    def _said(self, name: Literal["out", "err"]) -> Path:
        assert self._config
        return self._config.builds / f".publishing.{name}"

    def _is_held(self) -> bool:
        try:
            with self._lock.open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return False
        except FileNotFoundError:
            return False
        except OSError:
            return True

    def _note(self, progress: Progress) -> None:
        write_whole(self._file, json.dumps(asdict(progress), ensure_ascii=False))

    def _watch(
        self,
        process: subprocess.Popen[bytes],
        progress: Progress,
        lock: IO[str],
        ended: Callable[[Progress], None],
    ) -> None:
        try:
            process.wait()
            progress = self._ended(progress)
            self._note(progress)
            ended(progress)
        except Exception as error:
            log_failure("Publishing", error)
        finally:
            lock.close()

    def _so_far(self, progress: Progress) -> Progress:
        told = self._told()
        if "stage" in told:
            return replace(progress, doing=told["stage"], done=told["done"], total=told["total"])
        return progress

    def _ended(self, progress: Progress) -> Progress:
        told = self._told()
        if "build" in told:
            return replace(progress, stage="done", build=told["build"], reused=bool(told.get("reused")))
        try:
            reason = self._said("err").read_text(encoding="utf-8", errors="replace").strip()
        except OSError:
            reason = ""
        return replace(self._so_far(progress), stage="failed", reason=reason[-_MOST_CHARACTERS:])

    def _told(self) -> dict[str, Any]:
        """The last whole line that the build said."""
        try:
            lines = self._said("out").read_text(encoding="utf-8", errors="replace").split("\n")[:-1]
        except OSError:
            return {}
        for line in reversed(lines):
            try:
                told = json.loads(line)
            except ValueError:
                continue
            if isinstance(told, dict):
                return told
        return {}


def _differs(document: Document, built: dict[str, tuple[str, str, str]]) -> bool:
    known = built.get(document.id)
    return known is None or known[0] != document.digest


def _change(document: Document, how: Literal["new", "changed"]) -> Change:
    return Change(document.id, how, document.title, document.language, document.card)
