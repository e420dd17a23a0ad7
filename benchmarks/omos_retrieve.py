"""Page-level retrieval over OMoS-QA with the product's own splitter, build and search.

    python benchmarks/omos_retrieve.py --pages train_de.jsonl dev_de.jsonl --questions train_de.jsonl dev_de.jsonl

The collection is every distinct page (``pageId``) of ``--pages``; questions are the answerable ones of
``--questions``, in any language; the right page has the question's ``pageId``. A page's rank is that of its
best passage. Printed: MRR@50, R@1, R@5, R@10, in per cent. Data: OMoS-QA, CC BY 4.0,
https://github.com/digitalfabrik/integreat-qa-dataset.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assistant.languages import load_languages
from corpus.documents import Block, BlockKind, Document
from indexing.builds import IndexConfig, make_build
from indexing.embedders import EMBEDDED, load_embedder
from indexing.retrieval import Index

OTHER_ANALYSERS = {"de": "snowball:german"}
DEEP = 400


def rows(paths: list[Path]) -> Iterator[dict[str, Any]]:
    for path in paths:
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                row.setdefault("language", path.stem.rpartition("_")[2])
                yield row


def page(row: dict[str, Any], language: str) -> Document:
    """The page as a Document: its lines are blocks; the title, which the data repeats, is its title."""
    text = row["context"]
    lines = text.split("\n")
    blocks, at = [], 0
    for number, line in enumerate(lines):
        start = at + len(line) - len(line.lstrip())
        end = at + len(line.rstrip())
        if start < end and not (number < 2 and line.strip() == lines[0].strip()):
            blocks.append(Block(BlockKind.PARAGRAPH, start, end))
        at += len(line) + 1
    return Document(f"{row['pageId']}-{language}", lines[0].strip(), text, language, tuple(blocks))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", nargs="+", type=Path, required=True)
    parser.add_argument("--questions", nargs="+", type=Path, required=True)
    parser.add_argument("--data", type=Path, help="keep the index and the vector cache here")
    parser.add_argument("--model", default=EMBEDDED)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()

    documents: dict[str, Document] = {}
    for path in arguments.pages:
        language = path.stem.rpartition("_")[2]
        for row in rows([path]):
            found = page(row, language)
            documents.setdefault(found.id, found)
    with tempfile.TemporaryDirectory() as temporary:
        analysers = {code: language.analyser for code, language in load_languages().items()}
        config = IndexConfig(
            data=arguments.data or Path(temporary),
            model=arguments.model,
            threads=arguments.threads,
            analysers=OTHER_ANALYSERS | analysers,
        )
        embedder = load_embedder(config.model, cache=config.cache, threads=config.threads)
        report = make_build(list(documents.values()), config, embedder)
        index = Index(config, report.manifest.id, embedder)
        ranks = []
        for path in arguments.questions:
            language = path.stem.rpartition("_")[2]
            for row in rows([path]):
                if row["answers"]:
                    ranks.append(rank(index, row["question"], language, row["pageId"]))
        index.close()
    share = {f"R@{k}": 100 * sum(r is not None and r <= k for r in ranks) / len(ranks) for k in (1, 5, 10)}
    mrr = 100 * sum(1 / r for r in ranks if r is not None and r <= 50) / len(ranks)
    figures = {"MRR@50": mrr, **share}
    print(
        json.dumps(
            {
                "questions": len(ranks),
                "pages": len(documents),
                "passages": report.manifest.passages,
                **{name: round(value, 1) for name, value in figures.items()},
            }
        )
    )


def rank(index: Index, question: str, language: str, page_id: int) -> int | None:
    """The right page's rank among the pages found, from 1."""
    pages: list[str] = []
    for hit in index.search(question, language, count=DEEP):
        found = hit.document.id.rpartition("-")[0]
        if found not in pages:
            pages.append(found)
    return pages.index(str(page_id)) + 1 if str(page_id) in pages else None


if __name__ == "__main__":
    main()
