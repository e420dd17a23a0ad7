"""The widget in a real browser, on a site of another origin. Skipped where chromium or Playwright is missing."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import uvicorn
from browsing import CHROMIUM
from conftest import NAMES, FakeAssistant

from web.app import create_app
from web.assets import FOLDER
from web.settings import WebSettings

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

in_browser = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is not installed")

SOURCE = FOLDER / "widget.js"


class Site(BaseHTTPRequestHandler):
    """Somebody else's page with a link before and after the widget. The address's query tells how it is made:
    ``lang`` of the page, ``data-language`` of the script, ``csp`` for a strict policy."""

    neuvo = ""

    def do_GET(self) -> None:
        wishes = dict(re.findall(r"([\w-]+)=([\w-]*)", self.path))
        data = f' data-language="{wishes["data-language"]}"' if "data-language" in wishes else ""
        lang = f' lang="{wishes["lang"]}"' if wishes.get("lang") else ""
        body = (
            f"<!doctype html><html{lang}><head><title>Site</title>"
            "<style nonce=a>button { font-size: 80px !important; color: red }</style></head><body>"
            f'<a id="before" href="#">before</a><script src="{self.neuvo}/widget.js"{data}></script>'
            '<a id="after" href="#">after</a></body></html>'
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        if "csp" in wishes:
            policy = f"default-src 'none'; style-src 'nonce-a'; script-src {self.neuvo}; frame-src {self.neuvo}"
            self.send_header("Content-Security-Policy", policy)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def neuvo_at(listener: socket.socket, settings: WebSettings) -> Iterator[FakeAssistant]:
    assistant = FakeAssistant()
    config = uvicorn.Config(create_app(lambda: assistant, settings), log_level="warning")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    yield assistant
    assistant.released.set()
    server.should_exit = True
    thread.join(10)


@dataclass(frozen=True)
class Sites:
    """``listed`` and ``unlisted`` are the same site under two names, of which Neuvo knows one."""

    neuvo: str
    listed: str
    unlisted: str
    assistant: FakeAssistant


@pytest.fixture(scope="module")
def sites() -> Iterator[Sites]:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    neuvo = f"http://127.0.0.1:{listener.getsockname()[1]}"
    handler = type("Handler", (Site,), {"neuvo": neuvo})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as site:
        threading.Thread(target=site.serve_forever, daemon=True).start()
        listed, unlisted = (f"http://{host}:{site.server_port}" for host in ("localhost", "127.0.0.1"))
        with neuvo_at(listener, WebSettings(embed_origins=(listed,))) as assistant:
            yield Sites(neuvo, listed, unlisted, assistant)
        site.shutdown()


@pytest.fixture
def open_page(browser: sync_api.Browser) -> Iterator[Callable[..., sync_api.Page]]:
    """A page of a browser in a language, whose script errors fail the test."""
    problems: list[str] = []
    contexts = []

    def open_page(address: str, locale: str = "en-US", width: int = 360, height: int = 740) -> sync_api.Page:
        context = browser.new_context(locale=locale, viewport={"width": width, "height": height})
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(address)
        return page

    yield open_page
    for context in contexts:
        assert context.cookies() == []
        context.close()
    assert problems == []


def wait_for_frame(page: sync_api.Page) -> None:
    """Until the chat's scripts have run."""
    page.frame_locator("iframe").locator("#question").wait_for()
    frame = page.frame(url=re.compile("embed"))
    assert frame
    frame.wait_for_load_state("load")


def test_it_is_light() -> None:
    """At most 4 KB as it stands, without being made smaller."""
    assert len(SOURCE.read_bytes()) <= 4096


def test_it_speaks_every_language() -> None:
    texts = re.findall(r'^    (\w\w): \["([^"]+)", "([^"]+)"\],$', SOURCE.read_text(encoding="utf-8"), re.M)
    assert [code for code, _, _ in texts] == list(NAMES)
    assert all("Neuvo" in opens for _, opens, _ in texts)
    for column in (1, 2):
        assert len({row[column] for row in texts}) == len(NAMES)


def test_it_keeps_nothing_and_loads_nothing_else() -> None:
    source = SOURCE.read_text(encoding="utf-8")
    assert not re.search(
        r"cookie\s*=|localStorage|sessionStorage|indexedDB|fetch\(|XMLHttp|import\b|eval|innerHTML", source
    )


@in_browser
@pytest.mark.parametrize(
    ("query", "locale", "language"),
    [
        pytest.param("data-language=auto&lang=fi-FI", "en-US", "fi", id="the site's"),
        pytest.param("data-language=auto", "so-SO", "so", id="the browser's"),
        pytest.param("", "ar", "ar", id="auto is what it does anyway"),
        pytest.param("data-language=vi&lang=fi", "en-US", "vi", id="the one it is told"),
        pytest.param("data-language=xx&lang=de", "tr-TR", "tr", id="unknown ones are passed over"),
        pytest.param("lang=prs", "en-US", "fa", id="Dari"),
        pytest.param("lang=ku-Arab", "fa-IR", "fa", id="Sorani is not Kurmanji"),
        pytest.param("lang=uk", "ru-RU", "uk", id="Ukrainian"),
        pytest.param("lang=be", "hi-IN", "en", id="none"),
    ],
)
def test_its_language(
    open_page: Callable[..., sync_api.Page], sites: Sites, query: str, locale: str, language: str
) -> None:
    page = open_page(f"{sites.listed}/?{query}", locale)
    root = page.locator("#neuvo-widget")
    assert root.get_attribute("lang") == language
    assert root.get_attribute("dir") == ("rtl" if language in ("ar", "fa") else "ltr")


