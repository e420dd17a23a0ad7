"""``sources.toml``: what is known of the files beside it, a table per file name or stem."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from corpus.documents import InvalidSources

SOURCES = "sources.toml"


class Source(BaseModel):
    """What one table says. ``None`` and ``()`` mean unknown; nothing is guessed."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    title: str | None = None
    publisher: str | None = None
    municipality: tuple[str, ...] = ()
    language: str | None = None
    kind: str | None = None
    status: str | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    licence: str | None = None
    url: str | None = None

    @field_validator("municipality", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        values = [value] if isinstance(value, str) else value
        if not isinstance(values, list | tuple) or not all(isinstance(name, str) for name in values):
            raise ValueError("a text or a list of texts")
        return tuple(name.strip() for name in values if name.strip())

    @field_validator("valid_from", "valid_until", mode="before")
    @classmethod
    def _dated(cls, value: Any) -> Any:
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, str):
            return date.fromisoformat(value) if value.strip() else None
        return value

    @field_validator("title", "publisher", "language", "kind", "status", "licence", "url")
    @classmethod
    def _known(cls, value: str | None) -> str | None:
        return value.strip() or None if value else None


class Sources:
    """The tables of one folder's ``sources.toml``; ``warnings`` are lines for the reader."""

    def __init__(self, tables: dict[str, Source], warnings: tuple[str, ...] = ()) -> None:
        self._tables = tables
        self.warnings = warnings

    def of(self, path: Path) -> Source:
        """The table of the file by its full name, else by its stem, else one in which all is unknown."""
        return self._tables.get(path.name) or self._tables.get(path.stem) or Source()


def read_sources(folder: Path) -> Sources:
    """The ``sources.toml`` of a folder, no tables where there is none. Raises InvalidSources."""
    path = folder / SOURCES
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        names = sorted(file.name for file in folder.iterdir())
    except FileNotFoundError:
        return Sources({})
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidSources(f"{path}: cannot be read ({error}); allow reading it and save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise InvalidSources(f"{path}: not TOML ({error}); mend that line") from error
    sources = {name: _source(path, name, table) for name, table in tables.items()}
    return Sources(sources, tuple(_absent(path, sources, names)))


def _source(path: Path, name: str, table: Any) -> Source:
    allowed = ", ".join(Source.model_fields)
    if not isinstance(table, dict):
        raise InvalidSources(f"{path}: {name!r} stands outside a table; put it under [file-name] (keys: {allowed})")
    try:
        return Source.model_validate(table)
    except ValidationError as error:
        first = error.errors()[0]
        key = first["loc"][0] if first["loc"] else "?"
        if first["type"] == "extra_forbidden":
            hint = ' (quote a file name with a dot: ["name.txt"])' if isinstance(table[key], dict) else ""
            raise InvalidSources(f"{path}: unknown key {key!r} in [{name}]{hint}; allowed: {allowed}") from error
        raise InvalidSources(f"{path}: {key!r} in [{name}] is not valid: {first['msg']}") from error


def _absent(path: Path, sources: Iterable[str], names: Iterable[str]) -> Iterable[str]:
    known = {name for file in names for name in (file, Path(file).stem)}
    for name in sources:
        if name not in known:
            yield f"{path}: [{name}] describes a file that is not there; rename or remove the table"
