"""Judgements by hand: blind, carried on, and compared."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from evals.labelling import Agreement, agreements, label, labels_path, read_labels
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
