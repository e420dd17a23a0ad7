from __future__ import annotations

from dataclasses import replace

import pytest
from cards_assistant import CardsAssistant
from conftest import FakeAssistant

from assistant.answers import Answer, Contact, Outcome, Sentence
from corpus.documents import Block, BlockKind, Document
from web.desk.card_places import same_place
from web.desk.own_words import own_words
from web.desk.twins import Twins, Way

PERSON = "https://www.helloespoo.fi"


def text_of(id: str, *blocks: str, language: str = "fi") -> Document:
    """A card's text: a heading, then paragraphs."""
    found, at = [], 0
    for number, block in enumerate(blocks):
        kind = BlockKind.PARAGRAPH if number else BlockKind.HEADING
        found.append(Block(kind, at, at + len(block), 0 if number else 1))
        at += len(block) + 2
    return Document(id, blocks[0], "\n\n".join(blocks), language, tuple(found), card="swimming")


FI = text_of("card-swimming-fi", "Uinti", "Halli on auki. Se maksaa 5 euroa.", "Lapset uivat ilmaiseksi.")


def place_in(other: Document, quote: str) -> str | None:
    start = FI.text.index(quote)
    found = same_place(FI, start, start + len(quote), other)
    return other.text[found[0] : found[1]] if found else None


@pytest.mark.parametrize(
    ("quote", "blocks", "expected"),
    [
        pytest.param(
            "Se maksaa 5 euroa.",
            ("Swimming", "The hall is open. It costs 5 euros.", "Free for children."),
            "It costs 5 euros.",
            id="the second sentence of the same block",
        ),
        pytest.param(
            "Halli on auki. Se maksaa 5 euroa.",
            ("Swimming", "The hall is open. It costs 5 euros.", "Free for children."),
            "The hall is open. It costs 5 euros.",
            id="both sentences",
        ),
        pytest.param(
            "Se maksaa 5 euroa.",
            ("Swimming", "The hall is open and costs 5 euros.", "Free for children."),
            "The hall is open and costs 5 euros.",
            id="the whole block where sentences were joined",
        ),
        pytest.param(
            "Lapset uivat ilmaiseksi.",
            ("Uinti", "Halli on auki.", "Maksu on 5 euroa.", "Lapset uivat hallissa ilmaiseksi."),
            "Lapset uivat hallissa ilmaiseksi.",
            id="the block with the same words where blocks differ",
        ),
        pytest.param(
            "Se maksaa 5 euroa.",
            ("Swimming", "It costs 5 euros. The hall is open.", "Free for children."),
            "It costs 5 euros. The hall is open.",
            id="the whole block where the sentence in its place has other figures",
        ),
        pytest.param(
            "Se maksaa 5 euroa.",
            ("Uinti", "Halli on auki. Siellä uidaan.", "Halli maksaa 5 euroa."),
            "Halli maksaa 5 euroa.",
            id="the plain text is not counted, though its blocks are as many",
        ),
        pytest.param(
            "Se maksaa 5 euroa.",
            ("Uinti", "Se maksaa vain vähän.", "Lapset uivat."),
            None,
            id="nothing in plain text that leaves the figure out",
        ),
        pytest.param(
            "Lapset uivat ilmaiseksi.",
            ("Uinti", "Tervetuloa.", "Kysy lisää.", "Kiitos."),
            None,
            id="nothing where no block has its words",
        ),
    ],
)
def test_the_same_place_in_another_text(quote: str, blocks: tuple[str, ...], expected: str | None) -> None:
    language = "fi" if blocks[0] == "Uinti" else "en"
    assert place_in(text_of("card-swimming-x", *blocks, language=language), quote) == expected


def test_own_words_are_found_again_with_what_they_name() -> None:
    languages = CardsAssistant().languages
    said = own_words(languages["fi"].messages["other_municipality"].format(municipality="Vaasa"), languages["fi"])
    assert said is not None
    assert said.key == "other_municipality"
    assert said.in_language(languages["en"]) == "This is about Vaasa."
    assert own_words("Jotain muuta.", languages["fi"]) is None


