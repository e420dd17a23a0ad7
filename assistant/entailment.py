"""A model of entailment: whether the lines of a source that are nearest to a claim, read together with it, support it.

The same network as the reading model's with other additions (``entailment.safetensors``; ``entailment.json`` is its
model card, ``assistant.training.entailment`` its training): the claim stands where a question would, the title and the
nearest lines follow, and the row's logit says whether they support it. Claim and lines may be in different languages.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from assistant.grounding_support import SimilaritySupport, Support
from assistant.reader_input import Tokenizer
from assistant.reader_model import ReadingModel

TRAINED = Path(__file__).with_name("entailment.safetensors")

MOST_LINES = 6
"""Lines that a claim is read with: what joins facts of a card still finds all of them."""


class Scale(NamedTuple):
    """Probability = sigmoid(``slope`` x logit + ``offset``); a claim with less than ``least`` is withheld. So is one
    that is not even as near as the cosine ``near`` to any line: the model has learnt from claims about the same card,
    not from those about something else."""

    slope: float
    offset: float
    least: float
    near: float


class EntailmentModel:
    """Keeps the contract ``Entailment``. Safe to use from several threads. Raises ReaderError, WeightsError."""

    name = "entailment"

    def __init__(self, tokenizer: Tokenizer, similarity: SimilaritySupport, *, cache: Path, threads: int = 1) -> None:
        self._model = ReadingModel(tokenizer, cache=cache, threads=threads, file=TRAINED)
        self._similarity = similarity
        self._scale = read_scale()

    @property
    def least(self) -> float:
        """See ``Entailment``."""
        return self._scale.least

    def support(self, claim: str, title: str, lines: Sequence[str]) -> Support:
        """See ``Entailment``. ``together`` is the model's; each line's is its nearness to the claim, which tells what
        to quote."""
        near = self.nearness(claim, lines)
        if max(near, default=0.0) < self._scale.near or not lines:
            return Support(0.0, near)
        (read,) = self._model.read(claim, [[title, *(lines[number] for number in nearest(near))]])
        return Support(_sigmoid(self._scale.slope * read.any + self._scale.offset), near)

    def nearness(self, claim: str, lines: Sequence[str]) -> tuple[float, ...]:
        """See ``Entailment``."""
        return self._similarity.nearness(claim, lines)


def nearest(scores: Sequence[float], count: int = MOST_LINES) -> list[int]:
    """Numbers of the ``count`` highest scores, in the order in which the lines stand."""
    return sorted(sorted(range(len(scores)), key=lambda number: -scores[number])[:count])


@cache
def read_scale(file: Path = TRAINED.with_suffix(".json")) -> Scale:
    """What the model's logits mean, from its card."""
    known = json.loads(file.read_text(encoding="utf-8"))["scale"]
    return Scale(known["slope"], known["offset"], known["least"], known["near"])


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))
