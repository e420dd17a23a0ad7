"""What the trained model's logits mean, and what it withholds by kind of claim."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from assistant.training.claims import Claim

Array = np.ndarray[Any, Any]


def fit(logits: Array, supported: Array) -> tuple[float, float]:
    """Slope and offset of a logistic line by Newton's method (Platt scaling), both answers weighing alike."""
    weight = np.where(supported, 0.5 / supported.mean(), 0.5 / (1 - supported.mean()))
    features = np.stack([logits, np.ones_like(logits)], axis=1).astype(np.float64)
    line = np.array([1.0, 0.0])
    for _ in range(50):
        p = 1 / (1 + np.exp(-features @ line))
        gradient = features.T @ (weight * (p - supported)) + 1e-3 * line
        hessian = (features * (weight * p * (1 - p))[:, None]).T @ features + 1e-3 * np.eye(2)
        line = line - np.linalg.solve(hessian, gradient)
    return float(line[0]), float(line[1])


def measured(found: Sequence[tuple[Claim, bool]], p: np.ndarray[Any, Any], least: float) -> dict[str, dict[str, float]]:
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
