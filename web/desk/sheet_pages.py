"""``/desk/sheets``: what a client takes along, to print, to copy or to send from the advisor's own e-mail program."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from web.desk.access import allowed, desk_of
from web.desk.accounts import Role
from web.desk.responses import page
from web.desk.sessions import Session
from web.desk.sheets import mail_link, plain_text
from web.desk.showing import shown
from web.rendering import Pages, date_in_finland

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/desk/sheets/{key}")
def sheet(
    request: Request,
    session: Annotated[Session, Depends(allowed(Role.ADVISOR, Role.EDITOR))],
    key: str,
    to: str = "",
    beside: str = "yes",
) -> HTMLResponse:
    """The sheet in the client's language; ``beside`` puts the advisor's language beside it."""
    desk = desk_of(request)
    found = shown(desk, session, key, to)
    if found is None:
        return page(request, session, "ask_gone.html", 404, place="ask", waiting=False)
    pages: Pages = request.state.pages
    made = found.sheet()
    both = beside == "yes" and made.language.code != made.own.code
    texts = pages.texts[made.language.code].translations.gettext
    day = date_in_finland(made.made)
    whole, alone = (plain_text(made, texts, beside=one, date_text=day) for one in (both, False))
    link, fits = mail_link(texts("Advice for newcomers in Espoo"), whole, alone)
    body = pages.render(
        "sheet.html",
        made.language.code,
        sheet=made,
        both=both,
        person_url=desk.reception.settings.person_url,
    )
    desk.audit.note(session.account, "sheet.made", language=made.name, changed=found.draft is not None)
    return page(
        request,
        session,
        "sheet.html",
        place="ask",
        shown=found,
        sheet=made,
        both=both,
        body=Markup(body),  # noqa: S704 (a template's own output)
        text=whole,
        mail=link,
        mail_fits=fits,
    )
