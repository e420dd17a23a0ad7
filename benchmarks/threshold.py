"""Where the threshold between an answer and "not in my sources" lies, over the shipped service cards.

    python benchmarks/threshold.py [--data DIR] [--cases FILE.jsonl]

Cases (``evals/data/threshold.jsonl``): questions in all languages with the cards that answer them, none where no
card does. Printed: how often the right card is first, and for thresholds from 0.1 to 0.9 the share of answerable
questions answered with the right card, of those answered with another, and of unanswerable questions answered;
then the logistic fit of "the first card is right" on the first hit's score, five-fold cross-validated.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path

import numpy as np

from assistant.answering import build_assistant
from assistant.config import AssistantConfig, Thresholds
from indexing.builds import IndexConfig

CASES = Path(__file__).parent.parent / "evals" / "data" / "threshold.jsonl"


def fit(scores: np.ndarray, right: np.ndarray) -> tuple[float, float]:
    """Logistic regression by Newton's method: bias and weight."""
    x = np.stack([np.ones_like(scores), scores], axis=1)
    w = np.zeros(2)
    for _ in range(50):
        p = 1 / (1 + np.exp(-x @ w))
        hessian = (x * (p * (1 - p))[:, None]).T @ x + 1e-3 * np.eye(2)
        w += np.linalg.solve(hessian, x.T @ (right - p) - 1e-3 * w)
    return float(w[0]), float(w[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--cases", type=Path, default=CASES)
    arguments = parser.parse_args()
    config = AssistantConfig(index=IndexConfig(data=arguments.data), thresholds=Thresholds(answer=0.0))
    assistant = build_assistant(config)
    rows = []
    with arguments.cases.open(encoding="utf-8") as lines:
        for line in lines:
            case = json.loads(line)
            answer = assistant.ask(case["question"], language=case["language"])
            quoted = [c.document for s in answer.sentences for c in s.citations]
            card = quoted[0].removeprefix("card-").rpartition("-")[0] if quoted else None
            score = answer.trace["hits"][0]["score"] if answer.trace["hits"] else math.nan
            rows.append((case, answer.trace["probability"], score, card))
            if quoted and case["cards"] and card not in case["cards"]:
                print(f"other card: {case['language']} {case['question']} -> {card}")
    answerable = [row for row in rows if row[0]["cards"]]
    others = [row for row in rows if not row[0]["cards"]]
    right = [card in case["cards"] for case, _, _, card in answerable]
    print(f"\n{len(answerable)} answerable, {len(others)} not; right card first: {np.mean(right):.1%}\n")
    print("| threshold | answered right | answered with another card | unanswerable answered |")
    print("|---|---|---|---|")
    for threshold in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9):
        good = np.mean([ok and (p or 0) >= threshold for ok, (_, p, _, _) in zip(right, answerable, strict=True)])
        bad = np.mean([not ok and (p or 0) >= threshold for ok, (_, p, _, _) in zip(right, answerable, strict=True)])
        false = np.mean([(p or 0) >= threshold for _, p, _, _ in others])
        print(f"| {threshold} | {good:.1%} | {bad:.1%} | {false:.1%} |")
    usable = [row for row in rows if not math.isnan(row[2])]
    scores = np.array([row[2] for row in usable])
    labels = np.array([float(row[3] in row[0]["cards"]) for row in usable])
    folds = np.random.default_rng(0).permutation(len(scores)) % 5
    losses = []
    for fold in range(5):
        bias, weight = fit(scores[folds != fold], labels[folds != fold])
        p = 1 / (1 + np.exp(-(bias + weight * scores[folds == fold])))
        truth = labels[folds == fold]
        losses += list(-(truth * np.log(p) + (1 - truth) * np.log(1 - p)))
    bias, weight = fit(scores, labels)
    print(f"\nlogistic fit: bias {bias:.2f}, weight {weight:.2f}; cross-validated log loss {np.mean(losses):.3f}")


if __name__ == "__main__":
    main()
