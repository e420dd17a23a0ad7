"""The desk's asking in a real browser: by keyboard alone, and axe finds nothing on any of its pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from browsing import serve
from cards_assistant import CardsAssistant
from conftest import browser
from test_browser_axe import MARKED, OPEN, violations

from web.desk.access import PLAIN_COOKIE
from web.desk.accounts import Accounts, Role
from web.desk.sessions import Sessions
from web.settings import WebSettings
from web.storage import open_database

__all__ = ["browser"]

DESK = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 740}


class Served:
    """A server with somebody signed in."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self.token = token

    @contextmanager
    def visit(self, browser: Any, **context: Any) -> Iterator[Any]:
        """A page on which every error of a script or the Content-Security-Policy is a failure."""
        opened = browser.new_context(**{"viewport": DESK, **context})
        opened.add_cookies([{"name": PLAIN_COOKIE, "value": self.token, "url": self.url}])
        page = opened.new_page()
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda message: problems.append(message.text) if "Refused to" in message.text else None)
        try:
            yield page
        finally:
            opened.close()
        assert problems == []

    def ask(self, page: Any, question: str, client: str = "") -> None:
        page.goto(f"{self.url}/desk/ask")
        page.locator("#question").fill(question)
        page.locator("#client").select_option(client)
        page.locator("form.ask button.primary").click()
        page.locator("#client-title").wait_for()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    settings = WebSettings(database=f"sqlite:///{tmp_path_factory.mktemp('desk') / 'desk.db'}")
    engine = open_database(settings.database)
    accounts = Accounts(engine)
    account = accounts.create("aino", [Role.ADVISOR, Role.EDITOR])
    token = Sessions(engine, accounts, settings.desk.sign_in).begin(account)
    with serve(CardsAssistant(), settings) as url:
        yield Served(url, token)
    engine.dispose()


def look(page: Any) -> list[str]:
    page.evaluate(OPEN)
    wide = page.evaluate("() => document.documentElement.scrollWidth > innerWidth")
    return [*violations(page), *page.evaluate(MARKED), *(["wider than the screen"] if wide else [])]


@pytest.mark.parametrize("viewport", [pytest.param(DESK, id="desk"), pytest.param(PHONE, id="phone")])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_found_on_any_page(browser: Any, served: Served, viewport: dict[str, int], scheme: str) -> None:
    with served.visit(browser, viewport=viewport, color_scheme=scheme) as page:
        found: list[str] = []
        page.goto(f"{served.url}/desk/ask")
        found += look(page)
        for outcome in ("partial", "clarify", "no_information", "violence", "answered"):
            served.ask(page, f"{outcome} kiitos", "ar")
            found += look(page)
        answer = page.url
        page.goto(f"{answer}?municipality=Vaasa&on=2026-11-22")
        found += look(page)
        for path in (f"{answer}/edit?to=ar", f"{answer.replace('/ask/', '/sheets/')}?to=ar"):
            page.goto(path)
            found += look(page)
        page.emulate_media(media="print")
        # On paper the sheet's own heading is the first.
        found += [one for one in look(page) if not one.startswith("page-has-heading-one")]
        page.emulate_media(media="screen")
        for path in (
            "read/card-integration-training-ar?start=40&end=80",
            "read/card-integration-training-fi",
            "read/nothing",
            "palette",
            "shortcuts",
            "ask/nothing-here",
            "ask",
        ):
            page.goto(f"{served.url}/desk/{path}")
            found += look(page)
        page.locator("form.ask button.primary").click()  # without a question
        page.locator("#question-problem").wait_for()
        found += look(page)
        page.keyboard.press("Control+k")
        page.locator("#palette [role=option]").nth(3).wait_for()
        found += look(page)
        assert found == []


