"""``/desk/cards``: every card in every language, and mending a text beside the Finnish one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool

from corpus.card_schema import Translation
from corpus.documents import CorpusError
from corpus.findings import Finding
from web.desk.access import allowed, desk_of
from web.desk.accounts import Role
from web.desk.card_editing import MOST_CHARACTERS, Refused
from web.desk.card_files import Draft
from web.desk.card_statuses import CardStatus
from web.desk.check_words import finding_words, status_names
from web.desk.desk import Desk
from web.desk.flag_showing import names_of
from web.desk.responses import page, see
from web.desk.sessions import Session

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

Editor = Annotated[Session, Depends(allowed(Role.EDITOR))]


@router.get("/desk/cards")
def cards(request: Request, session: Editor) -> HTMLResponse:
    desk = desk_of(request)
    editing = desk.reviewing.cards
    return card_page(
        request,
        session,
        "cards.html",
        statuses=editing.statuses(),
        text_names=editing.names,
        tab="cards",
    )


@router.get("/desk/cards/{slug}")
def card(request: Request, session: Editor, slug: str) -> HTMLResponse:
    desk = desk_of(request)
    status = desk.reviewing.cards.status(slug)
    if status is None:
        return no_card(request, session)
    texts = {text.name: [said(desk, session, one) for one in text.findings] for text in status.texts}
    return card_page(request, session, "card.html", status=status, findings=texts, tab="cards")


@router.get("/desk/cards/{slug}/{name}")
def text(request: Request, session: Editor, slug: str, name: str, saved: str = "") -> HTMLResponse:
    editing = desk_of(request).reviewing.cards
    if _is_unknown(desk_of(request), slug, name):
        return no_card(request, session)
    draft = editing.draft(slug, name)
    return _edit(request, session, slug, name, draft, editing.seen(slug, f"{name}.md"), saved=saved)


@router.post("/desk/cards/{slug}/{name}")
async def change(request: Request, session: Editor, slug: str, name: str) -> Response:
    form = {key: value for key, value in (await request.form()).items() if isinstance(value, str)}
    return await run_in_threadpool(_change, request, session, slug, name, form)


def _change(request: Request, session: Session, slug: str, name: str, form: Mapping[str, str]) -> Response:
    """Check, save, mark as read, confirm, or go back to the shipped text."""
    desk, editing = desk_of(request), desk_of(request).reviewing.cards
    if _is_unknown(desk, slug, name) or not editing.possible:
        return no_card(request, session)
    act, seen, file = form.get("act", "save"), form.get("seen", ""), f"{name}.md"
    draft = _draft(form, editing.draft(slug, name))
    if problem := _problem(act, draft, form):
        return _edit(request, session, slug, name, draft, seen, problem=problem)
    try:
        if act == "check":
            found = editing.check(slug, name, draft)
            return _edit(request, session, slug, name, draft, seen, findings=found, checked=True)
        if act == "confirm":
            editing.confirm(session.account, slug, file, seen)
        elif act == "give_back":
            editing.give_back(session.account, slug, file, seen)
        else:
            editing.save(session.account, slug, name, draft, seen, read=act == "read")
    except Refused as refused:
        if not refused.overtaken:
            return _edit(request, session, slug, name, draft, seen, findings=refused.findings, broken=refused.problem)
        # What they wrote stays in the form; saving once more is then a decision.
        now = editing.seen(slug, file)
        return _edit(request, session, slug, name, draft, now, overtaken=True)
    action = {"confirm": "card.confirmed", "give_back": "card.returned", "read": "card.reviewed"}.get(
        act, "card.changed"
    )
    desk.audit.note(session.account, action, f"{slug}/{name}")
    return see(f"/desk/cards/{slug}/{name}?saved={act if act in ('confirm', 'give_back', 'read') else 'save'}")


def card_page(request: Request, session: Session, template: str, status_code: int = 200, **values: Any) -> HTMLResponse:
    """A page of the cards' part of the desk."""
    desk = desk_of(request)
    return page(
        request,
        session,
        template,
        status_code,
        place="cards",
        names=names_of(desk, session),
        status_names=status_names(gettext_of(desk, session)),
        possible=desk.reviewing.cards.possible,
        **values,
    )


def no_card(request: Request, session: Session) -> HTMLResponse:
    """There is no such card, text or document; or nothing can be changed here."""
    return card_page(request, session, "cards_gone.html", 404, tab="cards")


def gettext_of(desk: Desk, session: Session) -> Callable[[str], str]:
    return lambda message: desk.pages.text(session.account.language, message)


def said(desk: Desk, session: Session, finding: Finding) -> tuple[str, str]:
    """A finding in the editor's language."""
    return finding_words(finding, gettext_of(desk, session))


def _edit(
    request: Request,
    session: Session,
    slug: str,
    name: str,
    draft: Draft,
    seen: str,
    *,
    findings: tuple[Finding, ...] | list[Finding] = (),
    problem: str = "",
    broken: str = "",
    overtaken: bool = False,
    checked: bool = False,
    saved: str = "",
) -> HTMLResponse:
    desk, editing = desk_of(request), desk_of(request).reviewing.cards
    file = f"{name}.md"
    status = editing.status(slug)
    assert status is not None
    theirs = editing.draft(slug, name) if overtaken and seen else None
    return card_page(
        request,
        session,
        "card_text.html",
        422 if findings or problem or broken or overtaken else 200,
        tab="cards",
        status=status,
        slug=slug,
        name=name,
        text=next(one for one in status.texts if one.name == name),
        draft=draft,
        seen=seen,
        original=editing.draft(slug, "fi") if name != "fi" else None,
        shipped_before=editing.overlay.before_update(slug, file),
        shipped=editing.overlay.shipped(slug, file),
        findings=[said(desk, session, finding) for finding in findings],
        broken=broken,
        problem=problem,
        theirs=theirs,
        overtaken=overtaken,
        checked=checked,
        saved=saved,
        most=MOST_CHARACTERS,
        facts=status.card.facts,
        wording=_wordings(status, name),
    )


def _wordings(status: CardStatus, name: str) -> dict[str, str]:
    """How each fact is worded here if the text does not say otherwise."""
    return {fact_name: fact.wording(name) for fact_name, fact in status.card.facts.items()}


def _draft(form: Mapping[str, str], before: Draft) -> Draft:
    """The text as a form sent it."""
    if "body" not in form:
        return before
    given = {
        name.removeprefix("wording-"): " ".join(value.split()) for name, value in form.items() if "wording-" in name
    }
    authored = form.get("translation") == Translation.AUTHORED.value
    return replace(
        before,
        title=" ".join(form.get("title", "").split()),
        body=form["body"].replace("\r\n", "\n").strip(),
        translation=Translation.AUTHORED if authored else Translation.MACHINE,
        wordings=given,
        role=" ".join(form.get("role", "").split()),
    )


def _problem(act: str, draft: Draft, form: Mapping[str, str]) -> str:
    """What a form lacks."""
    if act in ("confirm", "give_back"):
        return ""
    if not draft.title or not draft.body:
        return "empty"
    if len(draft.body) > MOST_CHARACTERS:
        return "long"
    if any(line.strip() == "+++" for line in draft.body.split("\n")):
        return "fence"
    return "unread" if act == "read" and not (draft.role and form.get("is_read")) else ""


def _is_unknown(desk: Desk, slug: str, name: str) -> bool:
    try:
        status = desk.reviewing.cards.status(slug)
    except CorpusError:
        return True
    return status is None or name not in {text.name for text in status.texts}
