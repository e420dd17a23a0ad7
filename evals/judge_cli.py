"""``neuvo eval judge``: a language model judges the answers of a run. Registered by ``evals.cli``."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evals.cli_errors import EXIT_BROKEN, EXIT_USAGE, failing_clearly

if TYPE_CHECKING:
    from evals.judging import Complete, Judged


def judge(
    run: Annotated[
        Path, typer.Argument(metavar="RUN", help="The folder of a run, or of a suite's runs for the newest.")
    ],
    model: Annotated[
        str | None, typer.Option("--model", help="Another model of the configured endpoint than the one that answers.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Have a language model judge a run's answers: faithful, relevant, complete. No gate looks at it.

    Questions, answers and quotes are sent to the endpoint of [llm]. What was judged already is not judged again.
    """
    from assistant.languages import load_languages
    from assistant.llms import LlmError, spending
    from evals import judging
    from evals.results import find_run, read_run, write

    with failing_clearly():
        found = read_run(find_run(run))
        languages = {code: language.english_name for code, language in load_languages().items()}
        with _model(model) as (name, complete), spending() as account:
            try:
                verdicts = judging.judge(found, name, complete, languages)
            except LlmError as error:
                typer.echo(f"neuvo: {error}; what is judged is kept, and the same command goes on there", err=True)
                raise typer.Exit(EXIT_BROKEN) from error
        judged = judging.summarised(found, verdicts)
        path = judging.verdicts_path(found.folder, name).with_suffix(".json")
        tokens = [(call.tokens_in or 0) + (call.tokens_out or 0) for call in account.calls]
        values = {"judge": name, "calls": len(tokens), "tokens": sum(tokens), "cost": account.cost, **judged.to_dict()}
        write(path, json.dumps(values, ensure_ascii=False, indent=1) + "\n")
    if as_json:
        typer.echo(json.dumps(values, ensure_ascii=False, indent=1))
    else:
        _print(name, judged)
        typer.echo(f"verdicts: {judging.verdicts_path(found.folder, name)}")


def _print(name: str, judged: Judged) -> None:
    from evals.report import with_interval

    for criterion, parts in judged.figures.items():
        whole = parts["all"]
        values = {code: one.value for code, one in parts.items() if code != "all" and one.value is not None}
        worst = min(values, key=lambda code: values[code]) if len(set(values.values())) > 1 else None
        low = f", worst in {worst}: {100 * values[worst]:.1f} %" if worst else ""
        typer.echo(
            f"{criterion:<14} {with_interval('right', whole)}, {whole.cases} cases, {whole.undefined} undefined{low}"
        )
    typer.echo(f"{judged.unjudged} cases hold no answer to judge, or are blind")
    for rater, cases, alike, beyond in judged.people:
        kappa = "undefined" if beyond is None else f"{beyond:.2f}"
        typer.echo(f"{name} and {rater}: {cases} cases, {alike:.0%} alike, kappa {kappa}")
    if not judged.people:
        typer.echo("Nobody has labelled this run (neuvo eval label): how far the judge agrees with people is not known")


@contextmanager
def _model(name: str | None) -> Iterator[tuple[str, Complete]]:
    """The judge's name and how it is asked."""
    from assistant.config import read_config
    from assistant.llm_endpoint import Endpoint
    from evals.judging import SCHEMA

    config = read_config(os.environ).llm
    if not config.enabled:
        typer.echo("neuvo: no language model is configured: set NEUVO_LLM_URL and NEUVO_LLM_MODEL", err=True)
        raise typer.Exit(EXIT_USAGE)
    if name:
        config = config.model_copy(update={"model": name})
    endpoint = Endpoint(config)
    try:
        yield config.model, lambda messages: endpoint.complete(messages, step="judge", schema=SCHEMA).text
    finally:
        endpoint.close()
