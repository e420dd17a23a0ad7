from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from corpus.documents import Document
from indexing.builds import IndexConfig, make_build
from indexing.retrieval import Index, capitalised_words, carried_words
from indexing.scoring import OTHERS_SHARE, Standard, _together, shrunken
from tests.fakes import WordsEmbedder, document


def card(slug: str, language: str, text: str, *words: str) -> Document:
    return document(f"card-{slug}-{language}", text, language, card=slug, search_words=words)


def corpus() -> list[Document]:
    topics = {
        "boats": ("The harbour rents boats in summer.", "Satama vuokraa veneitä kesällä."),
        "bread": ("The bakery bakes bread at night.", "Leipomo leipoo leipää yöllä."),
        "trains": ("The station sells tickets for trains.", "Asema myy lippuja juniin."),
        "books": ("The library lends books to children.", "Kirjasto lainaa kirjoja lapsille."),
    }
    words = {"boats": ("I want to go sailing", "kayak hire"), "bread": ("hungry for toast", "fresh rolls")}
    found = [card(slug, "en", english, *words.get(slug, ("nothing special",))) for slug, (english, _) in topics.items()]
    found += [card(slug, "fi", finnish) for slug, (_, finnish) in topics.items()]
    return [*found, document("file", "A file about winter, snow and skiing in the forest.")]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    config = IndexConfig(data=tmp_path_factory.mktemp("scoring"))
    opened = Index(config, make_build(corpus(), config, WordsEmbedder()).manifest.id, WordsEmbedder())
    yield opened
    opened.close()


@pytest.mark.parametrize(("language", "expected"), [("en", "card-bread-en"), ("fi", "card-bread-fi")])
def test_a_card_is_given_once_and_in_the_askers_language(index: Index, language: str, expected: str) -> None:
    hits = index.search("bakery bread leipomo leipää", language)
    cards = [hit.document.card for hit in hits if hit.document.card]
    assert len(cards) == len(set(cards)) == 4
    assert hits[0].document.id == expected


def test_a_language_without_texts_gets_the_best_other(index: Index) -> None:
    assert index.search("bakery bread", "sv")[0].document.card == "bread"


def test_search_words_find_a_card_and_are_not_shown(index: Index) -> None:
    hits = index.search("where can I hire a kayak for sailing", "en")
    assert hits[0].document.card == "boats"
    assert all("kayak" not in sentence.text for sentence in index.sentences(hits[0]))
    assert "kayak" not in hits[0].passage.text


def test_only_usable_texts_are_given(index: Index) -> None:
    hits = index.search("bakery bread", "en", allowed=lambda d: d.card != "bread")
    assert "bread" not in {hit.document.card for hit in hits}


def test_files_and_cards_are_ranked_together(index: Index) -> None:
    assert index.search("snow and skiing in the forest in winter", "en")[0].document.id == "file"


def test_a_cards_score_by_hand() -> None:
    values = np.array([3.0, 1.0, np.nan, 2.0], np.float32)
    assert _together(values, 0) == pytest.approx(3.0 + OTHERS_SHARE * 1.5)
    assert _together(np.array([np.nan, 1.0], np.float32), 0) == pytest.approx(OTHERS_SHARE * 1.0)
    assert _together(np.array([2.0], np.float32), 0) == pytest.approx(2.0)


def test_a_passages_score_by_hand() -> None:
    scored = Standard(mean=0.7, deviation=0.05, lexical_mean=1.0, lexical_deviation=2.0, lexical_weight=0.3).score(
        7, 0.8, 5.0, 1.25
    )
    assert (scored.row, scored.dense_z, scored.lexical_z) == (7, pytest.approx(2.0), pytest.approx(2.0))
    assert scored.score == pytest.approx(2.0 * 1.25 + 0.3 * 2.0)


def test_few_passages_lean_on_the_whole() -> None:
    one = np.ones(2, np.float32)
    moments = {"fi": (one, np.eye(2, dtype=np.float32)), "sv": (3 * one, np.zeros((2, 2), np.float32))}
    drawn = shrunken(moments, {"fi": 80, "sv": 20})
    assert drawn["sv"][0] == pytest.approx((20 * 3 + 20 * 1.4) / 40 * one)
    assert math.isclose(float(drawn["sv"][1][0, 0]), 0.4, rel_tol=1e-5)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("What is Testipiste like?", []),
        ("ما هو Testipiste؟", ["Testipiste"]),
        ("What is it like in 2025?", ["2025"]),
        ("What is it like?", []),
    ],
)
def test_words_that_carry_over_to_other_languages(text: str, words: list[str]) -> None:
    assert carried_words(text) == words


def test_words_that_may_be_names() -> None:
    assert capitalised_words("What is Testipiste like in 2025?") == ["Testipiste"]


def test_search_words_that_name_no_card_are_refused(tmp_path: Path) -> None:
    import shutil

    from corpus.cards import load_cards, shipped_cards
    from corpus.documents import InvalidCard

    services = tmp_path / "services"
    shutil.copytree(shipped_cards() / "hello-espoo", services / "hello-espoo")
    folder = tmp_path / "search_words"
    folder.mkdir()
    (folder / "en.toml").write_text('hello-espoo = ["info desk"]\n')
    assert load_cards(services)[0].search_words == {"en": ("info desk",)}
    for wrong, said in (('other = ["x"]', "other"), ("hello-espoo = [1]", "list of texts"), ("hello", "TOML")):
        (folder / "en.toml").write_text(wrong)
        with pytest.raises(InvalidCard, match=said):
            load_cards(services)


def test_every_language_has_search_words_for_every_card() -> None:
    from assistant.languages import load_languages
    from corpus.cards import load_cards

    lacking = [(c.slug, code) for c in load_cards() for code in load_languages() if not c.search_words.get(code)]
    assert not lacking
