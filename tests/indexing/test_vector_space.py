from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from corpus.documents import Document
from indexing import vector_space
from indexing.builds import IndexConfig, Manifest, WrongModel, make_build
from indexing.retrieval import Index
from indexing.space_training import Labelled, centres, contrast, learn
from indexing.vector_space import VectorSpace, in_context, load_space, plain_space, unit
from tests.fakes import WordsEmbedder, document


def test_a_vector_is_centred_mapped_and_made_unit() -> None:
    double_first = np.diag(np.array([2, 1], np.float32))
    swap = np.array([[0, 1], [1, 0]], np.float32)
    one = np.ones(2, np.float32)
    space = VectorSpace(one, double_first, 0 * one, np.eye(2, dtype=np.float32), swap)
    assert space.question(np.array([3, 4], np.float32)) == pytest.approx(np.array([4, 3]) / 5)
    assert space.passages(np.array([[3, 4]], np.float32))[0] == pytest.approx(np.array([3, 4]) / 5)
    assert space.to_cards(np.array([0.6, 0.8], np.float32)) == pytest.approx([0.8, 0.6])
    assert space.passages(np.empty((0, 0), np.float32)).shape == (0, 0)


def test_other_maps_have_another_fingerprint() -> None:
    plain = plain_space(3)
    assert plain.fingerprint == plain_space(3).fingerprint
    assert replace(plain, cards=2 * plain.cards).fingerprint != plain.fingerprint


def test_the_packaged_space_belongs_to_the_embedded_model_alone() -> None:
    with np.load(vector_space.PACKAGED) as file:
        model = str(file["model"])
    packaged = load_space(f"{model}:int4:1", 384)
    assert packaged.question_matrix.shape == packaged.cards.shape == (384, 384)
    assert packaged.fingerprint != plain_space(384).fingerprint
    assert load_space("sentence-transformers:BAAI/bge-m3", 8).fingerprint == plain_space(8).fingerprint
    assert vector_space.PACKAGED.stat().st_size < 1_000_000


def test_a_passage_leans_on_its_neighbours_of_the_same_document() -> None:
    east, north = np.array([1, 0], np.float32), np.array([0, 1], np.float32)
    found = in_context(np.stack([east, north, north]), ["page", "page", "alone"])
    between = unit(east + north)
    assert found[0] == pytest.approx(unit(east + 0.8 * between))
    assert found[1] == pytest.approx(unit(north + 0.8 * between))
    assert found[2] == pytest.approx(north)


def test_neighbours_are_at_most_two_passages_away() -> None:
    vectors = np.eye(4, dtype=np.float32)
    assert in_context(vectors, ["page"] * 4)[0][3] == 0


@pytest.fixture
def packaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file made for the fake embedder, that turns question and passage vectors by the same rotation."""
    turn = np.linalg.qr(np.random.default_rng(1).standard_normal((64, 64)))[0]
    path = tmp_path / "space.npz"
    zero = np.zeros(64)
    np.savez(
        path,
        model=np.array("fake"),
        question_centre=zero,
        question_matrix=turn,
        passage_centre=zero,
        passage_matrix=turn,
        cards=np.eye(64),
    )
    monkeypatch.setattr(vector_space, "PACKAGED", path)
    return path


def documents() -> list[Document]:
    return [document("bread", "The bakery sells fresh bread."), document("trains", "Trains leave every hour.")]


def test_a_build_finds_in_its_space_and_reads_in_the_models(packaged: Path, tmp_path: Path) -> None:
    config = IndexConfig(data=tmp_path)
    manifest = make_build(documents(), config, WordsEmbedder()).manifest
    assert manifest.space == load_space("fake:words", 64).fingerprint
    index = Index(config, manifest.id, WordsEmbedder())
    vector = index.embed_question("fresh bread", "en")
    assert vector == pytest.approx(WordsEmbedder().embed_queries(["fresh bread"])[0])
    hit = index.search("fresh bread", "en", vector=vector)[0]
    assert hit.document.id == "bread"
    assert hit.scored.cosine == pytest.approx(
        float(vector @ WordsEmbedder().embed_passages(["bread\nThe bakery sells fresh bread."])[0]), abs=1e-3
    )
    [sentence] = index.sentences(hit)
    assert sentence.vector == pytest.approx(
        WordsEmbedder().embed_passages(["The bakery sells fresh bread."])[0], abs=1e-3
    )
    index.close()


def test_another_space_is_another_model(packaged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = IndexConfig(data=tmp_path)
    first = make_build(documents(), config, WordsEmbedder()).manifest
    monkeypatch.undo()
    with pytest.raises(WrongModel, match=f"{first.space}.*neuvo build"):
        Index(config, first.id, WordsEmbedder())
    again = make_build(documents(), config, WordsEmbedder())
    assert not again.reused
    assert again.embedded == 0  # the cache holds the model's own vectors
    assert Manifest.read(config.builds / again.manifest.id).space == plain_space(64).fingerprint


def test_centres_and_the_directions_between_languages() -> None:
    sides = {"en": np.array([[1.0, 0, 4]], np.float32), "fi": np.array([[3.0, 0, 4]], np.float32)}
    centre, basis = centres(sides)
    assert centre == pytest.approx([2, 0, 4])
    assert np.abs(basis) == pytest.approx(np.array([[1, 0, 0]]))


def test_the_gradient_is_the_slope_of_the_loss() -> None:
    rng = np.random.default_rng(0)
    questions = Labelled(rng.standard_normal((5, 4)).astype(np.float32), np.array([0, 1, 1, 2, 9]))
    passages = Labelled(rng.standard_normal((6, 4)).astype(np.float32), np.array([0, 0, 1, 2, 2, 3]))
    change = 0.1 * rng.standard_normal((4, 4))
    for both in (True, False):
        _, gradient = contrast(questions, passages, change, both=both)
        step = np.zeros((4, 4))
        step[1, 2] = 1e-5
        up, _ = contrast(questions, passages, change + step, both=both)
        down, _ = contrast(questions, passages, change - step, both=both)
        assert gradient[1, 2] == pytest.approx((up - down) / 2e-5, rel=1e-2, abs=1e-4)


def test_learning_brings_together_what_belongs_together_and_repeats_itself() -> None:
    rng = np.random.default_rng(0)
    labels = np.arange(8)
    passages = Labelled(rng.standard_normal((8, 6)).astype(np.float32), labels)
    noise = np.zeros((8, 6), np.float32)
    noise[:, 0] = 3 * rng.standard_normal(8)
    questions = Labelled(passages.vectors + noise, labels)
    draws = [lambda rng: (questions, passages)]
    change = learn(draws, 6, 0.01, both=True, steps=200)
    before = contrast(questions, passages, np.zeros((6, 6), np.float32), both=True)[0]
    assert contrast(questions, passages, change, both=True)[0] < before / 2
    assert np.array_equal(change, learn(draws, 6, 0.01, both=True, steps=200))
