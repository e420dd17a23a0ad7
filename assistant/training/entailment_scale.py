"""What the trained model's logits mean, and what it withholds by kind of claim."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from assistant.training.claims import Claim

RIDGE = 2.0
"""How strongly weights of operators are drawn to 0."""

Array = np.ndarray[Any, Any]


def fit(logits: Array, supported: Array, operators: Array) -> tuple[float, float, tuple[float, ...]]:
    """Slope and offset of the logits and the weights of ``operators`` (claims x features) in a logistic function, by
    Newton's method, both answers weighing alike. A difference never speaks for a claim: where its weight would be
    positive, it is 0."""
    weight = np.where(supported, 0.5 / supported.mean(), 0.5 / (1 - supported.mean()))
    features = np.concatenate([logits[:, None], np.ones((len(logits), 1)), operators], axis=1).astype(np.float64)
    used = np.ones(features.shape[1], bool)
    ridge = np.array([1e-3, 1e-3, *[RIDGE] * operators.shape[1]])
    line = np.zeros(features.shape[1])
    while True:
        line[used] = _newton(features[:, used], supported, weight, ridge[used])
        line[~used] = 0.0
        positive = np.flatnonzero((line > 0) & (np.arange(len(line)) > 1))
        if not len(positive):
            return float(line[0]), float(line[1]), tuple(map(float, line[2:]))
        used[positive] = False


def _newton(features: Array, supported: Array, weight: Array, ridge: Array) -> Array:
    """Newton's method with steps halved until they help."""

    def loss(line: Array) -> float:
        margin = np.where(supported, 1.0, -1.0) * (features @ line)
        return float((weight * np.logaddexp(0.0, -margin)).sum() + 0.5 * (ridge * line**2).sum())

    line = np.zeros(features.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(features @ line, -30, 30)))
        gradient = features.T @ (weight * (p - supported)) + ridge * line
        hessian = (features * (weight * p * (1 - p))[:, None]).T @ features + np.diag(ridge)
        step = np.linalg.solve(hessian, gradient)
        while loss(line - step) > loss(line) and np.abs(step).max() > 1e-9:
            step = step / 2
        line = line - step
        if np.abs(step).max() < 1e-8:
            break
    return line


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
