"""Packages that the tests train themselves: real ones, tiny, for tests only."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.assistant.tiny.folders import PAIRS, written_package


@pytest.fixture(scope="session")
def tiny_packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with Finnish to English and English to Arabic. Read only. Training takes about 80 s of one core, once:
    the packages are kept in the user's cache folder."""
    pytest.importorskip("torch", reason="the tiny translation packages are trained with torch, which is not installed")
    pytest.importorskip("ctranslate2", reason="ctranslate2 is not installed: pip install neuvo[translate]")
    from tests.assistant.tiny.training import tiny_package

    folder = tmp_path_factory.mktemp("packages")
    for source, target in PAIRS:
        shutil.copytree(tiny_package(source, target), folder / f"{source}-{target}")
    return folder


@pytest.fixture
def hollow_package(tmp_path: Path) -> Path:
    """A folder with all the files of a package and nothing in them, to be damaged."""
    return written_package(tmp_path / "packages" / "fi-en", "fi", "en")
