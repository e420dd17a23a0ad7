"""What was found for a question: passages with their scores, and why each was chosen or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache

from assistant.answers import Answer, Outcome
from corpus.card_schema import Audience
from corpus.cards import load_cards
from corpus.documents import CorpusError, Document
from indexing.builds import BuildError
from indexing.retrieval import Hit
from web.contract import Assistant
from web.desk.card_places import same_blocks
from web.exchanges import Exchange
from web.quotes import find

SHOWN = 20
"""Passages, twice as many as are looked at for an answer."""


class Why(StrEnum):
    """Why a passage is in the Answer or not."""

    QUOTED = "quoted"
    LESS_LIKELY = "less_likely"
    """It was read; another text answers better."""
    TOO_UNSURE = "too_unsure"
    """It was read and does not answer."""
    NOT_READ = "not_read"
    """It was found; better ones were read."""
    ELSEWHERE = "elsewhere"
    """It is about another municipality than the question."""
    TOO_FAR = "too_far"
    """Others are nearer."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What the advisor wants to see of what was found; "" is everything. ``on`` is a day it must hold on."""

    municipality: str = ""
    publisher: str = ""
    status: str = ""
    language: str = ""
    audience: str = ""
    on: date | None = None

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Filters:
        """From an address; what is no day is none."""

        def text(name: str) -> str:
            return query.get(name, "")[:300]

        try:
            on = date.fromisoformat(query.get("on", ""))
        except ValueError:
            on = None
        return cls(text("municipality"), text("publisher"), text("status"), text("language"), text("audience"), on)

    def __bool__(self) -> bool:
        return self != Filters()

    def allow(self, document: Document) -> bool:
        return (
            self.municipality in ("", *document.municipalities)
            and self.publisher in ("", document.publisher)
            and self.status in ("", document.status)
            and self.language in ("", document.language)
            and (not self.audience or bool({self.audience, Audience.ALL.value} & audiences(document)))
            and _holds(document, self.on)
        )


@dataclass(frozen=True, slots=True)
class Found:
    """A passage. ``reader`` is the probability that it answers, where it was read; ``words`` its BM25; ``own`` the same
    card in the advisor's language with what it says there, for one in another language."""

    rank: int
    score: float
    cosine: float
    words: float
    reader: float | None
    why: Why
    document: Document
    text: str
    headings: tuple[str, ...]
    start: int
    end: int
    own: tuple[Document, str] | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """The passages that the filters allow, best first, and by filter what can be chosen of what was found."""

    passages: tuple[Found, ...]
    choices: Mapping[str, Sequence[str]]


def evidence(exchange: Exchange, language: str, filters: Filters, assistant: Assistant, own: str) -> Evidence | None:
    """What is found now for the question of an exchange, in the question's ``language``; ``own`` is the advisor's.
    ``None`` where nothing may be kept of the question, or no build is open. Blocks."""
    if not exchange.question or language not in assistant.languages:
        return None
    try:
        everything = assistant.search(exchange.question, language, SHOWN)
        hits = assistant.search(exchange.question, language, SHOWN, filters.allow) if filters else everything
    except BuildError:
        return None
    documents = [hit.document for hit in everything]
    groups = {group for document in documents for group in audiences(document)} - {Audience.ALL.value}
    choices: dict[str, Sequence[str]] = {
        "municipality": sorted({place for one in documents for place in one.municipalities}),
        "publisher": sorted({one.publisher for one in documents if one.publisher}),
        "status": sorted({one.status for one in documents if one.status}),
        "language": sorted({one.language for one in documents}),
        "audience": [one.value for one in Audience if one.value in groups],
    }
    return Evidence(tuple(_found(hit, exchange.answer, _own(hit, own, assistant)) for hit in hits), choices)


def audiences(document: Document) -> frozenset[str]:
    """Whom a document is for: of a service card, its audience; nobody knows of any other."""
    return _audiences().get(document.card or "", frozenset({Audience.ALL.value}))


@cache
def _audiences() -> dict[str, frozenset[str]]:
    try:
        return {card.slug: frozenset(one.value for one in card.service.audience) for card in load_cards()}
    except CorpusError:
        return {}


def _holds(document: Document, on: date | None) -> bool:
    if on is None:
        return True
    begun = document.valid_from is None or document.valid_from <= on
    return begun and (document.valid_until is None or on <= document.valid_until)


def _found(hit: Hit, answer: Answer, own: tuple[Document, str] | None) -> Found:
    document, passage = hit.document, hit.passage
    read = next(
        (
            one["probability"]
            for one in answer.trace.get("read", ())
            if one["document"] == document.id and one.get("passage") in (None, passage.id)
        ),
        None,
    )
    return Found(
        hit.rank,
        hit.score,
        hit.scored.cosine,
        hit.scored.lexical,
        read,
        _why(hit, answer, read),
        document,
        passage.text,
        passage.headings,
        passage.start,
        passage.end,
        own,
    )


def _own(hit: Hit, language: str, assistant: Assistant) -> tuple[Document, str] | None:
    document = hit.document
    if document.card is None or document.language == language:
        return None
    other = find(f"card-{document.card}-{language}", assistant.document)
    place = same_blocks(document, hit.passage.start, hit.passage.end, other) if other else None
    return (other, other.text[place[0] : place[1]]) if other and place else None


def _why(hit: Hit, answer: Answer, read: float | None) -> Why:
    cited = {(one.document, one.passage) for sentence in answer.sentences for one in sentence.citations}
    card = hit.document.card is not None
    if (hit.document.id, hit.passage.id) in cited or (card and hit.document.id in {id for id, _ in cited}):
        return Why.QUOTED
    places, about = hit.document.municipalities, answer.trace.get("municipalities", ())
    if places and about and set(places).isdisjoint(about):
        return Why.ELSEWHERE
    if read is not None:
        return Why.TOO_UNSURE if answer.status is Outcome.NO_INFORMATION else Why.LESS_LIKELY
    traced = {(one["document"], one["passage"]) for one in answer.trace.get("hits", ())}
    return Why.NOT_READ if (hit.document.id, hit.passage.id) in traced else Why.TOO_FAR
