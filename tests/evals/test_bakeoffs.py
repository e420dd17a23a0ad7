"""Bake-offs: figures and comparisons by hand, candidates that are not there, and what is left in the folder."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from evals import cli, embedder_bakeoff, language_bakeoff
from evals.bakeoffs import BakeoffError, NotInstalled, Task, figures, record
from evals.cli_errors import EXIT_USAGE
from evals.language_bakeoff import CANDIDATES, macro_f1, read_texts
from indexing.embedders import Embedder, UnknownModel
from tests import fakes

TEXTS = {"missä?": "fi", "var?": "sv", "vart?": "sv", "mitä?": "fi"}


def tasks() -> list[Task]:
    kinds = ("question", "question", "typo", "typo")
    return [
        Task(str(n), code, kinds[n], str(n), text, (code,)) for n, (text, code) in enumerate(TEXTS.items(), start=0)
    ]


@pytest.fixture
def candidates(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that knows all, one that takes Swedish "var?" for Finnish and "vart?" for Norwegian, and one not here."""

    def absent() -> Any:
        raise NotInstalled("pip install absent")

    monkeypatch.setitem(CANDIDATES, "knows", lambda: TEXTS.__getitem__)
    monkeypatch.setitem(CANDIDATES, "guesses", lambda: lambda text: {"var?": "fi", "vart?": "no"}.get(text, "fi"))
    monkeypatch.setitem(CANDIDATES, "absent", absent)


@pytest.mark.usefixtures("candidates")
def test_accuracy_and_macro_f1_by_hand() -> None:
    """Finnish: 2 right, 1 wrong taken for it, F1 4/5. Swedish: none, F1 0. The mean is 0.4."""
    held = language_bakeoff.run(tasks(), ["guesses", "knows"], {})
    assert macro_f1(held.trials["guesses"]) == pytest.approx(0.4)
    assert macro_f1(held.trials["knows"]) == 1
    found = figures(held)
    parts = {part: one["value"] for part, one in found["figures"]["guesses"]["accuracy"].items()}
    assert parts == {"all": 0.5, "fi": 1.0, "sv": 0.0, "kind:question": 0.5, "kind:typo": 0.5}
    (pair,) = found["comparisons"]
    # Two tasks differ, both the same way: of the four patterns of signs, two are as extreme.
    assert (pair["first"], pair["second"], pair["change"], pair["p"]) == ("guesses", "knows", 0.5, 0.5)


@pytest.mark.usefixtures("candidates")
def test_who_is_not_installed_is_named() -> None:
    assert language_bakeoff.run(tasks(), ["absent", "knows"], {}).missing == {"absent": "pip install absent"}
    with pytest.raises(BakeoffError, match="absent is not installed: pip install absent"):
        language_bakeoff.run(tasks(), ["absent"], {})
    with pytest.raises(BakeoffError, match='no candidate "nobody"'):
        language_bakeoff.run(tasks(), ["nobody"], {})


@pytest.mark.usefixtures("candidates")
def test_the_folder_says_what_ran(tmp_path: Path) -> None:
    text = record(language_bakeoff.run(tasks(), ["knows", "guesses", "absent"], {"data": "x"}), tmp_path)
    assert "| knows | 100.0 | 100 |" in text
    assert "absent (pip install absent)" in text
    config = tomllib.loads((tmp_path / "config.toml").read_text())
    assert (config["candidates"], config["data"]) == (["knows", "guesses"], "x")
    assert json.loads((tmp_path / "metrics.json").read_text())["missing"] == {"absent": "pip install absent"}
    lines = [json.loads(line) for line in (tmp_path / "cases.jsonl").read_text().splitlines()]
    assert len(lines) == 8
    assert (lines[5]["candidate"], lines[5]["task"]["text"], lines[5]["found"]) == ("guesses", "var?", "fi")


