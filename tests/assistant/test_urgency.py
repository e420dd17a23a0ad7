"""The second look for urgent messages."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from assistant.config import Thresholds
from assistant.languages import load_languages
from assistant.training.urgency import MESSAGES, messages
from assistant.urgency import SecondLook, load_second_look, save_second_look
from indexing.e5 import E5Embedder

ONE = SecondLook(
    centre=np.array([1, 0], np.float32),
    spread=np.array([2, 1], np.float32),
    inner=np.array([[[10], [0]]], np.float32),
    inner_bias=np.zeros((1, 1), np.float32),
    outer=np.array([[[0, 0, 0.1, 0]]], np.float32),
    outer_bias=np.zeros((1, 4), np.float32),
)
"""One network of one unit, which only the first number of a vector moves, for a crisis."""


def test_a_vector_is_standardised_and_goes_through_both_layers() -> None:
    # (3 - 1) / 2 = 1, times 10 is 10, GELU(10) = 10, times 0.1 is 1: odds 1, 1, e, 1
    urgency = ONE.of(np.array([3, 5], np.float32))
    assert urgency.kind == "crisis"
    assert urgency.probability == pytest.approx((2 + np.e) / (3 + np.e), abs=1e-5)


def test_a_vector_that_moves_nothing_is_as_likely_anything() -> None:
    assert ONE.of(np.array([1, 7], np.float32)).probability == pytest.approx(0.75)


def test_networks_are_averaged() -> None:
    silent = SecondLook(
        ONE.centre,
        ONE.spread,
        np.concatenate([ONE.inner, 0 * ONE.inner]),
        np.zeros((2, 1), np.float32),
        np.concatenate([ONE.outer, ONE.outer]),
        np.zeros((2, 4), np.float32),
    )
    alone, both = ONE.of(np.array([3, 0], np.float32)), silent.of(np.array([3, 0], np.float32))
    assert both.probability == pytest.approx((alone.probability + 0.75) / 2, abs=1e-5)


def test_kept_in_a_file(tmp_path: Path) -> None:
    save_second_look(ONE, "some model", tmp_path / "look.npz")
    read = load_second_look("some model", tmp_path / "look.npz")
    assert read
    assert read.of(np.array([3, 5], np.float32)).probability == pytest.approx(
        ONE.of(np.array([3, 5], np.float32)).probability, abs=1e-3
    )
    assert load_second_look("another model", tmp_path / "look.npz") is None


def test_messages_to_learn_from_are_in_every_language() -> None:
    languages = set(load_languages())
    assert {path.stem for path in MESSAGES.glob("*.jsonl")} == languages
    urgent = [message.language for message in messages() if message.kind]
    assert {language for language in languages if urgent.count(language) < 100} == set()


@pytest.mark.parametrize(
    "text",
    ["mein Mann schlägt mich jede Nacht", "er atmet nicht mehr was soll ich tun", "nie chcę już żyć"],
    ids=["German", "also German", "Polish"],
)
def test_languages_that_no_table_has(look: SecondLook, embedder: E5Embedder, text: str) -> None:
    # The kind may be wrong here; 112 stands first whatever it is.
    assert look.of(embedder.embed_queries([text])[0]).probability >= Thresholds().perhaps_urgent


@pytest.mark.parametrize(
    "text",
    ["Wo kann ich Deutsch lernen?", "Where can I learn Finnish?", "Miten saan lapseni päiväkotiin?", "مواعيد المكتبة"],
)
def test_everyday_questions(look: SecondLook, embedder: E5Embedder, text: str) -> None:
    assert look.of(embedder.embed_queries([text])[0]).probability < Thresholds().perhaps_urgent


@pytest.fixture(scope="module")
def embedder(tmp_path_factory: pytest.TempPathFactory) -> E5Embedder:
    return E5Embedder(cache=tmp_path_factory.mktemp("urgency"))


@pytest.fixture(scope="module")
def look(embedder: E5Embedder) -> SecondLook:
    found = load_second_look(embedder.fingerprint)
    assert found, "trained on another embedder; run: python -m assistant.training.urgency"
    return found
