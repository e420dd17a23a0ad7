"""Other tools' files, read and written back."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from evals.adapters import AdapterError, convert, read_qrels, read_trec_run
from evals.cases import ABSTAINED, GIVEN
from evals.metrics import OwnWords
from evals.results import RunError
from evals.runner import run_suite
from evals.suite_files import load_suite
from tests.evals.conftest import LANGE, LONG, PRICE, RIGHT, Told, WriteSuite, answered, target


def jsonl(path: Path, *rows: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def run(write: WriteSuite, tmp_path: Path, own_words: OwnWords) -> Path:
    """A run of three answered cases and one conversation."""
    turns = [{"question": "How long?", "cards": ["training"]}, {"question": "Price?"}]
    rows = [{**LONG, "reference": "220–300 days."}, LANGE, PRICE, {"id": "c", "language": "en", "turns": turns}]
    told = Told({**RIGHT, "Price?": RuntimeError("no")})
    run_suite(load_suite(write("", *rows)), target(told), tmp_path / "run", own_words)
    return tmp_path / "run"


def test_omos(tmp_path: Path) -> None:
    page = "Bank\u2028account\nYou need a passport.\nIt is free."
    source = jsonl(
        tmp_path / "dev_en.jsonl",
        {"id": 65, "question": "What do I need?", "answers": [1, 2], "context": page},
        {"id": 66, "question": "Which bank?", "answers": [], "context": page},
    )
    suite = tmp_path / "suite.jsonl"
    assert convert(source, "omos-qa", suite, "suite", language="en", documents=tmp_path / "pages") == 2
    first, second = load_suite(suite).cases
    [document] = first.turns[0].relevant
    assert (tmp_path / "pages" / f"{document}.txt").read_text() == page
    assert first.turns[0].reference == "You need a passport.\nIt is free."
    assert (second.turns[0].outcomes, second.tags) == (ABSTAINED, ("unanswerable",))


def test_beir(tmp_path: Path) -> None:
    folder = tmp_path / "nf"
    jsonl(folder / "corpus.jsonl", {"_id": "d1", "title": "Bus", "text": "Buses."}, {"_id": "d2", "text": "Trains."})
    jsonl(folder / "queries.jsonl", {"_id": "q1", "text": "bus?"}, {"_id": "q2", "text": "ship?"})
    (folder / "qrels").mkdir()
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td1\t1\nq1\td2\t0\nq2\td9\t0\n")
    assert convert(folder, "beir", tmp_path / "s.jsonl", "suite", documents=tmp_path / "docs") == 1
    [case] = load_suite(tmp_path / "s.jsonl").cases
    assert (case.id, case.turns[0].question, case.turns[0].relevant) == ("q1", "bus?", ("d1",))
    assert (tmp_path / "docs" / "d1.txt").read_text() == "Bus\n\nBuses."


def test_trec_there_and_back(tmp_path: Path) -> None:
    folder = tmp_path / "topics"
    folder.mkdir()
    (folder / "topics.tsv").write_text("1\tHow long?\n2\tHow much?\n")
    (folder / "qrels.txt").write_text("1 0 training 1\n1 0 test 2\n1 0 report 0\n2 0 report 1\n")
    assert convert(folder, "trec", tmp_path / "s.jsonl", "suite") == 2
    assert convert(tmp_path / "s.jsonl", "suite", tmp_path / "qrels.txt", "trec-qrels") == 3
    assert read_qrels(tmp_path / "qrels.txt") == {"1": ["training", "test"], "2": ["report"]}


def test_a_run_for_trec(run: Path, tmp_path: Path) -> None:
    assert convert(run, "run", tmp_path / "run.txt", "trec-run") == 7
    lines = (tmp_path / "run.txt").read_text().splitlines()
    assert lines[0] == "en-01 Q0 training 1 1.000000 neuvo"
    assert (
        read_trec_run(tmp_path / "run.txt")
        == {
            "en-01": ["training", "report"],
            "fi-01": ["training", "report"],
            "en-02": ["report"],
            "c.1": ["training", "report"],
        }
        or len(lines) == 8
    )


def test_trec_runs_are_ordered_by_score(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("q Q0 b 2 0.5 x\nq Q0 a 9 0.9 x\nq Q0 c 1 0.5 x\n")
    assert read_trec_run(tmp_path / "run") == {"q": ["a", "c", "b"]}


def test_a_run_for_ragas_and_back(run: Path, tmp_path: Path) -> None:
    assert convert(run, "run", tmp_path / "rows.jsonl", "ragas") == 5
    rows = [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text().splitlines()]
    assert rows[0] == {
        "user_input": "How long?",
        "retrieved_contexts": ["The training takes 220–300 days."],
        "response": "The training takes 220–300 days.",
        "reference": "220–300 days.",
        "language": "en",
    }
    assert rows[-1]["response"] == ""  # the error keeps its row
    assert convert(tmp_path / "rows.jsonl", "ragas", tmp_path / "s.jsonl", "suite") == 5
    first, second, *_ = load_suite(tmp_path / "s.jsonl").cases
    assert (first.turns[0].question, first.turns[0].reference) == ("How long?", "220–300 days.")
    assert (first.turns[0].outcomes, second.language) == (GIVEN, "fi")


def test_older_ragas_rows(tmp_path: Path) -> None:
    source = jsonl(tmp_path / "old.jsonl", {"question": "How long?", "contexts": ["a"], "ground_truth": "4 hours"})
    convert(source, "ragas", tmp_path / "s.jsonl", "suite", language="fi")
    [case] = load_suite(tmp_path / "s.jsonl").cases
    assert (case.language, case.turns[0].reference) == ("fi", "4 hours")


@pytest.mark.parametrize("ending", ["json", "jsonl", "csv"])
def test_deepeval_there_and_back(ending: str, write: WriteSuite, tmp_path: Path) -> None:
    rows = [{**LONG, "reference": 'About "300" days', "kind": "length", "tags": ["a"]}, {**LANGE, "group": "01"}]
    suite = write("", *rows)
    goldens = tmp_path / f"goldens.{ending}"
    assert convert(suite, "suite", goldens, "deepeval") == 2
    assert convert(goldens, "deepeval", tmp_path / "back.jsonl", "suite") == 2
    assert load_suite(tmp_path / "back.jsonl").cases == load_suite(suite).cases


def test_goldens_of_a_run_hold_what_was_answered(write: WriteSuite, tmp_path: Path, own_words: OwnWords) -> None:
    told = Told({**RIGHT, "Kauanko?": answered("card-training-fi")})
    run_suite(load_suite(write("", LANGE)), target(told), tmp_path / "run", own_words)
    convert(tmp_path / "run", "run", tmp_path / "g.csv", "deepeval")
    [row] = csv.DictReader((tmp_path / "g.csv").open(encoding="utf-8"))
    assert (row["input"], row["actual_output"]) == ("Kauanko?", "Koulutus kestää 220–300 päivää.")


def test_plain_goldens(tmp_path: Path) -> None:
    (tmp_path / "g.json").write_text(
        json.dumps([{"input": "How long?", "expected_output": "4 hours", "context": None}])
    )
    convert(tmp_path / "g.json", "deepeval", tmp_path / "s.jsonl", "suite", language="sv")
    [case] = load_suite(tmp_path / "s.jsonl").cases
    assert (case.id, case.language, case.turns[0].outcomes) == ("1", "sv", GIVEN)


def test_a_suite_as_a_spreadsheet_and_back(write: WriteSuite, tmp_path: Path) -> None:
    suite = write("", {**LONG, "tags": ["a", "b"], "must_not": ["x, y"]}, LANGE)
    folder = tmp_path / "sheet"
    folder.mkdir()
    convert(suite, "suite", folder / "cases.csv", "csv")
    (folder / "suite.toml").write_text('name = "s"\nmeasures = "m"\n[[sources]]\nfiles = "*.csv"\n')
    assert load_suite(folder).cases == load_suite(suite).cases


@pytest.mark.parametrize(
    ("form", "files", "said"),
    [
        pytest.param("omos-qa", {"": '{"id": 1}\n'}, ":1: context is missing", id="omos"),
        pytest.param("omos-qa", {"": '{"question": "q", "context": "a", "answers": [1]}\n'}, "indices", id="lines"),
        pytest.param("ragas", {"": '{"user_input": ["q"]}\n'}, ":1: user_input", id="ragas"),
        pytest.param("ragas", {"": "{\n"}, ":1: no JSON", id="json"),
        pytest.param("deepeval", {"": '{"expected_output": "x"}\n'}, ":1: input is missing", id="deepeval"),
        pytest.param("trec", {"topics.tsv": "1 q\n"}, "topics.tsv:1", id="topics"),
        pytest.param("trec", {"topics.tsv": "1\tq\n", "qrels.txt": "1 0 d\n"}, "qrels.txt:1", id="qrels"),
        pytest.param("trec", {"topics.tsv": "1\tq\n", "qrels.txt": "1 0 d x\n"}, "'x' is no number", id="number"),
        pytest.param("beir", {"queries.jsonl": '{"_id": "q", "text": "t"}\n'}, "no qrels", id="beir"),
        pytest.param("run", {"a": ""}, "no run here", id="run"),
        pytest.param("word", {"": ""}, "cannot read", id="unknown"),
    ],
)
def test_files_that_are_not_of_the_form(tmp_path: Path, form: str, files: dict[str, str], said: str) -> None:
    source = tmp_path / "source.jsonl"
    for name, text in files.items():
        path = source / name if name else source
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    with pytest.raises((AdapterError, RunError), match=said):
        convert(source, form, tmp_path / "out.jsonl", "suite")


def test_what_cannot_be_written(write: WriteSuite, tmp_path: Path) -> None:
    suite = write("", {"id": "c", "language": "en", "turns": [{"question": "a"}, {"question": "b"}]})
    for form, said in (
        ("csv", "spreadsheet"),
        ("deepeval", "golden"),
        ("ragas", "only a run"),
        ("pdf", "cannot write"),
    ):
        with pytest.raises(AdapterError, match=said):
            convert(suite, "suite", tmp_path / "out", form)
