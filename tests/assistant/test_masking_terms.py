"""What a translation must not touch is taken out and put back; anything lost or added is refused."""

from __future__ import annotations

import pytest

from assistant.masking_terms import NotKept, mask, put_back
from assistant.official_terms import OfficialTerms, load_official_terms

TERMS = OfficialTerms(
    ["Koto-Espoo", "Kela", "MIELI", "YKI", "Iso Omena"],
    {"kotoutumiskoulutus": {"en": ["integration training"], "fi": ["kotokoulutus"]}, "lukio": {"en": ["high school"]}},
)


@pytest.mark.parametrize(
    ("sentence", "masked", "shown"),
    [
        pytest.param(
            "Kurssi kestää 20 viikkoa.", "Kurssi kestää 20 viikkoa.", [], id="a-plain-number-stands-for-itself"
        ),
        pytest.param("Se maksaa 1 500 euroa.", "Se maksaa 731 euroa.", ["1 500"], id="thousands"),
        pytest.param(
            "Noin 12,5 % kestää 220–300 päivää.", "Noin 731 % kestää 742 päivää.", ["12,5", "220–300"], id="ranges"
        ),
        pytest.param("Alkaa 1.9.2026 klo 9.00–15.30.", "Alkaa 731 klo 742.", ["1.9.2026", "9.00–15.30"], id="dates"),
        pytest.param("Taso on B1.1 tai A2.", "Taso on 731 tai 742.", ["B1.1", "A2"], id="codes"),
        pytest.param("Soita 09 816 21 tai 116117.", "Soita 731 tai 742.", ["09 816 21", "116117"], id="phones"),
        pytest.param("Numero on +358 40 123 4567.", "Numero on 731.", ["+358 40 123 4567"], id="international-phone"),
        pytest.param("Katso https://espoo.fi/a_b?x=1.", "Katso 731.", ["https://espoo.fi/a_b?x=1"], id="url"),
        pytest.param(
            "Katso helloespoo.fi ja www.kela.fi/tuet.",
            "Katso 731 ja 742.",
            ["helloespoo.fi", "www.kela.fi/tuet"],
            id="bare",
        ),
        pytest.param("Kirjoita info@espoo.fi.", "Kirjoita 731.", ["info@espoo.fi"], id="e-mail"),
        pytest.param(
            "Koto-Espoossa ja Kelan luona.", "731 ja 742 luona.", ["Koto-Espoo", "Kela"], id="inflected-names"
        ),
        pytest.param("YKI:n ja Iso Omenan", "731 ja 742", ["YKI", "Iso Omena"], id="abbreviation-and-two-words"),
        pytest.param("Mieli on hyvä.", "Mieli on hyvä.", [], id="a-word-like-a-name"),
        pytest.param(
            "Kotoutumiskoulutuksessa opitaan.", "731 opitaan.", ["integration training (kotoutumiskoulutus)"], id="term"
        ),
        pytest.param("Lukio alkaa.", "Lukio alkaa.", [], id="a-short-term-is-an-everyday-word"),
        pytest.param(
            "Huone 731 on 1 200 m päässä.",
            "Huone 731 on 742 m päässä.",
            ["1 200"],
            id="a-stand-in-is-not-a-number-of-the-text",
        ),
    ],
)
def test_what_is_masked(sentence: str, masked: str, shown: list[str]) -> None:
    found = mask(sentence, TERMS, "en")
    assert found.text == masked
    assert [one.shown for one in found.kept] == shown


def test_plain_numbers_are_masked_where_they_did_not_survive() -> None:
    found = mask("Kurssi kestää 20 viikkoa ja 5 päivää.", TERMS, "en", plain_too=True)
    assert found.text == "Kurssi kestää 731 viikkoa ja 742 päivää."
    assert put_back(found, "The course lasts 731 weeks and 742 days.") == "The course lasts 20 weeks and 5 days."


@pytest.mark.parametrize(
    "translated",
    [
        pytest.param("It lasts 731 days and 4 hours.", id="in-order"),
        pytest.param("4 hours, 731 days", id="in-another-order"),
        pytest.param("٧٣١ يوما و ٤ ساعات", id="arabic-digits"),
        pytest.param("۴ ساعت و ۷۳۱ روز", id="persian-digits"),
        pytest.param("731天，4小时", id="letters-touch-the-digits"),
    ],
)
def test_what_was_masked_goes_back(translated: str) -> None:
    restored = put_back(mask("Se kestää 220–300 päivää ja 4 tuntia.", TERMS, "ar"), translated)
    assert "220–300" in restored
    assert "4" in restored
    assert "731" not in restored


def test_a_plain_number_may_get_a_separator() -> None:
    assert put_back(mask("Meitä on 4300.", TERMS, "en"), "We are 4,300.") == "We are 4,300."


@pytest.mark.parametrize(
    ("translated", "said"),
    [
        pytest.param("It lasts 4 hours.", "lost 220–300", id="lost"),
        pytest.param("It lasts 731 days.", "lost 4", id="a-plain-one-lost"),
        pytest.param("It lasts 731 days, 4 hours and 9 minutes.", "has 9", id="appeared"),
        pytest.param("It lasts 731 days and 731 nights, 4 hours.", "has 731", id="twice"),
        pytest.param("It lasts 731 days and 40 hours.", "lost 4; has 40", id="another-number"),
        pytest.param("It lasts 7 31 days and 4 hours.", "lost 220–300", id="broken"),
    ],
)
def test_what_is_lost_or_appears_is_refused(translated: str, said: str) -> None:
    with pytest.raises(NotKept, match=said):
        put_back(mask("Se kestää 220–300 päivää ja 4 tuntia.", TERMS, "en"), translated)


def test_more_than_can_be_kept_is_refused() -> None:
    with pytest.raises(NotKept, match="more numbers"):
        mask(" ".join(f"{day}.1.2026" for day in range(1, 31)), TERMS, "en")


def test_a_sentence_of_numbers_needs_no_translation() -> None:
    assert mask("220–300 / https://espoo.fi", TERMS, "en").only
    assert not mask("220–300 päivää", TERMS, "en").only


@pytest.mark.parametrize(
    ("term", "language", "shown"),
    [
        ("kotoutumiskoulutus", "en", "integration training (kotoutumiskoulutus)"),
        ("kotoutumiskoulutus", "fi", "kotoutumiskoulutus"),
        ("kotoutumiskoulutus", "vi", "kotoutumiskoulutus"),
        ("Koto-Espoo", "en", "Koto-Espoo"),
    ],
)
def test_official_terms_stay_visible(term: str, language: str, shown: str) -> None:
    assert TERMS.shown(term, language) == shown


def test_the_shipped_terms_are_found_in_the_forms_of_finnish_texts() -> None:
    terms = load_official_terms()
    text = "Testipisteessä, kotoutumissuunnitelmasta, Koto-Espoon, työllisyyspalveluihin ja yhteiskuntaorientaation"
    assert [term for _, _, term in terms.find(text)] == [
        "Testipiste",
        "kotoutumissuunnitelma",
        "Koto-Espoo",
        "työllisyyspalvelut",
        "yhteiskuntaorientaatio",
    ]
