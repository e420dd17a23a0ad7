"""Train the second look for urgent messages.

    python -m assistant.training.urgency [--threads N]

Learnt from: ``assistant/training/urgent/<language>.jsonl``, messages written for this in every language, urgent ones of
every kind and harmless ones that tempt; and the questions about service cards, all harmless but for those about
emergencies and exploitation. A fifth of the messages (by their place in the file) is held out first, to print what the
networks reach alone; then all of them train the networks that are kept.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assistant.training.examples import Cards
from assistant.urgency import KINDS, Array, SecondLook, save_second_look
from indexing.e5 import E5Embedder

MESSAGES = Path(__file__).parent / "urgent"
URGENT_CARDS = {"card-emergency-and-crisis", "card-discrimination-and-labour-exploitation"}
NETWORKS = 5
UNITS = 128
DROPOUT = 0.3
EPOCHS = 12
BATCH = 128
FOLD = 5


@dataclass(frozen=True, slots=True)
class Message:
    """A text, its language and what it is: an index of KINDS plus 1, 0 for harmless. ``held`` is for measuring."""

    text: str
    language: str
    kind: int
    held: bool


def messages(folder: Path = MESSAGES) -> list[Message]:
    """Everything there is to learn from."""
    found = []
    for path in sorted(folder.glob("*.jsonl")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
            row = json.loads(line)
            kind = 0 if row["category"] == "none" else 1 + KINDS.index(row["category"])
            found.append(Message(row["text"], path.stem, kind, number % FOLD == 0))
    for language, example in Cards().by_language():
        if example.group not in URGENT_CARDS:
            found.append(Message(example.question, language, 0, False))
    return found


def fit(vectors: Array, kinds: Sequence[int], seed: int = 0) -> SecondLook:
    """Networks for vectors of shape ``(n, dimension)``."""
    import torch

    centre, spread = vectors.mean(axis=0), vectors.std(axis=0)
    x = torch.tensor((vectors - centre) / spread)
    y = torch.tensor(list(kinds))
    steps = EPOCHS * -(-len(x) // BATCH)
    networks = []
    for network in range(NETWORKS):
        torch.manual_seed(seed + network)
        inner, outer = torch.nn.Linear(x.shape[1], UNITS), torch.nn.Linear(UNITS, 1 + len(KINDS))
        model = torch.nn.Sequential(
            torch.nn.Dropout(DROPOUT), inner, torch.nn.GELU(approximate="tanh"), torch.nn.Dropout(DROPOUT), outer
        )
        optimizer = torch.optim.AdamW(model.parameters(), 2e-3, weight_decay=0.05)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=steps)
        for _ in range(EPOCHS):
            order = torch.randperm(len(x))
            for first in range(0, len(x), BATCH):
                batch = order[first : first + BATCH]
                loss = torch.nn.functional.cross_entropy(model(x[batch]), y[batch], label_smoothing=0.05)
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
                schedule.step()
        parameters = (inner.weight.T, inner.bias, outer.weight.T, outer.bias)
        networks.append([parameter.detach().numpy() for parameter in parameters])
    return SecondLook(centre, spread, *(np.stack(layer) for layer in zip(*networks, strict=True)))


def report(look: SecondLook, vectors: Array, kinds: Sequence[int]) -> str:
    """Urgent messages found and harmless ones taken for urgent, by the least probability, in per cent."""
    chances = np.array([look.of(vector).probability for vector in vectors])
    urgent = np.array(kinds) > 0
    rows = [
        f"| {least} | {100 * (chances[urgent] >= least).mean():.1f} | {100 * (chances[~urgent] >= least).mean():.1f} |"
        for least in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
    ]
    return "\n".join(["| least probability | urgent found | harmless taken for urgent |", "|---|---|---|", *rows])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    import torch

    torch.set_num_threads(arguments.threads)
    all_ = messages()
    with tempfile.TemporaryDirectory() as cache:
        embedder = E5Embedder(cache=Path(cache), threads=arguments.threads)
        vectors = embedder.embed_queries([message.text for message in all_])
    kinds = [message.kind for message in all_]
    held = np.array([message.held for message in all_])
    trained = fit(vectors[~held], [kind for kind, out in zip(kinds, held, strict=True) if not out])
    print(report(trained, vectors[held], [kind for kind, out in zip(kinds, held, strict=True) if out]))
    save_second_look(fit(vectors, kinds), embedder.fingerprint)
    print(f"learnt from {len(all_)} messages, {sum(kind > 0 for kind in kinds)} of them urgent")


if __name__ == "__main__":
    main()
