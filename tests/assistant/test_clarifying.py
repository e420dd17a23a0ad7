from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest

from assistant.clarifying import CardSentence, Fitting, bodies_named, fitting, undecided
from assistant.languages import load_languages
from assistant.questions import Situation
from corpus.cards import load_cards
from corpus.documents import Block, BlockKind, Document
from indexing.sentences import sentence_spans

AREA = "Espoo-Kauniainen työllisyysalue"
COUNTY = "Länsi-Uudenmaan hyvinvointialue"
KAUNIAINEN = "Kauniaisten kotoutumispalvelut"
JOBSEEKER, AT_HOME = Situation.JOBSEEKER, Situation.AT_HOME


@cache
def cards() -> dict[str, list[Document]]:
    """The documents of every card that says who is responsible, by slug."""
    return {card.slug: list(card.documents()) for card in load_cards() if card.responsible}


def text_of(slug: str, name: str) -> Document:
    return next(document for document in cards()[slug] if document.id == f"card-{slug}-{name}")


def sentences_of(document: Document) -> list[CardSentence]:
    return [(document.text[start:end], start, end) for start, end in sentence_spans(document.text)]


def document_with(text: str, *responsible: tuple[str, str, str], language: str = "en") -> Document:
    return Document("d", "T", text, language, (Block(BlockKind.PARAGRAPH, 0, len(text)),), responsible=responsible)


def every_text() -> Iterator[Document]:
    for documents in cards().values():
        yield from documents


def test_every_body_has_its_sentence_in_every_language() -> None:
    missing = [
        (document.card, document.id.rpartition("-")[2], body)
        for document in every_text()
        for body in {body for _, _, body in document.responsible}
        if not any(body in bodies_named(document, text) for text, _, _ in sentences_of(document))
    ]
    assert missing == []
    assert {document.language for document in every_text()} == set(load_languages())


PLACES = (None, "Espoo", "Kauniainen")


@pytest.mark.parametrize("slug", cards())
def test_languages_agree_on_what_to_ask_and_on_what_is_told(slug: str) -> None:
    for place in PLACES:
        for situation in (None, *Situation):
            found = [undecided(d, sentences_of(d), place, situation, asks_who=True) for d in cards()[slug]]
            asked = {u and (u.field, u.choices, tuple((b.values, b.bodies) for b in u.branches)) for u in found}
            assert len(asked) == 1, (place, situation)
            told = {u and tuple(bool(branch.sentences) for branch in u.branches) for u in found}
            assert len(told) == 1, (place, situation)


@pytest.mark.parametrize("slug", cards())
def test_no_branch_has_a_sentence_about_another(slug: str) -> None:
    for document in cards()[slug]:
        for place in PLACES:
            for situation in (None, *Situation):
                decided = undecided(document, sentences_of(document), place, situation, asks_who=True)
                for branch in decided.branches if decided else ():
                    for text, start, end in branch.sentences:
                        assert document.text[start:end] == text
                        assert bodies_named(document, text) & set(branch.bodies)
                        assert len(branch.sentences) <= 4
                if decided:
                    values = [value for branch in decided.branches for value in branch.values]
                    assert sorted(values) == sorted(decided.choices)


def test_situation_is_asked_where_municipality_alone_decides_nothing() -> None:
    document = text_of("needs-assessment", "en")
    found = undecided(document, sentences_of(document), None, None, asks_who=True)
    assert found
    assert (found.field, found.choices) == ("situation", ("jobseeker", "at_home", "pensioner"))
    jobseeker, others = found.branches
    assert (jobseeker.values, jobseeker.bodies) == (("jobseeker",), (AREA,))
    assert [text for text, _, _ in jobseeker.sentences] == [
        f"For unemployed jobseekers, the needs assessment is made by the employment area ({AREA})."
    ]
    assert (others.values, set(others.bodies)) == (("at_home", "pensioner"), {"Koto-Espoo", KAUNIAINEN})
    assert len(others.sentences) == 2


def test_municipality_is_asked_where_it_alone_decides() -> None:
    document = text_of("integration-services-without-job-search", "sv")
    found = undecided(document, sentences_of(document), None, None, asks_who=True)
    assert found
    assert (found.field, found.choices) == ("municipality", ("Espoo", "Kauniainen"))
    assert [[text for text, _, _ in branch.sentences] for branch in found.branches] == [
        ["I Esbo betjänar Koto-Espoo personer utanför arbetskraften."],
        [
            "I Grankulla betjänas personer utanför arbetskraften av Grankullas integrationstjänster "
            "(Kauniaisten kotoutumispalvelut)."
        ],
    ]


@pytest.mark.parametrize(
    ("municipality", "situation", "field"),
    [
        pytest.param("Espoo", None, "situation", id="municipality known"),
        pytest.param(None, AT_HOME, "municipality", id="situation known"),
        pytest.param(None, Situation.PENSIONER, "municipality", id="outside the labour force too"),
        pytest.param(None, JOBSEEKER, None, id="the same in both municipalities"),
        pytest.param(None, Situation.EMPLOYED, None, id="a group the card has nothing for"),
        pytest.param("Espoo", JOBSEEKER, None, id="both known"),
        pytest.param("Vaasa", None, None, id="a municipality the card has nothing for"),
    ],
)
def test_only_what_is_missing_and_matters_is_asked(
    municipality: str | None, situation: Situation | None, field: str | None
) -> None:
    document = text_of("needs-assessment", "fi")
    found = undecided(document, sentences_of(document), municipality, situation, asks_who=True)
    assert (found.field if found else None) == field


