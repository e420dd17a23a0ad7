"""Honest statistics: intervals, paired differences, curves. Every random draw has a seed.

Cases of one group, which are the same question in several languages, are not independent: they are drawn together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np

DRAWS = 1000
FLIPS = 20000
_FEWEST = 5
"""Groups below which the bootstrap says nothing, and no interval is given."""
_ENUMERATED = 12
"""Differences up to which every pattern of signs is tried instead of random ones."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its 95 % interval. ``value`` is None where it is undefined; ``cases`` are those it rests on,
    ``undefined`` those for which it was not defined."""

    value: float | None
    low: float | None
    high: float | None
    cases: int
    undefined: int = 0


@dataclass(frozen=True, slots=True)
class Difference:
    """How much more ``after`` is than ``before`` over the same cases, with a 95 % interval and the probability ``p``
    of a difference this large, either way, if nothing had changed."""

    before: float | None
    after: float | None
    change: float | None
    low: float | None
    high: float | None
    p: float | None
    cases: int


def mean(values: Sequence[float | None], groups: Sequence[str], seed: int) -> Estimate:
    """The mean of the defined values, with its bootstrap interval over groups."""
    defined = [(value, group) for value, group in zip(values, groups, strict=True) if value is not None]
    ones = [1.0] * len(defined)
    found = ratio([value for value, _ in defined], ones, [group for _, group in defined], seed)
    return Estimate(found.value, found.low, found.high, len(defined), len(values) - len(defined))


def ratio(above: Sequence[float], below: Sequence[float], groups: Sequence[str], seed: int) -> Estimate:
    """Sum of ``above`` over sum of ``below``; means, precision, recall and F are all of this form. The interval is
    the percentile bootstrap's (Efron 1979) over groups."""
    top, bottom = _summed(above, groups), _summed(below, groups)
    if not bottom.sum():
        return Estimate(None, None, None, len(above))
    value = float(top.sum() / bottom.sum())
    if len(top) < _FEWEST:
        return Estimate(value, None, None, len(above))
    weights = _weights(len(top), seed)
    drawn_top, drawn_bottom = weights @ top, weights @ bottom
    drawn = drawn_top[drawn_bottom > 0] / drawn_bottom[drawn_bottom > 0]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Estimate(value, float(low), float(high), len(above))


def paired(before: Sequence[float], after: Sequence[float], groups: Sequence[str], seed: int) -> Difference:
    """The change of the mean over the same cases: bootstrap interval, and a sign-flip permutation test over groups,
    exact where few groups differ."""
    if not before:
        return Difference(None, None, None, None, None, None, 0)
    each = [b - a for a, b in zip(before, after, strict=True)]
    spread = ratio(each, [1.0] * len(each), groups, seed)
    sums = _summed(each, groups)
    old, new = float(np.mean(before)), float(np.mean(after))
    return Difference(old, new, spread.value, spread.low, spread.high, sign_flip(sums, seed), len(each))


def sign_flip(differences: np.ndarray, seed: int) -> float:
    """The two-sided p-value of the sum of ``differences`` if each could as well have had the other sign."""
    moved = differences[np.abs(differences) > 1e-12]
    if not len(moved):
        return 1.0
    if len(moved) <= _ENUMERATED:
        signs = np.array(list(product((-1, 1), repeat=len(moved))))
        return float(np.mean(np.abs(signs @ moved) >= abs(moved.sum()) - 1e-9))
    signs = np.random.default_rng(seed).choice((-1, 1), size=(FLIPS, len(moved)))
    extreme = np.abs(signs @ moved) >= abs(moved.sum()) - 1e-9
    return float((extreme.sum() + 1) / (FLIPS + 1))


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers whose stated probability lies from ``low`` to ``high``: its mean, and how many were right."""

    low: float
    high: float
    stated: float
    right: float
    cases: int


def reliability(stated: Sequence[float], right: Sequence[bool], bins: int = 10) -> list[Bin]:
    """The reliability diagram; empty bins are left out."""
    found = []
    p, r = np.asarray(stated, float), np.asarray(right, float)
    place = np.minimum((p * bins).astype(int), bins - 1)
    for number in range(bins):
        inside = place == number
        if inside.any():
            low, high = number / bins, (number + 1) / bins
            found.append(Bin(low, high, float(p[inside].mean()), float(r[inside].mean()), int(inside.sum())))
    return found


def calibration_error(bins: Sequence[Bin]) -> float | None:
    """Expected calibration error (Naeini et al. 2015): mean distance of stated and true share, by bin size."""
    total = sum(one.cases for one in bins)
    return sum(one.cases * abs(one.stated - one.right) for one in bins) / total if total else None


def risk_coverage(stated: Sequence[float], right: Sequence[bool]) -> list[tuple[float, float]]:
    """Points (coverage, risk): the share answered, most sure first, and the share of wrong ones among them
    (El-Yaniv and Wiener 2010). Equal probabilities are taken together."""
    order = sorted(zip(stated, right, strict=True), key=lambda pair: -pair[0])
    points, wrong = [], 0
    for number, (probability, hit) in enumerate(order, 1):
        wrong += not hit
        if number == len(order) or order[number][0] != probability:
            points.append((number / len(order), wrong / number))
    return points


def area(points: Sequence[tuple[float, float]]) -> float | None:
    """Area under a risk–coverage curve, by steps."""
    if not points:
        return None
    before, total = 0.0, 0.0
    for coverage, risk in points:
        total += (coverage - before) * risk
        before = coverage
    return total


def kappa(first: Sequence[str], second: Sequence[str]) -> float | None:
    """Agreement of two raters beyond chance (Cohen 1960); None where chance alone would agree."""
    if not first:
        return None
    labels = sorted({*first, *second})
    observed = sum(a == b for a, b in zip(first, second, strict=True)) / len(first)
    chance = sum(first.count(label) * second.count(label) for label in labels) / len(first) ** 2
    return None if chance == 1 else (observed - chance) / (1 - chance)


@lru_cache(maxsize=8)
def _weights(groups: int, seed: int) -> np.ndarray:
    """How often each group is drawn, in each of the draws."""
    drawn = np.random.default_rng(seed).multinomial(groups, np.full(groups, 1 / groups), size=DRAWS)
    return drawn.astype(np.float64)


def _summed(values: Sequence[float], groups: Sequence[str]) -> np.ndarray:
    """The sum of each group."""
    sums: dict[str, float] = {}
    for value, group in zip(values, groups, strict=True):
        sums[group] = sums.get(group, 0.0) + value
    return np.array(list(sums.values()), float)
