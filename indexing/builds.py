"""Builds: immutable, complete indexes of the corpus, and ``current``, the name of the one that serves.

data/builds/current                  the id of the serving build, replaced by one atomic rename
data/builds/<id>/manifest.json       model, settings, corpus digest, sizes
                 passages.sqlite     documents, passages, sentences
                 vectors/            passages in the vector space, two files a language
                 sentences.npy       sentence vectors as the model gives them, float16
                 moments.npz         mean and covariance of the vectors by language
                 lexical.npz, lexical.terms
                 search_words/       texts.json, vectors.npy, lexical.npz, lexical.terms
data/builds/.making-*                a build under way, or what an interrupted one left

BuildError
├── NoBuild             nothing has been built yet
├── DamagedBuild        a build's files do not fit together
├── WrongModel          the build was made with another model than the configured one
└── BuildUnderWay       another process is building in the same data folder
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import sqlite3
import time
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from corpus.documents import Document
from indexing.embedders import EMBEDDED, Embedder
from indexing.lexical import Analyser, LexicalIndex
from indexing.passages import Passage, indexed_text
from indexing.sentences import sentence_spans
from indexing.splitters import Splitter
from indexing.stores import MappedStore, StoreError
from indexing.vector_cache import VectorCache
from indexing.vector_space import in_context, load_space

FORMAT = 4
"""Raise when the files of a build change."""

DAMAGE = (OSError, ValueError, KeyError, EOFError, sqlite3.Error, zipfile.BadZipFile, zlib.error, StoreError)
"""What reading a damaged build raises."""

Moments = Mapping[str, tuple[NDArray[np.float32], NDArray[np.float32]]]
"""By language: the mean of its vectors, shape ``(dimension,)``, and their covariance."""


class BuildError(Exception):
    """Base of what can go wrong with builds. The text names the thing and the mend."""


class NoBuild(BuildError):
    """Nothing has been built yet."""


class DamagedBuild(BuildError):
    """Files of a build are missing or do not fit together."""


class WrongModel(BuildError):
    """The build was made with another model than the configured one."""


class BuildUnderWay(BuildError):
    """Another process is building in the same data folder."""


class IndexConfig(BaseModel):
    """What decides how an index is made and where it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: Path = Path("data")
    model: str = EMBEDDED
    threads: int = Field(default=1, ge=1, le=64)
    passage_tokens: int = Field(default=160, ge=32, le=480)
    analysers: dict[str, str] = Field(default_factory=dict)

    @property
    def builds(self) -> Path:
        return self.data / "builds"

    @property
    def cache(self) -> Path:
        return self.data / "cache"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a build remembers of itself (``manifest.json``)."""

    format: int
    id: str
    created: str
    model: str
    fingerprint: str
    space: str
    dimension: int
    passage_tokens: int
    analysers: dict[str, str]
    corpus_digest: str
    documents: int
    passages: int
    sentences: int
    languages: dict[str, int]

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Raises DamagedBuild."""
        try:
            values = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
            if values.get("format") != FORMAT:
                raise DamagedBuild(
                    f"the build in {folder} has format {values.get('format')}, this Neuvo reads {FORMAT};"
                    " run: neuvo build"
                )
            return cls(**values)
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise DamagedBuild(f"the build in {folder} has no readable manifest; run: neuvo build") from error


Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many of it are done and how many there are."""


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What ``make_build`` did. ``reused`` is true when the serving build was already of this corpus."""

    manifest: Manifest
    reused: bool
    embedded: int
    seconds: float


def corpus_digest(documents: Sequence[Document]) -> str:
    """SHA-256 (hex) over the digests of all documents, whatever their order."""
    digests = sorted(f"{document.id}:{document.digest}" for document in documents)
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()


def current_build(config: IndexConfig) -> str | None:
    """The id of the serving build, ``None`` if there is none."""
    try:
        return (config.builds / "current").read_text(encoding="ascii").strip() or None
    except (FileNotFoundError, NotADirectoryError):
        return None


def list_builds(config: IndexConfig) -> list[Manifest]:
    """Manifests of all whole builds, oldest first."""
    found = []
    for folder in sorted(config.builds.glob("[0-9]*")):
        try:
            found.append(Manifest.read(folder))
        except DamagedBuild:
            continue
    return found


