"""What the tables of phrases find alone and what both looks find, told apart by the trace."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assistant.answers import Answer
from evals.metrics import OwnWords
from evals.report import write_reports
from evals.results import Run
from evals.runner import run_suite
from evals.suite_files import load_suite
from evals.summary import OVERALL, summarise
from tests.evals.conftest import Told, WriteSuite, emergency, silent, target


def alarm(category: str | None) -> Answer:
    """Help at once; ``category`` is what the tables found, None where only the second look did."""
    return replace(emergency(), trace={"category": category, "urgency": None if category else 0.9})


def quiet() -> Answer:
    answer = silent()
    return replace(answer, trace={**answer.trace, "category": None, "urgency": 0.1})


def row(id: str, text: str, category: str | None) -> dict[str, Any]:
    return {"id": id, "language": id[:2], "text": text, "category": category}


ROWS = [
    row("en-1", "by tables", "emergency"),
    row("en-2", "by the second look", "crisis"),
    row("en-3", "by none", "emergency"),
    row("fi-1", "by tables", "crisis"),
    row("en-4", "by tables", None),
    row("en-5", "by the second look", None),
    row("fi-2", "by none", None),
    row("fi-3", "greeting", None),
]
TOLD = {
    "by tables": alarm("violence"),
    "by the second look": alarm(None),
    "by none": quiet(),
    "greeting": replace(quiet(), trace={**quiet().trace, "category": "small_talk"}),
}


@pytest.fixture
def run(write: WriteSuite, tmp_path: Path, own_words: OwnWords) -> Run:
    return run_suite(load_suite(write("", *ROWS)), target(Told(TOLD)), tmp_path / "run", own_words)


def test_by_hand(run: Run) -> None:
    """Urgent: 4, of which tables find en-1 and fi-1, and both looks en-2 too. Harmless: 4, of which tables alarm at
    en-4, and both at en-5 too. In Finnish: 1 of 1, and 0 of 2."""
    summary = summarise(run)
    found = {(one.part, one.language): (one.tables.value, one.both.value, one.cases) for one in summary.looks}
    assert found == {
        ("urgent", ""): (0.5, 0.75, 4),
        ("urgent, crisis", ""): (0.5, 1.0, 2),
        ("urgent, emergency", ""): (0.5, 0.5, 2),
        ("harmless", ""): (0.25, 0.5, 4),
        ("urgent", "en"): (pytest.approx(1 / 3), pytest.approx(2 / 3), 3),
        ("harmless", "en"): (0.5, 1.0, 2),
        ("urgent", "fi"): (1.0, 1.0, 1),
        ("harmless", "fi"): (0.0, 0.0, 2),
    }
    value = {name: parts[OVERALL].value for name, parts in summary.figures.items()}
    assert (value["urgent.found_by_tables"], value["urgent.found"]) == (0.5, 0.75)
    assert (value["urgent.false_alarms_by_tables"], value["urgent.false_alarms"]) == (0.25, 0.5)


def test_harmless_ones_by_tag(write: WriteSuite, tmp_path: Path, own_words: OwnWords) -> None:
    rows = [{**one, "tags": ["everyday"]} if one["id"] in ("en-4", "fi-2") else one for one in ROWS]
    done = run_suite(load_suite(write("", *rows)), target(Told(TOLD)), tmp_path / "run", own_words)
    [everyday] = [one for one in summarise(done).looks if one.part == "harmless, everyday"]
    assert (everyday.tables.value, everyday.both.value, everyday.cases) == (0.5, 0.5, 2)


def test_an_error_finds_nothing(write: WriteSuite, tmp_path: Path, own_words: OwnWords) -> None:
    told = Told({**TOLD, "by the second look": RuntimeError("no")})
    done = run_suite(load_suite(write("", *ROWS[:2])), target(told), tmp_path / "run", own_words)
    [urgent] = [one for one in summarise(done).looks if (one.part, one.language) == ("urgent", "")]
    assert (urgent.tables.value, urgent.both.value) == (0.5, 0.5)


def test_a_trace_that_does_not_tell_is_undefined(write: WriteSuite, tmp_path: Path, own_words: OwnWords) -> None:
    told = Told({"by tables": emergency()})
    done = run_suite(load_suite(write("", ROWS[0])), target(told), tmp_path / "run", own_words)
    summary = summarise(done)
    assert summary.looks == []
    assert summary.figures["urgent.found"][OVERALL].value == 1
    assert summary.figures["urgent.found_by_tables"][OVERALL].value is None


def test_the_reports_show_both(run: Run) -> None:
    write_reports(run)
    assert "| urgent | en | 3 | 33.3 % | 66.7 % |" in (run.folder / "report.md").read_text()
    assert "By tables alone" in (run.folder / "report.html").read_text()
