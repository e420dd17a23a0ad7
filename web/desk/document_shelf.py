"""The ingested documents of a data folder, as editors add, replace, describe and remove them.

ShelfError
├── NotRead    the file cannot become a document
└── NoFolder   there is no data folder
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Any

from pydantic import ValidationError

from corpus.documents import Document, UnreadableDocument
from corpus.ingestion import read_document, slugify
from corpus.publishing import DOCUMENTS
from corpus.readers import READERS
from corpus.sources import Source
from corpus.storage import DocumentStore

MOST_BYTES = 20 * 1024 * 1024

FIELDS = (
    "title",
    "publisher",
    "municipality",
    "language",
    "kind",
    "status",
    "valid_from",
    "valid_until",
    "licence",
    "url",
)
"""What can be said of a document, in the order of the form."""


class ShelfError(Exception):
    """Base of what goes wrong with documents at the desk."""


class NotRead(ShelfError):
    """The file cannot become a document; the text says why."""


class NoFolder(ShelfError):
    """There is no data folder."""


class DocumentShelf:
    """The documents that were ingested. ``identify`` tells the language of a text that nobody said. Blocks."""

    def __init__(self, data: Path | None, identify: Callable[[str], str]) -> None:
        self.possible = data is not None
        self._store = DocumentStore((data or Path("/nonexistent")) / DOCUMENTS)
        self._identify = identify

    def all(self) -> list[Document]:
        """By title. Raises CorpusError."""
        return sorted(self._store.list(), key=lambda document: document.title.casefold())

    def get(self, id: str) -> Document:
        """Raises CorpusError."""
        return self._store.get(id)

    def add(self, name: str, content: bytes, known: Source) -> Document:
        """Keep a file as a new document. Raises ShelfError, CorpusError."""
        document = self._read(self._free_id(name), name, content, known)
        return self._put(replace(document, source=f"desk/{PurePath(name).name}"))

    def replace(self, id: str, name: str, content: bytes, known: Source) -> Document:
        """Keep a file in place of a document, which keeps its id. Raises ShelfError, CorpusError."""
        before = self._store.get(id)
        return self._put(replace(self._read(id, name, content, known), source=before.source))

    def describe(self, id: str, known: Source) -> Document:
        """Change what is said of a document. Raises ShelfError, CorpusError."""
        before = self._store.get(id)
        return self._put(
            replace(
                before,
                title=known.title or before.title,
                language=known.language or self._identify(before.text),
                publisher=known.publisher,
                municipalities=known.municipality,
                kind=known.kind,
                status=known.status,
                valid_from=known.valid_from,
                valid_until=known.valid_until,
                licence=known.licence,
                url=known.url,
            )
        )

    def remove(self, id: str) -> None:
        """Raises NoFolder, CorpusError."""
        if not self.possible:
            raise NoFolder
        self._store.remove(id)

    def _put(self, document: Document) -> Document:
        if not self.possible:
            raise NoFolder
        self._store.put(document)
        return document

    def _read(self, id: str, name: str, content: bytes, known: Source) -> Document:
        suffix = PurePath(name).suffix.lower()
        if suffix not in READERS:
            raise NotRead(f"{PurePath(name).name}: not one of {', '.join(READERS)}")
        if len(content) > MOST_BYTES:
            raise NotRead(f"{PurePath(name).name}: larger than {MOST_BYTES // 1024 // 1024} MB")
        with tempfile.TemporaryDirectory() as folder:
            # Under its own name, which is the title of a text without one.
            path = Path(folder) / (re.sub(r"[^\w .-]", "_", PurePath(name).stem)[:100].strip() + suffix)
            path.write_bytes(content)
            try:
                return read_document(id, path, known, self._identify)
            except UnreadableDocument as error:
                raise NotRead(str(error).replace(f"{folder}/", "")) from error

    def _free_id(self, name: str) -> str:
        slug = slugify(PurePath(name).stem)
        # No card's text has such an id.
        slug = f"document-{slug}" if slug.startswith("card-") else slug
        ids = (slug if number == 1 else f"{slug}-{number}" for number in range(1, 1000))
        found = next((id for id in ids if id not in self._store), None)
        if found is None:
            raise NotRead(f"{PurePath(name).name}: choose another name")
        return found


def known_from(form: Mapping[str, Any]) -> Source:
    """What a form says of a document. Raises ValueError naming the fields that cannot be."""
    values = {name: str(form.get(name, "")).strip() for name in FIELDS}
    places = tuple(place.strip() for place in values.pop("municipality").split(",") if place.strip())
    try:
        return Source.model_validate(
            {**{name: value or None for name, value in values.items()}, "municipality": places}
        )
    except ValidationError as error:
        raise ValueError(", ".join(str(problem["loc"][0]) for problem in error.errors())) from error


def known_of(document: Document) -> dict[str, str]:
    """What is said of a document, as the form has it."""
    return {
        "title": document.title,
        "publisher": document.publisher or "",
        "municipality": ", ".join(document.municipalities),
        "language": document.language,
        "kind": document.kind or "",
        "status": document.status or "",
        "valid_from": document.valid_from.isoformat() if document.valid_from else "",
        "valid_until": document.valid_until.isoformat() if document.valid_until else "",
        "licence": document.licence or "",
        "url": document.url or "",
    }
