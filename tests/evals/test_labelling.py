"""Judgements by hand: blind, carried on, and compared."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from evals.labelling import Agreement, Labels, agreements, in_order, label, labels_path, read_labels
from evals.metrics import OwnWords
from evals.results import Run, RunError
from evals.runner import run_suite
from evals.suite_files import load_suite
from tests.evals.conftest import LONG, RIGHT, Told, WriteSuite, silent, target


@pytest.fixture
def run(write: WriteSuite, tmp_path: Path, own_words: OwnWords) -> Run:
    """Cases 0 to 3, of which the metrics say that 0 is wrong."""
    rows = [{**LONG, "id": f"c{n}", "question": "Where?" if n == 0 else "How long?"} for n in range(4)]
    told = Told({**RIGHT, "Where?": silent()})
    return run_suite(load_suite(write("", *rows)), target(told), tmp_path / "run", own_words)


def typing(*keys: str) -> Callable[[str], str]:
    left = iter(keys)
    return lambda text: next(left)


def test_it_goes_on_where_it_stopped(run: Run) -> None:
    assert label(run, "maija", typing("y", "?", "n", "q")) == 2
    assert label(run, "maija", typing("yes", "s")) == 1
    assert len(read_labels(labels_path(run.folder, "maija"))) == 3
    assert label(run, "maija", typing("y")) == 1


def test_raters_see_no_metric_and_have_an_order_each(run: Run) -> None:
    seen: dict[str, list[str]] = {"a": [], "b": []}
    for rater, texts in seen.items():

        def ask(text: str, texts: list[str] = texts) -> str:
            texts.append(text)
            return "y"

        label(run, rater, ask)
    assert sorted(seen["a"]) == sorted(seen["b"])
    assert all("right" not in text.lower() and "outcome" not in text for text in seen["a"])
    assert any("«The training takes 220–300 days.»" in text for text in seen["a"])


def test_agreement_by_hand(run: Run) -> None:
    """Maija: 0 and 1 wrong; Pekka: 0 wrong. They differ in one of four; chance is (2·1 + 2·3) / 16 = 0.5."""
    for rater, wrong in (("maija", {"c0", "c1"}), ("pekka", {"c0"})):
        lines = (f'{{"case": "c{n}", "label": "{"wrong" if f"c{n}" in wrong else "right"}"}}\n' for n in range(4))
        labels_path(run.folder, rater).write_text("".join(lines))
    assert agreements(run) == [
        Agreement("maija", "pekka", 4, 0.75, 0.5),
        Agreement("maija", "metrics", 4, 0.75, 0.5),
        Agreement("pekka", "metrics", 4, 1.0, 1.0),
    ]


def test_what_cannot_be_used_is_named(run: Run) -> None:
    for name in ("../x", "Maija", "metrics"):
        with pytest.raises(RunError, match="name"):
            labels_path(run.folder, name)
    labels_path(run.folder, "a").write_text('{"case": "c0", "label": "maybe"}\n')
    with pytest.raises(RunError, match=r"labels-a.jsonl:1: 'maybe'"):
        agreements(run)


@pytest.mark.parametrize(
    ("left", "kept"),
    [
        ('{"case": "c0", "label": "right"}\n{"case": "c1", "la', {"c0": "right"}),
        ('{"case": "c0", "label": "right"}\n{"case": "c1", "label": "wrong"}', {"c0": "right", "c1": "wrong"}),
        ('{"case": "c', {}),
    ],
    ids=["the last line cut off", "only its end of line lost", "nothing whole"],
)
def test_after_a_crash(run: Run, left: str, kept: dict[str, str]) -> None:
    path = labels_path(run.folder, "maija")
    path.write_text(left)
    assert read_labels(path) == kept
    with Labels(run.folder, "maija") as labels:
        labels.add("c3", "right")
    assert read_labels(path) == {**kept, "c3": "right"}


def test_the_last_judgement_of_a_case_counts(run: Run) -> None:
    with Labels(run.folder, "maija") as labels:
        labels.add("c0", "right")
        assert read_labels(labels_path(run.folder, "maija")) == {"c0": "right"}
        labels.add("c0", "wrong")
    assert read_labels(labels_path(run.folder, "maija")) == {"c0": "wrong"}


def test_an_order_for_every_rater(run: Run) -> None:
    """Of 24 orders of four cases, eight raters do not all have the same."""
    orders = {tuple(case.id for case in in_order(run, f"r{n}")) for n in range(8)}
    assert len(orders) > 1
    assert {tuple(sorted(order)) for order in orders} == {("c0", "c1", "c2", "c3")}
    assert in_order(run, "r1") == in_order(run, "r1")
