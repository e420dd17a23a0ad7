"""A consultation as its pages show it: what the client reads, its twin in the advisor's language, and the draft."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from assistant.answers import Citation
from corpus.card_schema import language_of
from web.desk.card_places import PLAIN
from web.desk.consultations import Consultation
from web.desk.desk import Desk
from web.desk.drafts import Draft, draft_of
from web.desk.sessions import Session
from web.desk.sheets import Sheet, sheet_of
from web.desk.twins import Twin, TwinSentence
from web.exchanges import Exchange
from web.quotes import find

_FINLAND = ZoneInfo("Europe/Helsinki")


@dataclass(frozen=True, slots=True)
class Row:
    """A sentence in both languages, where they have it; ``cited`` are its places with the numbers of their sources."""

    client: TwinSentence | None
    own: TwinSentence | None
    cited: tuple[tuple[int, Citation], ...]

    @property
    def sources(self) -> tuple[int, ...]:
        """The numbers, each once."""
        return tuple(dict.fromkeys(number for number, _ in self.cited))


@dataclass(frozen=True, slots=True)
class Source:
    """A numbered document that the client's sentences cite, at the first place they do."""

    number: int
    citation: Citation


@dataclass(frozen=True, slots=True)
class Shown:
    """An Exchange in the client's text ``name`` and the advisor's language."""

    consultation: Consultation
    exchange: Exchange
    desk: Desk
    name: str
    client: Twin
    own: Twin

    @property
    def key(self) -> str:
        return self.exchange.key

    @property
    def draft(self) -> Draft | None:
        """What the advisor made of it."""
        return self.consultation.drafts.get(self.name)

    @property
    def rows(self) -> tuple[Row, ...]:
        numbers = {source.citation.document: source.number for source in self.sources}
        rows = []
        for here, there in zip(self.client.sentences, self.own.sentences, strict=True):
            cited = ((numbers[one.document], one) for one in _citations(here or there))
            rows.append(Row(here, there, tuple(dict.fromkeys(cited))))
        return tuple(rows)

    @property
    def sources(self) -> tuple[Source, ...]:
        """In the order the client reads of them."""
        found: dict[str, Source] = {}
        for here, there in zip(self.client.sentences, self.own.sentences, strict=True):
            for citation in _citations(here or there):
                found.setdefault(citation.document, Source(len(found) + 1, citation))
        return tuple(found.values())

    @property
    def plain_name(self) -> str | None:
        """The plain text in the client's language that a card of this Answer has."""
        name, documents = PLAIN.get(language_of(self.name)), self.desk.reception.assistant.document
        cards = (find(source.citation.document, documents) for source in self.sources)
        has = name and any(one and one.card and find(f"card-{one.card}-{name}", documents) for one in cards)
        return name if has else None

    def sheet(self) -> Sheet:
        """What the client takes along."""
        draft = self.draft or draft_of(self.client, self.own)
        today = datetime.now(_FINLAND).date()
        return sheet_of(self.client, self.own, draft, self.desk.reception.assistant.languages, today)


def shown(desk: Desk, session: Session, key: str, to: str = "") -> Shown | None:
    """The consultation of a key, if it is the account's and was answered; ``to`` names another text for the client."""
    consultation = desk.consultations.get(key, session.account.id)
    if consultation is None or consultation.exchange is None:
        return None
    answer = consultation.exchange.answer
    names = desk.twins.names()
    name = next((one for one in (to, consultation.client, answer.language) if one in names), answer.language)
    client, own = desk.twins.of(answer, name), desk.twins.of(answer, own_language(desk, session))
    return Shown(consultation, consultation.exchange, desk, name, client, own)


def own_language(desk: Desk, session: Session) -> str:
    """The advisor's language: one the desk has texts in."""
    return session.account.language if session.account.language in desk.pages.texts else "fi"


def _citations(sentence: TwinSentence | None) -> tuple[Citation, ...]:
    return sentence.sentence.citations if sentence else ()
