"""The second look for what must not wait: a message's vector beside thousands of messages known to be urgent or not.

Screening by tables (``assistant.screening``) comes first, needs no model and is never overruled. What people say in
fear has more forms than any table: this look finds most of what the tables miss, in every language the embedder knows,
from the vector that the search needs anyway. Several small networks of one hidden layer, whose mean probability counts;
``python -m assistant.training.urgency`` trains them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

PACKAGED = Path(__file__).with_name("urgency.npz")
Urgent = Literal["emergency", "crisis", "violence"]
KINDS: tuple[Urgent, ...] = get_args(Urgent)
"""What a message may be, beside harmless; the networks' outputs are harmless and these, in this order."""

Array = NDArray[np.float32]


class Urgency(NamedTuple):
    """How likely a message is urgent, and which kind is likeliest."""

    probability: float
    kind: Urgent


@dataclass(frozen=True)
class SecondLook:
    """``centre`` and ``spread`` standardise a vector of length ``dimension``; then for each network a layer ``inner``
    ``(dimension, units)`` with ``inner_bias``, GELU, and a layer ``outer`` ``(units, 4)`` with ``outer_bias``."""

    centre: Array
    spread: Array
    inner: Array
    inner_bias: Array
    outer: Array
    outer_bias: Array

    def of(self, vector: Array) -> Urgency:
        """What the message with this vector, as the embedder gives it for a question, is."""
        x = (vector - self.centre) / self.spread
        hidden = _gelu(np.einsum("d,ndu->nu", x, self.inner) + self.inner_bias)
        logits = np.einsum("nu,nuk->nk", hidden, self.outer) + self.outer_bias
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        harmless, *urgent = (odds / odds.sum(axis=1, keepdims=True)).mean(axis=0).tolist()
        return Urgency(1.0 - harmless, KINDS[int(np.argmax(urgent))])


def _gelu(x: Array) -> Array:
    """x times the normal distribution's share below x, by its tanh form (https://arxiv.org/abs/1606.08415)."""
    return np.asarray(0.5 * x * (1 + np.tanh(0.7978845608 * (x + 0.044715 * x**3))), np.float32)


def load_second_look(fingerprint: str, file: Path = PACKAGED) -> SecondLook | None:
    """The packaged networks, ``None`` where they were not trained on the embedder named ``fingerprint``."""
    with np.load(file) as packed:
        if str(packed["model"]) != fingerprint:
            return None
        names = SecondLook.__dataclass_fields__
        return SecondLook(**{name: packed[name].astype(np.float32) for name in names})


def save_second_look(look: SecondLook, fingerprint: str, file: Path = PACKAGED) -> None:
    """Write the file, its numbers in 16 bits."""
    arrays = {name: getattr(look, name).astype(np.float16) for name in SecondLook.__dataclass_fields__}
    np.savez_compressed(file, model=np.array(fingerprint), **arrays)
