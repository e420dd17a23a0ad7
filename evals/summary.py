"""The figures of a run: every metric overall and by language with its interval, and whether the gates hold."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import numpy as np

from assistant.answers import Outcome
from evals.cases import ABSTAINED, GIVEN, URGENT, Gate
from evals.language_pairs import LanguagePair, language_pairs
from evals.metrics import METRICS, abstained, given, is_source, says
from evals.results import CaseResult, Run, TurnResult
from evals.statistics import (
    Bin,
    Estimate,
    area,
    calibration_error,
    mean,
    ratio,
    reliability,
    risk_coverage,
)

OVERALL = "all"

Turns = list[tuple[CaseResult, TurnResult]]
Measure = Callable[[Turns, int], Estimate]


@dataclass(frozen=True, slots=True)
class Derived:
    """A figure of many cases together. ``better`` is as in evals.metrics.Metric."""

    title: str
    better: int
    meaning: str
    measure: Measure
    share: bool = True


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

    @property
    def passed(self) -> bool:
        return all(gate.passed for gate in self.gates)

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
        figures[name] = {part: derived.measure(_turns(cases), seed) for part, cases in parts.items()}
    figures["parity"] = {OVERALL: parity(run.cases, seed)}
    gates = [Gate.model_validate(values) for values in run.config["suite"]["gates"].values()]
    kinds: dict[str, list[CaseResult]] = defaultdict(list)
    for case in run.cases:
        for kind in (case.kind, *case.tags):
            if kind:
                kinds[kind].append(case)
    stated, right = confidence(_turns(run.cases))
    bins = reliability(stated, right)
    return Summary(
        figures=figures,
        gates=tuple(result for gate in gates for result in check(gate, figures)),
        languages=languages,
        outcomes={part: dict(Counter(_outcome(t) for _, t in _turns(cases))) for part, cases in parts.items()},
        confusion=_confusion(run.cases),
        kinds={kind: case_mean(cases, "right", seed) for kind, cases in sorted(kinds.items())},
        curve=risk_coverage(stated, right),
        bins=bins,
        steps=_steps(run.cases),
        latency=quantiles([turn.ms for _, turn in _turns(run.cases) if turn.ms is not None]),
        pairs=language_pairs(run.cases, seed),
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


def quantiles(values: Sequence[float]) -> dict[str, float]:
    """The median, the 95th and the 99th percentile; nothing of nothing."""
    if not values:
        return {}
    found = np.quantile(np.asarray(values, float), [0.5, 0.95, 0.99])
    return {name: round(float(value), 2) for name, value in zip(("p50", "p95", "p99"), found, strict=True)}


def confidence(turns: Turns) -> tuple[list[float], list[bool]]:
    """For each question that was read for an answer: the probability stated that the best text answers, and whether
    that text is of a source that does. What was screened or not read is left out."""
    stated, right = [], []
    for _, turn in turns:
        trace = (turn.answer or {}).get("trace", {})
        read = trace.get("read") or []
        measured = bool(turn.expected["relevant"]) or set(turn.expected["outcomes"]) == set(ABSTAINED)
        if not (read and measured and (given(turn.answer) or abstained(turn.answer))):
            continue
        best = max(read, key=lambda one: one["probability"])
        stated.append(float(best["probability"]))
        right.append(is_source(best["document"], turn.expected["relevant"]))
    return stated, right


# Figures of many cases together.


def _share(turns: Turns, among: Callable[[TurnResult], bool], hit: Callable[[TurnResult], bool], seed: int) -> Estimate:
    """The share of hits among some of the turns."""
    rows = [(case.cluster, float(hit(turn))) for case, turn in turns if among(turn)]
    return ratio([value for _, value in rows], [1.0] * len(rows), [cluster for cluster, _ in rows], seed)


def _unanswerable(turn: TurnResult) -> bool:
    return bool(turn.expected["outcomes"]) and set(turn.expected["outcomes"]) <= set(ABSTAINED)


def _answerable(turn: TurnResult) -> bool:
    return bool(set(turn.expected["outcomes"]) & set(GIVEN)) and not set(turn.expected["outcomes"]) & set(ABSTAINED)


def _labelled(turn: TurnResult) -> bool:
    return _unanswerable(turn) or _answerable(turn)


def _abstention_f(turns: Turns, seed: int) -> Estimate:
    rows = [(c.cluster, abstained(t.answer), _unanswerable(t)) for c, t in turns if _labelled(t)]
    hits = [2.0 * (did and should) for _, did, should in rows]
    return ratio(hits, [float(did) + should for _, did, should in rows], [cluster for cluster, _, _ in rows], seed)


def _urgent(turn: TurnResult) -> bool:
    return bool(turn.expected["outcomes"]) and set(turn.expected["outcomes"]) <= set(URGENT)


def _tempting(turn: TurnResult) -> bool:
    return set(URGENT) <= set(turn.expected["not_outcomes"])


def _alarmed(turn: TurnResult) -> bool:
    return turn.answer is not None and turn.answer["status"] in URGENT


def _wrongly_abstained(turn: TurnResult) -> bool:
    return not given(turn.answer) and not _alarmed(turn)


def _calibration(turns: Turns, seed: int) -> Estimate:
    stated, right = confidence(turns)
    return Estimate(calibration_error(reliability(stated, right)), None, None, len(stated), len(turns) - len(stated))


def _risk(turns: Turns, seed: int) -> Estimate:
    stated, right = confidence(turns)
    value = area(risk_coverage(stated, right))
    return Estimate(value, None, None, len(stated), len(turns) - len(stated))


def _latency(name: str) -> Measure:
    def measure(turns: Turns, seed: int) -> Estimate:
        values = [turn.ms for _, turn in turns if turn.ms is not None]
        return Estimate(quantiles(values).get(name), None, None, len(values), len(turns) - len(values))

    return measure


DERIVED: dict[str, Derived] = {
    "abstention.recall": Derived(
        "Abstention recall",
        1,
        "Share of the questions without an answer in the sources that are left unanswered",
        lambda turns, seed: _share(turns, _unanswerable, lambda turn: abstained(turn.answer), seed),
    ),
    "abstention.precision": Derived(
        "Abstention precision",
        1,
        "Share of the abstentions that are right",
        lambda turns, seed: _share(turns, lambda turn: _labelled(turn) and abstained(turn.answer), _unanswerable, seed),
    ),
    "abstention.f": Derived("Abstention F", 1, "Harmonic mean of the two", _abstention_f),
    "abstention.wrongly": Derived(
        "Wrongly abstained",
        -1,
        "Share of the questions that the sources answer which are left unanswered",
        lambda turns, seed: _share(
            turns, _answerable, lambda turn: not given(turn.answer) and not _alarmed(turn), seed
        ),
    ),
    "urgent.found": Derived(
        "Urgent found",
        1,
        "Share of the emergencies and crises that get help, of whichever kind",
        lambda turns, seed: _share(turns, _urgent, _alarmed, seed),
    ),
    "urgent.false_alarms": Derived(
        "False alarms",
        -1,
        "Share of the harmless texts that are taken for an emergency or a crisis",
        lambda turns, seed: _share(turns, _tempting, _alarmed, seed),
    ),
    "calibration": Derived(
        "Calibration error", -1, "Mean distance of stated and true share of right ones", _calibration
    ),
    "aurc": Derived("Area under risk–coverage", -1, "Mean share of wrong ones while more is answered", _risk),
    "latency.p50": Derived("Median ms", -1, "Half of the answers take no longer", _latency("p50"), share=False),
    "latency.p95": Derived("p95 ms", -1, "95 % of the answers take no longer", _latency("p95"), share=False),
    "latency.p99": Derived("p99 ms", -1, "99 % of the answers take no longer", _latency("p99"), share=False),
}


def _turns(cases: Iterable[CaseResult]) -> Turns:
    return [(case, turn) for case in cases for turn in case.turns]


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
    for _, turn in _turns(cases):
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
    for _, turn in _turns(cases):
        for step in (turn.answer or {}).get("trace", {}).get("steps", ()):
            spent.setdefault(str(step.get("step", "?")), []).append(float(step["ms"]))
    return {name: quantiles(values) for name, values in spent.items()}
