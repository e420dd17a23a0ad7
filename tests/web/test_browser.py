"""The page in a real browser. Skipped where Debian's chromium or Playwright is missing."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvicorn
from conftest import ANSWERS, QUOTE, FakeAssistant

from web.app import create_app

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is not installed")

SHAPE = """element => {
  const text = node => node.data.replace(/\\s+/g, " ").trim();
  const attribute = ({ name, value }) => [name, value.replace(/^#?a\\d+-/, "")];
  const shape = node => node.nodeType === Node.TEXT_NODE ? text(node) : node.nodeType === Node.ELEMENT_NODE && {
    tag: node.localName,
    attributes: Object.fromEntries([...node.attributes].map(attribute).sort()),
    inside: [...node.childNodes].map(shape).filter(Boolean),
  };
  return shape(element);
}"""
"""An element's tags, attributes and texts, without white space between them and its exchange's number."""


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, FakeAssistant]]:
    assistant = FakeAssistant()
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(create_app(lambda: assistant), log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}", assistant
    assistant.released.set()
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def browser() -> Iterator[sync_api.Browser]:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: sync_api.Browser) -> Iterator[sync_api.Page]:
    """A phone's page on which every error of the script or the Content-Security-Policy fails the test."""
    context = browser.new_context(viewport={"width": 360, "height": 740})
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text) if "Refused to" in message.text else None)
    yield page
    context.close()
    assert problems == []


def ask(page: sync_api.Page, question: str) -> None:
    page.locator("#question").fill(question)
    page.locator("#question").press("Enter")


def id_on(page: sync_api.Page) -> str:
    return page.locator("#ask [name=conversation]").get_attribute("value") or ""


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("code", "direction", "ready"), [("en", "ltr", "The answer is ready."), ("ar", "rtl", "الإجابة جاهزة.")]
)
def test_ask_and_open_a_citation(
    page: sync_api.Page, server: tuple[str, FakeAssistant], code: str, direction: str, ready: str
) -> None:
    url, assistant = server
    page.goto(f"{url}/{code}/")
    page.locator("#situation").select_option("jobseeker")
    ask(page, "answered?")
    sync_api.expect(page.locator("#progress")).to_have_text(ready)
    assert page.url == f"{url}/{code}/"
    sync_api.expect(page.locator(".answer")).to_be_focused()
    sync_api.expect(page.locator("#question")).to_have_value("")
    asked = assistant.asked[-1]
    assert (asked["page_language"], asked["language"]) == (code, None)
    assert (asked["profile"].situation, asked["profile"].municipality) == ("jobseeker", None)
    first = page.locator(".sentence").first
    assert (first.get_attribute("lang"), first.get_attribute("dir")) == ("en", "ltr")
    assert page.evaluate("getComputedStyle(document.querySelector('#exchanges')).direction") == direction
    quote = page.locator("blockquote").first
    sync_api.expect(quote).to_be_hidden()
    first.locator("a.ref").click()
    sync_api.expect(quote).to_be_visible()
    sync_api.expect(quote).to_have_text(QUOTE)
    assert quote.get_attribute("lang") == "fi"
    sync_api.expect(page.locator("details.source summary").first).to_be_focused()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.locator("details.source[open] [data-part=document]").click()
    sync_api.expect(page.locator("mark")).to_be_in_viewport()
    sync_api.expect(page.locator("mark")).to_contain_text(QUOTE)


@pytest.mark.parametrize("name", [name for name in ANSWERS if name != "unavailable"])
def test_script_makes_what_the_server_makes(page: sync_api.Page, server: tuple[str, FakeAssistant], name: str) -> None:
    """The streamed exchange and the one on the page without JavaScript are the same elements and texts."""
    url, _ = server
    page.goto(f"{url}/en/")
    page.locator("#municipality").select_option("Espoo")
    ask(page, name)
    sync_api.expect(page.locator("#progress")).to_have_text("The answer is ready.")
    streamed = page.locator(".exchange").evaluate(SHAPE)
    page.evaluate(
        "name => { const form = document.getElementById('ask'); form.municipality.value = 'Espoo';"
        " form.question.value = name; form.submit() }",
        name,
    )
    page.wait_for_url(f"{url}/en/ask")
    assert page.locator(".exchange").evaluate(SHAPE) == streamed