def stored_digests(config: IndexConfig, build: str) -> dict[str, tuple[str, str, str]]:
    """By id: digest, title and language of the documents in a build. Raises DamagedBuild."""
    path = config.builds / build / "passages.sqlite"
    try:
        database = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
        try:
            contents = [
                Document.from_dict(json.loads(row[0])) for row in database.execute("SELECT content FROM documents")
            ]
        finally:
            database.close()
    except (*DAMAGE, TypeError) as error:
        raise DamagedBuild(f"the build in {path.parent} is damaged ({error}); run: neuvo build") from error
    return {document.id: (document.digest, document.title, document.language) for document in contents}


def make_build(
    documents: Sequence[Document],
    config: IndexConfig,
    embedder: Embedder,
    progress: Progress = lambda stage, done, total: None,
) -> BuildReport:
    """Index ``documents``, verify the result, publish it, keep the build before it, remove older ones.

    Raises BuildUnderWay, BuildError, EmbedderError or OSError; the serving build is untouched then.
    """
    started = time.monotonic()
    config.builds.mkdir(parents=True, exist_ok=True)
    with _only_builder(config.builds):
        _remove_unfinished(config.builds)
        digest = corpus_digest(documents)
        serving = current_build(config)
        if serving and (manifest := _same(config, serving, digest, embedder)):
            return BuildReport(manifest, True, 0, time.monotonic() - started)
        if not documents:
            raise BuildError("there is nothing to index; add documents with: neuvo ingest PATH")
        build_id = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{digest[:8]}"
        making = config.builds / f".making-{build_id}"
        making.mkdir()
        manifest, embedded = _fill(making, build_id, digest, documents, config, embedder, progress)
        progress("verifying", 0, 1)
        _verify(making, manifest)
        progress("verifying", 1, 1)
        _sync(making)
        making.rename(config.builds / build_id)
        _publish(config.builds, build_id)
        _remove_older(config.builds, keep={build_id, serving})
    return BuildReport(manifest, False, embedded, time.monotonic() - started)


