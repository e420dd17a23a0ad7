"""``/desk/flags/new``: what is wrong with an answer that was asked for at the desk, handed over or rated, or that is
missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool

from assistant.questions import MAX_CHARACTERS, Profile
from web.desk.access import allowed, desk_of
from web.desk.accounts import Account, Role
from web.desk.desk import Desk
from web.desk.flag import KINDS, MOST_CORRECTION, NewFlag
from web.desk.flag_showing import names_of, no_flag
from web.desk.hand_off import NoHandOff
from web.desk.hand_offs import HandOffs
from web.desk.responses import page, see
from web.desk.sessions import Session
from web.exchanges import is_private
from web.feedback import digest

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

Flagger = Annotated[Session, Depends(allowed(Role.ADVISOR, Role.EDITOR, Role.EVALUATOR))]

_NAMES = ("answer", "hand_off", "turn", "feedback")
"""Where a flag comes from: names of the query and of the form."""
_OF_REASON = {"wrong": "wrong", "outdated": "outdated", "unclear": "unclear", "language": "translation"}
"""Residents' reasons and the kinds of flags that they are."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What is flagged, before anybody says what is wrong with it; ``back`` is the page it was seen on."""

    flag: NewFlag
    back: str = "/desk/review"
    comment: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    free: bool = False
    """Whether the question is written in the form."""


@router.get("/desk/flags/new")
def new(request: Request, session: Flagger) -> HTMLResponse:
    origin = _origin(desk_of(request), session.account, request.query_params)
    return no_flag(request, session) if origin is None else _form(request, session, origin)


@router.post("/desk/flags/new")
async def create(request: Request, session: Flagger) -> Response:
    form = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    return await run_in_threadpool(_create, request, session, form)


def _create(request: Request, session: Session, form: Mapping[str, str]) -> Response:
    desk = desk_of(request)
    origin = _origin(desk, session.account, form)
    if origin is None:
        return no_flag(request, session)
    if origin.free:
        origin = _written(desk, origin, form)
    sentences = len((origin.flag.answer or {}).get("sentences", ()))
    number = form.get("sentence", "")
    sentence = int(number) if number.isascii() and number.isdecimal() and int(number) < sentences else None
    kind = next((one for one in KINDS if one == form.get("kind")), None)
    flag = replace(origin.flag, sentence=sentence, correction=form.get("correction", "").replace("\r\n", "\n"))
    problems = [] if kind else ["kind"]
    problems += _problems(desk, flag) if origin.free else []
    if kind is None or problems:
        return _form(request, session, replace(origin, flag=flag), problems)
    flag = replace(flag, kind=kind, question=desk.reception.assistant.masked(flag.question))
    id = desk.reviewing.flags.create(session.account, flag)
    desk.audit.note(session.account, "flag.created", id, kind=kind, language=flag.language)
    return see(f"/desk/review/{id}")


def _origin(desk: Desk, account: Account, given: Mapping[str, str]) -> Origin | None:
    """What the address or the form names, as far as this account may see it."""
    fields = {name: given[name] for name in _NAMES if given.get(name)}
    if "answer" in fields:
        return _of_consultation(desk, account, fields)
    if "hand_off" in fields:
        return _of_hand_off(desk, account, fields)
    if "feedback" in fields:
        return _of_feedback(desk, account, fields)
    language = account.language if account.language in desk.pages.languages else "fi"
    return Origin(NewFlag("missing", "", language), free=True)


def _of_consultation(desk: Desk, account: Account, fields: Mapping[str, str]) -> Origin | None:
    found = desk.consultations.get(fields["answer"], account.id)
    exchange = found.exchange if found else None
    if found is None or exchange is None or exchange.private or not exchange.question:
        return None
    flag = NewFlag(
        "wrong",
        exchange.question,
        exchange.answer.language,
        _profile(found.profile),
        exchange.answer.to_wire(),
        exchange=digest(exchange.key),
    )
    return Origin(flag, f"/desk/ask/{exchange.key}", fields=fields)


