"""Mending the corpus in a real browser: axe finds nothing, texts are checked while they are written, all without
JavaScript, too."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import serve
from cards_assistant import CardsAssistant
from conftest import ANSWERS, browser
from test_browser_axe import MARKED, OPEN

from desk.test_desk_browser import DESK, PHONE, Served
from tests.accessibility import axe
from web.desk.accounts import Accounts, Role
from web.desk.flag import NewFlag
from web.desk.flags import Flags
from web.desk.publishing import Publisher
from web.desk.sessions import Sessions
from web.desk.settings import DeskSettings
from web.settings import WebSettings
from web.storage import open_database

__all__ = ["browser"]

PLACES = (
    "/desk/review",
    "/desk/review?state=fixed",
    "/desk/review/feedback",
    "/desk/flags/new",
    "/desk/review/1",
    "/desk/review/999",
    "/desk/cards",
    "/desk/cards/integration-training",
    "/desk/cards/integration-training/fi",
    "/desk/cards/integration-training/ar",
    "/desk/cards/integration-training/ar/history",
    "/desk/cards/integration-training/facts",
    "/desk/cards/new",
    "/desk/documents",
    "/desk/publish",
    "/desk/cards/nothing",
)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("mending")
    settings = WebSettings(database=f"sqlite:///{folder / 'desk.db'}", desk=DeskSettings(data=folder / "data"))
    (folder / "data").mkdir()
    engine = open_database(settings.database)
    accounts = Accounts(engine)
    account = accounts.create("aino", [Role.ADVISOR, Role.EDITOR])
    accounts.set_language(account.id, "en")
    token = Sessions(engine, accounts, settings.desk.sign_in).begin(account)
    wire = ANSWERS["answered"].to_wire()
    Flags(engine).create(account, NewFlag("wrong", "How long?", "en", {"municipality": "Espoo"}, wire, 0, "300 days."))
    with serve(CardsAssistant(), settings) as url:
        yield Served(url, token)
    engine.dispose()


def look(page: Any) -> list[str]:
    """What axe finds, contrasts that it cannot tell, texts marked as another language, and a page too wide. What is
    scrolled out of a table's box cannot be told: on the wide screen it is in sight."""
    page.evaluate(OPEN)
    seen = axe(page)
    found = seen.told()
    for node in seen.contrasts:
        if (node["any"][0]["data"] or {}).get("messageKey") != "elmPartiallyObscured":
            found.append(f"contrast untold: {node['html'][:200]}")
    wide = page.evaluate("() => document.documentElement.scrollWidth > innerWidth")
    return [*found, *page.evaluate(MARKED), *(["wider than the screen"] if wide else [])]


@pytest.mark.parametrize("viewport", [pytest.param(DESK, id="desk"), pytest.param(PHONE, id="phone")])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_found_on_any_page(browser: Any, served: Served, viewport: dict[str, int], scheme: str) -> None:
    with served.visit(browser, viewport=viewport, color_scheme=scheme) as page:
        found: list[str] = []
        for place in PLACES:
            page.goto(f"{served.url}{place}")
            found += [f"{place}: {one}" for one in look(page)]
        assert found == []


def test_a_text_is_checked_while_it_is_written(browser: Any, served: Served) -> None:
    with served.visit(browser) as page:
        page.goto(f"{served.url}/desk/cards/hello-espoo/en")
        body = page.locator("#body")
        written = body.input_value()
        body.fill(f"{written}\n\nA ticket costs 99 euros.")
        page.get_by_text("the number 99 is no fact of the card").wait_for()
        assert look(page) == []
        body.fill(f"{written}\n\nEverybody is welcome.")
        page.get_by_text("The checks find nothing wrong.").wait_for()
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_text("Saved. It is used once it is published.").wait_for()
        page.goto(f"{served.url}/desk/cards/hello-espoo/en/history?version=2")
        assert "Everybody is welcome." in page.locator("ins").all_inner_texts()
        assert look(page) == []


def test_a_text_is_refused_and_saved_by_keyboard_without_scripts(browser: Any, served: Served) -> None:
    with served.visit(browser, java_script_enabled=False) as page:
        page.goto(f"{served.url}/desk/cards/omnia-literacy-and-basic-education/en")
        body = page.locator("#body")
        written = body.input_value()
        body.fill(f"{written}\n\nIt costs 99 euros.")
        page.get_by_role("button", name="Save", exact=True).press("Enter")
        page.get_by_text("the number 99 is no fact of the card").wait_for()
        assert "It costs 99 euros." in page.locator("#body").input_value()
        page.locator("#body").fill(f"{written}\n\nEverybody is welcome.")
        page.get_by_role("button", name="Save", exact=True).press("Enter")
        page.get_by_text("Saved. It is used once it is published.").wait_for()


def test_a_flag_is_made_by_keyboard_alone(browser: Any, served: Served) -> None:
    with served.visit(browser) as page:
        page.goto(f"{served.url}/desk/flags/new")
        page.locator("#question").focus()
        page.keyboard.type("What does swimming cost?")
        for _ in range(4):  # language, municipality, situation, the kinds
            page.keyboard.press("Tab")
        page.keyboard.press("ArrowUp")
        page.keyboard.press("Tab")
        page.keyboard.type("Seven euros.")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="The correction").wait_for()
        assert "Unsafe" in page.locator("h1").inner_text()


@pytest.fixture
def slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What publishing runs instead of a build: it says how far it got, and goes on when it is told to."""
    script = tmp_path / "slow.py"
    script.write_text(
        "import json, sys, time\n"
        "from pathlib import Path\n"
        "say = lambda **told: print(json.dumps(told), flush=True)\n"
        'say(stage="embedding", done=3, total=7)\n'
        "while not Path(sys.argv[1]).exists(): time.sleep(0.02)\n"
        'say(build="b2", reused=False)\n'
    )
    monkeypatch.setattr(
        Publisher.__init__, "__defaults__", (None, (sys.executable, str(script), str(tmp_path / "go")), *rest())
    )
    return tmp_path / "go"


def rest() -> tuple[Any, ...]:
    return (Publisher.__init__.__defaults__ or ())[2:]


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_publishing_is_seen_to_go_on(browser: Any, tmp_path: Path, slow: Path, scripts: bool) -> None:
    settings = WebSettings(database=f"sqlite:///{tmp_path / 'desk.db'}", desk=DeskSettings(data=tmp_path / "data"))
    (tmp_path / "data").mkdir()
    engine = open_database(settings.database)
    accounts = Accounts(engine)
    account = accounts.create("aino", [Role.EDITOR], language="en")
    token = Sessions(engine, accounts, settings.desk.sign_in).begin(account)
    with (
        serve(CardsAssistant(), settings) as url,
        Served(url, token).visit(browser, java_script_enabled=scripts) as page,
    ):
        page.goto(f"{url}/desk/publish")
        page.get_by_role("button", name="Publish now").click()
        page.get_by_text("Computing what passages mean").wait_for()
        slow.touch()
        page.get_by_text("Published.").wait_for()
    engine.dispose()
