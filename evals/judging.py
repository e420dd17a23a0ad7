"""Answers judged by a language model: faithful, relevant, complete. An option, and never part of a gate.

The judge sees a question, its answer and the quotes, and says in one word what it thinks and in one sentence why. Every
verdict stands in ``verdicts-<judge>.jsonl`` in the run's folder, with all that the judge said; those that are there are
not asked for again. How far a judge agrees with people is part of its report: without that, it says little.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from assistant.llms import Message
from evals.cases import BLIND
from evals.labelling import read_labels
from evals.results import CaseResult, Run, RunError, TurnResult
from evals.statistics import Estimate, kappa, mean

Complete = Callable[[Sequence[Message]], str]
"""What a model says to a chat. Raises LlmError."""

CRITERIA = ("faithfulness", "relevance", "completeness")
VERDICTS = ("yes", "no")
UNREADABLE = "unreadable"
"""The verdict where the judge said something else twice: counted as undefined, never as yes or no."""
ATTEMPTS = 2
SCHEMA = {
    "type": "object",
    "properties": {"reason": {"type": "string"}, "verdict": {"type": "string", "enum": list(VERDICTS)}},
    "required": ["reason", "verdict"],
    "additionalProperties": False,
}
"""Of a reply. The reason stands first: a model that has given one judges after it."""
_ANSWERED = ("answered", "partial")
"""Outcomes with an answer to judge. Questions back, abstentions and help in an emergency are Neuvo's own words."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the judge said of one criterion in one turn. ``key`` is a digest of all that it was shown, so that a
    verdict of another answer or another prompt is not taken for this one's."""

    case: str
    turn: int
    criterion: str
    verdict: str
    reason: str
    key: str
    said: str


@dataclass(frozen=True, slots=True)
class Judged:
    """The share of "yes" by criterion and language ("all" is every case), and the agreement with each person: the
    cases that both judged, the share alike, and Cohen's κ. For that, a case is right when every criterion of every
    turn is "yes"."""

    figures: dict[str, dict[str, Estimate]]
    people: tuple[tuple[str, int, float, float | None], ...]
    unjudged: int

    def to_dict(self) -> dict[str, Any]:
        people = [dict(zip(("rater", "cases", "alike", "kappa"), one, strict=True)) for one in self.people]
        figures = {name: {part: asdict(one) for part, one in parts.items()} for name, parts in self.figures.items()}
        return {"figures": figures, "people": people, "unjudged": self.unjudged}


def judge(
    run: Run,
    name: str,
    complete: Complete,
    languages: dict[str, str],
    *,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Verdict]:
    """Have every answer of a run judged and keep each verdict at once. ``name`` names the judge, ``languages`` gives
    languages' English names by code. Blind cases are left out: their texts leave no report. Raises LlmError, after
    which the same call goes on; RunError for a name that makes no file's."""
    path = verdicts_path(run.folder, name)
    kept = {(one.case, one.turn, one.criterion): one for one in read_verdicts(path)}
    asked = [
        (case, place, criterion)
        for case in run.cases
        if BLIND not in case.tags
        for place, turn in enumerate(case.turns)
        if judgeable(turn)
        for criterion in CRITERIA
    ]
    found = []
    with path.open("a", encoding="utf-8") as file:
        for number, (case, place, criterion) in enumerate(asked, 1):
            messages = prompt(case, place, criterion, languages)
            key = _key(messages)
            known = kept.get((case.id, place, criterion))
            if known is None or known.key != key:
                verdict, reason, said = _heard(messages, complete)
                known = Verdict(case.id, place, criterion, verdict, reason, key, said)
                file.write(json.dumps(asdict(known), ensure_ascii=False) + "\n")
                file.flush()
            found.append(known)
            progress(number, len(asked))
    return found


def judgeable(turn: TurnResult) -> bool:
    """Whether there is an answer with quotes to judge."""
    answer = turn.answer
    return answer is not None and answer["status"] in _ANSWERED and any(one["citations"] for one in answer["sentences"])


def prompt(case: CaseResult, place: int, criterion: str, languages: dict[str, str]) -> list[Message]:
    """What the judge is shown: the instructions in English, which name the language of the question, and the texts
    between marks that their own words cannot make."""
    turn = case.turns[place]
    assert turn.answer is not None
    sentences = [sentence["text"] for sentence in turn.answer["sentences"]]
    quotes = [c["quote"] for sentence in turn.answer["sentences"] for c in sentence["citations"]]
    earlier = [f"{number}. {one.question}" for number, one in enumerate(case.turns[:place], 1)]
    parts = {"earlier questions": earlier, "question": [turn.question], "answer": sentences}
    # Whether an answer fits its question does not depend on the quotes: they would only lead the judge astray.
    if criterion != "relevance":
        parts["sources"] = list(dict.fromkeys(quotes))
    if criterion == "completeness":
        parts["facts needed"] = [fact["value"] for fact in turn.expected["facts"]]
        parts["model answer"] = [turn.expected["reference"]] if turn.expected["reference"] else []
    mark = _mark(parts)
    texts = "\n\n".join(
        f"<<{title} {mark}\n" + "\n".join(lines) + f"\nend {mark}>>" for title, lines in parts.items() if lines
    )
    language = languages.get(case.language, case.language)
    values = {"language": language, "mark": mark, "criterion": _instructions()[criterion]}
    system = re.sub(r"\{\{(\w+)\}\}", lambda found: values[found[1]], _instructions()["system"])
    return [Message("system", system), Message("user", texts)]


