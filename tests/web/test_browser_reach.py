"""Everybody can reach everything: by keyboard alone, on a narrow, low or enlarged screen, in every script."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from browsing import answered, ask, serve, visit
from cards_assistant import NAMES as STATES
from cards_assistant import CardsAssistant
from conftest import NAMES

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
expect = sync_api.expect

FOCUSED = "() => document.activeElement.id || document.activeElement.textContent.trim().replace(/\\s+/g, ' ')"

OBSCURED = """() => {
  const element = document.activeElement;
  if (element === document.body) return null;
  // Of a target in several lines, the first one is enough.
  const { left, right, top, bottom } = element.getClientRects()[0];
  const middle = Math.max(top, Math.min((top + bottom) / 2, innerHeight - 1));
  const at = document.elementFromPoint((left + right) / 2, middle);
  const seen = at && (element.contains(at) || at.contains(element)) && bottom > 0 && top < innerHeight;
  return seen ? null : element.outerHTML.slice(0, 120);
}"""
"""The focused element, if something lies above it or it is out of sight (WCAG 2.2, 2.4.11)."""

OUTLINED = """() => {
  const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
  return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
}"""

MISSING = """texts => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 24, height: 24 });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.font = `16px ${getComputedStyle(document.documentElement).fontFamily}`;
  const drawn = text => {
    context.clearRect(0, 0, 24, 24);
    context.fillText(text, 2, 18);
    return context.getImageData(0, 0, 24, 24).data.join();
  };
  const box = drawn("\\u{10fffe}"), blank = drawn(" ");
  return texts.filter(text => [box, blank].includes(drawn(text)));
}"""
"""Characters that are drawn like one that no font has, or not at all."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serve(CardsAssistant()) as url:
        yield url


def tab_to(page: Any, name: str, back: bool = False) -> None:
    """Press Tab until an element with this id or first line is focused, seen and outlined."""
    for _ in range(80):
        page.keyboard.press("Shift+Tab" if back else "Tab")
        assert page.evaluate(OBSCURED) is None
        if page.evaluate(FOCUSED) == name:
            assert page.evaluate(OUTLINED)
            return
    raise AssertionError(f"{name} was not reached")


@pytest.mark.parametrize("size", [(1280, 800), (320, 256)], ids=["reception", "phone enlarged four times"])
def test_everything_by_keyboard_alone(browser: Any, url: str, size: tuple[int, int]) -> None:
    with visit(browser, viewport={"width": size[0], "height": size[1]}) as page:
        keys = page.keyboard
        page.goto(f"{url}/en/")
        # Past the header, and back to the languages.
        keys.press("Tab")
        assert page.evaluate(FOCUSED) == "Skip to the content"
        keys.press("Enter")
        assert page.evaluate(FOCUSED) == "content"
        tab_to(page, "question")
        page.goto(f"{url}/en/")
        tab_to(page, "Language: English")
        keys.press("Enter")
        tab_to(page, "svenska")
        keys.press("Escape")
        assert page.evaluate(FOCUSED) == "Language: English"
        # A topic and its first question.
        tab_to(page, "Work")
        keys.press("Enter")
        tab_to(page, "Where can I meet employers in English?")
        keys.press("Enter")
        answered(page)
        # The first number leads to the first source.
        tab_to(page, "1")
        keys.press("Enter")
        expect(page.locator("details.source").first).to_have_attribute("open", "")
        assert page.evaluate("document.activeElement.localName") == "summary"
        expect(page.locator(".source [data-part=after]").first).not_to_be_empty()
        tab_to(page, "Show in the document")
        # Feedback with a reason.
        tab_to(page, "No")
        keys.press("Enter")
        keys.press("Tab")
        keys.press("Space")
        tab_to(page, "Send")
        keys.press("Enter")
        expect(page.locator(".thanks")).to_be_focused()
        # The pickers, a second question with a line break, and its answer.
        tab_to(page, "question")
        keys.type("clarify")
        keys.press("Shift+Enter")
        keys.type("please")
        tab_to(page, "For a more exact answer (optional)")
        keys.press("Enter")
        tab_to(page, "municipality")
        keys.press("ArrowDown")
        expect(page.locator("#municipality")).to_have_value("Espoo")
        tab_to(page, "Ask")
        keys.press("Enter")
        answered(page, 2)
        assert page.locator(".asked [data-part=question]").nth(1).inner_text() == "clarify\nplease"
        tab_to(page, "Unemployed jobseeker")
        keys.press("Enter")
        answered(page, 3)
        tab_to(page, "New conversation")
        keys.press("Enter")
        expect(page.locator(".exchange")).to_have_count(0)
        page.wait_for_load_state()  # another page has taken its place
        # Whom to talk to is at most a few steps from the top.
        for _ in range(4):
            keys.press("Tab")
            if page.evaluate(FOCUSED) == "Talk to a person":
                break
        keys.press("Enter")
        page.wait_for_url(f"{url}/en/person")
        tab_to(page, "112")


