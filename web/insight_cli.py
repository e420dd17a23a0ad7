"""``neuvo insight``: the indicators as files."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from web.operating_cli import EXIT_USAGE, _database, _failing_clearly

insight_app = typer.Typer(help="What is asked and what is answered, in numbers.", no_args_is_help=True)

Month = Annotated[str | None, typer.Option(help="A month, 2026-11; of a day, its whole month.")]


class Format(StrEnum):
    """How the file is written."""

    CSV = "csv"
    JSON = "json"


@insight_app.callback()
def main() -> None:
    pass


@insight_app.command()
def export(
    format: Annotated[Format, typer.Option(help="CSV with a header, or JSON.")] = Format.CSV,
    from_: Annotated[str | None, typer.Option("--from", help="The first month, 2026-01; 12 months ago.")] = None,
    until: Month = None,
    out: Annotated[Path | None, typer.Option(help="The file; printed if not given.")] = None,
) -> None:
    """Print the indicators of whole months. Counts below five are withheld, and those they could be calculated from."""
    from web.desk.indicators import Indicators
    from web.desk.insight import as_csv, as_json, insight_of
    from web.desk.insight_pages import chosen, month_of
    from web.desk.opening_hours import OpeningHours

    for given in (from_, until):
        if given is not None and month_of(given) is None:
            typer.echo(f'neuvo: "{given}" is no month such as 2026-11', err=True)
            raise typer.Exit(EXIT_USAGE)
    with _failing_clearly(), _database() as (engine, settings):
        indicators = Indicators(engine, OpeningHours(settings.desk.hand_off))
        first, last = chosen(indicators.months(), from_ or "", until or "")
        found = insight_of(indicators, first, last)
    text = as_csv(found) if format is Format.CSV else as_json(found)
    if out:
        out.write_text(text, encoding="utf-8")
    else:
        typer.echo(text, nl=False)
