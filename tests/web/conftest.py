"""A fake assistant that honours ``web.contract``, and clients for the application around it."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsing import ARGUMENTS, CHROMIUM
from databases import PostgreSQL, migrated, postgresql_server
from fastapi.testclient import TestClient
from numpy.typing import NDArray
from sqlalchemy import Engine

from assistant.answers import Answer, Citation, Clarification, Contact, Nearest, Outcome, Sentence
from assistant.questions import InvalidQuestion, Profile
from assistant.translators import NoRoute, TranslatedSentence, Translation
from corpus.documents import Block, BlockKind, Document, UnknownDocument
from indexing.builds import BuildError
from indexing.passages import Passage
from indexing.retrieval import Hit
from indexing.scoring import Scored
from web.app import create_app
from web.contract import Event
from web.feedback import FeedbackStore
from web.settings import WebSettings
from web.storage import IN_MEMORY, open_database

NAMES = {
    "fi": "suomi",
    "sv": "svenska",
    "en": "English",
    "ru": "русский",
    "uk": "українська",
    "ar": "العربية",
    "fa": "فارسی",
    "so": "Soomaali",
    "sq": "shqip",
    "et": "eesti",
    "zh": "中文",
    "fr": "français",
    "es": "español",
    "vi": "Tiếng Việt",
    "tr": "Türkçe",
    "ku": "kurdî",
}
CONTACTS = ("emergency", "medical", "hello_espoo", "nollalinja", "victim_support", "mieli")
MESSAGES = (
    "no_information",
    "quote_original",
    "machine_translated",
    "unavailable",
    "busy",
    "too_many_questions",
    "error",
    "question_empty",
)
SITUATIONS = ("jobseeker", "employed", "at_home", "student", "pensioner", "entrepreneur", "other")

TEXT = "Koulutus\n\nKoulutus kestää 220–300 päivää.\n\nPerus\n\nNopea <b>polku</b>"
DOCUMENT = Document(
    id="kauniainen/ohjelma 2025",
    title="Kotoutumisohjelma",
    text=TEXT,
    language="fi",
    blocks=(
        Block(BlockKind.HEADING, 0, 8, level=1),
        Block(BlockKind.PARAGRAPH, 10, 41),
        Block(BlockKind.ITEM, 43, 48),
        Block(BlockKind.ITEM, 50, 68),
    ),
    publisher="Kauniaisten kaupunki",
    municipalities=("Kauniainen",),
    status="draft: council dates ahead",
    valid_until=date(2026, 12, 31),
    url="https://www.kauniainen.fi/ohjelma",
)
QUOTE = TEXT[10:41]


@dataclass(frozen=True)
class FakeLanguage:
    """``messages`` name their language and themselves, so that a test sees which one it got."""

    code: str

    @property
    def name(self) -> str:
        return NAMES[self.code]

    @property
    def direction(self) -> str:
        return "rtl" if self.code in ("ar", "fa") else "ltr"

    @property
    def messages(self) -> dict[str, str]:
        names = (*MESSAGES, *(f"contact_{name}" for name in CONTACTS))
        texts = {name: f"[{self.code} {name}]" for name in names}
        return texts | {"question_too_long": f"[{self.code} question_too_long {{limit}}]"}

    @property
    def situations(self) -> dict[str, str]:
        return {name: f"[{self.code} {name}]" for name in SITUATIONS}


def cited(start: int, end: int, **changes: Any) -> Citation:
    values = {
        "document": DOCUMENT.id,
        "title": DOCUMENT.title,
        "publisher": DOCUMENT.publisher,
        "municipality": DOCUMENT.municipalities[0],
        "language": "fi",
        "direction": "ltr",
        "quote": TEXT[start:end],
        "start": start,
        "end": end,
        "status": DOCUMENT.status,
        "url": DOCUMENT.url,
        "passage": "p1",
        "valid_until": DOCUMENT.valid_until,
    }
    return Citation(**(values | changes))


LINE = Contact("MIELI", phone="09 2525 0113", url="https://mieli.fi/", checked=date(2025, 9, 1), note="24 h")
ANSWERS: dict[str, Answer] = {
    "answered": Answer(
        id="1",
        status=Outcome.ANSWERED,
        language="en",
        direction="ltr",
        sentences=(
            Sentence("It takes 220–300 days.", "en", "ltr", (cited(10, 41),), machine_translated=True),
            Sentence(
                "There are <paths>.",
                "en",
                "ltr",
                (
                    cited(43, 48, publisher=None, municipality=None, status=None, url="javascript:alert(1)"),
                    cited(10, 41),
                ),
            ),
        ),
        trace={"steps": [{"name": "search", "ms": 12.5}]},
    ),
    "partial": Answer(
        id="2",
        status=Outcome.PARTIAL,
        language="ar",
        direction="rtl",
        sentences=(
            Sentence(
                "المدة 300 يوم.",
                "ar",
                "rtl",
                (cited(10, 41, status="in force as a report"), cited(43, 48, status="targeted")),
            ),
        ),
        missing=("السعر",),
        contacts=(LINE,),
    ),
    "clarify": Answer(
        id="3",
        status=Outcome.CLARIFY,
        language="en",
        direction="ltr",
        clarify=Clarification("situation", "What is your situation?", ("jobseeker", "at_home")),
    ),
    "no_information": Answer(
        id="4",
        status=Outcome.NO_INFORMATION,
        language="en",
        direction="ltr",
        sentences=(
            Sentence("My sources do not say.", "en", "ltr"),
            Sentence("These sources are near your question:", "en", "ltr"),
        ),
        contacts=(Contact("Kela", url="https://www.kela.fi"),),
        nearest=(
            Nearest(
                DOCUMENT.id, DOCUMENT.title, "fi", "ltr", DOCUMENT.publisher, DOCUMENT.municipalities[0], DOCUMENT.url
            ),
            Nearest("card-a-ar", "دورة <b>", "ar", "rtl", url="javascript:alert(1)"),
        ),
    ),
    "emergency": Answer(
        id="5",
        status=Outcome.EMERGENCY,
        language="en",
        direction="ltr",
        sentences=(Sentence("Call now. Stay on the line.", "en", "ltr"),),
    ),
    "crisis": Answer(
        id="6",
        status=Outcome.CRISIS,
        language="en",
        direction="ltr",
        sentences=(Sentence("You can talk to someone.", "en", "ltr"),),
        contacts=(LINE,),
    ),
    "violence": Answer(
        id="8",
        status=Outcome.CRISIS,
        language="en",
        direction="ltr",
        sentences=(Sentence("It is not your fault.", "en", "ltr"),),
        contacts=(LINE,),
        trace={"category": "violence", "categories": ["violence"]},
    ),
    "unavailable": Answer(id="7", status=Outcome.UNAVAILABLE, language="en", direction="ltr"),
}


def pretended(sentences: Sequence[str], source: str, target: str) -> Translation:
    """A translation that names its language before each sentence, and refuses those that say "refuse"."""
    made = (TranslatedSentence(None if "refuse" in one else f"[{target}] {one}", 0.9) for one in sentences)
    return Translation(source, target, "pretended", tuple(made))


@dataclass
class FakeAssistant:
    """A question's first word names its answer in ANSWERS; "boom" raises, "wait" waits for ``released``."""

    languages: dict[str, FakeLanguage] = field(default_factory=lambda: {c: FakeLanguage(c) for c in NAMES})
    municipalities: tuple[str, ...] = ("Espoo", "Kauniainen")
    reason: str | None = None
    asks_elsewhere: str | None = None
    closed: bool = False
    routes: set[tuple[str, str]] = field(default_factory=set)
    asked: list[dict[str, Any]] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)
    started: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    released: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)

    def ask(
        self,
        text: str,
        *,
        language: str | None = None,
        page_language: str | None = None,
        profile: Profile = Profile(),
        conversation: str | None = None,
    ) -> Answer:
        self.asked.append(
            {
                "text": text,
                "language": language,
                "page_language": page_language,
                "profile": profile,
                "conversation": conversation,
            }
        )
        word = text.split(maxsplit=1)[0]
        if word == "boom":
            raise RuntimeError(f"cannot answer {text}")
        if word == "invalid":
            raise InvalidQuestion("nothing to answer")
        if word == "wait":
            self.started.release()
            assert self.released.wait(20)
        answer = ANSWERS.get(word, ANSWERS["answered"])
        told: dict[str, Any] = {"municipalities": [profile.municipality]} if profile.municipality else {}
        if profile.situation:
            told["situation"] = profile.situation.value
        return replace(answer, trace=answer.trace | told)

    def urgent(
        self, text: str, *, language: str | None = None, page_language: str | None = None, thorough: bool = False
    ) -> Answer | None:
        return ANSWERS["emergency"] if text.startswith("emergency") else None

    def stream(
        self,
        text: str,
        *,
        language: str | None = None,
        page_language: str | None = None,
        profile: Profile = Profile(),
        conversation: str | None = None,
    ) -> Iterator[Event]:
        answer = self.ask(
            text, language=language, page_language=page_language, profile=profile, conversation=conversation
        )
        wire = answer.to_wire()
        try:
            yield "status", {name: wire[name] for name in ("id", "status", "language", "direction")}
            number = 0
            for index, sentence in enumerate(wire["sentences"]):
                citations = sentence.pop("citations")
                yield "sentence", {"index": index, **sentence}
                if text.startswith("half"):
                    raise RuntimeError(f"half of {text}")
                for citation in citations:
                    number += 1
                    yield "citation", {"sentence": index, "number": number, **citation}
            yield "done", answer.to_wire()
        finally:
            self.ended.set()

    def forget(self, conversation: str) -> None:
        self.forgotten.append(conversation)

    def forget_expired(self) -> None:
        pass

    def masked(self, text: str) -> str:
        return text.replace("010190-123A", "[...]")

    def not_ready(self) -> str | None:
        return self.reason

    def document(self, id: str) -> Document:
        if id != DOCUMENT.id:
            raise UnknownDocument(id)
        return DOCUMENT

    def translate(self, sentences: Sequence[str], source: str, target: str) -> Translation:
        if (source, target) not in self.routes:
            raise NoRoute(f"no package translates from {source} to {target}")
        return pretended(sentences, source, target)

    def identify(self, text: str, page_language: str | None = None) -> str:
        """Arabic by its letters; of anything else, the language of the page."""
        return "ar" if re.search("[\u0600-\u06ff]", text) else page_language or "en"

    def search(
        self,
        text: str,
        language: str | None = None,
        count: int = 10,
        allowed: Callable[[Document], bool] = lambda document: True,
    ) -> list[Hit]:
        if self.reason:
            raise BuildError(self.reason)
        found = [Passage(DOCUMENT.id, start, end, TEXT[start:end], "fi") for start, end in ((10, 41), (43, 48))]
        return [
            Hit(passage, DOCUMENT, rank, Scored(rank, 3.0 - rank, 0.9, 1.0, 2.5, 1.0))
            for rank, passage in enumerate(found[:count], 1)
            if allowed(DOCUMENT)
        ]

    def vector(self, text: str, language: str) -> NDArray[np.float32]:
        """Texts of the same length mean the same."""
        return np.eye(8, dtype=np.float32)[len(text) % 8]

    def close(self) -> None:
        self.closed = True


