"""The report in a real browser. Skipped where Debian's chromium or Playwright is missing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evals.metrics import OwnWords
from evals.report import write_reports
from evals.runner import run_suite
from evals.suite_files import load_suite
from tests.accessibility import axe
from tests.evals.conftest import LANGE, LONG, PRICE, RIGHT, Told, WriteSuite, answered, target

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

CHROMIUM = Path("/usr/bin/chromium")


pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is not installed")


@pytest.fixture
def page(write: WriteSuite, tmp_path: Path, own_words: OwnWords) -> Iterator[Any]:
    rows = [LONG, LANGE, PRICE, {"id": "ar-01", "language": "ar", "question": "كم يوما؟", "cards": ["training"]}]
    told = Told({**RIGHT, "Kauanko?": RuntimeError("no"), "كم يوما؟": answered("card-training-ar")})
    suite = load_suite(write('[[gates]]\nmetric = "right"\nleast = 1.0', *rows))
    run = run_suite(suite, target(told), tmp_path / "run", own_words)
    write_reports(run)
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.said = []
        page.on("console", lambda message: page.said.append(message.text))
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.on("request", lambda request: page.said.append(request.url) if "file:" not in request.url else None)
        page.goto(f"file://{run.folder / 'report.html'}")
        yield page
        browser.close()


def shown(page: Any) -> list[str]:
    """Ids of the cases that can be seen."""
    return [one.inner_text() for one in page.query_selector_all("details.case:not([hidden]) > summary .id")]


def test_cases_are_filtered(page: Any) -> None:
    assert shown(page) == ["fi-01", "en-01", "en-02", "ar-01"]
    page.select_option("#by-language", "en")
    assert shown(page) == ["en-01", "en-02"]
    page.select_option("#by-outcome", "no_information")
    assert shown(page) == ["en-02"]
    page.select_option("#by-language", "")
    page.select_option("#by-outcome", "")
    page.select_option("#by-result", "wrong")
    assert shown(page) == ["fi-01"]
    page.select_option("#by-result", "")
    page.fill("#by-text", "كم")
    assert shown(page) == ["ar-01"]
    assert page.inner_text("#count") == "1 of 4 cases"


def test_the_page_is_quiet_and_fits(page: Any) -> None:
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.said == []


def test_right_to_left_answers_are_shown_so(page: Any) -> None:
    page.select_option("#by-language", "ar")
    page.click("details.case:not([hidden]) > summary")
    said = page.locator("details[open] p.said[lang=ar]")
    assert [said.nth(n).evaluate("e => getComputedStyle(e).direction") for n in range(said.count())] == ["rtl", "rtl"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(page: Any, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    page.evaluate("() => document.querySelectorAll('details').forEach(one => { one.open = true })")
    assert axe(page).told() == []


def test_controls_and_tables_have_names(page: Any) -> None:
    assert page.evaluate("""() => [...document.querySelectorAll("select, input")].every(one => one.labels.length)""")
    assert page.evaluate("""() => [...document.querySelectorAll("table")].every(
        one => [...one.querySelectorAll("th")].every(cell => cell.scope))""")
    assert page.evaluate("""() => [...document.querySelectorAll("svg")].every(one => one.getAttribute("aria-label"))""")
    assert page.evaluate("""() => [...document.querySelectorAll("[role=region]")].every(one =>
        one.tabIndex === 0 && (one.getAttribute("aria-label") || one.getAttribute("aria-labelledby")))""")
