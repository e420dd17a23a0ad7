"""The model of entailment on cards that it never learnt from."""

from __future__ import annotations

import pytest

from assistant.entailment import EntailmentModel, read_scale
from assistant.grounding_support import SimilaritySupport
from assistant.training.claims import Sources, part_of
from indexing.embedders import EMBEDDED, load_embedder, load_tokenizer

CARD = "libraries-and-language-cafes"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> EntailmentModel:
    cache = tmp_path_factory.mktemp("entailment")
    embedder = load_embedder(EMBEDDED, cache=cache)
    return EntailmentModel(load_tokenizer(embedder, cache), SimilaritySupport(embedder), cache=cache)


def test_it_was_not_shown_the_card_that_it_is_tried_on() -> None:
    assert part_of(CARD) == "test"


def test_a_probability_for_each_and_one_for_all(model: EntailmentModel) -> None:
    support = model.support("The cafe is free.", "Cafes", ["The cafe is free.", "", "Bring a friend."])
    assert 0 <= support.together <= 1
    assert len(support.lines) == 3
    assert max(support.lines) == support.lines[0]


def test_nothing_is_supported_by_nothing(model: EntailmentModel) -> None:
    assert model.support("The cafe is free.", "Cafes", []).together == 0


@pytest.mark.parametrize("language", ["en", "fi", "ar", "so"])
def test_a_cards_own_sentence_is_supported_in_every_language(model: EntailmentModel, language: str) -> None:
    sources = Sources.load()
    title, lines = sources.titles[CARD, language], sources.lines[CARD, language]
    claim = sources.lines[CARD, "en"][0]
    elsewhere = sources.lines["emergency-and-crisis", language]
    here, there = model.support(claim, title, lines), model.support(claim, "112", elsewhere)
    assert here.together >= model.least > there.together


def test_its_scale_is_on_its_card() -> None:
    slope, _, least, near = read_scale()
    assert slope > 0
    assert 0 < least < 1
    assert 0 < near < 1
