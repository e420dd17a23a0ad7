"""``neuvo corpus``: check the service cards, write them out for others, begin a new one."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from assistant.languages import Language
    from corpus.findings import Finding

EXIT_FAILED = 1

corpus_app = typer.Typer(help="Check, export and begin service cards.", no_args_is_help=True)

CardsOption = Annotated[
    Path | None,
    typer.Option("--cards", help="Folder of the cards' folders; by default the shipped cards, as changed at the desk."),
]
LanguagesOption = Annotated[
    str | None, typer.Option("--languages", help="Only these, by code: fi,en. All languages by default.")
]


class Format(StrEnum):
    """What ``export`` writes."""

    JSONL = "jsonl"
    HTML = "html"


@corpus_app.command()
def check(languages: LanguagesOption = None, cards: CardsOption = None) -> None:
    """Prove that every text carries its card's facts; exit with 1 and one line per finding if not."""
    from assistant.language_id import LanguageIdentifier
    from corpus.cards import load_cards
    from corpus.checks import check_cards

    with _failing_clearly():
        known = _known_languages()
        wanted = _wanted(languages, known)
        loaded = load_cards(cards, _overlay(cards))
        identifier = LanguageIdentifier(known)
        findings = check_cards(
            loaded,
            {code: language.script for code, language in known.items()},
            lambda text: identifier.identify(text).code,
        )
    findings = [finding for finding in findings if _concerns(finding, wanted)]
    for finding in findings:
        typer.echo(str(finding))
    texts = sum(wanted is None or text.language in wanted for card in loaded for text in card.texts)
    typer.echo(f"{len(loaded)} cards, {texts} texts: {len(findings) or 'no'} findings", err=True)
    if findings:
        raise typer.Exit(EXIT_FAILED)


@corpus_app.command()
def export(
    out: Annotated[Path, typer.Option("--out", help="Folder to write to; made if it is not there.")],
    format: Annotated[Format, typer.Option("--format", help="One JSON object a line, or pages to read.")],
    languages: LanguagesOption = None,
    cards: CardsOption = None,
) -> None:
    """Write every card in every language: cards.jsonl, or a page each and index.html."""
    from corpus.cards import load_cards
    from corpus.exports import write_jsonl
    from web.corpus_pages import write_pages

    with _failing_clearly():
        known = _known_languages()
        wanted = _wanted(languages, known)
        loaded = load_cards(cards, _overlay(cards))
        out.mkdir(parents=True, exist_ok=True)
        if format is Format.JSONL:
            written, first = write_jsonl(loaded, out / "cards.jsonl", wanted), out / "cards.jsonl"
        else:
            written, first = write_pages(loaded, out, known, wanted), out / "index.html"
    typer.echo(f"wrote {written} texts: {first}")


@corpus_app.command()
def new(
    slug: Annotated[str, typer.Argument(help="The new card's name in small letters: integration-training")],
    cards: CardsOption = None,
) -> None:
    """Begin a card: a folder with service.toml, fi.md and en.md to fill in."""
    from corpus.cards import shipped_cards
    from corpus.scaffolding import new_card

    with _failing_clearly():
        folder = new_card(shipped_cards() if cards is None else cards, slug)
    typer.echo(f"made {folder}; fill in service.toml, fi.md and en.md, then run: neuvo corpus check")


@contextmanager
def _failing_clearly() -> Iterator[None]:
    """What an editor can mend ends as one line and exit status 1."""
    from assistant.config import InvalidConfig
    from assistant.languages import LanguageFileError
    from corpus.documents import CorpusError

    try:
        yield
    except (CorpusError, InvalidConfig, LanguageFileError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(EXIT_FAILED) from error
    except OSError as error:
        typer.echo(f"{error.filename or ''}: {error.strerror or error}".lstrip(": "), err=True)
        raise typer.Exit(EXIT_FAILED) from error


def _overlay(cards: Path | None) -> Path | None:
    """What was changed at the desk, which is laid over the shipped cards alone. Raises InvalidConfig."""
    from assistant.config import read_config
    from corpus.publishing import CHANGED_CARDS

    return read_config(os.environ).index.data / CHANGED_CARDS if cards is None else None


def _known_languages() -> Mapping[str, Language]:
    from assistant.languages import load_languages

    return load_languages()


def _wanted(languages: str | None, known: Mapping[str, Language]) -> frozenset[str] | None:
    """The codes of ``--languages``; None, which is no limit, without it."""
    if languages is None:
        return None
    codes = frozenset(code.strip() for code in languages.split(",") if code.strip())
    if unknown := sorted(codes - set(known)) or (["none given"] if not codes else []):
        raise typer.BadParameter(f"unknown: {', '.join(unknown)}; known are {', '.join(known)}")
    return codes


def _concerns(finding: Finding, wanted: frozenset[str] | None) -> bool:
    """Whether a finding is about one of these languages, or about a card's facts."""
    from corpus.card_schema import language_of

    return wanted is None or finding.file == "service.toml" or language_of(Path(finding.file).stem) in wanted
