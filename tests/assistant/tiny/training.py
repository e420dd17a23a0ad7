"""Trains the tiny packages, once a version of these files: about a minute of one core each. For tests only."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import sentencepiece
import torch
from torch.nn import functional

from tests.assistant.tiny.network import BOS, EOS, PAD, Network, export

HERE = Path(__file__).parent
LANGUAGES = ("fi", "en", "ar")
"""The columns of phrases.tsv."""
NAMES = {"fi": "Finnish", "en": "English", "ar": "Arabic"}
WIDTH, HEADS, LAYERS = 96, 4, 2
STEPS, BATCH, RATE = 1000, 32, 2e-3
PIECES = 420


def tiny_package(source: str, target: str) -> Path:
    """The package's folder, trained unless this version of it was before; kept in the user's cache folder."""
    version = hashlib.sha256()
    for file in sorted(HERE.iterdir()):
        if file.suffix in (".py", ".tsv"):
            version.update(file.read_bytes())
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "neuvo-tests"
    place = cache / f"tiny-{source}-{target}-{version.hexdigest()[:16]}"
    if not place.exists():
        cache.mkdir(parents=True, exist_ok=True)
        for old in cache.glob(f"tiny-{source}-{target}-*"):
            shutil.rmtree(old, ignore_errors=True)
        with tempfile.TemporaryDirectory(dir=cache) as temporary:
            made = Path(temporary) / "package"
            train(source, target, made)
            made.rename(place)
    return place


def phrases(source: str, target: str) -> list[tuple[str, str]]:
    """The phrase pairs, with {n} and {m} where numbers stand."""
    rows = [line.split("\t") for line in (HERE / "phrases.tsv").read_text(encoding="utf-8").splitlines()]
    one, other = LANGUAGES.index(source), LANGUAGES.index(target)
    return [(row[one], row[other]) for row in rows]


def train(source: str, target: str, folder: Path) -> float:
    """Write a package for one direction into the new ``folder``; returns the loss of its last steps."""
    torch.manual_seed(1)
    torch.set_num_threads(1)
    chance = random.Random(1)
    pairs = phrases(source, target)
    folder.mkdir()
    lines = [text.format(n="7 3 1", m="8 4 2") for pair in pairs for text in pair] + list("0123456789")
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines),
        model_prefix=str(folder / "sentencepiece"),
        vocab_size=PIECES,
        hard_vocab_limit=False,
        split_digits=True,
        character_coverage=1.0,
        num_threads=1,
        minloglevel=2,
    )
    (folder / "sentencepiece.vocab").unlink()
    processor = sentencepiece.SentencePieceProcessor(model_file=str(folder / "sentencepiece.model"))
    network = Network(processor.get_piece_size(), WIDTH, HEADS, LAYERS)
    assert sum(weights.numel() for weights in network.parameters()) < 1_000_000
    optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, betas=(0.9, 0.98), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=STEPS, pct_start=0.1)
    last = 0.0
    for step, batch in enumerate(_batches(pairs, chance)):
        given = _padded([processor.encode(one) for one, _ in batch])
        wanted = [processor.encode(other) for _, other in batch]
        logits = network(given, _padded([[BOS, *ids] for ids in wanted]))
        loss = functional.cross_entropy(
            logits.flatten(0, 1), _padded([[*ids, EOS] for ids in wanted]).flatten(), ignore_index=PAD
        )
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        last = loss.item()
        if step + 1 == STEPS:
            break
    pieces = [processor.id_to_piece(number) for number in range(processor.get_piece_size())]
    export(network, pieces, folder / "model")
    metadata = {
        "package_version": "0.1",
        "argos_version": "1.9",
        "from_code": source,
        "from_name": NAMES[source],
        "to_code": target,
        "to_name": NAMES[target],
        "type": "translate",
    }
    (folder / "metadata.json").write_text(json.dumps(metadata), encoding="utf-8")
    (folder / "README.md").write_text("For Neuvo's tests only: it knows a hundred sentences.\n", encoding="utf-8")
    return last


def _batches(pairs: list[tuple[str, str]], chance: random.Random) -> Iterator[list[tuple[str, str]]]:
    """Phrases in no order, those with numbers twice as often, each time with other numbers."""
    weights = [3 if "{n}" in one else 1 for one, _ in pairs]
    while True:
        batch = []
        for one, other in chance.choices(pairs, weights, k=BATCH):
            numbers = {name: chance.randrange(10 ** chance.randint(1, 4)) for name in "nm"}
            batch.append((one.format(**numbers), other.format(**numbers)))
        yield batch


def _padded(rows: list[list[int]]) -> torch.Tensor:
    longest = max(map(len, rows))
    return torch.tensor([row + [PAD] * (longest - len(row)) for row in rows])


if __name__ == "__main__":
    for pair in (("fi", "en"), ("en", "ar")):
        started = time.process_time()
        with tempfile.TemporaryDirectory() as scratch:
            final = train(*pair, Path(scratch) / "package")
        print(*pair, f"{time.process_time() - started:.0f} s of CPU, loss {final:.4f}")
