"""Do a card's texts carry its facts, in every language, and nothing but its facts?

``check_card`` gives one Finding per mistake: what is wrong, where, and the mend.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from corpus.cards import Card, CardText, Status

MIN_WORDS, MAX_WORDS = 60, 180
MIN_PLAIN_WORDS = 40
"""A text in plain language ("fi-selko") says less, in shorter sentences."""
_NOT_COUNTED = frozenset({"zh"})
"""Languages written without spaces between words, where the bounds do not apply."""

_NUMBER = re.compile(r"\+?\d(?:[\d.,:/ \u00a0\u202f–-]*\d)?\s?[%€]?")
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.\w+|https?://\S+|\b(?:www\.)?[\w-]+\.(?:fi|com|org|net|eu)\b", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<=[.!?؟。।])\s+|\n+")


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake in one text of a card."""

    card: str
    file: str
    problem: str
    mend: str

    def __str__(self) -> str:
        return f"{self.card}/{self.file}: {self.problem}; {self.mend}"


def check_card(card: Card) -> list[Finding]:
    """Every mistake in the card's texts; empty if there is none."""
    return [
        Finding(card.slug, f"{text.name}.md", problem, mend)
        for text in card.texts
        for check in (_facts, _names, _strays, _statuses, _conflicts, _length)
        for problem, mend in check(card, text)
    ]


def occurrences(wording: str, text: str) -> list[tuple[int, int]]:
    """Where a fact's wording stands in a text; "4" does not stand in "4,300", "14" or "1.4.2025"."""
    pattern = re.escape(wording)
    if wording[0].isdigit():
        pattern = r"(?<!\d)(?<!\d[.,:/–-])(?<!\d[ \u00a0\u202f])" + pattern
    if wording[-1].isdigit():
        pattern += r"(?!\d)(?![.,:/–-]\d)(?![ \u00a0\u202f]\d{3})"
    return [match.span() for match in re.finditer(pattern, text)]


@cache
def status_words(language: str) -> dict[str, tuple[str, ...]]:
    """How a language words a fact's status, from ``corpus/wordings/<language>.toml``; nothing if it has none."""
    path = Path(__file__).parent / "wordings" / f"{language}.toml"
    if not path.is_file():
        return {}
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return {status: tuple(words) for status, words in table.items()}


def _facts(card: Card, text: CardText) -> Iterator[tuple[str, str]]:
    for name, fact in card.facts.items():
        wording = text.wording(name, fact)
        if not occurrences(wording, text.text):
            yield (
                f"the fact {name} ({wording!r}) is missing",
                f"write it, or give wordings.{name} in the text's front matter the words used",
            )


def _names(card: Card, text: CardText) -> Iterator[tuple[str, str]]:
    bodies = dict.fromkeys(entry.body for entry in card.responsible)
    for name in (*card.service.names, *bodies):
        if name.casefold() not in text.text.casefold():
            yield f"the official name {name!r} is missing", "write it as it stands in service.toml"


def _strays(card: Card, text: CardText) -> Iterator[tuple[str, str]]:
    known = [span for name, fact in card.facts.items() for span in occurrences(text.wording(name, fact), text.text)]
    known += [span for name in card.service.names for span in occurrences(name, text.text)]
    covered = {position for start, end in known for position in range(start, end)}
    for match in _NUMBER.finditer(text.text):
        digits = {p for p in range(*match.span()) if not text.text[p].isspace() and text.text[p] not in ".,:/–-"}
        if not digits <= covered:
            yield f"the number {match[0].strip()!r} is no fact of the card", "make it a fact with its source"
    for match in _ADDRESS.finditer(text.text):
        if not set(range(*match.span())) <= covered:
            yield f"the address {match[0]!r} is no fact of the card", "make it a fact with its source"


def _statuses(card: Card, text: CardText) -> Iterator[tuple[str, str]]:
    sentences = _SENTENCE_END.split(text.body)
    for name, fact in card.facts.items():
        words = status_words(text.language).get(fact.status.value.replace(" ", "_"), ())
        if words and not _worded_as(text.wording(name, fact), sentences, words):
            yield (
                f"the fact {name} is {fact.status.value}, and its sentence does not say so",
                f"use one of: {', '.join(word.strip() for word in words)}",
            )


def _conflicts(card: Card, text: CardText) -> Iterator[tuple[str, str]]:
    sentences = _SENTENCE_END.split(text.body)
    wordings = [text.wording(n, f) for n, f in card.facts.items() if f.status is Status.CONFLICTING]
    for sentence in sentences:
        held = [wording for wording in wordings if occurrences(wording, sentence)]
        if len(held) == 1:
            yield (
                f"{held[0]!r} is conflicting, and its sentence holds no other version",
                "put the versions into one sentence: a sentence can be quoted alone",
            )


def _worded_as(wording: str, sentences: list[str], words: tuple[str, ...]) -> bool:
    holding = [sentence for sentence in sentences if occurrences(wording, sentence)]
    return all(any(word in sentence.lower() for word in words) for sentence in holding)


def _length(card: Card, text: CardText) -> Iterator[tuple[str, str]]:
    words = len(text.body.split())
    least = MIN_PLAIN_WORDS if text.name.endswith("-selko") else MIN_WORDS
    if text.language not in _NOT_COUNTED and not least <= words <= MAX_WORDS:
        yield f"{words} words", f"write {least}-{MAX_WORDS}"