@in_browser
@pytest.mark.parametrize(
    ("language", "opens", "closes"),
    [("en", "Ask Neuvo", "Close"), ("ar", "اسأل Neuvo", "إغلاق"), ("zh", "询问 Neuvo", "关闭")],
)
def test_ask_on_another_site(
    open_page: Callable[..., sync_api.Page], sites: Sites, language: str, opens: str, closes: str
) -> None:
    page = open_page(f"{sites.listed}/?lang={language}&csp")
    assert len(page.frames) == 1
    button = page.get_by_role("button", name=opens)
    # The site's own style does not reach it, its Content-Security-Policy does not keep ours away.
    box = button.bounding_box()
    assert box
    assert 44 <= box["height"] < 80
    assert (box["x"] < 180) == (language == "ar")
    button.click()
    dialog = page.get_by_role("dialog", name="Neuvo")
    sync_api.expect(dialog.get_by_role("button", name=closes)).to_be_focused()
    frame = page.frame_locator("iframe[title=Neuvo]")
    assert frame.locator("html").get_attribute("lang") == language
    wait_for_frame(page)
    frame.locator("#question").fill("answered?")
    frame.locator("#question").press("Enter")
    sync_api.expect(frame.locator(".sentence").first).to_contain_text("It takes")
    assert page.url.startswith(sites.listed)
    dialog.get_by_role("button", name=closes).click()
    sync_api.expect(dialog).to_be_hidden()
    sync_api.expect(button).to_be_focused()
    button.click()
    sync_api.expect(frame.locator(".sentence").first).to_contain_text("It takes")


@in_browser
def test_escape_closes_it_and_focus_returns(open_page: Callable[..., sync_api.Page], sites: Sites) -> None:
    page = open_page(f"{sites.listed}/?lang=en")
    button, dialog = page.get_by_role("button", name="Ask Neuvo"), page.get_by_role("dialog")
    button.focus()
    page.keyboard.press("Enter")
    sync_api.expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    sync_api.expect(dialog).to_be_hidden()
    sync_api.expect(button).to_be_focused()
    page.keyboard.press("Enter")
    wait_for_frame(page)
    page.frame_locator("iframe").locator("#question").click()
    page.keyboard.press("Escape")
    sync_api.expect(dialog).to_be_hidden()
    sync_api.expect(button).to_be_focused()


@in_browser
def test_focus_stays_inside_while_it_is_open(open_page: Callable[..., sync_api.Page], sites: Sites) -> None:
    """Tab goes through the dialog and the frame, and never to the site's links, forwards or backwards."""
    page = open_page(f"{sites.listed}/?lang=en", width=1280)
    page.get_by_role("button", name="Ask Neuvo").click()
    wait_for_frame(page)
    for key in ("Tab", "Shift+Tab"):
        seen = set()
        presses = 0
        while presses < 200 and not {"button", "iframe"} <= seen:
            for _ in range(3):
                page.keyboard.press(key)
                assert page.evaluate("document.activeElement.id") in ("neuvo-widget", ""), key
                seen.add(page.evaluate("document.querySelector('#neuvo-widget').shadowRoot.activeElement?.localName"))
                presses += 1
        assert {"button", "iframe"} <= seen, key
    # Nor does a click reach what is behind it.
    with pytest.raises(sync_api.TimeoutError):
        page.locator("#before").click(timeout=500)


@in_browser
def test_a_message_from_elsewhere_does_not_close_it(open_page: Callable[..., sync_api.Page], sites: Sites) -> None:
    page = open_page(f"{sites.listed}/?lang=en")
    page.get_by_role("button", name="Ask Neuvo").click()
    wait_for_frame(page)
    page.evaluate("window.postMessage('neuvo:close', '*')")
    page.frame(url=re.compile("embed")).evaluate("window.parent.postMessage('other', '*')")  # type: ignore[union-attr]
    page.wait_for_timeout(200)
    sync_api.expect(page.get_by_role("dialog")).to_be_visible()


@in_browser
def test_a_site_that_is_not_listed_shows_nothing(open_page: Callable[..., sync_api.Page], sites: Sites) -> None:
    page = open_page(f"{sites.unlisted}/?lang=en")
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    page.get_by_role("button", name="Ask Neuvo").click()
    page.wait_for_timeout(500)
    assert "frame-ancestors" in " ".join(refused)
    assert page.frame_locator("iframe").locator("#question").count() == 0


@in_browser
def test_included_twice_there_is_one(open_page: Callable[..., sync_api.Page], sites: Sites) -> None:
    page = open_page(f"{sites.listed}/?lang=en")
    page.add_script_tag(url=f"{sites.neuvo}/widget.js")
    assert page.locator("#neuvo-widget").count() == 1


@in_browser
@pytest.mark.parametrize(("width", "height"), [(320, 256), (360, 740), (1280, 800)])
def test_it_fits_the_screen(open_page: Callable[..., sync_api.Page], sites: Sites, width: int, height: int) -> None:
    page = open_page(f"{sites.listed}/?lang=en", width=width, height=height)
    page.get_by_role("button", name="Ask Neuvo").click()
    for element in (page.get_by_role("dialog"), page.get_by_role("button", name="Close")):
        box = element.bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["y"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["y"] + box["height"] <= height
    assert page.evaluate("document.documentElement.scrollWidth") == width
