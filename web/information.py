"""Pages to read: a document with a quote in its context, whom to talk to, and what the service says of itself."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse

from assistant.languages import direction_of
from corpus.documents import UnknownDocument
from web.api import reception_of
from web.notices import Notice, Notices
from web.quotes import context_of, find, original_document
from web.rendering import Pages
from web.views import document_parts

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


def pages_of(request: Request) -> Pages:
    pages: Pages = request.state.pages
    return pages


def notices_of(request: Request, language: str) -> list[Notice]:
    """What the operator has published for the page's readers."""
    notices: Notices = request.state.notices
    return notices(language)


@router.api_route("/{language}/about", methods=["GET", "HEAD"])
def about(request: Request, language: str) -> HTMLResponse:
    return _page(request, "about", language)


@router.api_route("/{language}/privacy", methods=["GET", "HEAD"])
def privacy(request: Request, language: str) -> HTMLResponse:
    reception = reception_of(request)
    desk = reception.settings.desk
    return _page(
        request,
        "privacy",
        language,
        days=reception.settings.feedback_days,
        kept=desk.retention,
        asks_elsewhere=reception.assistant.asks_elsewhere is not None,
    )


@router.api_route("/{language}/accessibility", methods=["GET", "HEAD"])
def accessibility(request: Request, language: str) -> HTMLResponse:
    return _page(request, "accessibility", language)


@router.api_route("/{language}/documents/{id:path}", methods=["GET", "HEAD"])
def document(request: Request, language: str, id: str) -> HTMLResponse:
    """A Document; ``?start=..&end=..`` marks a quote. Other values of these mark nothing."""
    pages, documents = pages_of(request), reception_of(request).assistant.document
    if language not in pages.languages:
        return not_found(request)
    try:
        found = documents(id)
    except UnknownDocument:
        return not_found(request, language)
    places = {}
    if found.card and id == f"card-{found.card}-{found.language}":
        others = {code: f"card-{found.card}-{code}" for code in pages.languages}
        places = {code: f"documents/{other}" for code, other in others.items() if find(other, documents)}
    return _page(
        request,
        "document",
        language,
        document=found,
        original=original_document(found, documents),
        parts_of_document=document_parts(found, *_span(request)),
        places=places,
        place=request.url.path.split("/", 2)[2],
    )


@router.api_route("/{language}/context/{id:path}", methods=["GET", "HEAD"])
def context(request: Request, language: str, id: str) -> JSONResponse:
    """What stands around a quote, for the script: ``before``, ``after`` and, of a machine translation, ``original``
    with its ``text``, ``language`` and ``direction``."""
    start, end = _span(request)
    reception = reception_of(request)
    found = None
    if start is not None and end is not None:
        found = context_of(id, start, end, reception.assistant.document)
    if found is None:
        return JSONResponse({"status": "not_found"}, 404)
    original = found.original and {
        "text": found.original.text,
        "language": found.original.language,
        "direction": direction_of(found.original.language, reception.assistant.languages),
    }
    body = {"before": found.before, "after": found.after, "original": original}
    return JSONResponse(body, headers={"Cache-Control": "no-cache"})


def not_found(request: Request, language: str | None = None) -> HTMLResponse:
    language = language or reception_of(request).reply_language(request, request.url.path.split("/")[1])
    return HTMLResponse(pages_of(request).render("not_found.html", language), 404)


def _page(request: Request, name: str, language: str, **values: Any) -> HTMLResponse:
    if language not in pages_of(request).languages:
        return not_found(request)
    values = {"place": name, "notices": notices_of(request, language)} | values
    return HTMLResponse(
        pages_of(request).render(f"{name}.html", language, **values), headers={"Cache-Control": "no-cache"}
    )


def _span(request: Request) -> tuple[int | None, int | None]:
    start, end = (_number(request.query_params.get(name)) for name in ("start", "end"))
    return start, end


def _number(value: str | None) -> int | None:
    return int(value) if value and value.isascii() and value.isdecimal() and len(value) < 12 else None
