"""Documents on disk: one JSON file each, written whole or not at all."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

from corpus.documents import CorpusError, Document, UnknownDocument
from corpus.whole_files import write_whole

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,199}")


class DocumentStore:
    """The Documents of a data folder, in ``documents/<id>.json``. Iterates in the order of the ids."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "documents"

    def __iter__(self) -> Iterator[Document]:
        return (self.get(id_) for id_ in self.ids())

    def __len__(self) -> int:
        return len(self.ids())

    def __contains__(self, id_: object) -> bool:
        return isinstance(id_, str) and self._path(id_).is_file()

    def ids(self) -> list[str]:
        """Ids of all stored Documents, sorted."""
        found = (path.stem for path in self.folder.glob("*.json"))
        return sorted(id_ for id_ in found if _ID.fullmatch(id_))

    def list(self) -> list[Document]:
        """All Documents in the order of their ids. Raises CorpusError for a damaged file."""
        return [self.get(id_) for id_ in self.ids()]

    def get(self, id_: str) -> Document:
        """Raises UnknownDocument, or CorpusError where the stored file is damaged."""
        path = self._path(id_)
        try:
            document = Document.from_dict(json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError as error:
            raise UnknownDocument(f"no document has the id {id_!r}") from error
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise CorpusError(f"{path}: damaged ({error}); remove the file and ingest its source again") from error
        except OSError as error:
            raise CorpusError(f"{path}: cannot be read ({error.strerror or error})") from error
        if document.id != id_:
            raise CorpusError(f"{path}: holds the document {document.id!r}; remove the file and ingest again")
        return document

    def put(self, document: Document) -> None:
        """Stores the Document in place of any with its id; a crash leaves the old or the new one whole."""
        path = self._path(document.id)
        content = json.dumps(document.to_dict(), ensure_ascii=False, indent=1, sort_keys=True)
        try:
            write_whole(path, content)
            _sync_folder(self.folder)
        except OSError as error:
            raise CorpusError(f"{path}: cannot be written ({error.strerror or error})") from error

    def remove(self, id_: str) -> None:
        """Raises UnknownDocument."""
        try:
            self._path(id_).unlink()
        except FileNotFoundError as error:
            raise UnknownDocument(f"no document has the id {id_!r}") from error

    def _path(self, id_: str) -> Path:
        if not _ID.fullmatch(id_):
            raise UnknownDocument(f"{id_!r} is no document id: small letters, digits and hyphens only")
        return self.folder / f"{id_}.json"


def _sync_folder(folder: Path) -> None:
    """Makes the rename itself durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
