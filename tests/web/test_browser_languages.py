"""A resident's way through the chat in six languages, with and without JavaScript, on real texts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from browsing import answered, ask, serve, visit
from cards_assistant import CardsAssistant

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
expect = sync_api.expect

WAYS = {"en": "so", "fi": "sv", "ar": "en", "fa": "fi", "zh": "ar", "so": "en"}
"""Languages, and the one that the visitor then changes to."""


def direction(code: str) -> str:
    return "rtl" if code in ("ar", "fa") else "ltr"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serve(CardsAssistant()) as url:
        yield url


@pytest.mark.parametrize("code", WAYS)
def test_a_way_through_the_chat(browser: Any, url: str, code: str) -> None:
    with visit(browser, locale=code) as page:
        page.goto(url)
        assert page.url == f"{url}/{code}/"
        assert page.locator("html").get_attribute("dir") == direction(code)
        # A question to begin with, by keyboard and pointer alike.
        page.locator(".starters summary").nth(1).click()
        question = page.locator(".starters details[open] button").first
        text = question.inner_text()
        question.click()
        answered(page)
        assert page.locator(".asked [data-part=question]").inner_text() == text
        expect(page.locator(".starters")).to_have_count(0)
        _sentences(page, code)
        # A citation.
        page.locator("a.ref").first.click()
        source = page.locator("details.source").first
        expect(source.locator("[data-part=after]")).not_to_be_empty()
        quoted = source.locator("blockquote")
        assert (quoted.get_attribute("lang"), quoted.get_attribute("dir")) == (code, direction(code))
        assert source.locator("mark").inner_text() in page.locator(".sentence").first.inner_text()
        # What a person wrote.
        if code not in ("fi", "sv", "en"):
            page.locator(".original summary").first.click()
            original = page.locator(".original blockquote").first
            expect(original).to_contain_text("Kotoutumiskoulutus")
            assert (original.get_attribute("lang"), original.get_attribute("dir")) == ("fi", "ltr")
        # A follow-up, and what was thought of it.
        ask(page, "partial")
        answered(page, 2)
        page.locator(".feedback [value=yes]").nth(1).click()
        expect(page.locator(".thanks").nth(1)).to_be_focused()
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        # Another language.
        other = WAYS[code]
        page.locator(".languages summary").click()
        page.locator(f".languages a[hreflang={other}]").click()
        expect(page.locator("html")).to_have_attribute("lang", other)
        expect(page.locator(".exchange")).to_have_count(2)
        _sentences(page, code)
        page.locator(".people a").first.click()
        expect(page.locator("h1")).to_be_visible()
        assert page.url == f"{url}/{other}/person"


def _sentences(page: Any, code: str) -> None:
    """Every message says its language and direction, whatever the page's."""
    for sentence in page.locator(".sentence").all():
        assert (sentence.get_attribute("lang"), sentence.get_attribute("dir")) == (code, direction(code))


@pytest.mark.parametrize("code", WAYS)
def test_a_way_through_the_chat_without_javascript(browser: Any, url: str, code: str) -> None:
    with visit(browser, locale=code, java_script_enabled=False) as page:
        page.goto(f"{url}/{code}/")
        page.locator("#question").fill("answered")
        page.locator(".send").click()
        assert "/answers/" in page.url
        page.locator(".ref").first.click()
        expect(page.locator(".source mark").first).to_be_visible()
        page.locator(".source [data-part=document]").first.click()
        expect(page.locator("mark#quote")).to_be_in_viewport()
        page.go_back()
        page.locator("#question").fill("clarify")
        page.locator(".send").click()
        page.locator(".clarify button").first.click()
        expect(page.locator(".exchange")).to_have_count(3)
        page.reload()
        expect(page.locator(".exchange")).to_have_count(3)
        page.locator(".feedback summary").first.click()
        page.locator(".feedback [value=outdated]").first.check()
        page.locator(".feedback [value=no]").first.click()
        expect(page.locator(".thanks").first).to_be_visible()
        expect(page.locator(".feedback > fieldset").first).to_be_hidden()
        for script_only in page.locator("[data-act]").all():
            expect(script_only).to_be_hidden()
        page.locator("#afresh button").click()
        assert page.url == f"{url}/{code}/"
        assert page.locator(".exchange").count() == 0


def test_leaving_quickly_without_javascript(browser: Any, url: str) -> None:
    with visit(browser, java_script_enabled=False) as page:
        page.context.route("https://www.ilmatieteenlaitos.fi/", lambda route: route.fulfill(body="rain"))
        page.goto(f"{url}/en/")
        page.locator("#question").fill("violence")
        page.locator(".send").click()
        answer = page.url
        page.locator(".exit").click()
        page.wait_for_url("https://www.ilmatieteenlaitos.fi/")
        page.goto(answer)
        expect(page.locator("#gone")).to_be_visible()
