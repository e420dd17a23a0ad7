"""Names in a claim: of services, offices, companies, people. Each must stand in the source or in the question.

A name is told by its capital inside a sentence, or by its Latin letters in a text of another script. Names that every
text may say, of languages and countries, are the locale data's.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from assistant.grounding_figures import load_words
from assistant.languages import Language
from assistant.municipalities import load_names
from assistant.official_terms import OfficialTerms

_WORD = re.compile(r"[^\W\d_]+(?:[-'’.][^\W\d_]+)*")
_LATIN = re.compile(r"[A-Za-zÀ-ɏ]")
_PARTS = re.compile(r"[-'’.]")
_SENTENCE = re.compile(r"[.!?:;\"“”„«»(\[]\s*$")
_HEAD = 4
"""First letters in which forms of a name agree."""
_ENDING = 1
"""Last letters of the shorter of two forms in which they may differ (Vamos, Vamoksen)."""


class Names:
    """Finds names in claims. Safe to share between threads."""

    def __init__(self, languages: Mapping[str, Language], terms: OfficialTerms) -> None:
        self._terms = terms
        self._latin = {code: language.script == "Latn" for code, language in languages.items()}
        self._common = _common(tuple(languages))

    def stand(self, claim: str, language: str, said: str, known: str) -> bool:
        """Whether every name in ``claim`` stands in ``said``, the sources, or in ``known``, the question."""
        allowed = f"{said}\n{known}"
        there = _Words(_WORD.findall(allowed))
        there.add(part for word in _WORD.findall(allowed) for part in _PARTS.split(word))
        for name in self._found(claim, language):
            if name not in there and not all(part in there or part in self._common for part in _PARTS.split(name)):
                return False
        official = {term for _, _, term in self._terms.find(allowed)}
        return all(
            term in official or _folded(term) in _folded(allowed)
            for _, _, term in self._terms.find(claim)
            if term != term.lower()
        )

    def _found(self, claim: str, language: str) -> Iterator[str]:
        latin = self._latin.get(language, True)
        for match in _WORD.finditer(claim):
            word = match[0]
            if not latin and _LATIN.match(word):
                yield word
            elif latin and word[0].isupper() and word not in self._common:
                inner = any(letter.isupper() for letter in word[1:])
                if inner or (not _begins(claim, match.start()) and len(word) > 1):
                    yield word


class _Words:
    """Words that are found again in other forms: with the same beginning."""

    def __init__(self, words: Iterable[str]) -> None:
        self._by_head: dict[str, set[str]] = {}
        self.add(words)

    def add(self, words: Iterable[str]) -> None:
        for word in words:
            folded = _folded(word)
            self._by_head.setdefault(folded[:_HEAD], set()).add(folded)

    def __contains__(self, word: str) -> bool:
        folded = _folded(word)
        return any(_same(folded, other) for other in self._by_head.get(folded[:_HEAD], ()))


@cache
def _common(codes: tuple[str, ...]) -> _Words:
    """What is no name though it may be written with a capital in the languages ``codes``."""
    common = _Words(word for code in codes for word in _of_locale(code))
    common.add(start for starts in load_names().values() for start in starts)
    common.add(word for table in load_words().values() for word in table.get("polite", ()))
    return common


def _same(one: str, other: str) -> bool:
    shorter = min(len(one), len(other))
    alike = next((place for place in range(shorter) if one[place] != other[place]), shorter)
    return alike >= max(min(_HEAD, shorter), shorter - _ENDING)


def _begins(claim: str, start: int) -> bool:
    """Whether a word at ``start`` has its capital from the beginning of a sentence."""
    before = claim[:start].rstrip()
    return not before or bool(_SENTENCE.search(claim[:start]))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


def _of_locale(code: str) -> Iterator[str]:
    """Names of languages, countries, months and days, which some languages write with a capital."""
    from babel import Locale, UnknownLocaleError

    try:
        locale = Locale.parse(code)
    except (UnknownLocaleError, ValueError):
        return
    for name in (*locale.languages.values(), *locale.territories.values()):
        yield from _WORD.findall(name)
    for table in (locale.months, locale.days):
        for form in table.values():
            for name in form.get("wide", {}).values():
                yield from _WORD.findall(name)
