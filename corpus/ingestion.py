"""Files and folders into stored Documents, one result per file; a bad file never stops the others."""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from corpus.documents import BlockKind, CorpusError, Document, InvalidSources, UnreadableDocument
from corpus.pieces import ReadText
from corpus.readers import READERS, read
from corpus.sources import SOURCES, Source, Sources, read_sources
from corpus.storage import DocumentStore


class IngestStatus(StrEnum):
    ADDED = "added"
    UNCHANGED = "unchanged"
    REPLACED = "replaced"
    SKIPPED = "skipped"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class IngestResult:
    """What became of one file. ``line`` is the whole message; ``id`` the Document it is stored as, if any."""

    path: Path
    status: IngestStatus
    line: str
    id: str | None = None


@dataclass(frozen=True, slots=True)
class _Found:
    """A file, and its path relative to the folder that was ingested."""

    path: Path
    relative: Path


def ingest(
    paths: Sequence[Path], store: DocumentStore, identify_language: Callable[[str], str]
) -> Iterator[IngestResult]:
    """Reads every file of ``paths`` (folders whole) into the store, yielding as it goes.

    ``identify_language`` is asked where ``sources.toml`` names none; it may say "und".
    """
    shelf = _Shelf(store)
    yield from shelf.damaged
    folders: dict[Path, Sources | InvalidSources] = {}
    for path in paths:
        for found in _files(path):
            if isinstance(found, IngestResult):
                yield found
                continue
            folder = found.path.parent
            if folder not in folders:
                folders[folder] = _sources(folder)
                for warning in getattr(folders[folder], "warnings", ()):
                    yield IngestResult(folder / SOURCES, IngestStatus.WARNING, warning)
            yield _ingest_file(found, folders[folder], shelf, identify_language)


def read_document(id_: str, path: Path, source: Source, identify_language: Callable[[str], str]) -> Document:
    """The Document that one file becomes. Raises UnreadableDocument."""
    try:
        return _document(id_, path, read(path), source, identify_language)
    except CorpusError:
        raise
    except Exception as error:  # a parser's own failure
        raise UnreadableDocument(f"{_shown(path)}: cannot be read ({type(error).__name__}); save it again") from error


def _sources(folder: Path) -> Sources | InvalidSources:
    try:
        return read_sources(folder)
    except InvalidSources as error:
        return error


def _ingest_file(
    found: _Found, sources: Sources | InvalidSources, shelf: _Shelf, identify_language: Callable[[str], str]
) -> IngestResult:
    path = found.path
    try:
        if isinstance(sources, InvalidSources):
            raise sources
        text = read(path)
        source = sources.of(path)
        id_ = shelf.id_for(found)
        document = _document(id_, path, text, source, identify_language)
        twin = shelf.twin(document)
        if twin is not None:
            line = f"{_shown(path)}: unchanged (already stored as {twin})"
            return IngestResult(path, IngestStatus.UNCHANGED, line, twin)
        status = shelf.put(document)
        return IngestResult(path, status, f"{_shown(path)}: {status.value} as {id_}", id_)
    except CorpusError as error:
        return IngestResult(path, IngestStatus.FAILED, str(error))
    except Exception as error:  # a parser's own failure on one file must not stop the others
        line = f"{_shown(path)}: cannot be read ({type(error).__name__}: {error}); save it again or convert it"
        return IngestResult(path, IngestStatus.FAILED, " ".join(line.split()))


def _document(
    id_: str, path: Path, text: ReadText, source: Source, identify_language: Callable[[str], str]
) -> Document:
    heading = next((text.text[b.start : b.end] for b in text.blocks if b.kind is BlockKind.HEADING), None)
    return Document(
        id=id_,
        title=source.title or heading or text.title or path.stem.encode(errors="replace").decode(),
        text=text.text,
        language=source.language or identify_language(text.text),
        blocks=text.blocks,
        publisher=source.publisher,
        municipalities=source.municipality,
        kind=source.kind,
        status=source.status,
        valid_from=source.valid_from,
        valid_until=source.valid_until,
        licence=source.licence,
        url=source.url,
        source=_key(path),
    )


