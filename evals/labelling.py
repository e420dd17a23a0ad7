"""People's judgements of answers, given blind, and how far raters agree with each other and with the metrics.

A rater's judgements stand in ``labels-<rater>.jsonl`` in the run's folder, one a line; the last one of a case counts.
They are given in the terminal (here) or in the browser (``evals.label_server``).
"""

from __future__ import annotations

import json
import os
import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from evals.results import CaseResult, Run, RunError, write
from evals.statistics import kappa

VERDICTS = {"y": "right", "n": "wrong"}
"""What a rater types, and what it says. Anything else that is asked for skips or ends."""
SKIP, QUIT = "s", "q"


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of two raters over the cases that both judged: the share judged alike, and Cohen's κ."""

    first: str
    second: str
    cases: int
    alike: float
    kappa: float | None

    def __str__(self) -> str:
        beyond = "undefined" if self.kappa is None else f"{self.kappa:.2f}"
        return f"{self.first} and {self.second}: {self.cases} cases, {self.alike:.0%} alike, kappa {beyond}"


def label(run: Run, rater: str, ask: Callable[[str], str]) -> int:
    """Show the answers that ``rater`` has not judged yet, in an order of their own, and record what ``ask`` returns
    for each text shown: y, n, s (skip) or q (stop). Neither metrics nor other raters' judgements are shown.
    Returns how many were judged. Raises RunError for a rater's name that makes no file's."""
    judged = 0
    with Labels(run.folder, rater) as labels:
        for case in [case for case in in_order(run, rater) if case.id not in labels.given]:
            verdict = ""
            while verdict not in (*VERDICTS, SKIP, QUIT):
                verdict = ask(shown(case)).strip().lower()[:1]
            if verdict == QUIT:
                break
            if verdict == SKIP:
                continue
            labels.add(case.id, VERDICTS[verdict])
            judged += 1
    return judged


def in_order(run: Run, rater: str) -> list[CaseResult]:
    """The cases in the order in which this rater sees them: always the same, and another for every rater."""
    cases = list(run.cases)
    random.Random(f"{run.config['seed']}:{rater}").shuffle(cases)  # noqa: S311 (an order, no secret)
    return cases


class Labels:
    """A rater's judgements, growing. Every one is on the disk before the next is asked for; a line that a crash cut
    off is taken away. Raises RunError for a rater's name that makes no file's."""

    def __init__(self, folder: Path, rater: str) -> None:
        path = labels_path(folder, rater)
        self.given = read_labels(path)
        """The judgements by case, the last of each."""
        text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
        if text and not text.endswith("\n"):
            whole, _, last = text.rpartition("\n")
            kept = [*whole.split("\n"), *([last] if _is_whole(last) else [])]
            write(path, "".join(line + "\n" for line in kept if line))
        self._file = path.open("a", encoding="utf-8")

    def add(self, case: str, verdict: str) -> None:
        self._file.write(json.dumps({"case": case, "label": verdict}) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        self.given[case] = verdict

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Labels:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def shown(case: CaseResult) -> str:
    """What a rater sees of a case: questions, answers and quotes."""
    lines = []
    for turn in case.turns:
        lines.append(f"? {turn.question}")
        if turn.answer is None:
            lines.append("  (no answer came)")
            continue
        for sentence in turn.answer["sentences"]:
            lines.append(f"  {sentence['text']}")
            lines += [f"      «{citation['quote']}» {citation['title']}" for citation in sentence["citations"]]
        lines += [f"  ? {one}" for one in turn.answer["missing"]]
        if turn.answer["clarify"]:
            lines.append(f"  {turn.answer['clarify']['question']}")
    return "\n".join(lines)


def agreements(run: Run) -> list[Agreement]:
    """Of every two raters, and of every rater with the metrics, which are called "metrics"."""
    raters: dict[str, Mapping[str, str]] = {
        path.stem.removeprefix("labels-"): read_labels(path) for path in sorted(run.folder.glob("labels-*.jsonl"))
    }
    raters["metrics"] = {
        case.id: "right" if right else "wrong" for case in run.cases if (right := case.scores["right"]) is not None
    }
    found = []
    for (first, ours), (second, theirs) in combinations(raters.items(), 2):
        common = [case.id for case in run.cases if case.id in ours and case.id in theirs]
        a, b = [ours[id] for id in common], [theirs[id] for id in common]
        if common:
            alike = sum(x == y for x, y in zip(a, b, strict=True)) / len(common)
            found.append(Agreement(first, second, len(common), alike, kappa(a, b)))
    return found


def labels_path(folder: Path, rater: str) -> Path:
    """Raises RunError."""
    if not re.fullmatch(r"[a-z0-9_-]+", rater) or rater == "metrics":
        raise RunError(f'a rater\'s name is of small letters, digits, "-" and "_", and not "metrics": {rater}')
    return folder / f"labels-{rater}.jsonl"


def read_labels(path: Path) -> dict[str, str]:
    """Judgements by case; none where there is no file. Raises RunError."""
    return {str(row["case"]): str(row["label"]) for row in _rows(path)}


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    if not path.exists():
        return
    lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    for number, line in enumerate(lines, 1):
        if not line or (number == len(lines) and not _is_whole(line)):
            continue
        try:
            row = json.loads(line)
            if row["label"] not in VERDICTS.values():
                raise ValueError(f"{row['label']!r} is neither right nor wrong")
        except (ValueError, KeyError, TypeError) as error:
            raise RunError(f"{path.name}:{number}: {error}") from error
        yield row


def _is_whole(line: str) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True
