"""Figures, names and sentences against their sources. Expected readings are worked by hand."""

from __future__ import annotations

import pytest

from assistant.grounding import Fault, Grounding, Source
from assistant.grounding_figures import FigureReader, lacking, load_words
from assistant.grounding_names import Names
from assistant.grounding_support import Support
from assistant.language_id import LanguageIdentifier
from assistant.languages import load_languages
from assistant.llm_output import BadForm, Composed, DraftReader, read
from assistant.official_terms import OfficialTerms
from assistant.prompts import PromptError, load_prompt
from assistant.reading import ReadSentence
from indexing.passages import Passage
from tests.assistant.modelled import WordsEntailment
from tests.fakes import document

LANGUAGES = load_languages()
FIGURES = FigureReader()
TERMS = OfficialTerms(["Testipiste", "Koto-Espoo"], {})


@pytest.mark.parametrize(
    ("claim", "language", "source", "other", "stands"),
    [
        ("It lasts 20 days.", "en", "Se kestää 20 päivää.", "fi", True),
        ("It lasts 21 days.", "en", "Se kestää 20 päivää.", "fi", False),
        ("It lasts 20 weeks.", "en", "Se kestää 20 päivää.", "fi", False),
        ("تستمر ٢٠ يومًا.", "ar", "It lasts 20 days.", "en", True),
        ("تستمر ٢٢ يومًا.", "ar", "It lasts 20 days.", "en", False),
        ("It lasts twenty days.", "en", "Se kestää 20 päivää.", "fi", True),
        ("It lasts two months.", "en", "Se kestää kaksi kuukautta.", "fi", True),
        ("It lasts three months.", "en", "Se kestää kaksi kuukautta.", "fi", False),
        ("Это длится две недели.", "ru", "It lasts 2 weeks.", "en", True),
        ("为期两个月。", "zh", "It lasts 2 months.", "en", True),
        ("为期三个月。", "zh", "It lasts 2 months.", "en", False),
        ("مدتها شهرين.", "ar", "It lasts 2 months.", "en", True),
        ("Since 1 January 2025.", "en", "Alkaen 1.1.2025.", "fi", True),
        ("Since 1 February 2025.", "en", "Alkaen 1.1.2025.", "fi", False),
        ("Since 1.1.2025.", "en", "Since 1 January 2025.", "en", True),
        ("Since 2.1.2025.", "en", "Alkaen 1.2.2025.", "fi", False),
        ("2025-01-01 on.", "en", "Alkaen 1.1.2025.", "fi", True),
        ("С января 2025 года.", "ru", "Alkaen 1.1.2025.", "fi", True),
        ("С марта 2025 года.", "ru", "Alkaen 1.1.2025.", "fi", False),
        ("In 2026.", "en", "Vuosina 2025–2027.", "fi", False),
        ("Call +358 9 816 31300.", "en", "Puh. 09 816 31300.", "fi", True),
        ("Call +358 9 816 31301.", "en", "Puh. 09 816 31300.", "fi", False),
        ("Call 112.", "en", "Puh. 09 112 31300.", "fi", False),
        ("Costs € 1,500.", "en", "Maksaa 1 500 euroa.", "fi", True),
        ("Costs € 1,200 per year.", "en", "Maksaa 1 500 euroa.", "fi", False),
        ("5 % of people.", "en", "5 prosenttia ihmisistä.", "fi", True),
        ("5 % of people.", "en", "5 ihmistä.", "fi", True),
        ("5 % of people.", "en", "5 euroa.", "fi", False),
        ("At 9:30.", "en", "Klo 9.30.", "fi", True),
        ("At 9:45.", "en", "Klo 9.30.", "fi", False),
        ("Level B1.1.", "en", "Taso B1.1.", "fi", True),
        ("Level B2.", "en", "Taso B1.", "fi", False),
        ("See https://www.espoo.fi/en/.", "en", "www.espoo.fi/en", "fi", True),
        ("See www.espoo.fi/sv.", "en", "www.espoo.fi/en", "fi", False),
        ("Mail info@espoo.fi.", "en", "info@espoo.fi", "fi", True),
        ("Mail info@espo.fi.", "en", "info@espoo.fi", "fi", False),
        ("Groups of 10 to 18.", "en", "10–18 hengen ryhmät.", "fi", True),
        ("Lainaa se neljäksi viikoksi.", "fi", "Laina-aika on 4 viikkoa.", "fi", True),
        ("Lainaa se neljäksi viikoksi.", "fi", "Laina-aika on 2 viikkoa.", "fi", False),
        ("See koosneb kuuest kohtumisest.", "et", "5 tapaamista.", "fi", False),
        ("Diwanzdeh atolye hene.", "ku", "4 työpajaa.", "fi", False),
        ("Có năm buổi.", "vi", "5 tapaamista.", "fi", True),
        ("Có ba buổi.", "vi", "5 tapaamista.", "fi", False),
        ("最多引用三句话。", "zh", "Enintään 4 virkettä.", "fi", False),
        ("It is for one person.", "en", "Se on kaikille.", "fi", True),
    ],
)
def test_a_figure_stands_in_its_source(claim: str, language: str, source: str, other: str, stands: bool) -> None:
    found = lacking(FIGURES.figures(claim, language), FIGURES.figures(source, other))
    assert (not found) is stands


def test_every_language_has_its_tables() -> None:
    tables = load_words()
    assert set(tables) == set(LANGUAGES)
    for code, table in tables.items():
        assert len(table["verdict"]) >= 6, code
        assert {"2", "3", "10"} <= table["numbers"].keys(), code
        assert set(table["units"]) == {"day", "week", "month", "year", "hour", "minute", "euro", "percent"}, code


