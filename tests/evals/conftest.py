"""An assistant that says what a test tells it to, and answers that honour the wire."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from assistant.answers import Answer, Citation, Outcome, Sentence
from assistant.languages import load_languages
from assistant.questions import Profile
from corpus.documents import Document, UnknownDocument
from evals.metrics import OwnWords
from evals.targets import InProcess
from tests import fakes

TEXTS = {
    "card-training-en": "Integration training\n\nThe training takes 220–300 days. It is free.",
    "card-training-fi": "Kotoutumiskoulutus\n\nKoulutus kestää 220–300 päivää. Se on maksuton.",
    "card-training-ar": "تدريب الاندماج\n\nيستمر التدريب 220–300 يوما.",
    "card-test-en": "Language test\n\nThe test takes 4 hours.",
    "report": "Report\n\nIn 2024 there were 4,300 visits.",
}
QUOTES = {
    "card-training-en": "The training takes 220–300 days.",
    "card-training-fi": "Koulutus kestää 220–300 päivää.",
    "card-training-ar": "يستمر التدريب 220–300 يوما.",
    "card-test-en": "The test takes 4 hours.",
    "report": "In 2024 there were 4,300 visits.",
}


def citation(document: str, /, **changes: Any) -> Citation:
    quote = QUOTES[document]
    start = TEXTS[document].index(quote)
    language = document[-2:] if document.startswith("card-") else "en"
    known: dict[str, Any] = {
        "document": document,
        "title": document,
        "publisher": "Neuvo",
        "municipality": "Espoo",
        "language": language,
        "direction": "rtl" if language == "ar" else "ltr",
        "quote": quote,
        "start": start,
        "end": start + len(quote),
        "status": "in force",
        "url": None,
        "passage": f"{document}#1",
    }
    return Citation(**{**known, **changes})


def answered(document: str = "card-training-en", text: str | None = None, **changes: Any) -> Answer:
    """An answer of one sentence, the quote itself unless ``text`` is said; hits: the document, then the report."""
    language = document[-2:] if document.startswith("card-") else "en"
    direction = "rtl" if language == "ar" else "ltr"
    cited = changes.pop("cited", (citation(document),))
    probability = changes.pop("probability", 0.9)
    known: dict[str, Any] = {
        "id": "a",
        "status": Outcome.ANSWERED,
        "language": language,
        "direction": direction,
        "sentences": (Sentence(text or QUOTES[document], language, direction, cited),),
        "trace": trace(document, probability),
    }
    return Answer(**{**known, **changes})


def trace(document: str, probability: float) -> dict[str, Any]:
    return {
        "build": "b1",
        "model": "fake:words",
        "masked": [],
        "probability": probability,
        "hits": [{"document": document, "rank": 1}, {"document": "report", "rank": 2}],
        "read": [{"document": document, "probability": probability}],
        "steps": [{"step": "retrieve", "ms": 2.0}, {"step": "read", "ms": 5.0}],
    }


def silent(language: str = "en", probability: float = 0.2, document: str = "report") -> Answer:
    """An abstention in Neuvo's own words."""
    says = load_languages()[language].messages.no_information
    return Answer(
        "n",
        Outcome.NO_INFORMATION,
        language,
        "ltr",
        (Sentence(says, language, "ltr"),),
        trace=trace(document, probability),
    )


def emergency(language: str = "en") -> Answer:
    says = load_languages()[language].messages.emergency
    return Answer("e", Outcome.EMERGENCY, language, "ltr", (Sentence(says, language, "ltr"),))


@dataclass
class Told:
    """Answers by question; a function is called with all that was asked, and an exception is raised."""

    answers: dict[str, Any]
    otherwise: Any = field(default_factory=silent)
    asked: list[tuple[str, str | None, Profile, str | None]] = field(default_factory=list)
    closed: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(
        self, text: str, *, language: str | None = None, profile: Profile = Profile(), conversation: str | None = None
    ) -> Answer:
        with self._lock:
            self.asked.append((text, language, profile, conversation))
        answer = self.answers.get(text, self.otherwise)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Answer) else answer(text, language)

    def document(self, id: str) -> Document:
        if id not in TEXTS:
            raise UnknownDocument(id)
        return fakes.document(id, TEXTS[id])

    def close(self) -> None:
        self.closed = True


DESCRIPTION = {"build": {"id": "b1", "corpus_digest": "c"}, "versions": {"neuvo": "0"}}


def target(told: Told) -> InProcess:
    return InProcess(told, DESCRIPTION)


HEAD = {"name": "small", "measures": "A few things"}
LONG = {"id": "en-01", "language": "en", "question": "How long?", "cards": ["training"], "facts": ["220–300"]}
LANGE = {"id": "fi-01", "language": "fi", "question": "Kauanko?", "cards": ["training"], "facts": ["220–300"]}
PRICE = {"id": "en-02", "language": "en", "question": "What does the bus cost?"}
RIGHT = {"How long?": answered(), "Kauanko?": answered("card-training-fi")}

WriteSuite = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> WriteSuite:
    """Writes a suite's folder: a head in TOML and rows."""

    def write(head: str, *rows: dict[str, Any] | str, name: str = "suite") -> Path:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        (folder / "suite.toml").write_text(f'name = "small"\nmeasures = "A few things"\n{head}\n', encoding="utf-8")
        lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
        (folder / "cases.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return folder

    return write


@pytest.fixture(scope="session")
def own_words() -> OwnWords:
    return OwnWords(load_languages())
