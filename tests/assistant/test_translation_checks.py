"""Translations that went wrong are refused, whatever engine made them; hand-written engines make every mistake."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pytest

from assistant.language_id import LanguageIdentifier
from assistant.languages import load_languages
from assistant.official_terms import OfficialTerms
from assistant.translation_checks import CheckedTranslator
from assistant.translators import CallableTranslator, EngineFailed, NoRoute, NoTranslator, Translation

TERMS = OfficialTerms(["Koto-Espoo"], {})
IDENTIFIER = LanguageIdentifier(load_languages())


def checked(translate: Callable[[str], str]) -> CheckedTranslator:
    engine = CallableTranslator(
        "test", ["fi", "en", "ar", "sv"], lambda texts, source, target: list(map(translate, texts))
    )
    return CheckedTranslator(engine, IDENTIFIER, lambda: TERMS)


def translated(translate: Callable[[str], str], sentence: str, target: str = "en") -> Translation:
    return checked(translate).translate([sentence], "fi", target)


def test_what_is_right_comes_through() -> None:
    translation = translated(
        lambda text: "731 arranges courses for 20 families.", "Koto-Espoo järjestää kursseja 20 perheelle."
    )
    [one] = translation.sentences
    assert (one.text, one.refused) == ("Koto-Espoo arranges courses for 20 families.", None)
    assert (translation.engine, translation.pivot, translation.source, translation.target) == ("test", (), "fi", "en")


@pytest.mark.parametrize(
    ("target", "output", "said"),
    [
        pytest.param("en", "", "empty", id="empty"),
        pytest.param("en", " … ", "empty", id="only-marks"),
        pytest.param("en", "The library is is is is open for you", "loop", id="a-word-in-a-loop"),
        pytest.param("en", "the card is the card is the card is the card is", "loop", id="a-phrase-in-a-loop"),
        pytest.param("en", "Kirjastokortti on maksuton kaikille.", "original's language", id="not-translated"),
        pytest.param("en", "The kirjastokortti on maksuton for all", "original's language", id="half-translated"),
        pytest.param("ar", "The library card is free for all residents.", "is in en, not ar", id="left-in-english"),
        pytest.param(
            "en", "Bibliotekskortet är gratis för alla invånare i staden.", "is in sv, not en", id="another-language"
        ),
        pytest.param("en", "The library card costs 5 euros.", "has 5", id="a-number-appears"),
    ],
)
def test_what_is_wrong_is_refused_and_says_why(target: str, output: str, said: str) -> None:
    [one] = translated(lambda text: output, "Kirjastokortti on maksuton kaikille.", target).sentences
    assert one.text is None
    assert said in (one.refused or "")


def test_a_number_lost_is_tried_again_masked() -> None:
    given: list[str] = []

    def engine(text: str) -> str:
        given.append(text)
        return f"The course lasts {'twenty' if '731' not in text else '731'} weeks."

    [one] = translated(engine, "Kurssi kestää 20 viikkoa.").sentences
    assert one.text == "The course lasts 20 weeks."
    assert given == ["Kurssi kestää 20 viikkoa.", "Kurssi kestää 731 viikkoa."]


def test_a_number_lost_twice_is_refused() -> None:
    [one] = translated(lambda text: "The course lasts some weeks.", "Kurssi kestää 20 viikkoa.").sentences
    assert (one.text, one.refused) == (None, "lost 20")


def test_one_sentence_that_fails_does_not_take_the_others_along() -> None:
    translator = checked(lambda text: "" if "kortti" in text else "The library is open today.")
    translation = translator.translate(["Tämä kortti kelpaa.", "Kirjasto on auki tänään."], "fi", "en")
    assert [one.text for one in translation.sentences] == [None, "The library is open today."]


def test_a_sentence_is_translated_once() -> None:
    given: list[str] = []

    def engine(text: str) -> str:
        given.append(text)
        return "The library is open today."

    translator = checked(engine)
    for _ in range(3):
        translator.translate(["Kirjasto on auki tänään.", "Kirjasto on auki tänään."], "fi", "en")
    assert given == ["Kirjasto on auki tänään."]


def test_what_has_no_words_is_not_given_to_the_engine() -> None:
    def engine(text: str) -> str:
        raise AssertionError(text)

    assert [one.text for one in translated(engine, "220–300").sentences] == ["220–300"]
    assert checked(engine).translate([], "fi", "en").sentences == ()


def test_an_engine_that_breaks_says_so() -> None:
    def broken(texts: Sequence[str], source: str, target: str) -> Sequence[str]:
        raise ConnectionError("no answer from the model")

    with pytest.raises(EngineFailed, match="test: no answer from the model"):
        CallableTranslator("test", ["fi", "en"], broken).translate(["Hei."], "fi", "en")
    with pytest.raises(EngineFailed, match="0 translations of 1"):
        CallableTranslator("test", ["fi", "en"], lambda *given: []).translate(["Hei."], "fi", "en")


def test_languages_and_missing_routes() -> None:
    languages: Mapping[str, frozenset[str]] = checked(str).languages()
    assert languages["fi"] == {"en", "ar", "sv"}
    assert NoTranslator().languages() == {}
    with pytest.raises(NoRoute, match="fi to vi"):
        checked(str).translate(["Hei."], "fi", "vi")
    with pytest.raises(NoRoute, match="neuvo languages install fi en"):
        NoTranslator().translate(["Hei."], "fi", "en")
