"""``neuvo llm``: whether the configured language model's endpoint works, and what it can be used for."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from web.command import EXIT_FAILED, EXIT_USAGE, clear_errors, read_settings

llm_app = typer.Typer(help="Check the language model's endpoint.", no_args_is_help=True)


@llm_app.callback()
def _main() -> None:
    """One command so far."""


@llm_app.command()
def check(
    languages: Annotated[
        list[str] | None, typer.Argument(help="Languages to try, by their codes; all if none is given.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Try the endpoint: reached, structured output, streaming, an answer in every language.

    Sends sentences of Neuvo's own, nothing that anybody asked. Ends with 1 where the model cannot write answers.
    """
    from assistant.languages import load_languages
    from assistant.llm_checking import check_endpoint
    from assistant.llm_endpoint import Endpoint

    with clear_errors():
        config = read_settings().llm
    known = load_languages()
    if unknown := set(languages or ()) - known.keys():
        typer.echo(f"neuvo: Neuvo does not speak {', '.join(sorted(unknown))}", err=True)
        raise typer.Exit(EXIT_USAGE)
    if not config.enabled:
        typer.echo("No language model is configured; answers are made of the sources' own sentences.")
        typer.echo("Set NEUVO_LLM_URL, NEUVO_LLM_MODEL and, where it takes one, NEUVO_LLM_KEY.")
        raise typer.Exit
    endpoint = Endpoint(config)
    try:
        found = check_endpoint(endpoint, config, known, languages or list(known))
    finally:
        endpoint.close()
    if as_json:
        typer.echo(json.dumps(found.to_dict(), ensure_ascii=False, indent=2))
    else:
        typer.echo(f"{config.model} at {config.url}")
        for one in found.tried:
            mark = "yes" if one.works else "no "
            typer.echo(f"  {mark} {one.what:<24} {one.ms:7,.0f} ms  {one.said}")
        typer.echo(f"May be used for: {', '.join(found.steps) or 'nothing'}")
        if found.languages:
            typer.echo(f"Languages it answers in: {' '.join(found.languages)}")
    if "compose" not in found.steps:
        raise typer.Exit(EXIT_FAILED)