class _Shelf:
    """The store as an ingestion sees it: which id a source has, and which content is there already."""

    def __init__(self, store: DocumentStore) -> None:
        self._store = store
        self._digests: dict[str, str] = {}
        self._ids: dict[str, str] = {}
        self._contents: dict[str, str] = {}
        self.damaged: list[IngestResult] = []
        for id_ in store.ids():
            try:
                self._note(store.get(id_))
            except CorpusError as error:
                self.damaged.append(IngestResult(store.folder / f"{id_}.json", IngestStatus.WARNING, str(error)))

    def _note(self, document: Document) -> None:
        self._digests[document.id] = document.digest
        if document.source and document.card is None:
            self._ids[document.source] = document.id
            self._contents[_content(document)] = document.id

    def id_for(self, found: _Found) -> str:
        """The id the source has, else one from its relative path that no other source has."""
        key = _key(found.path)
        if key in self._ids:
            return self._ids[key]
        slug = slugify(found.relative.with_suffix("").as_posix())
        return f"{slug}-{_hash(key)}" if slug in self._digests else slug

    def twin(self, document: Document) -> str | None:
        """Id of another source's Document with the same content."""
        id_ = self._contents.get(_content(document))
        return id_ if id_ != document.id and document.source not in self._ids else None

    def put(self, document: Document) -> IngestStatus:
        before = self._digests.get(document.id)
        if before == document.digest:
            return IngestStatus.UNCHANGED
        if before is not None:
            self._contents = {content: id_ for content, id_ in self._contents.items() if id_ != document.id}
        self._store.put(document)
        self._note(document)
        return IngestStatus.REPLACED if before is not None else IngestStatus.ADDED


def _content(document: Document) -> str:
    """Hash of all that was read, the title aside: a copy under another name may be titled by that name."""
    content = document.to_dict()
    for name in ("id", "title", "source"):
        del content[name]
    return hashlib.sha256(repr(sorted(content.items())).encode()).hexdigest()


def _key(path: Path) -> str:
    """The source as it is stored: the absolute path, in characters that JSON can carry."""
    return os.fsencode(os.path.abspath(path)).decode("utf-8", errors="backslashreplace")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:6]


def _shown(path: Path) -> str:
    return str(path).encode(errors="replace").decode()


def slugify(name: str) -> str:
    """An id made of a relative path: ``Ohjelmat/Työ ja koti`` -> ``ohjelmat-tyo-ja-koti``.

    Names in other scripts keep what is Latin in them and end in six hex digits of the whole name's hash.
    """
    raw = os.fsencode(name).decode("utf-8", errors="backslashreplace")
    plain = unicodedata.normalize("NFKD", raw.translate(str.maketrans("ßøØđłıæÆœ", "sooDliaAo")))
    latin = "".join(c for c in plain if not unicodedata.combining(c))
    lost = any(c.isalpha() and not c.isascii() for c in latin)
    slug = re.sub(r"[^a-z0-9]+", "-", latin.lower()).strip("-")
    if lost or not slug:
        return f"{slug[:60].strip('-') or 'document'}-{_hash(raw)}"
    return slug if len(slug) <= 120 else f"{slug[:100].strip('-')}-{_hash(raw)}"


def _files(path: Path) -> Iterator[_Found | IngestResult]:
    """The files to read under ``path`` in the order of their names; what is left out as results."""
    if not path.is_dir():
        yield _Found(path, Path(path.name)) if _wanted(path) else _skipped(path)
        return
    yield from _walk(path, path)


def _walk(folder: Path, root: Path) -> Iterator[_Found | IngestResult]:
    try:
        entries = sorted(folder.iterdir(), key=lambda entry: os.fsencode(entry.name))
    except OSError as error:
        line = f"{_shown(folder)}: folder cannot be read ({error.strerror or error}); allow reading it"
        yield IngestResult(folder, IngestStatus.FAILED, line)
        return
    for entry in entries:
        if entry.name == SOURCES:
            continue
        if entry.name.startswith(".") or not (entry.is_dir() or _wanted(entry)):
            yield _skipped(entry)
        elif entry.is_dir():
            if entry.is_symlink():  # a link to a folder may lead back up here
                yield _skipped(entry)
            else:
                yield from _walk(entry, root)
        else:
            yield _Found(entry, entry.relative_to(root))


def _wanted(path: Path) -> bool:
    return path.suffix.lower() in READERS or not (path.exists() or path.is_symlink())


def _skipped(path: Path) -> IngestResult:
    hidden = path.name.startswith(".")
    why = "hidden" if hidden else "a linked folder" if path.is_dir() else f"not one of {', '.join(READERS)}"
    return IngestResult(path, IngestStatus.SKIPPED, f"{_shown(path)}: skipped ({why})")
