"""What a model is to return, read as it comes: JSON objects, checked against their schema.

``BadForm`` is what cannot be read so; its text may be shown to the model, which is asked once to mend it.
"""

from __future__ import annotations

import json
import re
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

MOST_SENTENCES = 12
"""More than were asked for by far: a model that does not stop."""
_LONGEST = 600
_THOUGHTS = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)
_SENTENCES = re.compile(r'"sentences"\s*:\s*\[')

T = TypeVar("T", bound=BaseModel)


class BadForm(ValueError):
    """What came is not the object that was asked for."""


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class Draft(_Form):
    """A sentence as the model wrote it, with the numbers of the sources it cites."""

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=_LONGEST)]
    cites: tuple[int, ...] = Field(strict=False)


class Composed(_Form):
    """An answer."""

    sentences: tuple[Draft, ...] = Field(strict=False, max_length=MOST_SENTENCES)
    complete: bool
    missing: str = ""


class Rewritten(_Form):
    """A question that stands alone."""

    question: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=_LONGEST)]


class Verified(_Form):
    """Whether a sentence is confirmed. What ``differs`` is asked for so that the model looks before it decides."""

    differs: str = ""
    supported: bool


class Translations(_Form):
    """Sentences in another language."""

    translations: tuple[str, ...] = Field(strict=False)


COMPOSED: dict[str, Any] = {
    "type": "object",
    "properties": {
        "sentences": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "text": {"type": "string"},
                    "cites": {"type": "array", "items": {"type": "integer"}},
                },
                "required": ["text", "cites"],
                "additionalProperties": False,
            },
        },
        "complete": {"type": "boolean"},
        "missing": {"type": "string"},
    },
    "required": ["sentences", "complete", "missing"],
    "additionalProperties": False,
}
REWRITTEN: dict[str, Any] = {
    "type": "object",
    "properties": {"question": {"type": "string"}},
    "required": ["question"],
    "additionalProperties": False,
}
VERIFIED: dict[str, Any] = {
    "type": "object",
    "properties": {"differs": {"type": "string"}, "supported": {"type": "boolean"}},
    "required": ["differs", "supported"],
    "additionalProperties": False,
}
TRANSLATIONS: dict[str, Any] = {
    "type": "object",
    "properties": {"translations": {"type": "array", "items": {"type": "string"}}},
    "required": ["translations"],
    "additionalProperties": False,
}


def read(text: str, form: type[T]) -> T:
    """The object in ``text``, whatever stands around it. Raises BadForm."""
    text = _THOUGHTS.sub("", text)
    start, end = text.find("{"), text.rfind("}")
    if start < 0 or end < start:
        raise BadForm("no JSON object")
    try:
        return form.model_validate(json.loads(text[start : end + 1]))
    except ValidationError as error:
        first = error.errors()[0]
        raise BadForm(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    except (ValueError, RecursionError) as error:
        raise BadForm(f"not JSON: {type(error).__name__}") from error


class DraftReader:
    """Gives the sentences of a ``Composed`` one by one while its text is still coming."""

    def __init__(self) -> None:
        self.text = ""
        self._at: int | None = None
        self._over = False

    def feed(self, piece: str) -> list[Draft]:
        """The sentences that ``piece`` completes; those with another form are left to ``read``."""
        self.text += piece
        if self._over or (self._at is None and not self._found()):
            return []
        assert self._at is not None
        drafts: list[Draft] = []
        while True:
            rest = self.text[self._at :]
            skipped = len(rest) - len(rest.lstrip(", \n\r\t"))
            if rest[skipped : skipped + 1] != "{":
                self._over |= rest[skipped : skipped + 1] not in ("", "{")
                return drafts
            try:
                value, length = json.JSONDecoder().raw_decode(rest[skipped:])
                drafts.append(Draft.model_validate(value))
            except ValidationError:
                self._over = True
                return drafts
            except (ValueError, RecursionError):
                return drafts
            self._at += skipped + length

    def _found(self) -> bool:
        if "<think>" in self.text and "</think>" not in self.text:
            return False
        start = self.text.rfind("</think>") + 1
        if match := _SENTENCES.search(self.text, start):
            self._at = match.end()
        return self._at is not None
