"""Configuration: frozen models that nest downwards. Only entry points read files and the environment."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from assistant.llm_config import LlmConfig
from indexing.builds import IndexConfig

ENVIRONMENT: dict[str, tuple[str, ...]] = {
    "NEUVO_DATA": ("index", "data"),
    "NEUVO_MODEL": ("index", "model"),
    "NEUVO_THREADS": ("index", "threads"),
    "NEUVO_AREA": ("area",),
    "NEUVO_TRANSLATION": ("translation", "engine"),
    "NEUVO_LLM_URL": ("llm", "url"),
    "NEUVO_LLM_MODEL": ("llm", "model"),
    "NEUVO_LLM_KEY": ("llm", "key"),
}
"""Environment variables and the setting each overrides. NEUVO_AREA is a comma-separated list."""


class InvalidConfig(ValueError):
    """A setting is unknown or has a value it cannot have. The text names where it stands."""


class Thresholds(BaseModel):
    """When a passage is taken to answer. The numbers come from ``benchmarks/threshold.py``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    answer: float = Field(default=0.5, ge=0, le=1)
    """Least probability that the best text answers."""
    urgent: float = Field(default=0.85, ge=0, le=1)
    """Least probability that the second look takes a message for urgent."""
    perhaps_urgent: float = Field(default=0.6, ge=0, le=1)
    """Least probability that an answer shows the contacts for emergencies and crises too."""


class TranslationConfig(BaseModel):
    """What translates cited texts that do not exist in the asker's language."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    engine: Literal["auto", "argos", "none"] = "auto"
    """"auto" takes Argos packages where there are any; "argos" fails at the start where there are none."""
    packages: Path | None = None
    """Folder of the installed packages; ``languages`` in the data folder by default."""
    threads: int = Field(default=1, ge=1)
    """Threads of each loaded model."""
    models: int = Field(default=2, ge=1)
    """Models that stay loaded, 100 to 300 MB each; a translation through another language takes two."""
    beam: int = Field(default=4, ge=1)
    """Translations weighed against each other at every token; 1 is fastest."""
    warm: tuple[Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}-[a-z]{2,3}$")], ...] = ()
    """Pairs that are loaded at the start: "fi-ar"."""


class AssistantConfig(BaseModel):
    """Everything that decides how questions are answered."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    index: IndexConfig = IndexConfig()
    area: tuple[str, ...] = ("Espoo", "Kauniainen")
    """Municipalities served: what a question is about when it and the asker name none."""
    thresholds: Thresholds = Thresholds()
    translation: TranslationConfig = TranslationConfig()
    llm: LlmConfig = LlmConfig()
    person_url: str = "https://www.helloespoo.fi"
    """Where an asker reaches a person."""

    @property
    def packages(self) -> Path:
        """Folder of the installed translation packages."""
        return self.translation.packages or self.index.data / "languages"


def read_config(environment: Mapping[str, str], file: Path | None = None) -> AssistantConfig:
    """Settings from ``file`` (TOML, default: ``neuvo.toml`` here if there is one), then the environment.

    Raises InvalidConfig.
    """
    path = file or Path("neuvo.toml")
    settings: dict[str, Any] = {}
    if file or path.exists():
        try:
            settings = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise InvalidConfig(f"{path} cannot be read: {error}") from error
    settings.pop("web", None)
    if "key" in settings.get("llm", {}):
        raise InvalidConfig(f"setting llm.key: the key stands only in the environment, as NEUVO_LLM_KEY (in {path})")
    for name, place in ENVIRONMENT.items():
        if value := environment.get(name):
            table = settings
            for key in place[:-1]:
                table = table.setdefault(key, {})
            table[place[-1]] = [part.strip() for part in value.split(",")] if name == "NEUVO_AREA" else value
    try:
        return AssistantConfig.model_validate(settings)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise InvalidConfig(f"setting {where}: {first['msg']} (in {path} or the environment)") from error
