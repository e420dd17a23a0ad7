"""The audit log: kept as it was written, found again, read by administrators only, who are noted too."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, update
from sqlalchemy.exc import DBAPIError

from desk.conftest import Office
from web.desk.accounts import Account, Role
from web.desk.audit import AuditLog, Filter
from web.desk.tables import audit_table

AINO, EERO = Account(1, "aino", "Aino", frozenset()), Account(2, "eero", "Eero", frozenset())
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def log(database: Engine) -> AuditLog:
    """Five entries, a minute apart."""
    moments = iter(NOON + timedelta(minutes=number) for number in range(100))
    log = AuditLog(database, lambda: next(moments))
    log.note(AINO, "hand_off.read", "h1")
    log.note(EERO, "hand_off.read", "h2")
    log.note(AINO, "hand_off.answered", "h1", language="so")
    log.note(AINO, "hand_offish", 7)
    log.note(None, "account.created", 3, by="command line")
    return log


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        pytest.param(Filter(), [5, 4, 3, 2, 1], id="everything, the newest first"),
        pytest.param(Filter(account=" AINO "), [4, 3, 1], id="an account"),
        pytest.param(Filter(account="-"), [5], id="nobody signed in"),
        pytest.param(Filter(action="hand_off.read"), [2, 1], id="an action"),
        pytest.param(Filter(action="hand_off"), [3, 2, 1], id="a kind of actions"),
        pytest.param(Filter(action="hand%"), [], id="no wildcard"),
        pytest.param(Filter(subject="h1"), [3, 1], id="a subject"),
        pytest.param(Filter(subject="7"), [4], id="a subject that is a number"),
        pytest.param(Filter(since=NOON + timedelta(minutes=3)), [5, 4], id="from a moment"),
        pytest.param(Filter(until=NOON + timedelta(minutes=3)), [3, 2, 1], id="before a moment"),
        pytest.param(Filter(account="aino", subject="h1", action="hand_off.read"), [1], id="all together"),
    ],
)
def test_entries_are_found(log: AuditLog, chosen: Filter, found: list[int]) -> None:
    entries = log.find(chosen)
    first = min(entry.id for entry in log.find(Filter()))
    assert [entry.id - first + 1 for entry in entries] == found


def test_pages_go_on_where_the_last_one_ended(log: AuditLog) -> None:
    first = log.find(Filter(), most=2)
    log.note(EERO, "card.changed", "c1")  # what comes meanwhile moves nothing
    second = log.find(Filter(), before=first[-1].id, most=2)
    assert [entry.action for entry in first + second] == [
        "account.created",
        "hand_offish",
        "hand_off.answered",
        "hand_off.read",
    ]
    assert [entry.action for entry in log.all(Filter(account="eero"))] == ["card.changed", "hand_off.read"]


def test_the_database_refuses_to_change_an_entry(log: AuditLog, database: Engine) -> None:
    with pytest.raises(DBAPIError, match="never changed"), database.begin() as connection:
        connection.execute(update(audit_table).values(account_name="somebody else"))
    assert {entry.account_name for entry in log.find(Filter())} == {"aino", "eero", "-"}


def test_old_entries_are_deleted_and_no_others(log: AuditLog) -> None:
    assert log.purge(NOON + timedelta(minutes=3)) == 3
    assert [entry.action for entry in log.find(Filter())] == ["account.created", "hand_offish"]


def test_to_read_the_log_is_noted(office: Office) -> None:
    person = office.sign_in(Role.ADMINISTRATOR)
    office.desk.audit.note(AINO, "hand_off.read", "h1")
    text = person.client.get("/desk/audit?account=aino&from=2026-01-01").text
    assert "hand_off.read" in text
    entry = office.desk.audit.find(Filter(action="audit.read"))[0]
    assert entry.account == person.account.id
    assert entry.details == {"filter": {"account": "aino", "from": "2026-01-01"}}


def test_days_are_those_of_finland(office: Office) -> None:
    person = office.sign_in(Role.ADMINISTRATOR)
    # 22:30 in UTC on the first is half past midnight on the second in Espoo.
    log = AuditLog(office.desk.engine, lambda: datetime(2026, 3, 1, 22, 30, tzinfo=UTC))
    log.note(AINO, "card.changed", "night")
    assert "night" in person.client.get("/desk/audit?action=card&from=2026-03-02&to=2026-03-02").text
    assert "night" not in person.client.get("/desk/audit?action=card&to=2026-03-01").text
    assert "2.3.2026 0:30" in person.client.get("/desk/audit").text


@pytest.mark.parametrize(
    "query", ["from=nonsense", "to=9999-12-31", "from=0001-01-01", "before=x", "before=-1", "subject=%00"]
)
def test_nonsense_in_the_address_filters_nothing(office: Office, query: str) -> None:
    person = office.sign_in(Role.ADMINISTRATOR)
    office.desk.audit.note(AINO, "card.changed", "c1")
    response = person.client.get(f"/desk/audit?{query}")
    assert response.status_code == 200
    assert "card.changed" in response.text


def test_a_long_log_has_pages(office: Office) -> None:
    person = office.sign_in(Role.ADMINISTRATOR)
    for number in range(60):
        office.desk.audit.note(AINO, "card.changed", f"card-{number}")
    first = person.client.get("/desk/audit?action=card").text
    assert "card-59<" in first
    assert "card-10<" in first
    assert "card-9<" not in first
    more = first.split('href="/desk/audit?action=card&amp;before=')[1].split('"')[0]
    second = person.client.get(f"/desk/audit?action=card&before={more}").text
    assert "card-9<" in second
    assert "card-0<" in second
    assert "card-10<" not in second


def test_the_export_is_whole_and_runs_nothing(office: Office) -> None:
    person = office.sign_in(Role.ADMINISTRATOR)
    office.desk.audit.note(AINO, "card.changed", "=HYPERLINK(1)", texts=["fi", "sv"])
    response = person.client.get("/desk/audit.csv?action=card")
    assert response.headers["content-disposition"] == 'attachment; filename="neuvo-audit.csv"'
    assert response.headers["cache-control"] == "no-store"
    rows = list(csv.DictReader(io.StringIO(response.text)))
    assert [(row["account_name"], row["action"], row["subject"], row["details"]) for row in rows] == [
        ("aino", "card.changed", "'=HYPERLINK(1)", '{"texts": ["fi", "sv"]}')
    ]
    assert office.desk.audit.find(Filter(action="audit.exported"))
