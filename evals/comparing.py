"""Two runs of the same cases, case by case: what changed, whether by more than chance, and what got lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from evals.metrics import METRICS
from evals.results import CaseResult, Run, RunError
from evals.statistics import Difference, paired
from evals.summary import OVERALL, Summary, better_of, summarise, title_of

STRICT = ("errors", "citation_valid", "unsupported_figures", "clean", "privacy")
"""Metrics that may not get worse in a single case."""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """What is taken for a regression: a metric that is worse by more than ``change`` with a p-value below ``alpha``.
    In a single language the change may be ``change_per_language``, and alpha is shared by the languages."""

    change: float = 0.01
    change_per_language: float = 0.05
    alpha: float = 0.05


@dataclass(frozen=True, slots=True)
class Comparison:
    """``differences[metric][language]``. ``regressions`` are reasons to keep the second from shipping, in words."""

    before: str
    after: str
    differences: dict[str, dict[str, Difference]]
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    missing: tuple[str, ...]
    added: tuple[str, ...]
    regressions: tuple[str, ...]
    settings: dict[str, tuple[Any, Any]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def compare(before: Run, after: Run, tolerance: Tolerance = Tolerance()) -> Comparison:
    """Compare two runs over the cases they share. Raises RunError where they share none."""
    first, second = {case.id: case for case in before.cases}, {case.id: case for case in after.cases}
    shared = [id for id in first if id in second and _same(first[id], second[id])]
    if not shared:
        raise RunError(f"{before.name} and {after.name} have no case in common")
    missing = tuple(id for id in first if id not in shared)
    pairs = [(first[id], second[id]) for id in shared]
    seed = int(after.config["seed"])
    languages = list(dict.fromkeys(case.language for case, _ in pairs))
    differences: dict[str, dict[str, Difference]] = {}
    for metric in METRICS:
        parts = {OVERALL: pairs, **{code: [pair for pair in pairs if pair[0].language == code] for code in languages}}
        differences[metric] = {part: _difference(metric, some, seed) for part, some in parts.items()}
    found = [*_regressions(differences, tolerance, len(languages)), *_strict(pairs), *_gates(before, after)]
    if missing:
        found.append(f"{len(missing)} cases of {before.name} were not asked again: {_some(missing)}")
    return Comparison(
        before.name,
        after.name,
        differences,
        tuple(a.id for a, b in pairs if not a.scores["right"] and b.scores["right"]),
        tuple(a.id for a, b in pairs if a.scores["right"] and not b.scores["right"]),
        missing,
        tuple(id for id in second if id not in shared),
        tuple(found),
        _settings(before.config["target"], after.config["target"]),
    )


def _same(a: CaseResult, b: CaseResult) -> bool:
    """Whether two results are of the same questions and expectations."""
    return [(t.question, t.expected) for t in a.turns] == [(t.question, t.expected) for t in b.turns]


def _difference(metric: str, pairs: Sequence[tuple[CaseResult, CaseResult]], seed: int) -> Difference:
    """Over the cases in which the metric is defined in both runs."""
    rows = [
        (old, new, a.cluster)
        for a, b in pairs
        if (old := a.scores[metric]) is not None and (new := b.scores[metric]) is not None
    ]
    return paired([old for old, _, _ in rows], [new for _, new, _ in rows], [cluster for *_, cluster in rows], seed)


def _regressions(differences: dict[str, dict[str, Difference]], tolerance: Tolerance, languages: int) -> list[str]:
    found = []
    for metric, parts in differences.items():
        better = better_of(metric)
        if not better or not METRICS[metric].share:
            continue
        for language, one in parts.items():
            if one.change is None or one.p is None:
                continue
            alone = language != OVERALL
            limit = tolerance.change_per_language if alone else tolerance.change
            alpha = tolerance.alpha / max(1, languages) if alone else tolerance.alpha
            if better * one.change < -limit and one.p < alpha:
                where = f" in {language}" if alone else ""
                moved = f"{one.before:.3f} -> {one.after:.3f}"
                found.append(f"{title_of(metric)}{where}: {moved} over {one.cases} cases (p {one.p:.3f})")
    return found


def _strict(pairs: Sequence[tuple[CaseResult, CaseResult]]) -> list[str]:
    found = []
    for metric in STRICT:
        better = better_of(metric)
        worse = [
            b.id
            for a, b in pairs
            if (new := b.scores[metric]) is not None and better * (new - _perfect_or(a.scores[metric], better)) < 0
        ]
        if worse:
            found.append(f"{title_of(metric)}: worse in {_some(worse)}")
    return found


def _perfect_or(value: float | None, better: int) -> float:
    """What was not measured before counts as having been in order."""
    return value if value is not None else float(better > 0)


def _gates(before: Run, after: Run) -> list[str]:
    """Gates that held before and fail now."""
    held = {(gate.metric, gate.language, gate.bound) for gate in summarise(before).gates if gate.passed}
    found = []
    summary: Summary = summarise(after)
    for gate in summary.gates:
        if not gate.passed and (gate.metric, gate.language, gate.bound) in held:
            value = "undefined" if gate.value is None else f"{gate.value:.3f}"
            where = "" if gate.language == OVERALL else f" in {gate.language}"
            found.append(f"the gate {title_of(gate.metric)}{where} fails now: {value}, at {gate.bound} {gate.limit:g}")
    return found


def _settings(before: dict[str, Any], after: dict[str, Any], place: str = "") -> dict[str, tuple[Any, Any]]:
    """What of the two targets differs, by its place."""
    found: dict[str, tuple[Any, Any]] = {}
    for key in {**before, **after}:
        old, new = before.get(key), after.get(key)
        if isinstance(old, dict) or isinstance(new, dict):
            found |= _settings(old or {}, new or {}, f"{place}{key}.")
        elif old != new:
            found[f"{place}{key}"] = (old, new)
    return found


def _some(ids: Sequence[str]) -> str:
    shown = ", ".join(ids[:10])
    return f"{shown} and {len(ids) - 10} more" if len(ids) > 10 else shown
