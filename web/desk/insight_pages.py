"""Insight: what is asked, what is answered, what is missing; told in numbers, and in words that askers let us keep."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date
from typing import Annotated

from babel import Locale
from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse

from corpus.documents import CorpusError
from indexing.builds import BuildError
from web.desk.access import allowed, desk_of
from web.desk.accounts import Role
from web.desk.desk import Desk
from web.desk.insight import STEPS, as_csv, as_json, insight_of, usual_step
from web.desk.kept_questions import KeptQuestions
from web.desk.plots import Plots
from web.desk.responses import page, see
from web.desk.sessions import Session

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

Reader = Annotated[Session, Depends(allowed(Role.EDITOR, Role.EVALUATOR, Role.ADMINISTRATOR))]
WordReader = Annotated[Session, Depends(allowed(Role.EDITOR, Role.EVALUATOR))]
Editor = Annotated[Session, Depends(allowed(Role.EDITOR))]

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_SHOWN_GROUPS = 50


@router.get("/desk/insight")
def insight(request: Request, session: Reader, since: str = "", until: str = "", step: str = "") -> HTMLResponse:
    """The indicators of whole months."""
    desk = desk_of(request)
    months = desk.indicators.months()
    first, last = chosen(months, since, until)
    found = insight_of(desk.indicators, first, last)
    language = session.account.language
    locale = Locale.parse(language)
    return page(
        request,
        session,
        "insight.html",
        place="insight",
        insight=found,
        months=months,
        step=next((one for one in STEPS if one == step), usual_step(first, last)),
        plotter=lambda words: Plots(locale, words),
        language_names={code: str(locale.languages.get(code, code)) for code in desk.pages.languages},
        situations=dict(desk.pages.languages[language].situations.items()),
        hours={str(hour): f"{hour:02}" for hour in range(24)},
        weekdays={str(day): str(locale.days["stand-alone"]["abbreviated"][day]) for day in range(7)},
    )


@router.get("/desk/insight/export.{format}")
def export(request: Request, session: Reader, format: str, since: str = "", until: str = "") -> Response:
    """The same as a file for the city's reporting."""
    if format not in ("csv", "json"):
        return Response(status_code=404)
    desk = desk_of(request)
    first, last = chosen(desk.indicators.months(), since, until)
    found = insight_of(desk.indicators, first, last)
    body, kind = (as_csv(found), "text/csv") if format == "csv" else (as_json(found), "application/json")
    name = f"neuvo-{first.isoformat()[:7]}-{last.isoformat()[:7]}.{format}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(body, media_type=f"{kind}; charset=utf-8", headers=headers)


@router.get("/desk/insight/missing")
def missing(request: Request, session: WordReader) -> HTMLResponse:
    """Questions without an answer that their askers let us keep, by meaning."""
    desk = desk_of(request)
    groups = desk.unanswered.groups()
    desk.audit.note(session.account, "questions.read", count=sum(len(group.questions) for group in groups))
    language = session.account.language
    return page(
        request,
        session,
        "insight_missing.html",
        place="insight",
        groups=groups[:_SHOWN_GROUPS],
        more=max(0, len(groups) - _SHOWN_GROUPS),
        nearest={group.document: _named(desk, group.document, language) for group in groups if group.document},
        may_write=Role.EDITOR in session.account.roles,
    )


@router.post("/desk/insight/missing/close")
def close(request: Request, session: Editor, questions: Annotated[str, Form(max_length=10_000)] = "") -> Response:
    """The questions of a group are dealt with: their words are deleted."""
    desk = desk_of(request)
    ids = [int(one) for one in questions.split(",") if one.isascii() and one.isdecimal() and len(one) < 10]
    closed = KeptQuestions(desk.engine).close(ids)
    desk.audit.note(session.account, "questions.closed", count=closed)
    return see("/desk/insight/missing")


def chosen(months: tuple[date, ...], since: str, until: str) -> tuple[date, date]:
    """The first day of the first and the last month; the last twelve months unless told otherwise."""
    first, end = month_of(since), month_of(until)
    last = min(end or months[0], months[0])
    if first is None:
        first = last if end else months[min(11, len(months) - 1)]
    return min(max(first, months[-1]), last), max(last, months[-1])


def month_of(text: str) -> date | None:
    """The first day of "2026-11" or of the month of "2026-11-05"."""
    found = _MONTH.match(text)
    return date(int(found[1]), int(found[2]), 1) if found and int(found[1]) > 0 else None


def _named(desk: Desk, id: str, language: str) -> tuple[str, str] | None:
    """A document's title, of a card its text's in the account's language, and its address."""
    document = desk.reception.assistant.document
    try:
        found = document(id)
    except (BuildError, CorpusError):
        return None
    if found.card:
        with suppress(BuildError, CorpusError):
            found = document(f"card-{found.card}-{language}")
    return found.title, found.id
