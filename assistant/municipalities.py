"""Which municipality a question is about, and whose documents may answer it."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Callable, Collection, Mapping
from importlib.resources import files

from corpus.documents import Document

_WORD = re.compile(r"[^\W\d_]+")
_ARABIC_PREFIXES = ("", "ال", "ب", "ل", "و", "في")


def load_names() -> dict[str, tuple[str, ...]]:
    """Beginnings of words that name each municipality, folded."""
    table = tomllib.loads(files("assistant").joinpath("municipalities.toml").read_text(encoding="utf-8"))
    return {name: tuple(_fold(start) for start in starts) for name, starts in table.items()}


def named(text: str, names: Mapping[str, tuple[str, ...]]) -> set[str]:
    """The municipalities that ``text`` names."""
    found = set()
    words = [_fold(word) for word in _WORD.findall(text)]
    for municipality, starts in names.items():
        for start in starts:
            if any(_names(word, start) for word in words):
                found.add(municipality)
                break
    return found


def _names(word: str, start: str) -> bool:
    if start.isascii() or not _is_arabic_or_han(start):
        return word.startswith(start) and len(word) <= len(start) + 9
    return start in word if _is_han(start) else any(word.startswith(p + start) for p in _ARABIC_PREFIXES)


def _is_han(text: str) -> bool:
    return "\u3400" <= text[0] <= "\u9fff"


def _is_arabic_or_han(text: str) -> bool:
    return _is_han(text) or "\u0600" <= text[0] <= "\u06ff"


def _fold(text: str) -> str:
    """Case only: å and a, or ä and a, are different letters in Nordic names (Åbo is not about)."""
    return unicodedata.normalize("NFKC", text).casefold()


def scope(
    said: str | None, named_in_text: Collection[str], area: Collection[str]
) -> tuple[frozenset[str], Callable[[Document], bool]]:
    """The municipalities the question is about, and whether a document may answer it.

    What the text names goes before what the profile says; where neither says anything, it is the service
    area. A document that names no municipality, a nationwide card among them, may always answer.
    """
    if named_in_text:
        inside = set(named_in_text) & set(area)
        about = frozenset(inside or named_in_text)
    else:
        about = frozenset([said] if said else area)

    def allowed(document: Document) -> bool:
        return not document.municipalities or not about.isdisjoint(document.municipalities)

    return about, allowed
