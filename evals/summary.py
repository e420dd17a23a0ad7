"""The figures of a run: every metric overall and by language with its interval, and whether the gates hold."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

from assistant.answers import Outcome
from evals.cases import ABSTAINED, GIVEN, Gate
from evals.derived import DERIVED, confidence, quantiles
from evals.language_pairs import LanguagePair, language_pairs
from evals.looks import Looks, turns_of, two_looks
from evals.metrics import METRICS, says
from evals.results import CaseResult, Run, TurnResult
from evals.statistics import (
    Bin,
    Estimate,
    mean,
    ratio,
    reliability,
    risk_coverage,
)

OVERALL = "all"


@dataclass(frozen=True, slots=True)
class GateResult:
    """One demand of a gate: over all cases (``language`` "all") or in one language. An undefined value fails."""

    metric: str
    language: str
    bound: str
    limit: float
    value: float | None
    passed: bool


@dataclass(frozen=True, slots=True)
class GateRow:
    """A gate as people read it: its demand over all cases, or its demand of every language in one. ``shown`` is the
    result that says most: the only one, or the language's that is furthest from the demand."""

    shown: GateResult
    languages: int
    failing: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return self.shown.passed


@dataclass(frozen=True, slots=True)
class Summary:
    """``figures[metric][language]``, where the language "all" is every case; metrics without a single defined value
    are kept, as undefined. ``confusion[expected][outcome]`` counts turns."""

    figures: dict[str, dict[str, Estimate]]
    gates: tuple[GateResult, ...]
    languages: tuple[str, ...]
    outcomes: dict[str, dict[str, int]]
    confusion: dict[str, dict[str, int]]
    kinds: dict[str, Estimate]
    curve: list[tuple[float, float]]
    bins: list[Bin]
    steps: dict[str, dict[str, float]]
    latency: dict[str, float]
    pairs: list[LanguagePair]
    looks: list[Looks]

    @property
    def passed(self) -> bool:
        return all(gate.passed for gate in self.gates)

    @property
    def gate_rows(self) -> list[GateRow]:
        """The gates, those of all languages as one; what fails comes first."""
        demands: dict[tuple[str, bool, str, float], list[GateResult]] = defaultdict(list)
        for gate in self.gates:
            demands[gate.metric, gate.language == OVERALL, gate.bound, gate.limit].append(gate)
        rows = []
        for (_, overall, bound, _), some in demands.items():
            furthest = min(some, key=lambda gate: (gate.value or 0.0) * (1 if bound == "least" else -1))
            failing = tuple(gate.language for gate in some if not gate.passed)
            rows.append(GateRow(furthest, 0 if overall else len(some), failing))
        return sorted(rows, key=lambda row: row.passed)

    def worst(self, metric: str) -> str | None:
        """The language in which a metric is worst; None where none is worse than another, or worse means nothing."""
        better = better_of(metric)
        values = {
            language: one.value
            for language, one in self.figures.get(metric, {}).items()
            if language != OVERALL and one.value is not None
        }
        if not better or len(set(values.values())) < 2:
            return None
        return min(values, key=lambda language: better * values[language])

    def spread(self, metric: str) -> float | None:
        """The best language's value less the worst's."""
        values = [
            one.value
            for language, one in self.figures.get(metric, {}).items()
            if language != OVERALL and one.value is not None
        ]
        return max(values) - min(values) if values else None

    def to_dict(self) -> dict[str, Any]:
        values = asdict(self)
        values["passed"] = self.passed
        values["worst"] = {metric: self.worst(metric) for metric in self.figures}
        values["spread"] = {metric: self.spread(metric) for metric in self.figures}
        return values


def summarise(run: Run) -> Summary:
    """Everything that the reports show of a run."""
    seed = int(run.config["seed"])
    languages = tuple(dict.fromkeys(case.language for case in run.cases))
    parts = {OVERALL: list(run.cases)}
    parts |= {code: [case for case in run.cases if case.language == code] for code in languages}
    figures: dict[str, dict[str, Estimate]] = {}
    for metric in METRICS:
        figures[metric] = {part: case_mean(cases, metric, seed) for part, cases in parts.items()}
    for name, derived in DERIVED.items():
        figures[name] = {part: derived.measure(turns_of(cases), seed) for part, cases in parts.items()}
    figures["parity"] = {OVERALL: parity(run.cases, seed)}
    gates = [Gate.model_validate(values) for values in run.config["suite"]["gates"].values()]
    kinds: dict[str, list[CaseResult]] = defaultdict(list)
    for case in run.cases:
        for kind in (case.kind, *case.tags):
            if kind:
                kinds[kind].append(case)
    stated, right = confidence(turns_of(run.cases))
    bins = reliability(stated, right)
    return Summary(
        figures=figures,
        gates=tuple(result for gate in gates for result in check(gate, figures)),
        languages=languages,
        outcomes={part: dict(Counter(_outcome(t) for _, t in turns_of(cases))) for part, cases in parts.items()},
        confusion=_confusion(run.cases),
        kinds={kind: case_mean(cases, "right", seed) for kind, cases in sorted(kinds.items())},
        curve=risk_coverage(stated, right),
        bins=bins,
        steps=_steps(run.cases),
        latency=quantiles([turn.ms for _, turn in turns_of(run.cases) if turn.ms is not None]),
        pairs=language_pairs(run.cases, seed),
        looks=two_looks(run.cases, seed),
    )


