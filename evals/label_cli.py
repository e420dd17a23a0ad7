"""``neuvo eval label``: people judge the answers of a run, in the terminal or in the browser. Registered by
``evals.cli``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evals.cli_errors import failing_clearly

if TYPE_CHECKING:
    from evals.results import Run


def label(
    run: Annotated[
        Path, typer.Argument(metavar="RUN", help="The folder of a run, or of a suite's runs for the newest.")
    ],
    rater: Annotated[str | None, typer.Option("--rater", help="Who judges: a short name in small letters.")] = None,
    browser: Annotated[bool, typer.Option("--browser", help="Judge on a page of this machine's browser.")] = False,
    agreement: Annotated[bool, typer.Option("--agreement", help="Show how far the raters so far agree.")] = False,
) -> None:
    """Judge a run's answers, blind, in the terminal or the browser; or see how far raters agree with each other and
    the metrics."""
    from evals.labelling import label as ask_for_labels
    from evals.labelling import labels_path
    from evals.results import find_run, read_run

    if (agreement and (browser or rater)) or not (agreement or browser or rater):
        raise typer.BadParameter("give --browser, --rater or both; or --agreement alone")

    def ask(text: str) -> str:
        typer.echo(f"\n{text}")
        return str(typer.prompt("Is this answer right? y(es), n(o), s(kip), q(uit)"))

    with failing_clearly():
        found = read_run(find_run(run))
        if rater is not None:
            labels_path(found.folder, rater)
        if browser:
            _in_browser(found, rater)
        elif rater is not None:
            typer.echo(f"{ask_for_labels(found, rater, ask)} answers judged")
        if agreement or browser:
            _print_agreements(found)


def _in_browser(run: Run, rater: str | None) -> None:
    from evals.label_server import LabelServer

    server = LabelServer(run, rater)
    typer.echo(f"open once, in a browser on this machine: {server.address}\nCtrl-C ends; every judgement is kept")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        typer.echo("")
    finally:
        server.server_close()


def _print_agreements(run: Run) -> None:
    from evals.labelling import agreements

    found = agreements(run)
    for one in found:
        typer.echo(str(one))
    if not found:
        typer.echo("nobody has judged yet")
