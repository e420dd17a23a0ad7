"""Renders the desk's pages in the language of whoever is signed in: those with a ``desk.po`` in ``web/locale``."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from gettext import GNUTranslations
from pathlib import Path
from typing import Any

import jinja2
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from web.contract import Language
from web.desk.places import places_for
from web.rendering import in_order, open_environment

_LOCALE = Path(__file__).parent.parent / "locale"


@dataclass(frozen=True, slots=True)
class DeskPages:
    """Renders templates below ``templates/desk``. ``languages`` are those residents ask in."""

    environment: jinja2.Environment
    languages: Mapping[str, Language]
    texts: Mapping[str, GNUTranslations]

    def render(self, template: str, language: str, **values: Any) -> str:
        """``language``: the account's; Finnish for one the desk has no texts in."""
        code = language if language in self.texts else "fi"
        return self.environment.get_template(f"desk/{template}").render(
            {"session": None, "place": ""}
            | {
                "language": self.languages[code],
                "languages": self.languages,
                "desk_languages": [self.languages[one] for one in self.texts],
                "translations": self.texts[code],
            }
            | values
        )

    def text(self, language: str, message: str) -> str:
        """A text of the desk in a language."""
        return self.texts[language if language in self.texts else "fi"].gettext(message)


def desk_catalogue_path(code: str) -> Path:
    return _LOCALE / code / "LC_MESSAGES" / "desk.po"


def open_desk_pages(languages: Mapping[str, Language]) -> DeskPages:
    environment = open_environment(languages)
    environment.globals["places_for"] = places_for
    texts = {
        code: _read(desk_catalogue_path(code), code)
        for code in in_order(languages)
        if desk_catalogue_path(code).exists()
    }
    return DeskPages(environment, in_order(languages), texts)


def _read(path: Path, code: str) -> GNUTranslations:
    with path.open("rb") as file:
        catalogue = read_po(file, locale=code, charset="utf-8", abort_invalid=True)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue, use_fuzzy=False)
    compiled.seek(0)
    return GNUTranslations(compiled)
