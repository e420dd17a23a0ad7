from __future__ import annotations

import gzip
import json
import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser

import pytest
from conftest import ANSWERS, DOCUMENT, NAMES, QUOTE, FakeAssistant
from fastapi.testclient import TestClient

from assistant.languages import load_languages
from corpus.documents import Block, BlockKind, Document
from web.app import create_app
from web.assets import MODULES
from web.exchanges import Exchange
from web.negotiation import preferred_language
from web.settings import WebSettings
from web.views import document_parts, exchange_view, status_words, telephone_url, web_url

DOCUMENT_PATH = "/documents/kauniainen%2Fohjelma%202025"
KEY = "k" * 20


class Elements(HTMLParser):
    """Every start tag of a page with its attributes, and the page's visible text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


def before_templates(html: str) -> str:
    return html.split("<template", maxsplit=1)[0]


@pytest.mark.parametrize(
    ("header", "language"),
    [
        pytest.param(None, "fi", id="no header"),
        pytest.param("*", "fi", id="anything"),
        pytest.param("uk-UA,uk;q=0.9,ru;q=0.8", "uk", id="Ukrainian before Russian"),
        pytest.param("ru;q=0.5, uk", "uk", id="by weight, not by order"),
        pytest.param("de-DE,sv;q=0.5,en;q=0.4", "sv", id="the first known"),
        pytest.param("hi-IN,bn", "en", id="only unknown ones"),
        pytest.param("zh-Hant-TW", "zh", id="Chinese"),
        pytest.param("prs-AF", "fa", id="Dari"),
        pytest.param("kmr", "ku", id="Kurmanji"),
        pytest.param("ckb, ku-Arab, ar;q=0.3", "ar", id="Sorani is not Kurmanji"),
        pytest.param("fi;q=0, so", "so", id="excluded"),
        pytest.param("ar;q=much, ;q=, tr", "tr", id="malformed"),
    ],
)
def test_language_negotiation(header: str | None, language: str) -> None:
    assert preferred_language(header, NAMES, "fi", "en") == language


def test_ukrainian_never_becomes_russian() -> None:
    assert preferred_language("uk", ["ru", "en", "fi"], "fi", "en") == "en"


def test_root_leads_to_the_language(client: TestClient) -> None:
    response = client.get("/", headers={"Accept-Language": "so"}, follow_redirects=False)
    assert (response.status_code, response.headers["location"]) == (307, "/so/#auto")
    assert response.headers["vary"] == "Accept-Language"


@pytest.mark.parametrize("code", NAMES)
def test_every_language_has_its_page(client: TestClient, code: str) -> None:
    response = client.get(f"/{code}/")
    html = before_templates(response.text)
    elements = Elements(html)
    (root,) = elements.all("html")
    assert (root["lang"], root["dir"]) == (code, "rtl" if code in ("ar", "fa") else "ltr")
    picker = [a for a in elements.all("a") if "hreflang" in a]
    assert [a["lang"] for a in picker] == list(NAMES)
    assert [a["hreflang"] for a in picker if "aria-current" in a] == [code]
    for name in NAMES.values():
        assert name in html
    links = [a.get("href") for a in elements.all("a")]
    assert "tel:112" in links
    assert f"/{code}/person" in links
    (box,) = elements.all("textarea")
    assert (box["dir"], box["maxlength"]) == ("auto", "500")
    (form,) = [f for f in elements.all("form") if f.get("id") == "ask"]
    assert (form["method"], form["action"]) == ("post", f"/{code}/ask")


@pytest.mark.parametrize("code", [code for code in NAMES if code != "en"])
def test_no_english_is_left_on_other_pages(client: TestClient, code: str) -> None:
    english = client.get("/en/").text
    other = client.get(f"/{code}/").text
    for text in re.findall(r">([^<>{}]+ [^<>{}]+)<", before_templates(english)):
        if text.strip() and text.strip() not in NAMES.values() and "[en" not in text:
            assert text.strip() not in other, text
    for text in ("Document language", "Show in the document", "Searching the sources…", "AI assistant"):
        assert text in english
        assert text not in other


def test_unknown_pages_are_told_in_the_browsers_language(client: TestClient) -> None:
    for path in ("/xx/", "/nothing", "/xx/documents/a", "/static/0/neuvo.css", "/en/documents/none"):
        response = client.get(path, headers={"Accept-Language": "fr"})
        assert response.status_code == 404
        expected = "Page not found" if path.startswith("/en/") else "Page introuvable"
        assert expected in response.text


def test_round_trip_without_javascript(client: TestClient, assistant: FakeAssistant) -> None:
    response = client.post(
        "/ar/ask",
        data={"question": "answered <q>\r\nline", "municipality": "Espoo", "situation": "student", "key": KEY},
        follow_redirects=False,
    )
    assert (response.status_code, response.headers["location"]) == (303, f"/ar/answers/{KEY}#answer-{KEY}")
    response = client.get(f"/ar/answers/{KEY}")
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    asked = assistant.asked[0]
    assert (asked["text"], asked["language"], asked["page_language"]) == ("answered <q>\nline", None, "ar")
    assert (asked["profile"].municipality, asked["profile"].situation) == ("Espoo", "student")
    html = before_templates(response.text)
    assert "answered &lt;q&gt;" in html
    assert "It takes 220–300 days." in html
    assert "There are &lt;paths&gt;." in html
    assert QUOTE in html
    elements = Elements(html)
    sentences = [d for d in elements.all("div") if d.get("class") == "sentence"]
    assert [(p["lang"], p["dir"]) for p in sentences] == [("en", "ltr"), ("en", "ltr")]
    # What was translated, and two quotes.
    assert [(b["lang"], b["dir"]) for b in elements.all("blockquote")] == [("fi", "ltr")] * 3
    refs = [a["href"] for a in elements.all("a") if a.get("class") == "ref"]
    assert refs == [f"#{KEY}-quote-1", f"#{KEY}-quote-2", f"#{KEY}-quote-1"]
    assert {b["id"] for b in elements.all("blockquote") if "id" in b} == {f"{KEY}-quote-1", f"{KEY}-quote-2"}
    links = [a["href"] for a in elements.all("a")]
    assert "/ar/documents/kauniainen%2Fohjelma%202025?start=10&end=41#quote" in links
    assert DOCUMENT.url in links
    assert not any("javascript:" in (link or "") for link in links)
    assert html.count("غير معروف") == 4  # publisher (twice), municipality and status of the second source
    assert "ترجمة آلية" in html
    assert "31.12.2026" in html
    assert "مسودة" in html
    options = [o for o in elements.all("option") if "selected" in o]
    assert [o.get("value") for o in options] == [None, "student"]
    client.get(f"/ar/answers/{KEY}")
    assert len(assistant.asked) == 1


def test_every_id_is_once_on_the_page(client: TestClient) -> None:
    html = client.post("/en/ask", data={"question": "answered"}).text
    ids = [attributes["id"] for _, attributes in Elements(html).found if "id" in attributes]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("name", "telephone"),
    [("emergency", "tel:112"), ("crisis", "tel:0925250113")],
    ids=["emergency", "crisis"],
)
def test_urgent_answers_lead_with_a_telephone_number(client: TestClient, name: str, telephone: str) -> None:
    html = before_templates(client.post("/en/ask", data={"question": name}).text)
    assert f'data-status="{name}"' in html
    lead = html.index('data-part="lead"')
    assert html.index(f'href="{telephone}"', lead) < html.index('class="sentence"')


def test_what_is_missing_and_contacts_are_shown(client: TestClient) -> None:
    html = before_templates(client.post("/en/ask", data={"question": "partial"}).text)
    assert '<ul lang="ar" dir="rtl">' in html
    assert "السعر" in html
    assert "checked 1.9.2025" in html
    assert "https://mieli.fi/" in html


def test_open_questions_keep_their_own_direction(client: TestClient) -> None:
    html = before_templates(client.post("/en/ask", data={"question": "partial"}).text)
    assert '<li dir="auto">السعر</li>' in html
    assert html.index("Not found in the sources") < html.index("السعر")


@pytest.mark.parametrize("code", ["en", "fa"])
def test_nearest_sources_follow_the_sentence_that_introduces_them(client: TestClient, code: str) -> None:
    html = before_templates(client.post(f"/{code}/ask", data={"question": "no_information"}).text)
    beginning = html.index('<ul class="nearest"')
    assert html.index("These sources are near your question:") < beginning < html.index('data-part="contacts"')
    shown = html[beginning : html.index("</ul>", beginning)]
    elements = Elements(shown)
    first, publishers_page, second = elements.all("a")
    assert (first["href"], first["lang"], first["dir"]) == (f"/{code}{DOCUMENT_PATH}", "fi", "ltr")
    assert publishers_page["href"] == DOCUMENT.url
    assert (second["href"], second["lang"], second["dir"]) == (f"/{code}/documents/card-a-ar", "ar", "rtl")
    assert "دورة &lt;b&gt;" in shown
    assert [b["data-part"] for b in elements.all("bdi")] == ["publisher", "municipality"]
    assert client.get(str(first["href"])).status_code == 200
    assert 'class="nearest"' not in before_templates(client.post(f"/{code}/ask", data={"question": "answered"}).text)


def test_clarification_asks_again_with_the_choice(client: TestClient, assistant: FakeAssistant) -> None:
    data = {"question": "clarify", "municipality": "Espoo", "conversation": "x" * 20}
    html = before_templates(client.post("/en/ask", data=data).text)
    form = html[html.index('data-part="clarify"') :]
    form = form[: form.index("</form>")]
    elements = Elements(form)
    hidden = {i["name"]: i["value"] for i in elements.all("input")}
    assert re.fullmatch(r"[\w-]{32}", hidden.pop("key") or "")
    assert hidden == data
    assert [(b["name"], b["value"]) for b in elements.all("button")] == [
        ("situation", "jobseeker"),
        ("situation", "at_home"),
    ]


@pytest.mark.parametrize(
    ("question", "status", "message"),
    [
        ("", 422, "[so question_empty]"),
        ("x" * 501, 422, "[so question_too_long 500]"),
        ("invalid", 422, "[so question_empty]"),
        ("boom", 500, "[so error]"),
        ("unavailable", 503, "[so unavailable]"),
        ("x" * 20_000, 413, "[so question_too_long 500]"),
    ],
)
def test_page_explains_a_refusal_in_its_language(client: TestClient, question: str, status: int, message: str) -> None:
    response = client.post("/so/ask", data={"question": question})
    assert response.status_code == status
    html = before_templates(response.text)
    assert f'lang="so" dir="ltr">{message}</p>' in html
    if status != 413:
        assert f">\n{question}</textarea>" in html
    assert "tel:112" in html


def test_a_form_that_is_none_is_refused(client: TestClient) -> None:
    response = client.post("/so/ask", files={"question": b"a file"})
    assert response.status_code == 422
    assert '<html lang="so"' in response.text


def test_answers_address_opened_anew_leads_to_the_start(client: TestClient) -> None:
    response = client.get("/en/ask", follow_redirects=False)
    assert (response.status_code, response.headers["location"]) == (303, "/en/")


def test_document_shows_the_quote_in_its_context(client: TestClient) -> None:
    html = client.get(f"/ar{DOCUMENT_PATH}?start=10&end=41").text
    elements = Elements(html)
    (mark,) = elements.all("mark")
    assert mark["id"] == "quote"
    assert f"{QUOTE}</mark>" in html
    assert 'class="document" lang="fi" dir="ltr"' in html
    assert "<h2>Koulutus</h2>" in html
    assert "<li>Nopea &lt;b&gt;polku&lt;/b&gt;</li>" in html


@pytest.mark.parametrize(
    "query", ["", "?start=5", "?start=9&end=3", "?start=0&end=9999", "?start=-1&end=4", "?start=٣&end=x"]
)
def test_other_spans_mark_nothing(client: TestClient, query: str) -> None:
    response = client.get(f"/en{DOCUMENT_PATH}{query}")
    assert response.status_code == 200
    assert "<mark" not in response.text


def test_quote_over_several_blocks_and_text_between_them() -> None:
    text = "One.\nTwo three.\nFour."
    blocks = (Block(BlockKind.PARAGRAPH, 0, 4), Block(BlockKind.PARAGRAPH, 16, 21))
    document = Document("d", "D", text, "en", blocks)
    (part,) = document_parts(document, 2, 9)
    shown = [[(s.text, s.quoted, s.first) for s in segments] for segments in part.blocks]
    assert shown == [
        [("On", False, False), ("e.", True, True)],
        [("\nTwo ", True, False), ("three.\n", False, False)],
        [("Four.", False, False)],
    ]


@pytest.mark.parametrize(
    ("title", "start", "end", "kinds"),
    [
        pytest.param("Koulutus", 10, 41, ["paragraph", "item"], id="said once"),
        pytest.param("Koulutus", 0, 8, ["heading", "paragraph", "item"], id="quoted"),
        pytest.param("Other", 10, 41, ["heading", "paragraph", "item"], id="another"),
    ],
)
def test_the_title_is_not_repeated(title: str, start: int, end: int, kinds: list[str]) -> None:
    assert [part.kind.value for part in document_parts(replace(DOCUMENT, title=title), start, end)] == kinds


def test_a_place_cited_twice_keeps_its_number() -> None:
    view = exchange_view(Exchange(KEY, "q", ANSWERS["answered"]), FakeAssistant())
    assert [sentence.sources for sentence in view.sentences] == [(1,), (2, 1)]
    assert [source.number for source in view.sources] == [1, 2]


@pytest.mark.parametrize(
    ("status", "words", "rest"),
    [
        ("in force", "in force", ""),
        ("in force as a report", "in force", "as a report"),
        ("draft: dates ahead", "draft", "dates ahead"),
        ("drafted", "", "drafted"),
        ("In kraft", "", "In kraft"),
    ],
)
def test_status_words(status: str, words: str, rest: str) -> None:
    assert status_words(status, ["in force", "draft"]) == (words, rest)


def test_pages_with_the_languages_as_they_are() -> None:
    languages = load_languages()
    assert set(languages) == set(NAMES)
    assistant = FakeAssistant(languages=languages)  # type: ignore[arg-type]
    with TestClient(create_app(lambda: assistant, WebSettings())) as client:
        for code, language in languages.items():
            html = client.get(f"/{code}/").text
            assert language.situations["jobseeker"] in unescape(html)
            refused = before_templates(client.post(f"/{code}/ask", data={"question": ""}).text)
            assert language.messages["question_empty"] in unescape(refused)
        picker = [a["hreflang"] for a in Elements(html).all("a") if "hreflang" in a]
        assert picker[:3] == ["fi", "sv", "en"]


def test_links() -> None:
    assert telephone_url("+358 (0)9 2525-0113") == "tel:+3580925250113"
    assert web_url("https://a.fi/x") == "https://a.fi/x"
    for url in (
        None,
        "",
        "javascript:alert(1)",
        "//a.fi",
        "http:",
        "ftp://a",
        "http://[",
        "data:text/html,x",
    ):
        assert web_url(url) is None


def test_headers_are_on_every_response(client: TestClient) -> None:
    static = re.search(r'href="(/static/[^"]+\.css)"', client.get("/en/").text)
    assert static
    responses = [client.get(p, follow_redirects=False) for p in ("/", "/en/", "/healthz", "/nope", static[1])]
    responses += [client.post("/api/v1/ask", json={"question": q}) for q in ("", "answered", "boom")]
    for response in responses:
        csp = response.headers["content-security-policy"]
        assert "default-src 'none'" in csp
        assert "frame-ancestors 'none'" in csp
        assert "unsafe" not in csp
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["referrer-policy"] == "no-referrer"
        assert "microphone=()" in response.headers["permissions-policy"]
        assert "set-cookie" not in response.headers


def test_pages_have_no_inline_script_or_style_and_no_third_party(client: TestClient) -> None:
    pages = [client.get("/en/").text, client.post("/en/ask", data={"question": "answered"}).text]
    pages.append(client.get(f"/en{DOCUMENT_PATH}").text)
    for html in pages:
        elements = Elements(html)
        for tag, attributes in elements.found:
            assert tag != "style"
            assert "style" not in attributes
            assert not any(name.startswith("on") for name in attributes)
            loaded = attributes.get("src") or (attributes.get("href") if tag == "link" else None)
            assert not loaded or loaded.startswith(("/static/", "/api/v1/answers/"))
            assert tag != "script" or "src" in attributes or attributes.get("type") == "application/json"


def test_static_files_are_kept(client: TestClient) -> None:
    for name in ("neuvo.css", "chat.js", "language.js", "icon.svg", *MODULES):
        base = re.search(r"/static/[0-9a-f]{12}/", client.get("/en/").text)
        assert base
        response = client.get(base[0] + name)
        assert response.status_code == 200
        assert response.headers["cache-control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("code", NAMES)
def test_first_load_is_light(client: TestClient, code: str) -> None:
    """HTML, CSS and JavaScript together at most 40 KB gzipped."""
    html = client.get(f"/{code}/").text
    base = re.search(r"/static/[0-9a-f]{12}/", html)
    assert base
    files = [client.get(base[0] + name).text for name in ("neuvo.css", "chat.js", "language.js", *MODULES)]
    assert sum(len(gzip.compress(text.encode(), 6)) for text in [html, *files]) <= 40 * 1024
    assert client.get(f"/{code}/", headers={"Accept-Encoding": "gzip"}).headers["content-encoding"] == "gzip"


def test_texts_for_the_script_are_the_pages_own(client: TestClient) -> None:
    html = client.get("/fi/").text
    block = re.search(r'<script type="application/json" id="texts">(.+?)</script>', html, re.S)
    assert block
    texts = json.loads(block[1])
    assert texts["searching"] == "Haetaan lähteistä…"
    assert texts["languages"]["so"] == "somali"
    assert texts["failed"] == "[fi error]"
