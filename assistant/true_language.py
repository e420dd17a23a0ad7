"""The language a text is really in, whatever its document says: nothing is shown under a false one."""

from __future__ import annotations

from collections.abc import Collection

from assistant.language_id import LanguageIdentifier
from assistant.phrases import weight, words
from corpus.documents import UNDETERMINED

SURE = 0.95
FEWEST_WORDS = 4
"""Surer and longer than this a text must be to count as another language than it is said to be. Of the 9,155
sentences and headings of the service cards in sixteen languages, and 573 of municipal programmes, none is then told
wrongly."""


class LanguageCheck:
    """Tells by ``identifier`` which of the ``languages`` texts are really in."""

    def __init__(self, identifier: LanguageIdentifier, languages: Collection[str]) -> None:
        self._identifier = identifier
        self._languages = languages

    def true(self, text: str, said: str) -> str:
        """The code of the language of ``text``, which is ``said`` unless it plainly is another."""
        spoken = said in self._languages
        if (not spoken and said != UNDETERMINED) or sum(map(weight, words(text))) < FEWEST_WORDS:
            return said
        found = self._identifier.identify(text, page=said if spoken else None)
        return found.code if found.code in self._languages and found.confidence >= SURE else said
