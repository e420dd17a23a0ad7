"""What the reading model sees, its probabilities, and which lines are chosen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.calibration import Calibration, best_expected_f1, load_calibration, select, text_probability
from assistant.reader_input import QUESTION_TOKENS, rows
from assistant.reader_model import TRAINED, Read, ReaderError, ReadingModel
from indexing.e5 import E5Tokenizer
from indexing.e5_graph import Precision
from indexing.e5_weights import E5Weights


class Letters:
    """A token a letter, between 0 and 1."""

    def encode(self, texts: Sequence[str], limit: int) -> list[list[int]]:
        return [[0, *map(ord, text[: limit - 2]), 1] for text in texts]


lines = st.lists(st.text("ab \n", max_size=30), max_size=12)


@given(lines, st.integers(90, 200))
def test_every_line_with_a_letter_is_in_exactly_one_row(texts: list[str], window: int) -> None:
    found = rows(Letters(), "why", texts, window)
    assert [number for row in found for number in row.numbers] == [n for n, text in enumerate(texts) if text.strip()]
    for row in found:
        for number, (start, end) in zip(row.numbers, row.lines, strict=True):
            assert row.ids[start:end] == [*map(ord, texts[number]), 1]
        assert len(row.ids) <= window or len(row.lines) == 1
        assert "".join(map(chr, row.ids[slice(*row.question)])) == "\0query: why\x01"


def test_a_long_question_is_cut() -> None:
    [row] = rows(Letters(), "x" * 500, ["a"])
    assert row.question == (0, QUESTION_TOKENS)


@pytest.mark.parametrize(
    ("probabilities", "chosen"),
    [
        pytest.param([0.9, 0.05, 0.02], [0], id="one-stands-out"),
        pytest.param([0.1, 0.8, 0.75, 0.02], [1, 2], id="two-alike"),
        pytest.param([0.01], [0], id="always-one"),
        pytest.param([0.9, 0.9, 0.9, 0.9], [0, 1, 2, 3], id="all"),
    ],
)
def test_lines_with_the_best_expected_f1(probabilities: list[float], chosen: list[int]) -> None:
    assert best_expected_f1(np.array(probabilities)) == chosen


def test_a_text_that_likely_does_not_answer_gives_no_lines() -> None:
    read, cosines = Read(np.array([-4.0, -5.0], np.float32), -4.0), np.array([0.8, 0.7])
    plain = Calibration(line=(1, 0, 0, 0, 0, 0), text=(1, 0, 0, 0, 0, 0), threshold=0.5)
    assert text_probability(read, cosines, plain) == pytest.approx(1 / (1 + math.exp(4)))
    assert select(read, cosines, plain) == []
    assert select(Read(-read.lines, 4.0), cosines, plain) == [0, 1]
    assert select(Read(np.full(1, -np.inf, np.float32), -np.inf), np.zeros(1), plain) == []


def test_a_missing_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReaderError, match="nowhere"):
        ReadingModel(Letters(), cache=tmp_path, file=tmp_path / "nowhere.safetensors")
    with pytest.raises(ReaderError, match="holds no calibration"):
        load_calibration("hits", tmp_path / "nowhere.safetensors")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def model(cache: Path) -> ReadingModel:
    return ReadingModel(E5Tokenizer(E5Weights(), cache), cache=cache)


CARD = [
    "Language test",
    "The test measures your Finnish before a course.",
    "The test takes four hours.",
    "You get the result on the same day.",
]
ASKED = {
    "en": "How long does the test take?",
    "fi": "Kuinka kauan testi kestää?",
    "ar": "كم من الوقت يستغرق الاختبار؟",
    "uk": "Скільки часу триває тест?",
    "tr": "Sınav kaç saat sürüyor?",
}


@pytest.mark.parametrize("language", sorted(ASKED))
def test_the_shipped_model_finds_the_line_across_languages(model: ReadingModel, language: str) -> None:
    [read] = model.read(ASKED[language], [CARD])
    assert int(read.lines.argmax()) == 2
    [other] = model.read(ASKED[language], [["Libraries", "The library lends books.", "You can read newspapers there."]])
    assert other.best < read.best
    assert other.any < read.any


def test_int8_reads_as_float32_does(model: ReadingModel, cache: Path) -> None:
    exact = ReadingModel(E5Tokenizer(E5Weights(), cache), cache=cache, precision=Precision.FLOAT32)
    for question in ASKED.values():
        [quick], [slow] = model.read(question, [CARD]), exact.read(question, [CARD])
        assert quick.lines == pytest.approx(slow.lines, abs=1.5)
        assert int(quick.lines.argmax()) == int(slow.lines.argmax())


def test_the_shipped_model_is_small_and_says_where_it_comes_from() -> None:
    assert TRAINED.stat().st_size <= 8_000_000
    card = TRAINED.with_suffix(".json").read_text(encoding="utf-8")
    assert "CC BY 4.0" in card
    assert "settings" in card
