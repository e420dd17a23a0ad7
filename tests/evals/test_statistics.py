"""Statistics, against values worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from evals.statistics import (
    Bin,
    area,
    calibration_error,
    kappa,
    mean,
    paired,
    ratio,
    reliability,
    risk_coverage,
    sign_flip,
)


def test_what_is_undefined_is_counted_and_not_in_the_mean() -> None:
    one = mean([1.0, None, 0.0, 1.0], list("abcd"), 1)
    assert (one.value, one.cases, one.undefined) == (pytest.approx(2 / 3), 3, 1)
    nothing = mean([None, None], list("ab"), 1)
    assert (nothing.value, nothing.low, nothing.undefined) == (None, None, 2)


def test_an_interval_is_that_of_the_binomial() -> None:
    """80 of 100: the normal approximation says 0.722 to 0.878."""
    one = mean([1.0] * 80 + [0.0] * 20, [str(n) for n in range(100)], 1)
    assert one.low == pytest.approx(0.72, abs=0.015)
    assert one.high == pytest.approx(0.88, abs=0.015)
    assert one == mean([1.0] * 80 + [0.0] * 20, [str(n) for n in range(100)], 1)


def test_cases_of_a_group_are_drawn_together() -> None:
    values = ([1.0] * 10 + [0.0] * 10) * 5
    alone = mean(values, [str(n) for n in range(100)], 1)
    together = mean(values, [str(n // 10) for n in range(100)], 1)
    assert together.low < alone.low < alone.high < together.high


def test_one_group_has_no_interval() -> None:
    assert ratio([1.0, 0.0], [1.0, 1.0], ["a", "a"], 1).low is None


def test_precision_and_f_are_ratios() -> None:
    assert ratio([2.0, 0.0], [2.0, 1.0], ["a", "b"], 1).value == pytest.approx(2 / 3)
    assert ratio([0.0], [0.0], ["a"], 1).value is None


def test_few_differences_are_tried_out_exactly() -> None:
    """Three cases lost and none gained: of the 8 patterns of signs, two are as extreme."""
    assert sign_flip(np.array([-1.0, -1.0, -1.0, 0.0]), 1) == 0.25
    assert sign_flip(np.array([1.0, -1.0]), 1) == 1.0
    assert sign_flip(np.array([0.0]), 1) == 1.0


def test_many_differences_are_sampled() -> None:
    """20 lost, 5 gained: the binomial (sign) test says 0.0041."""
    assert sign_flip(np.array([-1.0] * 20 + [1.0] * 5), 1) == pytest.approx(0.0041, abs=0.0015)


def test_a_paired_difference() -> None:
    one = paired([1.0, 1.0, 0.0, 1.0], [0.0, 1.0, 1.0, 0.0], list("abcd"), 1)
    assert (one.before, one.after, one.change, one.cases) == (0.75, 0.5, -0.25, 4)
    assert paired([], [], [], 1).change is None


def test_reliability_and_calibration_error() -> None:
    bins = reliability([0.1, 0.15, 0.9, 1.0], [False, True, True, True])
    assert bins == [Bin(0.1, 0.2, 0.125, 0.5, 2), Bin(0.9, 1.0, 0.95, 1.0, 2)]
    assert calibration_error(bins) == pytest.approx((2 * 0.375 + 2 * 0.05) / 4)
    assert calibration_error([]) is None


def test_risk_and_coverage() -> None:
    points = risk_coverage([0.9, 0.8, 0.8, 0.1], [True, False, True, False])
    assert points == [(0.25, 0.0), (0.75, pytest.approx(1 / 3)), (1.0, 0.5)]
    assert area(points) == pytest.approx(0.5 / 3 + 0.25 * 0.5)
    assert area([]) is None


def test_kappa() -> None:
    """45 + 25 of 100 agree; by chance 0.6 x 0.6 + 0.4 x 0.4 would."""
    first = ["y"] * 60 + ["n"] * 40
    second = ["y"] * 45 + ["n"] * 15 + ["y"] * 15 + ["n"] * 25
    assert kappa(first, second) == pytest.approx((0.70 - 0.52) / (1 - 0.52))
    assert kappa(["a"], ["a"]) is None
    assert kappa([], []) is None
