"""The bake-off of embedders: which of them finds the service cards that answer the residents' questions.

Vectors alone are measured, without the lexical index, the space and the rest of retrieval: a card's score is that of
its passage nearest to the question, in whatever language.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from corpus.cards import load_cards
from corpus.documents import Document
from evals.bakeoffs import Bakeoff, BakeoffError, Task, Trial
from evals.metrics import ndcg, precision, reciprocal_rank, source_of
from indexing.embedders import EMBEDDED, Embedder, UnknownModel, load_embedder
from indexing.passages import indexed_text
from indexing.splitters import Splitter
from indexing.vector_cache import VectorCache

NAME = "embedders"
METRICS = {"p@1": "P@1", "mrr": "MRR@10", "ndcg": "nDCG@10"}
DEPTH = 10
PASSAGE_TOKENS = 160
"""What an index takes unless it is told otherwise (``IndexConfig.passage_tokens``)."""

Load = Callable[[str], Embedder]


def residents_questions() -> list[Task]:
    """The residents' questions that cards answer; one topic in sixteen languages is one question."""
    from evals.suite_files import find_suite, load_suite

    return [
        Task(case.id, case.language, case.kind or "resident", case.group or case.id, case.turns[0].question, relevant)
        for case in load_suite(find_suite("residents")).cases
        if (relevant := case.turns[0].relevant)
    ]


def cards() -> list[Document]:
    """The shipped cards in all of their languages."""
    return [document for card in load_cards() for document in card.documents()]


def run(
    tasks: Sequence[Task],
    documents: Sequence[Document],
    candidates: Sequence[str],
    cache: Path,
    config: dict[str, Any],
    load: Load | None = None,
) -> Bakeoff:
    """Let every candidate, an embedder as ``load_candidate`` takes it, rank the documents for every question.
    Vectors of passages are kept in ``cache``. Raises BakeoffError, EmbedderError."""
    load = load or (lambda name: load_candidate(name, cache))
    trials: dict[str, list[Trial]] = {}
    missing: dict[str, str] = {}
    extra: dict[str, dict[str, float]] = {}
    fingerprints: dict[str, str] = {}
    passages: dict[str, int] = {}
    for name in candidates or (EMBEDDED,):
        try:
            embedder = load(name)
        except UnknownModel as error:
            missing[name] = str(error)
            continue
        sources, vectors = _embedded(embedder, documents, cache)
        trials[name] = [_asked(embedder, task, sources, vectors) for task in tasks]
        seconds = sum(trial.ms for trial in trials[name]) / 1000
        extra[name] = {"queries/s": len(tasks) / seconds, "dimension": float(embedder.dimension)}
        fingerprints[name], passages[name] = embedder.fingerprint, len(sources)
    if not trials:
        raise BakeoffError("\n".join(missing.values()))
    settings = {**config, "fingerprints": fingerprints, "passages": passages}
    return Bakeoff(NAME, METRICS, trials, settings, extra, missing)


def load_candidate(name: str, cache: Path) -> Embedder:
    """The embedder that ``[index] model`` would take; or the embedded one computed in another precision, as
    ``multilingual-e5-small:int8``. Raises BakeoffError, EmbedderError."""
    model, colon, precision = name.partition(":")
    if model != EMBEDDED or not colon:
        return load_embedder(name, cache=cache)
    from indexing.e5 import E5Embedder
    from indexing.e5_graph import Precision

    if precision not in [str(one) for one in Precision]:
        raise BakeoffError(f'there is no precision "{precision}": {EMBEDDED} knows {", ".join(Precision)}')
    return E5Embedder(cache=cache, precision=Precision(precision))


def ranked(sources: Sequence[str], scores: np.ndarray) -> list[str]:
    """Sources by their best passage, best first. ``sources`` and ``scores`` are of the passages."""
    order = np.argsort(-scores, kind="stable")
    return list(dict.fromkeys(sources[place] for place in order))


def _embedded(embedder: Embedder, documents: Sequence[Document], cache: Path) -> tuple[list[str], np.ndarray]:
    """The source of every passage, and its vector."""
    splitter = Splitter(embedder.count_tokens, min(PASSAGE_TOKENS, embedder.max_tokens), embedder.max_tokens)
    rows = [(source_of(d.id), indexed_text(d, passage)) for d in documents for passage in splitter.split(d)]
    cache.mkdir(parents=True, exist_ok=True)
    kept = VectorCache(cache / "bakeoff.sqlite", embedder.fingerprint)
    try:
        vectors = kept.embed([text for _, text in rows], embedder.embed_passages, lambda number: None)
    finally:
        kept.close()
    return [source for source, _ in rows], np.asarray(vectors, np.float32)


def _asked(embedder: Embedder, task: Task, sources: Sequence[str], vectors: np.ndarray) -> Trial:
    """Time is that of embedding the question: searching takes the same whichever model embeds."""
    started = time.perf_counter()
    query = embedder.embed_queries([task.text])[0]
    ms = (time.perf_counter() - started) * 1000
    found = ranked(sources, vectors @ query)[:DEPTH]
    hits = [source in task.expected for source in found]
    scores = {
        "p@1": precision(hits, 1),
        "mrr": reciprocal_rank(hits, DEPTH),
        "ndcg": ndcg(hits, DEPTH, len(task.expected)),
    }
    return Trial(task, " ".join(found), scores, ms)
