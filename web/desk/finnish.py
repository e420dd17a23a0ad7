"""What an advisor reads beside a conversation: each part in Finnish, from people's hands where there is such a text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from web.desk.hand_off import HandOff, Message, Rendering
from web.desk.replies import Translates, rendered, whole
from web.desk.twins import Twins, TwinSentence, Way
from web.wire import answer_of

FINNISH = "fi"
ABOVE = "above"
"""The Way of a sentence whose Finnish stands with the one before."""

Pair = list[str]
"""A Finnish text and the Way it came about."""


def with_finnish(transcript: Sequence[Mapping[str, Any]], twins: Twins, assistant: Translates) -> list[dict[str, Any]]:
    """The exchanges, each with ``finnish``: a Pair of the question and one of each sentence, or null where there is no
    Finnish text."""
    return [
        {**one} if _complete(one.get("finnish")) else {**one, "finnish": _exchange(one, twins, assistant)}
        for one in transcript
    ]


def renderings(hand_off: HandOff, assistant: Translates) -> dict[int, Rendering]:
    """What the resident wrote, in Finnish, by message; without those that have a rendering already."""
    found = {
        message.id: rendered(message.text, message.language, FINNISH, assistant)
        for message in hand_off.messages
        if message.author == "resident" and message.rendering is None
    }
    return {id: rendering for id, rendering in found.items() if rendering}


def finnish_of(message: Message) -> str | None:
    """The message in Finnish, where it is, or was made so as a whole."""
    if message.language == FINNISH:
        return message.text
    return whole(message.rendering) if message.rendering and message.rendering.language == FINNISH else None


def _complete(finnish: Mapping[str, Any] | None) -> bool:
    """What is lacking today, an engine installed tomorrow may have."""
    return bool(finnish and finnish["question"] and all(finnish["sentences"]))


def _exchange(exchange: Mapping[str, Any], twins: Twins, assistant: Translates) -> dict[str, Any]:
    answer = answer_of(exchange["answer"])
    return {
        "question": _question(exchange["question"], answer.language, assistant),
        "sentences": [_pair(one) for one in twins.of(answer, FINNISH).sentences],
    }


def _question(text: str, language: str, assistant: Translates) -> Pair | None:
    if language == FINNISH:
        return [text, Way.SAME.value]
    translated = whole(rendered(text, language, FINNISH, assistant))
    return [translated, Way.TRANSLATED.value] if translated else None


def _pair(twin: TwinSentence | None) -> Pair | None:
    if twin is None:
        return ["", ABOVE]
    return None if twin.way is Way.ORIGINAL else [twin.sentence.text, twin.way.value]
