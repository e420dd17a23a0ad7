"""Reports and comparisons: for people, for other tools, and for the gate."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from evals import charts
from evals.comparing import Comparison, Tolerance, compare
from evals.metrics import OwnWords
from evals.report import REPORTS, comparison_markdown, level, row_name, row_value, shown, verdict, write_reports
from evals.results import Run, RunError
from evals.runner import run_suite
from evals.statistics import Bin
from evals.suite_files import load_suite
from evals.summary import OVERALL, summarise
from tests.evals.conftest import LANGE, LONG, PRICE, RIGHT, Told, WriteSuite, answered, citation, silent, target

ARABIC = {"id": "ar-01", "language": "ar", "question": "كم يوما <b>؟", "cards": ["training"], "kind": "length"}
GATES = '[[gates]]\nmetric = "right"\nleast = 1.0\n[[gates]]\nmetric = "citation_valid"\nleast = 1.0'


@pytest.fixture
def ran(write: WriteSuite, tmp_path: Path, own_words: OwnWords) -> Any:
    def ran(answers: dict[str, Any], *rows: dict[str, Any], head: str = GATES, name: str = "run") -> Run:
        told = Told({**RIGHT, "كم يوما <b>؟": answered("card-training-ar"), **answers})
        folder = tmp_path / name
        return run_suite(load_suite(write(head, *rows)), target(told), folder, own_words)

    return ran


def test_the_page_stands_alone(ran: Any) -> None:
    run = ran({"How long?": RuntimeError("<broken>")}, LONG, LANGE, PRICE, ARABIC)
    summary = write_reports(run)
    assert not summary.passed
    page = (run.folder / "report.html").read_text()
    assert not re.findall(r"""(?:src|href)\s*=\s*["'](?!data:)""", page)
    assert "url(" not in page
    assert "default-src 'none'" in page
    assert '<html lang="en">' in page
    assert "✗ 1 of 2 gates fails" in page
    assert "RuntimeError: &lt;broken&gt;" in page
    assert "كم يوما &lt;b&gt;؟" in page
    assert 'lang="ar" dir="rtl">يستمر التدريب' in page
    assert page.index('<span class="id">en-01</span>') < page.index('<span class="id">fi-01</span>')
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_retrieval_by_languages(ran: Any) -> None:
    """English finds its source in English once and, of two questions, takes a Finnish one that is wrong for the other;
    nothing is known of a question without a source."""
    asked = [LONG, {**LONG, "id": "en-03", "question": "How?"}, LANGE, PRICE]
    wrong = answered("card-test-en")
    hit = {"document": "card-test-fi", "rank": 1, "language": "fi"}
    run = ran({"How?": replace(wrong, trace={**wrong.trace, "hits": [hit]})}, *asked)
    summary = write_reports(run)
    pairs = [(pair.asked, pair.found, pair.cases, pair.figures["p@1"].value) for pair in summary.pairs]
    assert pairs == [("en", "en", 1, 1.0), ("en", "fi", 1, 0.0), ("fi", "fi", 1, 1.0)]
    assert "| en | fi | 1 | 0.0 % | 0.0 % | 0.0 % |" in (run.folder / "report.md").read_text()
    assert "Retrieval by languages" in (run.folder / "report.html").read_text()
    assert json.loads((run.folder / "metrics.json").read_text())["pairs"][1]["found"] == "fi"


def test_reports_hold_no_texts_of_blind_cases(ran: Any) -> None:
    run = ran({"How long?": silent()}, LONG, PRICE, head=f"{GATES}\n[[sources]]\nblind = true")
    write_reports(run)
    for name in REPORTS:
        text = (run.folder / name).read_text()
        assert "How long?" not in text, name
        assert silent().sentences[0].text not in text, name


def test_every_form_of_the_report(ran: Any) -> None:
    run = ran({"How long?": silent(), "Kauanko?": RuntimeError("no")}, LONG, LANGE, PRICE)
    summary = write_reports(run)
    tree = ElementTree.fromstring((run.folder / "junit.xml").read_text())
    assert (tree.get("tests"), tree.get("failures"), tree.get("errors")) == ("5", "3", "1")
    assert [case.get("name") for case in tree][:3] == ["en-01", "fi-01", "en-02"]
    values = json.loads((run.folder / "metrics.json").read_text())
    assert (values["passed"], values["figures"]["right"]["all"]["value"]) == (False, pytest.approx(1 / 3))
    assert values["figures"]["chrf"]["all"]["value"] is None
    assert values["worst"]["right"] == "fi"
    text = (run.folder / "report.md").read_text()
    assert "| Right | 33.3 % | at least 100.0 % | **fails** |" in text
    assert "- `en-01` How long?: the outcome is no_information, not answered or partial or clarify" in text
    assert summary.figures["right"]["en"].value == 0.5


def test_values_as_people_read_them() -> None:
    assert [shown("right", 0.5), shown("ms", 12.345), shown("ms", 1234.5), shown("chrf", None)] == [
        *("50.0 %", "12.3", "1,234", "undefined"),
    ]
    assert [level("right", value) for value in (0.5, 0.7, 0.9, 0.96, 1.0, None)] == ["0", "1", "2", "3", "4", "none"]
    assert [level("errors", value) for value in (0.0, 0.5)] == ["4", "0"]
    assert level("ms", 1.0) == "none"


