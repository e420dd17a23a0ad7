"""``/desk/audit``: who did what at the desk, for administrators. To read it is noted as well."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, StreamingResponse

from web.desk.access import allowed, desk_of
from web.desk.accounts import Role
from web.desk.audit import Entry, Filter
from web.desk.responses import page
from web.desk.sessions import Session
from web.rendering import HELSINKI

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

Administrator = Annotated[Session, Depends(allowed(Role.ADMINISTRATOR))]

PAGE = 50
COLUMNS = ("id", "at", "account", "account_name", "action", "subject", "details")


@router.get("/desk/audit")
def audit(request: Request, session: Administrator, before: str = "") -> HTMLResponse:
    desk = desk_of(request)
    asked, chosen = _asked(request)
    earlier = int(before[:9]) if before.isascii() and before.isdigit() else None
    entries = desk.audit.find(chosen, before=earlier, most=PAGE + 1)
    desk.audit.note(session.account, "audit.read", filter=asked)
    query = urlencode(asked)
    more = urlencode(asked | {"before": entries[PAGE - 1].id}) if len(entries) > PAGE else ""
    return page(
        request,
        session,
        "audit.html",
        place="audit",
        entries=[(entry, details_of(entry)) for entry in entries[:PAGE]],
        actions=desk.audit.actions(),
        asked=dict.fromkeys(("account", "action", "subject", "from", "to"), "") | asked,
        export=f"/desk/audit.csv?{query}" if query else "/desk/audit.csv",
        first=f"/desk/audit?{query}" if earlier is not None else "",
        more=f"/desk/audit?{more}" if more else "",
    )


@router.get("/desk/audit.csv")
def export(request: Request, session: Administrator) -> StreamingResponse:
    desk = desk_of(request)
    asked, chosen = _asked(request)
    desk.audit.note(session.account, "audit.exported", filter=asked)
    headers = {"Content-Disposition": 'attachment; filename="neuvo-audit.csv"', "Cache-Control": "no-store"}
    return StreamingResponse(_csv(desk.audit.all(chosen)), media_type="text/csv; charset=utf-8", headers=headers)


def details_of(entry: Entry) -> str:
    """``name: value`` of each, in one line."""
    return "; ".join(f"{name}: {_shown(value)}" for name, value in entry.details.items() if value not in ({}, []))


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {one}" for name, one in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _asked(request: Request) -> tuple[dict[str, str], Filter]:
    """The filters of the address that are some, as they came and as the log takes them; days are Finland's."""
    given = request.query_params
    asked = {
        name: value[:200]
        for name in ("account", "action", "subject", "from", "to")
        if (value := given.get(name, "").replace("\0", "").strip())
    }
    since, until = _day(asked.get("from")), _day(asked.get("to"))
    chosen = Filter(
        account=asked.get("account"),
        action=asked.get("action"),
        subject=asked.get("subject"),
        since=_midnight(since) if since else None,
        until=_midnight(until + timedelta(days=1)) if until and until < date.max else None,
    )
    return {name: value for name, value in asked.items() if name not in ("from", "to") or _day(value)}, chosen


def _day(text: str | None) -> date | None:
    try:
        found = date.fromisoformat(text) if text else None
    except ValueError:
        return None
    # Moments far from today have no place in every time zone.
    return found if found and 1900 < found.year < 9000 else None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), HELSINKI)


def _csv(entries: Iterator[Entry]) -> Iterator[str]:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for entry in entries:
        details = json.dumps(dict(entry.details), ensure_ascii=False, sort_keys=True)
        at = entry.at.isoformat(timespec="seconds")
        row = (entry.id, at, entry.account or "", entry.account_name, entry.action, entry.subject or "", details)
        writer.writerow([_harmless(value) for value in row])
        yield written.getvalue()
        written.seek(0)
        written.truncate()
    yield written.getvalue()


def _harmless(value: Any) -> Any:
    """Nothing that a spreadsheet would run as a formula."""
    return (
        f"'{value}"
        if isinstance(value, str) and len(value) > 1 and value[0] in ("=", "+", "-", "@", "\t", "\r")
        else value
    )
