"""``neuvo eval``: run suites, read and compare their results, take over other tools' files."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evals.cli_errors import EXIT_GATE, EXIT_USAGE, failing_clearly
from evals.judge_cli import judge
from evals.label_cli import label

if TYPE_CHECKING:
    from assistant.config import AssistantConfig
    from evals.results import Run
    from evals.runner import Progress
    from evals.summary import Summary
    from evals.targets import Target

eval_app = typer.Typer(help="Run answer-quality suites and compare their results.", no_args_is_help=True)

eval_app.command("judge")(judge)
eval_app.command("label")(label)

SuiteArgument = Annotated[str, typer.Argument(metavar="SUITE", help="A suite's name, a folder or a file.")]
RunArgument = Annotated[
    Path, typer.Argument(metavar="RUN", help="The folder of a run, or of a suite's runs for the newest.")
]
JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@eval_app.command("list")
def list_suites(as_json: JsonFlag = False) -> None:
    """The shipped suites, and the data folder's own: what each measures, its cases and languages."""
    from evals.bakeoff_names import BAKEOFFS
    from evals.suite_files import HEAD, load_suite, own_suites, shipped_suites

    with failing_clearly():
        folders = (shipped_suites(), own_suites(_config().index.data))
        found = [load_suite(path.parent) for folder in folders for path in sorted(folder.glob(f"*/{HEAD}"))]
    if as_json:
        shown = [
            {
                "name": suite.head.name,
                "measures": suite.head.measures,
                "cases": len(suite.cases),
                "languages": suite.languages,
            }
            for suite in found
        ]
        typer.echo(json.dumps(shown, ensure_ascii=False, indent=1))
        return
    for suite in found:
        size = f"{len(suite.cases):>5} cases, {len(suite.languages):>2} languages"
        typer.echo(f"{suite.head.name:<14} {size}  {suite.head.measures}")
    for name, measures in BAKEOFFS.items():
        typer.echo(f"{name:<14} {'a bake-off':<26}  {measures}")


@eval_app.command("check")
def check_suite(suite: SuiteArgument) -> None:
    """Read a suite and say what is wrong with it, line by line, without running it."""
    from evals.suite_files import find_suite, load_suite, own_suites

    with failing_clearly():
        found = load_suite(find_suite(suite, own_suites(_config().index.data)))
    typer.echo(f"{found.head.name}: {len(found.cases)} cases in {', '.join(found.languages)}")


@eval_app.command("run")
def run_suites(
    suites: Annotated[
        list[str],
        typer.Argument(metavar="SUITE...", help="Names, folders or files; or: all; or a bake-off, with --candidate."),
    ],
    against: Annotated[
        str | None, typer.Option("--against", help="Address of a server; without it Neuvo answers in this process.")
    ] = None,
    in_process: Annotated[bool, typer.Option("--in-process", help="Answer in this process: the default.")] = False,
    languages: Annotated[
        list[str] | None, typer.Option("--language", help="Only cases in this language; may be given several times.")
    ] = None,
    first: Annotated[int | None, typer.Option(min=1, help="Only so many cases of each language.")] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder for results.")] = Path("results"),
    resume: Annotated[Path | None, typer.Option("--resume", help="Carry on the run in this folder.")] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Cases asked at once.")] = 1,
    candidates: Annotated[
        list[str] | None, typer.Option("--candidate", help="Of a bake-off: who takes part; several times.")
    ] = None,
    data: Annotated[Path | None, typer.Option("--data", help="Of the bake-off language-id: texts (TSV).")] = None,
) -> None:
    """Run suites, one after the other. Exits with 1 when a gate fails, with 3 when a run itself fails."""
    from assistant.languages import load_languages
    from corpus.publishing import CHANGED_CARDS
    from evals import runner
    from evals.bakeoff_names import BAKEOFFS
    from evals.metrics import OwnWords
    from evals.report import write_reports
    from evals.results import find_run
    from evals.suite_files import HEAD, card_wordings, find_suite, load_suite, own_suites, shipped_suites

    if against and in_process:
        raise typer.BadParameter("--against and --in-process exclude each other")
    if len(suites) == 1 and suites[0] in BAKEOFFS:
        if against or resume or workers > 1:
            raise typer.BadParameter("a bake-off takes none of --against, --resume and --workers")
        _bake_off(suites[0], candidates or (), data, languages or (), first, out)
        return
    if candidates or data:
        raise typer.BadParameter(f"--candidate and --data are for one bake-off alone: {', '.join(BAKEOFFS)}")
    if suites == ["all"]:
        suites = [path.parent.name for path in sorted(shipped_suites().glob(f"*/{HEAD}"))]
    if resume and len(suites) > 1:
        raise typer.BadParameter("--resume carries on the run of one suite")
    passed = True
    with failing_clearly():
        kept = _config().index.data
        wordings, loaded = card_wordings(kept / CHANGED_CARDS), []
        for name in suites:
            found = load_suite(find_suite(name, own_suites(kept)), wordings)
            suite = runner.selected(found, languages or (), first)
            if not suite.cases:
                typer.echo(f"neuvo: no case of {suite.head.name} is in {', '.join(languages or ())}", err=True)
                raise typer.Exit(EXIT_USAGE)
            loaded.append((name, suite))
        target, own_words = _target(against), OwnWords(load_languages())
        try:
            for name, suite in loaded:
                folder = find_run(resume) if resume else runner.new_folder(out, suite)
                with _progress(suite.head.name) as progress:
                    run = runner.run_suite(
                        suite, target, folder, own_words, path=name, workers=workers, progress=progress
                    )
                summary = write_reports(run)
                if len(loaded) > 1:
                    typer.echo(f"\n{suite.head.name}")
                _print_summary(run, summary)
                passed = passed and summary.passed
        finally:
            target.close()
    if not passed:
        raise typer.Exit(EXIT_GATE)


