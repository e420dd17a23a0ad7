"""Questions that only a figure answers: how many, how long, at what price, when open.

A passage on the topic that holds no figure does not answer them, however near it is; nor does a figure of another
year answer a question about one, or a number of days a question about a price.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from assistant.languages import Language
from assistant.phrases import Phrases, words


@dataclass(frozen=True, slots=True)
class _Tables:
    figure: Phrases
    price: Phrases
    price_words: Phrases
    number_words: Phrases


class FigureQuestions:
    """Recognises them, and what answers them, by the phrases of each language's ``[asks]``."""

    def __init__(self, languages: Mapping[str, Language]) -> None:
        self._tables = {
            code: _Tables(
                Phrases((*language.asks.figure, *language.asks.price)),
                Phrases(language.asks.price),
                Phrases(language.asks.price_words),
                Phrases(language.asks.number_words),
            )
            for code, language in languages.items()
        }

    def asks(self, text: str, language: str) -> bool:
        """Whether ``text`` in ``language`` can only be answered by a figure."""
        return language in self._tables and self._tables[language].figure.found(words(text))

    def asks_price(self, text: str, language: str) -> bool:
        """Whether ``text`` in ``language`` asks what something costs."""
        return language in self._tables and self._tables[language].price.found(words(text))

    def tells(self, text: str, language: str, *, price: bool = False) -> bool:
        """Whether ``text`` in ``language`` holds a figure, in digits or in words ("one month"); with ``price``,
        whether it holds a price ("free of charge" is one)."""
        told, tables = words(text), self._tables.get(language)
        if price:
            return "€" in text or (tables is not None and tables.price_words.found(told))
        return has_figure(text) or (tables is not None and tables.number_words.found(told))


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
