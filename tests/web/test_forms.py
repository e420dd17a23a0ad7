"""What the page's forms do without JavaScript, and the pages they lead to."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from cards_assistant import CardsAssistant
from conftest import ANSWERS, DOCUMENT, NAMES, QUOTE, FakeAssistant
from fastapi.testclient import TestClient
from test_pages import KEY, Elements, before_templates

from web.app import create_app
from web.notices import NoticeStore, Published
from web.settings import WebSettings
from web.storage import open_database

ID = "conversation-0123456789"


def ask(client: TestClient, question: str, key: str = KEY, **more: str) -> str:
    data = {"question": question, "key": key, "conversation": ID} | more
    return before_templates(client.post("/en/ask", data=data).text)


def test_a_conversation_is_shown_whole_at_the_last_answers_address(client: TestClient) -> None:
    ask(client, "answered one")
    html = ask(client, "partial two", key="l" * 20)
    assert [a["id"] for a in Elements(html).all("article")] == [f"answer-{KEY}", f"answer-{'l' * 20}"]
    assert html.index("answered one") < html.index("partial two")
    assert html.count(f'name="conversation" value="{ID}"') == 2  # to ask on, and to begin anew


def test_the_next_question_has_a_key_of_its_own(client: TestClient) -> None:
    html = ask(client, "answered")
    keys = set(re.findall(r'name="key" value="([\w-]{32})"', html))
    assert keys
    assert KEY not in keys


def test_a_form_filled_in_anew_after_going_back_is_another_question(
    client: TestClient, assistant: FakeAssistant
) -> None:
    ask(client, "answered")
    html = ask(client, "partial")
    assert "السعر" in html
    assert [asked["text"] for asked in assistant.asked] == ["answered", "partial"]


def test_sending_twice_asks_once(client: TestClient, assistant: FakeAssistant) -> None:
    assert [ask(client, "answered").count("<article"), ask(client, "answered").count("<article")] == [1, 1]
    assert len(assistant.asked) == 1


def test_another_sites_form_can_read_no_key(client: TestClient) -> None:
    response = client.post(
        "/en/ask",
        data={"question": "answered", "key": KEY, "conversation": ID},
        headers={"Sec-Fetch-Site": "cross-site"},
        follow_redirects=False,
    )
    assert KEY not in response.headers["location"]


def test_an_unknown_answer_says_what_to_do(client: TestClient) -> None:
    response = client.get(f"/fi/answers/{KEY}")
    assert response.status_code == 404
    html = before_templates(response.text)
    assert "Tätä vastausta ei enää säilytetä." in html
    assert '<textarea id="question"' in html


def test_the_question_is_shown_without_personal_data(client: TestClient) -> None:
    html = ask(client, "answered 010190-123A")
    assert "010190-123A" not in html
    assert "answered [...]" in html


def test_the_choices_of_the_asker_stay_chosen(client: TestClient) -> None:
    html = ask(client, "answered", municipality="Espoo", situation="student")
    chosen = [o.get("value") for o in Elements(html).all("option") if "selected" in o]
    assert chosen == [None, "student"]
    assert '<details class="profile" open>' in html


def test_quotes_stand_in_their_context(client: TestClient) -> None:
    html = re.sub(r"\s*<", "<", ask(client, "answered"))
    assert f'<span data-part="before">Koulutus</span><mark data-part="quote">{QUOTE}</mark>' in html
    assert '<span data-part="after">Perus\nNopea &lt;b&gt;polku&lt;/b&gt;</span>' in html.replace(">\n", ">")


def test_the_context_of_a_quote_for_the_script(client: TestClient) -> None:
    path = "/en/context/kauniainen%2Fohjelma%202025"
    found = client.get(f"{path}?start=10&end=41")
    assert found.json() == {"before": "Koulutus\n", "after": "\nPerus\nNopea <b>polku</b>", "original": None}
    for query in ("", "?start=5", "?start=0&end=9999", "?start=x&end=4"):
        assert client.get(path + query).status_code == 404
    assert client.get("/en/context/none?start=0&end=1").status_code == 404


@pytest.mark.parametrize("verdict", ["yes", "no"])
def test_feedback_says_thanks(client: TestClient, verdict: str) -> None:
    ask(client, "answered")
    data = {"answer": KEY, "verdict": verdict, "reasons": ["wrong", "other"], "comment": "a\r\nb", "consent": "true"}
    response = client.post("/en/feedback", data=data, follow_redirects=False)
    assert (response.status_code, response.headers["location"]) == (303, f"/en/answers/{KEY}#feedback-{KEY}")
    assert f'id="feedback-{KEY}"' in client.get(f"/en/answers/{KEY}").text


@pytest.mark.parametrize(
    "changes",
    [{"answer": "x" * 20}, {"verdict": "maybe"}, {"reasons": ["because"]}, {"comment": "x" * 1001}],
    ids=["unknown answer", "no verdict", "no reason", "too long"],
)
def test_feedback_that_is_none_is_refused(client: TestClient, changes: dict[str, str]) -> None:
    ask(client, "answered")
    assert client.post("/en/feedback", data={"answer": KEY, "verdict": "yes"} | changes).status_code == 404


@pytest.mark.parametrize(
    ("name", "rated"),
    [("answered", True), ("partial", True), ("no_information", True), ("clarify", False), ("crisis", False)],
)
def test_feedback_is_asked_for_where_there_was_an_answer(client: TestClient, name: str, rated: bool) -> None:
    assert ("data-feedback" in ask(client, name)) is rated


def test_a_new_conversation_forgets_the_old_one(client: TestClient, assistant: FakeAssistant) -> None:
    ask(client, "answered")
    response = client.post("/en/new", data={"conversation": ID}, follow_redirects=False)
    assert (response.status_code, response.headers["location"]) == (303, "/en/")
    assert assistant.forgotten == [ID]
    assert client.get(f"/en/answers/{KEY}").status_code == 404


def test_leaving_forgets_and_goes_on_to_the_weather(client: TestClient, assistant: FakeAssistant) -> None:
    ask(client, "answered")
    response = client.post("/ar/leave", data={"conversation": ID})
    assert response.headers["refresh"] == "0; url=https://www.ilmatieteenlaitos.fi/"
    assert "Neuvo" not in response.text
    assert assistant.forgotten == [ID]
    assert client.get(f"/en/answers/{KEY}").status_code == 404


@pytest.mark.parametrize("path", ["ask", "new", "leave", "feedback"])
def test_a_forms_address_opened_by_itself_leads_to_the_start(client: TestClient, path: str) -> None:
    response = client.get(f"/so/{path}", follow_redirects=False)
    assert (response.status_code, response.headers["location"]) == (303, "/so/")


def test_a_frame_stays_a_frame(client: TestClient) -> None:
    """On another page, links open a window of their own, forms stay, and every page of the chat is the compact one."""
    html = before_templates(client.get("/en/?embed").text)
    assert '<base target="_blank">' in html
    for form in Elements(html).all("form"):
        assert form["target"] == "_self"
        assert (form["action"] or "").endswith("?embed")
    data = {"question": "answered", "key": KEY}
    response = client.post("/en/ask?embed", data=data, follow_redirects=False)
    assert response.headers["location"] == f"/en/answers/{KEY}?embed#answer-{KEY}"
    assert '<base target="_blank">' not in client.get("/en/").text


@pytest.fixture(scope="module")
def cards() -> TestClient:  # type: ignore[misc]
    with TestClient(create_app(CardsAssistant, WebSettings())) as client:
        yield client


@pytest.mark.parametrize("code", NAMES)
def test_starter_questions_are_offered_by_topic(cards: TestClient, code: str) -> None:
    elements = Elements(before_templates(cards.get(f"/{code}/").text))
    questions = [b["value"] for b in elements.all("button") if b.get("name") == "question"]
    assert len(questions) == len(set(questions)) == 14
    assert len([d for d in elements.all("details") if d.get("name") == "starters"]) == 7


def test_no_starter_question_without_its_card(client: TestClient) -> None:
    buttons = Elements(before_templates(client.get("/en/").text)).all("button")
    assert not [b for b in buttons if b.get("name") == "question"]


@pytest.mark.parametrize("code", ["so", "ar"])
def test_a_translated_sentence_shows_its_original(cards: TestClient, code: str) -> None:
    html = before_templates(cards.post(f"/{code}/ask", data={"question": "answered"}).text)
    original = re.search(r'<blockquote data-part="original" lang="fi" dir="ltr">(.+?)</blockquote>', html)
    assert original
    assert original[1].startswith("Kotoutumiskoulutus")


def test_a_card_leads_to_its_other_languages_and_its_original(cards: TestClient) -> None:
    elements = Elements(cards.get("/so/documents/card-integration-training-so").text)
    links = [a["href"] for a in elements.all("a")]
    assert "/fi/documents/card-integration-training-fi" in links  # the language picker's
    assert "/so/documents/card-integration-training-fi" in links  # the original's


def test_violence_offers_to_leave_and_keeps_no_question(cards: TestClient) -> None:
    html = before_templates(cards.post("/en/ask", data={"question": "violence at home"}).text)
    assert "data-leave" in html
    assert "violence at home" not in html
    other = before_templates(cards.post("/en/ask", data={"question": "crisis"}).text)
    assert "data-leave" not in other


@pytest.mark.parametrize("code", NAMES)
@pytest.mark.parametrize("page", ["person", "about", "privacy", "accessibility"])
def test_pages_to_read(cards: TestClient, code: str, page: str) -> None:
    response = cards.get(f"/{code}/{page}")
    assert response.status_code == 200
    elements = Elements(response.text)
    assert elements.all("html")[0]["lang"] == code
    links = [a["href"] for a in elements.all("a")]
    assert {f"/{code}/person", f"/{code}/about", f"/{code}/privacy", f"/{code}/accessibility"} <= set(links)
    assert f"/ar/{page}" in links
    if page == "person":
        assert {"tel:112", "tel:080005005", "tel:116117", "https://www.helloespoo.fi"} <= set(links)
    if code != "en":
        assert 'lang="en"' not in response.text.replace('lang="en" dir="ltr" hreflang', "")


def test_pages_to_read_are_in_known_languages_only(cards: TestClient) -> None:
    assert cards.get("/xx/person").status_code == 404


@pytest.mark.parametrize("code", ["ar", "fa"])
def test_figures_keep_their_order(cards: TestClient, code: str) -> None:
    html = cards.post(f"/{code}/ask", data={"question": "answered"}).text
    assert '<bdi dir="ltr">220–300</bdi>' in html
    assert '<bdi dir="ltr">112</bdi>' in cards.get(f"/{code}/about").text


def test_what_is_cited_is_escaped(client: TestClient) -> None:
    assert DOCUMENT.url is not None
    html = ask(client, "answered")
    assert unescape("There are &lt;paths&gt;.") == ANSWERS["answered"].sentences[1].text
    assert "<paths>" not in html


def test_a_notice_says_its_own_language(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'notices.db'}"
    assistant = FakeAssistant()
    texts = {"fi": "Vesi on poikki 220–300.", "sv": "Vattnet är avstängt.", "en": "No water.", "ar": "لا ماء 220–300."}
    notice = Published("crisis", texts, "https://www.espoo.fi/vesi")
    NoticeStore(open_database(database)).publish(notice, assistant.languages)
    with TestClient(create_app(lambda: assistant, WebSettings(database=database))) as client:
        for code, shown in [("so", "en"), ("fi", "fi"), ("ar", "ar")]:
            for path in ("", "person"):
                html = client.get(f"/{code}/{path}").text
                direction = "rtl" if shown == "ar" else "ltr"
                text = texts[shown] if shown != "ar" else 'لا ماء <bdi dir="ltr">220–300</bdi>.'
                assert f'<p class="notice-crisis" lang="{shown}" dir="{direction}">{text} <a' in html
                assert 'href="https://www.espoo.fi/vesi" rel="external" dir="ltr">www.espoo.fi/vesi</a>' in html
