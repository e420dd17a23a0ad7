"""Page-level retrieval over OMoS-QA with the product's own splitter, build and search.

    python benchmarks/omos_retrieve.py --pages train_de.jsonl dev_de.jsonl --questions train_en.jsonl dev_en.jsonl
    python benchmarks/omos_retrieve.py --matrix --pages *_{de,en,ar,uk}.jsonl --questions *_{de,en,ar,uk}.jsonl

The collection is every distinct page (``pageId``) of ``--pages``; questions are the answerable ones of
``--questions``, in any language; the right page has the question's ``pageId``, in whatever language. A page's rank
is that of its best passage. Printed: MRR@50, R@1, R@5, R@10, in per cent. With ``--matrix`` each language of
``--pages`` is an index of its own, then all are one, and MRR@50 is printed by language of questions and pages, with
the mean over pairs of different languages. Data: OMoS-QA, CC BY 4.0, https://github.com/digitalfabrik/integreat-qa-dataset.
"""

from __future__ import annotations

import argparse
import json
import shutil
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


def language_of(path: Path) -> str:
    return path.stem.rpartition("_")[2]


def read_pages(paths: list[Path]) -> dict[str, list[Document]]:
    """Distinct pages by language."""
    found: dict[str, dict[str, Document]] = {}
    for path in paths:
        for row in rows([path]):
            document = page(row, language_of(path))
            found.setdefault(language_of(path), {}).setdefault(document.id, document)
    return {language: list(documents.values()) for language, documents in found.items()}


def read_questions(paths: list[Path]) -> dict[str, list[tuple[str, int]]]:
    """Answerable questions with their page, by language."""
    found: dict[str, list[tuple[str, int]]] = {}
    for path in paths:
        mine = [(row["question"], row["pageId"]) for row in rows([path]) if row["answers"]]
        found.setdefault(language_of(path), []).extend(mine)
    return found


class Bench:
    """Builds indexes in ``data`` and asks them."""

    def __init__(self, data: Path, model: str, threads: int) -> None:
        analysers = {code: language.analyser for code, language in load_languages().items()}
        self.config = IndexConfig(data=data, model=model, threads=threads, analysers=OTHER_ANALYSERS | analysers)
        self.embedder = load_embedder(model, cache=self.config.cache, threads=threads)

    def ranks(
        self, pages: list[Document], questions: dict[str, list[tuple[str, int]]], folder: str = ""
    ) -> tuple[int, dict[str, list[int | None]]]:
        """Number of passages, and ranks of the right pages by language of the questions."""
        config = self.config.model_copy(update={"data": self.config.data / folder})
        manifest = make_build(pages, config, self.embedder).manifest
        index = Index(config, manifest.id, self.embedder)
        found = {
            language: [rank(index, question, language, page_id) for question, page_id in asked]
            for language, asked in questions.items()
        }
        index.close()
        return manifest.passages, found


def figures(ranks: list[int | None]) -> dict[str, float]:
    mrr = 100 * sum(1 / r for r in ranks if r is not None and r <= 50) / len(ranks)
    shares = {f"R@{k}": 100 * sum(r is not None and r <= k for r in ranks) / len(ranks) for k in (1, 5, 10)}
    return {"MRR@50": mrr, **shares}


def print_matrix(bench: Bench, pages: dict[str, list[Document]], questions: dict[str, list[tuple[str, int]]]) -> None:
    collections = {"all": [page for documents in pages.values() for page in documents], **pages}
    cells: dict[tuple[str, str], float] = {}
    data = bench.config.data
    for name, documents in collections.items():
        if name != "all":  # a smaller build would make a shared cache forget the rest
            shutil.copytree(data / "all" / "cache", data / name / "cache", dirs_exist_ok=True)
        for language, ranks in bench.ranks(documents, questions, name)[1].items():
            cells[language, name] = figures(ranks)["MRR@50"]
    print("| MRR@50 | " + " | ".join(f"{name} pages" for name in collections) + " |")
    print("|---" * (len(collections) + 1) + "|")
    for language in questions:
        print(f"| {language} questions | " + " | ".join(f"{cells[language, name]:.1f}" for name in collections) + " |")
    across = [cell for (language, name), cell in cells.items() if name not in (language, "all")]
    print(f"\nmean of the {len(across)} pairs of different languages: {sum(across) / len(across):.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", nargs="+", type=Path, required=True)
    parser.add_argument("--questions", nargs="+", type=Path, required=True)
    parser.add_argument("--matrix", action="store_true", help="every language of the pages by itself, and all as one")
    parser.add_argument("--data", type=Path, help="keep the index and the vector cache here")
    parser.add_argument("--model", default=EMBEDDED)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    pages, questions = read_pages(arguments.pages), read_questions(arguments.questions)
    with tempfile.TemporaryDirectory() as temporary:
        bench = Bench(arguments.data or Path(temporary), arguments.model, arguments.threads)
        if arguments.matrix:
            print_matrix(bench, pages, questions)
            return
        documents = [document for found in pages.values() for document in found]
        passages, ranks = bench.ranks(documents, questions)
    found = [rank for mine in ranks.values() for rank in mine]
    sizes = {"questions": len(found), "pages": len(documents), "passages": passages}
    print(json.dumps(sizes | {name: round(value, 1) for name, value in figures(found).items()}))


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
