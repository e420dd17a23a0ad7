"""Runs: what is recorded, how errors count, and that a run cut off ends as one that was not."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from assistant.answers import Outcome
from assistant.questions import Profile, Situation
from evals.metrics import OwnWords
from evals.report import write_reports
from evals.results import Run, RunError, read_run, to_toml
from evals.runner import new_folder, run_suite, selected
from evals.suite_files import load_suite
from evals.summary import OVERALL, Summary, summarise
from evals.targets import Http, TargetError
from tests.conftest import ROOT
from tests.evals.conftest import (
    LANGE,
    LONG,
    PRICE,
    RIGHT,
    TEXTS,
    Told,
    WriteSuite,
    answered,
    citation,
    emergency,
    silent,
    target,
)

GATES = """
[[gates]]
metric = "errors"
most = 0
[[gates]]
metric = "right"
least = 0.9
[[gates]]
metric = "citation_valid"
least = 1.0
[[gates]]
metric = "language"
least = 1.0
least_per_language = 1.0
[[gates]]
metric = "unsupported_figures"
most = 0
"""


def run(suite: Path, told: Told, folder: Path, own_words: OwnWords, **settings: Any) -> tuple[Run, Summary]:
    ran = run_suite(load_suite(suite), target(told), folder, own_words, path=suite, **settings)
    return ran, summarise(ran)


def failing(summary: Summary) -> set[tuple[str, str]]:
    return {(gate.metric, gate.language) for gate in summary.gates if not gate.passed}


def test_everything_is_recorded(write: WriteSuite, tmp_path: Path, own_words: OwnWords) -> None:
    told = Told(dict(RIGHT))
    ran, summary = run(write(GATES, LONG, LANGE, PRICE), told, tmp_path / "run", own_words)
    assert [case.id for case in ran.cases] == ["en-01", "fi-01", "en-02"]
    assert [case.scores["right"] for case in ran.cases] == [1, 1, 1]
    assert [language for _, language, *_ in told.asked] == ["en", "fi", "en"]
    assert summary.passed
    lines = (tmp_path / "run" / "cases.jsonl").read_text().splitlines()
    first = json.loads(lines[0])
    assert first["turns"][0]["answer"]["sentences"][0]["citations"][0]["document"] == "card-training-en"
    assert first["turns"][0]["answer"]["trace"]["build"] == "b1"
    config = tomllib.loads((tmp_path / "run" / "config.toml").read_text())
    assert config["target"] == {"build": {"id": "b1", "corpus_digest": "c"}, "versions": {"neuvo": "0"}}
    assert (config["suite"]["ids"], config["seed"]) == (["en-01", "fi-01", "en-02"], 7)


@pytest.mark.parametrize(
    ("answer", "lost"),
    [
        pytest.param(silent(), {("right", OVERALL)}, id="says-nothing"),
        pytest.param(answered(cited=(citation("card-training-en", start=20),)), {"citation_valid"}, id="citation"),
        pytest.param(replace(answered(), language="fi"), {"language", ("language", "en")}, id="language"),
        pytest.param(answered(text="It takes 5 days."), {"unsupported_figures"}, id="figure"),
        pytest.param(RuntimeError("broken"), {"errors", "language", ("language", "en")}, id="error"),
    ],
)
def test_a_planted_regression_fails_its_gate(
    write: WriteSuite, tmp_path: Path, own_words: OwnWords, answer: Any, lost: set[Any]
) -> None:
    told = Told({**RIGHT, "How long?": answer})
    ran, summary = run(write(GATES, LONG, LANGE, PRICE), told, tmp_path / "run", own_words)
    expected = {one if isinstance(one, tuple) else (one, OVERALL) for one in lost} | {("right", OVERALL)}
    assert failing(summary) == expected
    assert ran.cases[0].scores["right"] == 0
    assert ran.cases[0].turns[0].reasons


def test_an_error_is_a_failure_and_never_a_missing_row(write: WriteSuite, tmp_path: Path, own_words: OwnWords) -> None:
    told = Told({**RIGHT, "How long?": RuntimeError("out of memory")})
    ran, summary = run(write(GATES, LONG, LANGE), told, tmp_path / "run", own_words)
    assert len(ran.cases) == 2
    assert ran.cases[0].turns[0].error == "RuntimeError: out of memory"
    assert summary.figures["outcome"][OVERALL].value == 0.5
    assert summary.figures["p@1"][OVERALL].value == 0.5
    assert summary.figures["errors"][OVERALL].value == 0.5
    assert summary.outcomes[OVERALL] == {"error": 1, "answered": 1}


def test_a_gate_on_what_is_undefined_fails(write: WriteSuite, tmp_path: Path, own_words: OwnWords) -> None:
    gates = '[[gates]]\nmetric = "chrf"\nleast = 0\n[[gates]]\nmetric = "nothing"\nleast = 0'
    _, summary = run(write(gates, LONG), Told(dict(RIGHT)), tmp_path / "run", own_words)
    assert failing(summary) == {("chrf", OVERALL), ("nothing", OVERALL)}


def test_turns_share_a_conversation_and_cases_do_not(write: WriteSuite, tmp_path: Path, own_words: OwnWords) -> None:
    place = {"municipality": "espoo", "situation": "jobseeker"}
    turns = [{"question": "How long?", "cards": ["training"], "profile": place}, {"question": "Price?"}]
    rows = [{"id": f"c{n}", "language": "en", "turns": turns} for n in range(2)]
    told = Told({**RIGHT, "Price?": answered("report")})
    ran, _ = run(write("", LONG, *rows), told, tmp_path / "run", own_words)
    conversations = [conversation for *_, conversation in told.asked]
    assert conversations[0] is None
    assert conversations[1] == conversations[2] != conversations[3] == conversations[4]
    assert told.asked[2][2] == Profile("Espoo", Situation.JOBSEEKER)
    assert [case.scores["right"] for case in ran.cases] == [1, 0, 0]
    assert ran.cases[1].scores["outcome"] == 0.5


def test_figures_of_many_cases(write: WriteSuite, tmp_path: Path, own_words: OwnWords) -> None:
    rows = [
        LONG,
        {**LONG, "id": "en-03", "question": "How long really?"},
        PRICE,
        {**PRICE, "id": "en-04", "question": "And the train?"},
        {"id": "en-05", "language": "en", "text": "fire", "category": "emergency"},
        {"id": "en-06", "language": "en", "text": "fire drill", "category": None},
    ]
    answers = {
        "How long?": answered(probability=0.9),
        "How long really?": silent(probability=0.4, document="card-training-en"),
        "And the train?": answered("report", probability=0.6),
        "fire": emergency(),
        "fire drill": emergency(),
    }
    _, summary = run(write("", *rows), Told(answers), tmp_path / "run", own_words)
    value = {name: parts[OVERALL].value for name, parts in summary.figures.items()}
    assert (value["abstention.recall"], value["abstention.precision"], value["abstention.f"]) == (0.5, 0.5, 0.5)
    assert value["abstention.wrongly"] == 0.5
    assert (value["urgent.found"], value["urgent.false_alarms"]) == (1, 1)
    # Most sure first: 0.9 right, 0.6 wrong, 0.4 right, 0.2 (the price) wrong.
    assert summary.curve == [(0.25, 0), (0.5, 0.5), (0.75, pytest.approx(1 / 3)), (1, 0.5)]
    assert value["calibration"] == pytest.approx((0.1 + 0.6 + 0.6 + 0.2) / 4)
    assert summary.confusion["an answer"] == {"answered": 1, "no_information": 1}
    assert summary.confusion["no answer"] == {"no_information": 1, "answered": 1}
    assert summary.steps["read"]["p95"] == 5
    assert summary.latency.keys() == {"p50", "p95", "p99"}


def test_parity_and_the_worst_language(write: WriteSuite, tmp_path: Path, own_words: OwnWords) -> None:
    rows = [LONG, LANGE, {**LONG, "id": "ar-01", "language": "ar", "question": "كم؟"}]
    told = Told({**RIGHT, "كم؟": silent("ar")})
    _, summary = run(write('[[sources]]\ngroup = "-(.+)$"', *rows), told, tmp_path / "run", own_words)
    assert summary.figures["parity"][OVERALL].value == pytest.approx(1 / 3)
    assert (summary.worst("fact_recall"), summary.spread("fact_recall")) == ("ar", 1)
    assert summary.figures["right"][OVERALL].low is None  # one question, in three languages


def test_several_workers_give_the_same(write: WriteSuite, tmp_path: Path, own_words: OwnWords) -> None:
    rows = [{**(LONG if n % 3 else PRICE), "id": f"en-{n}"} for n in range(30)]
    suite = write(GATES, *rows)
    one, _ = run(suite, Told(dict(RIGHT)), tmp_path / "one", own_words)
    many, _ = run(suite, Told(dict(RIGHT)), tmp_path / "many", own_words, workers=4)
    assert [without_times(case.to_line()) for case in one.cases] == [without_times(c.to_line()) for c in many.cases]


def without_times(line: str) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(line)
    values["scores"].pop("ms")
    for turn in values["turns"]:
        turn.pop("ms")
        turn["scores"].pop("ms")
    return values


def test_a_run_cut_off_is_carried_on(write: WriteSuite, tmp_path: Path, own_words: OwnWords) -> None:
    suite, folder = write(GATES, LONG, LANGE, PRICE), tmp_path / "run"
    whole, _ = run(suite, Told(dict(RIGHT)), folder, own_words)
    lines = (folder / "cases.jsonl").read_text().splitlines(keepends=True)
    (folder / "cases.jsonl").write_text(lines[0] + lines[1][: len(lines[1]) // 2])
    with pytest.raises(RunError, match=r"1 of 3 cases are done; .* --resume"):
        read_run(folder)
    told = Told(dict(RIGHT))
    again, _ = run(suite, told, folder, own_words)
    assert len(told.asked) == 2
    assert list(map(without_times, map(type(whole.cases[0]).to_line, again.cases))) == list(
        map(without_times, map(type(whole.cases[0]).to_line, whole.cases))
    )


def test_only_the_same_run_is_carried_on(write: WriteSuite, tmp_path: Path, own_words: OwnWords) -> None:
    folder = tmp_path / "run"
    run(write("", LONG), Told(dict(RIGHT)), folder, own_words)
    with pytest.raises(RunError, match="other cases"):
        run(write("", LONG, PRICE), Told(dict(RIGHT)), folder, own_words)
    other = target(Told(dict(RIGHT)))
    other._description["build"] = {"id": "b2"}
    with pytest.raises(RunError, match="another build"):
        run_suite(load_suite(write("", LONG)), other, folder, own_words)


def test_a_damaged_record_is_named(write: WriteSuite, tmp_path: Path, own_words: OwnWords) -> None:
    folder = tmp_path / "run"
    run(write("", LONG, PRICE), Told(dict(RIGHT)), folder, own_words)
    lines = (folder / "cases.jsonl").read_text().splitlines(keepends=True)
    (folder / "cases.jsonl").write_text("{}\n" + lines[1])
    with pytest.raises(RunError, match=r"cases.jsonl:1"):
        read_run(folder)
    with pytest.raises(RunError, match=r"config.toml is missing"):
        read_run(tmp_path)


SCRIPT = """
import sys, time
from pathlib import Path
from assistant.languages import load_languages
from evals.metrics import OwnWords
from evals.runner import run_suite
from evals.suite_files import load_suite
from tests.evals.conftest import RIGHT, Told, target
def slowly(done, total):
    if done == 500 and len(sys.argv) > 3:
        Path(sys.argv[3]).touch()
        time.sleep(60)
