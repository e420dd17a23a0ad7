"""Vector stores: where a build keeps its vectors, apart by language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


class StoreError(Exception):
    """A vector store cannot be opened, read or written."""


class VectorStore(Protocol):
    """Unit vectors by row number, kept apart by language. Safe to read from several threads."""

    def add(self, language: str, rows: Sequence[int], vectors: Vectors) -> None:
        """All ``vectors`` of a language (shape ``(len(rows), dimension)``) under their row numbers, which rise."""

    def nearest(self, language: str, vector: Vectors, count: int) -> list[tuple[int, float]]:
        """At most ``count`` pairs of row and cosine, best first; nothing for an unknown language."""

    def vectors(self, language: str, rows: Sequence[int]) -> Vectors:
        """The vectors of ``rows`` in that order, shape ``(len(rows), dimension)``."""

    def sizes(self) -> Mapping[str, int]:
        """Number of vectors by language."""

    def close(self) -> None:
        """Give back files and memory; the store is not used afterwards."""


class MappedStore:
    """Two files a language in a folder of its own, ``<language>.npy`` and ``<language>.rows.npy``, mapped into memory.

    The search is exact: every vector of a language is compared, which takes 0.2 ms for 12,000 and 5 ms for 100,000 of
    them (docs/adr/0017-vectors-in-files.md). Raises StoreError.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rows: dict[str, NDArray[np.int64]] = {}
        self._vectors: dict[str, Vectors] = {}
        try:
            for file in sorted(folder.glob("*.rows.npy")):
                self._open(file.name.removesuffix(".rows.npy"))
        except (OSError, ValueError, EOFError) as error:
            raise StoreError(f"the vectors in {folder} cannot be read: {error}") from error

    def add(self, language: str, rows: Sequence[int], vectors: Vectors) -> None:
        if list(rows) != sorted(set(rows)) or len(rows) != len(vectors):
            raise StoreError(f"{len(rows)} rows for {len(vectors)} vectors of {language}, or rows that do not rise")
        try:
            self._folder.mkdir(exist_ok=True)
            np.save(self._folder / f"{language}.npy", np.asarray(vectors, np.float32))
            np.save(self._folder / f"{language}.rows.npy", np.asarray(rows, np.int64))
            self._open(language)
        except (OSError, ValueError) as error:
            raise StoreError(f"vectors cannot be written to {self._folder}: {error}") from error

    def nearest(self, language: str, vector: Vectors, count: int) -> list[tuple[int, float]]:
        if language not in self._vectors or count < 1:
            return []
        cosines = self._vectors[language] @ np.asarray(vector, np.float32)
        best = np.argpartition(-cosines, count - 1)[:count] if count < len(cosines) else np.arange(len(cosines))
        best = best[np.argsort(-cosines[best], kind="stable")]
        return [(int(self._rows[language][place]), float(cosines[place])) for place in best]

    def vectors(self, language: str, rows: Sequence[int]) -> Vectors:
        if not len(rows):
            return np.empty((0, 0), np.float32)
        known = self._rows[language]
        places = np.searchsorted(known, rows)
        if (places == len(known)).any() or (known[places] != rows).any():
            raise StoreError(f"there are no vectors of {language} under all of the rows asked for")
        return np.asarray(self._vectors[language][places], np.float32)

    def sizes(self) -> Mapping[str, int]:
        return {language: len(rows) for language, rows in self._rows.items()}

    def close(self) -> None:
        self._rows, self._vectors = {}, {}

    def _open(self, language: str) -> None:
        rows = np.load(self._folder / f"{language}.rows.npy")
        vectors = np.load(self._folder / f"{language}.npy", mmap_mode="r")
        if vectors.ndim != 2 or len(rows) != len(vectors):
            raise ValueError(f"{len(rows)} rows and vectors of shape {vectors.shape} for {language}")
        self._rows[language], self._vectors[language] = rows, vectors
