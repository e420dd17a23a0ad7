"""How the web server behaves. The entry point reads these values; nothing here reads the environment."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class WebSettings(BaseModel):
    """``workers`` questions are answered at once, ``queue`` more wait, the next gets 503 and Retry-After."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    workers: int = Field(default=2, ge=1, le=64)
    queue: int = Field(default=16, ge=0, le=10_000)
    retry_after_seconds: int = Field(default=5, ge=1, le=3600)
    max_body_bytes: int = Field(default=16 * 1024, ge=1024)
    default_language: str = "fi"
    """For clients that name no language at all."""
    common_language: str = "en"
    """For clients that name only languages Neuvo does not speak."""
    database: str = "sqlite://"
    """SQLAlchemy URL of feedback and notices. In memory unless the entry point says where."""
    feedback_days: int = Field(default=365, ge=1, le=3650)
    """Days after which feedback is deleted."""
    person_url: str = "https://www.helloespoo.fi"
    """Where a resident reaches a person."""
