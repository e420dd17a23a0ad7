"""What a source says, shown to someone who does not read its language: translated, or honestly in the original."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from assistant.argos_engine import ArgosTranslator
from assistant.argos_packages import find_packages
from assistant.language_id import LanguageIdentifier
from assistant.languages import load_languages
from assistant.official_terms import OfficialTerms
from assistant.quoting import Quoting
from assistant.reading import ReadSentence
from assistant.topics import Topics
from assistant.translation_checks import CheckedTranslator
from assistant.translators import CallableTranslator, NoTranslator, PackageError, Translation, Translator
from assistant.true_language import LanguageCheck
from indexing.passages import Passage
from tests.fakes import document

LANGUAGES = load_languages()
IDENTIFIER = LanguageIdentifier(LANGUAGES)
GLOSSARY = {"kirjastokortti": {"en": ["library card"], "ar": ["بطاقة المكتبة"]}, "kurssi": {"en": ["course"]}}
FREE = "Kirjastokortti on maksuton kaikille asukkaille."
ADVICE = "Neuvoja auttaa sinua hakemuksessa."


def quoting(translator: Translator) -> Quoting:
    checked = CheckedTranslator(translator, IDENTIFIER, lambda: OfficialTerms([], {}))
    analysers = {code: language.analyser for code, language in LANGUAGES.items()}
    return Quoting(LANGUAGES, LanguageCheck(IDENTIFIER, LANGUAGES), checked, Topics(lambda: GLOSSARY, analysers))


def engine(translate: Callable[[str], str]) -> Translator:
    return CallableTranslator("test", ["fi", "en", "ar"], lambda texts, source, target: list(map(translate, texts)))


def chosen(*texts: str, language: str = "fi", title: str = "opas") -> list[ReadSentence]:
    whole = " ".join(texts)
    source = document("opas", whole, language, title=title)
    passage = Passage("opas", 0, len(whole), whole, language)
    return [
        ReadSentence(source, passage, whole.index(text), whole.index(text) + len(text), text, 0.9) for text in texts
    ]


def test_a_translation_carries_its_original_and_says_that_a_machine_made_it(tiny_packages: Path) -> None:
    made = quoting(ArgosTranslator(find_packages(tiny_packages)[0], beam=1)).quotes(chosen(FREE), LANGUAGES["ar"])
    [sentence] = made.sentences
    assert (sentence.text, sentence.language, sentence.direction) == ("بطاقة المكتبة مجانية لجميع السكان.", "ar", "rtl")
    assert sentence.machine_translated
    [citation] = sentence.citations
    assert (citation.quote, citation.language, citation.direction) == (FREE, "fi", "ltr")
    assert made.before == (LANGUAGES["ar"].messages.machine_translated.format(language="الفنلندية"),)
    [trace] = made.trace
    assert (trace["engine"], trace["pivot"], trace["refused"]) == ("argos", ["en"], [])
    assert 0 < trace["confidence"] <= 1


def test_without_an_engine_the_original_is_shown_with_what_it_is_about() -> None:
    made = quoting(NoTranslator()).quotes(chosen(FREE), LANGUAGES["en"])
    [sentence] = made.sentences
    assert (sentence.text, sentence.language, sentence.machine_translated) == (FREE, "fi", False)
    says = LANGUAGES["en"].messages
    assert made.before == (
        says.quote_original.format(language="Finnish"),
        says.source_about.format(topic="library card"),
    )
    assert made.trace == ()


def test_what_the_glossary_does_not_name_is_named_by_what_was_found_beside_it() -> None:
    made = quoting(NoTranslator()).quotes(chosen(ADVICE), LANGUAGES["en"], lambda: "Guidance for jobseekers")
    assert made.before[1] == LANGUAGES["en"].messages.source_about.format(topic="Guidance for jobseekers")
    unknown = quoting(NoTranslator()).quotes(chosen(ADVICE), LANGUAGES["en"])
    assert unknown.before == (LANGUAGES["en"].messages.quote_original.format(language="Finnish"),)


def test_a_sentence_whose_translation_is_refused_stays_in_the_original() -> None:
    def half(text: str) -> str:
        return "The adviser helps you with the application." if text == ADVICE else text

    made = quoting(engine(half)).quotes(chosen(FREE, ADVICE), LANGUAGES["en"])
    assert [(one.text, one.language, one.machine_translated) for one in made.sentences] == [
        (FREE, "fi", False),
        ("The adviser helps you with the application.", "en", True),
    ]
    says = LANGUAGES["en"].messages
    assert made.before == (
        says.machine_translated.format(language="Finnish"),
        says.quote_original.format(language="Finnish"),
        says.source_about.format(topic="library card"),
    )
    assert made.trace[0]["refused"] == ["is left in the original's language"]


def test_an_engine_that_fails_stops_no_answer() -> None:
    class Broken:
        def languages(self) -> Mapping[str, frozenset[str]]:
            return {"fi": frozenset(["en"])}

        def translate(self, sentences: Sequence[str], source: str, target: str) -> Translation:
            raise PackageError("fi-en: cannot be loaded; install it again")

    made = quoting(Broken()).quotes(chosen(FREE), LANGUAGES["en"])
    assert made.sentences[0].language == "fi"
    assert made.trace == ({"source": "fi", "target": "en", "error": "fi-en: cannot be loaded; install it again"},)


@pytest.mark.parametrize(
    ("text", "said", "true"),
    [
        pytest.param("Bibliotekskortet är gratis för alla invånare i staden.", "fi", "sv", id="swedish-in-finnish"),
        pytest.param("The library card is free for all residents.", "fi", "en", id="english-in-finnish"),
        pytest.param("Бібліотечна картка безкоштовна для всіх жителів міста.", "ru", "uk", id="ukrainian-as-russian"),
        pytest.param(FREE, "und", "fi", id="undetermined"),
        pytest.param(FREE, "fi", "fi", id="as-it-says"),
        pytest.param("Talent Espoo, Career Club", "fi", "fi", id="a-few-names"),
        pytest.param("Die Karte ist für alle Einwohner kostenlos.", "de", "de", id="a-language-neuvo-does-not-speak"),
    ],
)
def test_a_quote_is_shown_under_the_language_it_is_in(text: str, said: str, true: str) -> None:
    [sentence] = quoting(NoTranslator()).quotes(chosen(text, language=said), LANGUAGES["ar"]).sentences
    assert (sentence.language, sentence.citations[0].language) == (true, true)
    assert sentence.direction == "ltr"


def test_what_is_in_the_askers_language_after_all_needs_no_words_about_it() -> None:
    made = quoting(NoTranslator()).quotes(chosen("The library card is free for all residents."), LANGUAGES["en"])
    assert made.before == ()
    assert made.sentences[0].language == "en"


def test_every_message_is_told_to_be_in_its_language() -> None:
    check = LanguageCheck(IDENTIFIER, LANGUAGES)
    wrong = [
        (code, key)
        for code, language in LANGUAGES.items()
        for key, text in language.messages.items()
        if check.true(text, code) != code
    ]
    assert wrong == []
