"""Runs a suite: asks, scores and records every case, and carries on where an earlier run was cut off."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from evals.cases import Case, Suite, Turn
from evals.metrics import OwnWords, Scores, reasons, score_case, score_turn
from evals.results import (
    CASES,
    CONFIG,
    CaseResult,
    Recorder,
    Run,
    RunError,
    TurnResult,
    read_cases,
    read_config,
    read_run,
    to_toml,
    write,
)
from evals.targets import Target, TargetError

Progress = Callable[[int, int], None]

SEED = 7


def selected(suite: Suite, languages: Sequence[str] = (), first: int | None = None) -> Suite:
    """The suite with only the cases in these languages, and the ``first`` of each."""
    taken: dict[str, int] = {}
    cases = []
    for case in suite.cases:
        taken[case.language] = taken.get(case.language, 0) + 1
        if (not languages or case.language in languages) and (first is None or taken[case.language] <= first):
            cases.append(case)
    return replace(suite, cases=tuple(cases))


def new_folder(results: Path, suite: Suite) -> Path:
    """``results/<suite>/<time>``, made."""
    began = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    for number in range(1, 1000):
        folder = results / suite.head.name / (began if number == 1 else f"{began}-{number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        return folder
    raise RunError(f"{results}: no free name for a run")


def run_suite(
    suite: Suite,
    target: Target,
    folder: Path,
    own_words: OwnWords,
    *,
    path: Path | str = "",
    workers: int = 1,
    progress: Progress = lambda done, total: None,
) -> Run:
    """Run ``suite`` and leave its records in ``folder``; cases that are there already are not asked again.

    Raises TargetError when the target cannot be reached at all, RunError when ``folder`` holds another run.
    """
    description = target.describe()
    done = _resumed(folder, suite, description) if (folder / CONFIG).exists() else []
    if not (folder / CONFIG).exists():
        folder.mkdir(parents=True, exist_ok=True)
        write(folder / CONFIG, to_toml(_config(suite, description, path, workers)))
    documents = _Documents(target)
    known = {case.id for case in done}
    ahead = [case for case in suite.cases if case.id not in known]
    recorder = Recorder(folder, done)
    try:
        progress(len(done), len(suite.cases))
        run_one = partial(run_case, target=target, suite=suite, documents=documents, own_words=own_words)
        for number, result in enumerate(_in_parallel(run_one, ahead, workers), len(done) + 1):
            recorder.add(result)
            progress(number, len(suite.cases))
    finally:
        recorder.close()
    run = read_run(folder)
    write(folder / CASES, "".join(case.to_line() + "\n" for case in run.cases))
    return run


def run_case(case: Case, *, target: Target, suite: Suite, documents: _Documents, own_words: OwnWords) -> CaseResult:
    """Ask the turns of one case in a conversation of their own, and score the answers."""
    conversation = secrets.token_urlsafe(24) if len(case.turns) > 1 else None
    turns = []
    for turn in case.turns:
        answer, error, ms, scores = _ask(turn, case, target, conversation, documents, own_words)
        why = (error,) if error else reasons(turn, scores, answer, suite.head.right)
        turns.append(TurnResult(turn.question, answer, error, ms, scores, tuple(why), _expected(turn)))
    scores = score_case([turn.scores for turn in turns], suite.head.right)
    return CaseResult(case.id, case.language, case.group, case.kind, case.tags, tuple(turns), scores)


def _ask(
    turn: Turn,
    case: Case,
    target: Target,
    conversation: str | None,
    documents: _Documents,
    own_words: OwnWords,
) -> tuple[dict[str, Any] | None, str | None, float | None, Scores]:
    try:
        reply = target.ask(turn.question, case.chosen, turn.profile, conversation)
        scores = score_turn(turn, case, reply.answer, reply.ms, documents, own_words)
    except TargetError as error:
        return None, str(error), None, score_turn(turn, case, None, None, documents, own_words)
    except (KeyError, TypeError, AttributeError) as error:
        said = f"not an answer as the API promises it: {type(error).__name__}: {error}"
        return None, said, None, score_turn(turn, case, None, None, documents, own_words)
    return reply.answer, None, round(reply.ms, 3), scores


def _expected(turn: Turn) -> dict[str, Any]:
    """What the report shows beside the answer."""
    return {
        "outcomes": list(turn.outcomes),
        "not_outcomes": list(turn.not_outcomes),
        "relevant": list(turn.relevant),
        "facts": [{"value": fact.value, "any_of": list(fact.any_of)} for fact in turn.facts],
        "must_not": list(turn.must_not),
        "reference": turn.reference,
    }


def _in_parallel(run_one: Callable[[Case], CaseResult], cases: Sequence[Case], workers: int) -> Iterator[CaseResult]:
    """Results as they come; at most two cases a worker are under way, so that an interruption ends soon."""
    if workers == 1:
        yield from map(run_one, cases)
        return
    with ThreadPoolExecutor(workers) as pool:
        ahead = iter(cases)
        under_way: set[Future[CaseResult]] = set()
        while True:
            for case in ahead:
                under_way.add(pool.submit(run_one, case))
                if len(under_way) >= 2 * workers:
                    break
            if not under_way:
                return
            ready, under_way = wait(under_way, return_when=FIRST_COMPLETED)
            for future in ready:
                yield future.result()


class _Documents:
    """Texts of cited documents, each fetched once."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._texts: dict[str, str | None] = {}
        self._lock = threading.Lock()

    def __call__(self, id: str) -> str | None:
        with self._lock:
            if id not in self._texts:
                self._texts[id] = self._target.document(id)
            return self._texts[id]


def _config(suite: Suite, description: dict[str, Any], path: Path | str, workers: int) -> dict[str, Any]:
    head = suite.head
    return {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "seed": SEED,
        "workers": workers,
        "suite": {
            "name": head.name,
            "path": str(path),
            "measures": head.measures,
            "digest": suite.digest,
            "cases": len(suite.cases),
            "right": list(head.right),
            "ids": [case.id for case in suite.cases],
            "gates": {str(number): gate.model_dump(exclude_none=True) for number, gate in enumerate(head.gates)},
        },
        "target": description,
    }


def _resumed(folder: Path, suite: Suite, description: dict[str, Any]) -> list[CaseResult]:
    """The cases already done in ``folder``. Raises RunError where they answer other questions, or something else
    answered them."""
    config = read_config(folder)
    if config["suite"]["digest"] != suite.digest:
        raise RunError(f"{folder}: that run was of other cases; begin a new one")
    if to_toml({"target": config["target"]}) != to_toml({"target": description}):
        raise RunError(f"{folder}: that run was of another build, model or configuration; begin a new one")
    return list(read_cases(folder))
