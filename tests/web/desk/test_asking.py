"""Asking at the desk, without JavaScript."""

from __future__ import annotations

import re

import pytest
from conftest import FakeAssistant

from assistant.questions import Profile, Situation
from desk.conftest import Office, Person
from web.desk.accounts import Role
from web.desk.tables import audit_table

QUOTE = "Koulutus kestää 220–300 päivää."


@pytest.fixture
def advisor(office: Office) -> Person:
    return office.sign_in(Role.ADVISOR)


def ask(person: Person, question: str = "answered please", **fields: str) -> str:
    """Ask; the address of the answer."""
    response = person.client.post("/desk/ask", data=person.form(question=question, **fields))
    assert response.status_code == 303, response.text
    return response.headers["location"]


def shown(person: Person, path: str) -> str:
    response = person.client.get(path)
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    return response.text


def panel(page: str, name: str) -> str:
    found = re.search(rf'<section class="panel {name}".*?</section>', page, re.DOTALL)
    assert found
    return found[0]


def test_the_client_reads_their_language_and_the_advisor_their_own(advisor: Person) -> None:
    page = shown(advisor, ask(advisor, client="ar"))
    assert '<p class="sentence" lang="fi" dir="ltr">' in panel(page, "client")
    assert '<span class="note" lang="ar" dir="rtl">[<bdi dir="ltr">ar quote_original</bdi>]</span>' in page
    assert "<h3>المصادر</h3>" in panel(page, "client")
    assert QUOTE in panel(page, "own")
    assert 'href="/desk/read/kauniainen/ohjelma%202025?start=10&amp;end=41#quote"' in page


def test_what_is_in_the_advisors_language_is_shown_once(advisor: Person) -> None:
    page = shown(advisor, ask(advisor, client="fi"))
    assert 'class="panel own"' not in page
    assert "Kopioi molemmilla kielillä" not in page


@pytest.mark.parametrize(
    ("question", "fields", "language"),
    [
        pytest.param("answered please", {}, "fi", id="the advisor's own words"),
        pytest.param("answered please", {"client": "so"}, "fi", id="the advisor's own words for a client"),
        pytest.param("answered من فضلك", {}, "ar", id="the client's message"),
        pytest.param("answered من فضلك", {"client": "fa"}, "fa", id="the client's message, their language chosen"),
        pytest.param("answered please", {"client": "fi-selko"}, "fi", id="plain Finnish"),
        pytest.param("answered please", {"asked_in": "et"}, "et", id="the language of the question chosen"),
        pytest.param("answered please", {"client": "de", "asked_in": "de"}, "fi", id="no such languages"),
    ],
)
def test_the_language_a_question_is_asked_in(
    assistant: FakeAssistant, advisor: Person, question: str, fields: dict[str, str], language: str
) -> None:
    ask(advisor, question, **fields)
    assert assistant.asked[-1]["language"] == language


def test_municipality_and_situation_go_with_the_question(assistant: FakeAssistant, advisor: Person) -> None:
    ask(advisor, municipality="Espoo", situation="student")
    assert assistant.asked[-1]["profile"] == Profile("Espoo", Situation.STUDENT)
    ask(advisor, situation="pirate")
    assert assistant.asked[-1]["profile"] == Profile()


def test_the_same_form_sent_twice_asks_once(assistant: FakeAssistant, advisor: Person) -> None:
    key = "a-key-of-the-page-1234"
    assert ask(advisor, key=key) == ask(advisor, key=key) == f"/desk/ask/{key}"
    assert len(assistant.asked) == 1


def test_another_language_for_the_client_asks_nothing_again(assistant: FakeAssistant, advisor: Person) -> None:
    path = ask(advisor, client="ar")
    assert '<div class="answer" lang="so" dir="ltr">' in shown(advisor, f"{path}?to=so")
    assert '<div class="answer" lang="ar" dir="rtl">' in shown(advisor, f"{path}?to=nonsense")
    assert len(assistant.asked) == 1


def test_a_refused_question_stays_in_the_form(advisor: Person) -> None:
    response = advisor.client.post(
        "/desk/ask", data=advisor.form(question="x" * 501, client="so", municipality="Espoo")
    )
    assert response.status_code == 422
    assert "[fi question_too_long 500]" in response.text
    assert "x" * 501 in response.text
    assert '<option value="so" selected>' in response.text
    assert "<option selected>Espoo</option>" in response.text


