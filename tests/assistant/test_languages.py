"""The table of languages is complete, consistent, and says what a half-added language lacks."""

import re
import tomllib
import unicodedata
from importlib.resources import files
from pathlib import Path
from string import Formatter

import pytest
from babel import Locale

from assistant.languages import (
    PLACEHOLDERS,
    Language,
    LanguageFileError,
    Messages,
    display_name,
    load_language,
    load_languages,
)
from assistant.questions import Situation

LANGUAGES = load_languages()
SIXTEEN = {"fi", "sv", "en", "ru", "uk", "ar", "fa", "so", "sq", "et", "zh", "fr", "es", "vi", "tr", "ku"}

each_language = pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES.keys())


def test_sixteen_languages() -> None:
    assert set(LANGUAGES) == SIXTEEN


def english() -> str:
    return (files("assistant.languages") / "en.toml").read_text(encoding="utf-8")


def half_added(folder: Path, text: str) -> str:
    file = folder / "xx.toml"
    file.write_text(text.replace('code = "en"', 'code = "xx"'), encoding="utf-8")
    with pytest.raises(LanguageFileError) as error:
        load_language(file)
    return str(error.value)


def test_a_half_added_language_is_told_everything_it_lacks(tmp_path: Path) -> None:
    text = re.sub(r'^(direction|busy|pensioner) = ".*"\n', "", english(), flags=re.MULTILINE)
    error = half_added(tmp_path, text)
    assert error.startswith("xx.toml: ")
    for key in ("direction", "messages.busy", "situations.pensioner"):
        assert f"{key}: Field required" in error


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ('status_trial = "', 'status_tryout = "t"\nstatus_trial = "', "messages.status_tryout: Extra inputs"),
        ("{limit}", "{most}", "messages.question_too_long"),
        ('name = "English"', 'name = ""', "name: String should have at least 1 character"),
        ('direction = "ltr"', 'direction = "left"', "direction: "),
        ("[messages]", "[messages", "not TOML"),
    ],
    ids=["unknown key", "wrong placeholder", "empty", "wrong value", "not TOML"],
)
def test_a_wrong_file_names_the_key(tmp_path: Path, before: str, after: str, expected: str) -> None:
    assert expected in half_added(tmp_path, english().replace(before, after, 1))


def test_a_file_is_named_after_its_code(tmp_path: Path) -> None:
    file = tmp_path / "de.toml"
    file.write_text(english(), encoding="utf-8")
    with pytest.raises(LanguageFileError, match=r"de\.toml: code"):
        load_language(file)


def test_every_file_has_the_same_keys() -> None:
    def keys(code: str) -> set[str]:
        table = tomllib.loads((files("assistant.languages") / f"{code}.toml").read_text(encoding="utf-8"))
        nested = {f"{k}.{inner}" for k, value in table.items() if isinstance(value, dict) for inner in value}
        return set(table) | nested

    everywhere = set.union(*map(keys, SIXTEEN))
    assert {code: sorted(everywhere - keys(code)) for code in SIXTEEN if everywhere - keys(code)} == {}


def test_situations_are_the_domains() -> None:
    assert set(LANGUAGES["fi"].situations.model_fields_set) == {situation.value for situation in Situation}


@each_language
def test_messages_have_their_placeholders(language: Language) -> None:
    for key in Messages.model_fields:
        text = getattr(language.messages, key)
        found = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
        assert found == PLACEHOLDERS.get(key, set()), key


@each_language
def test_locale_and_direction_agree_with_cldr(language: Language) -> None:
    assert Locale.parse(language.locale).text_direction == language.direction


@each_language
def test_messages_are_in_the_languages_script(language: Language) -> None:
    script = {"Latn": "LATIN", "Cyrl": "CYRILLIC", "Arab": "ARABIC", "Hans": "CJK"}[language.script]
    foreign = re.compile(r"Neuvo|Nollalinja|Hello Espoo|MIELI|\{\w+\}")
    for key in Messages.model_fields:
        letters = [c for c in foreign.sub("", getattr(language.messages, key)) if c.isalpha()]
        wrong = [c for c in letters if not unicodedata.name(c).startswith(script)]
        assert not wrong, (key, wrong)
        assert unicodedata.normalize("NFC", getattr(language.messages, key)) == getattr(language.messages, key)


@each_language
def test_digits_are_western(language: Language) -> None:
    text = language.model_dump_json()
    assert not [c for c in text if unicodedata.category(c) == "Nd" and not c.isascii()]


@each_language
def test_dangers_are_answered_with_112(language: Language) -> None:
    for key in ("emergency", "crisis", "crisis_violence", "contact_emergency"):
        assert "112" in getattr(language.messages, key)
    assert "116117" in language.messages.contact_medical
    assert "116006" in language.messages.contact_victim_support


@each_language
def test_sentences_end_with_the_languages_marks(language: Language) -> None:
    marks = language.sentence_marks + ":："
    for key in Messages.model_fields:
        if not key.startswith("contact_"):
            text = getattr(language.messages, key)
            assert text[-1] in marks, (key, text)


@each_language
def test_letters_that_are_often_lost_are_there(language: Language) -> None:
    expected = {"sq": "ëç", "ku": "êîûşç", "tr": "ığşç", "fi": "äö", "et": "õäöü", "uk": "іїєґ", "fa": "پچگی\u200c"}
    text = language.model_dump_json()
    assert [letter for letter in expected.get(language.code, "") if letter not in text] == []


def test_ukrainian_has_no_russian_letters_and_russian_none_of_ukrainian() -> None:
    assert not set("ыэъё") & set(LANGUAGES["uk"].model_dump_json().lower())
    assert not set("ґєії") & set(LANGUAGES["ru"].model_dump_json().lower())


def test_persian_has_no_arabic_forms_and_arabic_no_persian_ones() -> None:
    assert not set("يك") & set(LANGUAGES["fa"].messages.model_dump_json())
    assert not set("یکپچژگ") & set(LANGUAGES["ar"].messages.model_dump_json())


@pytest.mark.parametrize(
    ("of", "in_", "expected"),
    [
        ("fi", "en", "Finnish"),
        ("sv", "fi", "ruotsi"),
        ("zh", "zh", "中文"),
        ("fi", "zh", "芬兰语"),
        ("ku", "ku", "kurdî (kurmancî)"),
        ("fi", "xx", "suomi"),
        ("xx", "fi", "xx"),
        ("de", "so", "Jarmal"),
    ],
)
def test_display_names(of: str, in_: str, expected: str) -> None:
    assert display_name(of, in_) == expected


def test_every_language_has_a_name_in_every_language() -> None:
    for of in LANGUAGES:
        for in_ in LANGUAGES:
            assert display_name(of, in_) != of
