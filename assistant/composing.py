"""Composing an Answer from what was read: whole sentences of one passage, in reading order, each cited."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from assistant.answers import Citation, Sentence
from assistant.languages import Language, direction_of, display_name
from assistant.reading import Reading, ReadSentence
from corpus.checks import occurrences
from corpus.documents import Document

MOST_SENTENCES = 4
MOST_WORDS = 80
_NOTES = {
    "target": "status_target",
    "trial": "status_trial",
    "planned": "status_planned",
    "ended": "status_ended",
    "conflicting": "status_conflicting",
}


def choose(reading: Reading, closeness: float) -> list[ReadSentence]:
    """The best sentence and those of its passage, or its service card, that score nearly as well, in reading order.

    ``closeness`` is how far, in standard deviations of the sentences read, another may lie below the best.
    """
    best = reading.sentences[0]
    chosen, words = [best], len(best.text.split())
    for sentence in reading.sentences[1:]:
        if len(chosen) == MOST_SENTENCES or sentence.score < best.score - closeness:
            break
        together = sentence.hit.row == best.hit.row or (
            best.hit.document.card is not None and sentence.hit.document.id == best.hit.document.id
        )
        if together and words + len(sentence.text.split()) <= MOST_WORDS:
            words += len(sentence.text.split())
            chosen.append(sentence)
    return sorted(chosen, key=lambda sentence: sentence.start)


def cite(sentence: ReadSentence, languages: Mapping[str, Language]) -> Citation:
    """The verbatim place of a sentence."""
    document = sentence.hit.document
    return Citation(
        document=document.id,
        title=document.title,
        publisher=document.publisher,
        municipality=", ".join(document.municipalities) or None,
        language=document.language,
        direction=direction_of(document.language, languages),
        quote=sentence.text,
        start=sentence.start,
        end=sentence.end,
        status=document.status,
        url=document.url,
        passage=sentence.hit.passage.id,
        valid_from=document.valid_from,
        valid_until=document.valid_until,
        based_on=document.based_on,
    )


def compose(
    chosen: list[ReadSentence],
    language: Language,
    languages: Mapping[str, Language],
    home: str,
    today: date,
) -> tuple[Sentence, ...]:
    """The sentences of the Answer: quotes with their citations, and around them, in the asker's language,
    what must be said about the source. ``home`` is the municipality the question is taken to be about."""
    document = chosen[0].hit.document
    quotes = [
        Sentence(
            sentence.text,
            document.language,
            direction_of(document.language, languages),
            (cite(sentence, languages),),
            document.machine_translated,
        )
        for sentence in chosen
    ]
    before = []
    if document.language != language.code:
        name = display_name(document.language, language.code)
        before.append(language.messages.quote_original.format(language=name))
    after = [getattr(language.messages, key) for key in notes(document, chosen, today)]
    if document.municipalities and home not in document.municipalities:
        names = ", ".join(document.municipalities)
        after.append(language.messages.other_municipality.format(municipality=names))
    return (*own_words(before, language), *quotes, *own_words(after, language))


def own_words(texts: list[str], language: Language) -> tuple[Sentence, ...]:
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
