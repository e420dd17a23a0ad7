"""The whole way in a real browser: two abstentions, an offer, an advisor's answer in the resident's language."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from browsing import answered, ask, serve, visit
from cards_assistant import CardsAssistant
from playwright.sync_api import expect
from test_browser_axe import MARKED, violations

from desk.handing import settings
from web.desk.accounts import Accounts, Role
from web.desk.rendering import open_desk_pages
from web.desk.sessions import Sessions
from web.desk.settings import SignInSettings
from web.storage import open_database
from web.texts import load_texts

pytest.importorskip("axe_playwright_python", reason="axe-core is not installed")

FINNISH = "Hei! Tule maanantaina neuvontaan."
PHONE = "09 816 57500"
SAID = {
    "so": {"Hei!": "Salaan!", "Tule maanantaina neuvontaan.": "Isniinta kaalay goobta talada."},
    "ar": {"Hei!": "مرحبًا!", "Tule maanantaina neuvontaan.": "تعالوا يوم الاثنين إلى مركز الإرشاد."},
}


class Served:
    """A server with an advisor who is signed in, and its texts."""

    def __init__(self, url: str, database: str, assistant: CardsAssistant) -> None:
        self.url = url
        self.assistant = assistant
        self._engine = open_database(database)
        self.texts = load_texts(assistant.languages)
        self.desk = open_desk_pages(assistant.languages)

    def say(self, code: str, message: str, **values: Any) -> str:
        return self.texts[code].translations.gettext(message) % values

    def cookie(self) -> dict[str, str]:
        """The cookie of a new advisor."""
        accounts = Accounts(self._engine)
        account = accounts.create(f"aino{id(object())}", [Role.ADVISOR], display_name="Aino")
        token = Sessions(self._engine, accounts, SignInSettings()).begin(account)
        return {"name": "neuvo_desk", "value": token, "url": self.url}


@contextmanager
def served(tmp_path: Any, code: str | None, **chosen: Any) -> Iterator[Served]:
    database = f"sqlite:///{tmp_path / 'web.sqlite3'}"
    assistant = CardsAssistant()
    if code:
        assistant.routes, assistant.says = {("fi", code)}, SAID[code]
    with serve(assistant, settings(database, phone=PHONE, **chosen)) as url:
        yield Served(url, database, assistant)


@contextmanager
def at_the_desk(browser: Any, there: Served, width: int = 1280, **context: Any) -> Iterator[Any]:
    opened = browser.new_context(viewport={"width": width, "height": 800}, **context)
    opened.add_cookies([there.cookie()])
    page = opened.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text) if "Refused to" in message.text else None)
    try:
        yield page
    finally:
        opened.close()
    assert problems == []


def answer_at_the_desk(browser: Any, there: Served, text: str = FINNISH) -> None:
    with at_the_desk(browser, there) as desk:
        desk.goto(f"{there.url}/desk/inbox")
        assert violations(desk) == []
        desk.locator("tbody a").first.press("Enter")
        desk.get_by_role("button", name=there.desk.text("fi", "Take")).press("Enter")
        desk.locator("#text").fill(text)
        assert violations(desk) == []
        desk.get_by_role("button", name=there.desk.text("fi", "See the translation first")).press("Enter")
        desk.locator("#preview").wait_for()
        assert violations(desk) == []
        desk.get_by_role("button", name=there.desk.text("fi", "Send the answer")).press("Enter")
        desk.get_by_text(there.desk.text("fi", "The answer was sent.")).wait_for()


@pytest.mark.parametrize("code", ["so", "ar"])
def test_a_resident_reads_the_answer_in_the_same_chat(browser: Any, tmp_path: Any, code: str) -> None:
    with served(tmp_path, code) as there, visit(browser, locale=code) as page:
        page.goto(f"{there.url}/{code}/")
        ask(page, "no_information one")
        answered(page, 1)
        expect(page.locator("#offer")).to_be_hidden()
        ask(page, "no_information two")
        answered(page, 2)
        expect(page.locator("#offer")).to_be_visible()
        assert violations(page) + page.evaluate(MARKED) == []
        page.locator("#offer button").press("Enter")
        page.locator("#hand-message").wait_for()
        expect(page.locator("#leave-title")).to_be_focused()
        assert violations(page) + page.evaluate(MARKED) == []
        page.locator("[data-piece] .send").press("Enter")  # without consent
        expect(page.locator("#problem-consent")).to_be_visible()
        expect(page.locator(".handing [name=consent]")).to_be_focused()
        page.locator(".handing [name=consent]").check()
        page.locator("[data-piece] .send").press("Enter")
        piece = page.locator("[data-thread]")
        piece.wait_for()
        expect(piece).to_have_attribute("data-state", "new")
        assert violations(page) + page.evaluate(MARKED) == []
        page.locator("#more-message").fill("half a sentence")
        answer_at_the_desk(browser, there)
        # Whoever comes back to the page sees it at once.
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        message = page.locator(".message[data-author=advisor]")
        message.wait_for(timeout=20_000)
        said = message.locator(".said").first
        expect(said).to_have_attribute("lang", code)
        expect(said).to_have_attribute("dir", there.assistant.languages[code].direction)
        for sentence in SAID[code].values():
            expect(said).to_contain_text(sentence)
        original = message.locator(".original-reply .said")
        expect(original).to_have_text(FINNISH)
        expect(original).to_have_attribute("lang", "fi")
        expect(original).to_have_attribute("dir", "ltr")
        expect(page.locator("#more-message")).to_have_value("half a sentence")
        expect(page.locator(".exchange")).to_have_count(2)
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        # After a reload it is there again; after "new conversation" it is not.
        page.reload()
        page.locator(".message[data-author=advisor]").wait_for()
        page.locator("#afresh button").click()
        page.wait_for_url(f"{there.url}/{code}/")
        page.locator("#question").wait_for()
        expect(page.locator("[data-thread]")).to_have_count(0)


def test_without_javascript(browser: Any, tmp_path: Any) -> None:
    with served(tmp_path, "so") as there, visit(browser, java_script_enabled=False) as page:
        page.goto(f"{there.url}/so/")
        for question in ("no_information one", "no_information two"):
            page.locator("#question").fill(question)
            page.locator(".send").click()
        page.locator("#offer button").click()
        page.locator("#hand-message").fill("Fadlan i caawi")
        page.locator(".handing [name=consent]").check()
        page.locator(".handing .send").click()
        expect(page.locator("[data-thread]")).to_have_attribute("data-state", "new")
        address = page.url
        answer_at_the_desk(browser, there)
        page.get_by_role("link", name=there.say("so", "Look for an answer")).click()
        expect(page.locator(".message[data-author=advisor] .said").first).to_contain_text("Isniinta kaalay")
        page.locator("#more-message").fill("Mahadsanid")
        page.get_by_role("button", name=there.say("so", "Send"), exact=True).click()
        expect(page.locator(".message")).to_have_count(3)
        page.locator("summary", has_text=there.say("so", "Delete everything")).click()
        page.get_by_role("button", name=there.say("so", "Delete everything")).click()
        expect(page.locator("[data-end]")).to_be_visible()
        page.goto(address)
        expect(page.locator(".messages")).to_have_count(0)


def test_where_nothing_translates_the_note_and_the_number_are_there(browser: Any, tmp_path: Any) -> None:
    with served(tmp_path, None) as there, visit(browser) as page:
        page.goto(f"{there.url}/fa/person")
        assert violations(page) + page.evaluate(MARKED) == []
        page.locator("#hand-message").fill("کمک")
        page.locator("#hand-email").fill("not an address")
        page.locator(".handing [name=consent]").check()
        page.locator(".handing .send").click()
        expect(page.locator("#problem-email")).to_be_visible()
        assert violations(page) + page.evaluate(MARKED) == []
        page.locator("#hand-email").fill("")
        page.locator(".handing .send").click()
        page.locator("[data-thread]").wait_for()
        answer_at_the_desk(browser, there)
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        message = page.locator(".message[data-author=advisor]")
        message.wait_for(timeout=20_000)
        expect(message.locator(".note")).to_contain_text(PHONE)
        expect(message.locator(".said")).to_have_attribute("lang", "fi")
        assert violations(page) + page.evaluate(MARKED) == []


def test_a_crisis_offers_a_person_beside_the_numbers_and_violence_does_not(browser: Any, tmp_path: Any) -> None:
    with served(tmp_path, None) as there, visit(browser) as page:
        page.goto(f"{there.url}/en/")
        ask(page, "crisis")
        answered(page, 1)
        expect(page.locator(".answer .lead")).to_be_visible()
        expect(page.locator("#offer")).to_be_visible()
        ask(page, "violence")
        answered(page, 2)
        expect(page.locator("#offer")).to_be_hidden()
        ask(page, "emergency")
        answered(page, 3)
        expect(page.locator("#offer")).to_be_hidden()


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1280, "dark")])
def test_the_desks_pages_stand_on_a_phone_and_in_the_dark(browser: Any, tmp_path: Any, width: int, scheme: str) -> None:
    with served(tmp_path, "so") as there:
        with visit(browser) as page:
            page.goto(f"{there.url}/so/person")
            page.locator("#hand-message").fill("Fadlan i caawi")
            page.locator(".handing [name=consent]").check()
            page.locator(".handing .send").click()
            page.locator("[data-thread]").wait_for()
        with at_the_desk(browser, there, width, color_scheme=scheme) as desk:
            for path in ("inbox", "canned-replies/new"):
                desk.goto(f"{there.url}/desk/{path}")
                assert violations(desk) == []
                assert desk.evaluate("document.documentElement.scrollWidth") == width
            desk.locator("#title").fill("Ajanvaraus")
            desk.locator("#text-fi").fill("Varaa aika.")
            desk.locator("#text-so").fill("Ballan qabso.")
            desk.get_by_role("button", name=there.desk.text("fi", "Save"), exact=True).press("Enter")
            desk.goto(f"{there.url}/desk/inbox")
            desk.locator("tbody a").first.press("Enter")
            desk.locator("#text").wait_for()
            desk.wait_for_load_state()  # scripts run then
            desk.locator("#text").fill("Hei!")
            desk.get_by_role("link", name="Ajanvaraus").press("Enter")
            expect(desk.locator("#text")).to_have_value("Hei!\nVaraa aika.")
            expect(desk.locator("#text")).to_be_focused()
            assert violations(desk) == []
            assert desk.evaluate("document.documentElement.scrollWidth") == width
