"""The page in a real browser: its script does what the server does, and more. Skipped without chromium."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from browsing import ask, id_on, serve, until, visit
from conftest import ANSWERS, QUOTE, FakeAssistant

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
expect = sync_api.expect

SHAPE = """element => {
  for (const element of document.querySelectorAll("#exchanges details")) element.open = true;
  const { key } = document.querySelector(".answer").dataset;
  const text = node => node.data.replace(/\\s+/g, " ").trim();
  const attribute = ({ name, value }) => [name, name === "value" && value.length === 32 ? "" : value.replace(key, "")];
  const shape = node => node.nodeType === Node.TEXT_NODE ? text(node) : node.nodeType === Node.ELEMENT_NODE && {
    tag: node.localName,
    attributes: Object.fromEntries([...node.attributes].map(attribute).sort()),
    inside: [...node.childNodes].map(shape).filter(Boolean),
  };
  return shape(element);
}"""
"""An element's tags, attributes and texts, without white space between them and without keys."""


@pytest.fixture(scope="module")
def assistant() -> FakeAssistant:
    return FakeAssistant()


@pytest.fixture(scope="module")
def url(assistant: FakeAssistant) -> Iterator[str]:
    with serve(assistant) as url:
        yield url


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    with visit(browser) as page:
        yield page


def ready(page: Any) -> None:
    expect(page.locator("#progress")).to_have_text("The answer is ready.")


@pytest.mark.parametrize(
    ("code", "direction", "told"), [("en", "ltr", "The answer is ready."), ("ar", "rtl", "الإجابة جاهزة.")]
)
def test_ask_and_open_a_citation(
    page: Any, url: str, assistant: FakeAssistant, code: str, direction: str, told: str
) -> None:
    page.goto(f"{url}/{code}/")
    page.locator(".profile summary").click()
    page.locator("#situation").select_option("jobseeker")
    ask(page, "answered?")
    expect(page.locator("#progress")).to_have_text(told)
    expect(page.locator(".answer")).to_be_focused()
    expect(page.locator("#question")).to_have_value("")
    asked = assistant.asked[-1]
    assert (asked["page_language"], asked["language"]) == (code, None)
    assert (asked["profile"].situation, asked["profile"].municipality) == ("jobseeker", None)
    first = page.locator(".sentence").first
    assert (first.get_attribute("lang"), first.get_attribute("dir")) == ("en", "ltr")
    assert page.evaluate("getComputedStyle(document.querySelector('#exchanges')).direction") == direction
    quote = page.locator(".source mark").first
    expect(quote).to_be_hidden()
    first.locator("a.ref").click()
    expect(quote).to_have_text(QUOTE)
    expect(page.locator(".source [data-part=after]").first).to_contain_text("Perus")
    assert page.locator(".source blockquote").first.get_attribute("lang") == "fi"
    expect(page.locator("details.source summary").first).to_be_focused()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.locator("details.source[open] [data-part=document]").click()
    expect(page.locator("mark")).to_be_in_viewport()
    expect(page.locator("mark")).to_contain_text(QUOTE)


@pytest.mark.parametrize("name", [name for name in ANSWERS if name != "unavailable"])
def test_script_makes_what_the_server_makes(page: Any, url: str, name: str) -> None:
    """The streamed exchange and the one that the server makes of the same address are the same elements and texts."""
    page.goto(f"{url}/en/")
    page.evaluate("document.querySelector('.profile').open = true")
    page.locator("#municipality").select_option("Espoo")
    ask(page, name)
    ready(page)
    page.locator(".exchange").evaluate(SHAPE)
    expect(page.locator("#exchanges [data-place]")).to_have_count(0)  # every quote has its context
    # Of violence at home the server keeps no question.
    whole = ".answer" if name == "violence" else ".exchange"
    streamed = page.locator(whole).evaluate(SHAPE)
    page.goto(f"{url}/en/answers/{page.locator('.answer').get_attribute('data-key')}")
    assert page.locator(whole).evaluate(SHAPE) == streamed


def test_a_reload_and_another_language_show_the_conversation_again(
    page: Any, url: str, assistant: FakeAssistant
) -> None:
    page.goto(f"{url}/en/")
    for question in ("answered", "no_information"):
        ask(page, question)
        ready(page)
    before = len(assistant.asked)
    conversation = id_on(page)
    page.locator(".languages summary").click()
    page.locator(".languages a[hreflang=fa]").click()
    expect(page.locator(".exchange")).to_have_count(2)
    assert page.locator("html").get_attribute("dir") == "rtl"
    assert id_on(page) == conversation
    assert len(assistant.asked) == before
    ask(page, "answered")
    expect(page.locator(".exchange")).to_have_count(3)
    assert assistant.asked[-1]["conversation"] == conversation


