"""A desk over one small card in six texts, a few documents beside it, and an assistant that counts words."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from assistant.answering import Assistant, index_config
from assistant.config import AssistantConfig, Thresholds
from assistant.figures import FigureQuestions
from assistant.languages import load_languages
from assistant.reading import ModelReader
from corpus.publishing import DOCUMENTS
from corpus.storage import DocumentStore
from desk.conftest import Office
from indexing.builds import IndexConfig
from indexing.serving import CurrentIndex
from tests.corpus.test_cards import SERVICE, write_card
from tests.corpus.test_checks import LANGUAGES as SCRIPTS
from tests.corpus.test_checks import TEXTS, identify
from tests.fakes import WORDS_CALIBRATION, WordsEmbedder, WordsModel, document
from web.app import create_app
from web.desk.card_editing import CardEditing
from web.desk.case_files import CaseFiles
from web.desk.document_shelf import DocumentShelf
from web.desk.flags import Flags
from web.desk.publishing import Publisher
from web.desk.reviewed_texts import ReviewedTexts
from web.desk.reviewing import Reviewing
from web.desk.settings import DeskSettings
from web.settings import WebSettings

LANGUAGES = load_languages()
SMALL_BUILD = Path(__file__).with_name("small_build.py")


def small_cards(folder: Path) -> Path:
    """A folder with the card "swimming"."""
    write_card(folder, "swimming", SERVICE, **TEXTS)
    return folder


def fill(data: Path) -> None:
    """Documents about nothing, so that an answer has something to stand out from."""
    chance, store = random.Random(3), DocumentStore(data / DOCUMENTS)
    for number in range(60):
        words = [f"word{chance.randrange(400)}" for _ in range(10)]
        store.put(document(f"filler-{number}", f"The {' '.join(words)} is for the {chance.choice(words)}."))


def small_assistant(data: Path) -> Assistant:
    """Over the current build of ``data``, which it looks for with every question."""
    settings = AssistantConfig(index=IndexConfig(data=data), thresholds=Thresholds(answer=0.45))
    config = index_config(settings, LANGUAGES)
    reader = ModelReader(WordsModel(), WORDS_CALIBRATION, FigureQuestions(LANGUAGES))
    return Assistant(config, LANGUAGES, CurrentIndex(config.index, WordsEmbedder(), poll=0), reader)


def small_reviewing(engine: Any, data: Path, cards: Path, command: tuple[str, ...] | None = None) -> Reviewing:
    build = command or (sys.executable, str(SMALL_BUILD), str(cards))
    files = CaseFiles(data)
    return Reviewing(
        Flags(engine, files),
        files,
        CardEditing(data, SCRIPTS, identify, ReviewedTexts(engine), cards),
        DocumentShelf(data, identify),
        Publisher(data, cards, build),
    )


@contextmanager
def mending(folder: Path, assistant: Any, command: tuple[str, ...] | None = None) -> Iterator[Office]:
    """An office whose cards and documents are the small ones, in ``folder``."""
    data, cards = folder / "data", folder / "services"
    if not cards.exists():
        small_cards(cards)
    settings = WebSettings(workers=1, queue=1, desk=DeskSettings(data=data))
    with TestClient(create_app(lambda: assistant, settings), follow_redirects=False) as client:
        desk = client.app_state["desk"]
        desk = replace(desk, reviewing=small_reviewing(desk.engine, data, cards, command))
        client.app_state["desk"] = desk
        yield Office(client, desk)
