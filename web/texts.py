"""The page's own texts: one gettext catalogue per language, read from ``locale/`` at start.

A text that a catalogue lacks is shown in English, marked as English.

InvalidTexts: a language has no catalogue.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from web.contract import Language

_LOCALE = Path(__file__).parent / "locale"


class InvalidTexts(Exception):
    """A language without a complete set of page texts. Says which, and which file is missing."""


@dataclass(frozen=True, slots=True)
class Texts:
    """The page texts of one language, and the names of the languages in it."""

    translations: GNUTranslations
    language_names: Mapping[str, str]


class English(NullTranslations):
    """What stands in for a missing text: the English one, as HTML that says so. Attributes strip the tags."""

    def gettext(self, message: str) -> str:
        return f'<span lang="en" dir="ltr">{message}</span>'

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(super().ngettext(msgid1, msgid2, n))


def load_texts(languages: Mapping[str, Language]) -> dict[str, Texts]:
    """Texts of each language. Raises InvalidTexts."""
    return {code: Texts(_translations(code), _language_names(code, languages)) for code in languages}


def catalogue_path(code: str) -> Path:
    return _LOCALE / code / "LC_MESSAGES" / "messages.po"


def _translations(code: str) -> GNUTranslations:
    path = catalogue_path(code)
    try:
        with path.open("rb") as file:
            catalogue = read_po(file, locale=code, charset="utf-8", abort_invalid=True)
    except FileNotFoundError as error:
        raise InvalidTexts(f"No page texts for language {code!r}: {path} is missing.") from error
    compiled = io.BytesIO()
    write_mo(compiled, catalogue, use_fuzzy=False)
    compiled.seek(0)
    translations = GNUTranslations(compiled)
    translations.add_fallback(English())
    return translations


def _language_names(code: str, languages: Iterable[str]) -> dict[str, str]:
    """Names from CLDR in language ``code``."""
    names = Locale.parse(code).languages
    return {other: str(names[other]) for other in languages if other in names}
