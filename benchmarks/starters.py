"""Whether the questions that the page offers to begin with are answered, each from its own card.

    NEUVO_DATA=... python benchmarks/starters.py

Asks every starter question of every language of the assistant over the data folder's build. Counts answers (and
clarifying questions, which the question about the integration plan deserves) that cite the card the question is for.
"""

from __future__ import annotations

import os
import re

from assistant.answering import build_assistant, index_config
from assistant.answers import Outcome
from assistant.config import read_config
from assistant.languages import load_languages
from web.rendering import TEMPLATES
from web.texts import load_texts

QUESTION = re.compile(r'\("([\w-]+)", _\("([^"]+)"\)\)')


def main() -> None:
    assistant = build_assistant(index_config(read_config(os.environ), load_languages()))
    questions = QUESTION.findall((TEMPLATES / "starters.html").read_text(encoding="utf-8"))
    answered = asked = 0
    for code, texts in load_texts(assistant.languages).items():
        for card, message in questions:
            question = texts.translations.gettext(message)
            answer = assistant.ask(question, page_language=code)
            cited = {citation.document for sentence in answer.sentences for citation in sentence.citations}
            good = answer.status in (Outcome.ANSWERED, Outcome.CLARIFY) and f"card-{card}-{code}" in cited
            asked += 1
            answered += good
            if not good:
                print(f"{code} {answer.status.value}: {question} {sorted(cited)}")
    print(f"{answered} of {asked} are answered from their card")


if __name__ == "__main__":
    main()
