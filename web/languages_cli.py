"""``neuvo languages``: which languages Neuvo speaks, and the packages that translate between them."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from web.command import EXIT_FAILED, EXIT_USAGE, JsonFlag, clear_errors, read_settings

if TYPE_CHECKING:
    from assistant.argos_engine import ArgosTranslator
    from assistant.argos_packages import ArgosPackage
    from assistant.config import AssistantConfig

SOURCES = ("fi", "sv", "en")
"""The languages that municipal documents are written in: what translation is for."""

languages_app = typer.Typer(help="List languages; install and check translation packages.", no_args_is_help=True)


@languages_app.command("list")
def list_languages(as_json: JsonFlag = False) -> None:
    """List the languages Neuvo speaks, and which of them each translation package serves."""
    from assistant.argos_packages import find_packages
    from assistant.languages import load_languages

    config = _settings()
    languages = load_languages()
    packages, faults = find_packages(config.packages)
    if as_json:
        shown = {
            "languages": [
                {"code": one.code, "name": one.name, "english_name": one.english_name, "direction": one.direction}
                for one in languages.values()
            ],
            "folder": str(config.packages),
            "packages": [_described(package) for package in packages],
            "faults": [str(fault) for fault in faults],
        }
        typer.echo(json.dumps(shown, ensure_ascii=False, indent=2))
        return
    for language in languages.values():
        served = [package.name for package in packages if language.code in (package.source, package.target)]
        typer.echo(f"{language.code}  {language.english_name:<12} {', '.join(served) or '-'}")
    typer.echo(f"{len(packages)} translation packages in {config.packages}", err=True)
    _report(faults)


@languages_app.command()
def install(
    what: Annotated[
        list[str],
        typer.Argument(help="Two codes, from and to, to download; or .argosmodel files.", metavar="FROM TO | FILE..."),
    ],
) -> None:
    """Install translation packages: files as they are, or a pair of languages from the network."""
    from assistant.argos_packages import SUFFIX, download_package, install_package
    from assistant.translators import PackageError

    folder = _settings().packages
    files = [Path(one) for one in what if one.endswith(SUFFIX)]
    if len(files) != len(what) and (files or len(what) != 2):
        typer.echo(f"neuvo: give two languages, from and to, or files that end in {SUFFIX}", err=True)
        raise typer.Exit(EXIT_USAGE)
    failed = False
    try:
        installed = [] if files else [download_package(what[0], what[1], folder)]
    except PackageError as error:
        installed, failed = [], True
        typer.echo(f"neuvo: {error}", err=True)
    for file in files:
        try:
            installed.append(install_package(file, folder))
        except PackageError as error:
            failed = True
            typer.echo(f"neuvo: {error}", err=True)
    for package in installed:
        typer.echo(f"{package.name} {package.version} installed in {package.folder} ({package.bytes / 1e6:.0f} MB)")
    if failed:
        raise typer.Exit(EXIT_FAILED)


@languages_app.command()
def check(as_json: JsonFlag = False) -> None:
    """Load every package, translate a sentence, and name the languages that documents are not translated to.

    Ends with 1 where a package cannot be used.
    """
    from assistant.argos_engine import ArgosTranslator
    from assistant.argos_packages import find_packages
    from assistant.languages import load_languages
    from assistant.translators import TranslationError

    config = _settings()
    packages, found = find_packages(config.packages)
    faults: list[TranslationError] = list(found)
    languages = load_languages()
    checked: list[dict[str, str | float]] = []
    reached: Mapping[str, frozenset[str]] = {}
    try:
        engine = ArgosTranslator(packages, threads=config.translation.threads, models=1, beam=config.translation.beam)
        reached = engine.languages()
    except TranslationError as error:
        faults.append(error)
        packages = []
    for package in packages:
        try:
            spoken = languages.get(package.source)
            timed = _timed(engine, package, spoken.messages.small_talk if spoken else ".")
            checked.append({**_described(package), **timed})
        except TranslationError as error:
            faults.append(error)
    missing = {
        source: [code for code in languages if code != source and code not in reached.get(source, ())]
        for source in SOURCES
    }
    if as_json:
        shown = {"packages": checked, "missing": missing, "faults": [str(fault) for fault in faults]}
        typer.echo(json.dumps(shown, ensure_ascii=False, indent=2))
    else:
        for one in checked:
            typer.echo(f"{one['name']:<7} {one['version']:<6} first {one['first_ms']} ms, then {one['warm_ms']} ms")
        for source, codes in missing.items():
            if codes:
                typer.echo(f"not translated from {source}: {' '.join(codes)}")
        _report(faults)
    if faults:
        raise typer.Exit(EXIT_FAILED)


def _timed(engine: ArgosTranslator, package: ArgosPackage, sentence: str) -> dict[str, float]:
    """Milliseconds of the first translation, with loading, and of one after it."""
    taken = []
    for _ in range(2):
        started = time.perf_counter()
        engine.translate([sentence], package.source, package.target)
        taken.append(round((time.perf_counter() - started) * 1000, 1))
    return {"first_ms": taken[0], "warm_ms": taken[1]}


def _described(package: ArgosPackage) -> dict[str, str | float]:
    return {"name": package.name, "version": package.version, "folder": str(package.folder), "bytes": package.bytes}


def _report(faults: Sequence[Exception]) -> None:
    for fault in faults:
        typer.echo(f"neuvo: {fault}", err=True)


def _settings() -> AssistantConfig:
    with clear_errors():
        return read_settings()
