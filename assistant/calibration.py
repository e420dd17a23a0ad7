"""Probabilities from the reading model's logits and the plain similarity of each line to the question.

A logistic function per line and one per text, whose numbers are fitted by ``assistant.training.calibrate`` and kept
in the model card.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.reader_model import TRAINED, Read, ReaderError

Array = NDArray[Any]
LOWEST = -12.0
"""Stands in for the logit of a line without letters."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """``line`` and ``text`` are coefficients, the constant last; a text of less probability than ``threshold``
    answers nothing; ``boldness`` above 1 takes more lines than the best expected F1 does, below 1 fewer."""

    line: tuple[float, ...]
    text: tuple[float, ...]
    threshold: float
    boldness: float = 1.0

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Calibration:
        return cls(tuple(values["line"]), tuple(values["text"]), values["threshold"], values["boldness"])


def load_calibration(name: str, file: Path = TRAINED) -> Calibration:
    """The calibration ``name`` of the model card beside ``file``. Raises ReaderError."""
    card = file.with_suffix(".json")
    try:
        return Calibration.from_dict(json.loads(card.read_text(encoding="utf-8"))["calibration"][name])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ReaderError(f"{card} holds no calibration {name} ({error}); reinstall Neuvo") from error


def line_features(read: Read, cosines: Array) -> Array:
    """Shape ``(lines, 5)``: the logit, how far it lies below the best, the text's logit, the cosine's z and its gap."""
    logits = np.maximum(read.lines, LOWEST)
    spread = max(float(cosines.std()), 0.01)
    columns = [
        logits,
        logits - logits.max(initial=LOWEST),
        np.full(len(logits), read.any),
        (cosines - cosines.mean()) / spread,
        (cosines - cosines.max(initial=-1.0)) * 20,
    ]
    return np.stack(columns, axis=1)


def text_features(read: Read, cosines: Array) -> Array:
    """The best line's logit, the text's logit, the expected number of answering lines, the best cosine and its z."""
    logits = np.maximum(read.lines, LOWEST)
    spread = max(float(cosines.std()), 0.01)
    return np.array(
        [
            max(read.best, LOWEST),
            max(read.any, LOWEST),
            math.log1p(float((1 / (1 + np.exp(-logits))).sum())),
            (float(cosines.max(initial=-1.0)) - 0.85) * 20,
            (float(cosines.max(initial=-1.0)) - float(cosines.mean())) / spread,
        ]
    )


def line_probabilities(read: Read, cosines: Array, calibration: Calibration) -> Array:
    """For each line the probability that it answers."""
    return _logistic(line_features(read, cosines), calibration.line)


def text_probability(read: Read, cosines: Array, calibration: Calibration) -> float:
    """The probability that the text answers."""
    return float(_logistic(text_features(read, cosines)[None], calibration.text)[0])


def hit_features(read: Read, cosines: Array, score: float, behind: float, near: Array | None = None) -> Array:
    """``text_features``; how the text was retrieved: its score, and how far it lies behind the best; and where there
    are known questions of its card, how ``near`` they are (``assistant.known_questions``)."""
    return np.concatenate([text_features(read, cosines), [score, behind], [] if near is None else near])


def probability_of_hit(features: Array, calibration: Calibration) -> float:
    """The probability that a retrieved text with these ``hit_features`` answers."""
    return float(_logistic(features[None], calibration.text)[0])


def select(read: Read, cosines: Array, calibration: Calibration) -> list[int]:
    """The lines to show, in order: those with the best expected F1, none where the text likely does not answer."""
    if not np.isfinite(read.lines).any() or text_probability(read, cosines, calibration) < calibration.threshold:
        return []
    return best_expected_f1(line_probabilities(read, cosines, calibration), calibration.boldness)


def best_expected_f1(probabilities: Array, boldness: float = 1.0) -> list[int]:
    """The k likeliest lines, where k has the best ``2 sum(p of the k) / (k + sum(all p))``: about the expected F1 of
    choosing them (https://arxiv.org/abs/1402.1892). ``boldness`` multiplies the sum of all."""
    order = np.argsort(-probabilities, kind="stable")
    gained = np.cumsum(probabilities[order])
    counts = np.arange(1, len(order) + 1)
    worth = 2 * gained / (counts + boldness * gained[-1])
    return sorted(order[: int(worth.argmax()) + 1].tolist())


def _logistic(features: Array, coefficients: tuple[float, ...]) -> Array:
    logits = np.clip(features @ np.array(coefficients[:-1]) + coefficients[-1], -30, 30)
    probabilities: Array = 1 / (1 + np.exp(-logits))
    return probabilities