def summarised(run: Run, verdicts: Sequence[Verdict]) -> Judged:
    """Figures by language with intervals over questions, and the agreement with whoever has labelled the run."""
    scores: dict[str, dict[str, list[float | None]]] = {}
    for one in verdicts:
        value = None if one.verdict == UNREADABLE else float(one.verdict == "yes")
        scores.setdefault(one.case, {}).setdefault(one.criterion, []).append(value)
    cases = [case for case in run.cases if case.id in scores]
    parts = {"all": cases}
    for case in cases:
        parts.setdefault(case.language, []).append(case)
    seed = int(run.config["seed"])
    figures = {
        criterion: {
            part: mean([_mean(scores[case.id][criterion]) for case in some], [case.cluster for case in some], seed)
            for part, some in parts.items()
        }
        for criterion in CRITERIA
        if cases
    }
    overall = {id: label for id, by in scores.items() if (label := _overall(by)) is not None}
    people = []
    for path in sorted(run.folder.glob("labels-*.jsonl")):
        labels = read_labels(path)
        common = [id for id in overall if id in labels]
        if common:
            ours, theirs = [overall[id] for id in common], [labels[id] for id in common]
            alike = sum(a == b for a, b in zip(ours, theirs, strict=True)) / len(common)
            people.append((path.stem.removeprefix("labels-"), len(common), alike, kappa(ours, theirs)))
    return Judged(figures, tuple(people), len(run.cases) - len(cases))


def verdicts_path(folder: Path, name: str) -> Path:
    """Raises RunError."""
    plain = re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("-.")
    if not plain:
        raise RunError(f"a judge's name has letters or digits: {name!r}")
    return folder / f"verdicts-{plain}.jsonl"


def read_verdicts(path: Path) -> list[Verdict]:
    """Verdicts that are there, the last of each; a last line that was cut off is left out. Raises RunError."""
    if not path.exists():
        return []
    whole, _, _cut = path.read_text(encoding="utf-8").rpartition("\n")
    found: dict[tuple[str, int, str], Verdict] = {}
    for number, line in enumerate(whole.splitlines(), 1):
        try:
            one = Verdict(**json.loads(line))
        except (ValueError, TypeError) as error:
            raise RunError(f"{path.name}:{number}: {error}") from error
        found[one.case, one.turn, one.criterion] = one
    if _cut:
        path.write_text(whole + "\n" if whole else "", encoding="utf-8")
    return list(found.values())


def read_reply(said: str) -> tuple[str, str] | None:
    """The verdict and its reason; None for anything but one JSON object that has both."""
    start, end = said.find("{"), said.rfind("}")
    try:
        values = json.loads(said[start : end + 1])
        verdict, reason = values["verdict"], values["reason"]
    except (ValueError, KeyError, TypeError):
        return None
    return (verdict, reason) if verdict in VERDICTS and isinstance(reason, str) else None


def _heard(messages: Sequence[Message], complete: Complete) -> tuple[str, str, str]:
    said = ""
    for _ in range(ATTEMPTS):
        said = complete(messages)
        if reply := read_reply(said):
            return *reply, said
    return UNREADABLE, "", said


def _instructions() -> dict[str, str]:
    """The parts of the prompt by name, in ``judging.toml``."""
    values = tomllib.loads(resources.files("evals").joinpath("judging.toml").read_text(encoding="utf-8"))
    return {"system": values["system"], **values["criteria"]}


def _mark(parts: dict[str, list[str]]) -> str:
    return hashlib.blake2b(json.dumps(parts).encode(), digest_size=5).hexdigest()


def _key(messages: Sequence[Message]) -> str:
    text = json.dumps([asdict(message) for message in messages])
    return hashlib.blake2b(text.encode(), digest_size=10).hexdigest()


def _mean(values: Sequence[float | None]) -> float | None:
    """Of a case's turns; undefined where one of them is."""
    defined = [value for value in values if value is not None]
    return sum(defined) / len(defined) if len(defined) == len(values) else None


def _overall(by: dict[str, list[float | None]]) -> str | None:
    values = [value for some in by.values() for value in some]
    return None if None in values else "right" if all(values) else "wrong"
