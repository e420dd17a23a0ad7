"""A flag becomes an evaluation case, and is none any more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool

from web.desk.access import allowed, desk_of
from web.desk.accounts import Role
from web.desk.case_files import EvaluationCase
from web.desk.desk import Desk
from web.desk.flag import Flag, NoFlag
from web.desk.flag_showing import EXPECTED, no_flag, show_flag
from web.desk.responses import see
from web.desk.sessions import Session

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

Mender = Annotated[Session, Depends(allowed(Role.EDITOR, Role.EVALUATOR))]


@router.post("/desk/review/{id}/case")
async def case(request: Request, session: Mender, id: int) -> Response:
    form = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    return await run_in_threadpool(_case, request, session, id, form)


def _case(request: Request, session: Session, id: int, form: Mapping[str, str]) -> Response:
    """Make the flag an evaluation case, change that, or withdraw it."""
    desk, files = desk_of(request), desk_of(request).reviewing.cases
    try:
        found = desk.reviewing.flags.get(id)
    except NoFlag:
        return no_flag(request, session)
    if files is None:
        return show_flag(request, session, id, "no_folder")
    case_id = f"flag-{id}"
    if form.get("act") == "withdraw":
        files.withdraw({case_id})
        desk.reviewing.flags.has_case(id, None)
        desk.audit.note(session.account, "flag.case_withdrawn", id)
        return see(f"/desk/review/{id}#case")
    made = _case_of(desk, found, case_id, form)
    if isinstance(made, str):
        return show_flag(request, session, id, made, form)
    files.put(made)
    desk.reviewing.flags.has_case(id, case_id)
    desk.audit.note(session.account, "flag.case_made", id)
    return see(f"/desk/review/{id}#case")


def _case_of(desk: Desk, flag: Flag, case_id: str, form: Mapping[str, str]) -> EvaluationCase | str:
    """The case, or what is wrong with the form."""
    expected = form.get("expected", "")
    cards, documents = _words(form.get("cards", "")), _words(form.get("documents", ""))
    if expected not in EXPECTED:
        return "expected"
    if any(card not in desk.reviewing.cards.all() for card in cards):
        return "cards"
    if expected == "answer" and not (cards or documents):
        return "sources"
    return EvaluationCase(
        case_id,
        flag.question,
        flag.language,
        flag.profile.get("municipality"),
        flag.profile.get("situation"),
        outcomes=EXPECTED[expected],
        cards=cards if expected == "answer" else (),
        documents=documents if expected == "answer" else (),
        facts=_lines(form.get("facts", "")) if expected == "answer" else (),
        must_not=_lines(form.get("must_not", "")),
        kind=flag.kind,
    )


def _words(text: str) -> list[str]:
    return list(dict.fromkeys(text.replace(",", " ").split()))


def _lines(text: str) -> list[str]:
    return list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
