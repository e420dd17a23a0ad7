from __future__ import annotations

import pytest

from indexing.expansion import Expander
from indexing.lexical import Analyser

GLOSSARY = {
    "kotoutumissuunnitelma": {
        "fi": ["kotosuunnitelma"],
        "ar": ["خطة الاندماج"],
        "zh": ["融入计划"],
        "uk": ["план інтеграції"],
        "fa": ["برنامه وفق یابی"],
    },
    "kirjasto": {"en": ["library"], "so": ["maktabad"]},
    "kirjastoauto": {"en": ["library bus"]},
}
ANALYSERS = {
    "fi": "snowball:finnish",
    "en": "snowball:english",
    "ar": "snowball:arabic",
    "uk": "truncate:5",
    "so": "truncate:5",
    "zh": "bigrams",
}


@pytest.mark.parametrize(
    ("text", "language", "terms"),
    [
        pytest.param("من المسؤول عن خطة الاندماج؟", "ar", ["kotoutumissuunnitelma"], id="arabic"),
        pytest.param("谁负责我的融入计划？", "zh", ["kotoutumissuunnitelma"], id="chinese"),
        pytest.param("Хто складає плани інтеграції?", "uk", ["kotoutumissuunnitelma"], id="ukrainian-inflected"),
        pytest.param("برنامه وفق\u200cیابی چیست؟", "fa", ["kotoutumissuunnitelma"], id="persian-non-joiner"),
        pytest.param("Missä kotosuunnitelmani on?", "fi", ["kotoutumissuunnitelma"], id="finnish-synonym"),
        pytest.param("Which libraries are open?", "en", ["kirjasto"], id="plural"),
        pytest.param("Where does the library bus stop?", "en", ["kirjastoauto"], id="longest-first"),
        pytest.param("Where is the bus?", "en", [], id="nothing"),
        pytest.param("library", "xx", [], id="other-language"),
    ],
)
def test_terms(text: str, language: str, terms: list[str]) -> None:
    assert Expander(GLOSSARY, Analyser(ANALYSERS)).terms(text, language) == terms


def test_synonyms_begin_with_the_term() -> None:
    expander = Expander(GLOSSARY, Analyser(ANALYSERS))
    assert expander.synonyms(["kotoutumissuunnitelma"]) == ["kotoutumissuunnitelma", "kotosuunnitelma"]
