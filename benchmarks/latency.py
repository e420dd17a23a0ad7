"""Time from question to complete Answer, and the share of each step, over a large index.

    python benchmarks/latency.py [--passages 20000] [--data DIR]

The index holds the shipped cards and made-up documents of ``--passages`` passages in a language of their own.
The made-up ones get random vectors, since what they say does not matter here; everything else is the product, in one
process with one thread. Questions are the residents' (``evals/data/residents``) and the unanswerable ones, each asked
once after a warm-up. Printed: p50, p95 and mean in milliseconds, each step's, and the process's resident memory.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
import zlib
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, median, quantiles
from typing import Any

import numpy as np

from assistant.answering import build_assistant, index_config
from assistant.config import AssistantConfig
from assistant.languages import load_languages
from benchmarks.serving import made_up
from corpus.cards import load_cards
from indexing.builds import IndexConfig, make_build
from indexing.e5 import E5Embedder
from indexing.embedders import Vectors
from tests.fakes import document

DATA = Path(__file__).parent.parent / "evals" / "data"
LANGUAGE = "nl"
DIRECTIONS = 32
"""In which made-up vectors differ: real ones, too, fill far fewer dimensions than they have."""


class QuickEmbedder(E5Embedder):
    """The embedded model, but for made-up texts, which get a random vector that their text decides."""

    made_up: frozenset[str] = frozenset()

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        vectors = np.empty((len(texts), self.dimension), np.float32)
        real = [n for n, text in enumerate(texts) if not self._is_made_up(text)]
        if real:
            vectors[real] = super().embed_passages([texts[n] for n in real])
        base = super().embed_passages(["A page about a service."])[0]
        directions = np.random.default_rng(0).standard_normal((DIRECTIONS, self.dimension))
        for n in set(range(len(texts))) - set(real):
            apart = np.random.default_rng(zlib.crc32(texts[n].encode())).standard_normal(DIRECTIONS) @ directions
            vector = base + 0.5 * apart / np.linalg.norm(apart)
            vectors[n] = vector / np.linalg.norm(vector)
        return vectors

    def _is_made_up(self, text: str) -> bool:
        return text.rpartition("\n")[2] in self.made_up


def questions() -> list[dict[str, Any]]:
    paths = [*sorted((DATA / "residents").glob("*.jsonl")), DATA / "unanswerable.jsonl"]
    return [json.loads(line) for path in paths for line in path.read_text(encoding="utf-8").splitlines()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passages", type=int, default=20000)
    parser.add_argument("--data", type=Path, help="keep the index here")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        data = arguments.data or Path(temporary)
        config = index_config(AssistantConfig(index=IndexConfig(data=data)), load_languages())
        cards = [text for card in load_cards() for text in card.documents()]
        texts = made_up(arguments.passages)
        filler = [document(f"made-up-{n}", text, LANGUAGE) for n, text in enumerate(texts)]
        embedder = QuickEmbedder(cache=config.index.cache)
        embedder.made_up = frozenset(line for text in texts for line in text.split("\n") if not line.startswith("#"))
        report = make_build([*cards, *filler], config.index, embedder)
        print(f"{report.manifest.passages:,} passages")
        assistant = build_assistant(config)
        asked = questions()
        random.Random(1).shuffle(asked)
        for case in asked[:10]:
            assistant.ask(case["question"], language=case["language"])
        totals: list[float] = []
        steps: dict[str, list[float]] = defaultdict(list)
        for case in asked:
            started = time.perf_counter()
            answer = assistant.ask(case["question"], language=case["language"])
            totals.append(1000 * (time.perf_counter() - started))
            for step in answer.trace["steps"]:
                steps[step["step"]].append(step["ms"])
        assistant.close()
    print("| | p50 ms | p95 ms | mean ms |\n|---|---|---|---|")
    for name, times in [("question to answer", totals), *steps.items()]:
        print(f"| {name} | {median(times):.1f} | {quantiles(times, n=20)[-1]:.1f} | {mean(times):.1f} |")
    status = Path("/proc/self/status").read_text()
    resident = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    print(f"resident memory: {int(resident.split()[1]) / 1024:.0f} MB")


if __name__ == "__main__":
    main()
