"""Renders templates in a language, with everything they need."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
from jinja2.runtime import Context

from assistant.languages import direction_of
from assistant.questions import MAX_CHARACTERS
from web.assets import MODULES, static_url
from web.contract import Language
from web.conversations import new_id
from web.hand_offs import offered
from web.isolates import isolated
from web.settings import WebSettings
from web.texts import Texts
from web.views import RATED, context_path, document_path, shown_url, status_words, telephone_url, web_url

_FIRST = ("fi", "sv", "en")
"""The languages every page offers first: the two official ones, then the one most others know."""

NEUTRAL_URL = "https://www.ilmatieteenlaitos.fi/"
"""Where whoever leaves quickly is led: a page about the weather."""

TEMPLATES = Path(__file__).parent / "templates"


HELSINKI = ZoneInfo("Europe/Helsinki")


def moment_in_finland(moment: datetime) -> str:
    """``31.12.2026 9:05``, by Finland's clock."""
    there = moment.astimezone(HELSINKI)
    return f"{date_in_finland(there.date())} {there.hour}:{there.minute:02}"


def date_in_finland(day: date | None) -> str:
    """``31.12.2026``: the form that every Finnish paper shows, whatever the page's language and calendar."""
    return f"{day.day}.{day.month}.{day.year}" if day else ""


@dataclass(frozen=True, slots=True)
class Pages:
    """Renders templates. ``speech_languages`` are those the server reads aloud."""

    environment: jinja2.Environment
    languages: Mapping[str, Language]
    texts: Mapping[str, Texts]
    speech_languages: Collection[str] = ()

    def render(self, template: str, language: str, **values: Any) -> str:
        defaults = {"embed": False, "place": "", "places": {}, "notices": (), "conversation": new_id()}
        return self.environment.get_template(template).render(
            **defaults
            | {
                "language": self.languages[language],
                "languages": self.languages,
                "translations": self.texts[language].translations,
                "language_names": self.texts[language].language_names,
                "speech_languages": sorted(self.speech_languages),
            }
            | values
        )


def open_environment(languages: Mapping[str, Language]) -> jinja2.Environment:
    """What every page is rendered with: those of residents and those of the desk. Templates get their texts as
    ``translations``, a gettext catalogue."""
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
        "finnish_moment": moment_in_finland,
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
    return environment


def open_pages(languages: Mapping[str, Language], texts: Mapping[str, Texts], settings: WebSettings) -> Pages:
    environment = open_environment(languages)
    environment.globals |= {
        "accessibility_url": settings.accessibility_url,
        "limit": MAX_CHARACTERS,
        "hand_off": settings.desk.enabled and settings.desk.hand_off.enabled,
        "hand_off_days": settings.desk.retention.hand_offs,
        "modules": MODULES,
        "neutral_url": NEUTRAL_URL,
        "new_key": new_id,
        "person_offered": offered,
        "person_url": settings.person_url,
        "rated": sorted(RATED),
    }
    return Pages(environment, in_order(languages), texts)


def in_order(languages: Mapping[str, Language]) -> dict[str, Language]:
    """The languages in the order every page offers them."""
    first = [code for code in _FIRST if code in languages]
    return {code: languages[code] for code in dict.fromkeys([*first, *languages])}


@jinja2.pass_context
def _gettext(context: Context, message: str) -> str:
    return str(context["translations"].gettext(message))


@jinja2.pass_context
def _ngettext(context: Context, singular: str, plural: str, n: int) -> str:
    return str(context["translations"].ngettext(singular, plural, n))
