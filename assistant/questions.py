"""What comes in: how long a question may be, and what the asker said about themselves."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

MAX_CHARACTERS = 500
"""Longest question taken, in Unicode code points."""


class InvalidQuestion(ValueError):
    """A question that cannot be asked: empty, too long, or with an unknown language or situation."""


class Situation(StrEnum):
    """The asker's situation; which body is responsible for them depends on it."""

    JOBSEEKER = "jobseeker"
    EMPLOYED = "employed"
    AT_HOME = "at_home"
    STUDENT = "student"
    PENSIONER = "pensioner"
    ENTREPRENEUR = "entrepreneur"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Profile:
    """What the asker told about themselves. ``None`` is "has not said"."""

    municipality: str | None = None
    situation: Situation | None = None
