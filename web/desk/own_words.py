"""What Neuvo says itself, found again in another language: its fixed texts have the same keys in all of them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from assistant.languages import display_name
from web.contract import Language

_PLACEHOLDER = re.compile(r"\\\{(\w+)\\\}")
ABOUT_THE_TEXT = frozenset({"machine_translated", "quote_original", "source_about", "personal_data_masked"})
"""Keys of what is said to whoever reads the answer in its own language: nothing that another language repeats."""


@dataclass(frozen=True, slots=True)
class OwnWords:
    """A fixed text: its key, and what stands in its placeholders."""

    key: str
    values: dict[str, str]

    def in_language(self, language: Language) -> str:
        """The text in a language; the same values in its placeholders."""
        return language.messages[self.key].format(**self.values)


def own_words(text: str, language: Language) -> OwnWords | None:
    """Which of the fixed texts of ``language`` the ``text`` is; ``None`` for any other."""
    for key, template in language.messages.items():
        if template == text:
            return OwnWords(key, {})
    for key, template in language.messages.items():
        if "{" in template:
            pattern = _PLACEHOLDER.sub(r"(?P<\1>.+)", re.escape(template))
            if found := re.fullmatch(pattern, text, re.DOTALL):
                return OwnWords(key, found.groupdict())
    return None


def quoted_in(code: str, language: Language) -> str:
    """Tells a reader of ``language`` that a quote is in the language ``code``."""
    return language.messages["quote_original"].format(language=display_name(code, language.code))


def translated_from(code: str, language: Language) -> str:
    """Tells a reader of ``language`` that a machine translated from the language ``code``."""
    return language.messages["machine_translated"].format(language=display_name(code, language.code))
