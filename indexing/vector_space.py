"""The space passages are found in: an embedder's vectors with their language taken out.

A multilingual model's vectors carry the language as much as the meaning. ``VectorSpace`` maps them by one affine map
a side and the length, the same for every language, so that a language nobody measured is served too:

    question  (q - question_centre) question_matrix      passage  (p - passage_centre) passage_matrix

and a question that goes to service cards by one more matrix, ``cards``, learnt from what people type who need them.
``indexing.space_training`` makes the packaged file; a model without a file keeps its vectors.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

PACKAGED = Path(__file__).with_name("multilingual-e5-small.npz")
CONTEXT_REACH = 2
CONTEXT_SHARE = 0.8
"""A passage's vector gets this share of the direction of its neighbours' mean: what page it stands on."""

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class VectorSpace:
    """Maps of questions and passages, for vectors of length ``dimension``.

    Centres have the shape ``(dimension,)``, matrices ``(dimension, dimension)``; vectors are rows.
    """

    question_centre: Vectors
    question_matrix: Vectors
    passage_centre: Vectors
    passage_matrix: Vectors
    cards: Vectors

    @cached_property
    def fingerprint(self) -> str:
        """Names the maps: equal fingerprints give equal vectors."""
        arrays = (getattr(self, field.name) for field in fields(self))
        return hashlib.sha256(b"".join(np.ascontiguousarray(a, np.float32).tobytes() for a in arrays)).hexdigest()[:16]

    def question(self, vector: Vectors) -> Vectors:
        """A question's unit vector as the model gives it, shape ``(dimension,)``, in this space."""
        return unit((vector - self.question_centre) @ self.question_matrix)

    def passages(self, vectors: Vectors) -> Vectors:
        """Unit vectors of passages, shape ``(n, dimension)``, in this space; none (whatever their shape) stay none."""
        return unit((vectors - self.passage_centre) @ self.passage_matrix) if len(vectors) else vectors

    def to_cards(self, vector: Vectors) -> Vectors:
        """A question of this space, shape ``(dimension,)``, as it is compared with the texts of service cards."""
        return unit(vector @ self.cards)


def unit(vectors: NDArray[np.floating[Any]]) -> Vectors:
    """Rows with length 1; a row of zeros stays."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1), np.float32)


def plain_space(dimension: int) -> VectorSpace:
    """The space of a model nobody made a map for: its own."""
    zero, one = np.zeros(dimension, np.float32), np.eye(dimension, dtype=np.float32)
    return VectorSpace(zero, one, zero, one, one)


def load_space(fingerprint: str, dimension: int) -> VectorSpace:
    """The space of the embedder with this fingerprint: the packaged one if it was made for its weights."""
    with np.load(PACKAGED) as file:
        if not fingerprint.startswith(f"{file['model']}:"):
            return plain_space(dimension)
        return VectorSpace(**{field.name: file[field.name].astype(np.float32) for field in fields(VectorSpace)})


def in_context(vectors: Vectors, documents: Sequence[str]) -> Vectors:
    """Unit vectors of passages (in reading order, ``documents`` names each one's) with CONTEXT_SHARE of the direction
    of the mean over the passages at most CONTEXT_REACH before and after in the same document, itself included.

    A page is often named by its first passage and answered by its third. Passages that stand alone do not change.
    """
    if not len(vectors):
        return vectors
    names = np.asarray(documents)
    total = vectors.copy()
    for step in range(1, CONTEXT_REACH + 1):
        same = (names[step:] == names[:-step])[:, None]
        total[:-step] += np.where(same, vectors[step:], 0)
        total[step:] += np.where(same, vectors[:-step], 0)
    return unit(vectors + CONTEXT_SHARE * unit(total))
