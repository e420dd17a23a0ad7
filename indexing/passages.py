"""The Passage: the part of a Document that is retrieved, read and cited."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from corpus.documents import Document


@dataclass(frozen=True, slots=True)
class Passage:
    """``document text[start:end]`` with the path of headings above it (outermost first)."""

    document: str
    start: int
    end: int
    text: str
    language: str
    headings: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The same place and text of the same Document has the same id in every build."""
        key = f"{self.document}\0{self.start}\0{self.text}"
        return hashlib.blake2b(key.encode(), digest_size=10).hexdigest()


def context(title: str, headings: tuple[str, ...]) -> str:
    """What a reader of the page would have seen above the passage: its title and headings, each once."""
    return " · ".join(dict.fromkeys(part for part in (title, *headings) if part))


def indexed_text(document: Document, passage: Passage) -> str:
    """What is embedded and indexed: the passage under its title and headings."""
    above = context(document.title, passage.headings)
    return f"{above}\n{passage.text}" if above else passage.text
