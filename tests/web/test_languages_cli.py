"""``neuvo languages``: what is spoken, what translates, and what is wrong with it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from assistant.languages import load_languages
from tests.assistant.conftest import tiny_packages  # noqa: F401
from tests.assistant.tiny.folders import written_package, zipped
from web.cli import app


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where packages are installed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NEUVO_DATA", str(tmp_path / "data"))
    return tmp_path / "data" / "languages"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["languages", *arguments])


def test_the_languages_are_listed_with_their_packages(folder: Path) -> None:
    written_package(folder / "fi-en", "fi", "en")
    shown = run("list").stdout.splitlines()
    assert shown[:16] == [
        f"{code}  {language.english_name:<12} {'fi-en' if code in ('fi', 'en') else '-'}"
        for code, language in load_languages().items()
    ]
    listed = json.loads(run("list", "--json").stdout)
    assert [package["name"] for package in listed["packages"]] == ["fi-en"]
    assert listed["faults"] == []


def test_a_file_is_installed_and_a_faulty_one_does_not_stop_it(folder: Path, tmp_path: Path) -> None:
    good = zipped(written_package(tmp_path / "made", "fi", "en"), tmp_path / "fi_en.argosmodel")
    bad = tmp_path / "bad.argosmodel"
    bad.write_bytes(b"no zip")
    result = run("install", str(bad), str(good))
    assert result.exit_code == 1
    assert f"{bad}: no Argos package" in result.stderr
    assert result.stdout.startswith("fi-en 1.0 installed in ")
    assert (folder / "fi-en" / "metadata.json").exists()


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        pytest.param(["fi"], 2, "two languages", id="one-code"),
        pytest.param(["fi", "x.argosmodel"], 2, "two languages", id="code-and-file"),
        pytest.param(["fi", "en"], 1, "neuvo[argos]", id="without-the-package-manager"),
    ],
)
def test_what_cannot_be_installed_says_why(
    folder: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], status: int, said: str
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "argostranslate", None)
    result = run("install", *arguments)
    assert (result.exit_code, said in result.stderr) == (status, True)
    assert not folder.exists()


def test_checking_names_faults_and_what_is_not_translated(folder: Path) -> None:
    written_package(folder / "fi-en", "fi", "en")
    (folder / "stray").mkdir()
    result = run("check")
    assert result.exit_code == 1
    assert "stray: no metadata.json" in result.stderr
    assert "fi-en: cannot be loaded" in result.stderr
    assert "not translated from sv: ar en es" in result.stdout


def test_checking_times_every_package(folder: Path, tiny_packages: Path) -> None:  # noqa: F811
    folder.parent.mkdir(parents=True)
    folder.symlink_to(tiny_packages)
    result = run("check", "--json")
    assert result.exit_code == 0, result.stderr
    checked = json.loads(result.stdout)
    assert [package["name"] for package in checked["packages"]] == ["en-ar", "fi-en"]
    assert all(package["first_ms"] > 0 and package["warm_ms"] > 0 for package in checked["packages"])
    assert "ar" not in checked["missing"]["fi"]
    assert "vi" in checked["missing"]["fi"]
