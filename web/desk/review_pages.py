"""``/desk/review``: what was flagged, whether it is mended, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse

from assistant.answers import Outcome
from assistant.questions import InvalidQuestion, Profile, Situation
from web.desk.access import allowed, desk_of
from web.desk.accounts import Role
from web.desk.flag import KINDS, ROWS, STATES, Chosen, Closed, NoFlag, NotAskedAgain
from web.desk.flag_showing import names_of, no_flag, people_of, serving_build, show_flag
from web.desk.responses import page, see
from web.desk.sessions import Session
from web.exchanges import is_private

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

Reader = Annotated[Session, Depends(allowed(Role.ADVISOR, Role.EDITOR, Role.EVALUATOR))]
Mender = Annotated[Session, Depends(allowed(Role.EDITOR, Role.EVALUATOR))]
Editor = Annotated[Session, Depends(allowed(Role.EDITOR))]

AGES = ("7", "30", "90")
"""Days since which, for the list."""


@router.get("/desk/review")
def review(
    request: Request,
    session: Reader,
    state: str = "open",
    kind: str = "",
    language: str = "",
    card: str = "",
    age: str = "",
    before: int | None = None,
) -> HTMLResponse:
    desk, flags = desk_of(request), desk_of(request).reviewing.flags
    state = state if state in (*STATES, "") else "open"
    since = datetime.now(UTC) - timedelta(days=int(age)) if age in AGES else None
    chosen = Chosen(state, kind if kind in KINDS else "", language, card, since=since)
    found = flags.page(chosen, before=before)
    rows = found[:ROWS]
    desk.audit.note(session.account, "flags.read", rows=len(rows))
    return page(
        request,
        session,
        "review.html",
        place="review",
        rows=rows,
        following=rows[-1].id if len(found) > ROWS else None,
        chosen=chosen,
        age=age if age in AGES else "",
        ages=AGES,
        counts=flags.counts(),
        states=STATES,
        kinds=KINDS,
        cards=flags.cards(),
        people=people_of(desk),
        names=names_of(desk, session),
        may_read_feedback=Role.EDITOR in session.account.roles,
    )


@router.get("/desk/review/feedback")
def feedback(request: Request, session: Editor, before: int | None = None) -> HTMLResponse:
    """What residents said in words that an answer did not help."""
    desk = desk_of(request)
    found = desk.reviewing.flags.feedback(before=before)
    rows = found[:ROWS]
    desk.audit.note(session.account, "feedback.read", rows=len(rows))
    return page(
        request,
        session,
        "review_feedback.html",
        place="review",
        rows=rows,
        following=rows[-1].id if len(found) > ROWS else None,
        names=names_of(desk, session),
    )


@router.get("/desk/review/{id}")
def flag(request: Request, session: Reader, id: int) -> HTMLResponse:
    return show_flag(request, session, id)


@router.post("/desk/review/{id}/ask")
def ask_again(request: Request, session: Reader, id: int) -> Response:
    """Ask the question of the build that serves now."""
    desk = desk_of(request)
    try:
        found = desk.reviewing.flags.get(id)
    except NoFlag:
        return no_flag(request, session)
    try:
        # Not through the reception: it is no resident's question, to be counted or kept for them.
        answer = desk.reception.assistant.ask(found.question, language=found.language, profile=_profile(found.profile))
    except InvalidQuestion:
        return show_flag(request, session, id, "not_asked")
    if answer.status is Outcome.UNAVAILABLE or is_private(answer):
        return show_flag(request, session, id, "not_asked")
    desk.reviewing.flags.asked_again(id, answer.to_wire(), answer.trace.get("build"))
    desk.audit.note(session.account, "flag.asked_again", id, outcome=answer.status.value)
    return see(f"/desk/review/{id}#now")


@router.post("/desk/review/{id}/close")
def close(
    request: Request,
    session: Mender,
    id: int,
    act: Annotated[str, Form(max_length=20)] = "",
    resolution: Annotated[str, Form(max_length=4000)] = "",
) -> Response:
    """Fixed, once the question was asked again; declined, with a reason; or open again."""
    desk, flags = desk_of(request), desk_of(request).reviewing.flags
    try:
        if act == "fixed":
            flags.fix(id, session.account, resolution, serving_build(desk, flags.get(id)))
        elif act == "declined" and resolution.strip():
            flags.decline(id, session.account, resolution)
        elif act == "reopen":
            flags.reopen(id)
        else:
            return show_flag(request, session, id, "reason")
    except NoFlag:
        return no_flag(request, session)
    except NotAskedAgain:
        return show_flag(request, session, id, "ask_first")
    except Closed:
        return see(f"/desk/review/{id}")
    desk.audit.note(session.account, "flag.reopened" if act == "reopen" else f"flag.{act}", id)
    return see(f"/desk/review/{id}")


@router.post("/desk/review/{id}/delete")
def delete(request: Request, session: Editor, id: int) -> Response:
    """The flag with its words and its evaluation case."""
    desk = desk_of(request)
    if not desk.reviewing.flags.forget(id):
        return no_flag(request, session)
    desk.audit.note(session.account, "flag.deleted", id)
    return see("/desk/review")


def _profile(profile: Mapping[str, str]) -> Profile:
    situation = profile.get("situation")
    return Profile(profile.get("municipality"), Situation(situation) if situation else None)
