"""OMoS-QA's own measures of chosen lines (https://github.com/digitalfabrik/integreat-qa-dataset, arXiv 2407.15736)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np


def measures(
    gold: Sequence[Collection[int]], chosen: Sequence[Collection[int]], weights: Sequence[float] | None = None
) -> dict[str, float]:
    """For each question the lines that answer and those chosen; none says that the page does not answer.

    In per cent: P and R, means over the questions with an answer (P is 1 where nothing is chosen), F of the two means,
    mF1, the mean of the questions' own F1, and uP, uR, uF of "no answer here", where a question counts its weight.
    """
    precision, recall, each = [], [], []
    empty = right = none = 0.0
    for answers, lines, weight in zip(gold, chosen, weights or [1.0] * len(gold), strict=True):
        hits = len(set(lines) & set(answers))
        if answers:
            precision.append(hits / len(lines) if lines else 1.0)
            recall.append(hits / len(answers))
            each.append(harmonic(precision[-1], recall[-1]))
        none += weight * (not answers)
        empty += weight * (not lines)
        right += weight * (not lines and not answers)
    p, r = float(np.mean(precision)), float(np.mean(recall))
    up, ur = right / max(empty, 1e-9), right / max(none, 1e-9)
    values = {"P": p, "R": r, "F": harmonic(p, r), "mF1": float(np.mean(each))}
    values |= {"uP": up, "uR": ur, "uF": harmonic(up, ur)}
    return {name: round(100 * value, 1) for name, value in values.items()}


def harmonic(a: float, b: float) -> float:
    """The harmonic mean; 0 where both are."""
    return 2 * a * b / (a + b) if a + b else 0.0
