from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from conftest import NAMES, FakeLanguage

from assistant.languages import direction_of
from web.rendering import TEMPLATES
from web.texts import InvalidTexts, catalogue_path, load_texts

SAME_AS_ENGLISH = {
    # Words that are the same in both languages.
    ("sv", "Status"),
    ("fr", "Situation"),
    ("fr", "Sources"),
    ("fr", "Source %(number)s"),
    ("fr", "Contacts"),
    ("sq", "draft"),
    ("es", "No"),
}


def catalogue(code: str) -> Catalog:
    with catalogue_path(code).open("rb") as file:
        return read_po(file, locale=code, abort_invalid=True)


def messages_in_templates() -> set[str]:
    found = extract_from_dir(
        TEMPLATES,
        method_map=[("**.html", "jinja2.ext.babel_extract")],
        options_map={"**.html": {"silent": "false", "trim_blocks": "true", "lstrip_blocks": "true"}},
    )
    return {str(message) for name, _, message, _, _ in found if not name.startswith("desk/")}


@pytest.mark.parametrize("code", NAMES)
def test_every_text_of_the_templates_is_translated_and_no_other(code: str) -> None:
    translated = {str(m.id): str(m.string) for m in catalogue(code) if m.id}
    assert set(translated) == messages_in_templates()
    for message, text in translated.items():
        assert text.strip() == text != ""
        assert re.findall(r"%\(\w+\)s", text) == re.findall(r"%\(\w+\)s", message)
        assert not set("<>") & set(text)
        assert code == "en" or text != message or (code, message) in SAME_AS_ENGLISH, message
        assert message.endswith(".") == text.endswith((".", "。")), message
    assert not any(m.fuzzy for m in catalogue(code))


@pytest.mark.parametrize("code", NAMES)
def test_plural_forms_are_explicit(code: str) -> None:
    assert re.search(r'^"Plural-Forms: nplurals=\d; plural=.+;\\n"$', catalogue_path(code).read_text(), re.M)


def test_language_names_are_known_in_every_language() -> None:
    texts = load_texts({code: FakeLanguage(code) for code in NAMES})
    assert texts["en"].language_names["ku"] == "Kurdish"
    assert texts["ar"].language_names["fi"] == "الفنلندية"
    for code, known in texts.items():
        assert set(known.language_names) == set(NAMES), code


def test_language_without_texts_is_an_error() -> None:
    with pytest.raises(InvalidTexts, match=r"'de'.*messages\.po"):
        load_texts({"de": FakeLanguage("de")})


def test_a_missing_text_is_shown_in_english_marked_as_english() -> None:
    (translations,) = (texts.translations for texts in load_texts({"ar": FakeLanguage("ar")}).values())
    assert translations.gettext("Sources") == "المصادر"
    assert translations.gettext("Not translated") == '<span lang="en" dir="ltr">Not translated</span>'
    assert translations.ngettext("one", "many", 2) == '<span lang="en" dir="ltr">many</span>'


def test_direction() -> None:
    known = {code: FakeLanguage(code) for code in NAMES}
    assert [direction_of(code, known) for code in ("fa", "fi", "ur", "de", "und", "")] == [
        "rtl", "ltr", "rtl", "ltr", "auto", "auto",
    ]  # fmt: skip


def test_style_sheet_has_logical_properties_only() -> None:
    style = (Path(TEMPLATES).parent / "static" / "neuvo.css").read_text()
    style = re.sub(r"@media[^{]*", "", style)
    sides = "left|right|top|bottom"
    physical = rf"(?:(?:scroll-)?(?:margin|padding|border|inset)-)?(?:{sides})(?:-\w+)?|(?:m\w\w-)?(?:width|height)"
    assert re.findall(rf"(?<![\w-])(?:{physical}|float)\s*:", style) == []
    assert re.findall(rf"text-align:\s*(?:{sides})", style) == []