def test_broken_stream_falls_back_to_the_whole_answer(page: sync_api.Page, server: tuple[str, FakeAssistant]) -> None:
    url, assistant = server
    page.goto(f"{url}/en/")
    before = len(assistant.asked)
    ask(page, "half way")
    sync_api.expect(page.locator("#progress")).to_have_text("The answer is ready.")
    assert [asked["text"] for asked in assistant.asked[before:]] == ["half way", "half way"]
    assert page.locator(".sentence").count() == 2
    assert page.locator("details.source").count() == 2


def test_failure_is_told_in_the_pages_language_and_keeps_the_question(
    page: sync_api.Page, server: tuple[str, FakeAssistant]
) -> None:
    url, _ = server
    page.goto(f"{url}/ar/")
    for question, message in [("boom", "error"), ("unavailable", "unavailable"), (" ", "question_empty")]:
        ask(page, question)
        sync_api.expect(page.locator("#error")).to_have_text(f"[ar {message}]")
        sync_api.expect(page.locator("#question")).to_have_value(question)
        sync_api.expect(page.locator("#question")).to_be_focused()
        assert page.locator(".exchange").count() == 0
    page.context.set_offline(True)
    ask(page, "answered")
    sync_api.expect(page.locator("#error")).to_have_text("[ar error]")
    page.context.set_offline(False)
    ask(page, "answered")
    sync_api.expect(page.locator(".sentence")).to_have_count(2)
    sync_api.expect(page.locator("#error")).to_be_hidden()


def test_choice_answers_the_clarifying_question(page: sync_api.Page, server: tuple[str, FakeAssistant]) -> None:
    url, assistant = server
    page.goto(f"{url}/en/")
    ask(page, "clarify")
    page.locator(".clarify button").nth(1).click()
    sync_api.expect(page.locator(".exchange")).to_have_count(2)
    sync_api.expect(page.locator("#progress")).to_have_text("The answer is ready.")
    assert assistant.asked[-1]["profile"].situation == "at_home"
    assert assistant.asked[-1]["conversation"] == assistant.asked[-2]["conversation"] == id_on(page)
    sync_api.expect(page.locator("#situation")).to_have_value("at_home")


def test_new_conversation_forgets_the_old_one(page: sync_api.Page, server: tuple[str, FakeAssistant]) -> None:
    url, assistant = server
    addresses: list[str] = []
    page.on("request", lambda request: addresses.append(f"{request.method} {request.url}"))
    page.goto(f"{url}/en/")
    first = id_on(page)
    control = page.locator("#afresh a")
    sync_api.expect(control).to_be_hidden()
    for question in ("answered", "half way"):
        ask(page, question)
        sync_api.expect(page.locator("#progress")).to_have_text("The answer is ready.")
    assert [asked["conversation"] for asked in assistant.asked[-3:]] == [first] * 3
    page.locator("#question").fill("unsent")
    control.click()
    sync_api.expect(page.locator(".exchange")).to_have_count(0)
    page.wait_for_function("id => document.querySelector('#ask [name=conversation]').value !== id", arg=first)
    assert page.url == f"{url}/en/"
    sync_api.expect(page.locator("#question")).to_have_value("")
    sync_api.expect(control).to_be_hidden()
    _until(lambda: first in assistant.forgotten)
    assert assistant.forgotten.count(first) == 1
    second = id_on(page)
    ask(page, "answered")
    sync_api.expect(page.locator("#progress")).to_have_text("The answer is ready.")
    assert assistant.asked[-1]["conversation"] == second != first
    assert [a for a in addresses if first in a or second in a] == [f"DELETE {url}/api/v1/conversations/{first}"]
    page.go_back()
    assert page.url == "about:blank"  # the forgotten conversation is not in the tab's history
    assert page.context.cookies() == []


