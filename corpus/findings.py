"""Findings: what is wrong in a card, on which line of which file, and the mend."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple


class Said(str):
    """English words that can be said in another language: ``template`` is how they go and ``values`` what stands in
    them."""

    template: str
    values: dict[str, Any]


def said(template: str, **values: Any) -> Said:
    """``template.format(**values)``."""
    words = Said(template.format(**values))
    words.template, words.values = template, values
    return words


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake. ``card`` is the card's folder, ``file`` a file in it, ``line`` counts from 1. ``problem`` and
    ``mend`` are Said where something stands in them."""

    card: str
    file: str
    line: int
    problem: str
    mend: str

    def __str__(self) -> str:
        return f"{self.card}/{self.file}:{self.line}: {self.problem}; {self.mend}"


class Fault(NamedTuple):
    """A mistake as a rule reports it.

    ``place`` is a character's place in the text, or the key or table of a TOML text ("reviewed_on",
    "facts.queue") whose line is meant.
    """

    place: int | str
    problem: str
    mend: str


def line_of_key(file: Path, key: str) -> int:
    """The line on which a key or a table stands in a file; 1 if it does not, or the file is not there."""
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except OSError:
        return 1
    wanted = re.compile(rf"\s*(?:\[+\s*{re.escape(key)}\s*\]+|{re.escape(key)}\s*=)")
    return next((number for number, line in enumerate(lines, 1) if wanted.match(line)), 1)