@eval_app.command()
def report(run: RunArgument, as_json: JsonFlag = False) -> None:
    """Write a run's reports anew and print its gates. Exits with 1 when a gate fails."""
    from evals.report import write_reports
    from evals.results import find_run, read_run

    with failing_clearly():
        found = read_run(find_run(run))
        summary = write_reports(found)
    if as_json:
        typer.echo(json.dumps(summary.to_dict(), ensure_ascii=False, indent=1))
    else:
        _print_summary(found, summary)
    if not summary.passed:
        raise typer.Exit(EXIT_GATE)


@eval_app.command()
def compare(
    before: Annotated[Path, typer.Argument(metavar="RUN_A", help="The run to compare with.")],
    after: Annotated[Path, typer.Argument(metavar="RUN_B", help="The run that is to be judged.")],
    change: Annotated[float, typer.Option(min=0, max=1, help="How much worse a metric may be.")] = 0.01,
    change_per_language: Annotated[float, typer.Option(min=0, max=1, help="The same in a single language.")] = 0.05,
    alpha: Annotated[float, typer.Option(min=0, max=1, help="p-value below which a change is no chance.")] = 0.05,
    as_json: JsonFlag = False,
) -> None:
    """Compare two runs case by case. Exits with 1 when the second is worse."""
    from evals.comparing import Tolerance
    from evals.comparing import compare as compare_runs
    from evals.report import comparison_markdown
    from evals.results import find_run, read_run

    with failing_clearly():
        runs = read_run(find_run(before)), read_run(find_run(after))
        found = compare_runs(*runs, Tolerance(change, change_per_language, alpha))
    if as_json:
        typer.echo(json.dumps(found.to_dict(), ensure_ascii=False, indent=1))
    else:
        typer.echo(comparison_markdown(found), nl=False)
    if found.regressions:
        raise typer.Exit(EXIT_GATE)


@eval_app.command()
def convert(
    source: Annotated[Path, typer.Argument(help="A file or folder of another tool, or the folder of a run.")],
    destination: Annotated[Path, typer.Argument(help="File to write.")],
    read_as: Annotated[str, typer.Option("--from", help="run, suite, omos-qa, beir, trec, ragas or deepeval.")],
    write_as: Annotated[
        str, typer.Option("--to", help="suite, trec-run, trec-qrels, ragas, deepeval or csv.")
    ] = "suite",
    language: Annotated[str, typer.Option(help="Language of questions that do not say theirs.")] = "en",
    documents: Annotated[
        Path | None, typer.Option("--documents", help="Folder for the documents that come along, for neuvo ingest.")
    ] = None,
) -> None:
    """Turn another tool's data into a suite, or a run into what another tool reads."""
    from evals.adapters import convert as convert_file

    with failing_clearly():
        written = convert_file(source, read_as, destination, write_as, language=language, documents=documents)
    typer.echo(f"wrote {written} rows: {destination}")


def _bake_off(
    name: str, candidates: Sequence[str], data: Path | None, languages: Sequence[str], first: int | None, out: Path
) -> None:
    from evals.bakeoff_names import hold
    from evals.bakeoffs import new_folder, record

    with failing_clearly():
        bakeoff = hold(name, candidates, data, languages, first, _config)
        for missing, way in bakeoff.missing.items():
            typer.echo(f"neuvo: {missing} is not installed and left out: {way}", err=True)
        folder = new_folder(out, name)
        typer.echo(record(bakeoff, folder), nl=False)
    typer.echo(f"report: {folder / 'report.md'}")


def _config() -> AssistantConfig:
    from assistant.answering import index_config
    from assistant.config import read_config
    from assistant.languages import load_languages

    return index_config(read_config(os.environ), load_languages())


def _target(against: str | None) -> Target:
    from evals.targets import Http, open_assistant

    return Http(against) if against else open_assistant(_config())


@contextmanager
def _progress(name: str) -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(name, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _print_summary(run: Run, summary: Summary) -> None:
    from evals.report import demanded, look_metric, row_name, row_value, shown, with_interval
    from evals.summary import OVERALL

    for row in summary.gate_rows:
        mark = "holds" if row.passed else "FAILS"
        typer.echo(f"{mark}  {row_name(row):<30} {demanded(row.shown):<18} {row_value(row, summary)}")
    for one in summary.looks:
        if not one.language and one.both.low is not None:
            alone, both = (with_interval(look_metric(one), value) for value in (one.tables, one.both))
            typer.echo(f"taken for urgent, of {one.cases} {one.part}: by tables alone {alone}, by both looks {both}")
    right = summary.figures["right"][OVERALL]
    worst = summary.worst("right")
    low = f", worst in {worst}: {shown('right', summary.figures['right'][worst].value)}" if worst else ""
    typer.echo(f"{len(run.cases)} cases, right {with_interval('right', right)}{low}")
    typer.echo(f"report: {run.folder / 'report.html'}")
