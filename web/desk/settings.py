"""How the desk behaves. The entry point reads these values; nothing here reads the environment."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SignInSettings(_Settings):
    """Accounts of the desk's own, and the city's sign-in beside them."""

    idle_minutes: int = Field(default=60, ge=5, le=24 * 60)
    """After which a session that nobody used is over."""
    session_hours: int = Field(default=12, ge=1, le=24 * 7)
    """After which a session is over however much it is used."""


class HandOffSettings(_Settings):
    """Conversations that residents hand over to a person."""

    enabled: bool = False


class Retention(_Settings):
    """Days after which each kind of data is deleted."""

    hand_offs: int = Field(default=90, ge=1, le=3650)
    """After the last message."""
    flags: int = Field(default=730, ge=1, le=3650)
    """After a flag was closed."""
    recent_questions: int = Field(default=7, ge=1, le=90)
    questions: int = Field(default=730, ge=1, le=3650)
    """What was asked about, without words, for the indicators."""
    question_words: int = Field(default=180, ge=1, le=730)
    """The words of a question that the asker agreed to keep."""
    audit: int = Field(default=730, ge=90, le=3650)


class DeskSettings(_Settings):
    """The advisors' desk under ``/desk``."""

    enabled: bool = True
    sign_in: SignInSettings = SignInSettings()
    hand_off: HandOffSettings = HandOffSettings()
    retention: Retention = Retention()
