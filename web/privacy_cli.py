"""``neuvo privacy``: what is kept of people, for how long, and how it is deleted."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from web.operating_cli import _database, _failing_clearly

if TYPE_CHECKING:
    from web.desk.retention import Kept

privacy_app = typer.Typer(help="What is kept of people, for how long, and how to delete it.", no_args_is_help=True)

JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON.")]

_IN_MEMORY = (
    ("conversations", "questions, masked, and their answers", "memory", "30 minutes after the last message"),
    ("violence", "answers to messages about violence at home, without the message", "memory", "5 minutes"),
    ("limits", "addresses of clients, to count requests", "memory or Redis", "1 minute, 2 in Redis"),
)


@privacy_app.command()
def report(as_json: JsonFlag = False) -> None:
    """What is stored where, for how long, how much there is of it, and since when."""
    from web.desk.retention import Keeper

    with _failing_clearly(), _database() as (engine, settings):
        kept, place = Keeper(engine, settings).report(), engine.url.render_as_string(hide_password=True)
    if as_json:
        memory = [
            {"name": name, "holds": holds, "where": where, "for": time} for name, holds, where, time in _IN_MEMORY
        ]
        shown = {"database": place, "kept": [_described(one) for one in kept], "elsewhere": memory}
        typer.echo(json.dumps(shown, ensure_ascii=False, indent=2))
        return
    typer.echo(f"database: {place}\n")
    typer.echo(f"{'kind':<17} {'rows':>8}  {'oldest':<10}  {'kept for':<10}  {'setting':<32} what")
    for one in kept:
        row = _described(one)
        typer.echo(
            f"{row['name']:<17} {row['rows']:>8}  {str(row['oldest'] or '')[:10]:<10}  {row['for']:<10}  "
            f"{row['setting'] or '':<32} {row['holds']}"
        )
    typer.echo("\nnot in the database:")
    for name, holds, where, time in _IN_MEMORY:
        typer.echo(f"{name:<17} {where}, {time}: {holds}")


@privacy_app.command()
def purge() -> None:
    """Delete what is past its days now. A running server does so when it starts and every hour."""
    from web.desk.retention import Keeper

    with _failing_clearly(), _database() as (engine, settings):
        deleted = Keeper(engine, settings).work()
    for name, count in deleted.items():
        if count:
            typer.echo(f"{name}: {count} deleted")
    if not any(deleted.values()):
        typer.echo("nothing is past its days")


@privacy_app.command()
def erase(conversation: Annotated[str, typer.Argument(help="The id of the conversation, as its page has it.")]) -> None:
    """Erase everything kept of a conversation: words of questions and feedback, flags, hand-offs."""
    from web.desk.erasing import open_eraser

    with _failing_clearly(), _database() as (engine, settings):
        erased = open_eraser(engine, settings.desk).erase(conversation)
    typer.echo(
        f"erased: {erased.hand_offs} hand-offs, {erased.questions} questions, "
        f"the words of {erased.feedback} feedbacks, {erased.flags} flags"
    )
    typer.echo("a running server keeps its questions and answers in memory until 30 minutes after the last", err=True)


def _described(kept: Kept) -> dict[str, str | int | None]:
    kind, now = kept.kind, datetime.now(UTC)
    oldest = kept.oldest.astimezone(UTC).isoformat(timespec="seconds") if kept.oldest else None
    if kind.period is None:
        time = "deleted"
    elif kind.period.days:
        time = f"{kind.period.days} days"
    else:
        time = f"{kind.period.seconds // 3600} hours"
    overdue = bool(kept.oldest and kind.period and now - kept.oldest > kind.period)
    return {
        "name": kind.name,
        "holds": kind.holds,
        "where": kind.table.name,
        "for": f"until {time}" if kind.period is None else time,
        "setting": kind.setting,
        "rows": kept.rows,
        "oldest": oldest,
        "overdue": "yes" if overdue else "no",
    }
