"""Trains the model of entailment, chooses its scale and writes it.

    python -m assistant.training.entailment --out FOLDER [--start FOLDER/state.pt] [--steps N] [--threads N] [--write]

Begins with the reading model's additions, or with what an earlier round learnt, and learns from texts of our own: the
claims about the service cards, which are parted by name into cards to learn from, to choose the threshold with, and to
measure with (``assistant.training.claims``), and ``assistant.training.passages``. The state is kept in ``--out`` every
hundred steps; the same command goes on from there. What is measured and written are moving averages of the parameters.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import time
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
from assistant.training.claims import (
    CLAIMS,
    PAIRS,
    Claim,
    Sources,
    made,
    paired,
    part_of,
    read_with,
    source_language,
    written,
)
from assistant.training.entailment_scale import fit, measured
from assistant.training.examples import digest
from assistant.training.export import DATA, exported
from assistant.training.network import ReaderNetwork, padded_length, parameters
from assistant.training.passages import PASSAGES, draw, load_passages
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
    "cross_language": 0.5,
    "made": 0.6,
    "passages": 1.0,
    "elsewhere": 0.15,
    "unsupported_weight": 0.6,
    "rather": 1.0,
    "averaged": 0.99,
    "withheld": 0.04,
    "near": 0.25,
    "seed": 5,
}
"""``made``: sentences of cards for each written claim that holds. ``passages``: the share of them that a round through
the claims draws. ``elsewhere``: the share of claims that hold that are read with another text too, where they do not.
``rather``: what telling two apart weighs. ``averaged``: what a step keeps of the average. ``withheld``: the share of
claims that hold that the threshold may withhold. ``near``: see ``assistant.entailment.Scale``."""

Labelled = tuple[Row, bool, float]
"""What is read, whether it holds, and what it weighs."""
Unit = tuple[Labelled, ...]
"""One, or two that differ in little, of which the first holds and the second does not."""


class OwnClaims:
    """Our own claims with what they are read with; the vectors behind that are kept."""

    def __init__(self, tokenizer: E5Tokenizer, similarity: SimilaritySupport) -> None:
        self.sources = Sources.load()
        self._tokenizer, self._similarity = tokenizer, similarity
        self._rows: dict[tuple[Claim, str, str], Row] = {}
        self._passages = load_passages()
        of_cards = made(self.sources)
        self.written = {part: [c for c in written() if part_of(c.card) == part] for part in ("train", "tune", "test")}
        self.paired = [pair for pair in paired() if part_of(pair[0].card) == "train"]
        self.made = [claim for claim in of_cards if part_of(claim.card) == "train"]
        self._cards = {
            code: sorted({claim.card for claim in self.made if claim.language == code})
            for code in sorted({claim.language for claim in self.made})
        }

    def row(self, claim: Claim, card: str, language: str) -> Row:
        """The claim with the nearest lines of ``card`` in ``language``."""
        place = (claim, card, language)
        if place not in self._rows:
            lines = read_with(claim, card, language, self.sources, self._similarity)
            self._rows[place] = rows(self._tokenizer, claim.text, lines)[0]
        return self._rows[place]

    def epoch(self, dice: random.Random) -> list[Unit]:
        """Every claim to learn from once, as many sentences of cards as ``made`` says, and the claims of some of the
        passages, each in one of its languages."""
        claims = list(self.written["train"])
        holding = sum(claim.supported for claim in claims)
        claims += dice.sample(self.made, int(SETTINGS["made"] * holding))
        cross, elsewhere, less = SETTINGS["cross_language"], SETTINGS["elsewhere"], SETTINGS["unsupported_weight"]
        found: list[Unit] = []
        for claim in claims:
            language = source_language(claim, self.sources, dice, cross)
            row = self.row(claim, claim.card, language)
            found.append(((row, claim.supported, 1.0 if claim.supported else less),))
            if claim.supported and dice.random() < elsewhere:
                other = dice.choice(self._cards[language])
                if other != claim.card:
                    found.append(((self.row(claim, other, language), False, less),))
        for holds, fails in self.paired:
            language = source_language(holds, self.sources, dice, cross)
            rows_of = [self.row(claim, claim.card, language) for claim in (holds, fails)]
            found.append(((rows_of[0], True, 1.0), (rows_of[1], False, 1.0)))
        some = dice.sample(self._passages, int(SETTINGS["passages"] * len(self._passages)))
        for pairs in draw(some, dice, cross, elsewhere):
            read = [rows(self._tokenizer, pair.claim, pair.lines)[0] for pair in pairs]
            found.append(tuple((row, pair.supported, 1.0) for row, pair in zip(read, pairs, strict=True)))
        return found

    def fixed(self, part: str) -> list[tuple[Row, Claim, str]]:
        """The written claims of a part, each with its own language's card and with another's; and the card's
        language."""
        dice = random.Random(SETTINGS["seed"] + 2)  # noqa: S311
        found = []
        for claim in self.written[part]:
            for cross in (0.0, 1.0):
                language = source_language(claim, self.sources, dice, cross)
                found.append((self.row(claim, claim.card, language), claim, language))
        return found


def batches(own: OwnClaims, steps: int, first: int) -> Iterator[list[Unit]]:
    """Batches of units of like length, about ``tokens_per_step`` tokens each."""
    dice, step = random.Random(SETTINGS["seed"]), 0  # noqa: S311
    while first < steps and step < steps:
        by_length: dict[tuple[int, int], list[Unit]] = {}
        for unit in own.epoch(dice):
            longest = max(len(row.ids) for row, _, _ in unit)
            by_length.setdefault((padded_length(longest), len(unit)), []).append(unit)
        cut = []
        for (length, rows_each), units in sorted(by_length.items()):
            dice.shuffle(units)
            count = max(1, SETTINGS["tokens_per_step"] // (length * rows_each))
            cut += [units[at : at + count] for at in range(0, len(units), count)]
        dice.shuffle(cut)
        for batch in cut:
            if first <= step < steps:
                yield batch
            step += 1


def loss_of(network: ReaderNetwork, batch: Sequence[Unit]) -> torch.Tensor:
    """Binary cross-entropy of the rows; and of two that differ in little, that the first holds rather than the
    second."""
    labelled = [one for unit in batch for one in unit]
    _, logits = network([row for row, _, _ in labelled])
    wanted = torch.tensor([float(holds) for _, holds, _ in labelled])
    weights = torch.tensor([weight for _, _, weight in labelled])
    loss = F.binary_cross_entropy_with_logits(logits, wanted, weights)
    if len(batch[0]) == 2:
        loss = loss + SETTINGS["rather"] * F.softplus(logits[1::2] - logits[::2]).mean()
    return loss


def logits_of(network: ReaderNetwork, found: Sequence[Row]) -> np.ndarray[Any, Any]:
    """A logit for each row."""
    order = sorted(range(len(found)), key=lambda number: len(found[number].ids))
    logits = np.zeros(len(found), np.float32)
    network.eval()
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        for at in range(0, len(order), 24):
            numbers = order[at : at + 24]
            _, of_rows = network([found[number] for number in numbers])
            logits[numbers] = of_rows.float().numpy()
    network.train()
    return logits


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
    parser.add_argument("--start", type=Path, help="the state.pt of an earlier round, to begin with what it learnt")
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
    own = OwnClaims(tokenizer, SimilaritySupport(embedder, most_kept=100_000))
    network = ReaderNetwork(weights, SETTINGS["rank"], SETTINGS["dropout"])
    begin_with_reader(network)
    earlier = 0
    if arguments.start:
        state = torch.load(arguments.start, weights_only=True)
        earlier = int(state["step"])
        network.load_state_dict(state["average"], strict=False)
    average = {name: value.detach().clone() for name, value in parameters(network)}
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
        average = state["average"]
        optimizer.load_state_dict(state["optimizer"])
        schedule.load_state_dict(state["schedule"])
        first = state["step"]

    def save(step: int) -> None:
        state = {"network": dict(parameters(network)), "average": average, "optimizer": optimizer.state_dict()}
        temporary = state_file.with_suffix(".new")
        torch.save({**state, "schedule": schedule.state_dict(), "step": step}, temporary)
        temporary.replace(state_file)

    started, running, step = time.perf_counter(), 0.0, first
    for step, batch in enumerate(batches(own, steps, first), start=first + 1):
        with torch.autocast("cpu", torch.bfloat16):
            loss = loss_of(network, batch)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(body + head, 1.0)
        optimizer.step()
        schedule.step()
        kept = min(SETTINGS["averaged"], step / (step + 10))
        for name, value in parameters(network):
            average[name].lerp_(value.detach(), 1 - kept)
        running += loss.item()
        if step % 25 == 0:
            each = (time.perf_counter() - started) / (step - first)
            print(f"step {step}/{steps}  loss {running / 25:.3f}  {each:.2f} s a step", flush=True)
            running = 0.0
        if step % 100 == 0:
            save(step)
        if step % 300 == 0:
            report(network, average, own, step)
        if time.perf_counter() - started > arguments.until:
            break
    save(step)
    found = report(network, average, own, step)
    if arguments.write:
        write(average, found, earlier)


def report(network: ReaderNetwork, average: dict[str, torch.Tensor], own: OwnClaims, step: int) -> dict[str, Any]:
    """Print and return the scale of the averaged parameters and what they withhold."""
    kept = {name: value.detach().clone() for name, value in parameters(network)}
    network.load_state_dict(average, strict=False)
    tune, test = own.fixed("tune"), own.fixed("test")
    tune_logits, test_logits = (logits_of(network, [row for row, _, _ in part]) for part in (tune, test))
    network.load_state_dict(kept, strict=False)
    holds = np.array([claim.supported for _, claim, _ in tune])
    slope, offset = fit(tune_logits, holds)
    p, p_test = (1 / (1 + np.exp(-(slope * logits + offset))) for logits in (tune_logits, test_logits))
    least = float(np.quantile(p[holds], SETTINGS["withheld"]))
    scale = {"slope": slope, "offset": offset, "least": least, "near": SETTINGS["near"]}
    found = {
        "step": step,
        "scale": {name: round(value, 4) for name, value in scale.items()},
        "tune": measured([(claim, code != claim.language) for _, claim, code in tune], p, least),
        "test": measured([(claim, code != claim.language) for _, claim, code in test], p_test, least),
    }
    print(json.dumps(found), flush=True)
    return found


def write(state: dict[str, torch.Tensor], found: dict[str, Any], earlier: int) -> None:
    """The model and its card; ``earlier`` are the steps of the round that this one began with."""
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
            {
                "name": "Neuvo's own pairs of claims about its service cards",
                "licence": "MIT",
                "source": "assistant/training/claim_pairs",
                "sha256": digest(PAIRS.glob("*.jsonl")),
            },
            {
                "name": "Neuvo's own texts with claims",
                "licence": "MIT",
                "source": "assistant/training/passages",
                "sha256": digest(PASSAGES.glob("*.jsonl")),
            },
        ],
        "settings": SETTINGS,
        "steps of the round before": earlier,
        **found,
    }
    TRAINED.with_suffix(".json").write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
