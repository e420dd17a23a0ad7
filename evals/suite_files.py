"""Suites are read and written here.

A suite is a head in TOML, which says what is measured and which values must be reached, and cases, one JSON object a
line or one row of a spreadsheet (CSV). It stands either in a folder (``suite.toml`` beside the cases) or in one
file that begins with the head between two lines ``+++``.
"""

from __future__ import annotations

import csv
import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, Field, ValidationError, model_validator

from assistant.answers import Outcome
from assistant.questions import MAX_CHARACTERS, Situation
from evals.cases import ABSTAINED, BLIND, GIVEN, URGENT, Case, Fact, Head, Outcomes, Source, Strict, Suite, Texts, Turn

HEAD = "suite.toml"
FENCE = "+++"

_M = TypeVar("_M", bound=BaseModel)


class SuiteError(ValueError):
    """A suite that cannot be used. Every line of the message names a place and what is wrong there."""


class FactRow(Strict):
    """A value that an answer must carry, and the words it may have: the same everywhere, or by language."""

    value: str = Field(min_length=1)
    any_of: Texts = ()
    wordings: Mapping[str, Texts] = Field(default_factory=dict)


class ProfileRow(Strict):
    municipality: str | None = None
    situation: Situation | None = None


def _facts(value: Any) -> Any:
    if isinstance(value, str):
        value = [value]
    if isinstance(value, list):
        return [{"value": one} if isinstance(one, str) else one for one in value]
    return value


class TurnRow(Strict):
    """One question with what is expected of its answer, as it is written."""

    question: str = Field(min_length=1)
    cards: Texts = ()
    documents: Texts = ()
    outcome: Outcomes = ()
    not_outcome: Outcomes = ()
    facts: Annotated[tuple[FactRow, ...], BeforeValidator(_facts)] = ()
    must_not: Texts = ()
    masked: Texts | None = None
    reference: str | None = None
    profile: ProfileRow | None = None


class CaseRow(Strict):
    """A line of a suite. ``text``, ``category`` and ``accept`` are the words of the screening data."""

    id: str | None = Field(default=None, min_length=1)
    language: str = Field(pattern=r"^[a-z]{2,3}(-[A-Za-z]+)?$")
    question: str | None = None
    text: str | None = None
    turns: tuple[TurnRow, ...] = ()
    cards: Texts = ()
    documents: Texts = ()
    near: Texts = ()
    outcome: Outcomes = ()
    not_outcome: Outcomes = ()
    category: Literal["emergency", "crisis", "violence"] | None = None
    accept: Texts = ()
    facts: Annotated[tuple[FactRow, ...], BeforeValidator(_facts)] = ()
    must_not: Texts = ()
    masked: Texts | None = None
    reference: str | None = None
    profile: ProfileRow | None = None
    answer_language: str | None = None
    group: str | None = None
    kind: str | None = None
    tags: Texts = ()

    @model_validator(mode="after")
    def _asks_once(self) -> CaseRow:
        given = [name for name in ("question", "text", "turns") if getattr(self, name)]
        if len(given) != 1:
            raise ValueError("a case has exactly one of question, text and turns")
        turns = self.turns or (TurnRow.model_construct(question=self.question or self.text or ""),)
        for turn in turns:
            if not turn.question.strip():
                raise ValueError("a question is empty")
            if len(turn.question) > MAX_CHARACTERS:
                raise ValueError(f"a question has {len(turn.question)} characters; {MAX_CHARACTERS} are taken")
        return self


Wordings = Mapping[tuple[str, str, str], tuple[str, ...]]
"""By card, language and value, how the card's text words the fact."""


def shipped_suites() -> Path:
    """The folder of the suites that come with the package."""
    return Path(__file__).parent / "suites"


def own_suites(data: Path) -> Path:
    """The folder of a data folder's own suites, such as that of the answers that were flagged at the desk."""
    return data / "suites"


def find_suite(name: str, own: Path | None = None) -> Path:
    """The path ``name`` if there is such a path, else the suite of that name among the shipped ones or in the folder
    ``own``. Raises SuiteError."""
    if Path(name).exists():
        return Path(name)
    folders = (shipped_suites(), *([own] if own else []))
    for folder in folders if re.fullmatch(r"[a-z0-9_-]+", name) else ():
        if (folder / name / HEAD).is_file():
            return folder / name
    known = ", ".join(sorted(path.parent.name for folder in folders for path in folder.glob(f"*/{HEAD}")))
    raise SuiteError(f'there is no suite "{name}": neither a path nor one of {known}')


