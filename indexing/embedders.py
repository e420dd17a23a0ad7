"""Embedders: text into vectors. One contract, the embedded default and any sentence-transformers model.

EmbedderError
└── UnknownModel    the configured model is not installed or not known
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from indexing.e5 import E5Tokenizer

Vectors = NDArray[np.float32]


class EmbedderError(Exception):
    """Base of what can go wrong with an embedder. The text names the model and the mend."""


class UnknownModel(EmbedderError):
    """The configured model cannot be loaded here."""


class Embedder(Protocol):
    """What indexing asks of a model. Implementations are safe to call from several threads."""

    @property
    def fingerprint(self) -> str:
        """Names the model, its weights and settings: equal fingerprints give equal vectors."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    @property
    def max_tokens(self) -> int:
        """Most tokens of one passage that are read, prompt included; the rest would be ignored."""

    def count_tokens(self, text: str) -> int:
        """Tokens of ``text`` as a passage, prompt and marks included."""

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, shape ``(len(texts), dimension)``."""

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, shape ``(len(texts), dimension)``."""


EMBEDDED = "multilingual-e5-small"
_PROMPTS = {
    "intfloat/multilingual-e5": ("query: ", "passage: "),
    "intfloat/e5": ("query: ", "passage: "),
    "BAAI/bge-m3": ("", ""),
}
"""Prompts by the start of a model's name, where the model itself does not carry them."""


class SentenceTransformersEmbedder:
    """Any model that sentence-transformers loads, by name or folder.

    Prompts come from the model's own configuration ("query", "passage" or "document"), else from the table
    above, else there are none. Raises UnknownModel when the extra or the model is missing.
    """

    def __init__(self, model: str, threads: int = 1) -> None:
        try:
            import torch
            from sentence_transformers import SentenceTransformer
        except ImportError as error:
            raise UnknownModel(
                f'the model "{model}" needs the extra: pip install "neuvo[sentence-transformers]"'
            ) from error
        torch.set_num_threads(threads)
        try:
            self._model = SentenceTransformer(model, device="cpu")
        except Exception as error:
            raise UnknownModel(f'sentence-transformers cannot load "{model}": {str(error).splitlines()[0]}') from error
        own = self._model.prompts or {}
        query, passage = next((p for start, p in _PROMPTS.items() if model.startswith(start)), ("", ""))
        self._query = own.get("query") or query
        self._passage = own.get("passage") or own.get("document") or passage
        self.dimension = int(self._model.get_embedding_dimension() or 0)
        self.max_tokens = int(self._model.max_seq_length or 512)
        self.fingerprint = f"sentence-transformers:{model}:{self._query!r}:{self._passage!r}:{self.max_tokens}"

    def count_tokens(self, text: str) -> int:
        return len(self._model.tokenizer(self._passage + text, truncation=False)["input_ids"])

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        return self._embed(self._passage, texts)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return self._embed(self._query, texts)

    def _embed(self, prompt: str, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.empty((0, self.dimension), np.float32)
        vectors = self._model.encode(
            [prompt + text for text in texts],
            normalize_embeddings=True,
            show_progress_bar=False,
            batch_size=16,
        )
        return np.asarray(vectors, np.float32)


def load_embedder(model: str, *, cache: Path, threads: int = 1) -> Embedder:
    """The embedder of that name. ``cache`` is a folder for what the embedded model builds once.

    Raises UnknownModel or EmbedderError.
    """
    if model == EMBEDDED:
        from indexing.e5 import E5Embedder
        from indexing.e5_weights import WeightsError

        try:
            return E5Embedder(cache=cache, threads=threads)
        except WeightsError as error:
            raise EmbedderError(str(error)) from error
    return SentenceTransformersEmbedder(model, threads=threads)


def load_tokenizer(embedder: Embedder, cache: Path) -> E5Tokenizer:
    """The embedded model's tokenizer: that of ``embedder`` where it is the embedded one. Raises WeightsError."""
    from indexing.e5 import E5Embedder, E5Tokenizer
    from indexing.e5_weights import E5Weights

    return embedder.tokenizer if isinstance(embedder, E5Embedder) else E5Tokenizer(E5Weights(), cache)
