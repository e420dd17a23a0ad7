"""Files of other tools, read into suites and written from suites and runs.

===========  =====  =====  ==========================================================================
OMoS-QA      reads         JSONL of questions with their page; its sentence labels become a reference
BEIR         reads         a folder with ``queries.jsonl``, ``qrels/*.tsv`` and ``corpus.jsonl``
TREC         reads  writes ``topics.tsv`` and ``qrels.txt`` in a folder; runs and qrels out
RAGAS        reads  writes JSONL rows, under today's names or those before version 0.2
DeepEval     reads  writes goldens as JSON, JSONL or CSV
suite        reads  writes Neuvo's own; as a spreadsheet too
===========  =====  =====  ==========================================================================
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.cases import ABSTAINED, GIVEN, Case, Turn
from evals.metrics import ranking, source_of
from evals.results import CaseResult, find_run, read_run
from evals.suite_files import find_suite, load_suite, write_suite

Row = dict[str, Any]
Documents = dict[str, str]

_BETWEEN = "|"
"""Stands between several contexts in a CSV cell, as DeepEval writes them."""


class AdapterError(ValueError):
    """A file that is not of the form named. The message says where."""


@dataclass(frozen=True, slots=True)
class Material:
    """What was read: rows of a suite (``evals.suite_files.CaseRow``), the texts of documents that came along by id,
    and the results, where it was a run."""

    name: str
    measures: str
    rows: list[Row]
    documents: Documents
    results: tuple[CaseResult, ...] = ()


def convert(
    source: Path,
    read_as: str,
    destination: Path,
    write_as: str,
    *,
    language: str = "en",
    documents: Path | None = None,
) -> int:
    """Read one form, write another; returns how many rows were written. Raises AdapterError, SuiteError, RunError."""
    if read_as not in READERS:
        raise AdapterError(f'cannot read "{read_as}"; known are {", ".join(READERS)}')
    if write_as not in WRITERS:
        raise AdapterError(f'cannot write "{write_as}"; known are {", ".join(WRITERS)}')
    material = READERS[read_as](source, language)
    if documents:
        documents.mkdir(parents=True, exist_ok=True)
        for id, text in material.documents.items():
            (documents / f"{id}.txt").write_text(text, encoding="utf-8")
    destination.parent.mkdir(parents=True, exist_ok=True)
    return WRITERS[write_as](material, destination)


# Reading.


def read_omos(source: Path, language: str) -> Material:
    """A split of OMoS-QA. A page is a document, named by its digest; a question that its page does not answer is
    expected to stay unanswered, which holds only for that page: an answer from another may be right."""
    rows: list[Row] = []
    documents: Documents = {}
    for where, value in _json_lines(source):
        lines = _text(value, "context", where).split("\n")
        id = "omos-" + hashlib.sha256(value["context"].encode()).hexdigest()[:12]
        documents[id] = value["context"]
        chosen = value.get("answers")
        if not isinstance(chosen, list) or not all(isinstance(n, int) and 0 <= n < len(lines) for n in chosen):
            raise AdapterError(f"{where}: answers: not indices of the context's lines")
        row: Row = {"id": str(value.get("id", len(rows))), "language": language}
        row["question"] = _text(value, "question", where)
        if chosen:
            row |= {"documents": [id], "reference": "\n".join(lines[n] for n in chosen)}
        else:
            row["tags"] = ["unanswerable"]
        rows.append(row)
    return Material(_name(source), "Questions of OMoS-QA over their pages", rows, documents)


def read_beir(source: Path, language: str) -> Material:
    """A BEIR data set; of several qrels ``test.tsv`` is taken. Queries without a relevant document are left out."""
    documents = {}
    for where, value in _json_lines(source / "corpus.jsonl") if (source / "corpus.jsonl").exists() else ():
        title = str(value.get("title") or "")
        documents[_text(value, "_id", where)] = f"{title}\n\n{value.get('text', '')}".strip()
    queries = {_text(v, "_id", where): _text(v, "text", where) for where, v in _json_lines(source / "queries.jsonl")}
    found = sorted((source / "qrels").glob("*.tsv"))
    if not found:
        raise AdapterError(f"{source / 'qrels'}: no qrels (*.tsv)")
    path = next((file for file in found if file.stem == "test"), found[0])
    relevant: dict[str, list[str]] = {}
    for number, line in enumerate(_lines(path), 1):
        cells = line.split("\t")
        if number == 1 and cells[-1] == "score":
            continue
        if len(cells) != 3:
            raise AdapterError(f"{path.name}:{number}: not query, document and score, between tabs")
        if _number(cells[2], f"{path.name}:{number}") > 0:
            relevant.setdefault(cells[0], []).append(cells[1])
    return Material(_name(source), "Queries of a BEIR data set", _retrieval(queries, relevant, language), documents)


def read_trec(source: Path, language: str) -> Material:
    """A folder with ``topics.tsv`` (id, tab, question) and ``qrels.txt`` (id, 0, document, relevance)."""
    queries = {}
    for number, line in enumerate(_lines(source / "topics.tsv"), 1):
        id, tab, question = line.partition("\t")
        if not tab or not question.strip():
            raise AdapterError(f"topics.tsv:{number}: not id, tab, question")
        queries[id] = question.strip()
    return Material(
        _name(source), "Topics with TREC qrels", _retrieval(queries, read_qrels(source / "qrels.txt"), language), {}
    )


def read_qrels(path: Path) -> dict[str, list[str]]:
    """By query the documents judged relevant (more than 0)."""
    relevant: dict[str, list[str]] = {}
    for number, line in enumerate(_lines(path), 1):
        cells = line.split()
        if len(cells) != 4:
            raise AdapterError(f"{path.name}:{number}: not query, iteration, document and relevance")
        found = relevant.setdefault(cells[0], [])
        if _number(cells[3], f"{path.name}:{number}") > 0:
            found.append(cells[2])
    return relevant


def read_trec_run(path: Path) -> dict[str, list[str]]:
    """By query the documents found, by falling score; equal scores by rank."""
    found: dict[str, list[tuple[float, float, str]]] = {}
    for number, line in enumerate(_lines(path), 1):
        cells = line.split()
        if len(cells) != 6:
            raise AdapterError(f"{path.name}:{number}: not query, Q0, document, rank, score and name")
        where = f"{path.name}:{number}"
        hit = (-_number(cells[4], where), _number(cells[3], where), cells[2])
        found.setdefault(cells[0], []).append(hit)
    return {query: [document for *_, document in sorted(hits)] for query, hits in found.items()}


def read_ragas(source: Path, language: str) -> Material:
    """RAGAS rows. Reference contexts are no documents and stay out."""
    rows: list[Row] = []
    for where, value in _json_values(source):
        question = value.get("user_input") or value.get("question")
        if not isinstance(question, str):
            raise AdapterError(f"{where}: user_input: a question is needed; conversations are not taken over")
        reference = value.get("reference") or value.get("ground_truth")
        rows.append(_row(len(rows), question, reference, language, value))
    return Material(_name(source), "Questions of RAGAS rows", rows, {})


def read_deepeval(source: Path, language: str) -> Material:
    """Goldens, from JSON, JSONL or CSV. What Neuvo knows beyond them comes back from ``additional_metadata``."""
    values = _spreadsheet(source) if source.suffix == ".csv" else _json_values(source)
    rows: list[Row] = []
    for where, value in values:
        question = _text(value, "input", where)
        known = value.get("additional_metadata") or {}
        if isinstance(known, str):
            try:
                known = json.loads(known)
            except ValueError as error:
                raise AdapterError(f"{where}: additional_metadata: {error}") from error
        rows.append(_row(len(rows), question, value.get("expected_output"), language, known))
    return Material(_name(source), "Goldens of DeepEval", rows, {})


def read_suite(source: Path, language: str) -> Material:
    """A suite of ours."""
    suite = load_suite(find_suite(str(source)))
    return Material(suite.head.name, suite.head.measures, [_unread(case) for case in suite.cases], {})


def read_results(source: Path, language: str) -> Material:
    """A run."""
    run = read_run(find_run(source))
    head = run.config["suite"]
    rows = []
    for case in run.cases:
        expected = case.turns[0].expected
        row: Row = {"id": case.id, "language": case.language, "question": case.turns[0].question}
        row |= {"documents": expected["relevant"], "reference": expected["reference"]}
        rows.append({key: value for key, value in row.items() if value})
    return Material(head["name"], head["measures"], rows, {}, run.cases)


# Writing.


def write_as_suite(material: Material, path: Path) -> int:
    """One file with its head inside."""
    head = {"name": material.name, "measures": material.measures}
    return write_suite(path, head, material.rows)


def write_as_csv(material: Material, path: Path) -> int:
    """A spreadsheet's rows; several values of a cell stand between semicolons. Conversations do not fit and are an
    error."""
    columns = list(dict.fromkeys(key for row in material.rows for key in row))
    if "turns" in columns:
        raise AdapterError("conversations do not fit into a spreadsheet; write --to suite")
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        for row in material.rows:
            writer.writerow({key: _cell(value) for key, value in row.items()})
    return len(material.rows)


def write_trec_run(material: Material, path: Path) -> int:
    """A run as TREC has it: ids of cases, and of sources as the labels name them, each at its best rank."""
    lines = []
    for case in _results(material):
        for number, turn in enumerate(case.turns, 1):
            query = case.id if len(case.turns) == 1 else f"{case.id}.{number}"
            documents = ranking(turn.answer["trace"]) if turn.answer else []
            found = dict.fromkeys(source_of(document, turn.expected["relevant"]) for document in documents)
            lines += [f"{query} Q0 {source} {rank} {1 / rank:.6f} neuvo" for rank, source in enumerate(found, 1)]
    _write_lines(path, lines)
    return len(lines)


def write_trec_qrels(material: Material, path: Path) -> int:
    """Judgements: 1 for every source that answers."""
    lines = []
    for row in material.rows:
        turns = row.get("turns") or [row]
        for number, turn in enumerate(turns, 1):
            query = row["id"] if len(turns) == 1 else f"{row['id']}.{number}"
            lines += [f"{query} 0 {source} 1" for source in (*turn.get("cards", ()), *turn.get("documents", ()))]
    _write_lines(path, lines)
    return len(lines)


def write_ragas(material: Material, path: Path) -> int:
    """Rows for ``ragas.EvaluationDataset.from_jsonl``: the contexts are the passages quoted. A case that got no answer
    keeps its row, with an empty response."""
    rows: list[Row] = []
    for case in _results(material):
        for turn in case.turns:
            sentences = turn.answer["sentences"] if turn.answer else []
            quotes = [citation["quote"] for sentence in sentences for citation in sentence["citations"]]
            row = {
                "user_input": turn.question,
                "retrieved_contexts": list(dict.fromkeys(quotes)),
                "response": "\n".join(sentence["text"] for sentence in sentences),
                "reference": turn.expected["reference"],
                "language": case.language,
            }
            rows.append({key: value for key, value in row.items() if value is not None})
    _write_lines(path, [json.dumps(row, ensure_ascii=False) for row in rows])
    return len(rows)


def write_deepeval(material: Material, path: Path) -> int:
    """Goldens as JSON, JSONL or CSV, by the file's ending; of a run with what was answered."""
    goldens = []
    answers = {case.id: case.turns[0] for case in material.results}
    for row in material.rows:
        if "turns" in row:
            raise AdapterError(f"{row['id']}: a conversation is no golden; write --to suite")
        known = {key: value for key, value in row.items() if key not in ("question", "reference")}
        golden: Row = {"input": row["question"], "expected_output": row.get("reference")}
        turn = answers.get(row["id"])
        if turn and turn.answer:
            sentences = turn.answer["sentences"]
            golden["actual_output"] = "\n".join(sentence["text"] for sentence in sentences)
            golden["retrieval_context"] = [c["quote"] for sentence in sentences for c in sentence["citations"]]
        goldens.append({**golden, "additional_metadata": known})
    if path.suffix == ".csv":
        columns = ["input", "actual_output", "expected_output", "retrieval_context", "additional_metadata"]
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            for golden in goldens:
                cells = {**golden, "retrieval_context": _BETWEEN.join(golden.get("retrieval_context", ()))}
                cells["additional_metadata"] = json.dumps(golden["additional_metadata"], ensure_ascii=False)
                writer.writerow(cells)
    elif path.suffix == ".jsonl":
        _write_lines(path, [json.dumps(golden, ensure_ascii=False) for golden in goldens])
    else:
        path.write_text(json.dumps(goldens, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return len(goldens)


READERS: dict[str, Callable[[Path, str], Material]] = {
    "run": read_results,
    "suite": read_suite,
    "omos-qa": read_omos,
    "beir": read_beir,
    "trec": read_trec,
    "ragas": read_ragas,
    "deepeval": read_deepeval,
}
WRITERS: dict[str, Callable[[Material, Path], int]] = {
    "suite": write_as_suite,
    "csv": write_as_csv,
    "trec-run": write_trec_run,
    "trec-qrels": write_trec_qrels,
    "ragas": write_ragas,
    "deepeval": write_deepeval,
}


def _row(number: int, question: str, reference: Any, language: str, known: Mapping[str, Any]) -> Row:
    """A row from what another tool says, with what Neuvo had left in it."""
    row: Row = {"id": str(known.get("id") or number + 1), "language": str(known.get("language") or language)}
    row["question"] = question
    if isinstance(reference, str) and reference:
        row["reference"] = reference
    kept = ("cards", "documents", "outcome", "not_outcome", "facts", "must_not", "kind", "tags", "group")
    row |= {key: known[key] for key in kept if known.get(key)}
    if "outcome" not in row and not row.get("cards") and not row.get("documents"):
        # Nothing is said about the source: that there is an answer is all that is expected.
        row["outcome"] = [outcome.value for outcome in GIVEN]
    return row


def _unread(case: Case) -> Row:
    """A case as a row that reads back as the same case."""

    def turn_row(turn: Turn) -> Row:
        row: Row = {"question": turn.question}
        row["documents"] = list(turn.relevant)
        if turn.may_clarify or turn.outcomes != (GIVEN if turn.relevant else ABSTAINED):
            row["outcome"] = list(turn.outcomes)
        row |= {"not_outcome": list(turn.not_outcomes), "must_not": list(turn.must_not)}
        row["facts"] = [{"value": fact.value, "any_of": list(fact.any_of)} for fact in turn.facts]
        row["reference"] = turn.reference
        row["profile"] = {k: v for k in ("municipality", "situation") if (v := getattr(turn, k))}
        row = {key: value for key, value in row.items() if value}
        if turn.masked is not None:
            row["masked"] = list(turn.masked)
        return row

    turns = [turn_row(turn) for turn in case.turns]
    row: Row = {"id": case.id, "language": case.language}
    row |= turns[0] if len(turns) == 1 else {"turns": turns}
    row |= {"group": case.group, "kind": case.kind, "tags": list(case.tags)}
    return {key: value for key, value in row.items() if value or key == "masked"}


def _retrieval(queries: Mapping[str, str], relevant: Mapping[str, list[str]], language: str) -> list[Row]:
    """Rows of the queries that have relevant documents."""
    return [
        {"id": id, "language": language, "question": question, "documents": relevant[id]}
        for id, question in queries.items()
        if relevant.get(id)
    ]


def _results(material: Material) -> tuple[CaseResult, ...]:
    if not material.results:
        raise AdapterError("only a run holds answers; read --from run")
    return material.results


def _name(source: Path) -> str:
    name = "".join(c if c.isascii() and c.isalnum() else "-" for c in source.stem.lower()).strip("-")
    return name or "converted"


def _cell(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ";".join(_cell(one) for one in value)
    if isinstance(value, Mapping):
        return str(value["value"])
    return str(value)


def _json_values(source: Path) -> Iterator[tuple[str, Row]]:
    """Objects of a JSON list, or of JSON lines."""
    if source.suffix == ".jsonl":
        yield from _json_lines(source)
        return
    try:
        values = json.loads(source.read_text(encoding="utf-8-sig"))
    except (ValueError, OSError) as error:
        raise AdapterError(f"{source}: {error}") from error
    if not isinstance(values, list):
        raise AdapterError(f"{source.name}: not a list")
    for number, value in enumerate(values, 1):
        if not isinstance(value, dict):
            raise AdapterError(f"{source.name}: entry {number}: not an object")
        yield f"{source.name}: entry {number}", value


def _json_lines(source: Path) -> Iterator[tuple[str, Row]]:
    for number, line in enumerate(_lines(source), 1):
        where = f"{source.name}:{number}"
        try:
            value = json.loads(line)
        except ValueError as error:
            raise AdapterError(f"{where}: no JSON: {error}") from error
        if not isinstance(value, dict):
            raise AdapterError(f"{where}: not an object")
        yield where, value


def _spreadsheet(source: Path) -> Iterator[tuple[str, Row]]:
    with source.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        for row in reader:
            yield f"{source.name}:{reader.line_num}", {key: value for key, value in row.items() if key and value}


def _lines(path: Path) -> list[str]:
    """Lines that say something. U+2028 and its like end no line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise AdapterError(f"{path}: cannot be read: {error}") from error
    return [line.rstrip("\r") for line in text.split("\n") if line.strip()]


def _write_lines(path: Path, lines: Iterable[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _text(value: Row, key: str, where: str) -> str:
    found = value.get(key)
    if not isinstance(found, (str, int)) or not str(found).strip():
        raise AdapterError(f"{where}: {key} is missing")
    return str(found)


def _number(text: str, where: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise AdapterError(f"{where}: {text!r} is no number") from None
