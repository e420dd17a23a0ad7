"""What residents may hand over, when it is offered to them, and what they are shown of it.

NotTaken
├── Invalid   the form lacks something
└── Violence  a message about violence at home: it is kept nowhere
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from assistant.answers import Answer, Outcome
from assistant.languages import direction_of
from assistant.questions import Profile
from web.contract import Assistant
from web.desk.hand_off import MOST_MESSAGE, PEOPLE, Author, Draft, HandOff, Message, Reason
from web.desk.mailing import is_address
from web.exchanges import is_private, violence_in
from web.finished import Finished
from web.views import profile_of

FORM_OF_TOKENS = r"[A-Za-z0-9_-]{43}"
"""What every token looks like as a whole."""

ABSTENTIONS = 2
"""After which a person is offered."""

Problem = Literal["consent", "email", "empty", "long"]


class NotTaken(Exception):
    """Base of why something was not taken."""


class Invalid(NotTaken):
    """``problems`` say what is lacking."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(*problems)
        self.problems = problems


class Violence(NotTaken):
    """Whom to turn to stands in ``answer``."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


def offered(answers: Sequence[Answer]) -> Reason | None:
    """Why a person is offered after the last of a conversation's ``answers``; ``None`` where they are not.

    Never in an emergency, whose one number comes first, and not beside help against violence.
    """
    if not answers or is_private(answers[-1]):
        return None
    last = answers[-1]
    if last.status is Outcome.CRISIS:
        return "crisis"
    if last.trace.get("wants_person"):
        return None if last.status is Outcome.EMERGENCY else "request"
    abstained = sum(answer.status is Outcome.NO_INFORMATION for answer in answers)
    return "abstained" if last.status is Outcome.NO_INFORMATION and abstained >= ABSTENTIONS else None


@dataclass(frozen=True, slots=True)
class Left:
    """What a resident leaves, as it came in."""

    page_language: str
    language: str | None = None
    conversation: str | None = None
    message: str = ""
    email: str = ""
    consent: bool = False
    profile: Profile = field(default_factory=Profile)


def draft_of(left: Left, finished: Finished, assistant: Assistant) -> Draft:
    """What is kept of it: masked, and nothing about violence at home. Blocks. Raises Invalid, Violence."""
    exchanges = finished.conversation(left.conversation) if left.conversation else ()
    problems: list[Problem] = [] if left.consent else ["consent"]
    email = left.email.strip()
    problems += ["email"] if email and not is_address(email) else []
    message = ""
    if left.message.strip() or not exchanges:
        try:
            message = taken(left.message, left.page_language, assistant)
        except Invalid as error:
            problems += error.problems
    if problems:
        raise Invalid(*problems)
    last = exchanges[-1].answer if exchanges else None
    known = profile_of(last, assistant)
    situation = left.profile.situation or known.situation
    municipality = left.profile.municipality or known.municipality
    return Draft(
        language=left.language or (last.language if last else left.page_language),
        reason=offered([one.answer for one in exchanges]) or "asked",
        message=message,
        email=email or None,
        municipality=municipality if municipality in assistant.municipalities else None,
        situation=situation and situation.value,
        topic=_topic(last),
        conversation=left.conversation if exchanges else None,
        transcript=[{"question": one.question, "answer": one.answer.to_wire()} for one in exchanges],
    )


def taken(message: str, language: str, assistant: Assistant) -> str:
    """A message as it is kept. Blocks. Raises Invalid, Violence."""
    text = message.replace("\r\n", "\n").strip()
    if not text:
        raise Invalid("empty")
    if len(text) > MOST_MESSAGE:
        raise Invalid("long")
    if urgent := violence_in(text, language, assistant):
        raise Violence(urgent)
    return assistant.masked(text)


@dataclass(frozen=True, slots=True)
class Words:
    """A text with its language; ``direction`` for the page."""

    text: str
    language: str
    direction: str


@dataclass(frozen=True, slots=True)
class MessageView:
    """A message as its resident reads it: ``pieces`` in their language as far as there is one, and the ``original``
    beside it where they differ. ``way`` says how the pieces came about."""

    author: Author
    at: datetime
    pieces: tuple[Words, ...]
    original: Words | None
    way: Literal["written", "people", "machine", "partly", "untranslated"]


def view_of(message: Message, found: HandOff, assistant: Assistant) -> MessageView:
    """A message of ``found``, for its resident."""

    def words(text: str, language: str) -> Words:
        return Words(text, language, direction_of(language, assistant.languages))

    original = words(message.text, message.language)
    if message.author == "resident" or message.language == found.language:
        return MessageView(message.author, message.at, (original,), None, "written")
    rendering = message.rendering
    if rendering is None or rendering.language != found.language:
        return MessageView(message.author, message.at, (original,), None, "untranslated")
    pieces = tuple(
        words(pair.text, message.language) if pair.translation is None else words(pair.translation, found.language)
        for pair in rendering.sentences
    )
    partly = any(pair.translation is None for pair in rendering.sentences)
    way: Literal["people", "machine", "partly"] = (
        "partly" if partly else "people" if rendering.by == PEOPLE else "machine"
    )
    return MessageView(message.author, message.at, pieces, original, way)


def is_token(text: str) -> bool:
    return re.fullmatch(FORM_OF_TOKENS, text) is not None


def _topic(answer: Answer | None) -> str | None:
    """The title of the first source: it says what it is about without a word of the resident's."""
    if answer is None:
        return None
    cited = [citation.title for sentence in answer.sentences for citation in sentence.citations]
    return next(iter([*cited, *(near.title for near in answer.nearest)]), None)
