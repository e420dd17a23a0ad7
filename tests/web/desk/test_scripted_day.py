"""One day, in a real browser and over the real engine: a resident asks in Somali and Neuvo does not know; an advisor
answers in Finnish; an editor mends the card; from then on Neuvo knows, and a suite guards that it does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from browsing import answered, ask, serve
from conftest import browser

import assistant.answering as answering
from assistant.config import read_config
from assistant.languages import load_languages
from assistant.translators import CallableTranslator
from tests.conftest import Neuvo
from web.desk.access import PLAIN_COOKIE
from web.desk.accounts import Accounts, Role
from web.desk.sessions import Sessions
from web.desk.settings import DeskSettings, HandOffSettings
from web.settings import WebSettings
from web.storage import open_database

__all__ = ["browser"]

QUESTION = "Ma ka kirayn karaa baaskiil maktabadda?"
AGAIN = "Halkee ayaan ka kirayn karaa baaskiil Espoo?"
CARD = "libraries-and-language-cafes"
KNOWN = {
    "Voit lainata polkupyörän Sellon kirjastosta.": "Maktabadda Sello ayaad ka amaahan kartaa baaskiil.",
    "Tarvitset vain kirjastokortin.": "Waxaad u baahan tahay oo keliya kaarka maktabadda.",
}
"""What the advisor writes, and how the translator that stands in for packages says it."""
SOMALI = "Maktabadda Sello waxaad ka kirayn kartaa baaskiil, waxaadna u baahan tahay kaarka maktabadda."
FINNISH = "Sellon kirjastosta voi vuokrata polkupyörän, ja siihen tarvitaan kirjastokortti."


@dataclass
class Day:
    """A server over a data folder of its own, and who works at its desk."""

    url: str
    tokens: dict[str, str]
    browser: Any

    def at_desk(self, name: str) -> Any:
        context = self.browser.new_context(viewport={"width": 1280, "height": 900})
        context.add_cookies([{"name": PLAIN_COOKIE, "value": self.tokens[name], "url": self.url}])
        return context.new_page()


def _said(sentences: Sequence[str], source: str, target: str) -> list[str]:
    return [KNOWN.get(sentence, "") for sentence in sentences]


@pytest.fixture
def day(data: Path, browser: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Day]:
    monkeypatch.setenv("NEUVO_DATA", str(data))
    monkeypatch.setattr(answering, "load_engine", lambda *_: CallableTranslator("scripted", ["fi", "so"], _said))
    desk = DeskSettings(hand_off=HandOffSettings(enabled=True, hours={}), data=data)
    settings = WebSettings(database=f"sqlite:///{data / 'web.sqlite3'}", desk=desk)
    engine = open_database(settings.database)
    accounts = Accounts(engine)
    sessions = Sessions(engine, accounts, desk.sign_in)
    tokens = {role.value: sessions.begin(accounts.create(role.value, [role])) for role in Role}
    config = answering.index_config(read_config({"NEUVO_DATA": str(data)}), load_languages())
    built = answering.build_assistant(config)
    built.ask("Tämä kysymys avaa indeksin.")
    try:
        with serve(built, settings) as url:
            yield Day(url, tokens, browser)
    finally:
        built.close()
        engine.dispose()


def test_a_day_at_the_desk(day: Day, neuvo: Neuvo) -> None:
    from playwright.sync_api import expect

    # The resident asks twice, and Neuvo does not know: an advisor is offered.
    phone = day.browser.new_context(viewport={"width": 360, "height": 740}).new_page()
    phone.goto(f"{day.url}/so/")
    expect(phone.locator("#offer")).to_be_hidden()
    for number, question in enumerate((QUESTION, AGAIN), 1):
        ask(phone, question)
        answered(phone, number)
        assert phone.locator(".answer").nth(number - 1).get_attribute("data-status") == "no_information"
    phone.locator("#offer button").click()
    phone.locator("#hand-message").fill("Fadlan ii sheeg halka aan ka heli karo baaskiil.")
    phone.locator(".handing [name=consent]").check()
    phone.locator("form:has(#hand-message) button.send").click()
    expect(phone.locator("[data-author=resident]")).to_have_count(1)

    # The advisor finds it, reads it and answers in Finnish.
    advisor = day.at_desk("advisor")
    advisor.goto(f"{day.url}/desk/inbox")
    advisor.locator("main a[href^='/desk/hand-offs/']").first.click()
    expect(advisor.locator("#transcript")).to_be_visible()
    assert QUESTION in advisor.locator("main").inner_text()
    advisor.locator("form[action$='/take'] button").click()
    advisor.locator("#text").fill("\n".join(KNOWN))
    advisor.locator("#reply button[value=send]").click()
    expect(advisor.locator("main")).to_contain_text(next(iter(KNOWN)))

    # The resident reads it in Somali, with the Finnish beside it.
    said = phone.locator("[data-author=advisor]")
    expect(said).to_have_count(1, timeout=60_000)
    for finnish, somali in KNOWN.items():
        expect(said.locator("[lang=so]", has_text=somali).first).to_be_attached()
        expect(said.locator("[lang=fi]", has_text=finnish).first).to_be_attached()

    # The advisor reports that the answer is missing.
    advisor.goto(f"{day.url}/desk/ask")
    advisor.locator("#question").fill(QUESTION)
    advisor.locator("form.ask button.primary").click()
    advisor.locator("a[href^='/desk/flags/new']").click()
    advisor.locator("[name=kind][value=missing]").check()
    advisor.locator("#correction").fill(FINNISH)
    advisor.locator("main form button.primary").click()
    advisor.wait_for_url(re.compile(r"/desk/review/\d+"))
    flag = re.sub(r"[?#].*", "", advisor.url)

    # The editor mends the card in Finnish and in Somali, and publishes.
    editor = day.at_desk("editor")
    for name, sentence in (("fi", FINNISH), ("so", SOMALI)):
        editor.goto(f"{day.url}/desk/cards/{CARD}/{name}")
        body = editor.locator("#body")
        first, rest = body.input_value().split("\n\n", 1)
        body.fill(f"{first}\n\n{sentence}\n\n{rest}")
        editor.locator("button[value=save]").click()
        expect(editor.locator("main .message.good").first).to_be_visible()
    editor.goto(f"{day.url}/desk/publish")
    if (anyway := editor.locator("[name=anyway]")).count():
        anyway.check()
    editor.locator("form[action='/desk/publish'] button.primary").click()
    expect(editor.locator("main .message.good").first).to_be_visible(timeout=180_000)

    # The same question is answered now; the flag is closed, and a case guards it.
    editor.goto(flag)
    editor.locator("form[action$='/ask'] button").click()
    expect(editor.locator("section:has(#now)")).to_contain_text(SOMALI)
    editor.locator("#resolution").fill("Lisätty kirjastokorttiin.")
    editor.locator("button[value=fixed]").click()
    expect(editor.locator("h1 .badge")).to_have_class(re.compile("good"))
    editor.locator("[name=expected][value=answer]").check()
    editor.locator("#cards").fill(CARD)
    editor.locator("section:has(#case) button").first.click()
    expect(editor.locator("section:has(#case) .badge.good")).to_be_visible()
    phone.goto(f"{day.url}/so/")
    ask(phone, QUESTION)
    answered(phone)
    expect(phone.locator(".answer").first).to_contain_text("baaskiil")
    result = neuvo("eval", "run", "flags")
    assert result.returncode == 0, result.stdout + result.stderr

    # The administrator sees who read the conversation, and not the conversation.
    administrator = day.at_desk("administrator")
    administrator.goto(f"{day.url}/desk/audit")
    expect(administrator.locator("main")).to_contain_text("hand_off.read")
    assert QUESTION not in administrator.locator("main").inner_text()
    assert administrator.goto(f"{day.url}/desk/inbox").status == 403
