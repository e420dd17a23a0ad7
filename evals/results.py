"""The folder of a run: what was asked with what, every answer, and the figures.

``config.toml`` says what ran and is written first; ``cases.jsonl`` grows by a line with every case that is done;
``metrics.json``, ``junit.xml``, ``report.md`` and ``report.html`` are made of the two at the end.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from evals.metrics import Scores

CONFIG, CASES, METRICS = "config.toml", "cases.jsonl", "metrics.json"


class RunError(Exception):
    """A folder that holds no run, or not the one that was meant."""


@dataclass(frozen=True, slots=True)
class TurnResult:
    """One question, its answer in the wire form (None where none came, with ``error`` why) and its metrics."""

    question: str
    answer: dict[str, Any] | None
    error: str | None
    ms: float | None
    scores: Scores
    reasons: tuple[str, ...]
    expected: dict[str, Any]


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One case, with its metrics over all of its turns."""

    id: str
    language: str
    group: str | None
    kind: str | None
    tags: tuple[str, ...]
    turns: tuple[TurnResult, ...]
    scores: Scores

    @property
    def cluster(self) -> str:
        """Cases that stand or fall together."""
        return self.group or self.id

    def to_line(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_line(cls, line: str) -> CaseResult:
        """Raises ValueError, KeyError or TypeError for anything but ``to_line``'s form."""
        values = json.loads(line)
        turns = tuple(TurnResult(**{**turn, "reasons": tuple(turn["reasons"])}) for turn in values.pop("turns"))
        return cls(**{**values, "tags": tuple(values["tags"]), "turns": turns})


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run. ``config`` is what ``config.toml`` says."""

    folder: Path
    config: dict[str, Any]
    cases: tuple[CaseResult, ...]

    @property
    def name(self) -> str:
        return f"{self.config['suite']['name']}/{self.folder.name}"


def read_run(folder: Path) -> Run:
    """The run in ``folder``. Raises RunError."""
    config = read_config(folder)
    cases = tuple(read_cases(folder))
    if len(cases) < config["suite"]["cases"]:
        raise RunError(
            f"{folder}: {len(cases)} of {config['suite']['cases']} cases are done; run on with: "
            f"neuvo eval run {config['suite']['path']} --resume {folder}"
        )
    order = {id: place for place, id in enumerate(config["suite"]["ids"])}
    return Run(folder, config, tuple(sorted(cases, key=lambda case: order.get(case.id, len(order)))))


def find_run(path: Path) -> Path:
    """``path`` if it is a run, else the newest run in it: ``results/smoke`` is the last run of smoke."""
    if (path / CONFIG).exists():
        return path
    runs = sorted(file.parent for file in path.glob(f"*/{CONFIG}")) if path.is_dir() else []
    return runs[-1] if runs else path


def read_config(folder: Path) -> dict[str, Any]:
    """Raises RunError."""
    try:
        config = tomllib.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RunError(f"{folder}: no run here: {CONFIG} is missing") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RunError(f"{folder / CONFIG}: {error}") from error
    if not {"name", "cases", "ids", "digest", "path"} <= set(config.get("suite", {})):
        raise RunError(f"{folder / CONFIG}: this is no run's")
    return config


def read_cases(folder: Path) -> Iterator[CaseResult]:
    """The cases that are done, in the order in which they ended. A last line that was cut off is left out.
    Raises RunError."""
    try:
        lines = (folder / CASES).read_text(encoding="utf-8", errors="replace").split("\n")
    except FileNotFoundError:
        return
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        try:
            yield CaseResult.from_line(line)
        except (ValueError, KeyError, TypeError) as error:
            if number < len(lines):
                raise RunError(f"{folder / CASES}:{number}: {error}") from error


class Recorder:
    """Appends cases to ``cases.jsonl``. Each is handed to the system before the next: it outlives this process."""

    def __init__(self, folder: Path, done: Sequence[CaseResult]) -> None:
        text = "".join(case.to_line() + "\n" for case in done)
        write(folder / CASES, text)
        self._file = (folder / CASES).open("a", encoding="utf-8")

    def add(self, case: CaseResult) -> None:
        self._file.write(case.to_line() + "\n")
        self._file.flush()

    def close(self) -> None:
        self._file.close()


def write(path: Path, text: str) -> None:
    """Write a whole file or nothing."""
    new = path.with_name(f".{path.name}.new")
    new.write_text(text, encoding="utf-8")
    new.replace(path)


def to_toml(values: Mapping[str, Any]) -> str:
    """Nested tables of texts, numbers, truths and lists of them as TOML; what is None is left out."""
    return "\n".join(_tables(values, ())).strip() + "\n"


def _tables(values: Mapping[str, Any], place: tuple[str, ...]) -> Iterator[str]:
    plain = {key: value for key, value in values.items() if value is not None and not isinstance(value, Mapping)}
    if place and (plain or not values):
        yield f"\n[{'.'.join(map(json.dumps, place))}]"
    for key, value in plain.items():
        yield f"{json.dumps(key)} = {_toml(value)}"
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _tables(value, (*place, key))


def _toml(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, (bool, int, float)):
        return json.dumps(value)
    return json.dumps(str(value)).replace("\x7f", "\\u007f")
