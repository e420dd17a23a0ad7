"""The pages of accounts in a real browser: by keyboard alone, without scripts, and what axe finds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pyotp
import pytest
from browsing import serve
from conftest import FakeAssistant

from tests.accessibility import axe
from web.desk.accounts import Accounts, Role
from web.settings import WebSettings
from web.storage import open_database

pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

PASSWORD = "harmaa sillan alla virtaa"

SCREENS = [
    pytest.param({"viewport": {"width": 360, "height": 740}}, id="phone"),
    pytest.param({"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"}, id="wide and dark"),
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Accounts]]:
    database = f"sqlite:///{tmp_path_factory.mktemp('desk') / 'web.sqlite3'}"
    engine = open_database(database)
    with serve(FakeAssistant(), WebSettings(database=database)) as url:
        yield url, Accounts(engine)
    engine.dispose()


def look(page: Any) -> list[str]:
    """What axe found, and whether the page is wider than the screen."""
    found = axe(page).told(page.url)
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        found.append(f"wider than the screen: {page.url}")
    return found


def welcomed(page: Any, url: str, accounts: Accounts, name: str, *roles: Role) -> tuple[str, list[str]]:
    """Set an account up with its one-time link; the secret of its app and its recovery codes."""
    account = accounts.create(name, roles, display_name="Aino Korhonen")
    page.goto(f"{url}/desk/welcome?code={accounts.invite(account.id)}")
    secret = page.locator(".pairing dd").first.inner_text().replace(" ", "")
    page.locator("#password").fill(PASSWORD)
    page.locator("#again").fill(PASSWORD)
    page.locator("#totp").fill(pyotp.TOTP(secret).now())
    page.keyboard.press("Enter")
    page.locator(".codes").wait_for()
    return secret, page.locator(".codes li").all_inner_texts()


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_an_administrator_comes_in_and_works(
    browser: Any, place: tuple[str, Accounts], screen: dict[str, Any], scripts: bool
) -> None:
    url, accounts = place
    context = browser.new_context(locale="fi", java_script_enabled=scripts, **screen)
    page = context.new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text) if "Refused to" in message.text else None)
    name = re.sub(r"\W", "", f"outi{screen['viewport']['width']}{scripts}").lower()
    _, codes = welcomed(page, url, accounts, name, Role.ADMINISTRATOR)
    page.get_by_role("link", name="Koodit ovat tallessa").click()
    page.goto(f"{url}/desk/accounts")
    page.locator("#name").fill(f"aino-{name}")
    page.locator("#display_name").fill("Aino Korhonen")
    page.get_by_role("button", name="Luo ja näytä linkki").click()
    assert "/desk/welcome?code=" in page.locator("#link").input_value()
    page.get_by_role("link", name="Käyttäjän tietoihin").click()
    page.get_by_role("button", name="Sulje tunnus").click()
    assert page.get_by_role("status").inner_text() == "Tunnus on suljettu."
    page.get_by_role("link", name="Mitä tällä tunnuksella on tehty").click()
    assert page.locator("h1").inner_text() == "Käyttöloki"
    page.get_by_role("button", name="Kirjaudu ulos").click()
    assert page.locator("h1").inner_text() == "Olet kirjautunut ulos"
    page.get_by_role("link", name="Kirjaudu uudelleen").click()
    # The keyboard alone: name, password, code, Enter.
    page.locator("#name").focus()
    for text in (name, PASSWORD, codes[0]):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator(".person").wait_for()
    assert {cookie["httpOnly"] for cookie in context.cookies()} == {True}
    context.close()
    assert refused == []


@pytest.mark.parametrize("screen", SCREENS)
def test_axe_finds_nothing(browser: Any, place: tuple[str, Accounts], screen: dict[str, Any]) -> None:
    url, accounts = place
    context = browser.new_context(locale="fi", **screen)
    page = context.new_page()
    found: list[str] = []
    for path in ("sign-in", "signed-out", "welcome"):
        page.goto(f"{url}/desk/{path}")
        found += look(page)
    page.goto(f"{url}/desk/sign-in")
    for id in ("name", "password", "code"):
        page.locator(f"#{id}").fill("wrong")
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    found += look(page)
    name = f"outi{screen['viewport']['width']}axe"
    account = accounts.create(f"{name}-invited", [Role.EDITOR])
    page.goto(f"{url}/desk/welcome?code={accounts.invite(account.id)}")
    found += look(page)
    welcomed(page, url, accounts, name, *Role)
    found += look(page)
    for path in ("me", "me/app", "accounts", f"accounts/{account.id}", "audit", "audit?action=none"):
        page.goto(f"{url}/desk/{path}")
        found += look(page)
    page.goto(f"{url}/desk/accounts")
    page.locator("#name").fill("no name")
    page.get_by_role("button", name="Luo ja näytä linkki").click()
    page.get_by_role("alert").wait_for()
    found += look(page)
    page.locator("#name").fill(f"{name}-other")
    page.get_by_role("button", name="Luo ja näytä linkki").click()
    page.locator("#link").wait_for()
    found += look(page)
    context.close()
    assert found == []
