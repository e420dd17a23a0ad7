"""People at the desk."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from web.app import create_app
from web.desk.access import PLAIN_COOKIE
from web.desk.accounts import Account, Role
from web.desk.desk import Desk
from web.settings import WebSettings
from web.storage import IN_MEMORY, open_database


@dataclass(frozen=True)
class Person:
    """Somebody signed in: ``client`` sends their cookie, ``form`` carries their token."""

    client: TestClient
    account: Account
    csrf: str

    def form(self, **fields: str) -> dict[str, str]:
        return {"csrf": self.csrf} | fields


@dataclass
class Office:
    """A server and whoever works at its desk."""

    client: TestClient
    desk: Desk

    def sign_in(self, *roles: Role, name: str = "aino") -> Person:
        """A new account with ``roles``, signed in with a client of its own."""
        account = self.desk.accounts.create(name, roles)
        token = self.desk.sessions.begin(account)
        session = self.desk.sessions.find(token)
        assert session is not None
        client = TestClient(self.client.app, follow_redirects=False)
        # The application is open already: this client must not open it again.
        client.portal = self.client.portal
        client.app_state.update(self.client.app_state)
        client.cookies.set(PLAIN_COOKIE, token)
        return Person(client, account, session.csrf)


@pytest.fixture(autouse=True)
def whole_pass(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """With NEUVO_TEST_DATABASE=postgresql every server of these tests keeps its data in PostgreSQL."""
    if os.environ.get("NEUVO_TEST_DATABASE") != "postgresql":
        yield
        return
    server, template = (request.getfixturevalue(name) for name in ("postgresql", "postgresql_template"))
    with ExitStack() as databases:

        def opened(url: str) -> Engine:
            return open_database(databases.enter_context(server.database(template)) if url == IN_MEMORY else url)

        monkeypatch.setattr("web.app.open_database", opened)
        yield


@pytest.fixture
def office(assistant) -> Iterator[Office]:
    with TestClient(create_app(lambda: assistant, WebSettings(workers=1, queue=1)), follow_redirects=False) as client:
        yield Office(client, client.app_state["desk"])


SignIn = Callable[..., Person]
