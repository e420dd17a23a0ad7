"""The reading model: for a question and lines of text, a logit per line that it answers, and one that any does.

multilingual-e5-small with trained additions, over question and text together (``assistant.training``). The additions
and the head are ``reader.safetensors`` beside this file; ``reader.json`` is their model card. Runs on ONNX Runtime with
int8 matrices; the graph is built once and cached.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.reader_input import WINDOW_TOKENS, Row, Tokenizer, rows
from indexing.cached_files import cached
from indexing.e5 import E5Encoder
from indexing.e5_graph import GRAPH_VERSION, Precision, build_graph
from indexing.e5_weights import AdaptedWeights, E5Weights

TRAINED = Path(__file__).with_name("reader.safetensors")
SIMILARITY_SCALE = 50.0
SMALLEST_SPREAD = 0.003

Vector = NDArray[np.float32]


class ReaderError(Exception):
    """The reading model's file is missing or does not fit the encoder. The text says what to do."""


@dataclass(frozen=True, slots=True)
class Read:
    """What the model thinks of one text: ``lines`` are logits, -inf for a line with no letter; ``any`` is the logit
    that something in it answers, the highest of its windows."""

    lines: Vector
    any: float

    @property
    def best(self) -> float:
        """The highest line's logit, -inf for a text without lines."""
        return float(self.lines.max(initial=-math.inf))


class ReadingModel:
    """Safe to use from several threads. Raises ReaderError, WeightsError."""

    def __init__(
        self,
        tokenizer: Tokenizer,
        *,
        cache: Path,
        threads: int = 1,
        file: Path = TRAINED,
        precision: Precision = Precision.INT8,
    ) -> None:
        weights = E5Weights()
        self._tokenizer = tokenizer
        tensors = _load(file)
        self.fingerprint = hashlib.sha256(file.read_bytes()).hexdigest()[:16]
        name = f"reader-{self.fingerprint}-{precision}-{GRAPH_VERSION}.onnx"
        adapted = AdaptedWeights(weights, tensors)
        graph = cached(cache, name, lambda: build_graph(adapted, precision))
        self._encoder = E5Encoder(weights, graph, threads)
        self._heads = {name: values for name, values in tensors.items() if name.startswith(("line_", "row_"))}

    def read(self, question: str, texts: Sequence[Sequence[str]], window: int = WINDOW_TOKENS) -> list[Read]:
        """Each text, given as its lines in order, read with the question."""
        return [self._text(question, lines, window) for lines in texts]

    def _text(self, question: str, lines: Sequence[str], window: int) -> Read:
        logits: Vector = np.full(len(lines), -np.inf, np.float32)
        best = -math.inf
        for row in rows(self._tokenizer, question, lines, window):
            of_lines, of_row = self._row(row)
            logits[list(row.numbers)] = of_lines
            best = max(best, of_row)
        return Read(logits, best)

    def _row(self, row: Row) -> tuple[Vector, float]:
        states, _ = self._encoder.states([row.ids])
        hidden = states[0]
        lines: Vector = np.stack([hidden[start:end].mean(axis=0) for start, end in row.lines])
        asked = hidden[row.question[0] : row.question[1]].mean(axis=0)
        similarity = lines @ asked / (np.linalg.norm(lines, axis=1) * np.linalg.norm(asked))
        above = similarity - similarity.mean()
        spread = math.sqrt(float((above * above).mean()) + SMALLEST_SPREAD**2)
        near = np.stack([SIMILARITY_SCALE * above, above / spread], axis=1)
        of_lines = self._head("line", np.concatenate([lines, (lines - lines.mean(axis=0)) * asked, near], axis=1))
        of_row = self._head("row", np.concatenate([hidden[0], [of_lines.max()]])[None])
        return of_lines, float(of_row[0])

    def _head(self, name: str, features: NDArray[Any]) -> Vector:
        inner = features.astype(np.float32) @ self._heads[f"{name}_in.w"].T + self._heads[f"{name}_in.b"]
        outer: Vector = _gelu(inner) @ self._heads[f"{name}_out.w"][0] + self._heads[f"{name}_out.b"][0]
        return outer


def _gelu(x: Vector) -> Vector:
    """x times the normal distribution's share below x, by Abramowitz and Stegun 7.1.26 (error below 1.5e-7)."""
    z = np.abs(x) / math.sqrt(2)
    t = 1 / (1 + 0.3275911 * z)
    series = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t
    erf = np.sign(x) * (1 - series * np.exp(-z * z))
    return np.asarray(0.5 * x * (1 + erf), np.float32)


def _load(file: Path) -> Mapping[str, NDArray[Any]]:
    """The tensors as float32."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return {name: values.astype(np.float32) for name, values in load_file(file).items()}
    except (OSError, SafetensorError) as error:
        raise ReaderError(f"{file} cannot be read ({error}); reinstall Neuvo or train it anew") from error