@pytest.mark.parametrize("name", ["so", "ar", "sv"])
def test_a_card_speaks_for_itself_in_every_language(name: str) -> None:
    assistant = CardsAssistant()
    twin = Twins(assistant, PERSON).of(assistant.ask("answered", language="fi"), name)
    assert [one.way for one in twin.sentences if one] == [Way.CARD, Way.CARD]
    for one in twin.answer.sentences:
        (citation,) = one.citations
        assert citation.document == f"card-integration-training-{name}"
        assert assistant.document(citation.document).text[citation.start : citation.end] == citation.quote
        assert (one.language, one.direction) == (name, "rtl" if name == "ar" else "ltr")


def test_plain_finnish_says_the_same_with_its_figures() -> None:
    quote = "Kotoutumiskoulutus kestää 220–300 päivää polun mukaan."
    assistant = CardsAssistant()
    document = assistant.document("card-integration-training-fi")
    start = document.text.find(quote)
    assert start >= 0
    answer = assistant.ask("answered", language="fi")
    (first, _) = answer.sentences
    citation = replace(first.citations[0], quote=quote, start=start, end=start + len(quote))
    asked = replace(answer, sentences=(replace(first, text=quote, citations=(citation,)),))
    (one,) = Twins(assistant, PERSON).of(asked, "fi-selko").sentences
    assert one
    assert one.way is Way.CARD
    assert one.sentence.text.startswith("Koulutus kestää 220–300 päivää.")


def test_a_crisis_line_has_a_number_of_its_own_for_some_languages() -> None:
    assistant = CardsAssistant()
    twin = Twins(assistant, PERSON).of(assistant.ask("crisis", language="fi"), "uk")
    assert "09 2525 0114" in [contact.phone for contact in twin.answer.contacts]
    assert twin.answer.sentences[0].text == assistant.languages["uk"].messages["crisis"]


def test_contacts_that_are_names_stay_as_they_are() -> None:
    assistant = CardsAssistant()
    answer = replace(assistant.ask("answered", language="fi"), contacts=(Contact("Espoon kaupunki"),))
    assert Twins(assistant, PERSON).of(answer, "so").answer.contacts == (Contact("Espoon kaupunki"),)


def test_nearest_sources_and_the_question_back_are_in_the_other_language() -> None:
    assistant = CardsAssistant()
    twins = Twins(assistant, PERSON)
    near = twins.of(assistant.ask("no_information", language="fi"), "ar").answer.nearest
    assert all(one.document.endswith("-ar") and one.direction == "rtl" for one in near)
    asked = twins.of(assistant.ask("clarify", language="fi"), "en").answer.clarify
    assert asked
    assert asked.question == assistant.languages["en"].messages["clarify_situation"]


def test_what_nothing_translates_is_quoted_and_says_so() -> None:
    assistant = FakeAssistant()
    twin = Twins(assistant, PERSON).of(assistant.ask("answered"), "so")
    first = twin.sentences[0]
    assert first
    assert (first.way, first.sentence.text) == (Way.ORIGINAL, "Koulutus kestää 220–300 päivää.")
    assert (first.sentence.language, first.note) == ("fi", "[so quote_original]")


def test_the_original_is_the_twin_of_a_machine_translation() -> None:
    assistant = FakeAssistant()
    twin = Twins(assistant, PERSON).of(assistant.ask("answered"), "fi")
    first, second = twin.sentences
    assert first
    assert (first.way, first.sentence.text) == (Way.QUOTE, "Koulutus kestää 220–300 päivää.")
    assert second
    assert second.sentence.text == "Perus Koulutus kestää 220–300 päivää."


def test_what_is_said_about_the_text_itself_is_not_repeated_elsewhere() -> None:
    assistant = CardsAssistant()
    says = assistant.languages["fi"].messages
    told = Sentence(says["quote_original"].format(language="englanti"), "fi", "ltr")
    answer = Answer("1", Outcome.ANSWERED, "fi", "ltr", (told, Sentence(says["status_trial"], "fi", "ltr")))
    twin = Twins(assistant, PERSON).of(answer, "en")
    assert twin.sentences[0] is None
    assert [one.text for one in twin.answer.sentences] == ["This is a trial. It may change or end."]


def test_one_place_is_said_once() -> None:
    assistant = CardsAssistant()
    answer = assistant.ask("answered", language="fi")
    twin = Twins(assistant, PERSON).of(replace(answer, sentences=answer.sentences[:1] * 2), "sv")
    assert [one is None for one in twin.sentences] == [False, True]
