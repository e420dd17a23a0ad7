"""The tree of the screening tables."""

from __future__ import annotations

from pathlib import Path

from assistant import screening
from assistant.languages import load_languages
from assistant.screening import Screener
from assistant.screening_patterns import Patterns
from assistant.screening_tree import Entry, Tree, plant
from assistant.screening_words import tokens

FIRE = Entry("en", "emergency")
HOUSE = Entry("en", concept="place")
TREE = plant([("my/the house … burn*/on_fire", FIRE), ("help!", FIRE)], [("house flat", HOUSE)])


def test_a_tree_goes_to_bytes_and_back() -> None:
    assert Tree.from_bytes(TREE.to_bytes()) == TREE


def test_it_finds_phrases_stems_and_concepts() -> None:
    found = list(Patterns(TREE).walk(tokens("help, the house is burning")))
    assert [(one.start, one.end, one.entry) for one in found] == [
        (0, 1, FIRE._replace(whole=True)),
        (2, 3, HOUSE),
        (1, 5, FIRE),
    ]


def test_it_is_kept_and_read_again(tmp_path: Path) -> None:
    languages = {"en": load_languages()["en"]}

    def anew(cache: Path | None) -> Screener:
        screening._trees.clear()
        return Screener(languages, cache)

    made = anew(tmp_path)
    [kept] = tmp_path.glob("screening-*.json")
    again, without = anew(tmp_path), anew(None)
    for text in ("my house is on fire", "I want to die", "where is the library"):
        assert made.screen(text) == again.screen(text) == without.screen(text)
    kept.write_text("[]")
    assert anew(tmp_path).screen("my house is on fire").category == "emergency"


def test_all_that_screen_with_the_same_tables_share_a_tree(tmp_path: Path) -> None:
    english, swedish = ({code: load_languages()[code]} for code in ("en", "sv"))
    one, other = Screener(english, tmp_path / "one"), Screener(english, tmp_path / "other")
    assert one._patterns._nodes is other._patterns._nodes
    assert Screener(swedish).screen("my house is on fire").category is None
    assert Screener(english).screen("my house is on fire").category == "emergency"
