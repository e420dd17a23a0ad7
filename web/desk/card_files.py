"""A card's text as an editor's form has it, and the file that it becomes: front matter, then Markdown."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from corpus.card_schema import Fact, Translation
from corpus.cards import Card, parse_text
from corpus.checks import occurrences

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_FILE = re.compile(r"\s*\+\+\+\n(?P<front>.*?\n)\+\+\+\n(?P<markdown>.*)", re.DOTALL)
_TITLE = re.compile(r"\s*#[ \t]+([^\n]*)\n?(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Draft:
    """A text in parts. ``wordings`` are this text's own words for facts, by the fact's name; ``role`` is that of
    whoever read it, ``reviewed_on`` the day."""

    title: str = ""
    body: str = ""
    translation: Translation = Translation.MACHINE
    wordings: Mapping[str, str] = field(default_factory=dict)
    role: str = ""
    reviewed_on: date | None = None

    def file(self) -> str:
        """The whole file."""
        front = [f"translation = {_quoted(self.translation.value)}"]
        if self.translation is Translation.REVIEWED:
            front += [f"reviewed_by_role = {_quoted(self.role)}"] if self.role else []
            front += [f"reviewed_on = {self.reviewed_on.isoformat()}"] if self.reviewed_on else []
        if said := {name: words for name, words in self.wordings.items() if words}:
            front += ["", "[wordings]", *(f"{_key(name)} = {_quoted(words)}" for name, words in said.items())]
        return "\n".join(["+++", *front, "+++", "", f"# {self.title}", "", self.body.strip(), ""])


def draft_of(file: str, slug: str, name: str) -> Draft:
    """The parts of a text's file. Raises InvalidCard."""
    front = parse_text(file, slug, name).front
    found = _FILE.fullmatch(file)
    title = _TITLE.fullmatch(found["markdown"]) if found else None
    return Draft(
        title[1].strip() if title else "",
        (title[2] if title else "").strip(),
        front.translation,
        dict(front.wordings),
        front.reviewed_by_role or "",
        front.reviewed_on,
    )


def with_new_figures(file: str, name: str, old: Card, new: Mapping[str, Fact]) -> str:
    """A text's file with the facts' old words replaced by the new ones wherever they stand. A fact that this text words
    in its own way stays."""
    found = _FILE.fullmatch(file)
    if found is None:
        return file
    text = old.text(name)
    markdown = found["markdown"]
    for fact_name, fact in old.facts.items():
        if fact_name not in new or fact_name in text.front.wordings:
            continue
        before, now = fact.wording(name), new[fact_name].wording(name)
        if before == now:
            continue
        for start, end in reversed(occurrences(before, markdown)):
            markdown = markdown[:start] + now + markdown[end:]
    return file[: found.start("markdown")] + markdown


def _key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else _quoted(name)


def _quoted(text: str) -> str:
    """As TOML has it: its basic strings are JSON's."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
