"""From question to chosen sentences over all pages of OMoS-QA: finding, reading and deciding together.

    python benchmarks/omos_answer.py --pages train_de.jsonl dev_de.jsonl --questions dev_de.jsonl [--data DIR]

The product's search finds passages in the collection of all ``--pages``, its reader reads and decides; beside it the
same reader is given the right page only ("oracle"). A sentence stands for the lines of the page it lies in; sentences
of another page count as wrong. Printed, in per cent: the data's P, R, F, mean F1, and F of "no answer here".
Data: OMoS-QA, CC BY 4.0, https://github.com/digitalfabrik/integreat-qa-dataset.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from omos_retrieve import OTHER_ANALYSERS, page, rows

from assistant.calibration import load_calibration
from assistant.composing import choose
from assistant.config import AssistantConfig
from assistant.figures import FigureQuestions
from assistant.languages import load_languages
from assistant.reader_model import ReadingModel
from assistant.reading import ModelReader, Reading
from assistant.training.measures import measures
from corpus.documents import Document
from indexing.builds import IndexConfig, make_build
from indexing.e5 import E5Embedder
from indexing.retrieval import Index


def lines_of(document: Document, places: Iterable[int]) -> set[int]:
    """The numbers of the document's lines in which the places lie."""
    return {document.text.count("\n", 0, place) for place in places}


def chosen(reading: Reading, least: float) -> tuple[str | None, set[int]]:
    """The document answered from and its lines; none where nothing is likely enough."""
    if reading.probability < least:
        return None, set()
    best = reading.texts[0]
    return best.document.id, lines_of(best.document, [sentence.start for sentence in choose(best)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", nargs="+", type=Path, required=True)
    parser.add_argument("--questions", type=Path, required=True)
    parser.add_argument("--data", type=Path, help="keep the index and the vector cache here")
    arguments = parser.parse_args()
    documents: dict[str, Document] = {}
    for path in arguments.pages:
        for row in rows([path]):
            found = page(row, path.stem.rpartition("_")[2])
            documents.setdefault(found.id, found)
    language = arguments.questions.stem.rpartition("_")[2]
    pages_language = arguments.pages[0].stem.rpartition("_")[2]
    least = AssistantConfig().thresholds.answer
    gold: list[set[int]] = []
    results: dict[str, list[set[int]]] = {"product": [], "oracle": []}
    with tempfile.TemporaryDirectory() as temporary:
        analysers = {code: known.analyser for code, known in load_languages().items()}
        config = IndexConfig(data=arguments.data or Path(temporary), analysers=OTHER_ANALYSERS | analysers)
        embedder = E5Embedder(cache=config.cache)
        report = make_build(list(documents.values()), config, embedder)
        index = Index(config, report.manifest.id, embedder)
        model = ReadingModel(embedder.tokenizer, cache=config.cache)
        reader = ModelReader(model, load_calibration("hits"), FigureQuestions(load_languages()))
        for row in rows([arguments.questions]):
            gold.append(set(row["answers"]))
            right = f"{row['pageId']}-{pages_language}"
            vector = index.embed_question(row["question"], language)
            for name, allowed in (("product", None), ("oracle", right)):
                hits = index.search(
                    row["question"],
                    language,
                    vector=vector,
                    allowed=lambda document, only=allowed: only in (None, document.id),
                )
                id, mine = chosen(reader.read(index, row["question"], language, vector, hits), least)
                results[name].append(mine if id == right else {-1 - line for line in mine})
        index.close()
    summary: dict[str, Any] = {name: measures(gold, found) for name, found in results.items()}
    print(json.dumps({"pages": len(documents), "questions": len(results["oracle"]), **summary}))


if __name__ == "__main__":
    main()
