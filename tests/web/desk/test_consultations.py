from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from conftest import ANSWERS

from web.desk.consultations import LIFETIME, Consultation, Consultations
from web.desk.drafts import Draft
from web.exchanges import Exchange


@dataclass
class Room:
    """Consultations with a clock and what is finished."""

    now: float = 0.0
    finished: dict[str, Exchange] = field(default_factory=dict)

    def consultations(self, most: int = 10) -> Consultations:
        return Consultations(self.finished.get, most, lambda: self.now)


@pytest.fixture
def room() -> Room:
    return Room()


def of(key: str, account: int = 1) -> Consultation:
    return Consultation(key, account, "fi", "so")


def test_an_answer_outlives_the_residents_time(room: Room) -> None:
    kept = room.consultations()
    kept.begin(of("k"))
    room.finished["k"] = Exchange("k", "Kuka?", ANSWERS["answered"])
    found = kept.get("k", 1)
    assert found
    assert found.exchange
    room.finished.clear()
    room.now = LIFETIME - 1
    found = kept.get("k", 1)
    assert found
    assert found.exchange
    assert found.exchange.question == "Kuka?"
    room.now += LIFETIME
    assert kept.get("k", 1) is None


def test_a_private_answer_is_gone_when_it_is_not_kept_elsewhere(room: Room) -> None:
    kept = room.consultations()
    kept.begin(of("k"))
    room.finished["k"] = Exchange("k", "", ANSWERS["violence"], private=True)
    found = kept.get("k", 1)
    assert found
    assert found.exchange
    room.finished.clear()
    found = kept.get("k", 1)
    assert found
    assert found.exchange is None


def test_nobody_else_finds_it(room: Room) -> None:
    kept = room.consultations()
    kept.begin(of("k", account=1))
    assert kept.get("k", 2) is None
    assert not kept.begin(of("k", account=2))
    kept.keep_draft("k", 2, "so", Draft(()))
    found = kept.get("k", 1)
    assert found
    assert found.drafts == {}


def test_drafts_are_kept_by_the_clients_text_and_taken_back(room: Room) -> None:
    kept = room.consultations()
    kept.begin(of("k"))
    kept.keep_draft("k", 1, "so", Draft(()))
    kept.keep_draft("k", 1, "ar", Draft(()))
    kept.keep_draft("k", 1, "so", None)
    found = kept.get("k", 1)
    assert found
    assert list(found.drafts) == ["ar"]


def test_what_was_not_used_for_longest_goes_first(room: Room) -> None:
    kept = room.consultations(most=2)
    for key in ("a", "b"):
        kept.begin(of(key))
    kept.get("a", 1)
    kept.begin(of("c"))
    assert [key for key in "abc" if kept.get(key, 1)] == ["a", "c"]