def test_the_last_chosen_language_is_used_again(page: Any, url: str) -> None:
    page.goto(url)
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert page.url == f"{url}/en/"
    page.locator(".languages summary").click()
    page.locator(".languages a[hreflang=so]").click()
    page.goto(url)
    expect(page.locator("html")).to_have_attribute("lang", "so")
    page.goto(f"{url}/sv/")
    expect(page.locator("html")).to_have_attribute("lang", "sv")


def test_choices_of_the_asker_stay_in_the_browser(page: Any, url: str) -> None:
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url + (request.post_data or "")))
    page.goto(f"{url}/en/")
    page.locator(".profile summary").click()
    page.locator("#municipality").select_option("Kauniainen")
    page.goto(f"{url}/fi/")
    expect(page.locator("#municipality")).to_have_value("Kauniainen")
    expect(page.locator("#municipality")).to_be_visible()
    assert not [request for request in sent if "Kauniainen" in request]


def test_broken_stream_is_fetched_by_its_key(page: Any, url: str, assistant: FakeAssistant) -> None:
    """The connection ends after the first sentence; the answer, made meanwhile, is not asked for again."""
    page.goto(f"{url}/en/")
    before = len(assistant.asked)

    def cut(route: Any) -> None:
        body = route.fetch().text()
        route.fulfill(body=body[: body.index("event: citation")], content_type="text/event-stream")

    page.route("**/api/v1/ask/stream", cut)
    ask(page, "answered")
    ready(page)
    assert len(assistant.asked) == before + 1
    assert page.locator(".sentence").count() == 2
    assert page.locator("details.source").count() == 2


def test_an_answer_that_is_still_being_made_is_waited_for(page: Any, url: str, assistant: FakeAssistant) -> None:
    page.goto(f"{url}/en/")
    before = len(assistant.asked)
    page.route("**/api/v1/ask/stream", lambda route: route.abort())
    waits = iter([{"status": 202, "headers": {"Retry-After": "1"}, "body": ""}])

    def later(route: Any) -> None:
        wait = next(waits, None)
        if wait:
            route.fulfill(**wait)
        else:
            route.continue_()

    page.route("**/api/v1/answers/*", later)
    ask(page, "answered")
    ready(page)
    # The server had never got the question, so it is asked once, under the same key.
    assert len(assistant.asked) == before + 1


def test_failing_on_the_way_ends_in_an_answer_or_a_message(page: Any, url: str, assistant: FakeAssistant) -> None:
    page.goto(f"{url}/en/")
    ask(page, "half way")
    ready(page)
    assert page.locator(".sentence").count() == 2


def test_failure_is_told_in_the_pages_language_and_keeps_the_question(page: Any, url: str) -> None:
    page.goto(f"{url}/ar/")
    for question, message in [("boom", "error"), ("unavailable", "unavailable"), (" ", "question_empty")]:
        ask(page, question)
        expect(page.locator("#error")).to_have_text(f"[ar {message}]")
        expect(page.locator("#question")).to_have_value(question)
        expect(page.locator("#question")).to_be_focused()
        assert page.locator(".exchange").count() == 0


def test_without_connection_nothing_is_lost_and_nothing_asked_twice(
    page: Any, url: str, assistant: FakeAssistant
) -> None:
    page.goto(f"{url}/en/")
    keys = []
    page.on("request", lambda request: keys.append(request.post_data_json["key"]) if request.post_data else None)
    page.context.set_offline(True)
    expect(page.locator("#offline")).to_contain_text("You are offline.")
    ask(page, "answered")
    expect(page.locator("#error")).to_contain_text("The connection broke.")
    expect(page.locator("#question")).to_have_value("answered")
    page.context.set_offline(False)
    expect(page.locator("#offline")).to_be_hidden()
    ask(page, "answered")
    expect(page.locator(".sentence")).to_have_count(2)
    expect(page.locator("#error")).to_be_hidden()
    assert len(keys) == 2
    assert len(set(keys)) == 1


def test_choice_answers_the_clarifying_question(page: Any, url: str, assistant: FakeAssistant) -> None:
    page.goto(f"{url}/en/")
    ask(page, "clarify")
    page.locator(".clarify button").nth(1).click()
    expect(page.locator(".exchange")).to_have_count(2)
    ready(page)
    assert assistant.asked[-1]["profile"].situation == "at_home"
    assert assistant.asked[-1]["conversation"] == assistant.asked[-2]["conversation"] == id_on(page)
    expect(page.locator("#situation")).to_have_value("at_home")