def test_plots_say_what_they_show() -> None:
    for plot in (
        charts.risk_coverage_plot([(0.5, 0.0), (1.0, 0.25)]),
        charts.reliability_plot([Bin(0.9, 1.0, 0.95, 0.5, 3)]),
        charts.bars({"<p50>": 12.0}, "ms", "Latency"),
    ):
        tree = ElementTree.fromstring(plot)
        assert (tree.tag, tree.get("role")) == ("svg", "img")
        assert tree.get("aria-label")
    assert (charts.risk_coverage_plot([]), charts.reliability_plot([]), charts.bars({}, "", "")) == ("", "", "")


def many(number: int) -> list[dict[str, Any]]:
    return [{**LONG, "id": f"en-{n:02}", "question": f"How long {n}?"} for n in range(number)]


def answers(number: int, wrong: int, by: Any) -> dict[str, Any]:
    return {f"How long {n}?": by if n < wrong else answered() for n in range(number)}


@pytest.mark.parametrize(
    ("before", "after", "by", "said"),
    [
        pytest.param(0, 0, silent(), [], id="same"),
        pytest.param(0, 2, silent(), [], id="within-chance"),
        pytest.param(8, 0, silent(), [], id="better"),
        pytest.param(0, 8, silent(), ["Right: 1.000 -> 0.600", "Outcome: 1.000 -> 0.600"], id="worse"),
        pytest.param(0, 1, RuntimeError("no"), ["Errors: worse in en-00"], id="one-error"),
        pytest.param(
            *(0, 1, answered(text="It takes 5 days.")),
            ["Unsupported figures: worse in en-00"],
            id="one-figure",
        ),
        pytest.param(
            *(0, 1, answered(cited=(citation("card-training-en", start=20),))),
            ["Citations valid: worse in en-00", "the gate Citations valid fails now"],
            id="one-citation",
        ),
    ],
)
def test_what_is_a_regression(ran: Any, before: int, after: int, by: Any, said: list[str]) -> None:
    head = '[[gates]]\nmetric = "citation_valid"\nleast = 1.0'
    first = ran(answers(20, before, silent()), *many(20), head=head, name="a")
    second = ran(answers(20, after, by), *many(20), head=head, name="b")
    found = compare(first, second)
    assert bool(found.regressions) is bool(said)
    for text in said:
        assert any(reason.startswith(text) for reason in found.regressions), (text, found.regressions)
    assert (len(found.gained), len(found.lost)) == (before, after)
    assert ("No regression." in comparison_markdown(found)) is not bool(said)


def test_a_single_language_that_gets_worse_is_seen(ran: Any) -> None:
    rows = [*many(40), *({**LANGE, "id": f"fi-{n:02}", "question": f"Kauanko {n}?"} for n in range(10))]
    finnish = {f"Kauanko {n}?": answered("card-training-fi") for n in range(10)}
    first = ran({**answers(40, 0, silent()), **finnish}, *rows, name="a")
    second = ran({**answers(40, 0, silent()), **dict.fromkeys(finnish, silent("fi"))}, *rows, name="b")
    found = compare(first, second, Tolerance(change=0.5))
    assert any(reason.startswith("Right in fi: 1.000 -> 0.000") for reason in found.regressions)
    assert found.differences["right"]["en"].change == 0


def test_cases_that_are_missing_are_a_regression(ran: Any) -> None:
    first, second = ran({}, LONG, PRICE, name="a"), ran({}, LONG, LANGE, name="b")
    found = compare(first, second)
    assert (found.missing, found.added) == (("en-02",), ("fi-01",))
    assert "not asked again: en-02" in found.regressions[-1]
    changed = ran({}, {**LONG, "facts": ["4"]}, name="c")
    with pytest.raises(RunError, match="no case in common"):
        compare(first, changed)


def test_what_differs_in_the_settings(ran: Any) -> None:
    first, second = ran({}, LONG, name="a"), ran({}, LONG, name="b")
    second.config["target"]["build"]["id"] = "b2"
    found: Comparison = compare(first, replace(second))
    second.config["target"].pop("versions")
    assert found.settings == {"build.id": ("b1", "b2")}
    assert compare(first, second).settings == {"build.id": ("b1", "b2"), "versions.neuvo": ("0", None)}
    assert "| build.id | b1 | b2 |" in comparison_markdown(found)


def test_gates_as_people_read_them(write: WriteSuite, tmp_path: Path, own_words: OwnWords) -> None:
    """English: 1 of 2 right; Finnish and Arabic: 0 of 1. Every language is one row."""
    rows = [LONG, {**LONG, "id": "en-02", "question": "?"}, {**LANGE, "question": "?"}]
    rows.append({**LONG, "id": "ar-01", "language": "ar", "question": "?"})
    head = '[[gates]]\nmetric = "errors"\nmost = 0\n[[gates]]\nmetric = "right"\nleast = 0.2\nleast_per_language = 0.4'
    done = run_suite(load_suite(write(head, *rows)), target(Told(dict(RIGHT))), tmp_path / "run", own_words)
    summary = summarise(done)
    assert [(row_name(row), row_value(row, summary), row.passed) for row in summary.gate_rows] == [
        ("Right, every language", "fi 0.0 %, the worst of 3; also failing: ar", False),
        ("Errors", "0.0 %", True),
        ("Right", "25.0 %", True),
    ]
    assert verdict(summary) == "1 of 3 gates fails"


def test_no_abstention_can_be_right_where_all_is_answerable(
    write: WriteSuite, tmp_path: Path, own_words: OwnWords
) -> None:
    told = target(Told({}))
    summary = summarise(run_suite(load_suite(write("", LONG)), told, tmp_path / "run", own_words))
    assert summary.figures["abstention.precision"][OVERALL].value is None
    assert summary.figures["abstention.f"][OVERALL].value is None
    assert summary.figures["abstention.wrongly"][OVERALL].value == 1