@contextmanager
def _only_builder(builds: Path) -> Iterator[None]:
    with (builds / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise BuildUnderWay(f"another neuvo build is running in {builds}; wait for it to end") from error
        yield


def _same(config: IndexConfig, build: str, digest: str, embedder: Embedder) -> Manifest | None:
    try:
        manifest = Manifest.read(config.builds / build)
        _verify(config.builds / build, manifest)
    except BuildError:
        return None
    space = load_space(embedder.fingerprint, embedder.dimension).fingerprint
    wanted = (digest, embedder.fingerprint, space, config.passage_tokens, config.analysers)
    have = (
        manifest.corpus_digest,
        manifest.fingerprint,
        manifest.space,
        manifest.passage_tokens,
        manifest.analysers,
    )
    return manifest if wanted == have else None


def _fill(
    folder: Path,
    build_id: str,
    digest: str,
    documents: Sequence[Document],
    config: IndexConfig,
    embedder: Embedder,
    progress: Progress,
) -> tuple[Manifest, int]:
    splitter = Splitter(embedder.count_tokens, config.passage_tokens, embedder.max_tokens)
    passages: list[Passage] = []
    texts: list[str] = []
    ordered = sorted(documents, key=lambda document: document.id)
    for number, document in enumerate(ordered):
        split = splitter.split(document)
        passages += split
        texts += [indexed_text(document, passage) for passage in split]
        progress("splitting", number + 1, len(ordered))
    spans = [[*sentence_spans(passage.text)] for passage in passages]
    sentences = [p.text[a:b] for p, found in zip(passages, spans, strict=True) for a, b in found]

    embedded = 0

    def count_and_embed(batch: Sequence[str]) -> Any:
        nonlocal embedded
        embedded += len(batch)
        return embedder.embed_passages(batch)

    done = 0
    total = len({*texts, *sentences}) + sum(bool(document.search_words) for document in ordered)

    def advance(number: int) -> None:
        nonlocal done
        done = min(total, done + number)
        progress("embedding", done, total)

    cache = VectorCache(config.cache / "vectors.sqlite", embedder.fingerprint)
    words = [
        {"card": document.card, "language": document.language, "text": "; ".join(document.search_words)}
        for document in ordered
        if document.card and document.search_words
    ]
    said = [str(entry["text"]) for entry in words]
    space = load_space(embedder.fingerprint, embedder.dimension)
    try:
        word_vectors = space.passages(cache.embed(said, count_and_embed, advance))
        vectors = space.passages(cache.embed(texts, count_and_embed, advance))
        sentence_vectors = cache.embed(sentences, count_and_embed, advance)
        progress("embedding", total, total)
        cache.forget_all_but([*texts, *sentences, *said])
    finally:
        cache.close()

    progress("indexing", 0, 3)
    _write_passages(folder / "passages.sqlite", ordered, passages, spans)
    np.save(folder / "sentences.npy", sentence_vectors.astype(np.float16))
    progress("indexing", 1, 3)
    languages = [passage.language for passage in passages]
    cards = {document.id for document in ordered if document.card}
    files = [row for row, passage in enumerate(passages) if passage.document not in cards]
    vectors[files] = in_context(vectors[files], [passages[row].document for row in files])
    store = MappedStore(folder / "vectors")
    try:
        moments: dict[str, Any] = {}
        for language in sorted(set(languages)):
            rows = [row for row, other in enumerate(languages) if other == language]
            store.add(language, rows, vectors[rows])
            moments[f"{language}.mean"] = vectors[rows].mean(axis=0)
            moments[f"{language}.covariance"] = np.cov(vectors[rows].T, bias=True).astype(np.float32)
    finally:
        store.close()
    np.savez(folder / "moments.npz", **moments)
    progress("indexing", 2, 3)
    analyser = Analyser(config.analysers)
    LexicalIndex.build(list(zip(texts, languages, strict=True)), analyser).save(folder)
    (folder / "search_words").mkdir()
    (folder / "search_words" / "texts.json").write_text(json.dumps(words, ensure_ascii=False), encoding="utf-8")
    np.save(folder / "search_words" / "vectors.npy", word_vectors)
    spoken = [(str(entry["text"]), str(entry["language"])) for entry in words]
    LexicalIndex.build(spoken, analyser).save(folder / "search_words")
    progress("indexing", 3, 3)
    manifest = Manifest(
        format=FORMAT,
        id=build_id,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        model=config.model,
        fingerprint=embedder.fingerprint,
        space=space.fingerprint,
        dimension=embedder.dimension,
        passage_tokens=config.passage_tokens,
        analysers=config.analysers,
        corpus_digest=digest,
        documents=len(ordered),
        passages=len(passages),
        sentences=len(sentences),
        languages=dict(sorted(Counter(languages).items())),
    )
    text = json.dumps(asdict(manifest), indent=2, ensure_ascii=False)
    (folder / "manifest.json").write_text(text + "\n", encoding="utf-8")
    return manifest, embedded


def _write_passages(
    path: Path,
    documents: Sequence[Document],
    passages: Sequence[Passage],
    spans: Sequence[Sequence[tuple[int, int]]],
) -> None:
    database = sqlite3.connect(path)
    try:
        database.executescript(
            """
            PRAGMA journal_mode = OFF;
            CREATE TABLE documents (id TEXT PRIMARY KEY, content TEXT NOT NULL);
            CREATE TABLE passages (
                row INTEGER PRIMARY KEY, id TEXT NOT NULL, document TEXT NOT NULL, start INTEGER NOT NULL,
                "end" INTEGER NOT NULL, language TEXT NOT NULL, headings TEXT NOT NULL, text TEXT NOT NULL,
                first_sentence INTEGER NOT NULL, sentences TEXT NOT NULL
            );
            """
        )
        database.executemany(
            "INSERT INTO documents VALUES (?, ?)",
            ((d.id, json.dumps(d.to_dict(), ensure_ascii=False)) for d in documents),
        )
        firsts = np.cumsum([0, *map(len, spans)]).tolist()
        database.executemany(
            "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (
                    row,
                    passage.id,
                    passage.document,
                    passage.start,
                    passage.end,
                    passage.language,
                    json.dumps(passage.headings, ensure_ascii=False),
                    passage.text,
                    firsts[row],
                    json.dumps(spans[row]),
                )
                for row, passage in enumerate(passages)
            ),
        )
        database.commit()
    finally:
        database.close()


