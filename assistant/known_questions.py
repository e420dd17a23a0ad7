"""Questions of which is known whether a service card answers them, and how near a new question lies to them.

What a card says and how people ask for it can share no word; what another person asked in another language often does.
Five hundred questions a language (``assistant/training/questions``), some that a card answers and some that it does not
although they are about its topic, are kept as the embedder's vectors. The packaged file is made by
``python -m assistant.training.known``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

PACKAGED = Path(__file__).with_name("known_questions.npz")
SHARP = 15.0
"""How much more a near question says than a far one: a cosine's weight is ``exp(SHARP * cosine)``."""
WIDE = 6.0
"""The same, where cards are compared with each other."""
SCALE = 127.0 * 3
"""What a vector's numbers are multiplied by in the file; none of a unit vector of 384 is above a third."""

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class KnownQuestions:
    """``vectors`` are unit rows; ``cards`` and ``answered`` say for each row which card it was asked of and whether
    the card answers it."""

    vectors: Vectors
    cards: NDArray[np.str_]
    answered: NDArray[np.bool_]

    def near(self, vector: Vectors, without: int | None = None) -> Near:
        """How near a question's unit vector lies to each; ``without`` leaves one row out."""
        cosines: Vectors = self.vectors @ vector
        if without is not None:
            cosines[without] = -1.0
        return Near(self, cosines)


@dataclass(frozen=True, slots=True)
class Near:
    """A question beside those that are known."""

    known: KnownQuestions
    cosines: Vectors

    def features(self, card: str | None) -> Vectors | None:
        """For a card: the soft maximum of the cosines of questions it answers; how much more these weigh than those
        it does not answer; the card's share of all questions' weight (the last two as natural logarithms). ``None``
        for a card of which both kinds are not known."""
        its = self.known.cards == card
        weights = np.exp(SHARP * (self.cosines - 1))
        answered = float(weights[its & self.known.answered].sum())
        open_ = float(weights[its & ~self.known.answered].sum())
        if not answered or not open_:
            return None
        wide = np.exp(WIDE * (self.cosines - 1))
        share = float(wide[its].sum() / wide.sum())
        return np.array([1 + math.log(answered) / SHARP, math.log(answered / open_), math.log(share)], np.float32)


def load_known_questions(fingerprint: str, file: Path = PACKAGED) -> KnownQuestions | None:
    """The packaged questions, ``None`` where they were not made with the embedder named ``fingerprint``."""
    with np.load(file) as packed:
        if str(packed["model"]) != fingerprint:
            return None
        vectors = packed["vectors"].astype(np.float32) / SCALE
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return KnownQuestions(vectors, packed["cards"][packed["card"]], packed["answered"])


def save_known_questions(
    fingerprint: str, vectors: Vectors, cards: Sequence[str], answered: Sequence[bool], file: Path = PACKAGED
) -> None:
    """Write the file; its vectors are rounded to eight bits."""
    names, places = np.unique(np.array(cards), return_inverse=True)
    rounded = np.clip(np.round(vectors * SCALE), -127, 127).astype(np.int8)
    np.savez_compressed(
        file,
        model=np.array(fingerprint),
        vectors=rounded,
        cards=names,
        card=places.astype(np.uint8),
        answered=np.array(answered, bool),
    )
