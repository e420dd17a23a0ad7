from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from conftest import ANSWERS, DOCUMENT, FakeAssistant
from fastapi.testclient import TestClient

from web.app import create_app
from web.settings import WebSettings
from web.wire import AnswerWire, ErrorWire

ASK = "/api/v1/ask"
STREAM = "/api/v1/ask/stream"
SURROGATES = b'{"question": "a", "conversation": "' + b"\\ud800" * 20 + b'"}'


def events(text: str) -> list[tuple[str, dict[str, Any]]]:
    found = []
    for block in text.strip().split("\n\n"):
        name, data = block.split("\n")
        found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


@pytest.mark.parametrize("name", [name for name in ANSWERS if name != "unavailable"])
def test_answer_is_the_wire_form(client: TestClient, name: str) -> None:
    response = client.post(ASK, json={"question": name})
    assert response.status_code == 200
    assert response.json() == ANSWERS[name].to_wire()
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("name", list(ANSWERS))
def test_wire_models_match_the_answer(name: str) -> None:
    wire = ANSWERS[name].to_wire()
    assert AnswerWire.model_validate(wire).model_dump(mode="json") == wire


def test_request_reaches_the_assistant(client: TestClient, assistant: FakeAssistant) -> None:
    profile = {"municipality": "Espoo", "situation": "at_home"}
    body = {"question": "answered?", "language": "so", "page_language": "fi", "profile": profile}
    client.post(ASK, json=body)
    (asked,) = assistant.asked
    assert (asked["text"], asked["language"], asked["page_language"]) == ("answered?", "so", "fi")
    assert (asked["profile"].municipality, asked["profile"].situation) == ("Espoo", "at_home")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        pytest.param({}, "question", id="no question"),
        pytest.param({"question": 3}, "question", id="a number"),
        pytest.param({"question": "  \n"}, "question", id="blank"),
        pytest.param({"question": "x" * 501}, "question", id="too long"),
        pytest.param({"question": "invalid"}, "question", id="the assistant refuses"),
        pytest.param({"question": "a", "language": "xx"}, "language", id="unknown language"),
        pytest.param({"question": "a", "profile": {"situation": "x"}}, "profile.situation", id="situation"),
        pytest.param({"question": "a", "profil": {}}, "profil", id="misspelt field"),
        pytest.param({"question": "a", "conversation": "x" * 15}, "conversation", id="guessable conversation"),
        pytest.param({"question": "a", "conversation": "x" * 201}, "conversation", id="long conversation"),
        pytest.param({"question": "a", "conversation": "x" * 20 + "\n"}, "conversation", id="line end"),
        pytest.param({"question": "a", "conversation": "ä" * 20}, "conversation", id="other letters"),
        pytest.param({"question": "a", "conversation": ""}, "conversation", id="empty conversation"),
    ],
)
@pytest.mark.parametrize("path", [ASK, STREAM])
def test_invalid_requests(client: TestClient, path: str, body: dict[str, Any], field: str) -> None:
    response = client.post(path, json=body, headers={"Accept-Language": "ar"})
    assert response.status_code == 422
    error = ErrorWire.model_validate(response.json())
    assert error.status == "invalid"
    assert error.message
    assert [problem.field for problem in error.problems] == [field]
    assert field != "conversation" or error.message.startswith("conversation: ")


@pytest.mark.parametrize(
    ("question", "message"),
    [("", "[ar question_empty]"), ("x" * 501, "[ar question_too_long 500]"), ("\U0001f600" * 500, None)],
)
def test_length_is_counted_in_code_points_and_explained_in_the_language(
    client: TestClient, question: str, message: str | None
) -> None:
    body = client.post(ASK, json={"question": question, "language": "ar"}).json()
    assert body.get("message") == message
    if message:
        assert (body["language"], body["direction"]) == ("ar", "rtl")


@pytest.mark.parametrize("body", [b"{", b'{"question": "\\ud800 secret"}', SURROGATES, b"\xff", b"[]", b"null"])
def test_malformed_json_is_refused_without_repeating_it(client: TestClient, body: bytes) -> None:
    response = client.post(ASK, content=body, headers={"Content-Type": "application/json"})
    assert response.status_code in (400, 422)
    assert ErrorWire.model_validate(response.json()).status == "invalid"
    assert "secret" not in response.text


def test_large_bodies_are_refused(client: TestClient) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(40):
            yield b" " * 1024

    for content in (b'{"question": "' + b"x" * 20_000 + b'"}', chunks()):
        response = client.post(ASK, content=content, headers={"Content-Type": "application/json"})
        assert response.status_code == 413
        assert response.json()["status"] == "too_large"


def test_stream_has_its_events_in_order(client: TestClient) -> None:
    response = client.post(STREAM, json={"question": "answered"})
    assert response.headers["content-type"].startswith("text/event-stream")
    got = events(response.text)
    names = ["status", "sentence", "citation", "sentence", "citation", "citation", "done"]
    assert [name for name, _ in got] == names
    assert got[-1][1] == ANSWERS["answered"].to_wire()
    assert [data["number"] for name, data in got if name == "citation"] == [1, 2, 3]


def test_failure_midway_is_the_last_event(client: TestClient) -> None:
    got = events(client.post(STREAM, json={"question": "half", "page_language": "so"}).text)
    assert [name for name, _ in got] == ["status", "sentence", "error"]
    error = ErrorWire.model_validate(got[-1][1])
    assert (error.status, error.message, error.language) == ("error", "[so error]", "so")


@pytest.mark.parametrize("path", [ASK, STREAM])
def test_failure_tells_nothing_of_the_inside(client: TestClient, path: str) -> None:
    response = client.post(path, json={"question": "boom secret", "language": "fa"})
    assert response.status_code == 500
    assert response.json() == {
        "status": "error",
        "message": "[fa error]",
        "language": "fa",
        "direction": "rtl",
        "problems": [],
    }


