"""How well unsupported sentences are caught and supported ones let through, and what that costs an answer.

    python benchmarks/grounding.py [--rows N] [--judge entailment|endpoint|similarity|none] [--all-cards] [--seed N]

Written claims (``assistant/training/claims/<language>.jsonl``: card, claim, kind, supported), each given the card in
its own language and in another; and made ones. Supported: sentences of the service cards, given the same card in
another language. Unsupported: the same with a figure changed, or with another municipality. Only cards that the model
of entailment never learnt from, nor its threshold, unless ``--all-cards``. ``--judge endpoint``: with entailment, and
then the language model that is configured, which is asked to verify what passed; milliseconds are not of that call.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import statistics
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from assistant.answering import index_config
from assistant.config import read_config
from assistant.entailment import EntailmentModel
from assistant.grounding import Checked, Fault, Grounding, Source
from assistant.grounding_support import Entailment, SimilaritySupport, Support
from assistant.language_id import LanguageIdentifier
from assistant.languages import Language, load_languages
from assistant.llm_config import LlmConfig
from assistant.llm_endpoint import Endpoint
from assistant.llms import LlmError, spending
from assistant.official_terms import load_official_terms
from assistant.reading import ReadSentence
from assistant.training.claims import part_of, written
from assistant.verifying import Verifier
from assistant.writing_sources import Links
from corpus.documents import Document
from corpus.glossary import load_glossary
from indexing.embedders import Embedder, load_embedder, load_tokenizer
from indexing.serving import CurrentIndex

Verdict = tuple[Checked, tuple[float, float]]
"""And the milliseconds of processor time that it took with a new source and with a known one."""


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
        return Support(1.0, self.nearness(claim, lines))

    def nearness(self, claim: str, lines: Sequence[str]) -> tuple[float, ...]:
        return (1.0,) * len(lines)


def main() -> None:
    """Print the shares by kind, and milliseconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all-cards", action="store_true")
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--judge", choices=("entailment", "endpoint", "similarity", "none"), default="entailment")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    languages = load_languages()
    config = read_config(os.environ).index
    embedder = load_embedder(config.model, cache=config.cache, threads=1)
    cards = load_sources(embedder)
    pairs = [*of_cards(cards, arguments.seed), *of_claims(cards, arguments.seed)]
    if not arguments.all_cards:
        pairs = [pair for pair in pairs if part_of(pair.card) == "test"]
    random.Random(arguments.seed).shuffle(pairs)
    pairs = pairs[: arguments.rows]
    judge: Entailment = NoEntailment() if arguments.judge == "none" else SimilaritySupport(embedder)
    if arguments.judge in ("entailment", "endpoint"):
        tokenizer = load_tokenizer(embedder, config.cache)
        judge = EntailmentModel(tokenizer, SimilaritySupport(embedder), cache=config.cache)
    grounding = Grounding(languages, LanguageIdentifier(languages), judge, load_official_terms())
    found = [checked(grounding, pair, cards) for pair in pairs]
    if arguments.judge == "endpoint":
        found = verified(read_config(os.environ).llm, pairs, found, cards, languages)
    report(judge.name if arguments.judge != "endpoint" else f"{judge.name}, then the endpoint", pairs, found)


def checked(grounding: Grounding, pair: Pair, cards: dict[tuple[str, str], Source]) -> Verdict:
    """By every check but the last."""
    taken = []
    for _ in range(2):
        started = time.thread_time()
        found = grounding.check(pair.claim, pair.language, [cards[pair.card, pair.source_language]])
        taken.append((time.thread_time() - started) * 1000)
    return found, (taken[0], taken[1])


def verified(
    config: LlmConfig,
    pairs: list[Pair],
    found: list[Verdict],
    cards: dict[tuple[str, str], Source],
    languages: Mapping[str, Language],
) -> list[Verdict]:
    """What passed, verified by the language model; a call that fails confirms nothing, as in an answer."""
    if not config.enabled:
        raise SystemExit("no language model is configured: set NEUVO_LLM_URL and NEUVO_LLM_MODEL")
    endpoint, again = Endpoint(config), list[Verdict]()
    verifier = Verifier(endpoint)
    for pair, (verdict, taken) in zip(pairs, found, strict=True):
        if not verdict.fault and not verdict.verbatim:
            source, links = cards[pair.card, pair.source_language], Links()
            try:
                with spending(config.seconds):
                    held = verifier.holds(pair.claim, languages[pair.language], [source], links)
            except LlmError:
                held = False
            verdict = verdict if held else Checked(fault=Fault.UNVERIFIED)
        again.append((verdict, taken))
    endpoint.close()
    return again


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


def of_claims(cards: dict[tuple[str, str], Source], seed: int) -> Iterator[Pair]:
    """The written claims, by the card in their own language and in another."""
    rng = random.Random(seed)
    for claim in written():
        others = [code for slug, code in cards if slug == claim.card and code != claim.language]
        for code in (claim.language, rng.choice(others)):
            if (claim.card, code) in cards:
                where = "same" if code == claim.language else "cross"
                kind = f"{claim.kind}: {where}"
                yield Pair(claim.text, claim.language, claim.card, code, kind, claim.supported)


def report(name: str, pairs: list[Pair], found: list[Verdict]) -> None:
    """By kind: how many, the share withheld, and why."""
    by_kind: dict[str, list[Checked]] = defaultdict(list)
    for pair, (verdict, _) in zip(pairs, found, strict=True):
        by_kind[pair.kind].append(verdict)
    print(f"\n{name}")
    for supported, what in ((True, "supported"), (False, "unsupported")):
        for made in (False, True):
            some = [
                one
                for pair, (one, _) in zip(pairs, found, strict=True)
                if pair.supported is supported and pair.kind.endswith(": card") is made
            ]
            if some:
                share = sum(one.fault is not None for one in some) / len(some)
                print(f"  {what} {'made' if made else 'written':8} {len(some):5}  withheld {share:6.1%}")
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
