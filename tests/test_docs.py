"""The documents say what is: links lead somewhere, every field and outcome of the wire is described."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click import Context, Group
from typer.main import get_command

from assistant.answers import Outcome
from assistant.questions import Situation
from tests.conftest import ROOT
from web.cli import app
from web.desk.accounts import Role
from web.desk.places import PLACES
from web.desk.routes import router as desk_router
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


DESK = (ROOT / "docs" / "desk.md").read_text(encoding="utf-8")


def paths(routes: Iterable[Any]) -> Iterator[str]:
    """The addresses of a router and of those within it."""
    for route in routes:
        inner = getattr(route, "original_router", None) or (None if hasattr(route, "endpoint") else route)
        if hasattr(route, "endpoint"):
            yield route.path
        elif inner is not None:
            yield from paths(inner.routes)


def test_the_desks_pages_are_there_and_its_places_are_described() -> None:
    named = set(re.findall(r"`(/desk[^`]*)`", DESK))
    assert named <= set(paths(desk_router.routes))
    assert {place.path for place in PLACES} <= named


def test_the_place_of_each_role_is_the_one_it_may_open() -> None:
    for place in PLACES:
        [row] = re.findall(rf"^\| {place.text} \|.*\| `{place.path}` \| (.+) \|$", DESK, re.MULTILINE)
        assert row.split(", ") == [f"{role}s" for role in Role if role in place.roles]


@pytest.mark.parametrize("page", ["README.md", "docs/desk.md", "docs/operations.md", "docs/corpus.md"])
def test_commands_are_as_they_stand(page: str) -> None:
    lines = re.findall(r"^ *neuvo (.+)$", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE)
    assert lines
    for line in lines:
        command, arguments = get_command(app), shlex.split(line)
        while isinstance(command, Group):
            _, found, arguments = command.resolve_command(Context(command), arguments)
            assert found, line
            command = found
        # Reads the options, and raises UsageError for one that there is not; runs nothing.
        command.make_context("neuvo", arguments)


def test_what_the_desks_pages_say_is_quoted_as_it_is() -> None:
    templates = "".join(path.read_text("utf-8") for path in (ROOT / "web" / "templates" / "desk").glob("*.html"))
    texts = [single or double for single, double in re.findall(r"_\((?:'(.+?)'|\"(.+?)\")[,)]", templates)]
    prose = " ".join(re.sub(r"^```.*?^```$", "", DESK, flags=re.MULTILINE | re.DOTALL).split())
    quoted = re.findall(r'"([^"]+)"', prose)
    assert quoted
    # The beginning of a text stands for it.
    assert [one for one in quoted if not any(text.startswith(one) for text in texts)] == []
