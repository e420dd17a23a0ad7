"""``/desk/inbox``: what residents left to advisors, by state, the longest wait first. Nobody's words stand here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse

from assistant.languages import display_name
from web.desk.access import allowed, desk_of
from web.desk.accounts import Role
from web.desk.handing_over import HandingOver
from web.desk.inbox import VIEWS, View
from web.desk.responses import page, see
from web.desk.sessions import Session

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

Advisor = Annotated[Session, Depends(allowed(Role.ADVISOR))]


def handing_over_of(request: Request) -> HandingOver:
    found: HandingOver = request.state.handing_over
    return found


def clock(waited: timedelta | None) -> str:
    """``2 h 5 min``: the same in each of the desk's languages."""
    if waited is None:
        return ""
    hours, minutes = divmod(int(waited.total_seconds()) // 60, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


@router.get("/desk/inbox")
def inbox(
    request: Request, session: Advisor, view: str = "open", mine: bool = False, language: str = "", after: str = ""
) -> HTMLResponse:
    over, languages = handing_over_of(request), desk_of(request).reception.assistant.languages
    shown: View = next((one for one in VIEWS if one == view), "open")
    language = language if language in languages else ""
    found = over.inbox.page(shown, mine=session.account if mine else None, language=language or None, after=after)
    counts = over.inbox.counts()
    chosen = {"mine": "true"} if mine else {}
    chosen |= {"language": language} if language else {}
    return page(
        request,
        session,
        "inbox.html",
        place="inbox",
        view=shown,
        views=VIEWS,
        mine=mine,
        chosen=language,
        rows=found.rows,
        following=found.following and urlencode({"view": shown, **chosen, "after": found.following}),
        first=urlencode({"view": shown, **chosen}),
        later=bool(after),
        query=urlencode(chosen),
        counts=counts | {"open": counts["new"] + counts["assigned"]},
        names={code: display_name(code, session.account.language) for code in languages},
        clock=clock,
        enabled=over.settings.enabled,
        opens=over.hours.next_opening(datetime.now(UTC)),
        failures=over.deliveries.failures(),
    )


@router.post("/desk/deliveries")
def retry(
    request: Request, session: Advisor, id: Annotated[int, Form()], back: Annotated[str, Form(max_length=40)] = ""
) -> Response:
    """Try again what did not arrive."""
    handing_over_of(request).deliveries.retry(id)
    desk_of(request).audit.note(session.account, "delivery.retry", str(id))
    return see(f"/desk/hand-offs/{back}" if back.isalnum() else "/desk/inbox")
