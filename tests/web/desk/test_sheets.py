from __future__ import annotations

from datetime import date
from urllib.parse import parse_qs, urlsplit

from cards_assistant import CardsAssistant

from web.desk.drafts import Draft, Line, changed, draft_of, with_translation
from web.desk.sheets import MOST_OF_A_LINK, Sheet, mail_link, plain_text, sheet_of
from web.desk.twins import Twin, Twins

ASSISTANT = CardsAssistant()
TWINS = Twins(ASSISTANT, "https://www.helloespoo.fi")
TODAY = date(2026, 11, 22)


def both(name: str = "so") -> tuple[Twin, Twin]:
    answer = ASSISTANT.ask("answered", language="fi")
    return TWINS.of(answer, name), TWINS.of(answer, "fi")


def sheet(draft: Draft, name: str = "so") -> Sheet:
    client, own = both(name)
    return sheet_of(client, own, draft, ASSISTANT.languages, TODAY)


def test_a_draft_begins_with_the_answer_in_both_languages() -> None:
    client, own = both()
    draft = draft_of(client, own)
    assert [line.text for line in draft.lines] == [one.text for one in client.answer.sentences]
    assert [line.own for line in draft.lines] == [one.text for one in own.answer.sentences]
    assert all(line.kept and line.machine_translated and not line.by_advisor for line in draft.lines)


def test_only_what_was_changed_is_the_advisors() -> None:
    draft = Draft((Line("Yksi.", "Ett."), Line("Kaksi.", "Två.", machine_translated=True), Line("", "Tre.")))
    form = {
        "text-0": "Yksi.\r\n",
        "own-0": "Ett!",
        "keep-0": "yes",
        "text-1": "Kaksi sanaa.",
        "own-1": "Två.",
        "text-added": "Nähdään!",
    }
    first, second, third = changed(draft, form).lines
    assert (first.text, first.by_advisor, first.own, first.own_by_advisor) == ("Yksi.", False, "Ett!", True)
    assert first.only_own_changed
    assert (second.text, second.by_advisor, second.kept, second.machine_translated) == (
        "Kaksi sanaa.", True, False, False,
    )  # fmt: skip
    assert third.kept  # it has no text to leave out
    assert changed(draft, form).added.text == "Nähdään!"


def test_a_translation_of_the_advisors_words_is_marked_as_a_machines() -> None:
    draft = with_translation(Draft((Line("Vanha.", "Uusi oma.", own_by_advisor=True),)), "0", "Cusub.")
    (line,) = draft.lines
    assert (line.text, line.by_advisor, line.machine_translated, line.only_own_changed) == ("Cusub.", True, True, False)
    assert with_translation(draft, "added", "Nabad.").added.text == "Nabad."


def test_a_sheet_has_what_was_kept_with_its_sources_once_for_each_document() -> None:
    client, own = both()
    draft = draft_of(client, own)
    whole = sheet(draft)
    assert [line.sources for line in whole.lines] == [(1,), (1,)]
    assert [number for number, _ in whole.sources] == [1]
    shortened = sheet(changed(draft, {"keep-1": "yes"}))
    assert [line.text for line in shortened.lines] == [client.answer.sentences[1].text]


def test_what_the_advisor_wrote_keeps_its_sources_and_is_marked() -> None:
    client, own = both()
    made = sheet(changed(draft_of(client, own), {"keep-0": "yes", "text-0": "Si kale.", "text-added": "Nabad."}))
    first, added = made.lines
    assert (first.text, first.by_advisor, first.sources, first.language) == ("Si kale.", True, (1,), "so")
    assert (added.text, added.by_advisor, added.sources) == ("Nabad.", True, ())


def test_the_sheet_as_text() -> None:
    client, own = both("en")
    made = sheet(
        changed(draft_of(client, own), {"keep-0": "yes", "text-0": "It takes long.", "own-0": "Se kestää."}), "en"
    )
    assert plain_text(made, str, beside=True, date_text="22.11.2026").splitlines() == [
        "Advice for newcomers in Espoo",
        "22.11.2026",
        "",
        "It takes long. [1]",
        "(Written by an adviser)",
        "Se kestää.",
        "",
        "Sources:",
        f"[1] {client.answer.sentences[0].citations[0].title}, Neuvo, Espoo, Kauniainen",
        "    https://www.helloespoo.fi",
        "",
        "Contacts:",
        "Hello Espoo info point https://www.helloespoo.fi",
    ]
    assert "Se kestää." not in plain_text(made, str, beside=False, date_text="22.11.2026")


def test_a_link_holds_the_first_text_that_fits() -> None:
    link, which = mail_link("Neuvo & sinä", "a" * MOST_OF_A_LINK, "lyhyt\nteksti")
    assert which == 1
    assert parse_qs(urlsplit(link).query) == {"subject": ["Neuvo & sinä"], "body": ["lyhyt\r\nteksti"]}
    assert mail_link("Neuvo", "a" * MOST_OF_A_LINK) == ("mailto:?subject=Neuvo", 1)
