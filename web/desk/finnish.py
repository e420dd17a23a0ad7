"""What an advisor reads beside a conversation: each part in Finnish, from people's hands where there is such a text.

From a card's own Finnish text, from the Finnish quote that was translated, from Neuvo's own messages in Finnish; else
by the translation engine, marked so; else there is none, and the page says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from web.contract import Assistant
from web.desk.hand_off import HandOff, Rendering
from web.desk.replies import rendered
from web.quotes import find

FINNISH = "fi"

How = Literal["same", "card", "quote", "own", "machine"]


@dataclass(frozen=True, slots=True)
class Twin:
    """A text in Finnish and how it came about."""

    text: str
    how: How


def with_twins(transcript: Sequence[Mapping[str, Any]], assistant: Assistant) -> list[dict[str, Any]]:
    """The exchanges, each with ``finnish``: the question's twin and each sentence's, as [text, how], or null where
    there is none; "above" where the sentence before has the same."""
    return [
        dict(exchange)
        if _complete(exchange.get("finnish"))
        else {**exchange, "finnish": _exchange(exchange, assistant)}
        for exchange in transcript
    ]


def renderings(hand_off: HandOff, assistant: Assistant) -> dict[int, Rendering]:
    """What residents wrote, in Finnish, by message; those that have a rendering already are left out."""
    found = {
        message.id: rendered(message.text, message.language, FINNISH, assistant)
        for message in hand_off.messages
        if message.author == "resident" and message.rendering is None
    }
    return {id: rendering for id, rendering in found.items() if rendering}


def _complete(finnish: Mapping[str, Any] | None) -> bool:
    """What is lacking today, an engine installed tomorrow may have."""
    return bool(finnish and finnish["question"] and all(finnish["sentences"]))


def _exchange(exchange: Mapping[str, Any], assistant: Assistant) -> dict[str, Any]:
    answer = exchange["answer"]
    twins = [_sentence(sentence, assistant) for sentence in answer["sentences"]]
    question = _machine(exchange["question"], answer["language"], assistant)
    # Sentences of one block of a card have the same twin: it is said once.
    told: set[str] = set()
    pairs: list[list[str] | None] = []
    for twin in twins:
        pairs.append(["", "above"] if twin and twin.text in told else _pair(twin))
        told |= {twin.text} if twin else set()
    return {"question": _pair(question), "sentences": pairs}


def _sentence(sentence: Mapping[str, Any], assistant: Assistant) -> Twin | None:
    if sentence["language"] == FINNISH:
        return Twin(sentence["text"], "same")
    if own := _own(sentence["text"], sentence["language"], assistant):
        return Twin(own, "own")
    for citation in sentence["citations"][:1]:
        if citation["language"] == FINNISH:
            return Twin(citation["quote"], "quote")
        if block := _card_block(citation, assistant):
            return Twin(block, "card")
    return _machine(sentence["text"], sentence["language"], assistant)


def _own(text: str, language: str, assistant: Assistant) -> str | None:
    """The Finnish of what Neuvo says itself in another language."""
    spoken, finnish = assistant.languages.get(language), assistant.languages.get(FINNISH)
    if spoken is None or finnish is None:
        return None
    return next((finnish.messages.get(key, "") for key, said in spoken.messages.items() if said == text), None)


def _card_block(citation: Mapping[str, Any], assistant: Assistant) -> str | None:
    """The block of the card's Finnish text that stands where the cited block stands."""
    document = find(citation["document"], assistant.document)
    if document is None or not document.card:
        return None
    finnish = find(f"card-{document.card}-{FINNISH}", assistant.document)
    if finnish is None or [(b.kind, b.level) for b in finnish.blocks] != [(b.kind, b.level) for b in document.blocks]:
        return None
    number = sum(block.start <= citation["start"] for block in document.blocks) - 1
    block = finnish.blocks[max(number, 0)]
    return finnish.text[block.start : block.end]


def _machine(text: str, language: str, assistant: Assistant) -> Twin | None:
    if language == FINNISH:
        return Twin(text, "same")
    rendering = rendered(text, language, FINNISH, assistant)
    if rendering is None or any(pair.translation is None for pair in rendering.sentences):
        return None
    parts = [pair.translation or "" for pair in rendering.sentences]
    return Twin(" ".join(parts).replace(" \n ", "\n"), "machine")


def _pair(twin: Twin | None) -> list[str] | None:
    return [twin.text, twin.how] if twin else None
