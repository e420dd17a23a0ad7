"""A message in another language: sentence by sentence, with the checks that every translation must stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from assistant.translators import Translation, TranslationError
from indexing.sentences import sentence_spans
from web.desk.canned_replies import CannedReply
from web.desk.hand_off import PEOPLE, Rendering, SentencePair

LINE = SentencePair("\n", "\n")
"""Between two lines of a message."""


class Translates(Protocol):
    """As much of ``web.contract.Assistant`` as translating needs."""

    def translate(self, sentences: Sequence[str], source: str, target: str) -> Translation:
        """Raises TranslationError."""


def rendered(text: str, source: str, target: str, assistant: Translates) -> Rendering | None:
    """``text`` in the language ``target``; ``None`` where nothing translates between the two, or into none of its
    sentences. A sentence whose translation fails a check has none."""
    if source == target:
        return None
    lines = [[line[start:end] for start, end in sentence_spans(line)] for line in text.splitlines()]
    sentences = [sentence for line in lines for sentence in line]
    if not sentences:
        return None
    try:
        translation = assistant.translate(sentences, source, target)
    except TranslationError:
        return None
    made = iter(translation.sentences)
    pairs: list[SentencePair] = []
    for line in lines:
        pairs += [LINE] if pairs else []
        pairs += [SentencePair(sentence, next(made).text) for sentence in line]
    if not any(pair.translation for pair in pairs if pair != LINE):
        return None
    return Rendering(target, translation.engine, tuple(pairs))


def whole(rendering: Rendering | None) -> str | None:
    """The text of a rendering; ``None`` where a sentence has no translation."""
    if rendering is None or any(pair.translation is None for pair in rendering.sentences):
        return None
    return " ".join(pair.translation or "" for pair in rendering.sentences).replace(" \n ", "\n")


def written(text: str, language: str, target: str, canned: CannedReply | None) -> Rendering | None:
    """The canned reply in the language ``target`` as people wrote it, where ``text`` is still that reply's; else
    ``None``."""
    if canned is None or language == target or target not in canned.texts:
        return None
    if _folded(canned.texts.get(language, "")) != _folded(text):
        return None
    return Rendering(target, PEOPLE, (SentencePair(text, canned.texts[target]),))


def _folded(text: str) -> str:
    return " ".join(text.split())
