"""A question and its Answer, as they are kept for a while and shown again."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.answers import Answer


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
