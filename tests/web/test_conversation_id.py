"""Follow-ups: which conversation a question belongs to, and that nobody else learns of it."""

from __future__ import annotations

import logging
import re

import pytest
from conftest import NAMES, FakeAssistant
from fastapi.testclient import TestClient

from web.conversations import PATTERN, id_or_new, new_id

ASK = "/api/v1/ask"
STREAM = "/api/v1/ask/stream"
ID = "Abc_-0123456789x"
FIELD = re.compile(r'<input type="hidden" name="conversation" value="([^"]*)">')


def id_of(html: str) -> str:
    """The one id that every form of a page carries, but for feedback, which is on an answer."""
    found = FIELD.findall(html)
    assert len(found) == len(re.findall(r"<form(?! class=.feedback)", html)) > 0
    (id,) = set(found)
    return str(id)


def test_ids_are_unguessable() -> None:
    ids = {new_id() for _ in range(1000)}
    assert len(ids) == 1000
    for id in ids:
        assert re.fullmatch(PATTERN, id)
        assert len(id) * 6 >= 128  # base64: 6 bits a character


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        pytest.param(ID, True, id="shortest"),
        pytest.param("x" * 200, True, id="longest"),
        pytest.param("", False, id="missing"),
        pytest.param("x" * 15, False, id="too short"),
        pytest.param("x" * 201, False, id="too long"),
        pytest.param("x" * 20 + "\n", False, id="line end"),
        pytest.param('"><script>alert(1)</script>', False, id="markup"),
        pytest.param("٣" * 20, False, id="digits of another script"),
    ],
)
def test_an_id_is_kept_and_anything_else_replaced(sent: str, kept: bool) -> None:
    assert (id_or_new(sent) == sent) is kept
    assert re.fullmatch(PATTERN, id_or_new(sent))


@pytest.mark.parametrize("path", [ASK, STREAM])
def test_the_apis_conversation_reaches_the_assistant_only(
    client: TestClient, assistant: FakeAssistant, path: str
) -> None:
    response = client.post(path, json={"question": "answered", "conversation": ID})
    client.post(path, json={"question": "answered"})
    assert [asked["conversation"] for asked in assistant.asked] == [ID, None]
    assert ID not in response.text
    assert ID not in str(response.headers)


@pytest.mark.parametrize("id", [ID, "short", "%20", "ä" * 300])
def test_forgetting_tells_nothing(client: TestClient, assistant: FakeAssistant, id: str) -> None:
    response = client.delete(f"/api/v1/conversations/{id}")
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["cache-control"] == "no-store"
    assert assistant.forgotten == [" " if id == "%20" else id]


def test_every_page_begins_a_conversation_of_its_own(client: TestClient) -> None:
    responses = [client.get("/en/"), client.get("/en/"), client.get("/fi/"), client.post("/en/ask")]
    ids = {id_of(response.text) for response in responses}
    assert len(ids) == 4
    assert all(re.fullmatch(PATTERN, id) for id in ids)
    assert responses[0].headers["cache-control"] == "private, no-cache"
    assert not any("set-cookie" in response.headers for response in responses)


@pytest.mark.parametrize("question", ["answered", "clarify", "no_information", "boom", "unavailable", ""])
def test_the_id_survives_from_answer_to_question(client: TestClient, assistant: FakeAssistant, question: str) -> None:
    """Also from a refused question, which stays in the box to be sent again."""
    id = id_of(client.get("/en/").text)
    page = client.post("/en/ask", data={"question": question, "conversation": id})
    assert id_of(page.text) == id
    assert [asked["conversation"] for asked in assistant.asked] == ([id] if question else [])
    elsewhere = FIELD.sub("", page.text)
    assert id not in elsewhere
    assert id not in str(page.url) + str(page.headers)


@pytest.mark.parametrize("sent", ["", "short", "x" * 300, '"><b>', "a b c d e f g h i j"])
def test_a_bad_id_on_the_page_is_replaced_without_an_error(
    client: TestClient, assistant: FakeAssistant, sent: str
) -> None:
    page = client.post("/en/ask", data={"question": "answered", "conversation": sent})
    assert page.status_code == 200
    id = id_of(page.text)
    assert id != sent
    assert [asked["conversation"] for asked in assistant.asked] == [id]


@pytest.mark.parametrize(
    ("site", "kept"), [("same-origin", True), ("none", True), ("same-site", False), ("cross-site", False)]
)
def test_another_site_cannot_choose_the_conversation(client: TestClient, site: str, kept: bool) -> None:
    """Else it would know the id of the conversation that the resident goes on with."""
    data = {"question": "answered", "conversation": ID}
    page = client.post("/en/ask", data=data, headers={"Sec-Fetch-Site": site})
    assert (id_of(page.text) == ID) is kept


@pytest.mark.parametrize("code", NAMES)
def test_a_new_conversation_is_offered_once_there_is_one(client: TestClient, code: str) -> None:
    control = re.compile(
        rf'<form id="afresh" data-afresh method="post" action="/{code}/new"( hidden)?>.*?<button[^>]*>([^<]+)</button>',
        re.S,
    )
    start, answered, refused = (
        control.search(page.text)
        for page in (
            client.get(f"/{code}/"),
            client.post(f"/{code}/ask", data={"question": "answered", "conversation": ID}),
            client.post(f"/{code}/ask", data={"question": "boom", "conversation": ID}),
        )
    )
    assert start
    assert answered
    assert refused
    assert (start[1], answered[1], refused[1]) == (" hidden", None, None)
    assert (start[2] == "New conversation") is (code == "en")


@pytest.mark.parametrize("question", ["answered", "boom", "half", "invalid", "unavailable"])
def test_no_log_holds_the_id(
    client: TestClient,
    assistant: FakeAssistant,
    question: str,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    def broken(conversation: str) -> None:
        raise LookupError(f"cannot forget {conversation}")

    with caplog.at_level(logging.DEBUG):
        caplog.set_level(logging.WARNING, "httpx2")  # the test's client names every address
        for path in (ASK, STREAM):
            client.post(path, json={"question": question, "conversation": ID})
            client.post(path, json={"question": question, "conversation": f"{ID}!"})
        client.post("/en/ask", data={"question": question, "conversation": ID})
        client.delete(f"/api/v1/conversations/{ID}")
        assistant.forget = broken  # type: ignore[method-assign]
        failed = client.delete(f"/api/v1/conversations/{ID}")
    assert (failed.status_code, failed.json()["status"]) == (500, "error")
    assert "DELETE /api/v1/conversations/{id} failed: LookupError at " in caplog.text
    assert ID not in caplog.text
    assert ID not in failed.text
    assert ID not in "".join(capfd.readouterr())
