"""Makes ``multilingual-e5-small.npz``, the packaged vector space, from Neuvo's own texts; about five minutes.

    python -m indexing.space_training [--data DIR] [--out FILE.npz]

Learnt from: the service cards (each says the same, block by block, in sixteen languages), their search words and the
glossary of official terms. Nothing else, so the file has no licence but Neuvo's own.

1. Centres: the mean over languages of the mean vector of questions (search words and card blocks, embedded as
   queries) and of passages (card blocks under their title).
2. Projection: the directions in which the languages' means differ are taken out (fifteen a side).
3. ``matrix`` = projection (1 + D): D by contrast (InfoNCE, https://arxiv.org/abs/1807.03748) so that a block finds
   itself among the blocks of another language, and a term itself among the terms of another, drawn to 0 by a
   square penalty.
4. ``cards`` = 1 + D', on the side of the question only: what people type who need a card finds its passages.

The centres and the projection of the two sides differ, so ``matrix`` is stored once a side. Everything is numpy in
one thread of fixed order and fixed seed: the same texts and vectors give the same file.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.cards import Card, load_cards
from corpus.glossary import load_glossary
from indexing.embedders import EMBEDDED, Embedder, load_embedder
from indexing.expansion import TERMS_LANGUAGE
from indexing.passages import indexed_text
from indexing.splitters import Splitter
from indexing.vector_cache import VectorCache
from indexing.vector_space import PACKAGED, unit

STEPS = 500
RATE = 1e-3
TEMPERATURE = 0.05
BATCH = 128
PENALTY = 0.2
"""Pull of D to 0. Chosen among 0.02, 0.1, 0.2, 0.4 and 0.6 on OMoS-QA, on which nothing is learnt."""
CARDS_PENALTY = 0.01
"""The same of D': with 0.006 and 0.06 within a question of sixteen languages' 400."""
PASSAGE_TOKENS = 160

Vectors = NDArray[np.float32]
Labels = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Labelled:
    """Vectors, shape ``(n, dimension)``, and what each is about; equal labels belong together."""

    vectors: Vectors
    labels: Labels


Material = Mapping[str, Labelled]
"""By language."""
Draw = Callable[[np.random.Generator], tuple[Labelled, Labelled]]
"""A batch: questions and the passages they are to find."""


def centres(*sides: Mapping[str, Vectors]) -> tuple[Vectors, Vectors]:
    """Of what stands in every language: the mean of the languages' means, shape ``(dimension,)``, and an orthonormal
    basis of the directions in which they differ, ``(languages - 1, dimension)``. ``sides`` weigh the same."""
    languages = sorted(sides[0])
    means = np.mean([[side[code].mean(axis=0) for code in languages] for side in sides], axis=0)
    centre = means.mean(axis=0)
    basis = np.linalg.svd(means - centre, full_matrices=False)[2][: len(languages) - 1]
    return centre.astype(np.float32), basis.astype(np.float32)


def contrast(questions: Labelled, passages: Labelled, change: Vectors, *, both: bool) -> tuple[float, Vectors]:
    """InfoNCE of ``questions @ (1 + change)`` finding those of ``passages`` with their label, and its gradient.

    Cosines over TEMPERATURE; a question's probability is that of all its passages together; a question without any
    does not count. ``both``: the passages go through 1 + change too.
    """
    map_ = np.eye(len(change), dtype=np.float32) + change
    asked, asked_length = _with_length(questions.vectors @ map_)
    given, given_length = _with_length(passages.vectors @ map_ if both else passages.vectors)
    logits = asked @ given.T / TEMPERATURE
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    own = shares * (questions.labels[:, None] == passages.labels)
    right = own.sum(axis=1, keepdims=True)
    counts = right > 0
    number = max(int(counts.sum()), 1)
    loss = -float(np.log(right[counts]).sum()) / number
    slope = (shares - own / np.where(counts, right, 1)) * counts / number / TEMPERATURE
    towards = slope @ given
    gradient = questions.vectors.T @ (_across(towards, asked) / asked_length)
    if both:
        gradient += passages.vectors.T @ (_across(slope.T @ asked, given) / given_length)
    return loss, gradient


def _with_length(vectors: Vectors) -> tuple[Vectors, Vectors]:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / length, length


def _across(gradient: Vectors, direction: Vectors) -> Vectors:
    """``gradient`` without its part along ``direction``, which a vector's length takes back."""
    across: Vectors = gradient - (gradient * direction).sum(axis=1, keepdims=True) * direction
    return across


def learn(draws: Sequence[Draw], dimension: int, penalty: float, *, both: bool, steps: int = STEPS) -> Vectors:
    """The change, shape ``(dimension, dimension)``, by Adam (https://arxiv.org/abs/1412.6980) with a falling rate."""
    rng = np.random.default_rng(0)
    change, mean, square = (np.zeros((dimension, dimension), np.float32) for _ in range(3))
    for step in range(steps):
        gradient = penalty * change
        for draw in draws:
            gradient += contrast(*draw(rng), change, both=both)[1]
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient**2
        stride = mean / (1 - 0.9 ** (step + 1)) / (np.sqrt(square / (1 - 0.999 ** (step + 1))) + 1e-8)
        change -= (RATE * (1 - step / steps) * stride).astype(np.float32)
    return change


