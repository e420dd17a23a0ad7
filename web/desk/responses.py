"""What the desk's routes answer with: pages that no cache keeps, and the way on after a form."""

from __future__ import annotations

from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse

from web.desk.access import desk_of
from web.desk.sessions import Session

_NO_STORE = {"Cache-Control": "no-store"}


def page(request: Request, session: Session, template: str, status_code: int = 200, **values: Any) -> HTMLResponse:
    """A page of the desk, in the language of whoever is signed in."""
    body = desk_of(request).pages.render(template, session.account.language, session=session, **values)
    return HTMLResponse(body, status_code, headers=_NO_STORE)


def see(path: str) -> RedirectResponse:
    """After a form: the page that shows what became of it."""
    return RedirectResponse(path, 303, headers=_NO_STORE)
