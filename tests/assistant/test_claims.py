"""The claims that the model of entailment learns from and is measured with."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pytest

from assistant.entailment import nearest
from assistant.grounding_support import Support
from assistant.languages import load_languages
from assistant.training.claims import Claim, Sources, made, paired, part_of, read_with, source_language, written
from corpus.cards import load_cards

KINDS = {"supported", "number", "negation", "contradiction", "municipality", "audience", "addition"}
PAIRED = ("addition", "audience", "contradiction", "negation", "swap")
SLUGS = {card.slug for card in load_cards()}


@pytest.mark.parametrize("language", load_languages())
def test_every_card_has_claims_of_every_kind_in_every_language(language: str) -> None:
    claims = [claim for claim in written() if claim.language == language]
    assert {claim.card for claim in claims} == SLUGS
    assert {claim.kind for claim in claims} == KINDS
    assert all(claim.supported == (claim.kind == "supported") for claim in claims)
    assert len({claim.text for claim in claims}) == len(claims)


@pytest.mark.parametrize("language", load_languages())
def test_pairs_of_claims_are_about_cards_to_learn_from_and_one_of_each_holds(language: str) -> None:
    pairs = [two for two in paired() if two[0].language == language]
    assert pairs
    assert {part_of(holds.card) for holds, _ in pairs} == {"train"}
    for holds, fails in pairs:
        assert holds.supported
        assert not fails.supported
        assert (holds.card, holds.kind) == (fails.card, fails.kind)
        assert holds.text != fails.text
    assert Counter(holds.kind for holds, _ in pairs) == dict.fromkeys(PAIRED, len({two[0].card for two in pairs}))


def test_cards_are_parted_by_name_alone() -> None:
    parts = Counter(part_of(slug) for slug in SLUGS)
    assert set(parts) == {"train", "tune", "test"}
    assert parts["train"] > parts["test"]


@pytest.mark.parametrize(
    ("scores", "count", "chosen"),
    [([0.1, 0.9, 0.5], 2, [1, 2]), ([0.9, 0.1, 0.5], 2, [0, 2]), ([0.3], 6, [0]), ([], 3, [])],
    ids=["the first is far", "in reading order", "fewer than asked for", "none"],
)
def test_the_nearest_lines_in_reading_order(scores: list[float], count: int, chosen: list[int]) -> None:
    assert nearest(scores, count) == chosen


class LongerIsNearer:
    """Instead of vectors: the longer a line, the nearer."""

    name, least = "longer", 0.0

    def support(self, claim: str, title: str, lines: tuple[str, ...]) -> Support:
        return Support(1.0, tuple(len(line) / 100 for line in lines))


SOURCES = Sources(
    {("a", "en"): "Title", ("a", "fi"): "Otsikko"},
    {
        ("a", "en"): ("A short line here.", "A line that is quite a lot longer."),
        ("a", "fi"): ("Lyhyt rivi tässä.", "Rivi, joka on melkoisesti pidempi."),
    },
)
CLAIM = Claim("A claim.", "en", "a", "supported", True)


def test_a_claim_is_read_with_the_title_and_its_nearest_lines() -> None:
    found = read_with(CLAIM, CLAIM.card, "fi", SOURCES, LongerIsNearer(), count=1)  # type: ignore[arg-type]
    assert list(found) == ["Otsikko", "Rivi, joka on melkoisesti pidempi."]


def test_sentences_of_cards_are_always_read_with_another_language() -> None:
    dice = random.Random(1)
    claims = made(SOURCES)
    assert [claim.text for claim in claims] == [
        "A line that is quite a lot longer.",
        "Rivi, joka on melkoisesti pidempi.",
    ]
    assert all(source_language(claim, SOURCES, dice, 0.0) != claim.language for claim in claims)
    assert source_language(CLAIM, SOURCES, dice, 0.0) == "en"
    assert source_language(CLAIM, SOURCES, dice, 1.0) == "fi"


def test_the_scale_separates_what_holds_from_what_does_not() -> None:
    pytest.importorskip("torch", reason="training needs torch")
    from assistant.training.entailment_scale import fit

    logits = np.array([-3.0, -2.0, -1.0, 0.5, 2.0, 3.0])
    holds = np.array([False, False, False, False, True, True])
    slope, offset = fit(logits, holds)
    p = 1 / (1 + np.exp(-(slope * logits + offset)))
    assert slope > 0
    assert p[holds].min() > 0.5 > p[~holds].max()
