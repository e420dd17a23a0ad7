"""What tests in a real browser share: a server in a thread, and words for what a visitor does."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn

from web.app import create_app
from web.settings import RateLimitSettings, WebSettings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def serve(assistant: Any, settings: WebSettings | None = None) -> Iterator[str]:
    """The address of a server over an assistant."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    # All tests are one client.
    limits = {"rate_limits": RateLimitSettings(ask=0, feedback=0, speech=0, sign_in=0, any=0)}
    application = create_app(lambda: assistant, (settings or WebSettings()).model_copy(update=limits))
    server = uvicorn.Server(uvicorn.Config(application, log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        if hasattr(assistant, "released"):
            assistant.released.set()
        server.should_exit = True
        thread.join(10)


@contextmanager
def visit(browser: Browser, **context: Any) -> Iterator[Page]:
    """A phone's page on which every error of the script or the Content-Security-Policy is a failure, and after which
    no cookie is left."""
    opened: BrowserContext = browser.new_context(**{"viewport": {"width": 360, "height": 740}, **context})
    page = opened.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text) if "Refused to" in message.text else None)
    try:
        yield page
        assert opened.cookies() == []
    finally:
        opened.close()
    assert problems == []


def ask(page: Page, question: str) -> None:
    page.locator("#question").fill(question)
    page.locator("#question").press("Enter")


def answered(page: Page, count: int = 1) -> None:
    """Wait until the answer with this number is there and has the focus."""
    from playwright.sync_api import expect

    expect(page.locator(".exchange")).to_have_count(count)
    expect(page.locator(".answer").nth(count - 1)).to_be_focused()


def id_on(page: Page) -> str:
    return page.locator("#ask [name=conversation]").get_attribute("value") or ""


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