def feedback_store(assistant: FakeAssistant) -> FeedbackStore:
    return FeedbackStore(open_database(IN_MEMORY), assistant.masked)


@pytest.fixture
def assistant() -> Iterator[FakeAssistant]:
    fake = FakeAssistant()
    yield fake
    fake.released.set()


@pytest.fixture
def client(assistant: FakeAssistant) -> Iterator[TestClient]:
    with TestClient(create_app(lambda: assistant, WebSettings(workers=1, queue=1))) as client:
        yield client


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """A PostgreSQL server for this run; what needs it is skipped where there is none."""
    with postgresql_server() as server:
        yield server


@pytest.fixture(scope="session")
def postgresql_template(postgresql: PostgreSQL) -> Iterator[str]:
    with migrated(postgresql) as name:
        yield name


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database of the test's own, of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'database' / 'web.sqlite3'}"
        return
    server: PostgreSQL = request.getfixturevalue("postgresql")
    with server.database(request.getfixturevalue("postgresql_template")) as address:
        yield address


@pytest.fixture
def database(database_url: str) -> Iterator[Engine]:
    """The test's own database of each kind, with its tables."""
    engine = open_database(database_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A browser for the tests of a module; they are skipped where it or Playwright is missing.

    Not for longer: while Playwright is there, its event loop runs in this thread, and asyncio.run does not.
    """
    sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        browser.close()
