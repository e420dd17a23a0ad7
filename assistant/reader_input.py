"""What the reading model sees: a question and lines of text as one row of tokens.

    <s> query: question </s> line </s> line </s> ...

Training and answering both build their rows here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

QUESTION_TOKENS = 64
LINE_TOKENS = 160
WINDOW_TOKENS = 256

Span = tuple[int, int]


class Tokenizer(Protocol):
    """Texts to token ids between two marks."""

    def encode(self, texts: Sequence[str], limit: int) -> list[list[int]]:
        """Each text's ids between its two marks, at most ``limit`` ids in all."""


@dataclass(frozen=True, slots=True)
class Row:
    """One input of the model: ``question`` and ``lines`` are spans of ``ids``; ``numbers`` are the lines' places
    in what was given."""

    ids: list[int]
    question: Span
    lines: tuple[Span, ...]
    numbers: tuple[int, ...]


def rows(tokenizer: Tokenizer, question: str, lines: Sequence[str], window: int = WINDOW_TOKENS) -> list[Row]:
    """The question with all lines, in as few rows of about equal length as ``window`` tokens allow.

    Lines without a letter are left out. A question over 64 tokens and a line over 160 are cut.
    """
    (asked,) = tokenizer.encode([f"query: {question}"], QUESTION_TOKENS)
    numbers = [number for number, line in enumerate(lines) if line.strip()]
    encoded = [ids[1:] for ids in tokenizer.encode([lines[number] for number in numbers], LINE_TOKENS)]
    total = sum(map(len, encoded))
    room = window - len(asked)
    share = total / max(1, -(-total // room))
    packed: list[Row] = []
    ids = list(asked)
    spans: list[Span] = []
    held: list[int] = []
    for number, line in zip(numbers, encoded, strict=True):
        size = len(ids) - len(asked)
        if held and (size + len(line) > room or size >= share):
            packed.append(Row(ids, (0, len(asked)), tuple(spans), tuple(held)))
            ids, spans, held = list(asked), [], []
        spans.append((len(ids), len(ids) + len(line)))
        held.append(number)
        ids.extend(line)
    if held:
        packed.append(Row(ids, (0, len(asked)), tuple(spans), tuple(held)))
    return packed
