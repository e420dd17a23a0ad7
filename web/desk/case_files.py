"""Flags as evaluation cases: a suite in the data folder that ``neuvo eval run flags`` asks.

suites/flags/suite.toml    what is measured and demanded
suites/flags/cases.jsonl   a case a line, in the form of docs/evaluation.md
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.whole_files import write_whole

SUITE = "flags"

_HEAD = f"""\
name = "{SUITE}"
measures = "Answers that somebody at the desk flagged"

[[sources]]
files = "*.jsonl"

[[gates]]
metric = "right"
least = 1.0
"""


@dataclass(frozen=True, slots=True)
class EvaluationCase:
    """A question with what is expected of its Answer. ``outcomes`` may be empty: an answer where there are cards or
    documents, none where there are none. ``facts`` are texts that the Answer must hold."""

    id: str
    question: str
    language: str
    municipality: str | None = None
    situation: str | None = None
    outcomes: Sequence[str] = ()
    cards: Sequence[str] = ()
    documents: Sequence[str] = ()
    facts: Sequence[str] = ()
    must_not: Sequence[str] = ()
    kind: str | None = None

    def row(self) -> dict[str, Any]:
        """As a line of the suite; what is empty is left out."""
        profile = {"municipality": self.municipality, "situation": self.situation}
        values: dict[str, Any] = {
            "id": self.id,
            "language": self.language,
            "question": self.question,
            "outcome": list(self.outcomes),
            "cards": list(self.cards),
            "documents": list(self.documents),
            # Its own words: a fact of a card of the same value may be worded otherwise.
            "facts": [{"value": fact, "any_of": [fact]} for fact in self.facts],
            "must_not": list(self.must_not),
            "profile": {name: value for name, value in profile.items() if value},
            "kind": self.kind,
        }
        return {name: value for name, value in values.items() if value}


class CaseFiles:
    """The suite in the folder ``suites`` of a data folder. Safe to use from several processes. Blocks.

    Raises OSError where it cannot be written.
    """

    def __init__(self, data: Path) -> None:
        self.folder = data / "suites" / SUITE

    def put(self, case: EvaluationCase) -> None:
        """Keep a case in place of any with its id."""
        with self._locked():
            rows = [row for row in self._rows() if row.get("id") != case.id]
            self._write([*rows, case.row()])

    def get(self, id: str) -> Mapping[str, Any] | None:
        return next((row for row in self._rows() if row.get("id") == id), None)

    def withdraw(self, ids: Collection[str]) -> int:
        """Remove cases; how many there were."""
        if not self.folder.is_dir() or not ids:
            return 0
        with self._locked():
            rows = self._rows()
            left = [row for row in rows if row.get("id") not in ids]
            if len(left) < len(rows):
                self._write(left)
            return len(rows) - len(left)

    def _rows(self) -> list[dict[str, Any]]:
        try:
            lines = (self.folder / "cases.jsonl").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []
        return [json.loads(line) for line in lines if line.strip()]

    def _write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        write_whole(self.folder / "cases.jsonl", "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows))
        head = self.folder / "suite.toml"
        if not rows:
            # A suite without cases is a mistake; one that is not there is none.
            head.unlink(missing_ok=True)
        elif not head.exists():
            write_whole(head, _HEAD)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
