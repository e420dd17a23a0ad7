"""Trains the model of entailment, chooses its scale and writes it.

    python -m assistant.training.entailment --out FOLDER [--steps N] [--threads N]

Begins with the reading model's additions and learns from ``assistant.training.claims``: cards are parted by name into
those to learn from, to choose the threshold with, and to measure with. The state is kept in ``--out`` every hundred
steps; the same command goes on from there.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.numpy import load_file, save_file
from torch.nn import functional as F

from assistant.entailment import TRAINED
from assistant.grounding_support import SimilaritySupport
from assistant.reader_input import Row, rows
from assistant.reader_model import TRAINED as READER
from assistant.training.claims import CLAIMS, Claim, Sources, made, part_of, read_with, source_language, written
from assistant.training.examples import digest
from assistant.training.export import DATA, exported
from assistant.training.network import ReaderNetwork, padded_length, parameters
from indexing.e5 import E5Tokenizer
from indexing.e5_weights import E5Weights
from indexing.embedders import EMBEDDED, load_embedder

SETTINGS: dict[str, Any] = {
    "rank": 32,
    "dropout": 0.1,
    "learning_rate": 7e-4,
    "head_learning_rate": 1.5e-3,
    "weight_decay": 0.01,
    "warmup": 30,
    "tokens_per_step": 4096,
    "cross_language": 0.4,
    "made": 0.6,
    "unsupported_weight": 0.6,
    "withheld": 0.04,
    "near": 0.25,
    "seed": 5,
}
"""``made``: sentences of cards for each written claim that holds. ``withheld``: the share of claims that hold that the
threshold may withhold. ``near``: see ``assistant.entailment.Scale``."""

Labelled = tuple[Row, Claim]


class Claims:
    """Rows of claims with what they are read with; the vectors behind that are kept."""

    def __init__(self, tokenizer: E5Tokenizer, similarity: SimilaritySupport) -> None:
        self.sources = Sources.load()
        self._tokenizer, self._similarity = tokenizer, similarity
        self._rows: dict[tuple[Claim, str], Row] = {}
        of_cards = made(self.sources)
        self.written = {part: [c for c in written() if part_of(c.card) == part] for part in ("train", "tune", "test")}
        self.made = {part: [c for c in of_cards if part_of(c.card) == part] for part in ("train", "tune", "test")}

    def row(self, claim: Claim, language: str) -> Row:
        """The claim with the nearest lines of its card in ``language``."""
        place = (claim, language)
        if place not in self._rows:
            lines = read_with(claim, language, self.sources, self._similarity)
            self._rows[place] = rows(self._tokenizer, claim.text, lines)[0]
        return self._rows[place]

    def epoch(self, dice: random.Random) -> list[Labelled]:
        """Every claim to learn from once, and as many sentences of cards as ``made`` says."""
        chosen = list(self.written["train"])
        holding = sum(claim.supported for claim in chosen)
        chosen += dice.sample(self.made["train"], int(SETTINGS["made"] * holding))
        dice.shuffle(chosen)
        cross = SETTINGS["cross_language"]
        return [(self.row(claim, source_language(claim, self.sources, dice, cross)), claim) for claim in chosen]

    def fixed(self, part: str) -> list[tuple[Labelled, bool]]:
        """The written claims of a part, each with its own language's card and with another's; the flag says which."""
        dice = random.Random(SETTINGS["seed"] + 2)  # noqa: S311
        found = []
        for claim in self.written[part]:
            for cross in (0.0, 1.0):
                language = source_language(claim, self.sources, dice, cross)
                found.append(((self.row(claim, language), claim), language != claim.language))
        return found


def batches(claims: Claims, steps: int, first: int) -> Iterator[list[Labelled]]:
    """Batches of rows of like length, about ``tokens_per_step`` tokens each."""
    dice, step = random.Random(SETTINGS["seed"]), 0  # noqa: S311
    while step < steps:
        by_length: dict[int, list[Labelled]] = {}
        for labelled in claims.epoch(dice):
            by_length.setdefault(padded_length(len(labelled[0].ids)), []).append(labelled)
        cut = []
        for length, pairs in sorted(by_length.items()):
            count = max(1, SETTINGS["tokens_per_step"] // length)
            cut += [pairs[at : at + count] for at in range(0, len(pairs), count)]
        dice.shuffle(cut)
        for batch in cut:
            if first <= step < steps:
                yield batch
            step += 1


def loss_of(network: ReaderNetwork, batch: Sequence[Labelled]) -> torch.Tensor:
    """Binary cross-entropy of the rows, claims that do not hold weighted down: there are three times as many."""
    _, logits = network([row for row, _ in batch])
    wanted = torch.tensor([float(claim.supported) for _, claim in batch])
    weights = torch.where(wanted > 0, 1.0, SETTINGS["unsupported_weight"])
    return F.binary_cross_entropy_with_logits(logits, wanted, weights)


def logits_of(network: ReaderNetwork, found: Sequence[Labelled]) -> np.ndarray[Any, Any]:
    """A logit for each row."""
    order = sorted(range(len(found)), key=lambda number: len(found[number][0].ids))
    logits = np.zeros(len(found), np.float32)
    network.eval()
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        for at in range(0, len(order), 24):
            numbers = order[at : at + 24]
            _, of_rows = network([found[number][0] for number in numbers])
            logits[numbers] = of_rows.float().numpy()
    network.train()
    return logits


def fit(logits: np.ndarray[Any, Any], supported: np.ndarray[Any, Any]) -> tuple[float, float]:
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


def measured(
    found: Sequence[tuple[Labelled, bool]], p: np.ndarray[Any, Any], least: float
) -> dict[str, dict[str, float]]:
    """By kind and by whether languages are crossed: how many, and the share withheld at ``least``."""
    withheld: dict[str, list[bool]] = defaultdict(list)
    for ((_, claim), cross), probability in zip(found, p, strict=True):
        for name in (claim.kind, "supported" if claim.supported else "unsupported"):
            withheld[f"{name} {'cross' if cross else 'same'}"].append(bool(probability < least))
        if not claim.supported or claim.kind == "supported":
            withheld["all supported" if claim.supported else "all unsupported"].append(bool(probability < least))
    return {
        name: {"claims": len(values), "withheld": round(100 * sum(values) / len(values), 1)}
        for name, values in sorted(withheld.items())
    }


def begin_with_reader(network: ReaderNetwork) -> None:
    """Load the reading model's additions and head."""
    known = load_file(READER)
    state = dict(parameters(network))
    names = exported({name: value.data for name, value in state.items()})
    for (_, parameter), name in zip(state.items(), names, strict=True):
        parameter.data.copy_(torch.from_numpy(known[name].astype(np.float32)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=900)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--until", type=float, default=float("inf"), help="seconds after which to write what there is")
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=NUMBER", help="settings to change")
    parser.add_argument("--write", action="store_true", help="write the model beside assistant/entailment.py")
    arguments = parser.parse_args()
    for name, _, number in (change.partition("=") for change in arguments.set):
        SETTINGS[name] = type(SETTINGS[name])(float(number))
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(SETTINGS["seed"])
    arguments.out.mkdir(parents=True, exist_ok=True)
    weights = E5Weights()
    tokenizer = E5Tokenizer(weights, arguments.out)
    embedder = load_embedder(EMBEDDED, cache=arguments.out, threads=arguments.threads)
    claims = Claims(tokenizer, SimilaritySupport(embedder, most_kept=100_000))
    network = ReaderNetwork(weights, SETTINGS["rank"], SETTINGS["dropout"])
    begin_with_reader(network)
    head = [value for name, value in parameters(network) if name.startswith(("line_", "row_"))]
    body = [value for name, value in parameters(network) if not name.startswith(("line_", "row_"))]
    optimizer = torch.optim.AdamW(
        [{"params": body, "lr": SETTINGS["learning_rate"]}, {"params": head, "lr": SETTINGS["head_learning_rate"]}],
        weight_decay=SETTINGS["weight_decay"],
    )
    steps, warmup = arguments.steps, int(SETTINGS["warmup"])
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / warmup, max(0.0, (steps - step) / max(1, steps - warmup)))
    )
    state_file, first = arguments.out / "state.pt", 0
    if state_file.exists():
        state = torch.load(state_file, weights_only=True)
        network.load_state_dict(state["network"], strict=False)
        optimizer.load_state_dict(state["optimizer"])
        schedule.load_state_dict(state["schedule"])
        first = state["step"]

    def save(step: int) -> None:
        state = {"network": dict(parameters(network)), "optimizer": optimizer.state_dict()}
        temporary = state_file.with_suffix(".new")
        torch.save({**state, "schedule": schedule.state_dict(), "step": step}, temporary)
        temporary.replace(state_file)

    def report(step: int) -> dict[str, Any]:
        tune, test = claims.fixed("tune"), claims.fixed("test")
        tune_logits = logits_of(network, [one for one, _ in tune])
        holds = np.array([claim.supported for (_, claim), _ in tune])
        slope, offset = fit(tune_logits, holds)
        p = 1 / (1 + np.exp(-(slope * tune_logits + offset)))
        least = float(np.quantile(p[holds], SETTINGS["withheld"]))
        p_test = 1 / (1 + np.exp(-(slope * logits_of(network, [one for one, _ in test]) + offset)))
        found = {
            "step": step,
            "scale": {
                "slope": round(slope, 4),
                "offset": round(offset, 4),
                "least": round(least, 4),
                "near": SETTINGS["near"],
            },
            "tune": measured(tune, p, least),
            "test": measured(test, p_test, least),
        }
        print(json.dumps(found), flush=True)
        return found

    started, running, step = time.perf_counter(), 0.0, first
    for step, batch in enumerate(batches(claims, steps, first), start=first + 1):
        with torch.autocast("cpu", torch.bfloat16):
            loss = loss_of(network, batch)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(body + head, 1.0)
        optimizer.step()
        schedule.step()
        running += loss.item()
        if step % 25 == 0:
            each = (time.perf_counter() - started) / (step - first)
            print(f"step {step}/{steps}  loss {running / 25:.3f}  {each:.2f} s a step", flush=True)
            running = 0.0
        if step % 100 == 0:
            save(step)
        if step % 300 == 0:
            report(step)
        if time.perf_counter() - started > arguments.until:
            break
    save(step)
    found = report(step)
    if arguments.write:
        write(network, found)


def write(network: ReaderNetwork, found: dict[str, Any]) -> None:
    """The model and its card."""
    state = {name: value.data for name, value in parameters(network)}
    save_file(exported(state), TRAINED, metadata={"licence": "CC BY-SA 4.0", "card": "entailment.json"})
    card = {
        "model": "Neuvo's model of entailment: LoRA additions and head for multilingual-e5-small (MIT)",
        "licence": "CC BY-SA 4.0",
        "sha256": hashlib.sha256(TRAINED.read_bytes()).hexdigest(),
        "begun with": hashlib.sha256(READER.read_bytes()).hexdigest(),
        "data": [
            *DATA,
            {
                "name": "Neuvo's own claims about its service cards",
                "licence": "MIT",
                "source": "assistant/training/claims",
                "sha256": digest(CLAIMS.glob("*.jsonl")),
            },
        ],
        "settings": SETTINGS,
        **found,
    }
    TRAINED.with_suffix(".json").write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
