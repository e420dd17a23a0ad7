"""``neuvo eval`` as people meet it; every command of docs/evaluation.md runs here."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from evals import cli, embedder_bakeoff, judge_cli, suite_files
from evals.cases import Source
from evals.cli import eval_app
from evals.cli_errors import EXIT_BROKEN
from evals.label_server import LabelServer
from evals.metrics import METRICS
from evals.results import CONFIG
from evals.suite_files import CaseRow, TurnRow, shipped_suites
from evals.summary import DERIVED
from evals.targets import TargetError
from tests import fakes
from tests.conftest import ROOT
from tests.evals.conftest import LONG, PRICE, RIGHT, Told, WriteSuite, answered, citation, silent, target

PAGE = (ROOT / "docs" / "evaluation.md").read_text(encoding="utf-8")

YES = '{"reason": "It is.", "verdict": "yes"}'

Invoke = Callable[..., Result]


def blocks(kind: str) -> list[str]:
    """The page's blocks of code of one kind; "" are commands."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return [text for one, text in found if one == kind]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Told:
    told = Told(dict(RIGHT))
    monkeypatch.setattr(cli, "_target", lambda against: target(told))
    monkeypatch.setattr(judge_cli, "_model", lambda name: nullcontext(("judge", lambda messages: YES)))
    monkeypatch.setattr(embedder_bakeoff, "load_embedder", lambda model, cache: fakes.WordsEmbedder(model))
    monkeypatch.setattr(embedder_bakeoff, "cards", lambda: [fakes.document("card-bus-en", "The bus.")])
    monkeypatch.setattr(LabelServer, "serve_forever", lambda server: None)
    monkeypatch.chdir(tmp_path)
    return told


@pytest.fixture
def invoke(told: Told) -> Invoke:
    return lambda *arguments, **typed: CliRunner().invoke(eval_app, list(map(str, arguments)), **typed)


