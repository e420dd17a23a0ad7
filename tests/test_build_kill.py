"""A real ``neuvo build`` killed at many points leaves the served build whole, and the next build succeeds."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from corpus.storage import DocumentStore
from indexing.builds import IndexConfig, current_build, list_builds
from indexing.embedders import load_embedder
from indexing.retrieval import Index
from tests.conftest import ROOT, run_neuvo
from tests.fakes import document

POINTS = 14


def test_kill_at_many_points(built: Path, tmp_path: Path) -> None:
    data = shutil.copytree(built, tmp_path / "data")
    config = IndexConfig(data=data)
    embedder = load_embedder(config.model, cache=config.cache)
    store = DocumentStore(data / "documents")

    def change(number: int) -> None:
        text = " ".join(f"Sentence {i} of version {number} tells about boats." for i in range(40))
        store.put(document("boats", text))

    def serving_answers() -> str:
        build = current_build(config)
        assert build
        index = Index(config, build, embedder)
        try:
            hits = index.search("How long is integration training?", "en")
            assert hits[0].document.card == "integration-training"
        finally:
            index.close()
        return build

    change(0)
    started = time.monotonic()
    assert run_neuvo(data, "build").returncode == 0
    whole = time.monotonic() - started
    environment = {**os.environ, "NEUVO_DATA": str(data), "PYTHONPATH": str(ROOT)}
    killed = attempts = 0
    while killed < POINTS and attempts < 3 * POINTS:
        point = attempts % POINTS + 1
        attempts += 1
        change(attempts)
        before = serving_answers()
        started = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "web.cli", "build"],
            env=environment,
            cwd=tmp_path,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            # Imports and loading the model take the first part; most points lie in the building itself.
            process.wait(timeout=whole * (0.3 + 0.7 * point / POINTS))
            whole = time.monotonic() - started  # it ended sooner: the machine has become faster
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            killed += 1
        after = serving_answers()
        assert after == before or after in {build.id for build in list_builds(config)}
    assert killed >= POINTS // 2
    change(999)
    result = run_neuvo(data, "build")
    assert result.returncode == 0, result.stderr
    assert serving_answers() in result.stdout
    assert not list(config.builds.glob(".making-*"))
    assert len(list_builds(config)) <= 2
