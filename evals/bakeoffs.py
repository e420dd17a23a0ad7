"""Bake-offs: several candidates for one part do the same tasks, and are compared task by task.

A bake-off leaves a folder of results as a run does: ``config.toml`` (what ran), ``cases.jsonl`` (a trial a line),
``metrics.json`` and ``report.md``. It has no gates: it informs a choice, and the choice is people's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from evals.results import CASES, CONFIG, METRICS, RunError, to_toml, write
from evals.statistics import Difference, Estimate, mean, paired

SEED = 7
OVERALL = "all"


class BakeoffError(Exception):
    """A bake-off that cannot begin: a mistake in its data or its candidates. One line a mistake."""


class NotInstalled(Exception):
    """A candidate whose package is not here. The text says how to install it."""


@dataclass(frozen=True, slots=True)
class Task:
    """One thing that every candidate does. Tasks of one ``group`` stand or fall together. ``expected`` is what is
    right, for the record."""

    id: str
    language: str
    kind: str
    group: str
    text: str
    expected: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """What a candidate made of a task: its answer, its scores, the milliseconds it took."""

    task: Task
    found: str
    scores: Mapping[str, float]
    ms: float


@dataclass(frozen=True, slots=True)
class Bakeoff:
    """Trials of each candidate, over the same tasks in the same order. ``metrics`` are their titles, the first being
    what the candidates are ranked by; ``extra`` holds figures of a candidate that are no mean over tasks; ``missing``
    the candidates that are not installed, with the way to install them."""

    name: str
    metrics: Mapping[str, str]
    trials: Mapping[str, Sequence[Trial]]
    config: Mapping[str, Any]
    extra: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)


def figures(bakeoff: Bakeoff) -> dict[str, Any]:
    """``figures[candidate][metric][part]``, where a part is "all", a language or "kind:" and a kind; the milliseconds
    of every candidate; and the paired comparison of every two candidates, in each metric."""
    found: dict[str, Any] = {"figures": {}, "ms": {}, "extra": dict(bakeoff.extra), "missing": dict(bakeoff.missing)}
    for candidate, trials in bakeoff.trials.items():
        found["figures"][candidate] = {
            metric: {part: asdict(one) for part, one in _by_part(trials, metric).items()} for metric in bakeoff.metrics
        }
        p50, p95 = np.quantile([trial.ms for trial in trials], [0.5, 0.95])
        found["ms"][candidate] = {"p50": round(float(p50), 3), "p95": round(float(p95), 3)}
    found["comparisons"] = [
        {"first": a, "second": b, "metric": metric, **asdict(compared(bakeoff.trials[a], bakeoff.trials[b], metric))}
        for a, b in combinations(bakeoff.trials, 2)
        for metric in bakeoff.metrics
    ]
    return found


def compared(before: Sequence[Trial], after: Sequence[Trial], metric: str) -> Difference:
    """How much better the second candidate does the same tasks."""
    old, new = [trial.scores[metric] for trial in before], [trial.scores[metric] for trial in after]
    return paired(old, new, [trial.task.group for trial in before], SEED)


def record(bakeoff: Bakeoff, folder: Path) -> str:
    """Write the bake-off into ``folder`` and return its report (Markdown)."""
    values = figures(bakeoff)
    lines = (
        json.dumps({"candidate": candidate, **asdict(trial)}, ensure_ascii=False)
        for candidate, trials in bakeoff.trials.items()
        for trial in trials
    )
    text = markdown(bakeoff, values)
    config = {"bakeoff": bakeoff.name, "seed": SEED, "candidates": list(bakeoff.trials), **bakeoff.config}
    write(folder / CONFIG, to_toml(config))
    write(folder / CASES, "\n".join(lines) + "\n")
    write(folder / METRICS, json.dumps(values, ensure_ascii=False, indent=1) + "\n")
    write(folder / "report.md", text)
    return text


def markdown(bakeoff: Bakeoff, values: Mapping[str, Any]) -> str:
    """The figures in tables: candidates, comparisons, languages, kinds."""
    tasks = [trial.task for trial in next(iter(bakeoff.trials.values()))]
    lines = [f"# {bakeoff.name}: {len(tasks)} tasks", ""]
    if bakeoff.missing:
        lines += [*(f"- Not installed, and left out: {name} ({way})" for name, way in bakeoff.missing.items()), ""]
    extra = list(dict.fromkeys(key for one in bakeoff.extra.values() for key in one))
    titles = [f"{title} (95 %)" for title in bakeoff.metrics.values()]
    lines += [*_table(["candidate", *titles, *extra, "ms p50", "ms p95"])]
    for candidate in bakeoff.trials:
        whole = [_shown(Estimate(**parts[OVERALL])) for parts in values["figures"][candidate].values()]
        more = [f"{bakeoff.extra.get(candidate, {}).get(key, float('nan')):.4g}" for key in extra]
        ms = values["ms"][candidate]
        lines.append(_row([candidate, *whole, *more, f"{ms['p50']:.2f}", f"{ms['p95']:.2f}"]))
    if values["comparisons"]:
        lines += ["", *_table(["first", "second", "figure", "second less first (95 %)", "p"])]
    for one in values["comparisons"]:
        change = f"{100 * one['change']:+.1f}"
        if one["low"] is not None:
            change += f" ({100 * one['low']:+.1f} to {100 * one['high']:+.1f})"
        p = "" if one["p"] is None else "< 0.001" if one["p"] < 0.001 else f"{one['p']:.3f}"
        lines.append(_row([one["first"], one["second"], bakeoff.metrics[one["metric"]], change, p]))
    first = next(iter(bakeoff.metrics))
    for title, parts in (
        (f"{bakeoff.metrics[first]} by language", sorted({task.language for task in tasks})),
        (f"{bakeoff.metrics[first]} by kind", sorted({f"kind:{task.kind}" for task in tasks})),
    ):
        lines += ["", f"## {title}", "", *_table(["", "tasks", *bakeoff.trials])]
        for part in parts:
            cells = [values["figures"][candidate][first][part] for candidate in bakeoff.trials]
            name = part.removeprefix("kind:")
            lines.append(_row([name, str(cells[0]["cases"]), *(f"{100 * cell['value']:.1f}" for cell in cells)]))
    return "\n".join(lines) + "\n"


def new_folder(results: Path, name: str) -> Path:
    """``results/<name>/<time>``, made. Raises RunError."""
    began = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    for number in range(1, 1000):
        folder = results / name / (began if number == 1 else f"{began}-{number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        return folder
    raise RunError(f"{results}: no free name for a run")


def _by_part(trials: Sequence[Trial], metric: str) -> dict[str, Estimate]:
    parts: dict[str, list[Trial]] = {OVERALL: list(trials)}
    for trial in trials:
        parts.setdefault(trial.task.language, []).append(trial)
        parts.setdefault(f"kind:{trial.task.kind}", []).append(trial)
    return {
        part: mean([trial.scores[metric] for trial in some], [trial.task.group for trial in some], SEED)
        for part, some in parts.items()
    }


def _shown(one: Estimate) -> str:
    assert one.value is not None
    interval = "" if one.low is None or one.high is None else f" ({100 * one.low:.1f}–{100 * one.high:.1f})"
    return f"{100 * one.value:.1f}{interval}"


def _table(cells: Sequence[str]) -> list[str]:
    return [_row(cells), "|---" * len(cells) + "|"]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
