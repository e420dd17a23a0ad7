"""Two at once: whoever comes second sees what the first did, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from conftest import FakeAssistant
from cryptography.fernet import Fernet
from sqlalchemy import Engine, update

from desk.handing import leave, opened, version_on
from web.desk.accounts import Accounts, LastAdministrator, Role
from web.desk.attempts import NAME_ALLOWANCE, Attempts, MustWait
from web.desk.hand_off import Closed, Draft, HandOff, NoHandOff, new_token
from web.desk.hand_offs import HandOffs
from web.desk.inbox import Inbox
from web.desk.opening_hours import OpeningHours
from web.desk.settings import HandOffSettings
from web.desk.tables import account_table
from web.desk.vault import Vault

DRAFT = Draft("so", message="Waan u baahanahay caawimo")


def both(*work: Callable[[], object]) -> list[type[BaseException] | None]:
    """Do everything at the same moment; what each raised."""
    barrier = Barrier(len(work))

    def one(todo: Callable[[], object]) -> type[BaseException] | None:
        barrier.wait(10)
        try:
            todo()
        except Exception as error:
            return type(error)
        return None

    with ThreadPoolExecutor(len(work)) as pool:
        return list(pool.map(one, work))


def test_two_administrators_who_close_each_other_do_not_both_succeed(database: Engine) -> None:
    accounts = Accounts(database)
    ids = [accounts.create(name, [Role.ADMINISTRATOR]).id for name in ("aino", "veikko")]
    for _ in range(8):
        with database.begin() as connection:
            connection.execute(update(account_table).values(active=True, password_hash="x"))
        raised = both(*(lambda id=id: accounts.close(id) for id in ids))  # type: ignore[misc]
        assert sorted(map(str, raised)) == sorted(map(str, (None, LastAdministrator)))
        assert [listed.state for listed in accounts.all()].count("active") == 1


def test_many_attempts_at_once_are_no_way_round_the_wait(database: Engine) -> None:
    now = datetime.now(UTC)
    attempts = Attempts(database, Vault(Fernet.generate_key().decode()), lambda: now)
    raised = both(*(lambda place=place: attempts.begin("aino", f"192.0.2.{place}") for place in range(12)))  # type: ignore[misc]
    assert (raised.count(None), raised.count(MustWait)) == (NAME_ALLOWANCE, 12 - NAME_ALLOWANCE)


class Slow(HandOffs):
    """Between looking for a hand-off and writing on it, something happens."""

    meanwhile: Callable[[str], object] = staticmethod(lambda id: None)

    def of_token(self, token: str) -> HandOff:
        found = super().of_token(token)
        self.meanwhile(found.id)
        return found


def inbox(engine: Engine) -> Inbox:
    return Inbox(engine, OpeningHours(HandOffSettings()), timedelta(hours=4))


def test_what_a_resident_adds_while_an_advisor_closes_opens_nothing(database: Engine) -> None:
    store, token = Slow(database), new_token()
    id = store.create(DRAFT, token).id
    store.meanwhile = lambda id: inbox(database).close(id)
    with pytest.raises(Closed):
        store.write_on(token, "lisää")
    found = store.get(id)
    assert (found.state, found.waiting_since, len(found.messages)) == ("closed", None, 1)


def test_what_a_resident_adds_while_an_advisor_takes_it_stays_with_them(database: Engine) -> None:
    store, token = Slow(database), new_token()
    advisor = Accounts(database).create("aino", [Role.ADVISOR])
    id = store.create(DRAFT, token).id
    store.meanwhile = lambda id: inbox(database).assign(id, advisor.id, expected=None)
    store.write_on(token, "lisää")
    found = store.get(id)
    assert (found.state, found.assigned_to, len(found.messages)) == ("assigned", advisor.id, 2)


def test_what_is_added_to_a_hand_off_withdrawn_meanwhile_is_kept_nowhere(database: Engine) -> None:
    store, token = Slow(database), new_token()
    store.create(DRAFT, token)

    def withdraw(id: str) -> None:
        HandOffs(database).withdraw(token)

    store.meanwhile = withdraw
    with pytest.raises(NoHandOff):
        store.write_on(token, "lisää")


def test_an_answer_to_a_hand_off_withdrawn_meanwhile_says_that_it_is_gone(
    assistant: FakeAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(assistant) as office:
        left = leave(office, message="Apua")
        advisor = office.sign_in(Role.ADVISOR)
        page = advisor.client.get(f"/desk/hand-offs/{left['id']}").text
        replied = HandOffs.reply

        def withdrawn_first(self: HandOffs, *given: Any, **more: Any) -> bool:
            self.withdraw(left["token"])
            return replied(self, *given, **more)

        monkeypatch.setattr(HandOffs, "reply", withdrawn_first)
        form = advisor.form(text="Hei", language="fi", act="send", **version_on(page))
        response = advisor.client.post(f"/desk/hand-offs/{left['id']}/reply", data=form)
        assert response.status_code == 404


@pytest.mark.parametrize(("address", "status"), [("/api/v1/hand-offs/{}/messages", 404), ("/so/hand-offs/{}", 404)])
def test_a_resident_in_another_window_is_told_that_it_is_gone(
    assistant: FakeAssistant, monkeypatch: pytest.MonkeyPatch, address: str, status: int
) -> None:
    with opened(assistant) as office:
        left = leave(office, message="Apua")
        written = HandOffs.write_on

        def withdrawn_first(self: HandOffs, *given: Any, **more: Any) -> HandOff:
            self.withdraw(left["token"])
            return written(self, *given, **more)

        monkeypatch.setattr(HandOffs, "write_on", withdrawn_first)
        sent = {"json": {"message": "x"}} if address.startswith("/api") else {"data": {"message": "x"}}
        assert office.client.post(address.format(left["token"]), **sent).status_code == status
