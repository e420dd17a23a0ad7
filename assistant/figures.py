"""Questions that only a figure answers: how many, how long, at what price, when open.

A passage on the topic that holds no figure does not answer them, however near it is.
"""

from __future__ import annotations

from collections.abc import Mapping

from assistant.languages import Language
from assistant.phrases import Phrases, words


class FigureQuestions:
    """Recognises them by the phrases of each language's ``[asks] figure``."""

    def __init__(self, languages: Mapping[str, Language]) -> None:
        self._phrases = {code: Phrases(language.asks.figure) for code, language in languages.items()}

    def asks(self, text: str, language: str) -> bool:
        """Whether ``text`` in ``language`` can only be answered by a figure."""
        return language in self._phrases and self._phrases[language].found(words(text))


def has_figure(text: str) -> bool:
    """Whether ``text`` holds a digit."""
    return any(character.isdigit() for character in text)