def test_texts_of_a_table(tmp_path: Path) -> None:
    path = tmp_path / "texts.tsv"
    path.write_text('lang\ttext\tsource\tkind\nkmr\tli "ku\tmine\ttypo\n')
    assert read_texts(path) == [Task("2", "ku", "typo", "texts.tsv:2", 'li "ku', ("ku",))]
    path.write_text("lang\ttext\nfi\tmissä\n")
    with pytest.raises(BakeoffError, match="1: no column kind, source"):
        read_texts(path)
    path.write_text("lang\ttext\tsource\tkind\nfi\tmissä\n")
    with pytest.raises(BakeoffError, match="2: not a text of 4 columns"):
        read_texts(path)
    with pytest.raises(BakeoffError, match=r"none\.tsv"):
        read_texts(tmp_path / "none.tsv")


def test_a_source_is_as_near_as_its_nearest_passage() -> None:
    assert embedder_bakeoff.ranked(["a", "b", "a", "c"], np.array([0.1, 0.5, 0.9, 0.2])) == ["a", "b", "c"]


def load(model: str) -> Embedder:
    if model == "absent":
        raise UnknownModel("pip install absent")
    return fakes.WordsEmbedder(model)


def test_cards_are_found_by_their_words(tmp_path: Path) -> None:
    """The bus question's words are all of the bus card; the other asks with the bus card's words for the test card,
    which comes second: P@1 is 1 and 0, the reciprocal ranks 1 and 1/2."""
    documents = [
        fakes.document("card-bus-en", "The bus ticket costs money."),
        fakes.document("card-test-en", "A language examination."),
    ]
    asked = [
        Task("1", "en", "k", "1", "The bus ticket costs money", ("bus",)),
        Task("2", "en", "k", "2", "bus ticket costs money", ("test",)),
    ]
    held = embedder_bakeoff.run(asked, documents, ["words", "absent"], tmp_path, {}, load)
    assert [(trial.scores["p@1"], trial.scores["mrr"]) for trial in held.trials["words"]] == [(1, 1), (0, 0.5)]
    assert held.missing == {"absent": "pip install absent"}
    assert held.extra["words"]["dimension"] == 64
    with pytest.raises(BakeoffError, match="pip install absent"):
        embedder_bakeoff.run(asked, documents, ["absent"], tmp_path, {}, load)


Invoke = Callable[..., Any]


@pytest.fixture
def invoke(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Invoke:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cli, "_config", lambda: SimpleNamespace(index=SimpleNamespace(cache=tmp_path / "cache")))
    monkeypatch.setattr(embedder_bakeoff, "load_embedder", lambda model, cache: load(model))
    monkeypatch.setattr(embedder_bakeoff, "cards", lambda: [fakes.document("card-bus-en", "The bus.")])
    return lambda *arguments: CliRunner().invoke(cli.eval_app, list(arguments))


@pytest.mark.usefixtures("candidates")
def test_bake_offs_run_as_suites_do(invoke: Invoke) -> None:
    few = ("--first", "1", "--language", "fi", "--language", "en")
    result = invoke("run", "language-id", "--candidate", "neuvo", "--candidate", "absent", *few)
    assert result.exit_code == 0, result.output
    assert "# language-id: 2 tasks" in result.stdout
    assert "absent is not installed and left out: pip install absent" in result.stderr
    result = invoke("run", "embedders", "--candidate", "words", *few)
    assert (result.exit_code, "| words |" in result.stdout) == (0, True)
    assert len(list(Path("results").glob("*/*/metrics.json"))) == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("language-id", "--candidate", "nobody"),
        ("language-id", "--language", "la"),
        ("language-id", "--data", "none.tsv"),
        ("language-id", "--workers", "2"),
        ("embedders", "--data", "x.tsv"),
        ("embedders", "--candidate", "absent"),
        ("smoke", "--candidate", "neuvo"),
    ],
    ids=" ".join,
)
def test_mistakes_end_with_a_line(invoke: Invoke, arguments: tuple[str, ...]) -> None:
    result = invoke("run", *arguments)
    assert result.exit_code == EXIT_USAGE
    assert "Traceback" not in result.output


def test_the_embedded_model_in_another_precision(tmp_path: Path) -> None:
    with pytest.raises(BakeoffError, match='no precision "int2": multilingual-e5-small knows float32, int4, int8'):
        embedder_bakeoff.load_candidate("multilingual-e5-small:int2", tmp_path)
    embedder = embedder_bakeoff.load_candidate("multilingual-e5-small:int8", tmp_path)
    assert ":int8:" in embedder.fingerprint