def load_head(path: Path) -> Head:
    """The head of the suite at ``path``, without its cases. Raises SuiteError."""
    return _parted(path)[0]


def load_suite(path: Path, wordings: Wordings | None = None) -> Suite:
    """The suite at ``path``: a folder with ``suite.toml``, or a file with its head inside.

    ``wordings`` adds how service cards word facts; ``card_wordings`` gives those of the shipped cards.
    Raises SuiteError with one line per mistake.
    """
    head, lines = _parted(path)
    wordings = {} if wordings is None else wordings
    problems: list[str] = []
    cases: dict[str, Case] = {}
    for source in head.sources if lines is None else head.sources[:1]:
        files = [(path, lines)] if lines is not None else [(f, None) for f in _files(path, source, problems)]
        for file, inside in files:
            taken = 0
            for number, values in _rows(file, inside, problems):
                where = f"{file.name}:{number}"
                row = _validated(CaseRow, values, where, problems)
                if row is None or not _wanted(row, source):
                    continue
                if source.first is not None and taken == source.first:
                    break
                taken += 1
                case = _case(row, source, row.id or f"{file.stem}-{number}", wordings)
                if case.id in cases:
                    problems.append(f'{where}: the id "{case.id}" is taken by another case')
                cases[case.id] = case
    if not cases and not problems:
        problems.append(f"{path}: no cases")
    if problems:
        raise SuiteError("\n".join(problems))
    return Suite(head, tuple(cases.values()))


def card_wordings(overlay: Path | None = None) -> dict[tuple[str, str, str], tuple[str, ...]]:
    """How the shipped cards, with the changed ones in ``overlay``, word their facts: by card, language and value.
    Raises corpus.documents.InvalidCard."""
    from corpus.cards import load_cards

    found: dict[tuple[str, str, str], tuple[str, ...]] = {}
    for card in load_cards(overlay=overlay):
        for text in card.texts:
            for name, fact in card.facts.items():
                key = card.slug, text.language, fact.value
                found[key] = tuple(dict.fromkeys((*found.get(key, ()), text.wording(name, fact))))
    return found


def write_suite(path: Path, head: Mapping[str, Any], rows: Iterable[Mapping[str, Any]]) -> int:
    """Write one file, the head between ``+++`` and a row a line; returns how many rows. The head's values are texts."""
    lines = [FENCE, *(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in head.items()), FENCE]
    written = [json.dumps(row, ensure_ascii=False) for row in rows]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([*lines, *written]) + "\n", encoding="utf-8")
    return len(written)


def _parted(path: Path) -> tuple[Head, Sequence[tuple[int, str]] | None]:
    """The head, and the numbered lines after it where both stand in one file."""
    file = path / HEAD if path.is_dir() else path
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SuiteError(f"{file}: cannot be read: {error}") from error
    lines: list[tuple[int, str]] | None = None
    if not path.is_dir() and path.suffix != ".toml":
        numbered = text.split("\n")
        if not numbered or numbered[0].strip() != FENCE or FENCE not in (line.strip() for line in numbered[1:]):
            raise SuiteError(f"{path.name}:1: no head; begin with {FENCE}, name = ..., measures = ..., {FENCE}")
        end = next(n for n, line in enumerate(numbered[1:], 1) if line.strip() == FENCE)
        text = "\n".join(["", *numbered[1:end]])
        lines = [(n + 1, line) for n, line in enumerate(numbered) if n > end]
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SuiteError(f"{file.name}: {error}") from error
    problems: list[str] = []
    head = _validated(Head, values, file.name, problems)
    if head is None:
        raise SuiteError("\n".join(problems))
    for source in head.sources:
        if source.group is not None and re.compile(source.group).groups != 1:
            raise SuiteError(f"{file.name}: sources.group: the expression needs exactly one group in brackets")
    return head, lines


def _files(path: Path, source: Source, problems: list[str]) -> list[Path]:
    folder, pattern = (path if path.is_dir() else path.parent), source.files
    while pattern.startswith("../"):
        folder, pattern = folder.parent, pattern[3:]
    found = sorted(file for file in folder.glob(pattern) if file.is_file())
    if not found:
        problems.append(f"{HEAD}: sources.files: nothing matches {source.files}")
    return found


