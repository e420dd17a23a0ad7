"""``/desk/documents``: the city's documents that Neuvo also answers from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile

from corpus.documents import CorpusError, Document
from corpus.readers import READERS
from web.desk.access import allowed, desk_of
from web.desk.accounts import Role
from web.desk.card_pages import card_page, no_card
from web.desk.document_shelf import FIELDS, MOST_BYTES, NoFolder, NotRead, known_from, known_of
from web.desk.responses import see
from web.desk.sessions import Session

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

Editor = Annotated[Session, Depends(allowed(Role.EDITOR))]


@router.get("/desk/documents")
def documents(request: Request, session: Editor, done: str = "") -> HTMLResponse:
    return _list(request, session, done=done)


@router.post("/desk/documents")
async def add(request: Request, session: Editor) -> Response:
    form = await request.form()
    name, content = await _uploaded(form)
    return await run_in_threadpool(_add, request, session, _fields(form), name, content)


@router.get("/desk/documents/{id}")
def document(request: Request, session: Editor, id: str) -> HTMLResponse:
    try:
        found = desk_of(request).reviewing.documents.get(id)
    except CorpusError:
        return no_card(request, session)
    return _one(request, session, found, known_of(found))


@router.post("/desk/documents/{id}")
async def change(request: Request, session: Editor, id: str) -> Response:
    form = await request.form()
    name, content = await _uploaded(form)
    return await run_in_threadpool(_change, request, session, id, _fields(form), name, content)


def _add(request: Request, session: Session, form: Mapping[str, str], name: str, content: bytes) -> Response:
    desk = desk_of(request)
    if not name:
        return _list(request, session, form, problem="file")
    try:
        kept = desk.reviewing.documents.add(name, content, known_from(form))
    except NoFolder:
        return no_card(request, session)
    except NotRead as error:
        return _list(request, session, form, problem="unread", detail=str(error))
    except ValueError as error:
        return _list(request, session, form, problem="fields", detail=str(error))
    desk.audit.note(session.account, "document.added", kept.id)
    return see("/desk/documents?done=added")


def _change(
    request: Request, session: Session, id: str, form: Mapping[str, str], name: str, content: bytes
) -> Response:
    """Replace the file, change what is said of it, or remove it."""
    desk, shelf = desk_of(request), desk_of(request).reviewing.documents
    try:
        found = shelf.get(id)
        if form.get("act") == "remove":
            shelf.remove(id)
        elif name:
            shelf.replace(id, name, content, known_from(form))
        else:
            shelf.describe(id, known_from(form))
    except NotRead as error:
        return _one(request, session, found, form, problem="unread", detail=str(error))
    except ValueError as error:
        return _one(request, session, found, form, problem="fields", detail=str(error))
    except (CorpusError, NoFolder):
        return no_card(request, session)
    action = "removed" if form.get("act") == "remove" else "replaced" if name else "described"
    desk.audit.note(session.account, f"document.{action}", id)
    return see(f"/desk/documents?done={action}")


def _list(
    request: Request,
    session: Session,
    form: Mapping[str, str] | None = None,
    *,
    problem: str = "",
    detail: str = "",
    done: str = "",
) -> HTMLResponse:
    shelf = desk_of(request).reviewing.documents
    return card_page(
        request,
        session,
        "cards_documents.html",
        422 if problem else 200,
        tab="documents",
        documents=shelf.all() if shelf.possible else [],
        form=dict.fromkeys(FIELDS, "") | dict(form or {}),
        done=done,
        **_upload(problem, detail),
    )


def _one(
    request: Request,
    session: Session,
    document: Document,
    form: Mapping[str, str],
    *,
    problem: str = "",
    detail: str = "",
) -> HTMLResponse:
    return card_page(
        request,
        session,
        "cards_document.html",
        422 if problem else 200,
        tab="documents",
        document=document,
        form=dict.fromkeys(FIELDS, "") | dict(form),
        **_upload(problem, detail),
    )


def _upload(problem: str, detail: str) -> dict[str, Any]:
    return {
        "problem": problem,
        "detail": detail,
        "formats": list(READERS),
        "most_bytes": MOST_BYTES,
    }


async def _uploaded(form: FormData) -> tuple[str, bytes]:
    """The name and content of the file in a form; "" where none was chosen."""
    file = form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        return "", b""
    return file.filename, await file.read()


def _fields(form: FormData) -> dict[str, str]:
    return {name: value for name, value in form.items() if isinstance(value, str)}
