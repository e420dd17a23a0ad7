"""The command line as users meet it, in a process of its own; every command of the README and docs runs here."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, Neuvo, run_neuvo

README = (ROOT / "README.md").read_text(encoding="utf-8")


def tour() -> list[list[str]]:
    """The README's five commands, split as a shell would."""
    import shlex

    block = README.partition("## A tour in five commands")[2].partition("```\n")[2].partition("```")[0]
    return [shlex.split(line)[1:] for line in block.strip().splitlines()]


def test_the_readmes_tour(data: Path) -> None:
    commands = tour()
    assert [command[0] for command in commands] == ["ask", "ingest", "build", "search", "status"]
    shutil.copytree(ROOT / "docs" / "examples", data.parent / "docs" / "examples")
    outputs = []
    for command in commands:
        result = run_neuvo(data, *command)
        assert result.returncode == 0, result.stderr
        outputs.append(result.stdout)
    assert "220–300" in outputs[0]
    assert "residents-house" in outputs[1]
    assert "published build" in outputs[2]
    assert len(re.findall(r"^ ?\d+ ", outputs[3], re.MULTILINE)) == 3
    assert "serving" in outputs[4]


def test_a_document_comes_goes_and_is_listed(neuvo: Neuvo, data: Path) -> None:
    folder = data.parent / "in"
    folder.mkdir()
    (folder / "boats.md").write_text("# Veneet\n\nVenesatama avataan toukokuussa ja suljetaan lokakuussa.")
    assert neuvo("ingest", str(folder)).returncode == 0
    [listed] = json.loads(neuvo("documents", "--json").stdout)
    assert (listed["id"], listed["language"]) == ("boats", "fi")
    assert (listed["publisher"], listed["municipalities"]) == (None, [])
    assert "unknown" in neuvo("documents").stdout
    assert "unchanged" in neuvo("ingest", str(folder)).stdout
    assert neuvo("build").returncode == 0
    answer = json.loads(neuvo("ask", "Milloin venesatama avataan ja suljetaan?", "--json").stdout)
    assert "toukokuussa" in json.dumps(answer, ensure_ascii=False)
    assert neuvo("documents", "remove", "boats").returncode == 0
    assert neuvo("build").returncode == 0
    assert "toukokuussa" not in neuvo("ask", "Milloin venesatama avataan ja suljetaan?").stdout


def test_screening_prints_one_object_a_line(data: Path) -> None:
    texts = ["my kitchen is on fire", "mail a@b.fi", "Where is the library?"]
    result = run_neuvo(data, "screen", "--json", *texts)
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert found == [
        {"category": "emergency", "masked": "my kitchen is on fire", "masked_kinds": []},
        {"category": None, "masked": "mail [...]", "masked_kinds": ["email"]},
        {"category": None, "masked": "Where is the library?", "masked_kinds": []},
    ]
    read = subprocess.run(
        [sys.executable, "-m", "web.cli", "screen", "--json"],
        input="\n".join(texts) + "\n",
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    assert read.stdout == result.stdout


def test_bad_files_are_named_and_do_not_stop_the_others(neuvo: Neuvo, data: Path) -> None:
    folder = data.parent / "in"
    folder.mkdir()
    (folder / "good.txt").write_text("This text tells about boats and harbours in the summer.")
    (folder / "empty.txt").write_text("")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 broken")
    (folder / "picture.md").write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 50)
    result = neuvo("ingest", str(folder))
    assert result.returncode == 1
    assert "good" in result.stdout
    for name in ("empty.txt", "broken.pdf", "picture.md"):
        [line] = [line for line in result.stderr.splitlines() if name in line]
        assert line
    assert "Traceback" not in result.stderr


def test_an_index_is_up_to_date_the_second_time(neuvo: Neuvo) -> None:
    neuvo("build")
    assert "up to date" in neuvo("build").stdout


@pytest.mark.parametrize(
    ("arguments", "environment", "status", "said"),
    [
        pytest.param(("ask", ""), {}, 2, "empty", id="empty-question"),
        pytest.param(("ask", "hello", "--language", "xx"), {}, 2, '"xx"', id="language"),
        pytest.param(("ask", "hello", "--situation", "king"), {}, 2, "jobseeker", id="situation"),
        pytest.param(("documents", "remove", "nothing"), {}, 1, "nothing", id="unknown-document"),
        pytest.param(("ask", "hello"), {"NEUVO_MODEL": "no/such-model"}, 1, "no/such-model", id="model"),
        pytest.param(("ask", "hello"), {"NEUVO_THREADS": "many"}, 2, "threads", id="setting"),
        pytest.param(("ingest", "no-such-folder"), {}, 1, "no-such-folder", id="path"),
    ],
)
def test_errors_are_one_clear_line(
    neuvo: Neuvo, arguments: tuple[str, ...], environment: dict[str, str], status: int, said: str
) -> None:
    result = neuvo(*arguments, HF_HUB_OFFLINE="1", **environment)
    assert result.returncode == status
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_without_a_build(tmp_path: Path) -> None:
    assert "neuvo build" in run_neuvo(tmp_path / "data", "status").stdout
    search = run_neuvo(tmp_path / "data", "search", "boats")
    assert (search.returncode, "neuvo build" in search.stderr) == (1, True)
    answer = json.loads(run_neuvo(tmp_path / "data", "ask", "Where are the boats?", "--json").stdout)
    assert answer["status"] == "unavailable"


def test_a_build_of_an_earlier_version_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "builds" / "20200101T000000000000-0"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text('{"format": 1}')
    (folder.parent / "current").write_text(f"{folder.name}\n")
    assert "format 1" in run_neuvo(tmp_path / "data", "status").stderr
    told = json.loads(run_neuvo(tmp_path / "data", "status", "--json").stdout)
    assert (told["builds"], "neuvo build" in told["problem"]) == ([], True)


def test_settings_from_a_file(data: Path) -> None:
    (data.parent / "neuvo.toml").write_text("[thresholds]\nanswer = 1.0\n")
    answer = json.loads(run_neuvo(data, "ask", "How long is integration training?", "--json").stdout)
    assert answer["status"] == "no_information"
    (data.parent / "neuvo.toml").write_text("[thresholds]\nanswr = 1.0\n")
    result = run_neuvo(data, "ask", "How long is integration training?")
    assert (result.returncode, "answr" in result.stderr) == (2, True)


def test_every_command_and_setting_is_documented() -> None:
    from assistant.config import ENVIRONMENT
    from web.cli import app

    names = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    for name in names:
        assert re.search(rf"\bneuvo {name}\b|`{name}`", README), name
    for variable in ENVIRONMENT:
        assert f"`{variable}`" in README


def test_importing_the_command_line_is_quick_and_loads_no_model() -> None:
    code = "import sys, web.cli; print([m for m in ('onnxruntime', 'fastapi') if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
