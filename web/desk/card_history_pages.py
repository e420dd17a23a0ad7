"""Every version of a card's text or facts: what changed from one to the next, and going back to one."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse

from corpus.documents import CorpusError
from corpus.overlays import NoVersion, Version
from web.desk.access import allowed, desk_of
from web.desk.accounts import Role
from web.desk.card_editing import SERVICE, Refused
from web.desk.card_pages import card_page, no_card, said
from web.desk.responses import see
from web.desk.sessions import Session

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

Editor = Annotated[Session, Depends(allowed(Role.EDITOR))]

_CONTEXT = 2
"""Lines that stayed, shown around those that changed."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line that stayed, was added or was taken out; "gap" stands for lines that are left out."""

    how: Literal["same", "added", "removed", "gap"]
    text: str


@router.get("/desk/cards/{slug}/{name}/history")
def history(
    request: Request, session: Editor, slug: str, name: str, version: int | None = None, saved: str = ""
) -> HTMLResponse:
    return _history(request, session, slug, name, version, saved=saved)


@router.post("/desk/cards/{slug}/{name}/history")
def restore(
    request: Request,
    session: Editor,
    slug: str,
    name: str,
    version: Annotated[int, Form()],
    seen: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Use an earlier version again, unless the checks find fault with it now."""
    desk = desk_of(request)
    if not desk.reviewing.cards.possible:
        return no_card(request, session)
    try:
        desk.reviewing.cards.restore(session.account, slug, _file(name), version, seen)
    except Refused as refused:
        return _history(request, session, slug, name, version, refused)
    except (CorpusError, KeyError):
        return no_card(request, session)
    desk.audit.note(session.account, "card.restored", f"{slug}/{name}", version=version)
    return see(f"/desk/cards/{slug}/{name}/history?saved=restore")


def lines_between(before: str, after: str) -> list[Line]:
    """What was changed from one text to another, with a little of what stayed around it."""
    old, new = before.split("\n"), after.split("\n")
    found: list[Line] = []
    for group in SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(_CONTEXT):
        found += [Line("gap", "")] if found else []
        for tag, a, b, c, d in group:
            if tag == "equal":
                found += [Line("same", line) for line in old[a:b]]
                continue
            found += [Line("removed", line) for line in old[a:b]]
            found += [Line("added", line) for line in new[c:d]]
    return found


def _history(
    request: Request,
    session: Session,
    slug: str,
    name: str,
    number: int | None,
    refused: Refused | None = None,
    saved: str = "",
) -> HTMLResponse:
    desk, file = desk_of(request), _file(name)
    editing = desk.reviewing.cards
    try:
        status = editing.status(slug)
        if status is None:
            return no_card(request, session)
        versions = editing.overlay.versions(slug, file)
        now = editing.overlay.text(slug, file)
        chosen = editing.overlay.version(slug, file, number) if number is not None else None
    except (NoVersion, CorpusError):
        return no_card(request, session)
    before = _before(versions, chosen)
    return card_page(
        request,
        session,
        "card_history.html",
        422 if refused else 200,
        tab="cards",
        status=status,
        slug=slug,
        name=name,
        versions=list(reversed(versions)),
        chosen=chosen,
        before=before,
        lines=lines_between(_text(before), _text(chosen)) if chosen and before else [],
        in_use=chosen is not None and chosen.text == now,
        seen=editing.seen(slug, file),
        findings=[said(desk, session, finding) for finding in refused.findings] if refused else [],
        broken=refused.problem if refused else "",
        overtaken=bool(refused and refused.overtaken),
        saved=saved,
    )


def _before(versions: list[Version], chosen: Version | None) -> Version | None:
    """The version that stood before: of a return to the shipped text, whatever was edited last."""
    if chosen is None:
        return None
    earlier = [one for one in versions if one.number < chosen.number and one.text is not None]
    return earlier[-1] if earlier else None


def _text(version: Version | None) -> str:
    return (version.text if version else None) or ""


def _file(name: str) -> str:
    return SERVICE if name == "facts" else f"{name}.md"
