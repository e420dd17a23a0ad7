"""What a message asks for beside an answer: to talk to a person. Told from its words, without a model."""

from __future__ import annotations

from collections.abc import Mapping

from assistant.languages import Language
from assistant.phrases import Phrases, words


class Wishes:
    """Recognises them by the tables of ``languages``. Safe to share between threads."""

    def __init__(self, languages: Mapping[str, Language]) -> None:
        self._languages = languages
        self._person: dict[str, Phrases] = {}

    def wants_person(self, text: str, language: str) -> bool:
        """Whether ``text`` asks to talk to a person."""
        if language not in self._person:
            self._person[language] = Phrases(self._languages[language].wishes.person)
        return self._person[language].found(words(text))
