"""An assistant for browsers: every outcome, in the page's language, from the shipped service cards.

Unlike ``conftest.FakeAssistant`` its texts are real ones, so that fonts, directions and line breaks are, too. The
question is the name of the answer wanted: one of NAMES, or anything else for "answered".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.answers import Answer, Citation, Clarification, Event, Nearest, Outcome, Sentence, events
from assistant.contacts import contacts_for
from assistant.languages import Language, load_languages
from assistant.questions import Profile
from assistant.translators import NoRoute, TranslatedSentence, Translation
from corpus.cards import load_cards
from corpus.documents import BlockKind, Document, UnknownDocument
from indexing.passages import Passage
from indexing.retrieval import Hit
from indexing.scoring import Scored

NAMES = ("answered", "partial", "clarify", "no_information", "emergency", "crisis", "violence", "small_talk")
FOUND = ("integration-training", "starting-level-test", "vaasa-services", "hello-espoo")
"""The cards that every search finds."""
PERSON_URL = "https://www.helloespoo.fi"


@dataclass
class CardsAssistant:
    languages: dict[str, Language] = field(default_factory=load_languages)
    municipalities: tuple[str, ...] = ("Espoo", "Kauniainen")
    documents: dict[str, Document] = field(
        default_factory=lambda: {document.id: document for card in load_cards() for document in card.documents()}
    )

    routes: set[tuple[str, str]] = field(default_factory=set)
    asks_elsewhere: str | None = None
    says: dict[str, str] = field(default_factory=dict)
    """Sentences and what they are translated to where there is a route."""

    def ask(
        self,
        text: str,
        *,
        language: str | None = None,
        page_language: str | None = None,
        profile: Profile = Profile(),
        conversation: str | None = None,
    ) -> Answer:
        spoken = self.languages[language or page_language or "en"]
        says = spoken.messages
        name = text.split(maxsplit=1)[0]
        first, second = (self._sentences(card, spoken) for card in ("integration-training", "hello-espoo"))
        own = {
            "clarify": says.clarify_situation,
            "no_information": says.no_information_nearest,
            "emergency": says.emergency,
            "crisis": says.crisis,
            "violence": says.crisis_violence,
            "small_talk": says.small_talk,
        }
        status = Outcome("crisis" if name == "violence" else name if name in NAMES else "answered")
        said = (Sentence(own[name], spoken.code, spoken.direction),) if name in own else ()
        quoted = {"partial": second, "clarify": second[:1]}.get(name, () if name in own else first)
        return Answer(
            id="browser",
            status=status,
            language=spoken.code,
            direction=spoken.direction,
            sentences=(*said, *quoted),
            missing=(text,) if name == "partial" else (),
            clarify=Clarification("situation", says.clarify_situation, ("jobseeker", "at_home"))
            if name == "clarify"
            else None,
            contacts=contacts_for(status, spoken, PERSON_URL, violence=name == "violence"),
            nearest=self._nearest(spoken) if name == "no_information" else (),
            trace={
                "category": name if name in ("emergency", "crisis", "violence") else None,
                "categories": [name] if name in ("emergency", "crisis", "violence") else [],
                "situation": profile.situation and profile.situation.value,
                "municipalities": [profile.municipality] if profile.municipality else [],
            },
        )

    def stream(self, text: str, **more: Any) -> Iterator[Event]:
        return events(self.ask(text, **more))

    def urgent(
        self, text: str, *, language: str | None = None, page_language: str | None = None, thorough: bool = False
    ) -> Answer | None:
        return None

    def forget(self, conversation: str) -> None: ...

    def forget_expired(self) -> None: ...

    def masked(self, text: str) -> str:
        return text

    def not_ready(self) -> str | None:
        return None

    def document(self, id: str) -> Document:
        if id not in self.documents:
            raise UnknownDocument(id)
        return self.documents[id]

    def translate(self, sentences: Sequence[str], source: str, target: str) -> Translation:
        if (source, target) not in self.routes:
            raise NoRoute(f"no package translates from {source} to {target}")
        return Translation(source, target, "pretended", tuple(TranslatedSentence(self.says[one]) for one in sentences))

    def identify(self, text: str, page_language: str | None = None) -> str:
        return "ar" if re.search("[\u0600-\u06ff]", text) else page_language or "en"

    def search(
        self,
        text: str,
        language: str | None = None,
        count: int = 10,
        allowed: Callable[[Document], bool] = lambda document: True,
    ) -> list[Hit]:
        cards = (self.documents[f"card-{card}-{language or 'en'}"] for card in FOUND)
        return [
            Hit(
                Passage(
                    document.id, document.blocks[1].start, document.blocks[-1].end, _body(document), document.language
                ),
                document,
                rank,
                Scored(rank, 4.0 - rank, 0.9 - rank / 50, 1.0, 5.0 / rank, 1.0),
            )
            for rank, document in enumerate(filter(allowed, cards), 1)
        ][:count]

    def vector(self, text: str, language: str) -> NDArray[np.float32]:
        return np.eye(8, dtype=np.float32)[len(text) % 8]

    def close(self) -> None: ...

    def _sentences(self, card: str, spoken: Language) -> tuple[Sentence, ...]:
        """The first paragraphs of a card's text, each as one sentence with its citation."""
        document = self.documents[f"card-{card}-{spoken.code}"]
        blocks = [block for block in document.blocks if block.kind is BlockKind.PARAGRAPH][:2]
        return tuple(
            Sentence(
                document.text[block.start : block.end],
                spoken.code,
                spoken.direction,
                (self._citation(document, block.start, block.end, spoken),),
                document.machine_translated,
            )
            for block in blocks
        )

    def _citation(self, document: Document, start: int, end: int, spoken: Language) -> Citation:
        return Citation(
            document=document.id,
            title=document.title,
            publisher=document.publisher,
            municipality=", ".join(document.municipalities),
            language=document.language,
            direction=spoken.direction,
            quote=document.text[start:end],
            start=start,
            end=end,
            status=document.status,
            url=PERSON_URL,
            passage="p",
            valid_from=document.valid_from,
            based_on=document.based_on,
        )

    def _nearest(self, spoken: Language) -> tuple[Nearest, ...]:
        found = [self.documents[f"card-{card}-{spoken.code}"] for card in ("early-education", "young-people")]
        return tuple(
            Nearest(d.id, d.title, d.language, spoken.direction, d.publisher, ", ".join(d.municipalities))
            for d in found
        )


def _body(document: Document) -> Passage:
    """All but the title."""
    start, end = document.blocks[1].start, document.blocks[-1].end
    return Passage(document.id, start, end, document.text[start:end], document.language)
