"""Judging in a real browser. Skipped where Debian's chromium or Playwright is missing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evals.label_server import LabelServer
from evals.labelling import in_order, labels_path, read_labels
from evals.metrics import OwnWords
from evals.results import Run
from evals.runner import run_suite
from evals.suite_files import load_suite
from tests.accessibility import axe
from tests.evals.conftest import LANGE, LONG, PRICE, RIGHT, Told, WriteSuite, answered, target
from tests.evals.test_report_browser import CHROMIUM

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is not installed")

ARABIC = {"id": "ar-01", "language": "ar", "question": "Kela: كم يوما؟", "cards": ["training"]}


@pytest.fixture
def run(write: WriteSuite, tmp_path: Path, own_words: OwnWords) -> Run:
    told = Told({**RIGHT, "Kauanko?": RuntimeError("no"), ARABIC["question"]: answered("card-training-ar")})
    return run_suite(load_suite(write("", LONG, LANGE, PRICE, ARABIC)), target(told), tmp_path / "run", own_words)


@pytest.fixture
def page(run: Run) -> Iterator[Any]:
    """Where the first case is asked of Maija."""
    server = LabelServer(run)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.said = []
        page.on("console", lambda message: page.said.append(message.text))
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.on("request", lambda request: page.said.append(request.url) if server.host not in request.url else None)
        page.goto(server.address)
        page.fill("#rater", "maija")
        page.keyboard.press("Enter")
        page.wait_for_url("**/case/1")
        yield page
        browser.close()
    server.shutdown()
    server.server_close()
    thread.join(5)


def press(page: Any, key: str, place: str) -> None:
    page.keyboard.press(key)
    page.wait_for_url(f"**/{place}")


def test_the_keyboard_alone(page: Any, run: Run) -> None:
    first, second, third, fourth = (case.id for case in in_order(run, "maija"))
    path = labels_path(run.folder, "maija")
    press(page, "1", "case/2")
    press(page, "2", "case/3")
    press(page, "3", "case/4")
    press(page, "0", "case/3")
    press(page, "0", "case/2")
    assert page.inner_text("[aria-pressed=true]").startswith("Wrong")
    press(page, "1", "case/3")
    assert read_labels(path) == {first: "right", second: "right"}
    page.focus("button[value=wrong]")
    press(page, "Enter", "case/4")
    press(page, "2", "end")
    assert read_labels(path) == {first: "right", second: "right", third: "wrong", fourth: "wrong"}
    assert "maija and metrics" in page.inner_text("table")
    assert page.said == []


def test_keys_can_be_turned_off(page: Any, run: Run) -> None:
    page.uncheck("#keys")
    page.keyboard.press("1")
    page.click("text=Skip")
    page.wait_for_url("**/case/2")
    assert not page.is_checked("#keys")
    assert read_labels(labels_path(run.folder, "maija")) == {}


def test_right_to_left_is_shown_so(page: Any, run: Run) -> None:
    place = next(n for n, case in enumerate(in_order(run, "maija"), 1) if case.id == "ar-01")
    page.goto(page.url.replace("/case/1", f"/case/{place}"))
    said = page.locator("[lang=ar]")
    assert {said.nth(n).evaluate("e => getComputedStyle(e).direction") for n in range(said.count())} == {"rtl"}
    assert said.count() >= 3


def test_it_fits_a_phone(page: Any, run: Run) -> None:
    for width, height in ((1280, 800), (360, 640), (320, 256)):
        page.set_viewport_size({"width": width, "height": height})
        for place in range(1, 5):
            page.goto(f"{page.url.rpartition('/')[0]}/{place}")
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            sizes = page.evaluate("[...document.querySelectorAll('button')].map(e => e.getBoundingClientRect().height)")
            assert min(sizes) >= 44
    assert page.said == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(page: Any, run: Run, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    for place in range(1, 5):
        assert axe(page).told() == []
        page.keyboard.press("1")
        page.wait_for_url("**/end" if place == 4 else f"**/case/{place + 1}")
    assert axe(page).told() == []
    page.click("text=Another person judges")
    assert axe(page).told() == []
    page.fill("#rater", "pekka")
    page.click("text=Begin")
    page.click("text=Stop here")
    assert axe(page).told() == []
    page.click("text=Finish")
    page.wait_for_selector("text=close this page")
    assert axe(page).told() == []
