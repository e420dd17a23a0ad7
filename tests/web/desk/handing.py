"""What tests of hand-offs share: a server that takes them, and words for what both sides do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from conftest import FakeAssistant
from fastapi.testclient import TestClient

from desk.conftest import Office
from web.app import create_app
from web.desk.settings import DeskSettings, HandOffSettings
from web.settings import WebSettings

TALK = "a-conversation-of-a-test"
OPEN: dict[str, Any] = {"enabled": True, "hours": {}}


def settings(database: str = "sqlite://", **hand_off: Any) -> WebSettings:
    chosen = HandOffSettings.model_validate(OPEN | hand_off)
    return WebSettings(workers=1, queue=4, database=database, desk=DeskSettings(hand_off=chosen))


@contextmanager
def opened(assistant: FakeAssistant, **hand_off: Any) -> Iterator[Office]:
    app = create_app(lambda: assistant, settings(**hand_off))
    with TestClient(app, follow_redirects=False) as client:
        yield Office(client, client.app_state["desk"])


def ask(office: Office, question: str, conversation: str = TALK, language: str = "en") -> None:
    """Ask in a conversation; the fake answers by the question's first word."""
    body = {"question": question, "conversation": conversation, "page_language": language}
    response = office.client.post(
        "/api/v1/ask", json=body | {"key": re.sub(r"\W", "-", f"key-of-{question}").ljust(16, "x")}
    )
    assert response.status_code == 200, response.text


def leave(office: Office, **body: Any) -> dict[str, Any]:
    """Leave something by the API."""
    response = office.client.post("/api/v1/hand-offs", json={"page_language": "so", "consent": True} | body)
    assert response.status_code == 201, response.text
    left: dict[str, Any] = response.json()
    return left


def look(office: Office, left: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = office.client.get(f"/api/v1/hand-offs/{left['token']}").json()
    return found


def version_on(page: str) -> dict[str, str]:
    """The hidden fields that an answer's form brings."""
    return dict(re.findall(r'name="(seen|key)" value="([^"]*)"', page))
