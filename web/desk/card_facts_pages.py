"""The facts of a card, and new cards."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool

from corpus.card_schema import Audience, Status, Topic, Translation
from corpus.documents import CorpusError
from corpus.findings import Finding
from web.desk.access import allowed, desk_of
from web.desk.accounts import Role
from web.desk.card_editing import MOST_CHARACTERS, SERVICE, Refused
from web.desk.card_files import Draft
from web.desk.card_pages import card_page, no_card, said
from web.desk.responses import see
from web.desk.sessions import Session

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

Editor = Annotated[Session, Depends(allowed(Role.EDITOR))]

_WRITTEN_FIRST = ("fi", "en")
"""The texts that a new card begins with."""


@router.get("/desk/cards/new")
def new(request: Request, session: Editor) -> HTMLResponse:
    given = {"topic": "guidance", "municipalities": "Espoo", "audience": "all", "status": "in force"}
    given |= {name: request.query_params.get(name, "")[:500] for name in ("slug", "question")}
    return _new(request, session, given)


@router.post("/desk/cards/new")
async def begin(request: Request, session: Editor) -> Response:
    form = {key: value for key, value in (await request.form()).items() if isinstance(value, str)}
    return await run_in_threadpool(_begin, request, session, form)


@router.get("/desk/cards/{slug}/facts")
def facts(request: Request, session: Editor, slug: str, saved: str = "", texts: str = "") -> HTMLResponse:
    editing = desk_of(request).reviewing.cards
    toml = _known(request, slug)
    if toml is None:
        return no_card(request, session)
    return _facts(request, session, slug, toml, editing.seen(slug, SERVICE), saved=saved, texts=texts)


@router.post("/desk/cards/{slug}/facts")
async def change(request: Request, session: Editor, slug: str) -> Response:
    form = {key: value for key, value in (await request.form()).items() if isinstance(value, str)}
    return await run_in_threadpool(_change, request, session, slug, form)


def _change(request: Request, session: Session, slug: str, form: Mapping[str, str]) -> Response:
    desk, editing = desk_of(request), desk_of(request).reviewing.cards
    if _known(request, slug) is None or not editing.possible:
        return no_card(request, session)
    act, seen = form.get("act", "save"), form.get("seen", "")
    toml = form.get("toml", "").replace("\r\n", "\n")[: MOST_CHARACTERS + 1]
    changed: list[str] = []
    try:
        if act == "confirm":
            editing.confirm(session.account, slug, SERVICE, seen)
        elif act == "give_back":
            editing.give_back(session.account, slug, SERVICE, seen)
        else:
            changed = editing.save_facts(session.account, slug, toml, seen, everywhere="everywhere" in form)
    except Refused as refused:
        if refused.overtaken:
            return _facts(request, session, slug, toml, editing.seen(slug, SERVICE), overtaken=True)
        return _facts(request, session, slug, toml, seen, findings=refused.findings, broken=refused.problem)
    action = {"confirm": "card.confirmed", "give_back": "card.returned"}.get(act, "card.changed")
    desk.audit.note(session.account, action, f"{slug}/facts", texts=changed)
    done = act if act in ("confirm", "give_back") else "save"
    return see(f"/desk/cards/{slug}/facts?saved={done}&texts={len(changed)}")


def _facts(
    request: Request,
    session: Session,
    slug: str,
    toml: str,
    seen: str,
    *,
    findings: tuple[Finding, ...] = (),
    broken: str = "",
    overtaken: bool = False,
    saved: str = "",
    texts: str = "",
) -> HTMLResponse:
    desk, editing = desk_of(request), desk_of(request).reviewing.cards
    status = editing.status(slug)
    assert status is not None
    return card_page(
        request,
        session,
        "card_facts.html",
        422 if findings or broken or overtaken else 200,
        tab="cards",
        status=status,
        slug=slug,
        toml=toml,
        seen=seen,
        theirs=editing.overlay.text(slug, SERVICE) if overtaken else None,
        overtaken=overtaken,
        shipped=editing.overlay.shipped(slug, SERVICE),
        findings=[said(desk, session, finding) for finding in findings],
        broken=broken,
        saved=saved,
        changed_texts=int(texts) if texts.isascii() and texts.isdecimal() and len(texts) < 4 else 0,
        to_mend=[text for text in status.texts if text.findings],
        most=MOST_CHARACTERS,
    )


def _begin(request: Request, session: Session, form: Mapping[str, str]) -> Response:
    desk, editing = desk_of(request), desk_of(request).reviewing.cards
    if not editing.possible:
        return no_card(request, session)
    slug = form.get("slug", "").strip()
    texts = {name: _text(form, name) for name in _WRITTEN_FIRST}
    needed = ["slug", "channel", "source_title", "source_publisher"]
    needed += [f"{part}-{name}" for name in _WRITTEN_FIRST for part in ("title", "body")]
    if missing := [name for name in needed if not form.get(name, "").strip()]:
        return _new(request, session, form, missing=missing)
    try:
        editing.begin(session.account, slug, _toml(slug, form), texts)
    except Refused as refused:
        return _new(request, session, form, findings=refused.findings, broken=refused.problem)
    except CorpusError as error:
        return _new(request, session, form, broken=str(error))
    desk.audit.note(session.account, "card.begun", slug)
    return see(f"/desk/cards/{slug}")


def _new(
    request: Request,
    session: Session,
    form: Mapping[str, str],
    *,
    findings: tuple[Finding, ...] = (),
    broken: str = "",
    missing: list[str] | None = None,
) -> HTMLResponse:
    desk = desk_of(request)
    return card_page(
        request,
        session,
        "card_new.html",
        422 if findings or broken or missing else 200,
        tab="cards",
        form=form,
        findings=[(finding.file, *said(desk, session, finding)) for finding in findings],
        broken=broken,
        missing=missing or [],
        topics=[topic.value for topic in Topic],
        audiences=[group.value for group in Audience],
        statuses=[status.value for status in Status],
        written=_WRITTEN_FIRST,
        most=MOST_CHARACTERS,
    )


def _known(request: Request, slug: str) -> str | None:
    """The facts of a card as they are; ``None`` where there is no such card."""
    editing = desk_of(request).reviewing.cards
    try:
        return editing.overlay.text(slug, SERVICE) if slug in editing.all() else None
    except CorpusError:
        return None


def _text(form: Mapping[str, str], name: str) -> Draft:
    title = " ".join(form.get(f"title-{name}", "").split())
    body = form.get(f"body-{name}", "").replace("\r\n", "\n").strip()[: MOST_CHARACTERS + 1]
    return Draft(title, body, Translation.AUTHORED)


def _toml(slug: str, form: Mapping[str, str]) -> str:
    """The facts that a card begins with: none yet, but where to turn and what it rests on."""

    def quoted(text: str) -> str:
        return json.dumps(" ".join(text.split()), ensure_ascii=False)

    places = [quoted(place) for place in form.get("municipalities", "").split(",") if place.strip()]
    names = [quoted(name) for name in form.get("names", "").split(",") if name.strip()]
    lines = [
        f"slug = {quoted(slug)}",
        f"topic = {quoted(form.get('topic', ''))}",
        f"municipalities = [{', '.join(places)}]",
        f"audience = [{quoted(form.get('audience', ''))}]",
        f"status = {quoted(form.get('status', ''))}",
        f"names = [{', '.join(names)}]",
        "",
        "[contact]",
        f"channel = {quoted(form.get('channel', ''))}",
        "",
        "[[sources]]",
        'document = "public"',
        f"name = {quoted(f'{slug}-source')}",
        f"title = {quoted(form.get('source_title', ''))}",
        f"publisher = {quoted(form.get('source_publisher', ''))}",
    ]
    if url := form.get("source_url", "").strip():
        lines.append(f"url = {quoted(url)}")
    return "\n".join(lines) + "\n"
