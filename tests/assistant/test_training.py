"""Training data as examples, and the network against the model that runs what it learnt."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant.reader_input import rows
from assistant.reader_model import Read
from assistant.training.calibrate import Seen, cross_validated, logistic
from assistant.training.examples import Cards, Example, Omos, Squad, digest, without_answer
from assistant.training.measures import measures
from indexing.e5 import E5Tokenizer
from indexing.e5_weights import E5Weights


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def omos(folder: Path) -> Omos:
    row = {"id": 1, "pageId": 9, "answers": [1]}
    files = [
        write(folder / "train_de.jsonl", [{**row, "question": "Wann?", "context": "Kopf\nUm drei."}]),
        write(folder / "train_en.jsonl", [{**row, "question": "When?", "context": "Head\nAt three."}]),
    ]
    return Omos(files)


def test_omos_asks_in_one_language_over_a_page_in_another(tmp_path: Path) -> None:
    found = omos(tmp_path).example(1, "en", "de")
    assert found == Example("When?", ("Kopf", "Um drei."), frozenset({1}), "omos-9")
    drawn = list(omos(tmp_path).draw([1], random.Random(0), cross=0.0))
    assert {example.question for example in drawn} == {"Wann?", "When?"}
    assert without_answer(found) == Example("When?", ("Kopf",), frozenset(), "omos-9")


def squad_file(path: Path, text: str, question: str, start: int) -> Path:
    answered = {"question": question, "answers": [{"answer_start": start}]}
    impossible = {"question": "Why?", "answers": [], "is_impossible": True}
    paragraphs = [{"context": text, "qas": [answered, impossible]}, {"context": "Other. Text.", "qas": []}]
    path.write_text(json.dumps({"data": [{"title": "T", "paragraphs": paragraphs}]}), encoding="utf-8")
    return path


def test_squad_in_sentences_and_across_translations(tmp_path: Path) -> None:
    files = [
        squad_file(tmp_path / "x_en.json", "One is here. Two is there.", "Where is two?", 20),
        squad_file(tmp_path / "x_de.json", "Eins ist hier. Zwei ist dort.", "Wo ist zwei?", 24),
    ]
    drawn = list(Squad(files).draw(random.Random(1), cross=1.0, other=0.0, count=40))
    asked = {(example.question, example.lines[0]) for example in drawn if example.answers}
    assert asked >= {("Where is two?", "Eins ist hier."), ("Wo ist zwei?", "One is here.")}
    assert all(example.answers <= {1} for example in drawn)
    others = list(Squad(files).draw(random.Random(1), cross=0.0, other=1.0, count=10))
    assert {(example.lines, example.answers) for example in others} == {(("Other.", "Text."), frozenset())}


def test_our_own_questions_stand_on_the_cards_as_they_are() -> None:
    cards = Cards()
    examples = list(cards.examples())
    assert cards.stale <= 0.02 * (len(examples) + cards.stale), "re-label the questions of changed sentences"
    assert len(examples) >= 3000
    assert 0.3 <= np.mean([not example.answers for example in examples]) <= 0.5


def test_a_digest_tells_data_apart(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("a")
    two.write_text("b")
    assert digest([one, two]) == digest([two, one]) != digest([one])


def test_what_runs_is_what_was_trained(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="training needs the train extra")
    from safetensors.numpy import save_file

    from assistant.reader_model import ReadingModel
    from assistant.training.export import exported
    from assistant.training.network import ReaderNetwork
    from indexing.e5_graph import Precision

    torch.manual_seed(1)
    weights = E5Weights()
    tokenizer = E5Tokenizer(weights, tmp_path)
    network = ReaderNetwork(weights, rank=2).eval()
    with torch.no_grad():
        for value in network.parameters():
            value += 0.02 * torch.randn_like(value)
    state = dict(network.named_parameters())
    save_file(exported(state), tmp_path / "reader.safetensors")
    model = ReadingModel(tokenizer, cache=tmp_path, file=tmp_path / "reader.safetensors", precision=Precision.FLOAT32)
    lines = ["A heading", "The course begins in May.", "It costs nothing."]
    [row] = rows(tokenizer, "When does it begin?", lines)
    with torch.inference_mode():
        of_lines, of_row = network([row])
    [read] = model.read("When does it begin?", [lines])
    assert read.lines == pytest.approx(of_lines.numpy(), abs=0.03)
    assert read.any == pytest.approx(float(of_row[0]), abs=0.03)


def test_a_logistic_function_is_found_again() -> None:
    chance = np.random.default_rng(1)
    features = chance.standard_normal((4000, 2))
    probabilities = 1 / (1 + np.exp(-(features @ [2.0, -1.0] + 0.5)))
    labels = (chance.random(4000) < probabilities).astype(float)
    assert logistic(features, labels) == pytest.approx([2.0, -1.0, 0.5], abs=0.2)


def test_calibration_says_when_a_page_does_not_answer() -> None:
    chance = np.random.default_rng(2)
    seen = []
    for number in range(80):
        answers = frozenset({number % 3}) if number % 4 else frozenset[int]()
        logits = chance.normal(-3, 0.7, 4).astype(np.float32)
        logits[list(answers)] += 5
        example = Example("?", ("a", "b", "c", "d"), answers, f"page-{number}")
        seen.append(Seen(example, Read(logits, float(logits.max())), chance.random(4)))
    figures = cross_validated(seen)
    assert figures["F"] > 90
    assert figures["uF"] > 90


def test_measures_by_hand() -> None:
    figures = measures([{1, 2}, {0}, set()], [{1, 5}, set(), set()])
    assert (figures["P"], figures["R"], figures["mF1"]) == (75.0, 25.0, 25.0)
    assert (figures["uP"], figures["uR"], figures["uF"]) == (50.0, 100.0, 66.7)
