"""The glossary: the shipped file is complete and in the right scripts; a wrong file is refused with its mend."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest

from corpus.documents import CorpusError
from corpus.glossary import load_glossary

LANGUAGES = {"sv", "en", "ru", "uk", "ar", "fa", "so", "sq", "et", "zh", "fr", "es", "vi", "tr", "ku"}
SCRIPTS = {"ru": "CYRILLIC", "uk": "CYRILLIC", "ar": "ARABIC", "fa": "ARABIC", "zh": "CJK"}
LATIN_NAMES = {"kaiku", "kaikukortti", "luvn", "s2", "testipiste", "yki"}
"""Names that residents and authorities leave in Latin letters whatever the language."""

GLOSSARY = load_glossary()
PHRASES = [
    (term, language, phrase)
    for term, languages in GLOSSARY.items()
    for language, phrases in languages.items()
    for phrase in phrases
]


def test_every_term_is_said_in_every_language() -> None:
    assert len(GLOSSARY) >= 70
    for term, languages in GLOSSARY.items():
        assert set(languages) - {"fi"} == LANGUAGES, term
        assert all(1 <= len(phrases) <= 5 for phrases in languages.values()), term


def test_terms_and_phrases_are_composed_and_without_stray_space() -> None:
    for text in {*GLOSSARY, *(phrase for _, _, phrase in PHRASES)}:
        assert text == unicodedata.normalize("NFC", text)
        assert text == " ".join(text.split()) != ""
        assert not re.search(r"[\u200b-\u200f\u2018\u2019]", text), text


def test_phrases_are_in_their_language_s_script() -> None:
    for term, language, phrase in PHRASES:
        script = SCRIPTS.get(language, "LATIN")
        rest = re.sub(r"[A-Za-z][A-Za-z0-9]*", lambda m: "" if m[0].lower() in LATIN_NAMES else m[0], phrase)
        strange = [c for c in rest if c.isalpha() and not unicodedata.name(c).startswith(script)]
        assert not strange, (term, language, phrase)


def test_letters_tell_neighbouring_languages_apart() -> None:
    foreign = {"ru": "іїєґ", "uk": "ыэъё", "ar": "یکگپچژ", "fa": "يكةى"}
    for term, language, phrase in PHRASES:
        assert not set(phrase) & set(foreign.get(language, "")), (term, language, phrase)


def test_no_phrase_is_the_term_itself_in_finnish() -> None:
    assert not [term for term, languages in GLOSSARY.items() if term in languages.get("fi", ())]


def test_phrases_lead_to_their_term() -> None:
    assert "خطة الاندماج" in GLOSSARY["kotoutumissuunnitelma"]["ar"]
    assert "дитячий садок" in GLOSSARY["päiväkoti"]["uk"]


def test_a_file_of_one_s_own_keeps_its_order(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text('[kirjasto]\nsv = ["bibliotek"]\nen = ["library", "libraries"]\n', encoding="utf-8")
    assert load_glossary(path) == {"kirjasto": {"sv": ("bibliotek",), "en": ("library", "libraries")}}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[kirjasto\n", ["not TOML", "mend"]),
        ('[kirjasto]\nen = ["a"]\n[kirjasto]\nsv = ["b"]\n', ["not TOML", "kirjasto"]),
        ('kirjasto = "library"\n', ["kirjasto", "no table"]),
        ('[kirjasto]\nen = "library"\n', ["kirjasto", "en", "no list"]),
        ('[kirjasto]\nen = ["library", 1]\n', ["kirjasto", "en", "no list"]),
        ('[kirjasto]\nen = ["library", " "]\n', ["kirjasto", "en", "non-empty"]),
        ('[kirjasto]\nen = ["library", "Library"]\n', ["kirjasto", "en", "twice", "remove"]),
        ('[kirjasto]\nfr = ["m\u00e9dia", "me\u0301dia"]\n', ["kirjasto", "fr", "twice"]),
    ],
)
def test_a_wrong_file_is_refused_with_its_mend(tmp_path: Path, content: str, words: list[str]) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(CorpusError) as caught:
        load_glossary(path)
    for word in [str(path), *words]:
        assert word in str(caught.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"missing\.toml"):
        load_glossary(tmp_path / "missing.toml")
    (tmp_path / "latin.toml").write_bytes(b'[a]\nsv = ["h\xe4lsa"]\n')
    with pytest.raises(CorpusError, match="UTF-8"):
        load_glossary(tmp_path / "latin.toml")