def tab_to(page: Any, selector: str) -> None:
    """Press Tab until the element has the focus, which must be visible there."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            assert page.evaluate("() => getComputedStyle(document.activeElement).outlineStyle") != "none"
            return
    raise AssertionError(f"Tab does not reach {selector}")


@pytest.mark.parametrize("keys", [pytest.param(True, id="shortcuts"), pytest.param(False, id="Tab and Enter")])
def test_ask_edit_and_open_the_sheet_by_keyboard(browser: Any, served: Served, keys: bool) -> None:
    with served.visit(browser) as page:
        page.goto(f"{served.url}/desk/ask")
        if not keys:
            tab_to(page, "#client")  # from the box, which has the focus
            page.keyboard.type("ara")  # arabia
            page.keyboard.press("Shift+Tab")
        page.keyboard.type("answered kiitos")
        if keys:
            page.keyboard.press("Control+Enter")
        else:
            tab_to(page, "form.ask button.primary")
            page.keyboard.press("Enter")
        page.locator("#client-title").wait_for()
        if keys:
            page.keyboard.press("e")
        else:
            tab_to(page, "a[data-key=e]")
            page.keyboard.press("Enter")
        page.locator("#text-0").wait_for()
        tab_to(page, "[name=keep-1]")
        page.keyboard.press("Space")
        tab_to(page, "#text-added")
        page.keyboard.type("s e n")  # letters in a text box are letters
        if keys:
            page.keyboard.press("Control+Enter")
        else:
            page.keyboard.press("Home")
            for _ in range(60):
                page.keyboard.press("Shift+Tab")
                if page.evaluate("() => document.activeElement.matches('button[value=sheet]')"):
                    break
            page.keyboard.press("Enter")
        page.locator("article.sheet").wait_for()
        assert page.locator(".sheet-line").count() == 2
        assert page.locator(".sheet-line").nth(1).inner_text().startswith("s e n")
        assert page.locator("article.sheet").get_attribute("dir") == ("ltr" if keys else "rtl")


def test_the_palette(browser: Any, served: Served) -> None:
    with served.visit(browser) as page:
        served.ask(page, "answered kiitos", "so")
        page.keyboard.press("/")
        page.locator("#palette [role=option]").nth(5).wait_for()
        assert page.locator("#palette input").evaluate("one => one === document.activeElement")
        page.keyboard.type("pikanäp")
        page.wait_for_function("document.querySelectorAll('#palette [role=option]').length === 1")
        page.keyboard.press("Enter")
        page.wait_for_url("**/desk/shortcuts")
        page.keyboard.press("Control+k")
        page.locator("#palette input").wait_for()
        page.keyboard.type("xyzzy")
        page.locator("#palette [data-none]").wait_for()
        page.keyboard.press("Escape")
        page.locator("#palette").wait_for(state="hidden")


def test_the_palette_does_what_the_page_offers(browser: Any, served: Served) -> None:
    with served.visit(browser) as page:
        served.ask(page, "answered kiitos", "so")
        page.keyboard.press("Control+k")
        page.keyboard.type("ohjelehti")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.wait_for_url("**/desk/sheets/*")


def test_keys_of_one_letter_can_be_turned_off(browser: Any, served: Served) -> None:
    with served.visit(browser) as page:
        page.goto(f"{served.url}/desk/shortcuts")
        page.locator("[data-keys-switch]").uncheck()
        page.goto(f"{served.url}/desk/palette")
        page.keyboard.press("?")
        page.keyboard.press("/")
        page.wait_for_timeout(200)
        assert page.url.endswith("/desk/palette")
        assert not page.locator("#palette").is_visible()
        page.keyboard.press("Control+k")
        assert page.locator("#palette").is_visible()


def test_copying(browser: Any, served: Served) -> None:
    with served.visit(browser, permissions=["clipboard-read", "clipboard-write"]) as page:
        served.ask(page, "answered kiitos", "so")
        page.keyboard.press("b")
        page.get_by_text("Kopioitu.").wait_for()
        copied = page.evaluate("() => navigator.clipboard.readText()")
        assert copied == page.locator("#copy-both").input_value()
        assert "Kotoutumiskoulutus" in copied
        assert "Tababarka" in copied


def test_without_a_script_everything_is_there(browser: Any, served: Served) -> None:
    with served.visit(browser, java_script_enabled=False) as page:
        served.ask(page, "answered kiitos", "so")
        assert page.locator("[data-copy]").first.is_hidden()
        page.get_by_text("Kopioitava teksti").click()
        assert "Tababarka" in page.locator("#copy-client").input_value()
        page.get_by_text("Ohjelehti asiakkaalle").click()
        assert page.locator("article.sheet").is_visible()
        page.locator("[data-open-palette]").click()
        assert page.url == f"{served.url}/desk/palette"


def test_only_the_sheet_is_printed(browser: Any, served: Served, tmp_path: Path) -> None:
    with served.visit(browser) as page:
        served.ask(page, "answered kiitos", "ar")
        page.locator("[data-key=s]").click()
        page.emulate_media(media="print")
        visible = page.locator("main > *").evaluate_all(
            "all => all.filter(one => one.checkVisibility()).map(one => one.className)"
        )
        assert visible == ["sheet"]
        assert not page.locator("header.top").is_visible()