def test_what_it_depends_on_is_asked_back(assistant: FakeAssistant, advisor: Person) -> None:
    page = shown(advisor, ask(advisor, "clarify please", client="so", municipality="Espoo"))
    assert '<button name="situation" value="at_home">[fi at_home]</button>' in page
    form = re.search(r'<form method="post" action="/desk/ask" class="clarify">.*?</form>', page, re.DOTALL)
    assert form
    sent = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form[0]))
    assert (sent["question"], sent["client"], sent["municipality"]) == ("clarify please", "so", "Espoo")


def test_why_and_what_was_found(advisor: Person) -> None:
    path = ask(advisor)
    page = shown(advisor, path)
    assert "Lähteet vastaavat kysymykseen." in page
    assert "Pisteet 2.00 · merkitys 0.90 · sanat 2.5" in page
    assert page.count("Muut olivat lähempänä") == 2
    filtered = shown(advisor, f"{path}?municipality=Espoo")
    assert "Tällä rajauksella ei löytynyt mitään." in filtered
    assert '<option value="Kauniainen">' in filtered


def test_a_message_about_violence_is_not_kept(office: Office, advisor: Person) -> None:
    page = shown(advisor, ask(advisor, "violence at home", client="ar"))
    assert "violence at home" not in page
    assert "Viestiä ei säilytetä" in page
    assert "/desk/flags/new" not in page
    assert "Löydetyt kohdat" not in page
    assert office.desk.recents.of(advisor.account) == []


def test_nobody_else_reads_an_answer(office: Office, advisor: Person) -> None:
    path = ask(advisor)
    other = office.sign_in(Role.ADVISOR, name="eino")
    for place in (path, f"{path}/edit", path.replace("/ask/", "/sheets/")):
        assert other.client.get(place).status_code == 404
    assert other.client.post(f"{path}/edit", data=other.form(act="save")).status_code == 404


def test_an_answer_of_a_resident_is_not_read_with_its_key(office: Office, advisor: Person) -> None:
    key = "a-key-of-a-resident-12"
    assert office.client.post("/en/ask", data={"question": "answered", "key": key}).status_code == 303
    assert advisor.client.get(f"/desk/ask/{key}").status_code == 404


def test_recent_questions_are_masked_and_asked_again(office: Office, advisor: Person) -> None:
    ask(advisor, "answered for 010190-123A", client="so", municipality="Espoo")
    (recent,) = office.desk.recents.of(advisor.account)
    assert recent.question == "answered for [...]"
    page = shown(advisor, f"/desk/ask?again={recent.id}")
    assert ">answered for [...]</textarea>" in page
    assert '<option value="so" selected>' in page
    other = office.sign_in(Role.EDITOR, name="eino")
    assert "[...]" not in shown(other, f"/desk/ask?again={recent.id}")
    advisor.client.post("/desk/recent/forget", data=advisor.form(id=str(recent.id)))
    assert office.desk.recents.of(advisor.account) == []


def test_an_answer_is_changed_shortened_and_put_back(office: Office, advisor: Person) -> None:
    path = ask(advisor, client="so")
    edit = shown(advisor, f"{path}/edit?to=so")
    assert edit.count('type="checkbox"') == 2
    sent = advisor.form(to="so", act="sheet", **{"text-0": "Waa dheer.", "keep-0": "yes", "own-0": QUOTE})
    response = advisor.client.post(f"{path}/edit", data=sent)
    sheet = path.replace("/ask/", "/sheets/")
    assert (response.status_code, response.headers["location"]) == (303, f"{sheet}?to=so")
    page = shown(advisor, f"{sheet}?to=so")
    assert "Waa dheer." in page
    assert "Waxaa qoray la-taliye" in page
    assert "Perus" not in page.split("<details")[0]
    assert "Olet muuttanut vastausta" in shown(advisor, f"{path}?to=so")
    assert "Olet muuttanut vastausta" not in shown(advisor, f"{path}?to=ar")
    advisor.client.post(f"{path}/edit", data=advisor.form(to="so", act="reset"))
    assert "Waa dheer." not in shown(advisor, f"{sheet}?to=so")
    with office.desk.engine.connect() as connection:
        entries = connection.execute(audit_table.select()).mappings().all()
    assert [(row["action"], row["details"].get("language")) for row in entries if row["action"].endswith("edited")] == [
        ("answer.edited", "so")
    ]
    assert not any("dheer" in str(row["details"]) for row in entries)


