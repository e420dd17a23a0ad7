"""Public sentence pairs as the training reads them, in small files of the same form."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from assistant.training.examples import Squad
from assistant.training.inferences import Pair, answered, general, misleading, sentence_pairs, with_others


@pytest.mark.parametrize(
    ("name", "text", "pairs"),
    [
        (
            "cad.tsv",
            'sentence1\tsentence2\tgold_label\nA "dog runs.\tIt moves.\tentailment\nA dog.\tA cat.\tcontradiction\n',
            [Pair("It moves.", ('A "dog runs.',), True), Pair("A cat.", ("A dog.",), False)],
        ),
        ("conj.tsv", "\ufeffP\tH\tL\nA and B.\tA.\tentailment\n", [Pair("A.", ("A and B.",), True)]),
        (
            "farstail.csv",
            'premise\thypothesis\tlabel\n"این ""متن"" است."\tمتن\te\nالف\tب\tn\n',
            [Pair("متن", ('این "متن" است.',), True), Pair("ب", ("الف",), False)],
        ),
        (
            "breaking_nli.jsonl",
            '{"sentence1": "A red car.", "sentence2": "A blue car.", "gold_label": "contradiction"}\n',
            [Pair("A blue car.", ("A red car.",), False)],
        ),
    ],
    ids=["revised pairs", "conjuncts", "Persian", "one word changed"],
)
def test_sentence_pairs_of_each_file(tmp_path: Path, name: str, text: str, pairs: list[Pair]) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert list(sentence_pairs(tmp_path)) == pairs


def test_a_misleading_claim_stands_between_its_evidence_and_other_lines(tmp_path: Path) -> None:
    row = {
        "text": "He won twice.",
        "label": "REFUTES",
        "gold_evidence": [{"text": "He won once."}],
        "retrieved_evidence": [{"text": t} for t in ("He ran.", "He won once.", "He rode.", "He swam.")],
    }
    (tmp_path / "fm2_dev.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    assert list(misleading(tmp_path)) == [Pair("He won twice.", ("He ran.", "He won once.", "He rode."), False)]


def test_a_question_with_its_own_answer_holds_and_with_anothers_does_not(tmp_path: Path) -> None:
    context = "Anna was born in Rome. Ben was born in Oslo."
    questions = [
        {"question": "Where was Anna born?", "answers": [{"text": "Rome", "answer_start": 17}]},
        {"question": "Where was Ben born?", "answers": [{"text": "Oslo", "answer_start": 39}]},
        {"question": "Where was Cara born?", "answers": [], "is_impossible": True},
    ]
    path = tmp_path / "small_en.json"
    path.write_text(json.dumps({"data": [{"paragraphs": [{"context": context, "qas": questions}]}]}), encoding="utf-8")
    lines = ("Anna was born in Rome.", "Ben was born in Oslo.")
    assert sorted(answered(Squad([path]), random.Random(1), 2), key=lambda pair: pair.claim) == [
        Pair("Where was Anna born? Oslo", lines, False),
        Pair("Where was Anna born? Rome", lines, True),
        Pair("Where was Ben born? Oslo", lines, True),
        Pair("Where was Ben born? Rome", lines, False),
    ]


def test_other_sentences_beside_a_pair_leave_its_own_in_place() -> None:
    pairs = [Pair("It moves.", ("A dog runs.",), True), Pair("A cat.", ("One.", "Two."), False)]
    one, two = with_others(pairs, random.Random(3), 1.0)
    assert "A dog runs." in one.lines
    assert 2 <= len(one.lines) <= 5
    assert two == pairs[1]


def test_what_is_missing_is_left_out(tmp_path: Path) -> None:
    assert general(tmp_path, None, random.Random(1)) == []
