"""What tests share: a data folder with a real build of the shipped cards, made once a run."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"

Neuvo = Callable[..., subprocess.CompletedProcess[str]]


def run_neuvo(data: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command line in a process of its own, over the data folder ``data``."""
    return subprocess.run(
        [sys.executable, "-m", "web.cli", *arguments],
        env={**os.environ, "NEUVO_DATA": str(data), "COLUMNS": "200", "PYTHONPATH": str(ROOT), **environment},
        cwd=data.parent,
        capture_output=True,
        text=True,
        timeout=600,
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """First the file that makes the build of all cards, then those with a browser, so that no long one is left alone
    at the end; those that need that build too come last, when it is there. Tests that need either are slow."""
    building, browsing = set[Path](), set[Path]()
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if "built" in fixtures:
            building.add(item.path)
        elif "browser" in fixtures or ("page" in fixtures and "browser" in item.path.name):
            browsing.add(item.path)
        else:
            continue
        item.add_marker("slow")

    def turn(item: pytest.Item) -> int:
        if item.path.name == "test_command_line.py":
            return 0
        return 3 if item.path in building else 1 if item.path in browsing else 2

    items.sort(key=turn)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a build of the shipped service cards. Read only; copy it to change it.

    Made by the first of the processes that share the tests; the others wait for it.
    """
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "built"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "data").exists():
            result = run_neuvo(folder / "made", "build")
            assert result.returncode == 0, result.stderr
            (folder / "made").rename(folder / "data")
    return folder / "data"


@pytest.fixture
def data(built: Path, tmp_path: Path) -> Path:
    """A copy of ``built`` to change."""
    return shutil.copytree(built, tmp_path / "data")


@pytest.fixture
def neuvo(data: Path) -> Neuvo:
    """The command line over ``data``."""
    return lambda *arguments, **environment: run_neuvo(data, *arguments, **environment)


@pytest.fixture(scope="session")
def shared_documents() -> Path:
    """The real municipal programmes, where they are at hand."""
    folder = SHARED / "documents"
    if not folder.is_dir():
        pytest.skip("the real documents (../shared/documents) are not here")
    return folder
