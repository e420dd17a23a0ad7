"""Questions of which is known whether a card answers them."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from assistant.known_questions import (
    PACKAGED,
    SHARP,
    WIDE,
    KnownQuestions,
    load_known_questions,
    save_known_questions,
)
from assistant.training.examples import Cards

KNOWN = KnownQuestions(
    np.array([[1, 0], [0, 1], [0, 1], [-1, 0]], np.float32),
    np.array(["course", "course", "sport", "sport"]),
    np.array([True, False, True, False]),
)


def test_a_question_lies_near_those_of_its_card() -> None:
    near = KNOWN.near(np.array([1, 0], np.float32))
    answered, difference, share = near.features("course")  # type: ignore[misc]
    # cosines 1, 0, 0, -1: the one answered weighs 1, the one not answered exp(-SHARP)
    assert answered == pytest.approx(1)
    assert difference == pytest.approx(SHARP)
    wide = [1, math.exp(-WIDE), math.exp(-WIDE), math.exp(-2 * WIDE)]
    assert share == pytest.approx(math.log(sum(wide[:2]) / sum(wide)), abs=1e-6)


def test_a_question_left_out_is_not_known() -> None:
    near = KNOWN.near(np.array([1, 0], np.float32), without=0)
    answered, _, _ = near.features("course")  # type: ignore[misc]
    assert answered == pytest.approx(-1)


@pytest.mark.parametrize("card", ["unheard-of", None], ids=["another card", "no card"])
def test_nothing_is_said_of_cards_nobody_asked_about(card: str | None) -> None:
    assert KNOWN.near(np.array([1, 0], np.float32)).features(card) is None


def test_nothing_is_said_of_a_card_of_which_one_kind_is_not_known() -> None:
    one = KnownQuestions(KNOWN.vectors[:1], KNOWN.cards[:1], KNOWN.answered[:1])
    assert one.near(np.array([1, 0], np.float32)).features("course") is None


def test_kept_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "known.npz"
    vectors = np.random.default_rng(1).normal(size=(4, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    save_known_questions("some model", vectors, KNOWN.cards.tolist(), KNOWN.answered.tolist(), file)
    read = load_known_questions("some model", file)
    assert read
    assert read.cards.tolist() == KNOWN.cards.tolist()
    assert read.answered.tolist() == KNOWN.answered.tolist()
    assert (read.vectors * vectors).sum(axis=1).min() > 0.999
    assert load_known_questions("another model", file) is None


def test_the_packaged_file_holds_the_questions() -> None:
    with np.load(PACKAGED) as packed:
        known = load_known_questions(str(packed["model"]))
    examples = list(Cards().examples())
    assert known
    assert known.cards.tolist() == [example.group.removeprefix("card-") for example in examples], (
        "the questions have changed; run: python -m assistant.training.known"
    )
    assert known.answered.tolist() == [bool(example.answers) for example in examples]