def _of_hand_off(desk: Desk, account: Account, fields: Mapping[str, str]) -> Origin | None:
    """One exchange of what a resident handed over, the last one unless ``turn`` says which."""
    if Role.ADVISOR not in account.roles:
        return None
    try:
        found = HandOffs(desk.engine).get(fields["hand_off"])
        turn = fields.get("turn", "")
        exchange = found.transcript[int(turn) if turn.isascii() and turn.isdecimal() else -1]
    except (NoHandOff, IndexError):
        return None
    desk.audit.note(account, "hand_off.read", found.id)
    profile = {"municipality": found.municipality, "situation": found.situation}
    flag = NewFlag(
        "wrong",
        exchange["question"],
        exchange["answer"]["language"],
        {name: value for name, value in profile.items() if value},
        exchange["answer"],
        hand_off=found.id,
    )
    return Origin(flag, f"/desk/hand-offs/{found.id}", fields=fields)


def _of_feedback(desk: Desk, account: Account, fields: Mapping[str, str]) -> Origin | None:
    number = fields["feedback"]
    if Role.EDITOR not in account.roles or not (number.isascii() and number.isdecimal() and len(number) < 10):
        return None
    said = desk.reviewing.flags.feedback_of(int(number))
    if said is None:
        return None
    desk.audit.note(account, "feedback.read", said.id)
    known = {name: value for name, value in _traced(said.trace).items() if value}
    kinds = [_OF_REASON[reason] for reason in said.reasons if reason in _OF_REASON]
    flag = NewFlag(
        next((kind for kind in KINDS if kind in kinds), "missing"),
        said.question,
        said.language,
        known,
        exchange=said.exchange,
        conversation=said.conversation,
        documents=said.documents,
        build=said.build,
    )
    return Origin(flag, "/desk/review/feedback", said.comment or "", fields)


def _traced(trace: Mapping[str, Any]) -> dict[str, str | None]:
    places = trace.get("municipalities", ())
    return {"municipality": places[0] if len(places) == 1 else None, "situation": trace.get("situation")}


def _written(desk: Desk, origin: Origin, form: Mapping[str, str]) -> Origin:
    """A question that stands in the form itself."""
    language = form.get("language", "")
    municipality, situation = form.get("municipality", ""), form.get("situation", "")
    profile = {
        "municipality": municipality if municipality in desk.reception.assistant.municipalities else "",
        "situation": situation if situation in dict(desk.pages.languages["fi"].situations.items()) else "",
    }
    flag = replace(
        origin.flag,
        question=form.get("question", "").replace("\r\n", "\n").strip(),
        language=language if language in desk.pages.languages else origin.flag.language,
        profile={name: value for name, value in profile.items() if value},
    )
    return replace(origin, flag=flag)


def _problems(desk: Desk, flag: NewFlag) -> list[str]:
    if not flag.question or len(flag.question) > MAX_CHARACTERS:
        return ["question"]
    urgent = desk.reception.assistant.urgent(flag.question, language=flag.language)
    # Messages about violence at home are kept nowhere.
    return ["private"] if urgent and is_private(urgent) else []


def _profile(profile: Profile) -> dict[str, str]:
    values = {"municipality": profile.municipality, "situation": profile.situation and profile.situation.value}
    return {name: value for name, value in values.items() if value}


def _form(request: Request, session: Session, origin: Origin, problems: list[str] | None = None) -> HTMLResponse:
    desk = desk_of(request)
    own = session.account.language
    return page(
        request,
        session,
        "flag_new.html",
        422 if problems else 200,
        place="review",
        origin=origin,
        flag=origin.flag,
        problems=problems or [],
        kinds=KINDS,
        names=names_of(desk, session),
        municipalities=desk.reception.assistant.municipalities,
        situations=dict(desk.pages.languages[own if own in desk.pages.languages else "fi"].situations.items()),
        limit=MAX_CHARACTERS,
        most=MOST_CORRECTION,
    )
