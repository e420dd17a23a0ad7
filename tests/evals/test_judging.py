"""A language model as judge: what it is shown, what is kept of what it says, and how far people agree with it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from assistant.llms import Message, NotReached
from evals import cli, judge_cli
from evals.cases import GIVEN
from evals.cli_errors import EXIT_BROKEN, EXIT_USAGE
from evals.judging import CRITERIA, UNREADABLE, judge, prompt, read_reply, read_verdicts, summarised, verdicts_path
from evals.labelling import labels_path
from evals.metrics import OwnWords
from evals.results import Run, RunError
from evals.runner import run_suite
from evals.suite_files import load_suite
from tests.evals.conftest import LANGE, LONG, PRICE, RIGHT, Told, WriteSuite, target
from tests.scripted_endpoint import Says, scripted

LANGUAGES = {"en": "English", "fi": "Finnish"}
YES, NO = '{"reason": "It is.", "verdict": "yes"}', '{"reason": "It is not.", "verdict": "no"}'


class Scripted:
    """A judge that says one thing to whoever asks, but other things to what holds certain words."""

    def __init__(self, **otherwise: Any) -> None:
        self.otherwise = otherwise
        self.seen: list[Sequence[Message]] = []

    def __call__(self, messages: Sequence[Message]) -> str:
        self.seen.append(messages)
        text = "\n".join(message.content for message in messages)
        said = next((said for words, said in self.otherwise.items() if words in text), YES)
        if isinstance(said, Exception):
            raise said
        return str(said)


@pytest.fixture
def run(write: WriteSuite, tmp_path: Path, own_words: OwnWords) -> Run:
    """Two answers, English and Finnish, and an abstention."""
    return run_suite(load_suite(write("", LONG, LANGE, PRICE)), target(Told(dict(RIGHT))), tmp_path / "run", own_words)


def test_every_answer_is_judged_by_every_criterion_once(run: Run) -> None:
    scripted = Scripted(Finnish=NO)
    verdicts = judge(run, "Big/Model:1", scripted, LANGUAGES)
    assert [(one.case, one.criterion) for one in verdicts] == [(id, c) for id in ("en-01", "fi-01") for c in CRITERIA]
    assert read_verdicts(verdicts_path(run.folder, "Big/Model:1")) == verdicts
    assert (run.folder / "verdicts-big-model-1.jsonl").exists()
    assert judge(run, "Big/Model:1", scripted, LANGUAGES) == verdicts
    assert len(scripted.seen) == 6
    found = summarised(run, verdicts)
    values = {part: one.value for part, one in found.figures["faithfulness"].items()}
    assert values == {"all": 0.5, "en": 1.0, "fi": 0.0}
    assert (found.unjudged, found.people) == (1, ())


def test_what_the_judge_sees(run: Run) -> None:
    system, texts = prompt(run.cases[0], 0, "faithfulness", LANGUAGES)
    assert "The question is in English" in system.content
    assert "{{" not in system.content
    assert "How long?" in texts.content
    assert texts.content.count("The training takes 220–300 days.") == 2  # the answer, and its source
    assert "facts needed" not in texts.content
    assert "<<sources" not in prompt(run.cases[0], 0, "relevance", LANGUAGES)[1].content
    assert "<<facts needed" in prompt(run.cases[0], 0, "completeness", LANGUAGES)[1].content


def test_what_was_cut_off_goes_on(run: Run) -> None:
    with pytest.raises(NotReached):
        judge(run, "j", Scripted(Finnish=NotReached("gone")), LANGUAGES)
    path = verdicts_path(run.folder, "j")
    path.write_text(path.read_text() + '{"case": "fi-')
    scripted = Scripted()
    assert len(judge(run, "j", scripted, LANGUAGES)) == 6
    assert len(scripted.seen) == 3
    assert len(path.read_text().splitlines()) == 6


def test_another_prompt_is_judged_anew(run: Run) -> None:
    judge(run, "j", Scripted(), LANGUAGES)
    scripted = Scripted()
    judge(run, "j", scripted, {**LANGUAGES, "fi": "Suomi"})
    assert len(scripted.seen) == 3


def test_what_cannot_be_read_is_undefined(run: Run) -> None:
    scripted = Scripted(Finnish="I like it")
    verdicts = judge(run, "j", scripted, LANGUAGES)
    assert [one.verdict for one in verdicts] == ["yes"] * 3 + [UNREADABLE] * 3
    assert verdicts[3].said == "I like it"
    assert len(scripted.seen) == 3 + 2 * 3
    one = summarised(run, verdicts).figures["relevance"]["all"]
    assert (one.value, one.cases, one.undefined) == (1.0, 1, 1)


@pytest.mark.parametrize(
    ("said", "read"),
    [
        (YES, ("yes", "It is.")),
        (f"```json\n{NO}\n```", ("no", "It is not.")),
        ("yes", None),
        ('{"verdict": "yes"}', None),
        ('{"verdict": "mostly", "reason": ""}', None),
        ('["yes", "x"]', None),
        ("", None),
    ],
    ids=["plain", "fenced", "a bare word", "no reason", "another word", "a list", "nothing"],
)
def test_replies(said: str, read: tuple[str, str] | None) -> None:
    assert read_reply(said) == read


def test_agreement_with_people_by_hand(write: WriteSuite, tmp_path: Path, own_words: OwnWords) -> None:
    """The judge: 0 and 1 wrong; Pekka: 0 wrong. They differ in one of four; chance is (2·1 + 2·3) / 16 = 0.5."""
    rows = [{**LONG, "id": f"c{n}", "question": f"{n}?"} for n in range(4)]
    told = Told({row["question"]: RIGHT["How long?"] for row in rows})
    run = run_suite(load_suite(write("", *rows)), target(told), tmp_path / "run", own_words)
    lines = (f'{{"case": "c{n}", "label": "{"right" if n else "wrong"}"}}\n' for n in range(4))
    labels_path(run.folder, "pekka").write_text("".join(lines))
    verdicts = judge(run, "j", Scripted(**{"0?": NO, "1?": NO}), LANGUAGES)
    assert summarised(run, verdicts).people == (("pekka", 4, 0.75, 0.5),)


def test_blind_cases_are_not_sent(write: WriteSuite, tmp_path: Path, own_words: OwnWords) -> None:
    suite = load_suite(write("[[sources]]\nblind = true", LONG))
    run = run_suite(suite, target(Told(dict(RIGHT))), tmp_path / "run", own_words)
    scripted = Scripted()
    assert judge(run, "j", scripted, LANGUAGES) == []
    assert scripted.seen == []
    assert summarised(run, []).to_dict() == {"figures": {}, "people": [], "unjudged": 1}


def test_names_and_files_that_cannot_be_used(run: Run) -> None:
    with pytest.raises(RunError, match="name"):
        verdicts_path(run.folder, "../")
    verdicts_path(run.folder, "j").write_text('{"case": 1}\n')
    with pytest.raises(RunError, match=r"verdicts-j.jsonl:1"):
        judge(run, "j", Scripted(), LANGUAGES)


def test_outcomes_that_are_judged_are_answers() -> None:
    from evals.judging import _ANSWERED

    assert set(_ANSWERED) < {outcome.value for outcome in GIVEN}


def test_the_command(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted = Scripted(Finnish=NO)

    @contextmanager
    def model(name: str | None) -> Any:
        yield name or "default", scripted

    monkeypatch.setattr(judge_cli, "_model", model)
    result = CliRunner().invoke(cli.eval_app, ["judge", str(run.folder), "--model", "big"])
    assert result.exit_code == 0, result.output
    assert "faithfulness   50.0 %, 2 cases, 0 undefined, worst in fi: 0.0 %" in result.stdout
    assert "Nobody has labelled this run" in result.stdout
    assert json.loads((run.folder / "verdicts-big.json").read_text())["figures"]["relevance"]["fi"]["value"] == 0
    scripted.otherwise = {"English": NotReached("gone")}
    broken = CliRunner().invoke(cli.eval_app, ["judge", str(run.folder)])
    assert (broken.exit_code, broken.stderr.startswith("neuvo: gone; ")) == (EXIT_BROKEN, True)


def test_without_an_endpoint_it_says_so(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("NEUVO_LLM_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli.eval_app, ["judge", str(run.folder)])
    assert result.exit_code == EXIT_USAGE
    assert "NEUVO_LLM_URL" in result.stderr


def test_it_asks_the_configured_endpoint(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    with scripted(lambda asked: Says(NO if "<<facts needed" in asked.text else YES)) as server:
        monkeypatch.setenv("NEUVO_LLM_URL", server.url)
        monkeypatch.setenv("NEUVO_LLM_MODEL", "answers")
        result = CliRunner().invoke(cli.eval_app, ["judge", str(run.folder), "--model", "judges", "--json"])
        assert result.exit_code == 0, result.output
        assert [one.body["model"] for one in server.asked] == ["judges"] * 6
    values = json.loads(result.stdout)
    assert (values["judge"], values["calls"]) == ("judges", 6)
    assert [values["figures"][criterion]["all"]["value"] for criterion in CRITERIA] == [1, 1, 0]
