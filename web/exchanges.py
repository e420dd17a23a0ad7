"""A question and its Answer, as they are kept for a while and shown again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from assistant.answers import Answer
from assistant.questions import MAX_CHARACTERS
from web.contract import Assistant


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question, with personal data masked, and its Answer.

    One that is ``private`` has no question, is shown at its own address only, and is kept for a few minutes.
    """

    key: str
    question: str
    answer: Answer
    conversation: str | None = None
    private: bool = False


def is_private(answer: Answer) -> bool:
    """Whether no history may be kept: the message was about violence at home."""
    return "violence" in (answer.trace.get("category"), *answer.trace.get("categories", ()))


def violence_in(text: str, language: str, assistant: Assistant) -> Answer | None:
    """What is said to somebody whose text, of any length, is about violence at home: it is kept nowhere. ``None`` to
    any other. ``language`` is that of the page. Blocks."""
    answers = (assistant.urgent(piece, page_language=language, thorough=True) for piece in _pieces(text))
    return next((answer for answer in answers if answer and is_private(answer)), None)


def _pieces(text: str) -> Iterator[str]:
    """Pieces that may be looked at for what is urgent, each with some of the one before."""
    step = MAX_CHARACTERS - MAX_CHARACTERS // 5
    for start in range(0, max(len(text) - MAX_CHARACTERS // 5, 1), step):
        piece = text[start : start + MAX_CHARACTERS]
        if piece.strip():
            yield piece