def drawn(questions: Material, passages: Material, size: int | None, *, same: bool = False) -> Draw:
    """Draws ``size`` questions (all if None) of one language, and all passages of another (or, if ``same``, perhaps
    of their own)."""
    languages = sorted(questions)

    def draw(rng: np.random.Generator) -> tuple[Labelled, Labelled]:
        one, other = rng.choice(languages, 2, replace=same)
        asked = questions[one]
        if size is not None:
            places = rng.choice(len(asked.labels), min(size, len(asked.labels)), replace=False)
            asked = Labelled(asked.vectors[places], asked.labels[places])
        return asked, passages[other]

    return draw


def parallel_blocks(cards: Sequence[Card]) -> dict[str, list[tuple[str, str]]]:
    """By language the title and text of every block, in the same order in all; of cards whose texts in all languages
    have the same kinds of blocks."""
    languages = sorted({text.language for card in cards for text in card.texts})
    found: dict[str, list[tuple[str, str]]] = {code: [] for code in languages}
    for card in cards:
        texts = {code: card.text(code) for code in languages}
        if len({tuple(block.kind for block in text.blocks) for text in texts.values()}) == 1:
            for code, text in texts.items():
                found[code] += [(text.title, text.text[block.start : block.end]) for block in text.blocks]
    return found


def train(embedder: Embedder, cache: Path, report: Callable[[str], None] = print) -> dict[str, Vectors]:
    """The arrays of the packaged file. ``cache`` is a folder for vectors."""
    asked = VectorCache(cache / "space_training.sqlite", f"{embedder.fingerprint}:query")
    given = VectorCache(cache / "space_training.sqlite", f"{embedder.fingerprint}:passage")
    cards = load_cards()
    blocks = parallel_blocks(cards)
    numbers = {card.slug: number for number, card in enumerate(cards)}
    splitter = Splitter(embedder.count_tokens, PASSAGE_TOKENS, embedder.max_tokens)
    glossary = load_glossary()
    said: dict[str, Labelled] = {}
    block_questions: dict[str, Labelled] = {}
    block_passages: dict[str, Labelled] = {}
    card_passages: dict[str, Labelled] = {}
    terms: dict[str, Labelled] = {}

    def labelled(store: VectorCache, pairs: Sequence[tuple[str, int]]) -> Labelled:
        embed = embedder.embed_queries if store is asked else embedder.embed_passages
        return Labelled(store.embed([text for text, _ in pairs], embed), np.array([label for _, label in pairs]))

    for code, found in blocks.items():
        report(f"embedding {code}")
        block_questions[code] = labelled(asked, [(text, number) for number, (_, text) in enumerate(found)])
        block_passages[code] = labelled(
            given,
            [(text if text == title else f"{title}\n{text}", number) for number, (title, text) in enumerate(found)],
        )
        words = [(word, numbers[card.slug]) for card in cards for word in card.search_words.get(code, ())]
        said[code] = labelled(asked, words)
        documents = [document for card in cards for document in card.documents() if document.language == code]
        card_passages[code] = labelled(
            given,
            [
                (indexed_text(document, passage), numbers[document.card or ""])
                for document in documents
                for passage in splitter.split(document)
            ],
        )
        phrases = [
            (phrase, number)
            for number, (term, ways) in enumerate(sorted(glossary.items()))
            for phrase in (*([term] if code == TERMS_LANGUAGE else ()), *ways.get(code, ()))
        ]
        terms[code] = labelled(asked, phrases)
    asked.close()
    given.close()

    sides = [{code: side[code].vectors for code in blocks} for side in (said, block_questions, block_passages)]
    question_centre, question_basis = centres(*sides[:2])
    passage_centre, passage_basis = centres(sides[2])
    one = np.eye(embedder.dimension, dtype=np.float32)
    question_matrix = one - question_basis.T @ question_basis
    passage_matrix = one - passage_basis.T @ passage_basis

    def mapped(material: Material, centre: Vectors, matrix: Vectors) -> Material:
        return {
            code: Labelled(np.asarray((m.vectors - centre) @ matrix, np.float32), m.labels)
            for code, m in material.items()
        }

    report("learning the matrix")
    parts = mapped(block_questions, question_centre, question_matrix)
    wholes = mapped(block_passages, passage_centre, passage_matrix)
    names = mapped(terms, question_centre, question_matrix)
    change = learn([drawn(parts, wholes, BATCH), drawn(names, names, None)], embedder.dimension, PENALTY, both=True)
    question_matrix, passage_matrix = question_matrix @ (one + change), passage_matrix @ (one + change)
    report("learning the way to cards")
    needs, answers = (
        {code: Labelled(unit(m.vectors), m.labels) for code, m in material.items()}
        for material in (
            mapped(said, question_centre, question_matrix),
            mapped(card_passages, passage_centre, passage_matrix),
        )
    )
    draw = drawn(needs, answers, BATCH, same=True)
    cards_change = learn([draw], embedder.dimension, CARDS_PENALTY, both=False)
    return {
        "question_centre": question_centre,
        "question_matrix": question_matrix,
        "passage_centre": passage_centre,
        "passage_matrix": passage_matrix,
        "cards": one + cards_change,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("data"), help="its cache keeps the vectors")
    parser.add_argument("--out", type=Path, default=PACKAGED)
    arguments = parser.parse_args()
    cache = arguments.data / "cache"
    embedder = load_embedder(EMBEDDED, cache=cache)
    arrays = train(embedder, cache)
    model = ":".join(embedder.fingerprint.split(":")[:2])
    halves: dict[str, Any] = {name: array.astype(np.float16) for name, array in arrays.items()}
    np.savez_compressed(arguments.out, model=np.array(model), **halves)


if __name__ == "__main__":
    main()
