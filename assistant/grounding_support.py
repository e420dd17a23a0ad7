"""Whether lines of a source support a claim: the contract that a model of entailment keeps, and a stand-in."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from assistant.reading import Vector
from indexing.embedders import Embedder
from indexing.vector_space import load_space

_KEPT = 4096
"""Vectors of lines that are kept, 1.5 KB each."""


@dataclass(frozen=True, slots=True)
class Support:
    """The probability that the lines together support the claim, and that each does."""

    together: float
    lines: tuple[float, ...]


class Entailment(Protocol):
    """Judges claims by their sources, across languages. Called from several threads at once."""

    @property
    def name(self) -> str:
        """For the trace."""

    @property
    def least(self) -> float:
        """Least probability of support with which a claim may be shown."""

    def support(self, claim: str, title: str, lines: Sequence[str]) -> Support:
        """How far ``lines``, which stand under ``title``, support ``claim``. ``lines`` may be empty."""

    def nearness(self, claim: str, lines: Sequence[str]) -> tuple[float, ...]:
        """How near each of ``lines`` is to ``claim`` in meaning, from 0 to 1."""


class SimilaritySupport:
    """A stand-in: how near the claim is to a line in the space of retrieval, where languages meet.

    Support is the cosine. It tells what a claim is about, not whether it is so: a negation turned round gets past it.
    Until there is a model of entailment, everything else that can be checked without one is. ``least`` lets through
    nine of ten true sentences of another language and one of twenty about another service
    (``benchmarks/grounding.py``). Safe to share between threads.
    """

    name = "similarity"
    least = 0.38

    def __init__(self, embedder: Embedder, most_kept: int = _KEPT) -> None:
        self._embedder = embedder
        self._most_kept = most_kept
        self._space = load_space(embedder.fingerprint, embedder.dimension)
        self._lock = threading.Lock()
        self._known: OrderedDict[str, Vector] = OrderedDict()

    def support(self, claim: str, title: str, lines: Sequence[str]) -> Support:
        """See ``Entailment``."""
        each = self.nearness(claim, lines)
        return Support(max(each, default=0.0), each)

    def nearness(self, claim: str, lines: Sequence[str]) -> tuple[float, ...]:
        """See ``Entailment``."""
        if not lines:
            return ()
        asked = self._space.question(self._embedder.embed_queries([claim])[0])
        cosines = np.stack(self._vectors(lines)) @ asked
        return tuple(float(min(1.0, max(0.0, cosine))) for cosine in cosines)

    def _vectors(self, lines: Sequence[str]) -> list[Vector]:
        """Those of lines that were asked for lately are kept: sources come again and again."""
        with self._lock:
            found = {line: self._known[line] for line in lines if line in self._known}
        new = [line for line in dict.fromkeys(lines) if line not in found]
        if new:
            vectors = self._space.passages(self._embedder.embed_passages(new))
            found |= dict(zip(new, vectors, strict=True))
        with self._lock:
            for line in lines:
                self._known[line] = found[line]
                self._known.move_to_end(line)
            while len(self._known) > self._most_kept:
                self._known.popitem(last=False)
        return [found[line] for line in lines]
