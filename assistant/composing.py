"""Composing an Answer from what was read: whole sentences of one text, in reading order, each cited."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

import numpy as np

from assistant.answers import Sentence
from assistant.calibration import best_expected_f1
from assistant.languages import Language
from assistant.quoting import Quotes
from assistant.reading import ReadSentence, ReadText
from corpus.checks import occurrences
from corpus.documents import Document

MOST_SENTENCES = 4
MOST_WORDS = 100
_NOTES = {
    "target": "status_target",
    "trial": "status_trial",
    "planned": "status_planned",
    "ended": "status_ended",
    "conflicting": "status_conflicting",
}


def choose(text: ReadText, *, without: Collection[int] = ()) -> list[ReadSentence]:
    """The sentences of the text with the best expected F1, in reading order; at least one.

    Where a figure is asked for, only those that tell one, as long as there are any; ``without`` are the starts of
    sentences that must not be chosen while others are left.
    """
    usable = [sentence for sentence in text.sentences if sentence.start not in without] or list(text.sentences)
    usable = [sentence for sentence in usable if sentence.tells] or usable
    numbers = best_expected_f1(np.array([sentence.probability for sentence in usable]))
    ranked = sorted((usable[number] for number in numbers), key=lambda sentence: -sentence.probability)
    chosen, words = ranked[:1], length(ranked[0].text)
    for sentence in ranked[1:MOST_SENTENCES]:
        words += length(sentence.text)
        if words > MOST_WORDS:
            break
        chosen.append(sentence)
    return sorted(chosen, key=lambda sentence: sentence.start)


def length(text: str) -> float:
    """Words of ``text``; two Han characters count as one."""
    return sum(max(1.0, sum("\u3400" <= letter <= "\u9fff" for letter in word) / 2) for word in text.split())


def compose(
    chosen: list[ReadSentence], quotes: Quotes, language: Language, home: str, today: date
) -> tuple[Sentence, ...]:
    """The sentences of the Answer: the quotes of the ``chosen`` sentences, and around them, in the asker's language,
    what must be said about their source. ``home`` is the municipality the question is taken to be about."""
    document = chosen[0].document
    after = [getattr(language.messages, key) for key in notes(document, chosen, today)]
    if document.municipalities and home not in document.municipalities:
        names = ", ".join(document.municipalities)
        after.append(language.messages.other_municipality.format(municipality=names))
    return (*own_words(quotes.before, language), *quotes.sentences, *own_words(after, language))


def own_words(texts: Iterable[str], language: Language) -> tuple[Sentence, ...]:
    """What Neuvo says itself, uncited."""
    return tuple(Sentence(text, language.code, language.direction) for text in texts)


def notes(document: Document, chosen: list[ReadSentence], today: date) -> list[str]:
    """Keys of the messages that say how far the chosen sentences hold, each once."""
    keys = []
    if document.status and document.status.casefold().startswith("draft"):
        keys.append("status_draft")
    if document.valid_until and document.valid_until < today:
        keys.append("status_ended")
    text = "\n".join(sentence.text for sentence in chosen)
    for value, status in document.facts:
        if status in _NOTES and occurrences(value, text):
            keys.append(_NOTES[status])
    return list(dict.fromkeys(keys))
