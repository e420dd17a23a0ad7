"""The bake-offs by name, and how each is held."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.config import AssistantConfig
    from evals.bakeoffs import Bakeoff, Task

BAKEOFFS = {
    "language-id": "Which language identifier tells short texts best",
    "embedders": "Which embedder finds the cards that answer the residents' questions",
}


def hold(
    name: str,
    candidates: Sequence[str],
    data: Path | None,
    languages: Sequence[str],
    first: int | None,
    config: Callable[[], AssistantConfig],
) -> Bakeoff:
    """Hold the bake-off of that name over the texts in these languages, the ``first`` of each. ``config`` says where
    vectors are kept. Raises BakeoffError, EmbedderError."""
    from evals import embedder_bakeoff, language_bakeoff
    from evals.bakeoffs import BakeoffError

    candidates = list(dict.fromkeys(candidates))
    if name == language_bakeoff.NAME:
        tasks = language_bakeoff.read_texts(data) if data else language_bakeoff.residents_questions()
        tasks = _chosen(tasks, languages, first)
        texts = {"data": str(data or "the residents' questions"), "languages": list(languages), "tasks": len(tasks)}
        return language_bakeoff.run(tasks, candidates or ["neuvo", "py3langid"], texts)
    if data:
        raise BakeoffError(f"--data is for {language_bakeoff.NAME}: {name} asks the residents' questions")
    tasks = _chosen(embedder_bakeoff.residents_questions(), languages, first)
    texts = {"data": "the residents' questions", "languages": list(languages), "tasks": len(tasks)}
    return embedder_bakeoff.run(tasks, embedder_bakeoff.cards(), candidates, config().index.cache, texts)


def _chosen(tasks: Sequence[Task], languages: Sequence[str], first: int | None) -> list[Task]:
    """Raises BakeoffError where nothing is left."""
    from evals.bakeoffs import BakeoffError

    taken: dict[str, int] = {}
    found = []
    for task in tasks:
        taken[task.language] = taken.get(task.language, 0) + 1
        if (not languages or task.language in languages) and (first is None or taken[task.language] <= first):
            found.append(task)
    if not found:
        raise BakeoffError(f"no text is in {', '.join(languages) or 'the data'}")
    return found