def test_new_conversation_forgets_the_old_one(page: Any, url: str, assistant: FakeAssistant) -> None:
    addresses: list[str] = []
    page.on("request", lambda request: addresses.append(f"{request.method} {request.url}"))
    page.goto(f"{url}/en/")
    first = id_on(page)
    control = page.locator("#afresh button")
    expect(control).to_be_hidden()
    for question in ("answered", "partial"):
        ask(page, question)
        ready(page)
    gone = page.url
    assert [asked["conversation"] for asked in assistant.asked[-2:]] == [first] * 2
    page.locator("#question").fill("unsent")
    control.click()
    expect(page.locator(".exchange")).to_have_count(0)
    page.wait_for_function("id => document.querySelector('#ask [name=conversation]').value !== id", arg=first)
    assert page.url == f"{url}/en/"
    expect(page.locator("#question")).to_have_value("")
    until(lambda: first in assistant.forgotten)
    assert assistant.forgotten.count(first) == 1
    second = id_on(page)
    ask(page, "answered")
    ready(page)
    assert assistant.asked[-1]["conversation"] == second != first
    forgotten = f"DELETE {url}/api/v1/conversations/{first}?hand_offs=false"
    assert [a for a in addresses if first in a or second in a] == [forgotten]
    page.go_back()
    assert page.url == "about:blank"  # the forgotten conversation is not in the tab's history
    page.goto(gone)
    expect(page.locator("#gone")).to_be_focused()


def test_new_conversation_while_an_answer_is_on_its_way(page: Any, url: str, assistant: FakeAssistant) -> None:
    page.goto(f"{url}/en/")
    before, first = len(assistant.asked), id_on(page)
    ask(page, "wait")
    assert assistant.started.acquire(timeout=10)
    page.locator("#afresh button").click()
    page.wait_for_function("id => document.querySelector('#ask [name=conversation]').value !== id", arg=first)
    until(lambda: first in assistant.forgotten)
    assistant.released.set()
    ask(page, "answered")
    expect(page.locator(".exchange")).to_have_count(1)
    ready(page)
    assert [asked["text"] for asked in assistant.asked[before:]] == ["wait", "answered"]


@pytest.mark.parametrize("id", ["", "short", "not an id at all"])
def test_a_bad_id_on_the_page_keeps_nobody_from_an_answer(
    page: Any, url: str, assistant: FakeAssistant, id: str
) -> None:
    page.goto(f"{url}/en/")
    page.evaluate("id => { document.querySelector('#ask [name=conversation]').value = id }", id)
    ask(page, "answered")
    ready(page)
    assert assistant.asked[-1]["conversation"] is None


@pytest.mark.parametrize("verdict", ["yes", "no"])
def test_feedback(page: Any, url: str, verdict: str) -> None:
    sent: list[Any] = []
    page.on("request", lambda request: sent.append(request.post_data_json) if "/feedback" in request.url[-9:] else None)
    page.goto(f"{url}/en/")
    ask(page, "answered")
    ready(page)
    form = page.locator(".feedback")
    if verdict == "yes":
        form.get_by_role("button", name="Yes").click()
    else:
        form.locator("summary").click()
        form.get_by_label("It is out of date").check()
        form.get_by_label("Something else").check()
        form.locator("textarea").fill("  Too old.  ")
        form.get_by_role("button", name="Send").click()
    expect(form.locator(".thanks")).to_be_focused()
    expect(form.locator("fieldset").first).to_be_hidden()
    key = page.locator(".answer").get_attribute("data-key")
    no = {"reasons": ["outdated", "other"], "comment": "Too old."} if verdict == "no" else {}
    assert sent == [{"answer": key, "verdict": verdict, "reasons": [], "comment": None, "consent": False} | no]


def test_feedback_that_cannot_be_sent_says_so(page: Any, url: str) -> None:
    page.goto(f"{url}/en/")
    ask(page, "answered")
    ready(page)
    page.route("**/api/v1/feedback", lambda route: route.abort())
    page.locator(".feedback [value=yes]").click()
    expect(page.locator(".feedback [role=alert]")).to_contain_text("could not be sent")
    expect(page.locator(".feedback [value=yes]")).to_be_visible()