def test_the_advisors_words_are_translated_for_the_client(assistant: FakeAssistant, advisor: Person) -> None:
    path = ask(advisor, client="so")
    assert "Käännä tämä asiakkaalle" not in shown(advisor, f"{path}/edit?to=so")
    assistant.routes.add(("fi", "so"))
    assert "Käännä tämä asiakkaalle" in shown(advisor, f"{path}/edit?to=so")
    sent = advisor.form(to="so", act="translate-added", **{"own-added": "Tervetuloa.", "keep-0": "yes"})
    response = advisor.client.post(f"{path}/edit", data=sent)
    assert response.headers["location"] == f"{path}/edit?to=so#line-added"
    (translated,) = assistant.translate(["Tervetuloa."], "fi", "so").sentences
    sheet = shown(advisor, f"{path.replace('/ask/', '/sheets/')}?to=so")
    assert str(translated.text) in sheet
    assert "Turjumaad mashiin" in sheet


def test_what_cannot_be_translated_stays_and_says_so(advisor: Person) -> None:
    path = ask(advisor, client="so")
    sent = advisor.form(to="so", act="translate-0", **{"own-0": "Uusi.", "keep-0": "yes"})
    response = advisor.client.post(f"{path}/edit", data=sent)
    assert response.headers["location"] == f"{path}/edit?to=so&failed=0#line-0"
    page = shown(advisor, f"{path}/edit?to=so&failed=0")
    assert "Kone ei osannut kääntää tätä riittävän hyvin." in page
    assert "Vain oma kielesi on muutettu" in page


@pytest.mark.parametrize("act", ["translate-99", "translate-x", "translate-", "nonsense"])
def test_an_act_that_no_page_offers_changes_nothing(advisor: Person, act: str) -> None:
    path = ask(advisor, client="so")
    response = advisor.client.post(
        f"{path}/edit", data=advisor.form(to="so", act=act, **{"keep-0": "1", "keep-1": "1"})
    )
    assert response.headers["location"] == f"{path}/edit?to=so"


def test_the_sheet_is_in_the_clients_language_with_the_advisors_beside_it(advisor: Person) -> None:
    path = ask(advisor, client="ar").replace("/ask/", "/sheets/")
    page = shown(advisor, path)
    assert '<article class="sheet" lang="ar" dir="rtl">' in page
    assert 'href="mailto:?subject=' in page
    assert "www.kauniainen.fi/ohjelma" in page
    assert "31.12.2026" in page
    assert '<p class="sheet-own"' not in shown(advisor, f"{path}?beside=no")


def test_a_document_is_read_with_its_quote_and_pinned(office: Office, advisor: Person) -> None:
    path = "/desk/read/kauniainen%2Fohjelma%202025"
    page = shown(advisor, f"{path}?start=10&end=41")
    assert f'<mark id="quote" tabindex="-1">{QUOTE}</mark>' in page
    assert "luonnos" in page
    response = advisor.client.post("/desk/pins", data=advisor.form(document="kauniainen/ohjelma 2025"))
    assert response.headers["location"] == path
    assert "Irrota" in shown(advisor, path)
    assert "Kotoutumisohjelma" in shown(advisor, "/desk/ask")
    advisor.client.post("/desk/pins", data=advisor.form(document="no such document"))
    assert office.desk.pins.of(advisor.account) == ["kauniainen/ohjelma 2025"]
    advisor.client.post("/desk/pins", data=advisor.form(document="kauniainen/ohjelma 2025", act="unpin", back="ask"))
    assert office.desk.pins.of(advisor.account) == []
    assert advisor.client.get("/desk/read/nothing").status_code == 404


def test_the_palette_lists_what_the_account_may_open(office: Office, advisor: Person) -> None:
    ask(advisor, "answered please")
    page = shown(advisor, "/desk/palette")
    assert "answered please" in page
    assert "/desk/audit" not in page
    administrator = office.sign_in(Role.ADMINISTRATOR, name="eino")
    page = shown(administrator, "/desk/palette")
    assert "/desk/audit" in page
    assert "/desk/ask" not in page
    assert "Ctrl" in shown(administrator, "/desk/shortcuts")


@pytest.mark.parametrize("path", ["/desk/ask", "/desk/ask/some-key/edit", "/desk/pins", "/desk/recent/forget"])
def test_forms_need_their_token(advisor: Person, path: str) -> None:
    assert advisor.client.post(path, data={"question": "answered", "document": "x"}).status_code == 403


@pytest.mark.parametrize("language", ["sv", "en"])
def test_the_pages_in_the_other_languages(office: Office, language: str) -> None:
    account = office.desk.accounts.create("aino", [Role.ADVISOR], language=language)
    person = office.sign_in(Role.ADVISOR, name="eino")
    token = office.desk.sessions.begin(account)
    person.client.cookies.clear()
    person.client.cookies.set("neuvo_desk", token)
    title = {"sv": "Fråga för en kund", "en": "Ask for a client"}[language]
    assert f"<h1>{title}</h1>" in shown(person, "/desk/ask")
