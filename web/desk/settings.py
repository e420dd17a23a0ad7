"""How the desk behaves. The entry point reads these values; nothing here reads the environment."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

_HOURS = re.compile(r"([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)")
_LOCAL = ("localhost", "127.0.0.1", "::1")


def _open_hours(value: str) -> str:
    if not _HOURS.fullmatch(value) or value[:5] >= value[6:]:
        raise ValueError('is no span of a day such as "09:00-16:00"')
    return value


def _safe_url(value: str) -> str:
    """Words of residents go nowhere without TLS."""
    parts = urlsplit(value)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOCAL):
        raise ValueError("must begin with https://")
    if not parts.hostname or parts.username or parts.password or parts.fragment:
        raise ValueError("must be an address with a host and without a password")
    return value.rstrip("/")


Hours = Annotated[str, AfterValidator(_open_hours)]
SafeUrl = Annotated[str, AfterValidator(_safe_url)]
RoleName = Literal["advisor", "editor", "evaluator", "administrator"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class OidcSettings(_Settings):
    """The city's own sign-in, by OpenID Connect; none while ``issuer`` is missing."""

    issuer: SafeUrl | None = None
    client_id: str | None = None
    client_secret: SecretStr | None = None
    name: str = "Espoo"
    """What the button says it signs in with."""
    scopes: str = "openid profile email"
    roles_claim: str = "groups"
    """Where the provider says what somebody is; with dots for a claim within another, ``realm_access.roles``."""
    roles: dict[str, frozenset[RoleName]] = Field(default_factory=dict)
    """What the claim holds, and the roles at the desk that come with it. Nobody else gets in."""
    leeway_seconds: int = Field(default=60, ge=0, le=300)
    """How far the provider's clock may be off."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.issuer and not (self.client_id and self.roles):
            raise ValueError("OpenID Connect needs client_id and roles")
        if "openid" not in self.scopes.split():
            raise ValueError("the scopes must hold openid")
        return self


class SignInSettings(_Settings):
    """Accounts of the desk's own, and the city's sign-in beside them."""

    code_required: bool = True
    """Ask for a code of an authenticator app beside the password."""
    key: SecretStr | None = None
    """Encrypts the secrets of authenticator apps: 32 bytes in URL-safe base 64, or several, the newest first."""
    key_file: Path | None = None
    """Where the key is while ``key`` is missing; made when it is not there."""
    oidc: OidcSettings = OidcSettings()
    idle_minutes: int = Field(default=60, ge=5, le=24 * 60)
    """After which a session that nobody used is over."""
    session_hours: int = Field(default=12, ge=1, le=24 * 7)
    """After which a session is over however much it is used."""


class EmailSettings(_Settings):
    """The mail server that residents are told through that they have an answer; none while ``host`` is missing."""

    host: str | None = None
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password: SecretStr | None = None
    sender: str = "neuvo@localhost"
    include_text: bool = False
    """Send the answer itself, not only that there is one."""


class WebhookSettings(_Settings):
    """Another system that is told of hand-offs."""

    url: SafeUrl | None = None
    secret: SecretStr | None = None
    """Signs what is sent."""


class ZammadSettings(_Settings):
    """A Zammad whose agents answer hand-offs."""

    url: SafeUrl | None = None
    token: SecretStr | None = None
    group: str = "Users"
    customer: str = "neuvo@localhost"
    """The e-mail address of the customer whose tickets those of residents without an address are."""
    language: Literal["fi", "sv", "en"] = "fi"
    """What the agents write in."""


class HandOffSettings(_Settings):
    """Conversations that residents hand over to a person."""

    enabled: bool = False
    target: Literal["inbox", "webhook", "zammad"] = "inbox"
    """Where hand-offs go beside the desk's own inbox."""
    hours: dict[Weekday, Hours] = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "09:00-16:00")
    """When somebody answers, by the clock of Helsinki; empty for always."""
    closed_days: tuple[date, ...] = ()
    """Days on which nobody answers, whatever the weekday."""
    target_minutes: int = Field(default=240, ge=1, le=30 * 24 * 60)
    """Open minutes after which the desk shows the wait in red."""
    told_hours: int | None = Field(default=None, ge=1, le=1000)
    """The usual time to an answer, as residents are told it; they are told none while it is missing."""
    phone: str | None = None
    """The number that residents are told to call where a reply cannot be translated."""
    public_url: SafeUrl | None = None
    """Where residents reach this server: for links in e-mails and for other systems."""
    email: EmailSettings = EmailSettings()
    webhook: WebhookSettings = WebhookSettings()
    zammad: ZammadSettings = ZammadSettings()

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.email.host and not self.public_url:
            raise ValueError("email needs public_url, for the link in the message")
        if self.target == "webhook" and not (self.webhook.url and self.webhook.secret):
            raise ValueError("the webhook needs url and secret")
        if self.target == "zammad" and not (self.zammad.url and self.zammad.token):
            raise ValueError("Zammad needs url and token")
        return self


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
    data: Path | None = None
    """The data folder with changed cards, documents and builds; nothing of them is changed while it is missing."""
    sign_in: SignInSettings = SignInSettings()
    hand_off: HandOffSettings = HandOffSettings()
    retention: Retention = Retention()
