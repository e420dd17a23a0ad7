"""Advisors read, take and answer; the resident reads it in their language."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import FakeAssistant
from sqlalchemy import select

from desk.conftest import Office, Person
from desk.handing import TALK, ask, leave, look, opened, version_on
from web.desk.accounts import Role
from web.desk.tables import audit_table


def audited(office: Office) -> list[tuple[str, str, str | None]]:
    columns = (audit_table.c.account_name, audit_table.c.action, audit_table.c.subject)
    with office.desk.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(select(*columns).order_by(audit_table.c.id))]  # type: ignore[misc]


def reply(person: Person, id: str, text: str, **fields: str) -> Any:
    page = person.client.get(f"/desk/hand-offs/{id}").text
    form = version_on(page) | {"text": text, "language": "fi"} | fields
    return person.client.post(f"/desk/hand-offs/{id}/reply", data=person.form(**form))


def test_a_reply_is_translated_sentence_by_sentence(assistant: FakeAssistant) -> None:
    assistant.routes = {("fi", "so"), ("so", "fi")}
    with opened(assistant) as office:
        left = leave(office, message="Caawi", language="so")
        aino = office.sign_in(Role.ADVISOR)
        page = aino.client.get(f"/desk/hand-offs/{left['id']}").text
        assert "[fi] Caawi" in page
        sent = reply(aino, left["id"], "Hei! Tule maanantaina.\nrefuse tätä.")
        assert sent.headers["location"] == f"/desk/hand-offs/{left['id']}?told=sent"
        found = look(office, left)
        assert (found["state"], found["messages"][-1]["way"]) == ("answered", "partly")
        pieces = [(one["text"], one["language"]) for one in found["messages"][-1]["pieces"]]
        assert pieces == [
            ("[so] Hei!", "so"), ("[so] Tule maanantaina.", "so"), ("\n", "so"), ("refuse tätä.", "fi"),
        ]  # fmt: skip
        assert found["messages"][-1]["original"]["text"] == "Hei! Tule maanantaina.\nrefuse tätä."
        seen = office.client.get(left["path"]).text
        assert '<span lang="fi" dir="ltr">refuse tätä.</span>' in seen
        assert "[so] Tule maanantaina." in seen
        acts = [action for _, action, subject in audited(office) if subject == left["id"]]
        assert acts == ["hand_off.read", "hand_off.read", "hand_off.answer"]


def test_where_nothing_translates_the_resident_is_told_so_and_whom_to_call(assistant: FakeAssistant) -> None:
    with opened(assistant, phone="09 123 4567") as office:
        left = leave(office, message="Caawi", language="so")
        aino = office.sign_in(Role.ADVISOR)
        preview = reply(aino, left["id"], "Tule maanantaina.", act="preview")
        assert 'id="preview"' in preview.text
        assert look(office, left)["state"] == "new"
        reply(aino, left["id"], "Tule maanantaina.")
        message = look(office, left)["messages"][-1]
        assert (message["way"], message["original"]) == ("untranslated", None)
        assert message["pieces"] == [{"text": "Tule maanantaina.", "language": "fi", "direction": "ltr"}]
        assert "09 123 4567" in office.client.get(left["path"]).text


def test_a_canned_reply_goes_out_as_people_wrote_it(assistant: FakeAssistant) -> None:
    assistant.routes = {("fi", "so")}
    with opened(assistant) as office:
        aino = office.sign_in(Role.ADVISOR)
        form = aino.form(title="Ajanvaraus", text_fi="Varaa aika.", text_so="Ballan qabso.")
        assert aino.client.post("/desk/canned-replies", data=form).status_code == 303
        left = leave(office, message="Caawi", language="so")
        page = aino.client.get(f"/desk/hand-offs/{left['id']}?canned=1").text
        assert "Varaa aika.</textarea>" in page
        reply(aino, left["id"], "Varaa  aika.", canned="1")
        message = look(office, left)["messages"][-1]
        assert (message["way"], message["pieces"][0]["text"]) == ("people", "Ballan qabso.")
        reply(aino, left["id"], "Varaa aika heti.", canned="1")
        message = look(office, left)["messages"][-1]
        assert (message["way"], message["pieces"][0]["text"]) == ("machine", "[so] Varaa aika heti.")
        aino.client.post("/desk/canned-replies/1/delete", data=aino.form())
        assert "Ajanvaraus" not in aino.client.get("/desk/canned-replies").text
        assert aino.client.post("/desk/canned-replies", data=aino.form(title="", text_fi="x")).status_code == 422


def test_of_two_who_answer_at_once_the_second_is_told(assistant: FakeAssistant) -> None:
    with opened(assistant) as office:
        left = leave(office, message="Help", language="en")
        aino, eero = office.sign_in(Role.ADVISOR), office.sign_in(Role.ADVISOR, name="eero")
        path = f"/desk/hand-offs/{left['id']}"
        first, second = (version_on(one.client.get(path).text) for one in (aino, eero))
        said = {"text": "Answer one", "language": "en"}
        assert aino.client.post(f"{path}/reply", data=aino.form(**first, **said)).status_code == 303
        late = eero.client.post(f"{path}/reply", data=eero.form(**second, text="Answer two", language="en"))
        assert late.status_code == 409
        assert "Answer two</textarea>" in late.text
        assert "Answer one" in late.text
        assert len(look(office, left)["messages"]) == 2
        # Having read it, they may.
        form = version_on(late.text) | {"text": "Answer two", "language": "en"}
        assert eero.client.post(f"{path}/reply", data=eero.form(**form)).status_code == 303
        assert len(look(office, left)["messages"]) == 3


def test_the_same_answer_sent_twice_is_one(assistant: FakeAssistant) -> None:
    with opened(assistant) as office:
        left = leave(office, message="Help", language="en")
        aino = office.sign_in(Role.ADVISOR)
        path = f"/desk/hand-offs/{left['id']}"
        form = aino.form(**version_on(aino.client.get(path).text), text="Answer", language="en")
        assert [aino.client.post(f"{path}/reply", data=form).status_code for _ in range(2)] == [303, 303]
        assert len(look(office, left)["messages"]) == 2
        assert [action for _, action, _ in audited(office)].count("hand_off.answer") == 1


@pytest.mark.parametrize("text", ["", " \n", "x" * 4001])
def test_what_is_no_answer_is_not_sent(assistant: FakeAssistant, text: str) -> None:
    with opened(assistant) as office:
        left = leave(office, message="Help", language="en")
        aino = office.sign_in(Role.ADVISOR)
        assert reply(aino, left["id"], text).status_code == 422
        assert look(office, left)["state"] == "new"


def test_the_transcript_stands_beside_its_finnish_with_a_suggestion(assistant: FakeAssistant) -> None:
    with opened(assistant) as office:
        ask(office, "answered how long", language="so")
        left = leave(office, conversation=TALK)
        aino = office.sign_in(Role.ADVISOR)
        page = aino.client.get(f"/desk/hand-offs/{left['id']}").text
        assert "answered how long" in page
        assert "Koulutus kestää 220–300 päivää." in page  # the quote that was translated
        asked = [one for one in assistant.asked if one["language"] == "fi"]
        assert [one["text"] for one in asked] == ["answered how long"]
        assert 'data-insert="It takes 220–300 days.' in page
        aino.client.get(f"/desk/hand-offs/{left['id']}")
        assert len([one for one in assistant.asked if one["language"] == "fi"]) == 1  # made once


def test_take_give_back_give_on_close_and_reopen(assistant: FakeAssistant) -> None:
    with opened(assistant) as office:
        left = leave(office, message="Help", language="en")
        aino, eero = office.sign_in(Role.ADVISOR), office.sign_in(Role.ADVISOR, name="eero")
        path = f"/desk/hand-offs/{left['id']}"

        def do(person: Person, act: str, **fields: str) -> str:
            response = person.client.post(f"{path}/{act}", data=person.form(**fields))
            assert response.status_code == 303
            return str(response.headers["location"]).rpartition("told=")[2]

        assert do(aino, "take") == "taken"
        assert look(office, left)["state"] == "assigned"
        assert do(eero, "take") == "overtaken"
        assert do(eero, "give-back") == "overtaken"
        assert do(aino, "assign", account=str(eero.account.id), owner="") == "overtaken"
        assert do(aino, "assign", account=str(eero.account.id), owner=str(aino.account.id)) == "assigned"
        assert do(aino, "assign", account="4711", owner=str(eero.account.id)) == "overtaken"
        assert do(eero, "give-back") == "given_back"
        assert look(office, left)["state"] == "new"
        do(aino, "close")
        assert look(office, left)["state"] == "closed"
        assert do(aino, "take") == "overtaken"
        assert reply(aino, left["id"], "Hello").status_code in (409, 422)
        more = office.client.post(f"/api/v1/hand-offs/{left['token']}/messages", json={"message": "more"})
        assert more.status_code == 422
        do(aino, "reopen")
        assert look(office, left)["state"] == "new"
        acts = [action for _, action, _ in audited(office) if action != "hand_off.read"]
        assert acts == [f"hand_off.{one}" for one in ("take", "assign", "give_back", "close", "reopen")]


def test_a_message_of_the_resident_waits_again(assistant: FakeAssistant) -> None:
    with opened(assistant) as office:
        left = leave(office, message="Help", language="en")
        aino = office.sign_in(Role.ADVISOR)
        reply(aino, left["id"], "Hello")
        assert look(office, left)["state"] == "answered"
        office.client.post(f"/api/v1/hand-offs/{left['token']}/messages", json={"message": "Thanks, but"})
        assert look(office, left)["state"] == "assigned"
        page = aino.client.get("/desk/inbox?mine=true").text
        assert left["id"] in page


@pytest.mark.parametrize("role", [Role.EDITOR, Role.EVALUATOR, Role.ADMINISTRATOR])
def test_conversations_are_for_advisors(assistant: FakeAssistant, role: Role) -> None:
    with opened(assistant) as office:
        left = leave(office, message="Help", language="en")
        other = office.sign_in(role)
        for path in ("/desk/inbox", f"/desk/hand-offs/{left['id']}"):
            assert other.client.get(path).status_code == 403
            assert office.client.get(path).status_code == 303
        for act in ("reply", "take", "give-back", "assign", "close", "reopen"):
            assert other.client.post(f"/desk/hand-offs/{left['id']}/{act}", data=other.form()).status_code == 403
        assert audited(office) == []


def test_no_id_is_guessed_and_the_inbox_tells_no_words(assistant: FakeAssistant) -> None:
    with opened(assistant) as office:
        ask(office, "answered about my secret matter")
        left = leave(office, conversation=TALK, message="My secret message", language="en")
        aino = office.sign_in(Role.ADVISOR)
        page = aino.client.get("/desk/inbox").text
        assert left["id"] in page
        assert "secret" not in page
        for id in ("0", "1", left["id"][:-1], left["token"], "x" * 16):
            assert aino.client.get(f"/desk/hand-offs/{id}").status_code == 404
        assert audited(office) == []


def test_words_reach_no_log(assistant: FakeAssistant, caplog: pytest.LogCaptureFixture) -> None:
    with opened(assistant) as office, caplog.at_level("DEBUG"):
        left = leave(office, message="Mysecretmatter", language="en", email="secret@example.fi")
        aino = office.sign_in(Role.ADVISOR)
        reply(aino, left["id"], "Mysecretanswer")
        look(office, left)
    ours = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("neuvo"))
    assert "/api/v1/hand-offs/{token}" in ours
    for secret in ("Mysecret", "secret@", left["token"], left["id"]):
        assert secret not in ours
