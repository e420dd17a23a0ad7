"""``/desk/canned-replies``: replies that are written once, in each language by people."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool

from assistant.languages import display_name
from web.desk.access import allowed, desk_of
from web.desk.accounts import Role
from web.desk.canned_replies import MOST_TEXT, MOST_TITLE, CannedReply, InvalidReply
from web.desk.inbox_pages import handing_over_of
from web.desk.responses import page, see
from web.desk.sessions import Session

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

Writer = Annotated[Session, Depends(allowed(Role.ADVISOR, Role.EDITOR))]

_FIELD = "text_"
"""Begins the names of the form's fields with texts; the rest is the language."""


@router.get("/desk/canned-replies")
def all_replies(request: Request, session: Writer) -> HTMLResponse:
    replies = handing_over_of(request).canned.all()
    return page(request, session, "canned_replies.html", place="inbox", replies=replies)


@router.get("/desk/canned-replies/new")
def new(request: Request, session: Writer) -> HTMLResponse:
    return _edit(request, session, None)


@router.get("/desk/canned-replies/{id}")
def edit(request: Request, session: Writer, id: int) -> Response:
    found = handing_over_of(request).canned.get(id)
    return _edit(request, session, found) if found else see("/desk/canned-replies")


@router.post("/desk/canned-replies")
async def keep(
    request: Request, session: Writer, title: Annotated[str, Form()] = "", id: Annotated[str, Form(max_length=12)] = ""
) -> Response:
    """Keep a reply, a new one where ``id`` is empty."""
    sent = await request.form()
    known = desk_of(request).reception.assistant.languages
    texts = {code: str(sent.get(_FIELD + code, "")).replace("\r\n", "\n") for code in known}

    def work() -> Response:
        number = int(id) if id.isdecimal() else None
        try:
            kept = handing_over_of(request).canned.keep(session.account, title, texts, number)
        except InvalidReply:
            found = handing_over_of(request).canned.get(number) if number else None
            return _edit(request, session, found, title, texts, status_code=422)
        desk_of(request).audit.note(session.account, "canned_reply.change", str(kept))
        return see("/desk/canned-replies")

    return await run_in_threadpool(work)


@router.post("/desk/canned-replies/{id}/delete")
def delete(request: Request, session: Writer, id: int) -> Response:
    handing_over_of(request).canned.delete(id)
    desk_of(request).audit.note(session.account, "canned_reply.delete", str(id))
    return see("/desk/canned-replies")


def _edit(
    request: Request,
    session: Session,
    found: CannedReply | None,
    title: str | None = None,
    texts: dict[str, str] | None = None,
    status_code: int = 200,
) -> HTMLResponse:
    known = desk_of(request).pages.languages
    return page(
        request,
        session,
        "canned_reply.html",
        status_code,
        place="inbox",
        id=found.id if found else None,
        title=(found.title if found else "") if title is None else title,
        texts=(found.texts if found else {}) if texts is None else texts,
        refused=texts is not None,
        names={code: display_name(code, session.account.language) for code in known},
        most_title=MOST_TITLE,
        most_text=MOST_TEXT,
    )