def jsonl(path: Path, *rows: dict[str, Any]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_every_command_of_the_page(invoke: Invoke, told: Told, tmp_path: Path) -> None:
    mine = tmp_path / "my-questions"
    mine.mkdir()
    (mine / "cases.csv").write_text(blocks("csv")[0], encoding="utf-8")
    (mine / "suite.toml").write_text(blocks("toml")[0], encoding="utf-8")
    answer = answered(
        "card-training-en", cited=(citation("card-training-en", document="card-integration-training-en"),)
    )
    (tmp_path / "texts.tsv").write_text("lang\ttext\tsource\tkind\nfi\tMissä kirjasto on?\tmine\tquestion\n")
    told.answers["How many days does integration training take?"] = answer
    jsonl(tmp_path / "dev_en.jsonl", {"id": 1, "question": "q?", "answers": [0], "context": "a"})
    (tmp_path / "scifact" / "qrels").mkdir(parents=True)
    (tmp_path / "scifact" / "qrels" / "test.tsv").write_text("q\td\t1\n")
    jsonl(tmp_path / "scifact" / "queries.jsonl", {"_id": "q", "text": "t?"})
    (tmp_path / "topics").mkdir()
    (tmp_path / "topics" / "topics.tsv").write_text("1\tq?\n")
    (tmp_path / "topics" / "qrels.txt").write_text("1 0 d 1\n")
    jsonl(tmp_path / "rows.jsonl", {"user_input": "q?"})
    (tmp_path / "goldens.json").write_text('[{"input": "q?"}]')
    commands = [shlex.split(line) for block in blocks("") for line in block.splitlines()]
    assert all(command[:2] == ["neuvo", "eval"] for command in commands)
    for command in commands:
        result = invoke(*command[2:], input="y\nn\nq\n")
        assert result.exit_code in (0, cli.EXIT_GATE), (command, result.output)
        # Of a fake that knows a handful of answers, only gates may fail.
        assert result.exit_code == 0 or command[2] in ("run", "report"), (command, result.output)
    assert {command[2] for command in commands} == {one.name or one.callback.__name__ for one in registered()}


def registered() -> Sequence[Any]:
    return eval_app.registered_commands


def test_the_page_describes_every_figure_column_and_option() -> None:
    for name in (*METRICS, *DERIVED, "parity"):
        assert f"`{name}`" in PAGE, name
    for name in {*CaseRow.model_fields, *TurnRow.model_fields} - {"profile"}:
        assert f"`{name}`" in PAGE, name
    for name in Source.model_fields.keys() - {"files", "card_wordings"}:
        assert f"`{name}`" in PAGE or f"`{name} = " in PAGE, name


def test_the_page_describes_every_shipped_set() -> None:
    """A card each, of every suite and every file of questions and texts."""
    cards = PAGE.partition("## Data cards")[2]
    folder = Path(suite_files.__file__).parent / "data"
    for name in (
        *(path.stem for path in folder.iterdir()),
        *(p.parent.name for p in shipped_suites().glob("*/*.toml")),
    ):
        assert f"`{name}`" in cards, name


def test_the_page_has_the_numbers_of_cases(invoke: Invoke) -> None:
    listed = json.loads(invoke("list", "--json").stdout)
    for suite in listed:
        assert f"| `{suite['name']}` | {suite['cases']} |" in PAGE


def test_exit_statuses(
    invoke: Invoke, told: Told, write: WriteSuite, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    suite = write('[[gates]]\nmetric = "right"\nleast = 1.0', LONG)
    assert invoke("run", suite).exit_code == 0
    assert told.closed
    told.answers["How long?"] = silent()
    failed = invoke("run", suite)
    assert (failed.exit_code, "FAILS  Right" in failed.stdout) == (cli.EXIT_GATE, True)
    assert invoke("report", "results/small").exit_code == cli.EXIT_GATE
    assert invoke("check", suite).exit_code == 0
    assert invoke("run", "nothing").exit_code == cli.EXIT_USAGE
    assert invoke("run", suite, "--language", "zh").exit_code == cli.EXIT_USAGE
    assert invoke("run", suite, "--against", "http://x", "--in-process").exit_code == cli.EXIT_USAGE
    assert invoke("report", tmp_path).exit_code == EXIT_BROKEN

    def broken(against: str | None) -> Any:
        raise TargetError("no build")

    monkeypatch.setattr(cli, "_target", broken)
    result = invoke("run", suite)
    assert (result.exit_code, result.stderr) == (EXIT_BROKEN, "neuvo: no build\n")


def test_mistakes_are_one_line_each(invoke: Invoke, write: WriteSuite) -> None:
    result = invoke("check", write("", "{", {"language": "en"}))
    assert result.exit_code == cli.EXIT_USAGE
    assert [line.partition(":")[0] for line in result.stderr.splitlines()] == ["neuvo", "neuvo"]


def test_a_worse_release_does_not_pass(invoke: Invoke, told: Told, write: WriteSuite) -> None:
    suite = write("", *({**LONG, "id": f"en-{n}"} for n in range(12)), PRICE)
    assert invoke("run", suite, "--out", "before").exit_code == 0
    assert invoke("compare", "before/small", "before/small").exit_code == 0
    told.answers["How long?"] = silent()
    assert invoke("run", suite, "--out", "after").exit_code == 0
    worse = invoke("compare", "before/small", "after/small")
    assert worse.exit_code == cli.EXIT_GATE
    assert "Lost: 12" in worse.stdout
    as_json = json.loads(invoke("compare", "before/small", "after/small", "--json").stdout)
    assert as_json["differences"]["right"]["all"]["change"] == pytest.approx(-12 / 13)
    assert invoke("compare", "after/small", "before/small").exit_code == 0


def test_a_run_is_carried_on_by_its_suites_folder(invoke: Invoke, told: Told, write: WriteSuite) -> None:
    suite = write("", LONG)
    invoke("run", suite)
    assert invoke("run", suite, "--resume", "results/small").exit_code == 0
    assert len(told.asked) == 1
    assert len(list(Path("results/small").glob(f"*/{CONFIG}"))) == 1


def test_how_people_label(invoke: Invoke, write: WriteSuite) -> None:
    suite = write("", LONG)
    assert invoke("run", suite).exit_code == 0
    assert "nobody has judged yet" in invoke("label", "results/small", "--agreement").output
    page = invoke("label", "results/small", "--browser")
    assert page.exit_code == 0
    assert re.search(r"http://127\.0\.0\.1:\d+/\?token=[\w-]{20,}", page.output)
    assert invoke("label", "results/small", "--browser", "--rater", "../x").exit_code == EXIT_BROKEN
    assert invoke("label", "results/small", "--rater", "maija", input="y\n").exit_code == 0
    said = invoke("label", "results/small", "--agreement").output
    assert said == "maija and metrics: 1 cases, 100% alike, kappa undefined\n"
    for wrong in ((), ("--agreement", "--browser"), ("--agreement", "--rater", "maija")):
        assert invoke("label", "results/small", *wrong).exit_code == 2
