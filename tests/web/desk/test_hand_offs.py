"""Residents leave, look, add and withdraw; what is kept of it."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import pytest
from conftest import ANSWERS, FakeAssistant
from sqlalchemy import select

from desk.conftest import Office
from desk.handing import TALK, ask, leave, look, opened
from web.desk.hand_off import MOST_MESSAGE, Draft, NoHandOff
from web.desk.hand_offs import HandOffs
from web.desk.tables import delivery_table, hand_off_table, hand_off_token_table, message_table
from web.hand_offs import offered

TABLES = (hand_off_table, hand_off_token_table, message_table, delivery_table)


def rows(office: Office) -> str:
    """Everything the database holds of hand-offs."""
    with office.desk.engine.connect() as connection:
        return repr([connection.execute(select(table)).all() for table in TABLES])


def test_a_conversation_is_left_masked_and_only_the_token_finds_it(assistant: FakeAssistant) -> None:
    with opened(assistant) as office:
        ask(office, "no_information my code is 010190-123A")
        ask(office, "no_information again")
        left = leave(office, conversation=TALK, message="I am 010190-123A, help", email="ayan@example.fi")
        assert (left["state"], left["reason"], left["language"]) == ("new", "abstained", "en")
        assert [piece["text"] for piece in left["messages"][0]["pieces"]] == ["I am [...], help"]
        kept = rows(office)
        assert "010190-123A" not in kept
        assert left["token"] not in kept
        assert hashlib.sha256(left["token"].encode()).hexdigest() in kept
        assert TALK not in kept
        assert len(left["token"]) == 43
        found = look(office, left)
        assert found["messages"] == left["messages"]
        assert "transcript" not in found


@pytest.mark.parametrize(
    ("body", "problems"),
    [
        ({"message": "Help", "consent": False}, ["consent"]),
        ({"message": " \n", "consent": True}, ["empty"]),
        ({"message": "x" * (MOST_MESSAGE + 1), "consent": True}, ["long"]),
        ({"message": "Help", "consent": True, "email": "a@b.fi\nBcc: c@d.fi"}, ["email"]),
        ({"message": "Help", "consent": True, "email": "A <a@b.fi>"}, ["email"]),
        ({"message": "Help", "consent": True, "email": "a@b.fi,c@d.fi"}, ["email"]),
        ({"message": "", "consent": False, "email": "x"}, ["consent", "email", "empty"]),
        ({"conversation": "nobody-knows-this-one", "consent": True}, ["empty"]),
    ],
    ids=["no consent", "empty", "too long", "a header", "a name", "a list", "all at once", "an unknown conversation"],
)
def test_what_is_not_taken(assistant: FakeAssistant, body: dict[str, Any], problems: list[str]) -> None:
    with opened(assistant) as office:
        response = office.client.post("/api/v1/hand-offs", json={"page_language": "so"} | body)
        assert response.status_code == 422
        assert [one["problem"] for one in response.json()["problems"]] == problems
        assert rows(office) == "[[], [], [], []]"
        form = {name: value for name, value in body.items() if name != "consent"}
        page = office.client.post("/so/hand-offs", data=form | ({"consent": "true"} if body["consent"] else {}))
        assert page.status_code == 422
        assert rows(office) == "[[], [], [], []]"
        for problem in problems:
            assert f'id="problem-{problem}"' in page.text


def test_violence_is_kept_nowhere(assistant: FakeAssistant, monkeypatch: pytest.MonkeyPatch) -> None:
    def urgent(self: FakeAssistant, text: str, **_: Any) -> Any:
        return ANSWERS["violence"] if "hits me" in text else None

    monkeypatch.setattr(FakeAssistant, "urgent", urgent)
    with opened(assistant) as office:
        ask(office, "violence at home")
        ask(office, "answered course")
        far = "x " * 600 + "he hits me"
        response = office.client.post(
            "/api/v1/hand-offs", json={"page_language": "en", "consent": True, "message": far}
        )
        assert (response.status_code, response.json()["status"]) == (200, "violence")
        assert response.json()["contacts"][0]["phone"] == "09 2525 0113"
        page = office.client.post("/en/hand-offs", data={"message": far, "consent": "true"})
        assert page.status_code == 200
        assert "data-leave" in page.text
        assert rows(office) == "[[], [], [], []]"
        # The conversation around a private exchange is handed over without it.
        left = leave(office, conversation=TALK)
        assert "violence" not in rows(office)
        more = office.client.post(f"/api/v1/hand-offs/{left['token']}/messages", json={"message": "he hits me"})
        assert more.json()["status"] == "violence"
        assert "hits me" not in rows(office)


def test_the_same_form_twice_is_one_hand_off(assistant: FakeAssistant) -> None:
    with opened(assistant) as office:
        token = "t" * 43
        first = leave(office, message="Help", token=token)
        assert leave(office, message="Help", token=token)["id"] == first["id"]
        form = {"message": "Help", "consent": "true", "token": token}
        response = office.client.post("/so/hand-offs", data=form)
        assert response.headers["location"] == f"/so/hand-offs/{token}"
        assert len(look(office, first)["messages"]) == 1
        for _ in range(2):
            sent = {"message": "More", "key": "k" * 43}
            office.client.post(f"/api/v1/hand-offs/{token}/messages", json=sent)
            office.client.post(f"/so/hand-offs/{token}", data=sent)
        assert len(look(office, first)["messages"]) == 2


def test_another_site_chooses_neither_token_nor_conversation(assistant: FakeAssistant) -> None:
    with opened(assistant) as office:
        ask(office, "answered secret matter")
        form = {"message": "Help", "consent": "true", "token": "t" * 43, "conversation": TALK}
        response = office.client.post("/so/hand-offs", data=form, headers={"Sec-Fetch-Site": "cross-site"})
        assert response.headers["location"] != f"/so/hand-offs/{'t' * 43}"
        assert "secret matter" not in rows(office)


def test_unknown_tokens_all_look_alike(assistant: FakeAssistant) -> None:
    with opened(assistant) as office:
        left = leave(office, message="Help")
        wrong = ["x" * 43, left["id"], "short", left["token"][:-1], left["token"] + "A"]
        for make in (
            lambda token: office.client.get(f"/api/v1/hand-offs/{token}"),
            lambda token: office.client.post(f"/api/v1/hand-offs/{token}/messages", json={"message": "x"}),
        ):
            responses = [make(token) for token in wrong]
            assert {(one.status_code, one.text) for one in responses} == {(404, responses[0].text)}
        pages = [office.client.get(f"/so/hand-offs/{token}") for token in wrong]
        assert {one.status_code for one in pages} == {404}
        gone = {office.client.delete(f"/api/v1/hand-offs/{token}").status_code for token in [*wrong, left["token"]]}
        assert gone == {204}


def test_withdrawing_deletes_everything(assistant: FakeAssistant) -> None:
    for way in ("api", "page"):
        with opened(assistant) as office:
            ask(office, f"answered {way}")
            left = leave(office, conversation=TALK, message="Help", email="a@b.fi")
            if way == "api":
                office.client.delete(f"/api/v1/hand-offs/{left['token']}")
            else:
                assert office.client.post(f"/so/hand-offs/{left['token']}/withdraw").status_code == 200
            assert rows(office) == "[[], [], [], []]"
            assert office.client.get(f"/so/hand-offs/{left['token']}").status_code == 404


def test_pages_of_a_token_are_kept_by_nobody(assistant: FakeAssistant) -> None:
    with opened(assistant) as office:
        left = leave(office, message="Help")
        for path in (left["path"], f"/api/v1/hand-offs/{left['token']}", "/so/hand-offs/" + "x" * 43):
            headers = office.client.get(path).headers
            if "api" not in path or "xxx" not in path:
                assert headers["cache-control"] == "no-store"
                assert headers["x-robots-tag"] == "noindex"
            assert headers["referrer-policy"] == "no-referrer"
        assert '<meta name="robots" content="noindex">' in office.client.get(left["path"]).text


def test_where_it_is_switched_off_nothing_is_there(office: Office) -> None:
    assert office.client.post("/api/v1/hand-offs", json={"page_language": "so"}).status_code == 404
    assert office.client.get("/api/v1/hand-offs/" + "x" * 43).status_code == 404
    assert office.client.post("/so/hand-offs", data={"message": "x", "consent": "true"}).status_code == 404
    assert office.client.get("/so/hand-offs/" + "x" * 43).status_code == 404
    page = office.client.get("/so/person")
    assert page.status_code == 200
    assert "data-hand" not in page.text
    assert 'id="offer"' not in office.client.get("/so/").text


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        ((), None),
        (("answered",), None),
        (("no_information",), None),
        (("no_information", "answered"), None),
        (("no_information", "answered", "no_information"), "abstained"),
        (("crisis",), "crisis"),
        (("emergency",), None),
        (("no_information", "violence"), None),
        (("no_information", "no_information", "violence"), None),
        (("person",), "request"),
        (("person in emergency",), None),
    ],
)
def test_when_a_person_is_offered(names: tuple[str, ...], reason: str | None) -> None:
    from dataclasses import replace

    known = ANSWERS | {
        "person": replace(ANSWERS["answered"], trace={"wants_person": True}),
        "person in emergency": replace(ANSWERS["emergency"], trace={"wants_person": True}),
    }
    assert offered([known[name] for name in names]) == reason


def test_the_offer_without_javascript(assistant: FakeAssistant) -> None:
    with opened(assistant) as office:
        form = {"question": "no_information a", "conversation": TALK}
        first = office.client.post("/so/ask", data=form, follow_redirects=True)
        assert re.search(r'id="offer" hidden', first.text)
        second = office.client.post("/so/ask", data=form | {"question": "no_information b"}, follow_redirects=True)
        assert re.search(r'id="offer" aria', second.text)
        page = office.client.post("/so/person", data={"conversation": TALK})
        assert "no_information a" in page.text
        token = re.search(r'name="token" value="([^"]+)"', page.text)
        assert token
        sent = {"conversation": TALK, "token": token[1], "consent": "true"}
        seen = office.client.post("/so/hand-offs", data=sent, follow_redirects=True)
        assert seen.status_code == 200
        assert 'data-state="new"' in seen.text


def test_the_clock_runs_only_while_open_and_residents_are_told_when(assistant: FakeAssistant) -> None:
    with opened(assistant, hours={"mon": "09:00-16:00"}, closed_days=[]) as office:
        left = leave(office, message="Help")
        page = office.client.get(left["path"]).text
        assert (left["opens"] is None) == ("9:00" not in page and "09:00" not in page)


def test_the_store_forgets_by_age_and_by_conversation(assistant: FakeAssistant) -> None:
    with opened(assistant) as office:
        store: HandOffs = office.client.app_state["handing_over"].store
        one = store.create(Draft("so", message="x", conversation="c1"), "a" * 43)
        two = store.create(Draft("so", message="x", conversation="c2"), "b" * 43)
        assert store.forget_conversation("c1") == 1
        assert store.forget_conversation("c1") == 0
        with pytest.raises(NoHandOff):
            store.get(one.id)
        assert store.purge(two.updated) == 0
        from datetime import timedelta

        assert store.purge(two.updated + timedelta(seconds=1)) == 1
        assert rows(office) == "[[], [], [], []]"
