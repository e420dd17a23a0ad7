"""The smoke suite over a build of the shipped cards: a regression fails the check that every change must pass."""

from __future__ import annotations

import json
from pathlib import Path

from tests.conftest import Neuvo


def test_smoke_holds(neuvo: Neuvo, tmp_path: Path) -> None:
    result = neuvo("eval", "run", "smoke", "--out", str(tmp_path / "results"))
    assert result.returncode == 0, result.stdout + result.stderr
    [metrics] = (tmp_path / "results").glob("smoke/*/metrics.json")
    assert json.loads(metrics.read_text())["passed"]


def test_a_broken_threshold_does_not_pass(neuvo: Neuvo, data: Path, tmp_path: Path) -> None:
    (data.parent / "neuvo.toml").write_text("[thresholds]\nanswer = 1.0\n")
    result = neuvo("eval", "run", "smoke", "--language", "es", "--language", "et", "--out", str(tmp_path / "results"))
    assert result.returncode == 1, result.stdout + result.stderr
    assert "FAILS  Right" in result.stdout
