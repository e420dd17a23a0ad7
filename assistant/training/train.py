"""Trains the reading model.

    python -m assistant.training.train --omos FOLDER --squad FILE... --out FOLDER [--steps N]

``--omos`` holds OMoS-QA's ``train_<language>.jsonl``; ``--squad`` are files in SQuAD's format (XQuAD, a part of
SQuAD 2.0, PersianQA). One fifth of the pages and cards is held out, to choose thresholds. The state is kept in
``--out`` every few minutes; the same command goes on from there. Deterministic for one number of threads.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from assistant.reader_input import Row, rows
from assistant.training.examples import Cards, Example, Omos, Squad, digest, held_out, without_answer
from assistant.training.measures import measures
from assistant.training.network import ReaderNetwork, padded_length, parameters
from indexing.e5 import E5Tokenizer
from indexing.e5_weights import E5Weights

SETTINGS: dict[str, Any] = {
    "rank": 32,
    "dropout": 0.1,
    "learning_rate": 1e-3,
    "head_learning_rate": 2e-3,
    "weight_decay": 0.01,
    "warmup": 40,
    "tokens_per_step": 4096,
    "window": 256,
    "row_weight": 0.3,
    "choice_weight": 0.5,
    "cross_language": 0.5,
    "answers_removed": 0.15,
    "other_paragraph": 0.35,
    "other_card": 0.2,
    "squad_share": 0.385,
    "squad_after": 0.12,
    "seed": 7,
}


class Source:
    """Endless training examples: first mostly SQuAD's, then OMoS-QA's and the cards'."""

    def __init__(
        self, omos: Omos, squad: Squad | None, cards: Cards, settings: dict[str, Any], all_pages: bool
    ) -> None:
        self._omos, self._squad, self._cards, self._settings = omos, squad, cards, settings
        self._dice = random.Random(settings["seed"])  # noqa: S311
        groups = {id: omos.example(id, omos.languages[0], omos.languages[0]).group for id in omos.ids}
        self._ids = [id for id in omos.ids if all_pages or not held_out(groups[id])]
        names = {example.group for example in cards.examples()}
        self._held = frozenset(name for name in names if not all_pages and held_out(name))
        self._main: list[Example] = []
        self._general: list[Example] = []

    def next(self, done: float) -> Example:
        """One more example, ``done`` of the training being over."""
        settings = self._settings
        share = 1.0 if done < settings["squad_share"] else settings["squad_after"]
        if self._squad and self._dice.random() < share:
            if not self._general:
                self._general = list(
                    self._squad.draw(self._dice, settings["cross_language"], settings["other_paragraph"], 6000)
                )
                self._dice.shuffle(self._general)
            return self._general.pop()
        if not self._main:
            self._main = list(self._omos.draw(self._ids, self._dice, settings["cross_language"]))
            self._main += self._cards.draw(self._dice, settings["other_card"], self._held)
            self._dice.shuffle(self._main)
        example = self._main.pop()
        if example.answers and self._dice.random() < settings["answers_removed"]:
            return without_answer(example)
        return example


Labelled = tuple[Row, list[float]]


def labelled(tokenizer: E5Tokenizer, example: Example, window: int) -> list[Labelled]:
    """The example's rows with 1 for each line that answers."""
    return [
        (row, [float(number in example.answers) for number in row.numbers])
        for row in rows(tokenizer, example.question, example.lines, window)
    ]


