"""The two looks at what must not wait, told apart: what the tables of phrases find alone, and what both find.

The tables are asked first and nothing overrules them, so that one run of both tells what the tables would have done
alone: an answer's trace names the category that they found.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from assistant.urgency import KINDS
from evals.cases import BLIND, URGENT
from evals.results import CaseResult, TurnResult
from evals.statistics import Estimate, ratio

Turns = list[tuple[CaseResult, TurnResult]]


@dataclass(frozen=True, slots=True)
class Looks:
    """Of the ``cases`` in a part, urgent ones or harmless ones, the share that is taken for urgent: by the tables
    alone, and by both looks. ``language`` is "" where the part is of all of them."""

    part: str
    language: str
    urgent: bool
    tables: Estimate
    both: Estimate

    @property
    def cases(self) -> int:
        return self.both.cases


def turns_of(cases: Iterable[CaseResult]) -> Turns:
    return [(case, turn) for case in cases for turn in case.turns]


def share_of(
    turns: Turns, among: Callable[[TurnResult], bool], hit: Callable[[TurnResult], bool], seed: int
) -> Estimate:
    """The share of hits among some of the turns."""
    rows = [(case.cluster, float(hit(turn))) for case, turn in turns if among(turn)]
    return ratio([value for _, value in rows], [1.0] * len(rows), [cluster for cluster, _ in rows], seed)


def is_urgent(turn: TurnResult) -> bool:
    """Whether nothing but help at once is right."""
    return bool(turn.expected["outcomes"]) and set(turn.expected["outcomes"]) <= set(URGENT)


def is_harmless(turn: TurnResult) -> bool:
    """Whether anything but help at once is right."""
    return set(URGENT) <= set(turn.expected["not_outcomes"])


def alarmed(turn: TurnResult) -> bool:
    return turn.answer is not None and turn.answer["status"] in URGENT


def alarmed_by_tables(turn: TurnResult) -> bool:
    return alarmed(turn) and turn.answer is not None and turn.answer["trace"]["category"] in KINDS


def tables_are_known(turn: TurnResult) -> bool:
    """Whether the trace says what the tables found. An answer that did not come is none that they found."""
    return turn.answer is None or "category" in turn.answer["trace"]


def two_looks(cases: Sequence[CaseResult], seed: int) -> list[Looks]:
    """All urgent ones and the urgent ones by what is expected, all harmless ones and those by tag, each over all
    languages; then both by language. Nothing where no trace tells the looks apart."""
    turns = [(case, turn) for case, turn in turns_of(cases) if tables_are_known(turn)]
    urgent = [(case, turn) for case, turn in turns if is_urgent(turn)]
    harmless = [(case, turn) for case, turn in turns if is_harmless(turn)]
    if not any(turn.answer for _, turn in urgent + harmless):
        return []
    found = []
    for some, name, parts_of in ((urgent, "urgent", _expected), (harmless, "harmless", _tags)):
        if not some:
            continue
        found.append(_looks(some, name, "", seed))
        sizes = Counter(part for one in some for part in parts_of(one))
        for part, size in sorted(sizes.items()):
            if size < len(some):
                found.append(_looks([one for one in some if part in parts_of(one)], f"{name}, {part}", "", seed))
    for language in dict.fromkeys(case.language for case, _ in urgent + harmless):
        for some, name in ((urgent, "urgent"), (harmless, "harmless")):
            if spoken := [(case, turn) for case, turn in some if case.language == language]:
                found.append(_looks(spoken, name, language, seed))
    return found


def _looks(turns: Turns, part: str, language: str, seed: int) -> Looks:
    return Looks(
        part,
        language,
        part.startswith("urgent"),
        share_of(turns, tables_are_known, alarmed_by_tables, seed),
        share_of(turns, tables_are_known, alarmed, seed),
    )


def _expected(one: tuple[CaseResult, TurnResult]) -> list[str]:
    return [" or ".join(sorted(one[1].expected["outcomes"]))]


def _tags(one: tuple[CaseResult, TurnResult]) -> list[str]:
    return [tag for tag in one[0].tags if tag != BLIND]
