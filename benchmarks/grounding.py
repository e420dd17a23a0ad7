"""How well unsupported sentences are caught and supported ones let through, and what that costs an answer.

    python benchmarks/grounding.py [--claims FOLDER] [--rows N] [--exact] [--seed N]

Supported: sentences of the service cards, given the same card in another language. Unsupported: the same with a
figure changed, or with another municipality. With ``assistant/training/claims/<language>.jsonl`` (rows of card, claim,
kind, supported) their claims are judged too, given the card in their own language and in another.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from assistant.answering import index_config
from assistant.config import read_config
from assistant.grounding import Checked, Grounding, Source
from assistant.grounding_support import Entailment, SimilaritySupport, Support
from assistant.language_id import LanguageIdentifier
from assistant.languages import load_languages
from assistant.official_terms import load_official_terms
from assistant.reading import ReadSentence
from corpus.documents import Document
from corpus.glossary import load_glossary
from indexing.embedders import Embedder, load_embedder
from indexing.serving import CurrentIndex

CLAIMS = Path(__file__).resolve().parent.parent / "assistant" / "training" / "claims"


@dataclass(frozen=True)
class Pair:
    """A claim, the card that it is to stand in, and whether it does."""

    claim: str
    language: str
    card: str
    source_language: str
    kind: str
    supported: bool


class NoEntailment:
    """Lets everything through: what the exact checks catch alone."""

    name, least = "none", 0.0

    def support(self, claim: str, title: str, lines: list[str]) -> Support:
        return Support(1.0, (1.0,) * len(lines))


def main() -> None:
    """Print the shares by kind, and milliseconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--claims", type=Path, default=CLAIMS)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--exact", action="store_true", help="Only what is checked without a model.")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    languages = load_languages()
    config = read_config(os.environ).index
    embedder = load_embedder(config.model, cache=config.cache, threads=1)
    cards = load_sources(embedder)
    pairs = [*of_cards(cards, arguments.seed), *of_claims(cards, arguments.claims, arguments.seed)]
    random.Random(arguments.seed).shuffle(pairs)
    pairs = pairs[: arguments.rows]
    judge: Entailment = NoEntailment() if arguments.exact else SimilaritySupport(embedder)
    grounding = Grounding(languages, LanguageIdentifier(languages), judge, load_official_terms())
    report(judge.name, pairs, [checked(grounding, pair, cards) for pair in pairs])


def checked(
    grounding: Grounding, pair: Pair, cards: dict[tuple[str, str], Source]
) -> tuple[Checked, tuple[float, float]]:
    """The verdict, and the milliseconds of processor time that it took with a new source and with a known one."""
    taken = []
    for _ in range(2):
        started = time.thread_time()
        found = grounding.check(pair.claim, pair.language, [cards[pair.card, pair.source_language]])
        taken.append((time.thread_time() - started) * 1000)
    return found, (taken[0], taken[1])


def load_sources(embedder: Embedder) -> dict[tuple[str, str], Source]:
    """Every card in every language, as a source with its sentences."""
    serving = CurrentIndex(index_config(read_config(os.environ), load_languages()).index, embedder, load_glossary())
    found = {}
    with serving.use() as index:
        for document in index.documents():
            if document.card:
                lines = tuple(
                    ReadSentence(document, passage, one.start, one.end, one.text, 0.5)
                    for passage, sentences in index.sentences_of(document.id)
                    for one in sentences
                )
                found[document.card, document.language] = Source(1, document, lines)
    serving.close()
    return found


def of_cards(cards: dict[tuple[str, str], Source], seed: int) -> Iterator[Pair]:
    """Sentences of cards by the same card in another language."""
    rng = random.Random(seed)
    languages = sorted({language for _, language in cards})
    for (card, language), source in sorted(cards.items(), key=lambda one: one[0]):
        for sentence in source.sentences:
            if len(sentence.text) < 25:
                continue
            other = rng.choice([code for code in languages if code != language and (card, code) in cards])
            yield Pair(sentence.text, language, card, other, "supported: card", True)
            elsewhere = rng.choice([slug for slug, code in cards if slug != card and code == other])
            yield Pair(sentence.text, language, elsewhere, other, "another service: card", False)
            if changed := change_figure(sentence.text, rng, source.document):
                yield Pair(changed, language, card, other, "number: card", False)
            if "Espoo" in sentence.text and "Koto-Espoo" not in sentence.text:
                yield Pair(
                    sentence.text.replace("Espoo", "Tampere"), language, card, other, "municipality: card", False
                )


def change_figure(text: str, rng: random.Random, document: Document) -> str | None:
    """``text`` with one digit another, so that the number is nowhere in the document."""
    places = list(re.finditer(r"\d+", text))
    rng.shuffle(places)
    for place in places:
        for _ in range(10):
            number = str(int(place[0]) + rng.choice((1, 2, 3, 5, 10, 100)))
            if number not in re.findall(r"\d+", document.text):
                return text[: place.start()] + number + text[place.end() :]
    return None


def of_claims(cards: dict[tuple[str, str], Source], folder: Path, seed: int) -> Iterator[Pair]:
    """The written claims, by the card in their own language and in another."""
    rng = random.Random(seed)
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            others = [code for slug, code in cards if slug == row["card"] and code != path.stem]
            for code in (path.stem, rng.choice(others)):
                if (row["card"], code) in cards:
                    where = "same" if code == path.stem else "cross"
                    kind = f"{row['kind']}: {where}"
                    yield Pair(row["claim"], path.stem, row["card"], code, kind, bool(row["supported"]))


def report(name: str, pairs: list[Pair], found: list[tuple[Checked, tuple[float, float]]]) -> None:
    """By kind: how many, the share withheld, and why."""
    by_kind: dict[str, list[Checked]] = defaultdict(list)
    for pair, (verdict, _) in zip(pairs, found, strict=True):
        by_kind[pair.kind].append(verdict)
    print(f"\n{name}")
    for kind, verdicts in sorted(by_kind.items()):
        faults: dict[str, int] = defaultdict(int)
        for verdict in verdicts:
            if verdict.fault:
                faults[verdict.fault] += 1
        withheld = sum(faults.values()) / len(verdicts)
        print(f"  {kind:22} {len(verdicts):5}  withheld {withheld:6.1%}  {dict(faults)}")
    for place, what in enumerate(("a new source", "a known source")):
        times = sorted(ms[place] for _, ms in found)
        print(
            f"  ms a sentence, {what}: median {statistics.median(times):.1f}, p95 {times[int(len(times) * 0.95)]:.1f}"
        )


if __name__ == "__main__":
    main()
