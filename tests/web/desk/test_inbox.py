"""The inbox's lists and clocks, and two writers at once, on each kind of database."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, insert

from web.desk.accounts import Accounts, Role
from web.desk.hand_off import Closed, Draft, NoHandOff, Overtaken
from web.desk.hand_offs import HandOffs
from web.desk.inbox import ROWS, Inbox
from web.desk.opening_hours import OpeningHours
from web.desk.settings import HandOffSettings
from web.desk.tables import hand_off_table

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
"""A Monday, 12 o'clock in Finland."""
ALWAYS = OpeningHours(HandOffSettings(hours={}))
HOURS = OpeningHours(
    HandOffSettings.model_validate(
        {
            "hours": dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "09:00-16:00"),
            "closed_days": [date(2026, 12, 24), date(2026, 12, 25)],
        }
    )
)


def fill(engine: Engine, count: int) -> None:
    """One a minute; states in turn, every third in Arabic, several at the same moment."""
    with engine.begin() as connection:
        for number in range(count):
            at = NOW - timedelta(minutes=number // 2)
            row = {
                "id": f"h{number:04}",
                "created": at,
                "updated": at,
                "state": ("new", "assigned", "answered", "closed")[number % 4],
                "reason": "asked",
                "language": "ar" if number % 3 == 0 else "so",
                "waiting_since": at if number % 4 < 2 else None,
                "version": 0,
                "transcript": [],
            }
            connection.execute(insert(hand_off_table).values(row))


@pytest.mark.parametrize("view", ["open", "new", "answered", "closed"])
def test_pages_show_each_row_once_in_order(database: Engine, view: str) -> None:
    fill(database, 4 * ROWS + 30)
    inbox = Inbox(database, ALWAYS, timedelta(hours=4), lambda: NOW)
    states = {"open": ("new", "assigned")}.get(view, (view,))
    seen, after, pages = [], "", 0
    while True:
        page = inbox.page(view, after=after)  # type: ignore[arg-type]
        seen += page.rows
        pages += 1
        if page.following is None:
            break
        assert len(page.rows) == ROWS
        after = page.following
    expected = [
        number for number in range(4 * ROWS + 30) if ("new", "assigned", "answered", "closed")[number % 4] in states
    ]
    assert sorted(row.id for row in seen) == [f"h{number:04}" for number in expected]
    assert pages == -(-len(expected) // ROWS)
    moments = [row.created for row in seen]
    assert moments == sorted(moments, reverse=view in ("answered", "closed"))


def test_filters_counts_and_nonsense(database: Engine) -> None:
    fill(database, 60)
    aino = Accounts(database).create("aino", [Role.ADVISOR], display_name="Aino")
    inbox = Inbox(database, ALWAYS, timedelta(minutes=15), lambda: NOW)
    assert inbox.assign("h0000", aino.id, expected=None)
    assert [row.id for row in inbox.page(mine=aino).rows] == ["h0000"]
    assert {row.language for row in inbox.page(language="ar").rows} == {"ar"}
    assert inbox.counts() == {"new": 14, "assigned": 16, "answered": 15, "closed": 15}
    first = inbox.page()
    for nonsense in ("x", "AAAA", "%%%", first.rows[0].id, "MjAyNi0xMS0yMyBoMDAwMA=="):
        assert inbox.page(after=nonsense) == first
    # h0057 (new or assigned) waits for 28 minutes, h0001 for none.
    waits = {row.id: (row.waited, row.late) for row in first.rows}
    assert waits["h0057"] == (timedelta(minutes=28), True)
    assert waits["h0001"] == (timedelta(), False)
    assert waits["h0029"] == (timedelta(minutes=14), False)


def test_of_two_writers_at_once_one_is_told(database: Engine) -> None:
    store, accounts = HandOffs(database), Accounts(database)
    people = [accounts.create(name, [Role.ADVISOR]) for name in ("aino", "eero", "iida", "otso")]
    found = store.create(Draft("so", message="Caawi"), "t" * 43)
    ready, told = threading.Barrier(len(people)), []

    def answer(number: int) -> None:
        ready.wait()
        try:
            store.reply(found.id, people[number], f"Answer {number}", "fi", None, seen=found.version)
            told.append("sent")
        except Overtaken:
            told.append("overtaken")

    threads = [threading.Thread(target=answer, args=(number,)) for number in range(len(people))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["overtaken", "overtaken", "overtaken", "sent"]
    assert len(store.get(found.id).messages) == 2


def test_the_same_form_at_once_is_kept_once(database: Engine) -> None:
    store = HandOffs(database, ["webhook"])
    ready, made = threading.Barrier(4), []

    def send() -> None:
        ready.wait()
        made.append(store.create(Draft("so", message="Caawi"), "t" * 43).id)
        store.write_on("t" * 43, "More", "k" * 43)

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 4
    assert len(set(made)) == 1
    assert [message.text for message in store.get(made[0]).messages] == ["Caawi", "More"]


def test_withdrawal_and_the_end_on_each_database(database: Engine) -> None:
    store = HandOffs(database)
    found = store.create(Draft("so", message="Caawi"), "t" * 43)
    token = store.add_token(found.id)
    Inbox(database, ALWAYS, timedelta(1)).close(found.id)
    with pytest.raises(Closed):
        store.write_on(token, "More")
    with pytest.raises(Closed):
        store.reply(found.id, None, "x", "fi", None)
    store.withdraw(token)
    with pytest.raises(NoHandOff):
        store.of_token("t" * 43)
    with pytest.raises(NoHandOff):
        store.add_token(found.id)
    with pytest.raises(NoHandOff):
        store.reply(found.id, None, "x", "fi", None)


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-11-23T12:00+02:00", None),
        ("2026-11-23T09:00+02:00", None),
        ("2026-11-23T08:59+02:00", "2026-11-23T09:00+02:00"),
        ("2026-11-23T16:00+02:00", "2026-11-24T09:00+02:00"),
        ("2026-11-27T17:00+02:00", "2026-11-30T09:00+02:00"),
        ("2026-12-23T17:00+02:00", "2026-12-28T09:00+02:00"),
        ("2026-03-27T17:00+02:00", "2026-03-30T09:00+03:00"),
    ],
    ids=["open", "just open", "before", "just closed", "weekend", "holidays and weekend", "summer time begins"],
)
def test_when_the_desk_opens(now: str, opens: str | None) -> None:
    found = HOURS.next_opening(datetime.fromisoformat(now))
    assert (found and found.isoformat(timespec="minutes")) == opens


@pytest.mark.parametrize(
    ("since", "until", "minutes"),
    [
        ("2026-11-23T10:00+02:00", "2026-11-23T11:30+02:00", 90),
        ("2026-11-23T15:00+02:00", "2026-11-24T10:00+02:00", 120),
        ("2026-11-27T15:30+02:00", "2026-11-30T09:15+02:00", 45),
        ("2026-11-28T10:00+02:00", "2026-11-29T10:00+02:00", 0),
        ("2026-12-23T15:00+02:00", "2026-12-28T09:30+02:00", 90),
    ],
    ids=["within a day", "over night", "over a weekend", "on a weekend", "over holidays"],
)
def test_only_open_time_counts(since: str, until: str, minutes: int) -> None:
    waited = HOURS.open_time(datetime.fromisoformat(since), datetime.fromisoformat(until))
    assert waited == timedelta(minutes=minutes)


def test_a_desk_without_hours_is_always_open() -> None:
    assert ALWAYS.is_open(NOW)
    assert ALWAYS.next_opening(NOW) is None
    assert ALWAYS.open_time(NOW, NOW + timedelta(days=3)) == timedelta(days=3)


def test_a_desk_that_never_opens() -> None:
    days = tuple(date(2026, 11, 23) + timedelta(days=day) for day in range(400))
    never = OpeningHours(HandOffSettings(hours={"mon": "09:00-16:00"}, closed_days=days))
    assert never.next_opening(NOW) is None
    assert not never.is_open(NOW)
