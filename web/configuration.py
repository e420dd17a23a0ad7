"""Where the web's settings come from: the ``[web]`` table of ``neuvo.toml``, then the environment."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from assistant.config import InvalidConfig
from web.settings import WebSettings

ENVIRONMENT: Mapping[str, tuple[str, ...]] = {
    "NEUVO_DATABASE": ("database",),
    "NEUVO_REDIS": ("rate_limits", "redis"),
    "NEUVO_DESK_KEY": ("desk", "sign_in", "key"),
    "NEUVO_OIDC_SECRET": ("desk", "sign_in", "oidc", "client_secret"),
    "NEUVO_SMTP_PASSWORD": ("desk", "hand_off", "email", "password"),
    "NEUVO_WEBHOOK_SECRET": ("desk", "hand_off", "webhook", "secret"),
    "NEUVO_ZAMMAD_TOKEN": ("desk", "hand_off", "zammad", "token"),
}
"""Secrets and addresses that may hold one, and the setting each overrides."""


def read_web_settings(environment: Mapping[str, str], data: Path, file: Path | None = None) -> WebSettings:
    """Settings from ``file`` (TOML, default: ``neuvo.toml`` here if there is one), then the environment.

    The database is ``web.sqlite3`` in the folder ``data`` and the desk's key ``desk.key`` there, unless they say
    otherwise. Raises InvalidConfig.
    """
    path = file or Path("neuvo.toml")
    try:
        text = path.read_text(encoding="utf-8") if file or path.exists() else ""
        table = tomllib.loads(text).get("web", {})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidConfig(f"{path} cannot be read: {error}") from error
    for name, (*above, last) in ENVIRONMENT.items():
        if value := environment.get(name):
            inner = table
            for key in above:
                inner = inner.setdefault(key, {})
            inner[last] = value
    table.setdefault("database", f"sqlite:///{data / 'web.sqlite3'}")
    desk = table.setdefault("desk", {})
    desk.setdefault("data", data)
    desk.setdefault("sign_in", {}).setdefault("key_file", data / "desk.key")
    try:
        return WebSettings.model_validate(table)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise InvalidConfig(f"setting web.{where}: {first['msg']} (in {path} or the environment)") from error
