"""``/desk/read``: a whole document at the desk, with the quote marked; pinned ones stay at hand."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from corpus.documents import Document
from web.desk.access import allowed, desk_of
from web.desk.accounts import Role
from web.desk.card_places import PLAIN, same_place
from web.desk.responses import page, see
from web.desk.sessions import Session
from web.desk.showing import own_language
from web.quotes import Find, find
from web.views import document_parts

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

Reader = Annotated[Session, Depends(allowed(Role.ADVISOR, Role.EDITOR, Role.EVALUATOR))]


@router.get("/desk/read/{id:path}")
def read(
    request: Request, session: Reader, id: str, start: int | None = None, end: int | None = None, beside: str = ""
) -> HTMLResponse:
    """A Document with ``text[start:end]`` marked; ``beside`` is another text of the same card to read along with it."""
    desk = desk_of(request)
    documents = desk.reception.assistant.document
    document = find(id, documents)
    if document is None:
        return page(request, session, "document_gone.html", 404, place="ask")
    own = own_language(desk, session)
    texts = _texts_of(document, [*desk.pages.languages, *PLAIN.values()], documents)
    if not beside and document.language != own:
        beside = own
    other = texts.get(beside)
    if other and other.id == id:
        other = None
    place = same_place(document, start, end, other) if other and start is not None and end is not None else None
    return page(
        request,
        session,
        "document.html",
        place="ask",
        document=document,
        whole=document_parts(document, start, end),
        other=other,
        other_parts=document_parts(other, *(place or (None, None))) if other else [],
        texts={name: one for name, one in texts.items() if one.id != id},
        span=(start, end),
        beside=beside,
        pinned=id in desk.pins.of(session.account),
    )


@router.post("/desk/pins")
def pin(
    request: Request,
    session: Reader,
    document: Annotated[str, Form(max_length=300)],
    act: Annotated[str, Form()] = "pin",
    back: Annotated[str, Form()] = "document",
) -> RedirectResponse:
    """Pin a document, or unpin it; then back to it, or to the list of pins."""
    desk = desk_of(request)
    if act == "pin" and find(document, desk.reception.assistant.document):
        desk.pins.pin(session.account, document)
    elif act == "unpin":
        desk.pins.unpin(session.account, document)
    return see("/desk/ask#pins" if back == "ask" else f"/desk/read/{quote(document, safe='')}")


def _texts_of(document: Document, names: list[str], documents: Find) -> dict[str, Document]:
    """The texts of a document's card, by name."""
    if not document.card:
        return {}
    found = ((name, find(f"card-{document.card}-{name}", documents)) for name in names)
    return {name: one for name, one in found if one}