run_suite(load_suite(Path(sys.argv[1])), target(Told(dict(RIGHT))), Path(sys.argv[2]), OwnWords(load_languages()),
          progress=slowly)
"""


def test_a_thousand_cases_killed_at_the_five_hundredth(write: WriteSuite, tmp_path: Path, own_words: OwnWords) -> None:
    kinds = (LONG, LANGE, PRICE, {**LONG, "question": "Where?"})
    suite = write(GATES, *({**kinds[n % 4], "id": f"c-{n}"} for n in range(1000)))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    mark = tmp_path / "half"
    command = [sys.executable, "-c", SCRIPT, str(suite), str(tmp_path / "killed"), str(mark)]
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    deadline = time.monotonic() + 60
    while not mark.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert len((tmp_path / "killed" / "cases.jsonl").read_text().splitlines()) == 500
    subprocess.run(command[:-1], cwd=ROOT, env=environment, check=True)
    whole, _ = run(suite, Told(dict(RIGHT)), tmp_path / "whole", own_words)
    resumed = read_run(tmp_path / "killed")
    assert [without_times(c.to_line()) for c in resumed.cases] == [without_times(c.to_line()) for c in whole.cases]
    timeless = [
        {
            metric: parts
            for metric, parts in summarise(one).figures.items()
            if metric != "ms" and "latency" not in metric
        }
        for one in (resumed, whole)
    ]
    assert timeless[0] == timeless[1]


def test_languages_and_the_first_cases_of_each(write: WriteSuite) -> None:
    suite = load_suite(write("", LONG, PRICE, LANGE))
    assert [case.id for case in selected(suite, ["fi"]).cases] == ["fi-01"]
    assert [case.id for case in selected(suite, first=1).cases] == ["en-01", "fi-01"]


def test_every_run_has_a_folder_of_its_own(write: WriteSuite, tmp_path: Path) -> None:
    suite = load_suite(write("", LONG))
    assert len({new_folder(tmp_path, suite) for _ in range(3)}) == 3


def test_settings_as_toml() -> None:
    values = {"a": 1, "b": {"c": ['x"y', "ä\n"], "d": {"e.f": True}, "g": 0.5, "empty": {}}, "none": None}
    expected = {"a": 1, "b": {"c": ['x"y', "ä\n"], "d": {"e.f": True}, "g": 0.5, "empty": {}}}
    assert tomllib.loads(to_toml(values)) == expected


@pytest.fixture
def server() -> Iterator[tuple[str, Told]]:
    """The parts of the API that are used, over a fake."""
    told = Told(dict(RIGHT))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            profile = body.get("profile") or {}
            try:
                answer = told.ask(
                    body["question"],
                    language=body.get("language"),
                    profile=Profile(profile.get("municipality")),
                    conversation=body.get("conversation"),
                )
            except RuntimeError:
                self.say(500, {"status": "error"})
                return
            self.say(200, answer.to_wire())

        def do_GET(self) -> None:
            id = self.path.rpartition("/")[2]
            if id in TEXTS:
                self.say(200, {"text": TEXTS[id]})
            else:
                self.say(200 if id == "readyz" else 404, {"status": "ready"})

        def say(self, code: int, content: dict[str, Any]) -> None:
            body = json.dumps(content).encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_port}", told
        listening.shutdown()


def test_a_server_is_judged_as_the_same_assistant_in_process(
    server: tuple[str, Told], write: WriteSuite, tmp_path: Path, own_words: OwnWords
) -> None:
    url, told = server
    suite = write(GATES, LONG, LANGE, PRICE)
    here, _ = run(suite, Told(dict(RIGHT)), tmp_path / "here", own_words)
    there = run_suite(load_suite(suite), Http(url), tmp_path / "there", own_words)
    assert [without_times(c.to_line()) for c in here.cases] == [without_times(c.to_line()) for c in there.cases]
    assert there.config["target"]["build"] == {"fingerprint": "fake:words"} | {"id": "b1"}
    assert there.config["target"]["url"] == url
    told.answers["How long?"] = RuntimeError("broken")
    broken = run_suite(load_suite(suite), Http(url), tmp_path / "broken", own_words)
    assert "500" in (broken.cases[0].turns[0].error or "")
    told.answers["How long?"] = answered(cited=(citation("card-training-en", document="gone"),))
    gone = run_suite(load_suite(suite), Http(url), tmp_path / "gone", own_words)
    assert gone.cases[0].scores["citation_valid"] == 0


def test_a_server_that_is_not_there(write: WriteSuite, tmp_path: Path, own_words: OwnWords) -> None:
    with pytest.raises(TargetError, match=r"127\.0\.0\.1:9"):
        run_suite(load_suite(write("", LONG)), Http("http://127.0.0.1:9"), tmp_path / "run", own_words)
    assert not (tmp_path / "run").exists()
    with pytest.raises(TargetError, match="begins with http"):
        Http("file:///etc/passwd")


def test_an_answer_that_breaks_the_contract_is_an_error(write: WriteSuite, tmp_path: Path, own_words: OwnWords) -> None:
    class Odd:
        def to_wire(self) -> dict[str, Any]:
            return {"status": "answered"}

    told = Told({"How long?": lambda text, language: Odd()})
    ran, _ = run(write("", LONG), told, tmp_path / "run", own_words)
    assert "as the API promises" in (ran.cases[0].turns[0].error or "")


def test_reports_are_written_for_a_run_with_every_outcome(
    write: WriteSuite, tmp_path: Path, own_words: OwnWords
) -> None:
    rows = [{"id": f"c-{outcome}", "language": "en", "question": outcome, "cards": ["training"]} for outcome in Outcome]
    told = Told({outcome.value: replace(answered(), status=outcome) for outcome in Outcome})
    ran, _ = run(write("", *rows), told, tmp_path / "run", own_words)
    write_reports(ran)
    page = (tmp_path / "run" / "report.html").read_text()
    assert all(f"· {outcome.value}" in page for outcome in Outcome)
