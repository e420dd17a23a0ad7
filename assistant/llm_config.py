"""Settings of the language model, ``[llm]`` in ``neuvo.toml``. Without ``url`` there is none."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, field_validator, model_validator

Step = Literal["rewrite", "compose", "verify", "translate"]


class LlmConfig(BaseModel):
    """Which endpoint, for what, and how much of everything."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str | None = None
    """Base address of an OpenAI-compatible API, with its "/v1"."""
    model: Annotated[str, StringConstraints(strip_whitespace=True)] = ""
    """The model's name there."""
    key: SecretStr | None = Field(default=None, exclude=True, repr=False)
    """Only from the environment (NEUVO_LLM_KEY): a file with settings is copied, shown and kept."""
    steps: tuple[Step, ...] = ("rewrite", "compose")
    """What the model is used for."""
    seconds: float = Field(default=8.0, gt=0, le=120)
    """Longest that all calls for one question take together; then the answer is made without the model."""
    connect_seconds: float = Field(default=2.0, gt=0, le=30)
    retries: int = Field(default=2, ge=0, le=5)
    """Further attempts after a refused connection, 429, 500, 502, 503 or 504, within the time."""
    concurrency: int = Field(default=8, ge=1, le=1000)
    """Questions at once for which this process calls."""
    queue_seconds: float = Field(default=1.0, ge=0, le=30)
    """Longest that a call waits for one of those places."""
    breaker_failures: int = Field(default=5, ge=1)
    """Failed calls in a row after which the endpoint is left alone."""
    breaker_seconds: float = Field(default=30.0, ge=0)
    """For how long."""
    max_tokens: int = Field(default=600, ge=16, le=8000)
    temperature: float = Field(default=0.0, ge=0, le=2)
    structured: Literal["schema", "object", "text"] = "schema"
    """How JSON is asked for: by schema, as any object, or in words only. Goes down by itself where it is refused."""
    stream: bool = True
    """Take answers as they are written, so that they are checked while the rest comes."""
    price_in: float | None = Field(default=None, ge=0)
    """Price of a million tokens read, in any currency."""
    price_out: float | None = Field(default=None, ge=0)
    """Price of a million tokens written."""
    body: dict[str, Any] = Field(default_factory=dict)
    """Further fields of every request, such as {chat_template_kwargs = {enable_thinking = false}}."""

    @property
    def enabled(self) -> bool:
        return self.url is not None

    @field_validator("url")
    @classmethod
    def _http(cls, url: str | None) -> str | None:
        if url is None:
            return None
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("an address begins with http:// or https://")
        if parts.username or parts.password or parts.query:
            raise ValueError("an address holds no user, password or query; the key is NEUVO_LLM_KEY")
        return url.rstrip("/")

    @model_validator(mode="after")
    def _named(self) -> LlmConfig:
        if self.url and not self.model:
            raise ValueError("url needs model: the model's name at the endpoint")
        return self
