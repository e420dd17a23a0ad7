"""The prompts: one file a step, with its version. What is filled in stands in ``{{double braces}}``.

The digest of a prompt's text stands in every trace, so that an answer can be laid to the words that it was asked with.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_PLACE = re.compile(r"\{\{(\w+)\}\}")


class PromptError(ValueError):
    """A prompt's file is not what it should be, or is filled in with other things than it asks for."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """The text of ``name`` in its ``version``; ``digest`` is of the text."""

    name: str
    version: int
    text: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()[:12]

    @property
    def label(self) -> str:
        """For a trace."""
        return f"{self.name} {self.version} {self.digest}"

    @property
    def places(self) -> frozenset[str]:
        """What must be filled in."""
        return frozenset(_PLACE.findall(self.text))

    def fill(self, values: Mapping[str, str]) -> str:
        """The text with ``values`` in their places; what they hold is not filled in again. Raises PromptError."""
        if values.keys() != self.places:
            raise PromptError(f"{self.name} takes {sorted(self.places)}, not {sorted(values)}")
        return _PLACE.sub(lambda place: values[place[1]], self.text)


@cache
def load_prompt(name: str) -> Prompt:
    """Raises PromptError."""
    content = files("assistant.prompts").joinpath(f"{name}.md").read_text(encoding="utf-8")
    first, _, text = content.partition("\n---\n")
    version = re.fullmatch(r"version: (\d+)", first.strip())
    if not version:
        raise PromptError(f"{name}.md does not begin with its version")
    return Prompt(name, int(version[1]), text.strip())
