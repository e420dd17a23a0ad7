"""Public sentences with and without support, to learn entailment in general before the cards are learnt.

Read are, from one folder: ``cad.tsv`` (sentence pairs revised by people so that the answer changes), ``conj.tsv``
(sentences that differ in a conjunct), ``farstail.csv`` (Persian), ``breaking_nli.jsonl`` (one word changed),
``fm2_*.jsonl`` (claims made to mislead, with their evidence); and questions with their answers in SQuAD's format.
What is missing is left out. Contradicted and undecided are the same here: not supported.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.training.examples import Squad, read_lines

SOURCES = [
    {
        "name": "Counterfactually augmented natural language inference, revised SNLI",
        "licence": "Apache-2.0, SNLI CC BY-SA 4.0",
        "source": "https://github.com/acmi-lab/counterfactually-augmented-data (arXiv 1909.12434)",
    },
    {
        "name": "ConjNLI, adversarial training set",
        "licence": "MIT",
        "source": "https://github.com/swarnaHub/ConjNLI (arXiv 2010.10418)",
    },
    {"name": "FarsTail, train split", "licence": "Apache-2.0", "source": "https://github.com/dml-qom/FarsTail"},
    {
        "name": "Breaking NLI",
        "licence": "CC BY-SA 4.0",
        "source": "https://github.com/BIU-NLP/Breaking_NLI (arXiv 1805.02266)",
    },
    {
        "name": "Fool Me Twice, dev and test splits",
        "licence": "Apache-2.0, Wikipedia CC BY-SA",
        "source": "https://github.com/google-research/fool-me-twice (arXiv 2104.04725)",
    },
]


@dataclass(frozen=True, slots=True)
class Pair:
    """A claim, the lines it is read with (a title first where there is one), and whether they support it."""

    claim: str
    lines: tuple[str, ...]
    supported: bool


def sentence_pairs(folder: Path) -> Iterator[Pair]:
    """The pairs of one sentence each."""
    for name in ("cad.tsv", "conj.tsv", "farstail.csv"):
        if (folder / name).exists():
            with (folder / name).open(encoding="utf-8-sig", newline="") as file:
                plain = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
                quoted = csv.reader(file, delimiter="\t")
                for premise, claim, label in list(quoted if name.endswith(".csv") else plain)[1:]:
                    yield Pair(claim, (premise,), label.strip() in ("entailment", "e"))
    breaking = folder / "breaking_nli.jsonl"
    for row in read_lines(breaking) if breaking.exists() else []:
        yield Pair(row["sentence2"], (row["sentence1"],), row["gold_label"] == "entailment")


def misleading(folder: Path) -> Iterator[Pair]:
    """Claims of Fool Me Twice between their evidence and up to two other lines of the same page."""
    for path in sorted(folder.glob("fm2_*.jsonl")):
        for row in read_lines(path):
            evidence = [one["text"] for one in row["gold_evidence"]]
            others = [one["text"] for one in row["retrieved_evidence"] if one["text"] not in evidence][:2]
            yield Pair(row["text"], (*others[:1], *evidence, *others[1:]), row["label"] == "SUPPORTS")


def answered(squad: Squad, dice: random.Random, count: int) -> Iterator[Pair]:
    """Questions with an answer behind them: their own, or one of another question about the same paragraph."""
    for question, answer, wrong, lines in squad.answered(dice, count):
        yield Pair(f"{question} {answer}", lines, True)
        yield Pair(f"{question} {wrong}", lines, False)


def with_others(pairs: list[Pair], dice: random.Random, share: float) -> Iterator[Pair]:
    """``share`` of the pairs of one sentence get one to four sentences of other pairs beside theirs."""
    for pair in pairs:
        if len(pair.lines) == 1 and dice.random() < share:
            others = [dice.choice(pairs).lines[0] for _ in range(dice.randint(1, 4))]
            place = dice.randint(0, len(others))
            yield replace(pair, lines=(*others[:place], *pair.lines, *others[place:]))
        else:
            yield pair


def general(folder: Path, squad: Squad | None, dice: random.Random, most: int = 4000) -> list[Pair]:
    """Everything there is, shuffled; of questions ``most`` a family of files."""
    single = list(sentence_pairs(folder))
    found = [*with_others(single, dice, 0.5), *misleading(folder)]
    if squad:
        found += answered(squad, dice, most)
    dice.shuffle(found)
    return found
