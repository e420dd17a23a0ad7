"""Questions that only a figure answers: how many, how long, at what price, when open.

A passage on the topic that holds no figure does not answer them, however near it is; nor does a figure of another
year answer a question about one.
"""

from __future__ import annotations

import re
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


_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")


def years(text: str) -> frozenset[int]:
    """The years of this century and the last that ``text`` names, in the digits of any script."""
    return frozenset(int(year) for year in _YEAR.findall("".join(_western(letter) for letter in text)))


def _western(letter: str) -> str:
    return str(int(letter)) if letter.isdecimal() else letter


def of_another_year(question: str, answer: str, figure: bool) -> bool:
    """Whether ``question`` names a year, ``answer`` does not, and that matters: the answer names another, or only a
    figure (``figure``) answers."""
    asked, told = years(question), years(answer)
    return bool(asked) and asked.isdisjoint(told) and (figure or bool(told))
