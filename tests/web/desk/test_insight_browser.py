"""Insight in a real browser: axe finds nothing, plots fit a phone; and a question is kept by one press in the chat."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from browsing import answered, ask, serve, visit
from cards_assistant import CardsAssistant
from conftest import browser
from sqlalchemy import Engine, insert

from desk.test_desk_browser import DESK, PHONE, Served, look
from web.assets import FOLDER
from web.desk.accounts import Accounts, Role
from web.desk.sessions import Sessions
from web.desk.tables import question_table
from web.settings import WebSettings
from web.storage import open_database

__all__ = ["browser"]

LANGUAGES = ("fi", "sv", "en", "so", "ar", "ru")


def fill(engine: Engine) -> None:
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    row = {"at": now, "channel": "chat", "municipality": "Espoo", "topic": "work", "hour": 12, "milliseconds": 700.0}
    row |= {"situation": "at_home"}
    with engine.begin() as connection:
        for place, language in enumerate(LANGUAGES):
            for number in range(12 + 5 * place):
                status = "no_information" if number % 2 else "answered"
                connection.execute(insert(question_table).values(row | {"language": language, "status": status}))
        for language, question in (("ar", "أين الساونا؟"), ("fi", "Missä sauna on?")):
            vector = np.array([1.0, 0.0], np.float16).tobytes()
            kept = {"language": language, "status": "no_information", "question": question, "vector": vector}
            connection.execute(insert(question_table).values(row | kept | {"document": "card-hello-espoo-fi"}))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    settings = WebSettings(database=f"sqlite:///{tmp_path_factory.mktemp('insight') / 'desk.db'}")
    engine = open_database(settings.database)
    fill(engine)
    accounts = Accounts(engine)
    account = accounts.create("aino", [Role.EDITOR])
    token = Sessions(engine, accounts, settings.desk.sign_in).begin(account)
    with serve(CardsAssistant(), settings) as url:
        yield Served(url, token)
    engine.dispose()


@pytest.mark.parametrize("viewport", [pytest.param(DESK, id="desk"), pytest.param(PHONE, id="phone")])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/desk/insight", "/desk/insight/missing"])
def test_axe_finds_nothing(browser: Any, served: Served, path: str, viewport: dict[str, int], scheme: str) -> None:
    with served.visit(browser, viewport=viewport, color_scheme=scheme) as page:
        page.goto(served.url + path)
        # What lies behind a text in a picture axe cannot tell: the contrasts of plots are counted below.
        assert [one for one in look(page) if not re.match("color-contrast .*<text class=", one)] == []


def luminance(colour: str) -> float:
    """Relative luminance by WCAG 2."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_plots_are_told_from_what_is_behind_them(scheme: int) -> None:
    found = []
    for name in ("desk.css", "insight.css"):
        blocks = re.findall(r":root \{([^}]*)\}", (FOLDER / "desk" / name).read_text())
        found.append(dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", blocks[scheme])))
    colours = found[0] | found[1]
    assert contrast("#000000", "#ffffff") == 21
    for text in ("ink", "quiet"):
        assert contrast(colours[text], colours["raised"]) >= 4.5
    for shape in ("plot", "plot-part", "plot-others"):
        assert contrast(colours[shape], colours["raised"]) >= 3, shape


def test_names_and_numbers_do_not_meet_on_a_phone(browser: Any, served: Served) -> None:
    with served.visit(browser, viewport=PHONE) as page:
        page.goto(f"{served.url}/desk/insight")
        overlaps = page.evaluate("""() => [...document.querySelectorAll(".chart .name")].filter((name) =>
            name.getBoundingClientRect().right > name.nextElementSibling.getBoundingClientRect().left
        ).map((name) => name.textContent)""")
        assert overlaps == []


@pytest.mark.parametrize("javascript", [True, False])
def test_a_question_is_kept_by_one_press(browser: Any, served: Served, javascript: bool) -> None:
    from playwright.sync_api import expect

    with visit(browser, java_script_enabled=javascript) as page:
        page.goto(f"{served.url}/en/")
        page.locator("#question").fill("no_information about saunas")
        if javascript:
            ask(page, "no_information about saunas")
            answered(page)
        else:
            page.locator("#ask .send, #ask button:not([name])").last.click()
        page.get_by_role("button", name="Yes, you may keep it").click()
        expect(page.get_by_text("Thank you. The question is kept.")).to_be_visible()
        expect(page.get_by_role("button", name="Yes, you may keep it")).to_be_hidden()
