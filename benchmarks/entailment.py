"""What the model of entailment tells apart: claims that differ in a word or a few, of which the text supports one.

    python benchmarks/entailment.py [--seed N]

Texts of ``assistant/training/passages/held_out``, none of which it learnt from, each claim with its text in its own
language and in another. Told apart: the claim that holds has the higher probability. Both come from the same hand and
look alike, so that nothing but the text decides.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from assistant.entailment import EntailmentModel
from assistant.grounding_support import SimilaritySupport
from assistant.training.passages import HELD_OUT, KINDS, Passage, load_passages
from indexing.embedders import EMBEDDED, load_embedder, load_tokenizer


class Told(NamedTuple):
    """A pair of claims: its kind, where its text is, whether it was told apart, and which claim was let through."""

    kind: str
    where: str
    apart: bool
    held: bool
    slipped: bool


def main() -> None:
    """Print the shares by kind, in the same language and across."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        embedder = load_embedder(EMBEDDED, cache=Path(folder), threads=1)
        tokenizer = load_tokenizer(embedder, Path(folder))
        model = EntailmentModel(tokenizer, SimilaritySupport(embedder), cache=Path(folder))
        report(list(told(model, load_passages(HELD_OUT), arguments.seed)))


def told(model: EntailmentModel, passages: Iterable[Passage], seed: int) -> Iterator[Told]:
    """Every pair of claims twice: with its text in the claims' language, and in another."""
    rng = random.Random(seed)
    for passage in passages:
        for where in ("same", "cross"):
            asked = rng.choice(passage.languages)
            others = [code for code in passage.languages if code != asked]
            code = asked if where == "same" else rng.choice(others)
            title, *lines = passage.lines[code]
            for kind in KINDS:
                holds, fails = (
                    model.support(claim.text[asked], title, lines).together
                    for supported in (True, False)
                    for claim in passage.claims
                    if (claim.kind, claim.supported) == (kind, supported)
                )
                yield Told(kind, where, holds > fails, holds >= model.least, fails >= model.least)


def report(found: list[Told]) -> None:
    """By kind: told apart, claims that hold withheld, claims that do not caught."""
    groups: dict[tuple[str, str], list[Told]] = defaultdict(list)
    for one in found:
        groups[one.kind, one.where].append(one)
        groups["all", one.where].append(one)
    for (kind, where), some in sorted(groups.items()):
        apart, withheld, caught = (
            sum(values) / len(some)
            for values in (
                [one.apart for one in some],
                [not one.held for one in some],
                [not one.slipped for one in some],
            )
        )
        print(
            f"  {kind:14} {where:6} {len(some):4}  told apart {apart:6.1%}"
            f"  supported withheld {withheld:6.1%}  unsupported caught {caught:6.1%}"
        )


if __name__ == "__main__":
    main()
