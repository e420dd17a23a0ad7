"""``/desk/ask``: an advisor asks for a client, sees the Answer in both languages and what it rests on, changes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.concurrency import run_in_threadpool

from assistant.languages import display_name
from assistant.questions import MAX_CHARACTERS, Profile, Situation
from corpus.card_schema import language_of
from web.asking import Asked
from web.conversations import new_id
from web.desk.access import allowed, desk_of
from web.desk.accounts import Role
from web.desk.consultations import Consultation
from web.desk.desk import Desk
from web.desk.drafts import changed, draft_of, with_translation
from web.desk.evidence import Filters, evidence
from web.desk.pinned import pinned
from web.desk.reasons import outcome_words, percent, reasons
from web.desk.responses import page, see
from web.desk.sessions import Session
from web.desk.sheets import plain_text
from web.desk.showing import Shown, own_language, shown
from web.refusals import Refused
from web.rendering import date_in_finland

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

Asker = Annotated[Session, Depends(allowed(Role.ADVISOR, Role.EDITOR))]

_WAIT_SECONDS = 2


@router.get("/desk/ask")
def start(request: Request, session: Asker, again: int = 0) -> HTMLResponse:
    desk = desk_of(request)
    recent = desk.recents.get(session.account, again) if again else None
    filled = {
        "question": recent.question if recent else "",
        "client": recent.language if recent else "",
        "profile": recent.profile if recent else Profile(),
    }
    return _form(request, session, filled)


@router.post("/desk/ask")
async def ask(
    request: Request,
    session: Asker,
    question: Annotated[str, Form()] = "",
    client: Annotated[str, Form(max_length=8)] = "",
    asked_in: Annotated[str, Form(max_length=8)] = "",
    municipality: Annotated[str, Form(max_length=100)] = "",
    situation: Annotated[str, Form(max_length=100)] = "",
    key: Annotated[str, Form()] = "",
) -> Response:
    desk, own = desk_of(request), own_language(desk_of(request), session)
    reception = desk.reception
    text = question.replace("\r\n", "\n")
    profile = Profile(municipality or None, _situation(situation))
    client = client if client in desk.twins.names() else ""
    language = await run_in_threadpool(_language, desk, text, asked_in, client, own)
    asked = Asked(
        text, reply_language=own, language=language, page_language=own, profile=profile, key=key, channel="desk"
    )
    begun = Consultation(reception.key_for(asked), session.account.id, language, client or language, profile)
    if not desk.consultations.begin(begun):
        begun = replace(begun, key=new_id())
        desk.consultations.begin(begun)
    asked = replace(asked, key=begun.key)
    try:
        answer = await reception.ask(request, asked)
    except Refused as refused:
        filled = {"question": text, "client": client, "profile": profile}
        return await run_in_threadpool(_form, request, session, filled, refused)
    exchange = reception.finished.exchange(begun.key)
    if exchange and exchange.question:
        await run_in_threadpool(
            desk.recents.note, session.account, exchange.question, client or answer.language, profile
        )
    return see(f"/desk/ask/{begun.key}")


@router.get("/desk/ask/{key}")
def answer(request: Request, session: Asker, key: str, to: str = "") -> HTMLResponse:
    desk = desk_of(request)
    found = shown(desk, session, key, to)
    if found is None:
        return _gone(request, session, key)
    pages, own = desk.pages, own_language(desk, session)

    def gettext(message: str) -> str:
        return pages.text(session.account.language, message)

    exchange = found.exchange
    filters = Filters.of(request.query_params)
    return _page(
        request,
        session,
        "ask_answer.html",
        shown=found,
        outcome=outcome_words(exchange.answer.status, gettext),
        reasons=list(reasons(exchange.answer, own, gettext)),
        evidence=evidence(exchange, exchange.answer.language, filters, desk.reception.assistant, own),
        filters=filters,
        question=exchange.question,
        client=found.name,
        profile=found.consultation.profile,
        refused=None,
        texts_to_copy=_texts_to_copy(request, found),
        percent=percent,
        resident=request.state.pages.texts[found.client.answer.language].translations.gettext,
        audiences={"child": gettext("Child")} | dict(desk.reception.assistant.languages[own].situations.items()),
        **_choices(desk, own),
    )


@router.get("/desk/ask/{key}/edit")
def edit(request: Request, session: Asker, key: str, to: str = "", failed: str = "") -> HTMLResponse:
    desk = desk_of(request)
    found = shown(desk, session, key, to)
    if found is None:
        return _gone(request, session, key)
    return _page(
        request,
        session,
        "ask_edit.html",
        shown=found,
        draft=found.draft or draft_of(found.client, found.own),
        translates=_translates(desk, found),
        failed=failed,
    )


@router.post("/desk/ask/{key}/edit")
async def change(request: Request, session: Asker, key: str) -> Response:
    form = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    return await run_in_threadpool(_change, request, session, key, form)


@router.post("/desk/recent/forget")
def forget(request: Request, session: Asker, id: Annotated[int | None, Form()] = None) -> RedirectResponse:
    """One recent question, or all of them."""
    desk_of(request).recents.forget(session.account, id)
    return see("/desk/ask#recent")


def _change(request: Request, session: Session, key: str, form: Mapping[str, str]) -> Response:
    desk = desk_of(request)
    found = shown(desk, session, key, form.get("to", ""))
    if found is None:
        return _gone(request, session, key)
    account, name, act = session.account, found.name, form.get("act", "save")
    place = f"/desk/ask/{key}/edit?to={name}"
    if act == "reset":
        desk.consultations.keep_draft(key, account.id, name, None)
        return see(place)
    draft = changed(found.draft or draft_of(found.client, found.own), form)
    if act.startswith("translate-"):
        line = act.removeprefix("translate-")
        text = draft.added.own if line == "added" else draft.lines[int(line)].own if _is_line(line, draft.lines) else ""
        mine, theirs = found.own.answer.language, found.client.answer.language
        translated = desk.twins.translated([text], mine, theirs)[0] if text else None
        draft = with_translation(draft, line, translated) if translated else draft
        place += f"#line-{line}" if translated else f"&failed={line}#line-{line}" if _is_safe(line, draft.lines) else ""
    desk.consultations.keep_draft(key, account.id, name, draft)
    desk.audit.note(account, "answer.edited", language=name)
    if act == "sheet":
        return see(f"/desk/sheets/{key}?to={name}")
    if act == "answer":
        return see(f"/desk/ask/{key}?to={name}")
    return see(place)


def _language(desk: Desk, text: str, asked_in: str, client: str, own: str) -> str | None:
    """The language to ask in. Advisors write in the desk's languages; anything else is the client's own words."""
    assistant, desk_languages = desk.reception.assistant, desk.pages.texts
    if asked_in in assistant.languages:
        return asked_in
    identified = assistant.identify(text, own) if text.strip() else own
    wished = language_of(client) if client else ""
    if wished and identified not in desk_languages:
        return wished
    return identified if identified in assistant.languages else None


def _translates(desk: Desk, found: Shown) -> bool:
    """Whether an engine translates from the advisor's language to the client's: the first sentence is tried."""
    mine, theirs = found.own.answer.language, found.client.answer.language
    first = next((one.sentence.text for one in found.own.sentences if one and one.sentence.language == mine), None)
    return mine != theirs and first is not None and desk.twins.translated([first], mine, theirs) != [None]


def _texts_to_copy(request: Request, found: Shown) -> tuple[str, str]:
    """The client's text, and the same with the advisor's language below each sentence."""
    texts = request.state.pages.texts[found.client.answer.language].translations.gettext
    sheet = found.sheet()
    day = date_in_finland(sheet.made)
    alone, both = (plain_text(sheet, texts, beside=beside, date_text=day) for beside in (False, True))
    return alone, both


def _form(
    request: Request, session: Session, filled: Mapping[str, Any], refused: Refused | None = None
) -> HTMLResponse:
    desk = desk_of(request)
    return _page(
        request,
        session,
        "ask.html",
        refused.status_code if refused else 200,
        refused=refused.error if refused else None,
        recents=desk.recents.of(session.account),
        pins=pinned(desk, session.account),
        **_choices(desk, own_language(desk, session)),
        **filled,
    )


def _gone(request: Request, session: Session, key: str) -> HTMLResponse:
    """No such answer of this advisor's; or it is being made."""
    waiting = desk_of(request).reception.finished.is_being_made(key)
    response = _page(request, session, "ask_gone.html", 200 if waiting else 404, waiting=waiting)
    if waiting:
        response.headers["Refresh"] = str(_WAIT_SECONDS)
    return response


def _choices(desk: Desk, own: str) -> dict[str, Any]:
    """What the form offers."""
    return {
        "names": {code: display_name(code, own) for code in desk.pages.languages},
        "plain_names": [name for name in desk.twins.names() if name not in desk.pages.languages],
        "municipalities": desk.reception.assistant.municipalities,
        "situations": desk.reception.assistant.languages[own].situations,
        "limit": MAX_CHARACTERS,
        "new_key": new_id(),
    }


def _page(request: Request, session: Session, template: str, status_code: int = 200, **values: Any) -> HTMLResponse:
    return page(request, session, template, status_code, place="ask", **values)


def _situation(value: str) -> Situation | None:
    try:
        return Situation(value)
    except ValueError:
        return None


def _is_line(place: str, lines: tuple[Any, ...]) -> bool:
    return place.isascii() and place.isdecimal() and len(place) < 4 and int(place) < len(lines)


def _is_safe(place: str, lines: tuple[Any, ...]) -> bool:
    return place == "added" or _is_line(place, lines)
