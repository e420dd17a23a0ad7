"""The addresses under ``/desk``: each part of the desk has a router of its own."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse

from web.desk import (
    account_pages,
    asking_pages,
    audit_pages,
    canned_reply_pages,
    card_facts_pages,
    card_history_pages,
    card_pages,
    case_pages,
    document_pages,
    flag_pages,
    hand_off_pages,
    inbox_pages,
    insight_pages,
    me_pages,
    palette_pages,
    publish_pages,
    reading_pages,
    review_pages,
    sheet_pages,
    sign_in_pages,
)
from web.desk.access import allowed, desk_of
from web.desk.places import places_for
from web.desk.responses import page
from web.desk.sessions import Session

__all__ = ["forbidden", "not_signed_in", "page", "router"]

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

SignedIn = Annotated[Session, Depends(allowed())]
"""Whoever is signed in, with any role."""


def not_signed_in(request: Request) -> Response:
    """To the page of signing in, and back afterwards."""
    if request.url.path.startswith("/api/"):
        return JSONResponse({"status": "not_signed_in"}, 401, headers={"Cache-Control": "no-store"})
    back = request.url.path if request.method in ("GET", "HEAD") else "/desk"
    return RedirectResponse(f"/desk/sign-in?next={quote(back)}", 303, headers={"Cache-Control": "no-store"})


def forbidden(request: Request) -> Response:
    if request.url.path.startswith("/api/"):
        return JSONResponse({"status": "forbidden"}, 403, headers={"Cache-Control": "no-store"})
    desk = desk_of(request)
    language = desk.reception.reply_language(request)
    body = desk.pages.render("forbidden.html", language)
    return HTMLResponse(body, 403, headers={"Cache-Control": "no-store"})


@router.get("/desk")
def start(session: SignedIn) -> RedirectResponse:
    """To the first place that the account may open."""
    return RedirectResponse(places_for(session.account.roles)[0].path, 303, headers={"Cache-Control": "no-store"})


for part in (
    sign_in_pages,
    me_pages,
    account_pages,
    audit_pages,
    asking_pages,
    sheet_pages,
    reading_pages,
    palette_pages,
    inbox_pages,
    hand_off_pages,
    canned_reply_pages,
    insight_pages,
    flag_pages,
    review_pages,
    case_pages,
    # Before the cards themselves, whose addresses hold any name.
    card_facts_pages,
    card_history_pages,
    card_pages,
    document_pages,
    publish_pages,
):
    router.include_router(part.router)