@pytest.mark.parametrize(
    ("claim", "language", "said", "stand"),
    [
        ("The test is at Testipiste.", "en", "Koe tehdään Testipisteessä.", True),
        ("The test is at Omnia.", "en", "Koe tehdään Testipisteessä.", False),
        ("Курсы даёт Koto-Espoo.", "ru", "Kurssit järjestää Koto-Espoo.", True),
        ("Курсы даёт Helsinki Academy.", "ru", "Kurssit järjestää Koto-Espoo.", False),
        ("Finnish is taught on Mondays in Finland.", "en", "Opetus on maanantaisin.", True),
        ("Ask at Kela.", "en", "Kysykää Kelan toimistosta.", True),
        ("Ask at Migri.", "en", "Kysykää Kelan toimistosta.", False),
        ("Teaching is free of charge.", "en", "Opetus on maksutonta.", True),
    ],
)
def test_a_name_stands_in_its_source(claim: str, language: str, said: str, stand: bool) -> None:
    assert Names(LANGUAGES, TERMS).stand(claim, language, said, "") is stand


def source(*lines: str, municipality: str = "Espoo") -> Source:
    text = "\n".join(lines)
    card = document("card", text, municipalities=(municipality,))
    passage = Passage("card", 0, len(text), text, "en")
    starts = [text.index(line) for line in lines]
    read = [ReadSentence(card, passage, at, at + len(one), one, 0.5) for at, one in zip(starts, lines, strict=True)]
    return Source(1, card, tuple(read))


class Never:
    """Supports nothing."""

    name, least = "never", 0.5

    def support(self, claim: str, title: str, lines: object) -> Support:
        return Support(0.0, (0.0,) * len(lines))  # type: ignore[arg-type]

    def nearness(self, claim: str, lines: object) -> tuple[float, ...]:
        return (0.0,) * len(lines)  # type: ignore[arg-type]


def test_the_quotes_hold_every_figure() -> None:
    grounding = Grounding(LANGUAGES, LanguageIdentifier(LANGUAGES), WordsEntailment(), TERMS)
    given = source("The language course lasts 20 weekdays.", "Groups have 10 to 18 people.", "Lunch is at noon.")
    checked = grounding.check("The language course lasts 20 weekdays in groups of 10 to 18.", "en", [given])
    assert [quote.start for quote in checked.quotes] == [0, 39]


def test_a_sources_own_words_need_no_model() -> None:
    grounding = Grounding(LANGUAGES, LanguageIdentifier(LANGUAGES), Never(), TERMS)
    given = source("The language course lasts 20 weekdays.")
    assert grounding.check("The language course lasts 20 weekdays.", "en", [given]).support == 1.0
    assert grounding.check("The course in languages lasts 20 weekdays.", "en", [given]).fault is Fault.UNSUPPORTED


@pytest.mark.parametrize(
    ("claim", "fault"),
    [
        ("Call the family counsellors on 09 816 31300.", None),
        ("Call the family counsellors on 09 816 31400.", Fault.FIGURE),
        ("Call the family counsellors on ٠٩ ٨١٦ ٣١٤٠٠.", Fault.FIGURE),
        ("The dental clinic's number is 09 816 31400.", None),
        ("The dental clinic's number is 116 117.", Fault.FIGURE),
        ("Family counsellors answer on 09 816 31300, the dental clinic on 09 816 31400.", None),
        ("Family counsellors write from family@espoo.fi.", None),
        ("The dental clinic takes mail at family@espoo.fi.", Fault.FIGURE),
    ],
)
def test_a_number_belongs_to_what_is_spoken_of(claim: str, fault: Fault | None) -> None:
    grounding = Grounding(LANGUAGES, LanguageIdentifier(LANGUAGES), WordsEntailment(), TERMS)
    given = source(
        "Family counsellors answer calls: 09 816 31300.",
        "The dental clinic takes calls: 09 816 31400.",
        "Advice about sudden illness: 116 117.",
        "Family counsellors write from family@espoo.fi.",
    )
    checked = grounding.check(claim, "en", [given])
    assert (checked.fault is Fault.FIGURE) is (fault is Fault.FIGURE), checked


def test_drafts_come_as_they_are_written() -> None:
    reader = DraftReader()
    given = [reader.feed(piece) for piece in ('{"sentences": [{"te', 'xt": "A.", "cites": [1]}, {"text"', ': "B."')]
    assert [[one.text for one in drafts] for drafts in given] == [[], ["A."], []]


@pytest.mark.parametrize("text", ["", "no", "{", '{"sentences": [{"text": ""}], "complete": true}', "[" * 9999])
def test_other_forms_are_named(text: str) -> None:
    with pytest.raises(BadForm):
        read(text, Composed)


def test_a_prompt_is_filled_in_once() -> None:
    prompt = load_prompt("repair")
    assert prompt.fill({"fault": "{{fault}}"}).count("{{fault}}") == 1
    with pytest.raises(PromptError):
        prompt.fill({})


@pytest.mark.parametrize(
    ("language", "claim"),
    [
        ("et", "Kui Te elate linnas, aitab Teid teenus, mis on Teile lähedal."),
        ("sv", "Där kan Ni ta med Er kompis."),
        ("es", "Allí puede Usted preguntar."),
        ("tr", "Orada Size yardım ederler."),
        ("vi", "Ở đó Quý vị có thể hỏi."),
        ("sq", "Aty Ju ndihmojnë."),
    ],
)
def test_a_reader_addressed_politely_is_no_name(language: str, claim: str) -> None:
    assert Names(load_languages(), TERMS).stand(claim, language, "", "")