def check(gate: Gate, figures: Mapping[str, Mapping[str, Estimate]]) -> Iterable[GateResult]:
    """A gate's demands, each held against its figure."""
    values = figures.get(gate.metric, {})
    demands = [(OVERALL, "least", gate.least), (OVERALL, "most", gate.most)]
    for language in values:
        if language != OVERALL and (values[language].cases or values[language].undefined == 0):
            demands += [(language, "least", gate.least_per_language), (language, "most", gate.most_per_language)]
    for language, bound, limit in demands:
        if limit is None:
            continue
        value = values[language].value if language in values else None
        if value is None and language != OVERALL:
            continue  # nothing of the kind is asked in this language
        holds = value is not None and (value >= limit - 1e-9 if bound == "least" else value <= limit + 1e-9)
        yield GateResult(gate.metric, language, bound, limit, value, holds)


def better_of(metric: str) -> int:
    """1 where more is better, -1 where less is, 0 where the figure only describes or is not known."""
    if metric in METRICS:
        return METRICS[metric].better
    return DERIVED[metric].better if metric in DERIVED else int(metric == "parity")


def title_of(metric: str) -> str:
    if metric in METRICS:
        return METRICS[metric].title
    return DERIVED[metric].title if metric in DERIVED else metric.capitalize()


def meaning_of(metric: str) -> str:
    if metric in METRICS:
        return METRICS[metric].meaning
    if metric in DERIVED:
        return DERIVED[metric].meaning
    return "Share of pairs of languages in which the same question gets the same of the expected facts"


def is_share(metric: str) -> bool:
    """Whether the values go from 0 to 1, and are shown in per cent."""
    if metric in METRICS:
        return METRICS[metric].share
    return DERIVED[metric].share if metric in DERIVED else True


def case_mean(cases: Sequence[CaseResult], metric: str, seed: int) -> Estimate:
    """The mean of a metric over cases."""
    return mean([case.scores[metric] for case in cases], [case.cluster for case in cases], seed)


def parity(cases: Sequence[CaseResult], seed: int) -> Estimate:
    """Of all pairs of languages in which the same question is asked, the share that carries the same of the facts
    expected; the interval is over questions."""
    groups: dict[str, list[tuple[bool, ...]]] = defaultdict(list)
    for case in cases:
        if case.group and (carried := _carried(case)):
            groups[case.group].append(carried)
    above, below, names = [], [], []
    for group, every in groups.items():
        pairs = list(combinations(every, 2))
        if pairs:
            above.append(float(sum(a == b for a, b in pairs)))
            below.append(float(len(pairs)))
            names.append(group)
    return ratio(above, below, names, seed)


def _carried(case: CaseResult) -> tuple[bool, ...]:
    """Which of the facts expected each turn's answer carries."""
    found = []
    for turn in case.turns:
        text = "\n".join(sentence["text"] for sentence in turn.answer["sentences"]) if turn.answer else ""
        found += [says(fact["any_of"], text) for fact in turn.expected["facts"]]
    return tuple(found)


def _outcome(turn: TurnResult) -> str:
    return str(turn.answer["status"]) if turn.answer else "error"


def _confusion(cases: Sequence[CaseResult]) -> dict[str, dict[str, int]]:
    table: dict[str, Counter[str]] = defaultdict(Counter)
    for _, turn in turns_of(cases):
        outcomes, excluded = set(turn.expected["outcomes"]), turn.expected["not_outcomes"]
        if not outcomes and not excluded:
            continue
        if not outcomes:
            expected = "anything but " + ", ".join(excluded)
        elif set(GIVEN) <= outcomes:
            expected = "an answer"
        elif outcomes <= set(ABSTAINED):
            expected = "no answer"
        else:
            expected = " or ".join(outcome.value for outcome in Outcome if outcome.value in outcomes)
        table[expected][_outcome(turn)] += 1
    return {expected: dict(counts) for expected, counts in sorted(table.items())}


def _steps(cases: Sequence[CaseResult]) -> dict[str, dict[str, float]]:
    spent: dict[str, list[float]] = {}
    for _, turn in turns_of(cases):
        for step in (turn.answer or {}).get("trace", {}).get("steps", ()):
            spent.setdefault(str(step.get("step", "?")), []).append(float(step["ms"]))
    return {name: quantiles(values) for name, values in spent.items()}
