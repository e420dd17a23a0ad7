"""``/desk/hand-offs/<id>``: a conversation that a resident left to an advisor, beside it in Finnish, and the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool

from assistant.answers import Answer, Outcome
from assistant.languages import display_name
from web.desk.access import allowed, desk_of
from web.desk.accounts import Role
from web.desk.canned_replies import CannedReply
from web.desk.finnish import finnish_of
from web.desk.hand_off import Closed, HandOff, NoHandOff, Overtaken, Rendering, new_token
from web.desk.inbox_pages import clock, handing_over_of
from web.desk.reasons import outcome_words, reasons
from web.desk.replies import rendered, written
from web.desk.responses import page, see
from web.desk.sessions import Session
from web.wire import answer_of

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

Advisor = Annotated[Session, Depends(allowed(Role.ADVISOR))]

LANGUAGES = ("fi", "sv", "en")
"""What advisors write in."""

MOST_REPLY = 4000
"""Characters of an answer."""

_GIVEN = (Outcome.ANSWERED, Outcome.PARTIAL, Outcome.CLARIFY)
"""Outcomes whose sentences are worth suggesting."""


@dataclass(frozen=True, slots=True)
class Writing:
    """What stands in the box, and what came of it: a ``problem``, or a ``preview`` of what the resident will read."""

    text: str = ""
    language: str = "fi"
    canned: int | None = None
    problem: str = ""
    preview: Rendering | None = None
    previewed: bool = False


@router.get("/desk/hand-offs/{id}")
def hand_off(
    request: Request,
    session: Advisor,
    id: str,
    canned: int | None = None,
    suggestion: bool = False,
    told: str = "",
) -> HTMLResponse:
    """``canned`` and ``suggestion`` put a text into the box, ``told`` says what became of a form."""
    over = handing_over_of(request)
    try:
        found = over.suggested(over.read(id))
    except NoHandOff:
        return _gone(request, session)
    writing = Writing()
    reply = over.canned.get(canned) if canned else None
    if reply:
        writing = _from_canned(reply)
    elif suggestion and (text := _suggested_text(found)):
        writing = Writing(text)
    return _show(request, session, found, writing, told=told)


@router.post("/desk/hand-offs/{id}/reply")
async def reply(
    request: Request,
    session: Advisor,
    id: str,
    text: Annotated[str, Form()] = "",
    language: Annotated[str, Form(max_length=8)] = "fi",
    canned: Annotated[str, Form(max_length=12)] = "",
    seen: Annotated[int, Form()] = 0,
    key: Annotated[str, Form(max_length=64)] = "",
    act: Annotated[str, Form(max_length=12)] = "send",
) -> Response:
    """Answer, or look at what the resident will read."""

    def work() -> Response:
        over = handing_over_of(request)
        said = text.replace("\r\n", "\n").strip()
        written_in = language if language in LANGUAGES else "fi"
        number = int(canned) if canned.isdecimal() else None
        try:
            found = over.read(id)
        except NoHandOff:
            return _gone(request, session)
        problem = "empty" if not said else "long" if len(said) > MOST_REPLY else ""
        if problem:
            writing = Writing(said, written_in, number, problem)
            return _show(request, session, found, writing, status_code=422)
        source = over.canned.get(number) if number else None
        made = written(said, written_in, found.language, source)
        made = made or rendered(said, written_in, found.language, over.assistant)
        if act == "preview":
            writing = Writing(said, written_in, number, preview=made, previewed=True)
            return _show(request, session, found, writing, seen=seen)
        try:
            new = over.store.reply(
                id, session.account, said, written_in, made, seen=seen, sent_as=f"desk {key}" if key else None
            )
        except NoHandOff:  # withdrawn meanwhile
            return _gone(request, session)
        except (Overtaken, Closed) as error:
            problem = "closed" if isinstance(error, Closed) else "overtaken"
            writing = Writing(said, written_in, number, problem)
            return _show(request, session, over.read(id), writing, status_code=409)
        if new:
            by = made.by if made else None
            desk_of(request).audit.note(session.account, "hand_off.answer", id, translated_by=by)
        return see(f"/desk/hand-offs/{id}?told=sent")

    return await run_in_threadpool(work)


@router.post("/desk/hand-offs/{id}/take")
def take(request: Request, session: Advisor, id: str) -> Response:
    """Work on it."""
    return _assign(request, session, id, session.account.id, expected=None, told="taken", action="take")


@router.post("/desk/hand-offs/{id}/give-back")
def give_back(request: Request, session: Advisor, id: str) -> Response:
    """Work on it no longer."""
    return _assign(request, session, id, None, expected=session.account.id, told="given_back", action="give_back")


@router.post("/desk/hand-offs/{id}/assign")
def assign(
    request: Request,
    session: Advisor,
    id: str,
    account: Annotated[int, Form()],
    owner: Annotated[str, Form(max_length=12)] = "",
) -> Response:
    """Give it to a colleague. ``owner`` is whoever had it when the page was made."""
    if account not in {colleague for colleague, _ in handing_over_of(request).inbox.colleagues()}:
        return see(f"/desk/hand-offs/{id}?told=overtaken")
    expected = int(owner) if owner.isdecimal() else None
    return _assign(request, session, id, account, expected=expected, told="assigned", action="assign")


@router.post("/desk/hand-offs/{id}/close")
def close(request: Request, session: Advisor, id: str) -> Response:
    return _change(request, session, id, "close")


@router.post("/desk/hand-offs/{id}/reopen")
def reopen(request: Request, session: Advisor, id: str) -> Response:
    return _change(request, session, id, "reopen")


def _assign(
    request: Request, session: Session, id: str, account: int | None, *, expected: int | None, told: str, action: str
) -> Response:
    try:
        done = handing_over_of(request).inbox.assign(id, account, expected=expected)
    except NoHandOff:
        return _gone(request, session)
    if done:
        desk_of(request).audit.note(session.account, f"hand_off.{action}", id, to=account)
    return see(f"/desk/hand-offs/{id}?told={told if done else 'overtaken'}")


def _change(request: Request, session: Session, id: str, action: str) -> Response:
    inbox = handing_over_of(request).inbox
    try:
        (inbox.close if action == "close" else inbox.reopen)(id)
    except NoHandOff:
        return _gone(request, session)
    desk_of(request).audit.note(session.account, f"hand_off.{action}", id)
    return see(f"/desk/hand-offs/{id}")


def _show(
    request: Request,
    session: Session,
    found: HandOff,
    writing: Writing,
    *,
    told: str = "",
    seen: int | None = None,
    status_code: int = 200,
) -> HTMLResponse:
    over, desk = handing_over_of(request), desk_of(request)
    desk.audit.note(session.account, "hand_off.read", found.id)
    reader = session.account.language

    def text(message: str) -> str:
        return desk.pages.text(reader, message)

    answers = [answer_of(exchange["answer"]) for exchange in found.transcript]
    waited, late = over.inbox.waited(found.waiting_since)
    languages = desk.reception.assistant.languages
    values: dict[str, Any] = {
        "hand_off": found,
        "exchanges": [
            {
                "question": exchange["question"],
                "finnish": exchange["finnish"],
                "answer": answer,
                "outcome": outcome_words(answer.status, text),
                "reasons": list(reasons(answer, reader, text)),
                "sources": _sources(answer),
            }
            for exchange, answer in zip(found.transcript, answers, strict=True)
        ],
        "finnish_of": finnish_of,
        "names": over.inbox.names([found.assigned_to, *(message.account for message in found.messages)]),
        "language_names": {code: display_name(code, reader) for code in languages},
        "colleagues": [one for one in over.inbox.colleagues() if one[0] != found.assigned_to],
        "canned": over.canned.all(),
        "suggestion": answer_of(found.suggestion) if found.suggestion else None,
        "suggested": _suggested_text(found),
        "writing": writing,
        "written_languages": LANGUAGES,
        "most": MOST_REPLY,
        # Who looks at a preview has seen what they had seen before, not what came meanwhile.
        "seen": found.version if seen is None else seen,
        "key": new_token(),
        "waited": clock(waited),
        "late": late,
        "told": told,
        "failures": over.deliveries.failures(found.id),
    }
    return page(request, session, "hand_off.html", status_code, place="inbox", **values)


def _gone(request: Request, session: Session) -> HTMLResponse:
    return page(request, session, "hand_off_gone.html", 404, place="inbox")


def _from_canned(reply: CannedReply) -> Writing:
    code = next((one for one in LANGUAGES if one in reply.texts), "")
    return Writing(reply.texts[code], code, reply.id) if code else Writing()


def _suggested_text(found: HandOff) -> str:
    """The suggestion's sentences, as an advisor would begin from them."""
    if found.suggestion is None or found.suggestion["status"] not in {one.value for one in _GIVEN}:
        return ""
    return "\n".join(sentence["text"] for sentence in found.suggestion["sentences"] if sentence["citations"])


def _sources(answer: Answer) -> list[tuple[str, str, str]]:
    """Id, title and language of each source of an answer, or of those it named as near."""
    cited = [(c.document, c.title, c.language) for sentence in answer.sentences for c in sentence.citations]
    return list(dict.fromkeys([*cited, *((n.document, n.title, n.language) for n in answer.nearest)]))
