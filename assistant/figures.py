"""Questions that only a figure answers: how many, how long, at what price, when open.

A passage on the topic that holds no figure does not answer them, however near it is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from assistant.languages import Language

_WORD = re.compile(r"\w+")
_SHORT = 4
"""Words of fewer letters must match whole ("sa", "كم"), longer ones by their beginning."""


class FigureQuestions:
    """Recognises them by the phrases of each language's ``[asks] figure``."""

    def __init__(self, languages: Mapping[str, Language]) -> None:
        self._phrases = {
            code: [tuple(_words(phrase)) for phrase in language.asks.figure] for code, language in languages.items()
        }
        self._written = {
            code: [_folded(phrase) for phrase in language.asks.figure]
            for code, language in languages.items()
            if language.script == "Hans"
        }

    def asks(self, text: str, language: str) -> bool:
        """Whether ``text`` in ``language`` can only be answered by a figure."""
        if language in self._written:
            plain = _folded(text)
            return any(phrase in plain for phrase in self._written[language])
        words = _words(text)
        return any(
            all(_meets(word, part) for word, part in zip(words[at:], phrase, strict=False))
            for phrase in self._phrases.get(language, ())
            for at in range(len(words) - len(phrase) + 1)
        )


def has_figure(text: str) -> bool:
    """Whether ``text`` holds a digit."""
    return any(character.isdigit() for character in text)


def _meets(word: str, part: str) -> bool:
    return word.startswith(part) if len(part) >= _SHORT else word == part


def _words(text: str) -> list[str]:
    return _WORD.findall(_folded(text))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().replace("i̇", "i")