def _verify(folder: Path, manifest: Manifest) -> None:
    """Raise DamagedBuild unless counts agree everywhere and stored vectors find themselves."""
    try:
        database = sqlite3.connect(f"file:{folder / 'passages.sqlite'}?mode=ro&immutable=1", uri=True)
        try:
            (documents,) = database.execute("SELECT count(*) FROM documents").fetchone()
            rows = database.execute("SELECT row, language FROM passages ORDER BY row").fetchall()
        finally:
            database.close()
        sentences = len(np.load(folder / "sentences.npy", mmap_mode="r"))
        LexicalIndex.load(folder, len(rows))
        load_moments(folder, manifest.languages)
        load_search_words(folder)
        store = MappedStore(folder / "vectors")
        try:
            sizes = dict(store.sizes())
            for language in sizes:
                row = next(row for row, other in rows if other == language)
                vector = store.vectors(language, [row])[0]
                found = store.nearest(language, vector, 3)
                if not found or found[0][1] < 0.999:
                    raise DamagedBuild(f"the build in {folder} does not find its own passage {row}")
        finally:
            store.close()
    except (*DAMAGE, StopIteration) as error:
        raise DamagedBuild(f"the build in {folder} is damaged ({error}); run: neuvo build") from error
    have = (documents, len(rows), sentences, sizes)
    wanted = (manifest.documents, manifest.passages, manifest.sentences, manifest.languages)
    if have != wanted:
        raise DamagedBuild(f"the build in {folder} holds {have}, its manifest says {wanted}")


def load_moments(folder: Path, languages: Iterable[str]) -> Moments:
    """Raises one of DAMAGE."""
    with np.load(folder / "moments.npz") as moments:
        return {code: (moments[f"{code}.mean"], moments[f"{code}.covariance"]) for code in languages}


@dataclass(frozen=True, slots=True)
class SearchWords:
    """What people type who need a card's service: one text a card and language, with vector and postings."""

    cards: list[str]
    languages: list[str]
    vectors: NDArray[np.float32]
    """Shape ``(texts, dimension)``."""
    lexical: LexicalIndex


def load_search_words(folder: Path) -> SearchWords:
    """Raises one of DAMAGE."""
    entries = json.loads((folder / "search_words" / "texts.json").read_text(encoding="utf-8"))
    vectors = np.load(folder / "search_words" / "vectors.npy")
    if len(vectors) != len(entries):
        raise ValueError("search words and their vectors do not fit together")
    lexical = LexicalIndex.load(folder / "search_words", len(entries))
    return SearchWords([e["card"] for e in entries], [e["language"] for e in entries], vectors, lexical)


def _sync(folder: Path) -> None:
    for path in [*folder.rglob("*"), folder]:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _publish(builds: Path, build_id: str) -> None:
    temporary = builds / ".current"
    with temporary.open("w", encoding="ascii") as file:
        file.write(build_id + "\n")
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(builds / "current")
    descriptor = os.open(builds, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove_unfinished(builds: Path) -> None:
    for leftover in builds.glob(".making-*"):
        shutil.rmtree(leftover, ignore_errors=True)


def _remove_older(builds: Path, keep: set[str | None]) -> None:
    """Whole builds nobody needs: neither kept nor leased by a server that has yet to notice."""
    for folder in builds.glob("[0-9]*"):
        if folder.name in keep:
            continue
        try:
            with lease(folder, exclusive=True):
                shutil.rmtree(folder, ignore_errors=True)
        except BlockingIOError:
            continue


@contextmanager
def lease(folder: Path, *, exclusive: bool = False) -> Iterator[IO[bytes]]:
    """Hold a build so that it is not removed; ends with the process at the latest.

    Raises BlockingIOError when ``exclusive`` and someone else holds it.
    """
    with (folder / "manifest.json").open("rb") as file:
        fcntl.flock(file, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        yield file
