"""Words that carry the logic of a sentence: not, must, only, all, before, free of charge.

Two sentences that differ in one of them may be near in meaning to a model and say the opposite. So the check of what a
language model wrote compares a claim's with those of the lines that it rests on, in whatever languages both are
(``assistant.entailment``). ``<language>.toml`` lists each key's words: "*" stands for any beginning or ending of a
word, a blank for the space between words.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

KEYS = (
    "negation",
    "obligation",
    "permission",
    "only",
    "all",
    "some",
    "free",
    "fee",
    "before",
    "after",
    "also",
    "voluntary",
    "decide",
    "advise",
)
NEAREST = 2
"""Lines among which what a claim says is looked for; what a line says is expected of the nearest alone."""
_HAN = re.compile(r"[\u3400-\u9fff]")

Table = Mapping[str, Sequence[str]]


class Operators:
    """The words of every language in ``tables``. Safe to share between threads."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self._patterns = {
            code: {key: _pattern(table[key]) for key in KEYS if table.get(key)} for code, table in tables.items()
        }

    def said(self, text: str, language: str) -> frozenset[str]:
        """The keys whose words stand in ``text``; none in a language without a table."""
        folded = text.casefold().replace("’", "'")
        return frozenset(key for key, found in self._patterns.get(language, {}).items() if found.search(folded))

    def features(self, claim: str, language: str, lines: Sequence[str], source_language: str) -> tuple[float, ...]:
        """For each key 1 where the claim says it and none of the nearest two ``lines``, nearest first, does; then for
        each key 1 where the nearest line says it and the claim does not."""
        of_claim = self.said(claim, language)
        of_lines = [self.said(line, source_language) for line in lines[:NEAREST]]
        any_line = frozenset[str]().union(*of_lines)
        nearest = of_lines[0] if of_lines else frozenset[str]()
        more = [float(key in of_claim and key not in any_line) for key in KEYS]
        return (*more, *(float(key in nearest and key not in of_claim) for key in KEYS))


@cache
def load_operators() -> Operators:
    """The packaged tables."""
    folder = files("assistant.operators")
    return Operators(
        {
            path.name.removesuffix(".toml"): tomllib.loads(path.read_text(encoding="utf-8"))
            for path in folder.iterdir()
            if path.name.endswith(".toml")
        }
    )


def _pattern(words: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(_one, sorted(words, key=len, reverse=True))))


def _one(words: str) -> str:
    folded = words.casefold().replace("’", "'")
    if _HAN.search(folded):
        return re.escape(folded)
    inside = r"\s+".join(
        re.escape(word.strip("*")).join((r"\w*" if word.startswith("*") else "", r"\w*" if word.endswith("*") else ""))
        for word in folded.split()
    )
    return rf"(?<!\w){inside}(?!\w)"