def test_copy_share_and_print(browser: Any, url: str) -> None:
    with visit(browser, permissions=["clipboard-read", "clipboard-write"]) as page:
        page.add_init_script("delete Navigator.prototype.share; window.print = () => { window.printed = true }")
        page.goto(f"{url}/en/")
        ask(page, "answered")
        ready(page)
        page.get_by_role("button", name="Copy").click()
        expect(page.locator("[data-part=acted]")).to_have_text("Copied.")
        copied = page.evaluate("navigator.clipboard.readText()")
        document = f"{url}/en/documents/kauniainen%2Fohjelma%202025"
        assert copied == (
            "It takes 220–300 days. [1]\nThere are <paths>. [2] [1]\n\n"
            f"[1] Kotoutumisohjelma\n{document}?start=10&end=41#quote\n"
            f"[2] Kotoutumisohjelma\n{document}?start=43&end=48#quote"
        )
        page.locator("details.source summary").first.click()
        page.get_by_role("button", name="Share the link").first.click()
        page.wait_for_function("() => navigator.clipboard.readText().then(text => text.startsWith('http'))")
        assert page.evaluate("navigator.clipboard.readText()") == f"{document}?start=10&end=41#quote"
        page.get_by_role("button", name="Print").click()
        assert page.evaluate("window.printed")


def test_the_counter_is_told_at_boundaries_only(page: Any, url: str) -> None:
    page.goto(f"{url}/en/")
    box, shown, told = (page.locator(name) for name in ("#question", "#left", "#counted"))
    for length, sees, hears in [
        (249, "", ""),
        (250, "Characters left: 250", ""),
        (399, "Characters left: 101", ""),
        (400, "Characters left: 100", "Characters left: 100"),
        (420, "Characters left: 80", "Characters left: 100"),
        (451, "Characters left: 49", "Characters left: 49"),
        (500, "Characters left: 0", "Characters left: 0"),
        (10, "", ""),
    ]:
        box.fill("x" * length)
        assert (shown.inner_text(), told.inner_text()) == (sees, hears), length


def test_leaving_quickly(page: Any, url: str, assistant: FakeAssistant) -> None:
    page.context.route("https://www.ilmatieteenlaitos.fi/", lambda route: route.fulfill(body="rain"))
    page.goto(f"{url}/en/")
    page.evaluate("localStorage.setItem('neuvo.municipality', 'Espoo')")
    conversation = id_on(page)
    ask(page, "violence")
    page.locator(".exit").wait_for()
    assert page.url == f"{url}/en/"  # no address tells of this answer
    page.locator(".exit").click()
    page.wait_for_url("https://www.ilmatieteenlaitos.fi/")
    until(lambda: conversation in assistant.forgotten)
    page.go_back()
    assert page.url == "about:blank"
    page.goto(f"{url}/en/about")
    assert page.evaluate("localStorage.length") == 0


@pytest.mark.parametrize(("local", "heard"), [(True, ["It takes 220–300 days.", "There are <paths>."]), (False, None)])
def test_only_a_voice_of_this_device_reads(page: Any, url: str, local: bool, heard: list[str] | None) -> None:
    """A voice elsewhere would get the text; without a local one there is at most the server's player."""
    page.add_init_script(
        f"""
        window.heard = [];
        const voices = [{{ lang: "en-GB", localService: {str(local).lower()}, name: "voice" }}];
        Object.defineProperty(window, "speechSynthesis", {{ value: {{
          getVoices: () => voices,
          speak: (spoken) => window.heard.push(spoken.text),
          cancel: () => {{}},
          addEventListener: () => {{}},
        }} }});
        window.SpeechSynthesisUtterance = class {{ constructor(text) {{ this.text = text }} }};
        """
    )
    page.goto(f"{url}/en/")
    ask(page, "answered")
    ready(page)
    button = page.locator("[data-act=listen]")
    if heard is None:
        expect(button).to_be_hidden()
        return
    assert page.locator("audio").count() == 0
    button.click()
    assert page.evaluate("window.heard") == heard
    expect(button).to_have_text("Stop reading")
    button.click()
    expect(button).to_have_text("Listen to the answer")


@pytest.mark.parametrize("code", ["en", "fa"])
def test_nearest_sources_lead_to_their_documents(page: Any, url: str, code: str) -> None:
    page.goto(f"{url}/{code}/")
    ask(page, "no_information")
    links = page.locator(".nearest [data-part=document]")
    expect(links).to_have_count(2)
    assert [(link.get_attribute("lang"), link.get_attribute("dir")) for link in links.all()] == [
        ("fi", "ltr"),
        ("ar", "rtl"),
    ]
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    links.first.click()
    expect(page.locator(".document")).to_be_visible()
