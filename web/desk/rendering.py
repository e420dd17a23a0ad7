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

from assistant.languages import direction_of
from web.assets import static_url
from web.contract import Language
from web.isolates import isolated
from web.rendering import TEMPLATES, _gettext, _ngettext, date_in_finland
from web.views import context_path, document_path, shown_url, status_words, telephone_url, web_url

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
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        extensions=["jinja2.ext.i18n"],
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.install_gettext_callables(_gettext, _ngettext, newstyle=True)  # type: ignore[attr-defined]
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False}
    environment.filters |= {
        "finnish_date": date_in_finland,
        "isolated": isolated,
        "shown_url": shown_url,
        "status_words": status_words,
        "telephone": telephone_url,
        "web_url": web_url,
    }
    environment.globals |= {
        "context_path": context_path,
        "direction_of": lambda code: direction_of(code, languages),
        "document_path": document_path,
        "static": static_url,
    }
    texts = {code: _read(desk_catalogue_path(code), code) for code in languages if desk_catalogue_path(code).exists()}
    return DeskPages(environment, languages, texts)


def _read(path: Path, code: str) -> GNUTranslations:
    with path.open("rb") as file:
        catalogue = read_po(file, locale=code, charset="utf-8", abort_invalid=True)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue, use_fuzzy=False)
    compiled.seek(0)
    return GNUTranslations(compiled)