def _rows(
    file: Path, lines: Sequence[tuple[int, str]] | None, problems: list[str]
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Every row with its line."""
    if file.suffix == ".csv":
        with file.open(encoding="utf-8-sig", newline="") as opened:
            reader = csv.DictReader(opened)
            for cells in reader:
                yield reader.line_num, _from_spreadsheet(cells)
        return
    if lines is None:
        lines = list(enumerate(file.read_text(encoding="utf-8").split("\n"), 1))
    for number, line in lines:
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except ValueError as error:
            problems.append(f"{file.name}:{number}: no JSON: {error}")
            continue
        if isinstance(values, dict):
            yield number, values
        else:
            problems.append(f"{file.name}:{number}: a case is a JSON object in braces")


_LISTS = ("cards", "documents", "near", "outcome", "not_outcome", "facts", "must_not", "masked", "tags")


def _from_spreadsheet(cells: Mapping[str | None, Any]) -> dict[str, Any]:
    """A spreadsheet's row: empty cells are left out, several values stand between semicolons."""
    values: dict[str, Any] = {}
    for column, cell in cells.items():
        name = (column or "(a cell without a column)").strip()
        if isinstance(cell, list):
            cell = ";".join(cell)
        if not (cell or "").strip():
            continue
        if name in ("municipality", "situation"):
            values.setdefault("profile", {})[name] = cell.strip()
        elif name in _LISTS:
            values[name] = [part.strip() for part in cell.split(";") if part.strip()]
        else:
            values[name] = cell.strip()
    return values


def _validated(model: type[_M], values: Any, where: str, problems: list[str]) -> _M | None:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        for problem in error.errors():
            place = ".".join(str(part) for part in problem["loc"])
            said = problem["msg"].removeprefix("Value error, ")
            if problem["type"] == "extra_forbidden":
                said = "unknown field"
            problems.append(f"{where}: {place + ': ' if place else ''}{said}")
        return None


def _wanted(row: CaseRow, source: Source) -> bool:
    if source.ids and row.id not in source.ids:
        return False
    if source.kinds and row.kind not in source.kinds:
        return False
    return bool(row.facts) or not source.with_facts


def _case(row: CaseRow, source: Source, id: str, wordings: Wordings) -> Case:
    match = re.search(source.group, id) if source.group else None
    group = row.group or (match[1] if match else None)
    profile, turns = None, []
    for turn in row.turns or (row,):
        profile = turn.profile or profile
        turns.append(_turn(turn, row, source, profile, wordings))
    return Case(
        id,
        row.language,
        tuple(turns),
        row.language if source.language == "chosen" else None,
        row.answer_language or row.language,
        group,
        row.kind,
        tuple(dict.fromkeys((*row.tags, *source.tags, *([BLIND] if source.blind else [])))),
    )


def _turn(turn: TurnRow | CaseRow, row: CaseRow, source: Source, profile: ProfileRow | None, known: Wordings) -> Turn:
    relevant = tuple(dict.fromkeys((*turn.cards, *turn.documents)))
    facts = []
    for fact in turn.facts:
        said = fact.wordings.get(row.language, ()) or fact.any_of
        if source.card_wordings and not said:
            said = tuple(w for card in turn.cards for w in known.get((card, row.language, fact.value), ()))
        facts.append(Fact(fact.value, tuple(dict.fromkeys(said)) or (fact.value,)))
    place = profile and profile.municipality
    outcomes, excluded = _outcomes(turn, row, source, bool(relevant))
    return Turn(
        question=turn.question or row.text or "",
        outcomes=outcomes,
        not_outcomes=excluded,
        relevant=relevant,
        facts=tuple(facts),
        must_not=turn.must_not,
        masked=turn.masked,
        reference=turn.reference,
        municipality=place[:1].upper() + place[1:] if place else None,
        situation=profile.situation.value if profile and profile.situation else None,
        may_clarify=Outcome.CLARIFY in turn.outcome,
    )


def _outcomes(
    turn: TurnRow | CaseRow, row: CaseRow, source: Source, answerable: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The outcomes expected of a turn, and those it must not have."""
    excluded = tuple(outcome.value for outcome in (*turn.not_outcome, *source.not_outcome))
    if "category" in row.model_fields_set:
        if row.category is None:
            return (), tuple(dict.fromkeys((*excluded, *(outcome.value for outcome in URGENT))))
        categories = row.accept or (row.category,)
        wanted = [Outcome.EMERGENCY if one == "emergency" else Outcome.CRISIS for one in categories]
    elif turn.outcome and source.outcomes == "exact":
        wanted = list(turn.outcome)
    elif answerable:
        wanted = list(GIVEN)
    elif turn.masked is not None or turn.must_not or turn.facts or excluded:
        wanted = list(turn.outcome)
    else:
        wanted = list(ABSTAINED)
    if wanted and set(turn.cards) & set(source.urgent):
        wanted += URGENT
    return tuple(dict.fromkeys(outcome.value for outcome in wanted)), excluded
