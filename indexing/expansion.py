"""Query expansion: official Finnish terms for what a question says in another language.

Someone who asks in Arabic for their "خطة الاندماج" also searches for "kotoutumissuunnitelma".
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence

from indexing.lexical import Analyser

TERMS_LANGUAGE = "fi"
Glossary = Mapping[str, Mapping[str, Sequence[str]]]
"""Official term -> language -> ways to say it, as ``corpus.glossary`` loads it."""


class Expander:
    """Finds the glossary's terms in questions. Words match as lexical search matches them, phrases word by
    word in order; Chinese phrases match as they are written."""

    def __init__(self, glossary: Glossary, analyser: Analyser) -> None:
        self._analyser = analyser
        self._synonyms = {term: (term, *languages.get(TERMS_LANGUAGE, ())) for term, languages in glossary.items()}
        self._phrases: dict[str, dict[tuple[str, ...], set[str]]] = {}
        self._written: dict[str, list[tuple[str, str]]] = {}
        for term, languages in glossary.items():
            for language, phrases in {**languages, TERMS_LANGUAGE: self._synonyms[term]}.items():
                for phrase in phrases:
                    if _is_han(phrase):
                        self._written.setdefault(language, []).append((_plain(phrase), term))
                    elif words := tuple(analyser.terms(_plain(phrase), language)):
                        self._phrases.setdefault(language, {}).setdefault(words, set()).add(term)
        self._longest = max((len(words) for table in self._phrases.values() for words in table), default=0)

    def terms(self, text: str, language: str) -> list[str]:
        """The official terms that ``text`` speaks of, longest phrase first where phrases overlap."""
        plain = _plain(text)
        found = [term for phrase, term in self._written.get(language, ()) if phrase in plain]
        table = self._phrases.get(language, {})
        words = self._analyser.terms(plain, language)
        at = 0
        while at < len(words):
            for length in range(min(self._longest, len(words) - at), 0, -1):
                if terms := table.get(tuple(words[at : at + length])):
                    found += sorted(terms)
                    at += length - 1
                    break
            at += 1
        return list(dict.fromkeys(found))

    def synonyms(self, terms: Sequence[str]) -> list[str]:
        """Finnish words for each of ``terms``: the term and what else it is called."""
        return [word for term in terms for word in self._synonyms[term]]


def _plain(text: str) -> str:
    """NFKC and case folded, apostrophes alike, the zero-width non-joiner as a space."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return folded.replace("\u2019", "'").replace("\u02bc", "'").replace("\u200c", " ")


def _is_han(text: str) -> bool:
    return any("\u3400" <= letter <= "\u9fff" for letter in text)
