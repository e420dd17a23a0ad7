"""axe-core finds nothing on any page and in any state, in all sixteen languages; and what it does not see."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from browsing import answered, ask, serve, visit
from cards_assistant import NAMES as STATES
from cards_assistant import CardsAssistant
from conftest import NAMES

from tests.accessibility import axe
from web.notices import NoticeStore, Published
from web.settings import WebSettings
from web.storage import open_database

pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
pytest.importorskip("axe_playwright_python", reason="axe-core is not installed")

OPEN = (
    "() => document.querySelectorAll('main details').forEach(one => { one.removeAttribute('name'); one.open = true })"
)

MARKED = """() => {
  const expected = code => code === "ar" || code === "fa" ? "rtl" : "ltr";
  const rtl = /[\\u0590-\\u08ff]/, ltr = /[A-Za-z\\u00c0-\\u024f\\u0400-\\u04ff\\u4e00-\\u9fff]/;
  const wrong = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { parentElement: parent, data } = walker.currentNode;
    if (!data.trim() || !parent.checkVisibility()) continue;
    if (parent.closest("[dir=auto], bdi, template, script, option")) continue;
    const lang = parent.closest("[lang]").lang, dir = getComputedStyle(parent).direction;
    if (parent.closest("[translate=no], [lang='']")) continue;
    if (dir !== expected(lang) && !parent.closest("a[dir=ltr]")) wrong.push(`${lang} runs ${dir}: ${data.trim()}`);
    // A sentence in one script that is marked as a language of the other.
    if (expected(lang) === "rtl" && !rtl.test(data) && ltr.test(data) && !parent.closest("[dir=ltr]"))
      wrong.push(`${lang} has only Latin letters: ${data.trim()}`);
    if (expected(lang) === "ltr" && rtl.test(data)) wrong.push(`${lang} has Arabic letters: ${data.trim()}`);
  }
  return wrong;
}"""
"""Texts whose language or direction is not what their letters are; axe does not look at either."""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    database = f"sqlite:///{tmp_path_factory.mktemp('axe') / 'notices.db'}"
    assistant = CardsAssistant()
    engine = open_database(database)
    for kind in ("crisis", "service"):
        texts = {code: language.messages.busy for code, language in assistant.languages.items()}
        notice = Published(kind, texts, "https://www.espoo.fi/")  # type: ignore[arg-type]
        NoticeStore(engine).publish(notice, assistant.languages)
    engine.dispose()
    with serve(assistant, WebSettings(database=database)) as url:
        yield url


def violations(page: Any) -> list[str]:
    """What axe found, each with its first element, and contrasts that it could not tell."""
    found = axe(page)
    # Text that goes on in the last line of a mark counts as overlapped by it.
    untold = [node["html"][:200] for node in found.contrasts if 'data-part="after"' not in node["html"]]
    return [*found.told(page.url), *(f"color-contrast {page.url}: {html}" for html in untold)]


@pytest.mark.parametrize("code", NAMES)
def test_nothing_is_found(browser: Any, url: str, code: str) -> None:
    with visit(browser, locale=code) as page:
        found: list[str] = []

        def look() -> None:
            found.extend(violations(page))
            found.extend(page.evaluate(MARKED))

        page.goto(f"{url}/{code}/")
        assert page.locator(".notices p").count() == 2
        page.locator(".languages summary").click()
        page.evaluate(OPEN)
        look()
        for number, state in enumerate(STATES, 1):
            ask(page, state)
            answered(page, number)
        page.evaluate(OPEN)
        page.locator(".feedback [value=yes]").first.click()
        page.locator(".feedback [data-said]").wait_for()
        ask(page, " ")  # refused: the box is marked and says why
        look()
        for path in ("person", "about", "privacy", "accessibility", "?embed", "answers/no-longer-kept-at-all"):
            page.goto(f"{url}/{code}/{path}")
            look()
        page.goto(f"{url}/{code}/documents/card-integration-training-{code}?start=0&end=9")
        look()
        page.goto(f"{url}/{code}/nothing/here")
        look()
        assert found == []


@pytest.mark.parametrize("code", ["en", "ar"])
def test_nothing_is_found_in_the_dark(browser: Any, url: str, code: str) -> None:
    with visit(browser, color_scheme="dark", viewport={"width": 1280, "height": 800}) as page:
        page.goto(f"{url}/{code}/")
        for number, state in enumerate(STATES, 1):
            ask(page, state)
            answered(page, number)
        page.evaluate(OPEN)
        assert violations(page) == []


def test_the_offline_notice(browser: Any, url: str) -> None:
    with visit(browser) as page:
        page.goto(f"{url}/en/")
        page.context.set_offline(True)
        page.locator("#offline").get_by_text("You are offline.").wait_for()
        assert violations(page) == []
