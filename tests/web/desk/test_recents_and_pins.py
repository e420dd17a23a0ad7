from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from assistant.questions import Profile, Situation
from web.desk.accounts import Account, Accounts, Role
from web.desk.pins import Pins
from web.desk.recents import MOST, Recents


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


class Store:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.clock = Clock()
        accounts = Accounts(self.engine)
        self.aino: Account = accounts.create("aino", [Role.ADVISOR])
        self.eino: Account = accounts.create("eino", [Role.ADVISOR])
        self.recents = Recents(self.engine, 7, self.clock)
        self.pins = Pins(self.engine, self.clock)


@pytest.fixture
def store(database: Engine) -> Store:
    return Store(database)


def test_the_latest_first_and_only_ones_own(store: Store) -> None:
    profile = Profile("Espoo", Situation.STUDENT)
    store.recents.note(store.aino, "Kuka?", "so", profile)
    store.recents.note(store.eino, "Mikä?", "ar", Profile())
    store.recents.note(store.aino, "Missä?", "fi-selko", Profile())
    assert [(one.question, one.language, one.profile) for one in store.recents.of(store.aino)] == [
        ("Missä?", "fi-selko", Profile()),
        ("Kuka?", "so", profile),
    ]


def test_what_is_asked_again_goes_first(store: Store) -> None:
    for question in ("a", "b", "a"):
        store.recents.note(store.aino, question, "fi", Profile())
    store.recents.note(store.aino, "a", "sv", Profile())
    assert [(one.question, one.language) for one in store.recents.of(store.aino)] == [
        ("a", "sv"), ("a", "fi"), ("b", "fi"),
    ]  # fmt: skip


def test_they_are_not_shown_after_their_days(store: Store) -> None:
    store.recents.note(store.aino, "vanha", "fi", Profile())
    store.clock.now += timedelta(days=7)
    store.recents.note(store.aino, "uusi", "fi", Profile())
    assert [one.question for one in store.recents.of(store.aino)] == ["uusi"]


def test_the_oldest_go_when_there_are_many(store: Store) -> None:
    for number in range(MOST + 3):
        store.recents.note(store.aino, str(number), "fi", Profile())
    assert [one.question for one in store.recents.of(store.aino, 1000)] == [str(n) for n in range(MOST + 2, 2, -1)]


def test_one_is_deleted_or_all_but_nobody_elses(store: Store) -> None:
    for account in (store.aino, store.eino):
        store.recents.note(account, "a", "fi", Profile())
        store.recents.note(account, "b", "fi", Profile())
    mine = store.recents.of(store.aino)
    store.recents.forget(store.eino, mine[0].id)
    assert store.recents.of(store.aino) == mine
    store.recents.forget(store.aino, mine[0].id)
    assert store.recents.of(store.aino) == mine[1:]
    store.recents.forget(store.aino)
    assert store.recents.of(store.aino) == []
    assert len(store.recents.of(store.eino)) == 2


def test_pins_in_the_order_they_were_pinned_each_once(store: Store) -> None:
    for document in ("b", "a", "b"):
        store.pins.pin(store.aino, document)
    store.pins.pin(store.eino, "c")
    assert store.pins.of(store.aino) == ["b", "a"]
    store.pins.unpin(store.aino, "b")
    store.pins.unpin(store.aino, "c")
    assert (store.pins.of(store.aino), store.pins.of(store.eino)) == (["a"], ["c"])
