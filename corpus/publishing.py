"""Everything that a build is made of: the shipped cards as they were changed in a data folder, and its documents."""

from __future__ import annotations

from pathlib import Path

from corpus.cards import load_cards
from corpus.documents import Document
from corpus.storage import DocumentStore

CHANGED_CARDS = "cards"
"""The folder of changed cards in a data folder (``corpus.overlays``)."""

DOCUMENTS = "documents"
"""The folder in a data folder that the store of ingested documents is in."""


def all_documents(data: Path, cards: Path | None = None) -> list[Document]:
    """What would be indexed now. ``cards`` are the shipped ones by default. Raises CorpusError."""
    ingested = DocumentStore(data / DOCUMENTS).list()
    texts = [text for card in load_cards(cards, data / CHANGED_CARDS) for text in card.documents()]
    return ingested + texts