@pytest.mark.parametrize("code", ["en", "fi", "ar", "zh", "ru", "vi"])
def test_nothing_is_cut_off_on_a_small_screen(browser: Any, url: str, code: str) -> None:
    """320 CSS pixels, which is 1280 enlarged four times (WCAG 2.2, 1.4.10), and twice the text (1.4.4)."""
    with visit(browser, viewport={"width": 320, "height": 256}) as page:
        page.goto(f"{url}/{code}/")
        page.locator(".languages summary").click()
        for number, state in enumerate(STATES, 1):
            ask(page, state)
            answered(page, number)
            assert page.evaluate(OBSCURED) is None
        page.evaluate("() => document.querySelectorAll('details').forEach(one => { one.open = true })")
        assert page.evaluate("document.documentElement.scrollWidth") == 320
        assert page.evaluate("getComputedStyle(document.querySelector('#ask')).position") == "static"
        paths = ["person", "about", "privacy", "accessibility", f"documents/card-integration-training-{code}"]
        for path in paths:
            page.goto(f"{url}/{code}/{path}")
            assert page.evaluate("document.documentElement.scrollWidth") == 320, path
    with visit(browser, viewport={"width": 640, "height": 800}) as page:
        page.goto(f"{url}/{code}/")
        page.evaluate(
            "() => { const sheet = new CSSStyleSheet(); sheet.replaceSync('html { font-size: 200% }');"
            " document.adoptedStyleSheets = [sheet] }"
        )
        ask(page, "answered")
        answered(page)
        assert page.evaluate("document.documentElement.scrollWidth") == 640


def test_long_words_break(browser: Any, url: str) -> None:
    with visit(browser, viewport={"width": 320, "height": 256}) as page:
        page.goto(f"{url}/fi/")
        ask(page, f"partial {'kotoutumiskoulutuspalvelujärjestelmä' * 5}")
        answered(page)
        assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_targets_are_large_enough(browser: Any, url: str) -> None:
    """24 by 24 CSS pixels (WCAG 2.2, 2.5.8), but for links in a sentence."""
    with visit(browser) as page:
        page.goto(f"{url}/en/")
        page.locator(".languages summary").click()
        for number, state in enumerate(STATES, 1):
            ask(page, state)
            answered(page, number)
        page.evaluate("() => document.querySelectorAll('details').forEach(one => { one.open = true })")
        small = "() => [...document.querySelectorAll('a:not(.skip), button, select, textarea, summary, input')]" + (
            ".map(one => [one.outerHTML.slice(0, 80), (one.closest('label') ?? one).getBoundingClientRect()])"
            ".filter(([, box]) => box.width && (box.width < 24 || box.height < 24)).map(([text]) => text)"
        )
        assert page.evaluate(small) == []


@pytest.mark.parametrize("colours", ["forced", "reduced"])
def test_the_systems_wishes_are_followed(browser: Any, url: str, colours: str) -> None:
    wish = {"forced_colors": "active"} if colours == "forced" else {"reduced_motion": "reduce"}
    with visit(browser, **wish) as page:
        page.goto(f"{url}/en/")
        ask(page, "emergency")
        answered(page)
        if colours == "forced":
            width = page.locator(".lead a").evaluate("link => getComputedStyle(link).borderTopWidth")
            assert width == "2px"
        else:
            page.evaluate("() => { document.documentElement.dataset.asking = '' }")
            name = "() => getComputedStyle(document.querySelector('.progress'), '::before').animationName"
            assert page.evaluate(name) == "none"


@pytest.mark.parametrize("code", NAMES)
def test_no_character_is_missing(browser: Any, url: str, code: str) -> None:
    with visit(browser) as page:
        page.goto(f"{url}/{code}/")
        ask(page, "answered")
        answered(page)
        shown = page.locator("body").text_content() or ""
        for path in ("person", "about", "privacy", "accessibility"):
            page.goto(f"{url}/{code}/{path}")
            shown += page.locator("body").text_content() or ""
        letters = sorted({letter for letter in shown if letter.isprintable() and not letter.isspace()})
        assert len(letters) > 40
        assert page.evaluate(MISSING, letters) == []


def test_a_character_that_no_font_has_would_be_found(browser: Any, url: str) -> None:
    with visit(browser) as page:
        page.goto(f"{url}/en/")
        assert page.evaluate(MISSING, ["a", "\U0010fff0", "中", "ع"]) == ["\U0010fff0"]
