"""What is asked and what is expected: a suite's head and its cases.

Labels name documents and service cards, never passages: how documents are cut does not touch them.
``evals.suite_files`` reads and writes suites; ``docs/evaluation.md`` describes every field.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from assistant.answers import Outcome
from assistant.questions import Profile, Situation

GIVEN = (Outcome.ANSWERED, Outcome.PARTIAL, Outcome.CLARIFY)
"""Outcomes that give the asker something from the sources."""
ABSTAINED = (Outcome.NO_INFORMATION, Outcome.OUT_OF_SCOPE)
URGENT = (Outcome.EMERGENCY, Outcome.CRISIS)

BLIND = "blind"
"""The tag of cases whose texts no report shows."""

RIGHT = ("outcome", "source", "fact_recall", "language", "clean", "privacy", "citation_valid", "unsupported_figures")
"""What makes a case right, unless its suite says otherwise."""


class Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def _several(value: Any) -> Any:
    """One or several: a lone text is a list of one."""
    return [value] if isinstance(value, str) else value


Texts = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], BeforeValidator(_several)]
Outcomes = Annotated[tuple[Outcome, ...], BeforeValidator(_several)]


class Gate(Strict):
    """A value that must be reached: overall, and in every language that has cases."""

    metric: str
    least: float | None = None
    most: float | None = None
    least_per_language: float | None = None
    most_per_language: float | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Gate:
        if all(value is None for name, value in self if name != "metric"):
            raise ValueError("a gate needs least, most, least_per_language or most_per_language")
        return self


class Source(Strict):
    """Where cases come from, and what holds for all of them.

    ``files`` is a pattern relative to the head. ``outcomes = "kind"`` asks only for an answer where an answer is
    expected, and for none where none is. ``language = "identified"`` leaves the language to be told from the
    question. ``group`` is a regular expression over ids whose first group names what is asked: cases of the same
    group are the same question in several languages. ``urgent`` names cards on which help for an emergency or a
    crisis is right too. ``first`` takes that many cases of each file, ``ids`` these, ``with_facts`` those with facts,
    ``kinds`` those of these kinds. ``blind``: reports show no texts of these cases, because whoever mends what they
    find must not see them.
    """

    files: str = "*.jsonl"
    outcomes: Literal["exact", "kind"] = "exact"
    language: Literal["chosen", "identified"] = "chosen"
    group: str | None = None
    urgent: Texts = ()
    card_wordings: bool = True
    first: int | None = Field(default=None, ge=1)
    ids: Texts = ()
    kinds: Texts = ()
    with_facts: bool = False
    tags: Texts = ()
    not_outcome: Outcomes = ()
    blind: bool = False


class Head(Strict):
    """What a suite says of itself."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")
    measures: str = Field(min_length=1)
    right: Texts = RIGHT
    gates: tuple[Gate, ...] = ()
    sources: tuple[Source, ...] = (Source(),)


@dataclass(frozen=True, slots=True)
class Fact:
    """A value and the wordings that count as saying it in the case's language."""

    value: str
    any_of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and what is expected. ``masked`` is None where privacy is not measured, and empty where nothing
    may be masked. ``outcomes`` empty: any outcome but those of ``not_outcomes``. ``may_clarify``: asking back is as
    good as the answer."""

    question: str
    outcomes: tuple[str, ...] = ()
    not_outcomes: tuple[str, ...] = ()
    relevant: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    must_not: tuple[str, ...] = ()
    masked: tuple[str, ...] | None = None
    reference: str | None = None
    municipality: str | None = None
    situation: str | None = None
    may_clarify: bool = False

    @property
    def profile(self) -> Profile:
        return Profile(self.municipality, Situation(self.situation) if self.situation else None)


@dataclass(frozen=True, slots=True)
class Case:
    """What is asked, in turns, and what is expected. ``chosen`` is the language given with the question, None where
    it must be identified."""

    id: str
    language: str
    turns: tuple[Turn, ...]
    chosen: str | None = None
    answer_language: str = ""
    group: str | None = None
    kind: str | None = None
    tags: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Suite:
    """A head and its cases, in the order of their files."""

    head: Head
    cases: tuple[Case, ...]

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of everything that is asked, expected and demanded."""
        whole = {"head": self.head.model_dump(mode="json"), "cases": [case.to_dict() for case in self.cases]}
        return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(case.language for case in self.cases))
