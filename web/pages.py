"""The residents' pages: the chat, with and without JavaScript, and a document with a quote in its context."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import jinja2
from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2.runtime import Context

from assistant.languages import direction_of
from assistant.questions import MAX_CHARACTERS, Profile, Situation
from corpus.documents import UnknownDocument
from web.api import desk_of
from web.asking import Asked
from web.assets import static_url
from web.contract import Language
from web.conversations import id_or_new, new_id
from web.refusals import Refused
from web.settings import WebSettings
from web.texts import Texts
from web.views import document_parts, document_path, exchange_view, status_words, telephone_url, web_url
from web.wire import ErrorWire

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

_FIRST = ("fi", "sv", "en")
"""The languages every page offers first: the two official ones, then the one most others know."""

TEMPLATES = Path(__file__).parent / "templates"


def date_in_finland(day: date | None) -> str:
    """``31.12.2026``: the form that every Finnish paper shows, whatever the page's language and calendar."""
    return f"{day.day}.{day.month}.{day.year}" if day else ""


@dataclass(frozen=True, slots=True)
class Pages:
    """Renders templates in a language, with everything they need."""

    environment: jinja2.Environment
    languages: Mapping[str, Language]
    texts: Mapping[str, Texts]

    def render(self, template: str, language: str, **values: Any) -> str:
        return self.environment.get_template(template).render(
            language=self.languages[language],
            languages=self.languages,
            translations=self.texts[language].translations,
            language_names=self.texts[language].language_names,
            **values,
        )


def open_pages(languages: Mapping[str, Language], texts: Mapping[str, Texts], settings: WebSettings) -> Pages:
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
        "telephone": telephone_url,
        "web_url": web_url,
        "status_words": status_words,
    }
    environment.globals |= {
        "static": static_url,
        "document_path": document_path,
        "direction_of": lambda code: direction_of(code, languages),
        "person_url": settings.person_url,
        "limit": MAX_CHARACTERS,
    }
    first = [code for code in _FIRST if code in languages]
    offered = {code: languages[code] for code in dict.fromkeys([*first, *languages])}
    return Pages(environment, offered, texts)


@jinja2.pass_context
def _gettext(context: Context, message: str) -> str:
    return str(context["translations"].gettext(message))


@jinja2.pass_context
def _ngettext(context: Context, singular: str, plural: str, n: int) -> str:
    return str(context["translations"].ngettext(singular, plural, n))


def pages_of(request: Request) -> Pages:
    pages: Pages = request.state.pages
    return pages


@router.api_route("/", methods=["GET", "HEAD"])
async def choose_language(request: Request) -> RedirectResponse:
    language = desk_of(request).reply_language(request)
    return RedirectResponse(f"/{language}/", 307, headers={"Vary": "Accept-Language", "Cache-Control": "no-cache"})


@router.api_route("/{language}/", methods=["GET", "HEAD"])
async def start(request: Request, language: str) -> HTMLResponse:
    if language not in pages_of(request).languages:
        return not_found(request)
    return _chat(request, language)


@router.post("/{language}/ask")
async def ask(
    request: Request,
    language: str,
    question: Annotated[str, Form()] = "",
    municipality: Annotated[str, Form(max_length=100)] = "",
    situation: Annotated[str, Form(max_length=100)] = "",
    conversation: Annotated[str, Form()] = "",
) -> HTMLResponse:
    """The chat page with the Answer, for browsers without JavaScript."""
    if language not in pages_of(request).languages:
        return not_found(request)
    asked = Asked(
        # A form sends line breaks as CR LF; the question's length counts each as one.
        text=question.replace("\r\n", "\n"),
        reply_language=language,
        page_language=language,
        profile=Profile(municipality or None, _situation(situation)),
        conversation=_conversation(request, conversation),
    )
    try:
        answer = await desk_of(request).ask(request, asked)
    except Refused as refused:
        return _chat(request, language, asked=asked, refused=refused)
    exchange = exchange_view("a1", asked.text, answer)
    return _chat(request, language, asked=asked, exchange=exchange, headers={"Cache-Control": "no-store"})


@router.api_route("/{language}/ask", methods=["GET", "HEAD"])
async def ask_again(language: str) -> RedirectResponse:
    """A reload or a shared address of an Answer's page: a question is never in an address, so start anew."""
    return RedirectResponse(f"/{language}/", 303)


@router.api_route("/{language}/documents/{id:path}", methods=["GET", "HEAD"])
def document(request: Request, language: str, id: str) -> HTMLResponse:
    """A Document; ``?start=..&end=..`` marks a quote. Other values of these mark nothing."""
    pages = pages_of(request)
    if language not in pages.languages:
        return not_found(request)
    try:
        found = desk_of(request).assistant.document(id)
    except UnknownDocument:
        return not_found(request, language)
    start, end = (_number(request.query_params.get(name)) for name in ("start", "end"))
    parts = document_parts(found, start, end)
    body = pages.render("document.html", language, document=found, parts_of_document=parts)
    return HTMLResponse(body, headers={"Cache-Control": "no-cache"})


def not_found(request: Request, language: str | None = None) -> HTMLResponse:
    language = language or desk_of(request).reply_language(request, request.url.path.split("/")[1])
    return HTMLResponse(pages_of(request).render("not_found.html", language), 404)


def refusal(request: Request, language: str, refused: Refused) -> HTMLResponse:
    """The chat page with the message of a refusal, for a request whose form could not be read."""
    return _chat(request, language, refused=refused)


def _chat(
    request: Request,
    language: str,
    *,
    asked: Asked | None = None,
    exchange: Any = None,
    refused: Refused | None = None,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    error: ErrorWire | None = refused.error if refused else None
    body = pages_of(request).render(
        "chat.html",
        language,
        exchange=exchange,
        error=error,
        # What was refused stays in the box; what was answered stands above it.
        question=asked.text if asked and refused else "",
        profile=asked.profile if asked else Profile(),
        conversation=(asked.conversation if asked else None) or new_id(),
        municipalities=desk_of(request).assistant.municipalities,
    )
    status_code = refused.status_code if refused else 200
    # The page carries the id of one resident's conversation, so no cache between may keep it.
    headers = refused.headers if refused else headers or {"Cache-Control": "private, no-cache"}
    return HTMLResponse(body, status_code, headers=headers)


def _conversation(request: Request, sent: str) -> str:
    """The page's conversation. A form that another site sent may carry an id which that site knows, so it begins a
    fresh one."""
    own = request.headers.get("sec-fetch-site", "none") in ("same-origin", "none")
    return id_or_new(sent) if own else new_id()


def _situation(value: str) -> Situation | None:
    """``None`` for a value that no page offers."""
    try:
        return Situation(value)
    except ValueError:
        return None


def _number(value: str | None) -> int | None:
    return int(value) if value and value.isascii() and value.isdecimal() and len(value) < 12 else None
