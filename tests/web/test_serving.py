"""``neuvo serve``: what it passes to the server, and that no log of it holds an address."""

from __future__ import annotations

import logging
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from conftest import FakeAssistant
from typer.testing import CliRunner

from web.cli import app

SECRET = "my-secret-matter"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NEUVO_DATA", str(tmp_path / "data"))
    monkeypatch.setattr("assistant.answering.build_assistant", lambda config: FakeAssistant())
    handlers = list(logging.root.handlers)
    level = logging.root.level
    yield tmp_path
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


def serve(application: Any, addresses: list[str], **options: Any) -> list[int]:
    """Serve as ``uvicorn.run`` would, and get these addresses."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    options.pop("port")
    server = uvicorn.Server(uvicorn.Config(application, **options))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    statuses = []
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        for address in addresses:
            request = urllib.request.Request(f"http://127.0.0.1:{listener.getsockname()[1]}{address}")
            request.add_header("X-Forwarded-For", SECRET)
            try:
                statuses.append(urllib.request.urlopen(request).status)
            except urllib.error.HTTPError as error:
                statuses.append(error.code)
                error.close()
    finally:
        server.should_exit = True
        thread.join(10)
    return statuses


def test_no_log_holds_an_address(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    statuses: list[int] = []
    addresses = ["/en/about", f"/healthz?q={SECRET}", f"/{SECRET}?q={SECRET}", f"/api/v1/answers/{SECRET}"]
    monkeypatch.setattr(uvicorn, "run", lambda a, **options: statuses.extend(serve(a, addresses, **options)))
    logging.root.handlers.clear()
    result = CliRunner().invoke(app, ["serve"])
    assert result.exit_code == 0, result.output
    assert statuses == [200, 200, 404, 404]
    logged = "".join(capfd.readouterr()) + result.output
    assert "GET /{language}/about 200" in logged
    assert "GET /api/v1/answers/{key} 404" in logged
    assert SECRET not in logged
    assert (folder / "data" / "web.sqlite3").exists()


def test_a_database_that_cannot_be_opened_is_one_line(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEUVO_DATABASE", "sqlite:////proc/none/web.sqlite3")
    result = CliRunner().invoke(app, ["serve"])
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "the database cannot be opened" in result.stderr
