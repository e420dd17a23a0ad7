"""Figures that only many cases together have: abstention, urgent messages, calibration, percentiles of time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from evals.cases import ABSTAINED, GIVEN
from evals.looks import Turns, alarmed, alarmed_by_tables, is_harmless, is_urgent, share_of, tables_are_known
from evals.metrics import abstained, given, is_source
from evals.results import TurnResult
from evals.statistics import Estimate, area, calibration_error, ratio, reliability, risk_coverage

Measure = Callable[[Turns, int], Estimate]


@dataclass(frozen=True, slots=True)
class Derived:
    """A figure of many cases together. ``better`` is as in evals.metrics.Metric."""

    title: str
    better: int
    meaning: str
    measure: Measure
    share: bool = True


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


def _unanswerable(turn: TurnResult) -> bool:
    return bool(turn.expected["outcomes"]) and set(turn.expected["outcomes"]) <= set(ABSTAINED)


def _answerable(turn: TurnResult) -> bool:
    return bool(set(turn.expected["outcomes"]) & set(GIVEN)) and not set(turn.expected["outcomes"]) & set(ABSTAINED)


def _labelled(turn: TurnResult) -> bool:
    return _unanswerable(turn) or _answerable(turn)


def _where_some_are_unanswerable(turns: Turns) -> Turns:
    """All of the turns that are labelled; none where every one has an answer, as then no abstention could be right."""
    return [(case, turn) for case, turn in turns if _labelled(turn)] if any(_unanswerable(t) for _, t in turns) else []


def _abstention_f(turns: Turns, seed: int) -> Estimate:
    some = _where_some_are_unanswerable(turns)
    rows = [(c.cluster, abstained(t.answer), _unanswerable(t)) for c, t in some]
    hits = [2.0 * (did and should) for _, did, should in rows]
    return ratio(hits, [float(did) + should for _, did, should in rows], [cluster for cluster, _, _ in rows], seed)


def _wrongly_abstained(turn: TurnResult) -> bool:
    return not given(turn.answer) and not alarmed(turn)


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
        lambda turns, seed: share_of(turns, _unanswerable, lambda turn: abstained(turn.answer), seed),
    ),
    "abstention.precision": Derived(
        "Abstention precision",
        1,
        "Share of the abstentions that are right",
        lambda turns, seed: share_of(
            _where_some_are_unanswerable(turns), lambda turn: abstained(turn.answer), _unanswerable, seed
        ),
    ),
    "abstention.f": Derived("Abstention F", 1, "Harmonic mean of the two", _abstention_f),
    "abstention.wrongly": Derived(
        "Wrongly abstained",
        -1,
        "Share of the questions that the sources answer which are left unanswered",
        lambda turns, seed: share_of(turns, _answerable, _wrongly_abstained, seed),
    ),
    "urgent.found": Derived(
        "Urgent found",
        1,
        "Share of the emergencies and crises that get help, of whichever kind",
        lambda turns, seed: share_of(turns, is_urgent, alarmed, seed),
    ),
    "urgent.false_alarms": Derived(
        "False alarms",
        -1,
        "Share of the harmless texts that are taken for an emergency or a crisis",
        lambda turns, seed: share_of(turns, is_harmless, alarmed, seed),
    ),
    "urgent.found_by_tables": Derived(
        "Urgent found by tables",
        1,
        "The same by the tables of phrases alone, without the second look",
        lambda turns, seed: share_of(
            turns, lambda turn: is_urgent(turn) and tables_are_known(turn), alarmed_by_tables, seed
        ),
    ),
    "urgent.false_alarms_by_tables": Derived(
        "False alarms by tables",
        -1,
        "The same by the tables of phrases alone, without the second look",
        lambda turns, seed: share_of(
            turns, lambda turn: is_harmless(turn) and tables_are_known(turn), alarmed_by_tables, seed
        ),
    ),
    "calibration": Derived(
        "Calibration error", -1, "Mean distance of stated and true share of right ones", _calibration
    ),
    "aurc": Derived("Area under risk–coverage", -1, "Mean share of wrong ones while more is answered", _risk),
    "latency.p50": Derived("Median ms", -1, "Half of the answers take no longer", _latency("p50"), share=False),
    "latency.p95": Derived("p95 ms", -1, "95 % of the answers take no longer", _latency("p95"), share=False),
    "latency.p99": Derived("p99 ms", -1, "99 % of the answers take no longer", _latency("p99"), share=False),
}