def test_new_conversation_while_an_answer_is_on_its_way(page: sync_api.Page, server: tuple[str, FakeAssistant]) -> None:
    url, assistant = server
    page.goto(f"{url}/en/")
    before, first = len(assistant.asked), id_on(page)
    ask(page, "wait")
    assert assistant.started.acquire(timeout=10)
    page.locator("#afresh a").click()
    page.wait_for_function("id => document.querySelector('#ask [name=conversation]').value !== id", arg=first)
    _until(lambda: first in assistant.forgotten)
    assistant.released.set()
    ask(page, "answered")
    sync_api.expect(page.locator(".exchange")).to_have_count(1)
    sync_api.expect(page.locator("#progress")).to_have_text("The answer is ready.")
    assert [asked["text"] for asked in assistant.asked[before:]] == ["wait", "answered"]


@pytest.mark.parametrize("id", ["", "short", "not an id at all"])
def test_a_bad_id_on_the_page_keeps_nobody_from_an_answer(
    page: sync_api.Page, server: tuple[str, FakeAssistant], id: str
) -> None:
    url, assistant = server
    page.goto(f"{url}/en/")
    page.evaluate("id => { document.querySelector('#ask [name=conversation]').value = id }", id)
    ask(page, "answered")
    sync_api.expect(page.locator("#progress")).to_have_text("The answer is ready.")
    assert assistant.asked[-1]["conversation"] is None


def test_conversation_without_javascript(browser: sync_api.Browser, server: tuple[str, FakeAssistant]) -> None:
    url, assistant = server
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{url}/en/")
    first = id_on(page)
    for question in ("clarify", "answered"):
        page.locator("#question").fill(question)
        page.locator(".send").click()
        if question == "clarify":
            page.locator(".clarify button").first.click()
    assert [asked["conversation"] for asked in assistant.asked[-3:]] == [first] * 3
    assert page.url == f"{url}/en/ask"
    page.locator("#afresh a").click()
    assert page.url == f"{url}/en/"
    assert page.locator(".exchange").count() == 0
    assert id_on(page) != first
    context.close()


def test_without_javascript(browser: sync_api.Browser, server: tuple[str, FakeAssistant]) -> None:
    url, _ = server
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{url}/fi/")
    page.locator("#question").fill("answered")
    page.locator(".send").click()
    page.locator(".ref").first.click()
    sync_api.expect(page.locator("blockquote").first).to_be_visible()
    page.locator(".languages summary").click()
    page.locator(".languages a[hreflang=ar]").click()
    assert page.locator("html").get_attribute("dir") == "rtl"
    context.close()


@pytest.mark.parametrize("code", ["en", "fa"])
def test_nearest_sources_lead_to_their_documents(
    page: sync_api.Page, server: tuple[str, FakeAssistant], code: str
) -> None:
    url, _ = server
    page.goto(f"{url}/{code}/")
    ask(page, "no_information")
    links = page.locator(".nearest [data-part=document]")
    sync_api.expect(links).to_have_count(2)
    assert [(link.get_attribute("lang"), link.get_attribute("dir")) for link in links.all()] == [
        ("fi", "ltr"),
        ("ar", "rtl"),
    ]
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    links.first.click()
    sync_api.expect(page.locator(".document")).to_be_visible()


@pytest.mark.parametrize("name", ["partial", "no_information"])
def test_targets_are_large_enough(page: sync_api.Page, server: tuple[str, FakeAssistant], name: str) -> None:
    """24 by 24 CSS pixels (WCAG 2.2, 2.5.8)."""
    url, _ = server
    page.goto(f"{url}/en/")
    ask(page, name)
    sync_api.expect(page.locator("#progress")).to_have_text("The answer is ready.")
    page.locator(".languages summary").click()
    for source in page.locator("details.source summary").all()[:1]:
        source.click()
    small = page.evaluate(
        "[...document.querySelectorAll('a:not(.skip), button, select, textarea, summary')]"
        ".map(e => [e.textContent.trim().slice(0, 40), e.getBoundingClientRect()])"
        ".filter(([_, box]) => box.width && (box.width < 24 || box.height < 24)).map(([text]) => text)"
    )
    assert small == []
