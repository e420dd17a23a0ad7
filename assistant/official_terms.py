"""Official Finnish names and terms, which stay visible in every language: names of services (Koto-Espoo, Testipiste)
and the words of law and administration (kotoutumiskoulutus), found in a text in any of their Finnish forms."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from corpus.cards import load_cards
from corpus.glossary import load_glossary

FINNISH = "fi"
_LONG = 9
"""Letters of a glossary's term that is official rather than an everyday word."""
_LATIN = "A-Za-zÀ-ÖØ-öø-ɏ"
_HYPHEN = r"[-–\u2010\u2011]"
_ENDING = rf"[{_LATIN}]{{0,8}}"

Glossary = Mapping[str, Mapping[str, Sequence[str]]]


class OfficialTerms:
    """Finds ``names``, which are the same in every language, and the long terms of ``glossary``, which has words for
    them in other languages."""

    def __init__(self, names: Iterable[str], glossary: Glossary) -> None:
        self._glossary = {_folded(term): languages for term, languages in glossary.items()}
        terms = [term for term in glossary if len(term) >= _LONG and " " not in term]
        self._terms = {_folded(term): term for term in (*terms, *names)}
        longest = sorted(self._terms, key=lambda term: (-len(term), term))
        forms = "|".join(f"(?P<t{number}>{_forms(self._terms[term])})" for number, term in enumerate(longest))
        self._order = longest
        self._pattern = re.compile(rf"(?<![{_LATIN}\d])(?:{forms})(?![{_LATIN}\d])")

    def find(self, text: str) -> list[tuple[int, int, str]]:
        """Where terms stand in ``text``: start, end, and the term's basic form."""
        if not self._order:
            return []
        return [
            (match.start(), match.end(), self._terms[self._order[int((match.lastgroup or "t0")[1:])]])
            for match in self._pattern.finditer(text)
        ]

    def shown(self, term: str, language: str) -> str:
        """How the term is shown in a translation into ``language``: in the language's word where the glossary has
        one, with the official term beside it."""
        words = self._glossary.get(_folded(term), {}).get(language, ())
        if not words or language == FINNISH or _folded(words[0]) == _folded(term):
            return term
        return f"{words[0]} ({term})"


def load_official_terms() -> OfficialTerms:
    """The names of the shipped service cards, and the shipped glossary."""
    names = dict.fromkeys(name for card in load_cards() for name in card.service.names)
    return OfficialTerms(names, load_glossary())


def _forms(term: str) -> str:
    """The term with Finnish endings. An abbreviation takes them after a colon (YKI:n). A name keeps its capitals
    (MIELI is no mieli, a mind); a word may begin a sentence."""
    if term.isupper() or len(term) < 4:
        return re.escape(term) + rf"(?::{_ENDING})?"
    *before, last = re.split(r"(\s+|-)", term)
    words = [_HYPHEN if part == "-" else r"\s+" if part.isspace() else re.escape(part) for part in before]
    form = "".join(words) + re.escape(_stem(last)) + _ENDING
    return form if term != term.lower() else f"(?i:{form})"


def _stem(word: str) -> str:
    """What Finnish endings leave of a word."""
    return word if len(word) <= 5 else word[:-1] if len(word) <= 8 else word[:-2]


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()