def test_nothing_is_asked_where_all_bodies_are_one_or_the_question_is_another() -> None:
    training = text_of("integration-training", "en")
    assert undecided(training, sentences_of(training), None, None, asks_who=True) is None
    plan = text_of("integration-plan", "en")
    assert undecided(plan, sentences_of(plan), None, None, asks_who=False) is None
    file = document_with("The city helps.")
    assert undecided(file, sentences_of(file), None, None, asks_who=True) is None
    assert fitting(file, sentences_of(file), "Espoo", JOBSEEKER) == Fitting()


def test_what_fits_comes_first_and_what_is_for_others_is_left_out() -> None:
    document = text_of("needs-assessment", "en")
    found = fitting(document, sentences_of(document), "Kauniainen", AT_HOME)
    assert (found.body, found.bodies) == (KAUNIAINEN, (KAUNIAINEN, COUNTY))
    assert [text[:31] for text, _, _ in found.first] == ["For others in Kauniainen, outsi"]
    assert [text[:31] for text, _, _ in found.left_out] == [
        "For unemployed jobseekers, the ",
        "Koto-Espoo probably makes the n",
    ]


def test_a_body_that_serves_everyone_is_nobodys_first_where_groups_differ() -> None:
    document = text_of("needs-assessment", "en")
    assert fitting(document, sentences_of(document), "Espoo", Situation.STUDENT) == Fitting()
    county = text_of("social-services-for-integration", "en")
    assert fitting(county, sentences_of(county), "Espoo", Situation.STUDENT).body == COUNTY
    assert fitting(county, sentences_of(county), None, None).body == COUNTY
    assert fitting(document, sentences_of(document), None, AT_HOME) == Fitting()
    assert fitting(document, sentences_of(document), None, JOBSEEKER).body == AREA


def test_a_body_named_all_over_the_card_has_no_branch_sentence() -> None:
    document = text_of("koto-espoo-home-parents", "en")
    found = undecided(document, sentences_of(document), None, AT_HOME, asks_who=True)
    assert found
    espoo, kauniainen = found.branches
    assert (espoo.bodies, espoo.sentences) == (("Koto-Espoo",), ())
    assert [text for text, _, _ in kauniainen.sentences] == [
        "A parent who lives in Kauniainen can take Koto-Espoo courses because the cities have an agreement.",
        f"The integration services of Kauniainen ({KAUNIAINEN}) refer them.",
    ]


@pytest.mark.parametrize("slug", cards())
def test_no_asker_loses_a_sentence_about_their_own_body(slug: str) -> None:
    for document in cards()[slug]:
        for place in PLACES[1:]:
            for situation in Situation:
                found = fitting(document, sentences_of(document), place, situation)
                for text, _, _ in found.left_out:
                    assert not any(body in text for body in found.bodies)
                assert not set(found.first) & set(found.left_out)


BODIES = {
    "Koto-Espoo": ("at_home", "Espoo", "Koto-Espoo"),
    KAUNIAINEN: ("at_home", "Kauniainen", KAUNIAINEN),
    AREA: ("jobseeker", "Espoo", AREA),
    "Espoon kaupunki": ("all", "Espoo", "Espoon kaupunki"),
}


@pytest.mark.parametrize(
    ("language", "text", "bodies"),
    [
        pytest.param("fi", "Kysy Espoo-Kauniaisten työllisyysalueelta.", {AREA}, id="inflected"),
        pytest.param("fi", "Espoon kaupungin sivuilla", {"Espoon kaupunki"}, id="consonant gradation"),
        pytest.param("fi", "Koto\u2011Espoossa on kursseja", {"Koto-Espoo"}, id="hyphen that does not break"),
        pytest.param("fi", "ruotsiksi kotoutuvat espoolaiset", set(), id="words that only begin alike"),
        pytest.param("fi", "Kauniaisten kaupunki", set(), id="another body of the municipality"),
        pytest.param("zh", "由Koto-Espoo提供", {"Koto-Espoo"}, id="no spaces"),
        pytest.param("ar", "تخدم \u2068Koto-Espoo\u2069 السكان", {"Koto-Espoo"}, id="direction marks"),
        pytest.param("tr", "Koto-Espoo'ya sorun", {"Koto-Espoo"}, id="apostrophe"),
        pytest.param("en", "Ask the employment area.", {AREA}, id="translated"),
        pytest.param("ar", "اسألوا لمنطقة التوظيف", {AREA}, id="translated, Arabic prefix"),
        pytest.param("ru", "обратитесь в район занятости", {AREA}, id="translated, Cyrillic"),
        pytest.param("sv", "Grankullas integrationstjänster hjälper", {KAUNIAINEN}, id="translated, its city"),
        pytest.param("en", "the integration services of Kauniainen", {KAUNIAINEN}, id="its city after it"),
        pytest.param("zh", "考尼艾宁融入服务部门", {KAUNIAINEN}, id="translated, its city, Chinese"),
        pytest.param("en", "Espoo's integration services", set(), id="another city's"),
        pytest.param("en", "You get integration services. Kauniainen helps.", set(), id="city in another part"),
    ],
)
def test_names_of_bodies(language: str, text: str, bodies: set[str]) -> None:
    assert bodies_named(document_with(text, *BODIES.values(), language=language), text) == bodies


def test_responsible_bodies_survive_storage_and_old_files_have_none() -> None:
    document = text_of("needs-assessment", "so")
    assert document.responsible[2:4] == (("at_home", "Espoo", "Koto-Espoo"), ("at_home", "Kauniainen", KAUNIAINEN))
    content = document.to_dict()
    assert Document.from_dict(content) == document
    assert Document.from_dict(content).digest == document.digest
    del content["responsible"]
    assert Document.from_dict(content).responsible == ()
