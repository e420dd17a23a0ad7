"""Pictures of every state of the page, for people to look at: ``make screenshots``.

Each state in English, Arabic and Chinese, 360 and 1280 CSS pixels wide, on real texts, into ``screenshots/``. Name
other languages as arguments.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent.parent)]

from browsing import ARGUMENTS, CHROMIUM, answered, ask, serve  # noqa: E402
from cards_assistant import NAMES, CardsAssistant  # noqa: E402

FOLDER = Path("screenshots")
LANGUAGES = ("en", "ar", "zh")
WIDTHS = (360, 1280)
OPEN = "() => document.querySelectorAll('#exchanges details').forEach(one => { one.open = true })"


def take(page: Any, url: str, code: str, folder: Path) -> None:
    def shoot(name: str) -> None:
        page.evaluate("() => scrollTo(0, 0)")
        page.screenshot(path=folder / f"{name}.png", full_page=True)

    page.goto(f"{url}/{code}/")
    shoot("start")
    page.locator(".languages summary").click()
    page.locator(".profile summary").click()
    page.locator(".starters summary").first.click()
    shoot("start-open")
    page.goto(f"{url}/{code}/?embed")
    shoot("embed")
    for name in NAMES:
        page.goto(f"{url}/{code}/")
        ask(page, name)
        answered(page)
        shoot(name)
        if name in ("answered", "no_information"):
            page.evaluate(OPEN)
            page.wait_for_timeout(500)
            shoot(f"{name}-open")
    page.goto(f"{url}/{code}/")
    ask(page, "answered")
    answered(page)
    page.locator(".feedback [value=yes]").click()
    page.locator(".thanks").wait_for()
    ask(page, " ")
    shoot("thanks-and-refused")
    page.emulate_media(media="print")
    shoot("print")
    page.emulate_media(media="screen", color_scheme="dark")
    shoot("dark")
    page.emulate_media(color_scheme="light")
    page.context.set_offline(True)
    page.wait_for_timeout(200)
    shoot("offline")
    page.context.set_offline(False)
    for path in ("person", "about", "privacy", "accessibility", "answers/no-longer-kept", "nothing/here"):
        page.goto(f"{url}/{code}/{path}")
        shoot(path.replace("/", "-"))
    page.goto(f"{url}/{code}/documents/card-integration-training-{code}?start=25&end=90")
    shoot("document")


def main() -> None:
    with sync_playwright() as playwright, serve(CardsAssistant()) as url:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        for code in sys.argv[1:] or LANGUAGES:
            for width in WIDTHS:
                folder = FOLDER / f"{code}-{width}"
                folder.mkdir(parents=True, exist_ok=True)
                page = browser.new_page(viewport={"width": width, "height": 740})
                take(page, url, code, folder)
                page.close()
        browser.close()
    print(f"{len(list(FOLDER.rglob('*.png')))} pictures in {FOLDER}/")


if __name__ == "__main__":
    main()
