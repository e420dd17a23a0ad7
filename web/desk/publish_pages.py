"""``/desk/publish``: what changed since the serving build, and making a new one."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from corpus.documents import CorpusError
from indexing.builds import BuildError
from web.desk.access import allowed, desk_of
from web.desk.accounts import Account, Role
from web.desk.card_pages import card_page, gettext_of, no_card, said
from web.desk.desk import Desk
from web.desk.publishing import CannotPublish, Progress
from web.desk.responses import see
from web.desk.sessions import Session

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

Editor = Annotated[Session, Depends(allowed(Role.EDITOR))]


@router.get("/desk/publish")
def publish(request: Request, session: Editor) -> HTMLResponse:
    return _page(request, session)


@router.get("/desk/publish/progress")
def progress(request: Request, session: Editor) -> Response:
    """For the script of the page: how far the build got, in the reader's words."""
    desk = desk_of(request)
    found = desk.reviewing.publisher.progress()
    stages = stage_names(desk, session)
    body = {
        "running": bool(found and found.stage == "running"),
        "doing": stages.get(found.doing, "") if found else "",
        "done": found.done if found else 0,
        "total": found.total if found else 0,
    }
    return JSONResponse(body, headers={"Cache-Control": "no-store"})


@router.post("/desk/publish")
def begin(request: Request, session: Editor, anyway: Annotated[str, Form(max_length=10)] = "") -> Response:
    desk = desk_of(request)
    if not desk.reviewing.publisher.possible:
        return no_card(request, session)
    try:
        if desk.reviewing.cards.findings() and not anyway:
            return _page(request, session, "findings")
        changed = [change.id for change in desk.reviewing.publisher.changes()]
    except (CorpusError, BuildError):
        changed = []
    try:
        desk.reviewing.publisher.begin(session.account.display_name, _noting(desk, session.account))
    except CannotPublish:
        return see("/desk/publish")
    except OSError:
        return _page(request, session, "failed")
    desk.audit.note(session.account, "build.begun", documents=len(changed), changed=changed[:50])
    return see("/desk/publish")


def _noting(desk: Desk, account: Account) -> Any:
    def ended(progress: Progress) -> None:
        if progress.stage == "done":
            desk.audit.note(account, "build.published", progress.build, before=progress.before)
        else:
            desk.audit.note(account, "build.failed")

    return ended


def stage_names(desk: Desk, session: Session) -> dict[str, str]:
    """What a build does, step by step, in the reader's words."""
    _ = gettext_of(desk, session)
    return {
        "": _("Starting"),
        "splitting": _("Cutting texts into passages"),
        "embedding": _("Computing what passages mean"),
        "indexing": _("Making the index"),
        "verifying": _("Checking the new build"),
    }


def _page(request: Request, session: Session, problem: str = "") -> HTMLResponse:
    desk = desk_of(request)
    publisher, editing = desk.reviewing.publisher, desk.reviewing.cards
    broken = ""
    try:
        changes = publisher.changes()
        findings = [(finding.card, finding.file, *said(desk, session, finding)) for finding in editing.findings()]
    except (CorpusError, BuildError) as error:
        changes, findings, broken = [], [], str(error)
    return card_page(
        request,
        session,
        "cards_publish.html",
        422 if problem else 200,
        tab="publish",
        progress=publisher.progress(),
        serving=publisher.serving(),
        changes=changes,
        findings=findings,
        broken=broken,
        problem=problem,
        stages=stage_names(desk, session),
    )
