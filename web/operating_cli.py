"""``neuvo notice`` and ``neuvo feedback``: what an operator does while the server runs."""

from __future__ import annotations

import json
import os
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from web.notices import Published
    from web.settings import WebSettings

EXIT_FAILED, EXIT_USAGE = 1, 2

notice_app = typer.Typer(help="Notices on every page: a crisis, or something about the service.", no_args_is_help=True)
feedback_app = typer.Typer(help="What residents said of answers.", no_args_is_help=True)

JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Moment = Annotated[str | None, typer.Option(help="2026-12-24T18:00, in this machine's time unless it says +02:00.")]


class Kind(StrEnum):
    """What a notice is about."""

    CRISIS = "crisis"
    SERVICE = "service"


@notice_app.command()
def publish(
    kind: Annotated[Kind, typer.Option(help="A crisis stands first and looks urgent.")],
    text: Annotated[list[str] | None, typer.Option(help='One language: --text fi="Palvelu on suljettu."')] = None,
    file: Annotated[Path | None, typer.Option(help="TOML with a line for each language: fi = '...'")] = None,
    link: Annotated[str | None, typer.Option(help="Where to read more.")] = None,
    from_: Annotated[str | None, typer.Option("--from", help="When it begins; at once if not given.")] = None,
    until: Moment = None,
    incomplete: Annotated[bool, typer.Option(help="Publish without Finnish, Swedish or English.")] = False,
) -> None:
    """Put a notice on every page. Running servers show it within ten seconds."""
    from assistant.languages import load_languages
    from web.notices import FIRST, InvalidNotice, NoticeStore, Published

    with _failing_clearly(), _database() as (engine, _):
        languages = load_languages()
        texts = _texts(text or (), file)
        lacking = [code for code in FIRST if code not in texts]
        if lacking and not incomplete:
            raise InvalidNotice(f"there is no text in {', '.join(lacking)}; publish all the same with --incomplete")
        notice = Published(kind.value, texts, link, _moment(from_), _moment(until))
        number = NoticeStore(engine).publish(notice, languages)
        typer.echo(f"notice {number} is published in {', '.join(texts)}")
        if others := [code for code in languages if code not in texts]:
            typer.echo(f"pages in {', '.join(others)} show it in Finnish or English", err=True)


@notice_app.command("list")
def list_notices(
    everything: Annotated[bool, typer.Option("--all", help="Those that are over, too.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Show notices, the newest first."""
    from web.notices import NoticeStore

    with _failing_clearly(), _database() as (engine, _):
        now = datetime.now(UTC)
        notices = [one for one in NoticeStore(engine).all() if everything or not _is_over(one, now)]
    if as_json:
        typer.echo(json.dumps([_described(one, now) for one in notices], ensure_ascii=False, indent=2))
        return
    for one in notices:
        described = _described(one, now)
        typer.echo(f"{one.id}  {one.kind}  {described['state']}  {', '.join(one.texts)}")
        for code, text in one.texts.items():
            typer.echo(f"    {code}: {text}")
    if not notices:
        typer.echo("no notices")


@notice_app.command()
def withdraw(number: Annotated[int, typer.Argument(help="As neuvo notice list shows it.")]) -> None:
    """Take a notice off the pages."""
    from web.notices import NoticeStore

    with _failing_clearly(), _database() as (engine, _):
        NoticeStore(engine).withdraw(number)
    typer.echo(f"notice {number} is withdrawn")


@feedback_app.command()
def export() -> None:
    """Print feedback as JSON lines, the oldest first."""
    from web.feedback import FeedbackStore

    with _failing_clearly(), _database() as (engine, _):
        for row in FeedbackStore(engine, str).all():
            sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")


@feedback_app.command()
def purge(
    days: Annotated[int | None, typer.Option(min=0, help="Older than this; else than the setting.")] = None,
) -> None:
    """Delete old feedback now. A running server does so daily."""
    from web.feedback import FeedbackStore

    with _failing_clearly(), _database() as (engine, settings):
        kept = timedelta(days=settings.feedback_days if days is None else days)
        deleted = FeedbackStore(engine, str).purge(datetime.now(UTC) - kept)
    typer.echo(f"{deleted} deleted")


@contextmanager
def _database() -> Iterator[tuple[Engine, WebSettings]]:
    """The web's database and settings, for a command. Raises InvalidConfig, StorageError."""
    from assistant.config import read_config
    from web.configuration import read_web_settings
    from web.storage import open_database

    settings = read_web_settings(os.environ, read_config(os.environ).index.data)
    engine = open_database(settings.database)
    try:
        yield engine, settings
    finally:
        engine.dispose()


@contextmanager
def _failing_clearly() -> Iterator[None]:
    """What users can mend ends as one line."""
    from assistant.config import InvalidConfig
    from web.notices import InvalidNotice, UnknownNotice
    from web.storage import StorageError

    try:
        yield
    except (InvalidConfig, InvalidNotice) as error:
        _fail(str(error), EXIT_USAGE)
    except (UnknownNotice, StorageError) as error:
        _fail(str(error), EXIT_FAILED)


def _fail(message: str, status: int) -> NoReturn:
    typer.echo(f"neuvo: {message}", err=True)
    raise typer.Exit(status)


def _texts(given: list[str] | tuple[str, ...], file: Path | None) -> dict[str, str]:
    """Raises InvalidNotice."""
    from web.notices import InvalidNotice

    texts: dict[str, str] = {}
    if file:
        try:
            read = tomllib.loads(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise InvalidNotice(f"{file} cannot be read: {error}") from error
        for code, text in read.items():
            if not isinstance(text, str):
                raise InvalidNotice(f"{file}: {code} is no text")
            texts[code] = text
    for one in given:
        code, separator, text = one.partition("=")
        if not separator:
            raise InvalidNotice(f'"{one}" names no language; write fi="..."')
        texts[code.strip()] = text
    return texts


def _moment(given: str | None) -> datetime | None:
    """Raises InvalidNotice."""
    from web.notices import InvalidNotice

    try:
        return datetime.fromisoformat(given).astimezone(UTC) if given else None
    except ValueError as error:
        raise InvalidNotice(f'"{given}" is no date and time such as 2026-12-24T18:00') from error


def _is_over(notice: Published, now: datetime) -> bool:
    return notice.withdrawn is not None or (notice.ends is not None and notice.ends <= now)


def _described(notice: Published, now: datetime) -> dict[str, Any]:
    def iso(moment: datetime | None) -> str | None:
        return moment.isoformat(timespec="seconds") if moment else None

    state = "over" if _is_over(notice, now) else "shown" if notice.is_shown(now) else "not yet"
    return {
        "id": notice.id,
        "kind": notice.kind,
        "state": state,
        "texts": dict(notice.texts),
        "url": notice.url,
        "from": iso(notice.starts),
        "until": iso(notice.ends),
        "published": iso(notice.published),
        "withdrawn": iso(notice.withdrawn),
    }
