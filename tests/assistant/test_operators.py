"""Words that carry the logic of a sentence, in every language."""

from __future__ import annotations

import pytest

from assistant.languages import load_languages
from assistant.operators import KEYS, Operators, load_operators

TABLES = {
    "en": {"negation": ["not", "without", "doesn't"], "only": ["only"], "obligation": ["have to", "requir*"]},
    "fi": {"negation": ["ei", "*matta"], "only": ["vain"], "obligation": ["täytyy"]},
    "zh": {"negation": ["不"], "only": ["只"]},
}
SMALL = Operators(TABLES)
WIDTH = len(KEYS)


@pytest.mark.parametrize(
    ("text", "language", "said"),
    [
        ("You do NOT have  to book.", "en", {"negation", "obligation"}),
        ("It doesn’t matter.", "en", {"negation"}),
        ("Knots are required.", "en", {"obligation"}),
        ("A nothing", "en", set()),
        ("Voit tulla varaamatta aikaa.", "fi", {"negation"}),
        ("Eilen", "fi", set()),
        ("只对居民开放，不收费。", "zh", {"negation", "only"}),
        ("not", "sv", set()),
    ],
    ids=["two words", "apostrophe", "ending", "inside a word", "beginning", "Finnish word", "Chinese", "no table"],
)
def test_which_keys_a_text_says(text: str, language: str, said: set[str]) -> None:
    assert SMALL.said(text, language) == said


@pytest.mark.parametrize(
    ("claim", "lines", "differ"),
    [
        ("You do not book.", ["Varata ei tarvitse."], set()),
        ("You do not book.", ["Varaa aika.", "Ei maksa."], set()),
        ("You do not book.", ["Varaa aika.", "Tule paikalle.", "Ei maksa."], {"negation"}),
        ("You book.", ["Varata ei tarvitse."], {"-negation"}),
        ("You book.", ["Varaa aika.", "Ei maksa."], set()),
        ("Only adults.", [], {"only"}),
    ],
    ids=["both", "the second line does", "the third is too far", "only the line", "the second may", "no lines"],
)
def test_where_a_claim_and_its_lines_differ(claim: str, lines: list[str], differ: set[str]) -> None:
    found = SMALL.features(claim, "en", lines, "fi")
    assert len(found) == 2 * WIDTH
    named = [*KEYS, *(f"-{key}" for key in KEYS)]
    assert {name for name, value in zip(named, found, strict=True) if value} == differ


@pytest.mark.parametrize("language", load_languages())
def test_every_language_has_words_of_every_key(language: str) -> None:
    table = load_operators()._patterns[language]
    assert set(table) == set(KEYS)
