"""What an advisor makes of an Answer: sentences changed, left out, added. The sources stay as they were."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from web.desk.twins import Twin

MOST_CHARACTERS = 2000
"""Of a sentence, and of what the advisor adds."""


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence in the client's text and the advisor's own language, where these have it.

    ``by_advisor`` says that the client's sentence is the advisor's wording, ``own_by_advisor`` the same of the other;
    ``kept`` is false for one that was left out. ``machine_translated`` is the client's sentence.
    """

    text: str
    own: str
    kept: bool = True
    by_advisor: bool = False
    own_by_advisor: bool = False
    machine_translated: bool = False

    @property
    def only_own_changed(self) -> bool:
        """Whether the two say different things now, as far as one can tell."""
        return self.own_by_advisor and not self.by_advisor and not self.machine_translated


@dataclass(frozen=True, slots=True)
class Draft:
    """The lines in the order of the Answer; ``added`` is what the advisor says beside it."""

    lines: tuple[Line, ...]
    added: Line = Line("", "")


def draft_of(client: Twin, own: Twin) -> Draft:
    """The Answer as it is, in both languages."""
    lines = []
    for here, there in zip(client.sentences, own.sentences, strict=True):
        text = here.sentence.text if here else ""
        machine = bool(here and here.sentence.machine_translated)
        lines.append(Line(text, there.sentence.text if there else "", machine_translated=machine))
    return Draft(tuple(lines))


def changed(draft: Draft, form: Mapping[str, str]) -> Draft:
    """The draft as a form sent it: ``text-0``, ``own-0``, ``keep-0`` of each line, ``text-added`` and ``own-added``.

    A line without a text field stays; one without ``keep`` is left out.
    """
    lines = tuple(
        _changed(line, form, str(number), kept=not line.text or f"keep-{number}" in form)
        for number, line in enumerate(draft.lines)
    )
    return Draft(lines, _changed(draft.added, form, "added", kept=True))


def with_translation(draft: Draft, place: str, text: str) -> Draft:
    """The draft with a machine's translation of the advisor's own words as the client's sentence; ``place`` is a line's
    number, or "added"."""

    def translated(line: Line) -> Line:
        return replace(line, text=text, by_advisor=True, machine_translated=True)

    if place == "added":
        return replace(draft, added=translated(draft.added))
    lines = [translated(line) if place == str(number) else line for number, line in enumerate(draft.lines)]
    return replace(draft, lines=tuple(lines))


def _changed(line: Line, form: Mapping[str, str], place: str, *, kept: bool) -> Line:
    text = _clean(form.get(f"text-{place}", line.text))
    own = _clean(form.get(f"own-{place}", line.own))
    new = text != _clean(line.text)
    return Line(
        text if new else line.text,
        own if own != _clean(line.own) else line.own,
        kept=kept,
        by_advisor=line.by_advisor or new,
        own_by_advisor=line.own_by_advisor or own != _clean(line.own),
        machine_translated=line.machine_translated and not new,
    )


def _clean(text: str) -> str:
    """As a form's text area gives it back."""
    return text.replace("\r\n", "\n").strip()[:MOST_CHARACTERS]
