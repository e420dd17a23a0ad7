"""What a service card's ``service.toml`` and the front matter of its texts may say."""

from __future__ import annotations

import tomllib
from datetime import date
from enum import StrEnum
from typing import Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from corpus.documents import InvalidCard

PUBLIC = "public"
"""``Source.document`` of a public page that is not among the ingested documents."""

SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"
"""A card's folder, and its part in addresses: "integration-training"."""


class Topic(StrEnum):
    """What a card is about; one topic each."""

    INTEGRATION = "integration"
    LANGUAGE = "language"
    WORK = "work"
    EDUCATION = "education"
    FAMILY = "family"
    YOUTH = "youth"
    CULTURE_AND_SPORT = "culture and sport"
    HEALTH = "health"
    GUIDANCE = "guidance"
    PARTICIPATION = "participation"
    SAFETY = "safety"
    NEUVO = "neuvo"


class Audience(StrEnum):
    """Whom a service is for, or which client group a body is responsible for."""

    JOBSEEKER = "jobseeker"
    EMPLOYED = "employed"
    AT_HOME = "at_home"
    STUDENT = "student"
    PENSIONER = "pensioner"
    ENTREPRENEUR = "entrepreneur"
    CHILD = "child"
    OTHER = "other"
    ALL = "all"


class Status(StrEnum):
    """How far a fact or a card holds."""

    IN_FORCE = "in force"
    PLANNED = "planned"
    TARGET = "target"
    TRIAL = "trial"
    ENDED = "ended"
    MAY = "may"
    CONFLICTING = "conflicting"


class Translation(StrEnum):
    """How a text came about."""

    AUTHORED = "authored"
    MACHINE = "machine, not yet reviewed"
    REVIEWED = "machine, reviewed"


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, str_min_length=1)


class Responsible(_Model):
    """``body`` (official Finnish name) answers for the service for this client group of this municipality."""

    group: Audience
    municipality: str
    body: str


class Contact(_Model):
    """Where to turn, in English words: a counter, a unit, a site. Never a person."""

    channel: str
    url: str | None = None


class Fact(_Model):
    """One fact that the texts carry.

    ``value`` is the fact as texts word it, in Western digits; ``texts`` maps a language to its own wording
    where the value cannot stand verbatim ("4,300" in English, "4 300" in Finnish). ``source`` is the key of
    one of the card's sources, ``section`` the place in it. ``valid_until`` is the last day of, say, a trial.
    """

    value: str
    status: Status
    source: str
    unit: str | None = None
    section: str | None = None
    texts: dict[str, str] = Field(default_factory=dict)
    valid_until: date | None = None

    def wording(self, text: str) -> str:
        """The words in the text of this name ("en", "fi-selko"): its own, its language's, or the value."""
        return self.texts.get(text) or self.texts.get(language_of(text)) or self.value


class Source(_Model):
    """What a card rests on: an ingested document by its id, or ``document = "public"`` and a name."""

    document: str
    title: str
    publisher: str
    name: str | None = None
    section: str | None = None
    url: str | None = None
    seen: date | None = None
    """The day someone last compared the card with a public page."""

    @property
    def key(self) -> str:
        """What a fact's ``source`` names."""
        return self.name if self.document == PUBLIC and self.name else self.document

    @property
    def described(self) -> str:
        """Title, publisher and section in one line, for readers."""
        section = f", {self.section}" if self.section else ""
        return f"{self.title} ({self.publisher}){section}"

    @model_validator(mode="after")
    def _named(self) -> Self:
        if (self.document == PUBLIC) != (self.name is not None):
            raise ValueError('give a name to a "public" source, and to no other')
        return self


class Service(_Model):
    """``service.toml``. An empty ``municipalities`` means the card holds in all of Finland.

    ``names`` are official names and terms that stand verbatim in every text ("kotoutumiskoulutus", "S2").
    """

    slug: str = Field(pattern=SLUG)
    topic: Topic
    municipalities: tuple[str, ...]
    audience: tuple[Audience, ...] = Field(min_length=1)
    status: Status
    contact: Contact
    sources: tuple[Source, ...] = Field(min_length=1)
    responsible: tuple[Responsible, ...] = ()
    facts: dict[str, Fact] = Field(default_factory=dict)
    names: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_until: date | None = None
    url: str | None = None

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        keys = [source.key for source in self.sources]
        if doubled := sorted({key for key in keys if keys.count(key) > 1}):
            raise ValueError(f"sources stand twice: {', '.join(doubled)}")
        for name, fact in self.facts.items():
            if fact.source not in keys:
                raise ValueError(f"fact {name}: no [[sources]] entry has the key {fact.source!r}")
        for body in self.responsible:
            if body.municipality not in self.municipalities:
                raise ValueError(f"responsible: {body.municipality} is not among the card's municipalities")
        if self.valid_from and self.valid_until and self.valid_from > self.valid_until:
            raise ValueError("valid_until is before valid_from")
        conflicting = [n for n, fact in self.facts.items() if fact.status is Status.CONFLICTING]
        if len(conflicting) == 1:
            raise ValueError(f"fact {conflicting[0]} is conflicting, but the other version is missing")
        return self


class FrontMatter(_Model):
    """What stands between the +++ lines of a text. A review is recorded by role, not by person."""

    translation: Translation
    wordings: dict[str, str] = Field(default_factory=dict)
    """How this text words a fact whose value cannot stand in it verbatim, by the fact's name."""
    reviewed_by_role: str | None = None
    reviewed_on: date | None = None


def language_of(text_name: str) -> str:
    """The language code in a text's name: "fi" for "fi" and for "fi-selko"."""
    return text_name.partition("-")[0]


_M = TypeVar("_M", bound=_Model)


def validated(model: type[_M], toml: str, where: str) -> _M:
    """The TOML text ``toml`` as a ``model``; ``where`` names it in errors. Raises InvalidCard."""
    try:
        return model.model_validate(tomllib.loads(toml))
    except tomllib.TOMLDecodeError as error:
        raise InvalidCard(f"{where}: not TOML ({error}); mend the line it names") from error
    except ValidationError as error:
        problems = "; ".join(_problem(e) for e in error.errors(include_url=False))
        raise InvalidCard(f"{where}: {problems}") from error


def _problem(error: Any) -> str:
    place = ".".join(str(part) for part in error["loc"])
    message = error["msg"].removeprefix("Value error, ")
    return f"{place}: {message}" if place else message
