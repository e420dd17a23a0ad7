"""Traditional characters are read as simplified ones."""

import pytest

from assistant.languages import load_languages
from assistant.screening import Screener
from assistant.screening_han import SIMPLIFIED
from assistant.screening_words import split

SCREENER = Screener(load_languages())


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("護照被老闆沒收", "crisis"),
        ("廚房著火了", "emergency"),
        ("先生打我，我不敢回家", "violence"),
        ("護照怎麼換發", None),
    ],
)
def test_messages_in_traditional_characters(text: str, category: str | None) -> None:
    assert SCREENER.screen(text, "zh").category == category


def test_words_are_simplified_one_by_one() -> None:
    assert list(split("護照 ABC 著火")) == ["护", "照", "abc", "着", "火"]


def test_no_simplified_character_is_changed_again() -> None:
    assert not set(SIMPLIFIED) & set(SIMPLIFIED.values())
