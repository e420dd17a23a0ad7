"""Whether lines of a source support a claim: the contract that a model of entailment keeps, and a stand-in."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from assistant.reading import Model, read_lines


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


@dataclass(frozen=True, slots=True)
class ReaderSupport:
    """A stand-in: the reading model, which takes the claim for a question and tells which lines speak to it.

    It knows what a claim is about, not whether it is so: a negation turned round gets past it. Until there is a model
    of entailment, everything else that can be checked without one is.
    """

    model: Model
    least: float = 0.5
    name: str = "reader"

    def support(self, claim: str, title: str, lines: Sequence[str]) -> Support:
        """See ``Entailment``."""
        if not lines:
            return Support(0.0, ())
        read = read_lines(self.model, claim, title, lines)
        each = tuple(_probability(float(logit)) for logit in read.lines)
        return Support(max(each, default=0.0), each)


def _probability(logit: float) -> float:
    return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, logit))))
