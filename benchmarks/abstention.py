"""When Neuvo answers and when it says that it does not know, over the shipped service cards.

    python benchmarks/abstention.py [--data DIR] [--wrong]

Answerable: the residents' questions (``evals/data/residents``) and those of ``evals/data/threshold.jsonl`` that name
a card. Unanswerable: ``evals/data/unanswerable.jsonl`` and the rest of ``threshold.jsonl``. None of them was used to
train the reading model or to fit its probabilities. Printed for thresholds from 0.1 to 0.9: answerable questions
answered, those answered from another card, unanswerable ones answered; then both by language, and the unanswerable by
kind, at the configured threshold.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assistant.answering import build_assistant
from assistant.answers import Outcome
from assistant.config import AssistantConfig, Thresholds
from indexing.builds import IndexConfig

DATA = Path(__file__).parent.parent / "evals" / "data"
GIVEN = (Outcome.ANSWERED, Outcome.PARTIAL, Outcome.CLARIFY)
URGENT = (Outcome.EMERGENCY, Outcome.CRISIS)


def cases() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in [*sorted((DATA / "residents").glob("*.jsonl")), DATA / "threshold.jsonl", DATA / "unanswerable.jsonl"]:
        for line in path.read_text(encoding="utf-8").splitlines():
            case = json.loads(line)
            yield path.parent.name if path.parent != DATA else path.stem, case


def share(values: list[bool]) -> str:
    return f"{100 * sum(values) / len(values):.1f}" if values else "–"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--wrong", action="store_true", help="print what went wrong at the configured threshold")
    arguments = parser.parse_args()
    least = AssistantConfig().thresholds.answer
    config = AssistantConfig(index=IndexConfig(data=arguments.data), thresholds=Thresholds(answer=0.0))
    assistant = build_assistant(config)
    answerable: list[tuple[dict[str, Any], str, float, bool]] = []
    others: list[tuple[dict[str, Any], str, float]] = []
    for source, case in cases():
        answer = assistant.ask(case["question"], language=case["language"])
        probability = answer.trace["probability"] if answer.status in GIVEN else 0.0
        cards = {c.document.removeprefix("card-").rpartition("-")[0] for s in answer.sentences for c in s.citations}
        if case.get("cards"):
            if answer.status in URGENT:
                probability, cards = 1.0, set(case["cards"])
            right = bool(cards & set(case["cards"]))
            answerable.append((case, source, probability, right))
            if arguments.wrong and (probability < least or not right):
                print(f"{source} {case['language']} {probability:.2f} {case['question']} -> {sorted(cards)}")
        else:
            others.append((case, source, probability))
            if arguments.wrong and probability >= least:
                said = " ".join(sentence.text for sentence in answer.sentences if sentence.citations)
                print(f"{source} {case['language']} {probability:.2f} {case['question']} -> {said}")
    assistant.close()

    residents = [(p, right) for _, source, p, right in answerable if source == "residents"]
    mixed = [(p, right) for _, source, p, right in answerable if source == "threshold"]
    own = [p for _, source, p in others if source == "unanswerable"]
    near = [p for _, source, p in others if source == "threshold"]
    print(
        f"| threshold | residents' {len(residents)} answered | from another card | further {len(mixed)} answered "
        f"| unanswerable {len(own)} answered | further {len(near)} answered |"
    )
    print("|---" * 6 + "|")
    for threshold in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9):
        columns = [
            share([p >= threshold for p, _ in residents]),
            share([p >= threshold and not right for p, right in residents]),
            share([p >= threshold for p, _ in mixed]),
            share([p >= threshold for p in own]),
            share([p >= threshold for p in near]),
        ]
        print(f"| {threshold} | " + " | ".join(columns) + " |")
    print(
        f"\nAt {least}:\n\n| language | answerable answered | from another card | unanswerable abstained |\n"
        "|---|---|---|---|"
    )
    table: dict[str, tuple[list[bool], list[bool], list[bool]]] = defaultdict(lambda: ([], [], []))
    kinds: dict[str, list[bool]] = defaultdict(list)
    for case, _, probability, right in answerable:
        table[case["language"]][0].append(probability >= least)
        table[case["language"]][1].append(probability >= least and not right)
    for case, _, probability in others:
        table[case["language"]][2].append(probability < least)
        kinds[case.get("kind", "near the topics")].append(probability < least)
    for language, values in sorted(table.items()):
        print(f"| {language} | " + " | ".join(map(share, values)) + " |")
    print("\nabstained, by kind: " + ", ".join(f"{kind} {share(values)}" for kind, values in sorted(kinds.items())))


if __name__ == "__main__":
    main()
