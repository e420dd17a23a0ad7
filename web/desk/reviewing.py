"""What mends the corpus: flags and their cases, cards, documents, publishing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from assistant.languages import load_languages
from web.contract import Assistant
from web.desk.card_editing import CardEditing
from web.desk.case_files import CaseFiles
from web.desk.document_shelf import DocumentShelf
from web.desk.flags import Flags
from web.desk.publishing import Publisher
from web.desk.reviewed_texts import ReviewedTexts


@dataclass(frozen=True, slots=True)
class Reviewing:
    """``cases`` is ``None`` where there is no data folder to write them in."""

    flags: Flags
    cases: CaseFiles | None
    cards: CardEditing
    documents: DocumentShelf
    publisher: Publisher


def open_reviewing(engine: Engine, assistant: Assistant, data: Path | None, cards: Path | None = None) -> Reviewing:
    """Over a data folder; ``cards`` is the folder of the shipped cards by default. Blocks."""
    files = CaseFiles(data) if data else None
    scripts = {code: one.script for code, one in load_languages().items() if code in assistant.languages}
    return Reviewing(
        flags=Flags(engine, files),
        cases=files,
        cards=CardEditing(data, scripts, assistant.identify, ReviewedTexts(engine), cards),
        documents=DocumentShelf(data, assistant.identify),
        publisher=Publisher(data, cards),
    )
