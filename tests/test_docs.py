"""The documents say what is: links lead somewhere, every field and outcome of the wire is described."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from assistant.answers import Outcome
from assistant.questions import Situation
from tests.conftest import ROOT
from web.wire import AnswerWire, CitationWire, ClarificationWire, ContactWire, NearestWire, SentenceWire

API = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), ROOT / "benchmarks" / "README.md"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("model", [AnswerWire, SentenceWire, CitationWire, ContactWire, ClarificationWire, NearestWire])
def test_every_field_of_the_wire_is_described(model: type) -> None:
    for name in model.model_fields:  # type: ignore[attr-defined]
        assert re.search(rf"`(?:\w+(?:\[\])?\.)*{name}(?:\[\])?`", API), name


def test_every_outcome_and_situation_is_described() -> None:
    for value in (*Outcome, *Situation):
        assert f"`{value}`" in API


def test_every_benchmark_is_recorded() -> None:
    recorded = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    for script in (ROOT / "benchmarks").glob("*.py"):
        assert f"`{script.name}`" in recorded


def test_the_changelog_is_in_the_usual_form() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert text.startswith("# Changelog")
    assert "## [Unreleased]" in text
