"""Every text of the desk is in its three languages, and no other is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from web.desk.rendering import desk_catalogue_path
from web.rendering import TEMPLATES

LANGUAGES = ("fi", "sv", "en")
SAME_AS_ENGLISH = {
    # Words that are the same in both languages.
    ("sv", "Integration"),
    ("sv", "Situation"),
    ("sv", "Status"),
    ("sv", "Text"),
}


def used() -> set[str]:
    """What the templates below ``desk`` and the modules of the desk ask for."""
    options = {"silent": "false", "trim_blocks": "true", "lstrip_blocks": "true"}
    templates = extract_from_dir(
        TEMPLATES, method_map=[("**.html", "jinja2.ext.babel_extract")], options_map={"**.html": options}
    )
    found = [message for name, _, message, _, _ in templates if name.startswith("desk/")]
    # "text" is DeskPages.text(language, message); "_place" are the names of the places.
    keywords = {"_": None, "gettext": None, "ngettext": (1, 2), "text": (2,), "_place": (2,)}
    modules = extract_from_dir(
        Path(TEMPLATES).parent / "desk",
        method_map=[("**.py", "python")],
        keywords=keywords,  # type: ignore[arg-type]
    )
    found += [message for _, _, message, _, _ in modules]
    return {message if isinstance(message, str) else message[0] for message in found if message}


def catalogue(code: str) -> Catalog:
    with desk_catalogue_path(code).open("rb") as file:
        return read_po(file, locale=code, abort_invalid=True)


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_text_is_there_and_no_other(code: str) -> None:
    known = {message.id if isinstance(message.id, str) else message.id[0] for message in catalogue(code) if message.id}
    assert known == used()


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_text_is_translated(code: str) -> None:
    for message in catalogue(code):
        if not message.id:
            continue
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        texts = [message.string] if isinstance(message.string, str) else list(message.string)
        assert not message.fuzzy
        assert len(texts) == len(ids)
        for id, text in zip(ids, texts, strict=True):
            assert text.strip() == text != "", id
            assert sorted(re.findall(r"%\(\w+\)[sd]", text)) == sorted(re.findall(r"%\(\w+\)[sd]", id)), id
            assert id.endswith(".") == text.endswith("."), id
            assert code == "en" or text != id or (code, id) in SAME_AS_ENGLISH, id


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_text_stands_twice(code: str) -> None:
    ids = re.findall(r'^msgid "(.+)"$', desk_catalogue_path(code).read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(ids) == sorted(set(ids))