@pytest.mark.parametrize("path", [ASK, STREAM])
def test_unavailable_is_503(client: TestClient, path: str) -> None:
    response = client.post(path, json={"question": "unavailable", "language": "vi"})
    assert response.status_code == 503
    assert (response.json()["status"], response.json()["message"]) == ("unavailable", "[vi unavailable]")
    assert int(response.headers["retry-after"]) > 0


def test_full_queue_is_503_with_retry_after(client: TestClient, assistant: FakeAssistant) -> None:
    """One worker and one place to wait: the third question is turned away at once, the first two answered."""
    with ThreadPoolExecutor(2) as others:
        first = others.submit(client.post, ASK, json={"question": "wait"})
        assert assistant.started.acquire(timeout=10)
        second = others.submit(client.post, ASK, json={"question": "wait"})
        _until(lambda: client.app_state["reception"].pool._places._value == 0)
        for path in (ASK, STREAM):
            third = client.post(path, json={"question": "wait", "language": "tr"})
            assert third.status_code == 503
            assert third.headers["retry-after"] == "5"
            assert (third.json()["status"], third.json()["message"]) == ("unavailable", "[tr busy]")
        urgent = client.post(ASK, json={"question": "emergency"})
        assert (urgent.status_code, urgent.json()["status"]) == (200, "emergency")
        assert "event: done" in client.post(STREAM, json={"question": "emergency"}).text
        assert client.get("/healthz").status_code == 200
        assistant.released.set()
        assert (first.result(10).status_code, second.result(10).status_code) == (200, 200)
    assert client.post(ASK, json={"question": "wait"}).status_code == 200


def _until(condition: Any) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_health(client: TestClient, assistant: FakeAssistant) -> None:
    assert client.get("/healthz").json() == {"status": "alive"}
    assert client.get("/readyz").json() == {"status": "ready", "reason": None}
    assistant.reason = "no build in data/builds: run neuvo build"
    assert client.get("/healthz").status_code == 200
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"status": "not_ready", "reason": assistant.reason}
    assert client.head("/readyz").status_code == 503


def test_document(client: TestClient) -> None:
    body = client.get("/api/v1/documents/kauniainen%2Fohjelma%202025").json()
    assert (body["id"], body["text"]) == (DOCUMENT.id, DOCUMENT.text)
    assert (body["municipality"], body["valid_until"]) == (["Kauniainen"], "2026-12-31")
    missing = client.get("/api/v1/documents/none")
    assert missing.status_code == 404
    assert missing.json()["status"] == "not_found"


def test_unknown_addresses_and_methods(client: TestClient) -> None:
    assert client.get("/api/v1/nothing").json()["status"] == "not_found"
    response = client.get(ASK)
    assert (response.status_code, response.json()["status"]) == (405, "invalid")


def test_openapi_documents_every_response(client: TestClient) -> None:
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    assert set(paths) == {
        ASK, STREAM, "/api/v1/answers/{key}", "/api/v1/answers/{key}/speech", "/api/v1/conversations/{id}",
        "/api/v1/documents/{id}", "/api/v1/feedback", "/api/v1/questions",
        "/healthz", "/readyz", "/api/v1/hand-offs", "/api/v1/hand-offs/{token}",
        "/api/v1/hand-offs/{token}/messages",
    }  # fmt: skip
    assert set(paths["/api/v1/conversations/{id}"]["delete"]["responses"]) == {"204", "422", "500"}
    responses = paths[ASK]["post"]["responses"]
    assert set(responses) == {"200", "413", "422", "429", "500", "503"}
    assert responses["200"]["content"]["application/json"]["schema"]["$ref"].endswith("/AnswerWire")
    assert responses["422"]["content"]["application/json"]["schema"]["$ref"].endswith("/ErrorWire")
    assert "text/event-stream" in paths[STREAM]["post"]["responses"]["200"]["content"]
    assert client.get("/docs").status_code == 404


@pytest.mark.parametrize("question", ["answered", "boom", "half", "invalid", "unavailable"])
def test_no_log_holds_the_question(
    client: TestClient, question: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        for path in (ASK, STREAM):
            client.post(path, json={"question": f"{question} my-secret-matter"})
        client.post("/en/ask", data={"question": f"{question} my-secret-matter"})
        client.post(ASK, json={"question": "my-secret-matter", "x": 1})
        client.post("/en/ask", files={"question": b"my-secret-matter"})
    assert "my-secret-matter" not in caplog.text
    assert "my-secret-matter" not in "".join(capfd.readouterr())
    if question == "boom":
        assert "Answering failed: RuntimeError at " in caplog.text


def test_a_failure_outside_answering_is_logged_by_its_place_only(
    client: TestClient, assistant: FakeAssistant, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(id: str) -> Any:
        raise LookupError("secret value")

    assistant.document = broken  # type: ignore[method-assign]
    page = client.get("/sv/documents/x")
    assert page.status_code == 500
    assert "[sv error]" in page.text
    assert page.headers["content-security-policy"]
    assert client.get("/api/v1/documents/x").json()["status"] == "error"
    assert "LookupError" in caplog.text
    assert "secret value" not in caplog.text


def test_assistant_is_opened_once_off_the_loop_and_closed(assistant: FakeAssistant) -> None:
    opened: list[threading.Thread] = []

    def open_assistant() -> FakeAssistant:
        opened.append(threading.current_thread())
        return assistant

    with TestClient(create_app(open_assistant, WebSettings())) as client:
        client.get("/en/")
        client.get("/fi/")
        assert not assistant.closed
    assert len(opened) == 1
    assert assistant.closed
