"""The JSON of the HTTP API as pydantic models: what is checked on the way in and documented in OpenAPI.

``tests/web/test_http_api.py`` holds them equal to ``Answer.to_wire``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from assistant.answers import Answer, Citation, Clarification, Contact, Nearest, Outcome, Sentence
from assistant.questions import MAX_CHARACTERS, Profile, Situation
from web.conversations import KEY_PATTERN, PATTERN
from web.feedback import MOST_COMMENT, Feedback, Reason, Verdict


def _unicode(text: str) -> str:
    """Half of a surrogate pair, which JSON can carry, is no text: nothing could be done with it later."""
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("must be Unicode text without lone surrogates")
    return text


Text = Annotated[str, AfterValidator(_unicode)]
ConversationId = Annotated[str, Field(pattern=f"^{PATTERN}$")]
Key = Annotated[str, Field(pattern=f"^{KEY_PATTERN}$")]


RefusalStatus = Literal["invalid", "not_found", "too_large", "too_many_requests", "unavailable", "error"]


class _Wire(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ProfileWire(_Wire):
    """What the asker told about themselves."""

    municipality: Text | None = Field(default=None, max_length=100, examples=["Espoo"])
    situation: Situation | None = None

    def to_profile(self) -> Profile:
        return Profile(municipality=self.municipality or None, situation=self.situation)


class AskRequest(_Wire):
    """A question. Unknown fields are an error, so that a misspelt one does not go unnoticed."""

    question: Text = Field(
        description=f"1 to {MAX_CHARACTERS} characters", examples=["How long is integration training?"]
    )
    language: Text | None = Field(
        default=None,
        description="The answer's language, if the asker chose one; else it is told from the question.",
    )
    page_language: Text | None = Field(
        default=None,
        description="The language of the page asked from; used where the question's own is unsure.",
    )
    profile: ProfileWire = ProfileWire()
    conversation: ConversationId | None = Field(
        default=None,
        description="An unguessable id that the client chose for the conversation this question continues or begins: "
        "16 to 200 characters of A-Z, a-z, 0-9, _ and -.",
    )
    key: Key | None = Field(
        default=None,
        description="An unguessable key that the client chose for this question: 16 to 64 characters of A-Z, a-z, 0-9, "
        "_ and -. Sent again with the same key within 30 minutes, the question gets the same answer without being "
        "asked again, and waits for it while it is being made.",
    )


class CitationWire(_Wire):
    """A verbatim quote: ``quote == text[start:end]`` of the document, in code points."""

    document: str
    title: str
    publisher: str | None
    municipality: str | None
    language: str
    direction: str
    quote: str
    start: int
    end: int
    status: str | None
    url: str | None
    passage: str
    valid_from: str | None
    valid_until: str | None
    based_on: list[str]


class SentenceWire(_Wire):
    text: str
    language: str
    direction: str
    machine_translated: bool
    citations: list[CitationWire]


class ContactWire(_Wire):
    name: str
    phone: str | None
    url: str | None
    checked: str | None
    note: str | None


class NearestWire(_Wire):
    """A source near the question, which may not answer it."""

    document: str
    title: str
    language: str
    direction: str
    publisher: str | None
    municipality: str | None
    url: str | None


class ClarificationWire(_Wire):
    field: str
    question: str
    choices: list[str]


class AnswerWire(_Wire):
    id: str
    status: Outcome
    language: str
    direction: str
    sentences: list[SentenceWire]
    missing: list[str]
    clarify: ClarificationWire | None
    contacts: list[ContactWire]
    nearest: list[NearestWire]
    trace: dict[str, Any]


class FeedbackRequest(_Wire):
    """What somebody says of an answer."""

    answer: Key = Field(description="The key that the question was asked with.")
    verdict: Verdict
    reasons: list[Reason] = Field(default_factory=list, max_length=6)
    comment: Text | None = Field(default=None, max_length=MOST_COMMENT)
    consent: bool = Field(
        default=False,
        description="The asker agrees that their question and comment are kept, with personal data masked; "
        "without it neither is.",
    )

    def to_feedback(self) -> Feedback:
        return Feedback(self.verdict, tuple(self.reasons), self.comment, self.consent)


class AgreeRequest(_Wire):
    """The asker agrees that their question is kept."""

    answer: Key = Field(description="The key that the question was asked with.")


class PendingWire(_Wire):
    """The Answer is still being made."""

    status: Literal["pending"] = "pending"


class DocumentWire(_Wire):
    id: str
    title: str
    publisher: str | None
    municipality: list[str]
    language: str
    direction: str
    status: str | None
    valid_from: str | None
    valid_until: str | None
    based_on: list[str]
    licence: str | None
    url: str | None
    text: str


class FieldProblem(_Wire):
    field: str
    problem: str


class ErrorWire(_Wire):
    """Every response that is not 2xx. ``message`` is for the asker, in ``language``."""

    status: RefusalStatus
    message: str
    language: str
    direction: str
    problems: list[FieldProblem] = Field(default_factory=list)


class HealthWire(_Wire):
    status: Literal["alive"]


class ReadinessWire(_Wire):
    status: Literal["ready", "not_ready"]
    reason: str | None


def answer_of(wire: Mapping[str, Any]) -> Answer:
    """The Answer that ``wire`` is the wire form of: ``answer_of(answer.to_wire()) == answer``."""

    def citation(one: Mapping[str, Any]) -> Citation:
        days = {name: _day(one[name]) for name in ("valid_from", "valid_until")}
        return Citation(**{**one, **days, "based_on": tuple(one["based_on"])})

    return Answer(
        **{
            **wire,
            "status": Outcome(wire["status"]),
            "sentences": tuple(
                Sentence(**{**one, "citations": tuple(map(citation, one["citations"]))}) for one in wire["sentences"]
            ),
            "missing": tuple(wire["missing"]),
            "clarify": wire["clarify"]
            and Clarification(**{**wire["clarify"], "choices": tuple(wire["clarify"]["choices"])}),
            "contacts": tuple(Contact(**{**one, "checked": _day(one["checked"])}) for one in wire["contacts"]),
            "nearest": tuple(Nearest(**one) for one in wire["nearest"]),
        }
    )


def _day(iso: str | None) -> date | None:
    return date.fromisoformat(iso) if iso else None
