"""Conversations of two and three turns over the shipped cards: is each turn understood and answered rightly?

    python benchmarks/conversations.py [--data DIR] [--wrong]

Cases: ``evals/data/conversations.jsonl``. A turn is right when it is answered from one of its cards and carries its
facts, or when its outcome is the one expected; a turn without cards is right when nothing is answered. Printed:
first turns, later turns and whole conversations right, by language.
"""

from __future__ import annotations

import argparse
import json
import secrets
from collections import defaultdict
from pathlib import Path
from typing import Any

from assistant.answering import build_assistant
from assistant.answers import Answer, Outcome
from assistant.config import AssistantConfig
from assistant.questions import Profile, Situation
from corpus.cards import load_cards
from corpus.checks import occurrences
from indexing.builds import IndexConfig

CASES = Path(__file__).parent.parent / "evals" / "data" / "conversations.jsonl"
GIVEN = (Outcome.ANSWERED, Outcome.PARTIAL, Outcome.CLARIFY)


def right(answer: Answer, turn: dict[str, Any], language: str, wordings: dict[tuple[str, str, str], str]) -> bool:
    cards = {c.document.removeprefix("card-").rpartition("-")[0] for s in answer.sentences for c in s.citations}
    wanted = turn.get("outcome")
    if not turn["cards"]:
        return answer.status not in GIVEN
    if wanted == "clarify" and answer.status is Outcome.CLARIFY:
        return True
    if answer.status is Outcome.CRISIS or answer.status is Outcome.EMERGENCY:
        return "emergency-and-crisis" in turn["cards"]
    if answer.status not in GIVEN or not cards & set(turn["cards"]):
        return False
    text = " ".join(sentence.text for sentence in answer.sentences)
    return all(
        any(occurrences(wordings.get((card, language, fact), fact), text) for card in turn["cards"])
        for fact in turn.get("facts", [])
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--wrong", action="store_true", help="print the turns that went wrong")
    arguments = parser.parse_args()
    assistant = build_assistant(AssistantConfig(index=IndexConfig(data=arguments.data)))
    wordings = {
        (card.slug, text.language, fact.value): text.wording(name, fact)
        for card in load_cards()
        for text in card.texts
        for name, fact in card.facts.items()
    }
    table: dict[str, tuple[list[bool], list[bool], list[bool]]] = defaultdict(lambda: ([], [], []))
    for line in CASES.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        conversation, profile, good = secrets.token_urlsafe(16), Profile(), []
        for number, turn in enumerate(case["turns"]):
            said = turn.get("profile", {})
            if said:
                place, situation = said.get("municipality"), said.get("situation")
                profile = Profile(place and place.capitalize(), Situation(situation) if situation else None)
            answer = assistant.ask(
                turn["question"], language=case["language"], profile=profile, conversation=conversation
            )
            good.append(right(answer, turn, case["language"], wordings))
            if not good[-1] and arguments.wrong:
                cards = [c.document for s in answer.sentences for c in s.citations][:1]
                print(
                    f"{case['id']}.{number + 1} {turn['question']} -> {answer.status} {cards} {answer.trace['reasons']}"
                )
        first, later, whole = table[case["language"]]
        first.append(good[0])
        later += good[1:]
        whole.append(all(good))
    assistant.close()
    print("| language | first turns | later turns | whole conversations |\n|---|---|---|---|")
    pooled = tuple([value for row in table.values() for value in row[n]] for n in range(3))
    for language, row in [*sorted(table.items()), ("all", pooled)]:
        print(f"| {language} | " + " | ".join(f"{100 * sum(v) / len(v):.0f} of {len(v)}" for v in row) + " |")


if __name__ == "__main__":
    main()
