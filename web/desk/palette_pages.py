"""Everything one can go to, in one list, and the keys for it. The desk's script shows both in a dialog."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from web.desk.access import allowed, desk_of
from web.desk.accounts import Role
from web.desk.pinned import pinned
from web.desk.responses import page
from web.desk.sessions import Session

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

SignedIn = Annotated[Session, Depends(allowed())]


@router.get("/desk/palette")
def palette(request: Request, session: SignedIn) -> HTMLResponse:
    """Places, recent questions and pins."""
    desk, account = desk_of(request), session.account
    asks = not account.roles.isdisjoint({Role.ADVISOR, Role.EDITOR})
    return page(
        request,
        session,
        "palette.html",
        place="palette",
        recents=desk.recents.of(account) if asks else [],
        pins=pinned(desk, account) if asks else [],
        asks=asks,
    )


@router.get("/desk/shortcuts")
def shortcuts(request: Request, session: SignedIn) -> HTMLResponse:
    """The keys, and the switch for those of one letter."""
    return page(request, session, "palette_shortcuts.html", place="shortcuts")
