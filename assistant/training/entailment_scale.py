"""What the trained model's logits mean, and what it withholds by kind of claim."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from assistant.training.calibrate import logistic
from assistant.training.claims import Claim

Array = np.ndarray[Any, Any]


def fit(logits: Array, supported: Array) -> tuple[float, float]:
    """Slope and offset of a logistic line (Platt scaling), both answers weighing alike."""
    weight = np.where(supported, 0.5 / supported.mean(), 0.5 / (1 - supported.mean()))
    slope, offset = logistic(logits[:, None], supported, weight)
    return slope, offset


def measured(found: Sequence[tuple[Claim, bool]], p: Array, least: float) -> dict[str, dict[str, float]]:
    """By kind and by whether languages are crossed: how many, and the share withheld at ``least``."""
    withheld: dict[str, list[bool]] = defaultdict(list)
    for (claim, cross), probability in zip(found, p, strict=True):
        for name in (claim.kind, "supported" if claim.supported else "unsupported"):
            withheld[f"{name} {'cross' if cross else 'same'}"].append(bool(probability < least))
        if not claim.supported or claim.kind == "supported":
            withheld["all supported" if claim.supported else "all unsupported"].append(bool(probability < least))
    return {
        name: {"claims": len(values), "withheld": round(100 * sum(values) / len(values), 1)}
        for name, values in sorted(withheld.items())
    }
