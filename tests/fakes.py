"""Fakes that honour the real contracts, small enough to reason about."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from assistant.calibration import Calibration
from assistant.reader_model import Read
from corpus.documents import Block, BlockKind, Document
from indexing.embedders import Vectors


class WordsEmbedder:
    """Unit vectors that add up one fixed random direction a word: texts with common words are near."""

    dimension = 64
    max_tokens = 128

    def __init__(self, name: str = "words") -> None:
        self.fingerprint = f"fake:{name}"
        self.embedded: list[str] = []

    def count_tokens(self, text: str) -> int:
        return len(text.split()) + 2

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        self.embedded += texts
        return np.array([self._vector(text) for text in texts], np.float32).reshape(len(texts), self.dimension)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return np.array([self._vector(text) for text in texts], np.float32)

    def _vector(self, text: str) -> Vectors:
        words = re.findall(r"\w+", text.casefold()) or [""]
        total = np.sum([_direction(word, self.dimension) for word in words], axis=0)
        return np.asarray(total / np.linalg.norm(total), np.float32)


class WordsModel:
    """A reading model that counts words: a line's logit grows with the share of the question's words it says."""

    def read(self, question: str, texts: Sequence[Sequence[str]]) -> list[Read]:
        asked = _said(question)
        found = []
        for lines in texts:
            shares = np.array([len(asked & _said(line)) / max(1, len(asked)) for line in lines], np.float32)
            found.append(Read(10 * shares - 5, float(10 * shares.max(initial=0.0) - 5)))
        return found


def _said(text: str) -> set[str]:
    return {word for word in re.findall(r"\w+", text.casefold()) if len(word) > 3}


WORDS_CALIBRATION = Calibration(line=(1, 0, 0, 0, 0, 0), text=(1, 0, 0, 0, 0, 0, 0, 1), threshold=0.5)
"""For ``WordsModel``: its logits as they are."""


def _direction(word: str, dimension: int) -> Vectors:
    seed = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "little")
    return np.random.default_rng(seed).standard_normal(dimension).astype(np.float32)


def document(id: str, text: str, language: str = "en", **known: Any) -> Document:
    """A Document whose lines are its blocks; a line that starts with "#" is a heading of that level."""
    blocks, at = [], 0
    for line in text.split("\n"):
        level = len(line) - len(line.lstrip("#"))
        start = at + level + (1 if level else 0)
        if line.strip():
            kind = BlockKind.HEADING if level else BlockKind.PARAGRAPH
            blocks.append(Block(kind, start, at + len(line), level))
        at += len(line) + 1
    return Document(id=id, title=known.pop("title", id), text=text, language=language, blocks=tuple(blocks), **known)
