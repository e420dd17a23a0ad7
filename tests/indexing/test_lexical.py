from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from indexing.lexical import K1, Analyser, B, LexicalIndex, UnknownAnalyser, parts

ANALYSERS = {"fi": "snowball:finnish", "en": "snowball:english", "zh": "bigrams", "so": "truncate:5"}


def test_bm25_by_hand() -> None:
    index = LexicalIndex.build([("cat cat dog", "en"), ("dog bird", "en")], Analyser({}))
    idf = math.log(1 + (2 - 1 + 0.5) / (1 + 0.5))
    length = 3 / 2.5
    expected = idf * 2 * (K1 + 1) / (2 + K1 * (1 - B + B * length))
    assert index.scores({"en": ["cat"]}) == pytest.approx([expected, 0.0], rel=1e-5)


@pytest.mark.parametrize(
    ("language", "indexed", "asked"),
    [
        pytest.param("fi", "Kielikahvilat kirjastossa", "kielikahvilassa", id="finnish-inflection"),
        pytest.param("en", "integration trainings", "training", id="english-plural"),
        pytest.param("zh", "融入培训为期", "培训多长", id="chinese-bigrams"),
        pytest.param("so", "tababarka", "tababbarka tababar", id="truncated"),
        pytest.param("xx", "Çelësi", "celesi", id="without-diacritics"),
    ],
)
def test_words_meet(language: str, indexed: str, asked: str) -> None:
    analyser = Analyser(ANALYSERS)
    index = LexicalIndex.build([(indexed, language), ("muuta other 其他 kale", language)], analyser)
    scores = index.scores({language: analyser.terms(asked, language)})
    assert scores[0] > scores[1]


def test_a_compound_is_found_by_its_parts() -> None:
    analyser = Analyser({})
    index = LexicalIndex.build([("testipiste", "fi"), ("testi alkaa", "fi"), ("piste loppuu", "fi")], analyser)
    scores = index.scores({"fi": analyser.terms("testi", "fi")})
    assert scores[0] > 0


def test_parts_of_a_compound() -> None:
    assert parts("kielikahvila", {"kieli": 0, "kahvila": 0}) == ["kieli", "kahvila"]
    assert parts("kotoutumiskoulutus", {"kotoutum": 0, "koulutus": 0}) == ["kotoutum", "koulutus"]
    assert parts("kahvila", {"kahv": 0, "ila": 0}) == []


def test_the_same_word_of_two_languages_is_two_terms() -> None:
    index = LexicalIndex.build([("on on on", "fi"), ("on the way", "en")], Analyser({}))
    assert index.scores({"en": ["on"]})[0] == 0


def test_saved_and_loaded_it_scores_the_same(tmp_path: Path) -> None:
    index = LexicalIndex.build([("yksi kaksi", "fi"), ("kolme", "fi")], Analyser({}))
    index.save(tmp_path)
    loaded = LexicalIndex.load(tmp_path, 2)
    assert np.array_equal(loaded.scores({"fi": ["kaksi"]}), index.scores({"fi": ["kaksi"]}))


def test_an_index_of_no_words_is_fine(tmp_path: Path) -> None:
    index = LexicalIndex.build([("...", "fi")], Analyser({}))
    index.save(tmp_path)
    assert LexicalIndex.load(tmp_path, 1).scores({"fi": ["a"]}).tolist() == [0.0]


@pytest.mark.parametrize("name", ["snowball:klingon", "truncate:0", "truncate:x", "magic"])
def test_unknown_analysers_are_named(name: str) -> None:
    with pytest.raises(UnknownAnalyser, match=name.rpartition(":")[2]):
        Analyser({"fi": name})