def batches(
    source: Source, tokenizer: E5Tokenizer, settings: dict[str, Any], steps: int, first: int
) -> Iterator[list[Labelled]]:
    """Batches of rows of like length, about ``tokens_per_step`` tokens each with their padding."""
    size, step = settings["tokens_per_step"], 0
    pool: list[Labelled] = []
    dice = random.Random(settings["seed"] + 1)  # noqa: S311
    while True:
        while sum(len(row.ids) for row, _ in pool) < 12 * size:
            pool += labelled(tokenizer, source.next(step / steps), settings["window"])
        by_length: dict[int, list[Labelled]] = {}
        for pair in pool:
            by_length.setdefault(padded_length(len(pair[0].ids)), []).append(pair)
        cut, pool = [], []
        for length, pairs in sorted(by_length.items()):
            count = max(1, size // length)
            whole = len(pairs) // count * count
            cut += [pairs[at : at + count] for at in range(0, whole, count)]
            pool += pairs[whole:]
        dice.shuffle(cut)
        for batch in cut:
            if step >= first:
                yield batch
            step += 1


def loss_of(network: ReaderNetwork, batch: Sequence[Labelled], settings: dict[str, Any]) -> torch.Tensor:
    """Binary cross-entropy of the lines; that of the rows; and, weighted too, the surprise of a choice of one line, or
    of none (logit 0), by softmax."""
    line_logits, row_logits = network([row for row, _ in batch])
    answers = torch.tensor([value for _, values in batch for value in values])
    any_answer = torch.tensor([max(values) for _, values in batch])
    sizes = [len(values) for _, values in batch]
    pad = torch.nn.utils.rnn.pad_sequence
    none = torch.zeros(len(batch), 1)
    choices = torch.cat([none, pad(list(torch.split(line_logits, sizes)), batch_first=True, padding_value=-1e4)], dim=1)
    right = torch.cat([1 - any_answer[:, None], pad(list(torch.split(answers, sizes)), batch_first=True)], dim=1)
    surprise = torch.logsumexp(choices, 1) - torch.logsumexp(choices.masked_fill(right == 0, -1e4), 1)
    of_lines = F.binary_cross_entropy_with_logits(line_logits, answers)
    of_rows = F.binary_cross_entropy_with_logits(row_logits, any_answer)
    loss: torch.Tensor = of_lines + settings["row_weight"] * of_rows + settings["choice_weight"] * surprise.mean()
    return loss


def scores(
    network: ReaderNetwork, tokenizer: E5Tokenizer, examples: Sequence[Example], window: int
) -> list[tuple[np.ndarray[Any, Any], float]]:
    """For each example the logit of every line (-inf where it has no letter) and the best row's logit."""
    pairs = [
        (n, row)
        for n, example in enumerate(examples)
        for row in rows(tokenizer, example.question, example.lines, window)
    ]
    pairs.sort(key=lambda pair: len(pair[1].ids))
    found = [(np.full(len(example.lines), -np.inf, np.float32), -np.inf) for example in examples]
    network.eval()
    at = 0
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        while at < len(pairs):
            end = at + 1
            while end < len(pairs) and (end + 1 - at) * len(pairs[end][1].ids) <= 4096:
                end += 1
            batch = pairs[at:end]
            line_logits, row_logits = network([row for _, row in batch])
            place = 0
            for (number, row), any_logit in zip(batch, row_logits.tolist(), strict=True):
                of_lines, best = found[number]
                of_lines[list(row.numbers)] = line_logits[place : place + len(row.lines)].numpy()
                found[number] = (of_lines, max(best, any_logit))
                place += len(row.lines)
            at = end
    network.train()
    return found


def figures(
    examples: Sequence[Example], found: Sequence[tuple[np.ndarray[Any, Any], float]], line: float, page: float
) -> dict[str, float]:
    """OMoS-QA's own measures, in per cent, with logit thresholds ``line`` and ``page``."""
    selected = []
    for of_lines, any_logit in found:
        chosen = set(np.flatnonzero(of_lines >= line).tolist()) or {int(of_lines.argmax())}
        selected.append(chosen if any_logit + float(of_lines.max(initial=-np.inf)) >= page else set())
    return measures([example.answers for example in examples], selected)


def choose_thresholds(
    examples: Sequence[Example], found: Sequence[tuple[np.ndarray[Any, Any], float]]
) -> tuple[float, float]:
    """Thresholds with the best sum of F, mF1 and F of "no answer here"."""
    grid = [(line, page) for line in np.arange(-3.0, 1.01, 0.25) for page in np.arange(-6.0, 3.01, 0.25)]

    def worth(pair: tuple[float, float]) -> float:
        of = figures(examples, found, *pair)
        return float(of["F"] + of["mF1"] + of["uF"])

    line, page = max(grid, key=worth)
    return float(line), float(page)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--omos", type=Path, required=True)
    parser.add_argument("--squad", type=Path, nargs="*", default=[])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=1600)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--all-pages", action="store_true", help="hold nothing out: the last run, with known thresholds"
    )
    parser.add_argument("--stop", type=int, help="stop after this step, to go on later")
    parser.add_argument("--start", type=Path, help="the state.pt of an earlier round, to begin with what it learnt")
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=NUMBER", help="settings to change")
    arguments = parser.parse_args()
    for name, _, number in (change.partition("=") for change in arguments.set):
        SETTINGS[name] = type(SETTINGS[name])(float(number))
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(SETTINGS["seed"])
    arguments.out.mkdir(parents=True, exist_ok=True)

    weights = E5Weights()
    tokenizer = E5Tokenizer(weights, arguments.out)
    omos_files = sorted(arguments.omos.glob("train_*.jsonl"))
    omos, cards = Omos(omos_files), Cards()
    squad = Squad(arguments.squad) if arguments.squad else None
    source = Source(omos, squad, cards, SETTINGS, arguments.all_pages)
    network = ReaderNetwork(weights, SETTINGS["rank"], SETTINGS["dropout"])
    head = [value for name, value in parameters(network) if name.startswith(("line_", "row_"))]
    body = [value for name, value in parameters(network) if not name.startswith(("line_", "row_"))]
    optimizer = torch.optim.AdamW(
        [{"params": body, "lr": SETTINGS["learning_rate"]}, {"params": head, "lr": SETTINGS["head_learning_rate"]}],
        weight_decay=SETTINGS["weight_decay"],
    )
    steps = arguments.steps

    def pace(step: int) -> float:
        warmup = int(SETTINGS["warmup"])
        return float(min((step + 1) / warmup, max(0.0, (steps - step) / max(1, steps - warmup))))

    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, pace)
    if arguments.start:
        network.load_state_dict(torch.load(arguments.start, weights_only=True)["network"])
    state_file, first = arguments.out / "state.pt", 0
    if state_file.exists():
        state = torch.load(state_file, weights_only=True)
        network.load_state_dict(state["network"])
        optimizer.load_state_dict(state["optimizer"])
        schedule.load_state_dict(state["schedule"])
        first = state["step"]

    held = [
        omos.example(id, language, language)
        for id in omos.ids
        for language in omos.languages
        if held_out(omos.example(id, language, language).group)
    ]
    held_cards = [example for example in cards.examples() if held_out(example.group)]
    print(
        json.dumps(
            {"steps": steps, "from": first, "held out": len(held), "cards": len(held_cards), "stale": cards.stale}
        ),
        flush=True,
    )

    def save(step: int) -> None:
        temporary = state_file.with_suffix(".new")
        state = {
            "network": dict(parameters(network)),
            "optimizer": optimizer.state_dict(),
            "schedule": schedule.state_dict(),
        }
        torch.save({**state, "step": step}, temporary)
        temporary.replace(state_file)

    def report(step: int, every: int) -> tuple[float, float]:
        few, few_cards = held[::every], held_cards[::every]
        found = scores(network, tokenizer, few, SETTINGS["window"])
        line, page = choose_thresholds(few, found)
        on_cards = scores(network, tokenizer, few_cards, SETTINGS["window"])
        card_line, card_page = choose_thresholds(few_cards, on_cards)
        print(
            json.dumps(
                {
                    "step": step,
                    "omos": figures(few, found, line, page),
                    "thresholds": [line, page],
                    "cards": figures(few_cards, on_cards, card_line, card_page),
                    "card thresholds": [card_line, card_page],
                }
            ),
            flush=True,
        )
        return line, page

    started, running = time.perf_counter(), 0.0
    for step, batch in enumerate(batches(source, tokenizer, SETTINGS, steps, first), start=first):
        if step >= min(steps, arguments.stop or steps):
            break
        with torch.autocast("cpu", torch.bfloat16):
            loss = loss_of(network, batch, SETTINGS)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(body + head, 1.0)
        optimizer.step()
        schedule.step()
        running += loss.item()
        if (step + 1) % 25 == 0:
            each = (time.perf_counter() - started) / (step + 1 - first)
            print(f"step {step + 1}/{steps}  loss {running / 25:.3f}  {each:.2f} s a step", flush=True)
            running = 0.0
        if (step + 1) % 100 == 0:
            save(step + 1)
        if (step + 1) % 300 == 0:
            report(step + 1, 4)
    save(min(steps, arguments.stop or steps))
    line, page = report(steps, 1)
    earlier = arguments.start and json.loads(arguments.start.with_name("record.json").read_text(encoding="utf-8"))
    record = {
        "begun with": earlier,
        "settings": SETTINGS,
        "steps": steps,
        "thresholds": {"line": line, "page": page},
        "omos": digest(omos_files),
        "squad": digest(arguments.squad),
    }
    (arguments.out / "record.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
