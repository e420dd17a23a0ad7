"""Vector stores: where a build keeps its vectors, one collection a language."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]

BATCH = 250


class StoreError(Exception):
    """A vector store cannot be opened, read or written."""


class VectorStore(Protocol):
    """Unit vectors by row number, kept apart by language. Safe to read from several threads."""

    def add(self, language: str, rows: Sequence[int], vectors: Vectors) -> None:
        """Add ``vectors`` (shape ``(len(rows), dimension)``) under their row numbers."""

    def nearest(self, language: str, vector: Vectors, count: int) -> list[tuple[int, float]]:
        """At most ``count`` pairs of row and cosine, best first; nothing for an unknown language."""

    def vectors(self, language: str, rows: Sequence[int]) -> Vectors:
        """The vectors of ``rows`` in that order, shape ``(len(rows), dimension)``."""

    def sizes(self) -> Mapping[str, int]:
        """Number of vectors by language."""

    def close(self) -> None:
        """Give back files and memory; the store is not used afterwards."""


_OPENING = threading.Lock()
"""Chroma shares what clients of one folder use, in tables that know no threads: a client opened in one thread may get
what another has just stopped."""


class ChromaStore:
    """Chroma, embedded, in a folder of its own (space ``cosine``; HNSW, https://arxiv.org/abs/1603.09320).

    Filtering by metadata inside Chroma took 15 ms where a collection of its own took 1 ms (10,000 vectors),
    so each language has its own collection and a build asks only for those it needs.
    """

    def __init__(self, folder: Path) -> None:
        os.environ["ANONYMIZED_TELEMETRY"] = "False"
        import chromadb
        from chromadb.config import Settings
        from chromadb.errors import ChromaError

        self._error: type[Exception] = ChromaError
        try:
            with _OPENING:
                self._client: Any = chromadb.PersistentClient(
                    str(folder), settings=Settings(anonymized_telemetry=False)
                )
            self._collections: dict[str, Any] = {
                collection.name.removeprefix("passages-"): collection for collection in self._client.list_collections()
            }
        except Exception as error:  # Chroma lets errors of its Rust core and of SQLite through
            raise StoreError(f"the vector store in {folder} cannot be opened: {error}") from error

    def add(self, language: str, rows: Sequence[int], vectors: Vectors) -> None:
        collection = self._collections.get(language)
        if collection is None:
            collection = self._client.create_collection(
                f"passages-{language}",
                configuration={"hnsw": {"space": "cosine", "ef_construction": 128, "ef_search": 128}},
                embedding_function=None,
            )
            self._collections[language] = collection
        for start in range(0, len(rows), BATCH):
            part = slice(start, start + BATCH)
            collection.add(ids=[str(row) for row in rows[part]], embeddings=vectors[part])

    def nearest(self, language: str, vector: Vectors, count: int) -> list[tuple[int, float]]:
        collection = self._collections.get(language)
        if collection is None:
            return []
        try:
            found = collection.query(query_embeddings=[vector], n_results=count, include=["distances"])
        except self._error as error:
            raise StoreError(f"the vector store cannot be searched: {error}") from error
        return [
            (int(row), 1.0 - float(distance))
            for row, distance in zip(found["ids"][0], found["distances"][0], strict=True)
        ]

    def vectors(self, language: str, rows: Sequence[int]) -> Vectors:
        if not rows:
            return np.empty((0, 0), np.float32)
        found = self._collections[language].get(ids=[str(row) for row in rows], include=["embeddings"])
        places = {int(row): place for place, row in enumerate(found["ids"])}
        embeddings: Vectors = np.asarray(found["embeddings"], np.float32)
        return embeddings[[places[row] for row in rows]]

    def sizes(self) -> Mapping[str, int]:
        return {language: collection.count() for language, collection in self._collections.items()}

    def close(self) -> None:
        self._collections = {}
        with _OPENING:
            self._client.close()
