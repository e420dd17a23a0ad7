"""The residents' questions over the shipped cards: is the right card first, in the asker's language, with its facts?

    python benchmarks/residents.py [--data DIR] [--wrong] [--search]

Questions: ``evals/data/residents/<language>.jsonl``, 25 topics in the same order in every language. Printed per
language: right card first (of all questions, whatever was decided afterwards), its text in the asker's language,
answered, and of the questions about a figure the share whose answer carries it; then parity: of the topics about
figures, the share of languages whose best sentences carry the same figures. An emergency answered as one counts.
With ``--search`` only the first column, by retrieval alone, without screening and reading.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path

from assistant.answering import build_assistant
from assistant.answers import Outcome
from assistant.config import AssistantConfig, Thresholds
from corpus.cards import load_cards
from corpus.checks import occurrences
from corpus.glossary import load_glossary
from indexing.builds import IndexConfig, current_build
from indexing.embedders import load_embedder
from indexing.retrieval import Index

GIVEN = (Outcome.ANSWERED, Outcome.PARTIAL, Outcome.CLARIFY)
URGENT = {"emergency-and-crisis", "discrimination-and-labour-exploitation"}
CASES = Path(__file__).parent.parent / "evals" / "data" / "residents"


def share(values: list[bool]) -> str:
    return f"{100 * sum(values) / len(values):.0f}" if values else "–"


def search_alone(config: IndexConfig, wrong: bool) -> dict[str, list[bool]]:
    """By language, whether the first hit of each question is one of its cards."""
    embedder = load_embedder(config.model, cache=config.cache, threads=config.threads)
    build = current_build(config)
    if build is None:
        raise SystemExit(f"nothing has been built in {config.data} yet; run: neuvo build")
    index = Index(config, build, embedder, load_glossary())
    found: dict[str, list[bool]] = defaultdict(list)
    for path in sorted(CASES.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            case = json.loads(line)
            [hit] = index.search(case["question"], case["language"], count=1)
            found[path.stem].append(hit.document.card in case["cards"])
            if wrong and not found[path.stem][-1]:
                print(f"{case['id']} {case['question']} -> {hit.document.card} (expected {', '.join(case['cards'])})")
    index.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--wrong", action="store_true", help="print the questions whose first card is another")
    parser.add_argument("--search", action="store_true", help="retrieval alone")
    arguments = parser.parse_args()
    if arguments.search:
        found = search_alone(IndexConfig(data=arguments.data), arguments.wrong)
        print("| language | first |\n|---|---|")
        for language, first in found.items():
            print(f"| {language} | {share(first)} |")
        print(f"| all | {share([right for first in found.values() for right in first])} |")
        return
    open_config = AssistantConfig(index=IndexConfig(data=arguments.data), thresholds=Thresholds(answer=0.0))
    decide = AssistantConfig().thresholds.answer
    assistant = build_assistant(open_config)
    wordings = {
        (card.slug, text.language, fact.value): text.wording(name, fact)
        for card in load_cards()
        for text in card.texts
        for name, fact in card.facts.items()
    }
    rows: dict[str, dict[str, list[bool]]] = {}
    parity: dict[str, list[bool]] = defaultdict(list)
    for path in sorted(CASES.glob("*.jsonl")):
        row: dict[str, list[bool]] = defaultdict(list)
        for line in path.read_text(encoding="utf-8").splitlines():
            case = json.loads(line)
            answer = assistant.ask(case["question"], language=case["language"])
            if answer.status not in GIVEN:  # screened, or about another municipality
                urgent = answer.status in (Outcome.EMERGENCY, Outcome.CRISIS)
                right = urgent and case["cards"][0] in URGENT
                if not right and arguments.wrong:
                    print(f"{case['id']} {case['question']} -> {answer.status}")
                row["first"].append(right)
                row["answered"].append(right)
                continue
            hit = answer.trace["hits"][0]
            card = assistant.document(hit["document"]).card
            right = card in case["cards"]
            if not right and arguments.wrong:
                print(f"{case['id']} {case['question']} -> {card} (expected {', '.join(case['cards'])})")
            answered = (answer.trace["probability"] or 0) >= decide
            row["first"].append(right)
            row["own language"].append(hit["language"] == case["language"])
            row["answered"].append(answered)
            row["wrong answered"].append(answered and not right)
            if case["facts"]:
                text = " ".join(sentence.text for sentence in answer.sentences)
                carried = all(
                    bool(occurrences(wordings.get((slug, case["language"], fact), fact), text))
                    for fact in case["facts"]
                    for slug in [card or ""]
                )
                row["fact"].append(carried)
                parity[case["id"].partition("-")[2]].append(carried)
        rows[path.stem] = row
    assistant.close()
    columns = ["first", "own language", "answered", "wrong answered", "fact"]
    print("| language | " + " | ".join(columns) + " |")
    print("|---" * (len(columns) + 1) + "|")
    for language, row in rows.items():
        print(f"| {language} | " + " | ".join(share(row[column]) for column in columns) + " |")
    pooled = {column: [value for row in rows.values() for value in row[column]] for column in columns}
    print("| all | " + " | ".join(share(pooled[column]) for column in columns) + " |")
    print("\nparity, share of languages that carry the topic's figures:")
    print(", ".join(f"{topic}: {share(values)}" for topic, values in sorted(parity.items())))


if __name__ == "__main__":
    main()
