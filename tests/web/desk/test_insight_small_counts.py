"""Small counts: worked by hand, and that nothing withheld can be computed from what is told."""

from __future__ import annotations

from datetime import date
from itertools import product

import pytest

from web.desk.small_counts import LEAST, Cell, Tally, course, tally, withheld


@pytest.mark.parametrize(
    ("counts", "hidden"),
    [
        pytest.param({"fi": 50, "so": 12}, set(), id="none is small"),
        pytest.param({"fi": 50, "so": 12, "sq": 0}, set(), id="nobody is not small"),
        pytest.param({"fi": 50, "so": 12, "sq": 3}, {"sq", "so"}, id="one alone would be the total minus the rest"),
        pytest.param({"fi": 50, "so": 3, "sq": 2}, {"so", "sq"}, id="two that are five together"),
        pytest.param({"fi": 50, "so": 1, "sq": 1}, {"so", "sq", "fi"}, id="two that could only be one each"),
        pytest.param({"fi": 50, "ar": 6, "so": 1, "sq": 1}, {"so", "sq", "ar"}, id="the next smallest"),
        pytest.param({"fi": 3}, {"fi"}, id="nothing to hide behind"),
        pytest.param({"fi": 4, "so": 5}, {"fi", "so"}, id="four is withheld, five is not small"),
        pytest.param({"a": 5, "b": 5, "c": 2}, {"c", "a"}, id="of equals the first by name"),
        pytest.param({}, set(), id="nothing"),
    ],
)
def test_what_is_withheld(counts: dict[str, int], hidden: set[str]) -> None:
    assert withheld(counts) == hidden


def test_what_is_withheld_cannot_be_computed_from_the_sum() -> None:
    """Every table of three counts up to 8: what the reader sees fits another table in which each withheld count is
    another one, unless the sum itself is withheld."""
    for counts in product(range(9), repeat=3):
        table = dict(enumerate(counts))
        hidden = withheld(table)
        total = sum(counts)
        if not hidden or total < LEAST:
            continue
        rest = sum(table[key] for key in hidden)
        others = [one for one in product(range(1, rest + 1), repeat=len(hidden)) if sum(one) == rest]
        for place, key in enumerate(sorted(hidden)):
            assert {one[place] for one in others} != {table[key]}, counts


def test_a_month_is_told_with_its_others() -> None:
    month = {"fi": (60, 12), "so": (20, 8), "sq": (3, 1), "vi": (6, 0)}
    # sq is small and vi hides it: 9 others, of whom 1 was not answered. That 1 is small too, and so the share of so,
    # the next smallest number of abstentions, is withheld with it; answered are 48, 12 and 8, none of them small.
    assert tally([month]) == Tally({"fi": Cell(60, 0.2), "so": Cell(20)}, 9)


@pytest.mark.parametrize(
    ("month", "shares"),
    [
        pytest.param({"fi": (60, 12), "so": (20, 8)}, {"fi": 0.2, "so": 0.4}, id="all told"),
        pytest.param({"fi": (60, 12), "so": (20, 2)}, {"fi": None, "so": None}, id="2 would be the rest of 14"),
        pytest.param(
            {"fi": (60, 12), "so": (20, 19), "ar": (30, 9)},
            {"fi": 0.2, "so": None, "ar": None},
            id="1 answered is as small as 1 not answered",
        ),
        pytest.param({"fi": (60, 0), "so": (20, 0)}, {"fi": 0.0, "so": 0.0}, id="none of none"),
        pytest.param({"fi": (300, 101), "so": (70, 9)}, {"fi": 0.34, "so": 0.13}, id="whole hundredths"),
    ],
)
def test_shares_are_withheld_like_counts(month: dict[str, tuple[int, int]], shares: dict[str, float | None]) -> None:
    assert {key: cell.share for key, cell in tally([month]).cells.items()} == shares


def test_a_month_of_fewer_than_five_is_left_out() -> None:
    assert tally([{"fi": (3, 1), "so": (1, 0)}]) == Tally()
    assert tally([{"fi": (4, 1), "so": (1, 0)}]) == Tally({}, 5)
    assert tally([{"fi": (10, 0)}, {"fi": (4, 0)}]) == Tally({"fi": Cell(10, 0.0)})


def test_months_add_up_what_each_of_them_tells() -> None:
    january, february = {"fi": (30, 6), "so": (10, 5)}, {"fi": (20, 9), "so": (3, 0), "sq": (2, 1)}
    alone, both = tally([january]), tally([january, february])
    assert {key: cell.asked for key, cell in both.cells.items()} == {"fi": 50, "so": 10}
    assert (both.others, both.total) == (5, 65)
    # Both months minus January: nothing of so in February that February itself does not tell.
    assert both.cells["so"].asked == alone.cells["so"].asked


def test_shares_are_of_all_months_that_are_told() -> None:
    """Not only of those in which few abstentions happen to be none: that would say 0 of 40."""
    months = [{"fi": (20, 0)}, {"fi": (20, 4)}, {"fi": (20, 8)}]
    assert tally(months).cells["fi"] == Cell(60, 0.2)


def test_days_weeks_and_months_do_not_give_each_other_away() -> None:
    # November 2026 begins on a Sunday. Its first Sunday belongs to the week of 26 October.
    days = {date(2026, 10, 30): 9, date(2026, 10, 31): 0, date(2026, 11, 1): 7}
    days |= {date(2026, 11, 2): 10, date(2026, 11, 3): 2, date(2026, 11, 4): 8, date(2026, 11, 5): 0}
    days |= {date(2026, 11, 9): 1, date(2026, 11, 10): 2}
    shown = course(days)
    assert shown.months == {date(2026, 10, 1): 9, date(2026, 11, 1): 30}
    # The week of 9 November has 3: withheld, and with it the smallest other part, the Sunday's 7. The week that begins
    # in October ends with that Sunday.
    assert shown.weeks == {date(2026, 10, 26): None, date(2026, 11, 2): 20, date(2026, 11, 9): None}
    assert shown.days == {
        date(2026, 10, 30): 9,
        date(2026, 10, 31): 0,
        date(2026, 11, 1): None,
        date(2026, 11, 2): 10,
        date(2026, 11, 3): None,
        date(2026, 11, 4): None,
        date(2026, 11, 5): 0,
        date(2026, 11, 9): None,
        date(2026, 11, 10): None,
    }


def test_a_month_of_few_is_withheld_whole() -> None:
    shown = course({date(2026, 11, 2): 3, date(2026, 11, 3): 1})
    assert (set(shown.days.values()), set(shown.weeks.values()), set(shown.months.values())) == ({None},) * 3
