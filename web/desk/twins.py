"""An Answer's twin: the same Answer in another language, sentence by sentence.

What a service card says stands in the card's text of the other language, what Neuvo says itself in its fixed texts;
a document is quoted where it is in that language, else translated where an engine can, else quoted as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from assistant.answers import Answer, Citation, Contact, Nearest, Outcome, Sentence
from assistant.contacts import contacts_for
from assistant.languages import direction_of
from assistant.translators import TranslationError
from corpus.card_schema import language_of
from corpus.documents import Document
from web.contract import Assistant, Language
from web.desk.card_places import PLAIN, same_place
from web.desk.own_words import ABOUT_THE_TEXT, own_words, quoted_in, translated_from
from web.exchanges import is_private
from web.quotes import find


class Way(StrEnum):
    """How a sentence of a twin came about."""

    SAME = "same"
    """The sentence as it was."""
    CARD = "card"
    """The card's own text in the other language."""
    OWN = "own"
    """What Neuvo says itself."""
    QUOTE = "quote"
    """The original that the sentence was translated or written from."""
    TRANSLATED = "translated"
    ORIGINAL = "original"
    """Not in the other language: nothing translates it."""


@dataclass(frozen=True, slots=True)
class TwinSentence:
    """A sentence of a twin. ``note`` tells its reader how the text came about, where they must know."""

    sentence: Sentence
    way: Way
    note: str = ""


@dataclass(frozen=True, slots=True)
class Twin:
    """An Answer in the text ``name``: a language's code, or the name of a plain text ("fi-selko").

    ``sentences`` stand in the order of the first Answer's; ``None`` where the other language has nothing to say there.
    ``answer`` has those that are.
    """

    name: str
    answer: Answer
    sentences: tuple[TwinSentence | None, ...]


class Twins:
    """Makes twins. Blocks where something is translated."""

    def __init__(self, assistant: Assistant, person_url: str) -> None:
        self._assistant = assistant
        self._person_url = person_url

    def names(self) -> tuple[str, ...]:
        """The texts that a twin can be made in."""
        return (*self._assistant.languages, *(PLAIN[code] for code in PLAIN if code in self._assistant.languages))

    def of(self, answer: Answer, name: str) -> Twin:
        """The twin of ``answer`` in the text ``name``, which is one of ``names``."""
        language = self._assistant.languages[language_of(name)]
        if name == answer.language:
            same = tuple(TwinSentence(sentence, Way.SAME) for sentence in answer.sentences)
            return Twin(name, answer, same)
        seen: set[tuple[str, int, int]] = set()
        sentences = tuple(self._sentence(sentence, answer, name, language, seen) for sentence in answer.sentences)
        own = self._assistant.languages[answer.language]
        twin = replace(
            answer,
            language=language.code,
            direction=language.direction,
            sentences=tuple(one.sentence for one in sentences if one),
            contacts=self._contacts(answer, own, language),
            nearest=tuple(self._nearest(one, name) for one in answer.nearest),
            clarify=answer.clarify and replace(answer.clarify, question=_said(answer.clarify.question, own, language)),
        )
        return Twin(name, twin, sentences)

    def _sentence(
        self, sentence: Sentence, answer: Answer, name: str, language: Language, seen: set[tuple[str, int, int]]
    ) -> TwinSentence | None:
        if not sentence.citations:
            return self._uncited(sentence, self._assistant.languages[answer.language], language)
        parts = [self._quoted(citation, name, language) for citation in sentence.citations]
        places = {(one.document, one.start, one.end) for part in parts for one in part.sentence.citations}
        if places <= seen:
            return None  # one place of the card says what several sentences said
        seen |= places
        if len(parts) == 1:
            return parts[0]
        worst = max(parts, key=lambda part: list(Way).index(part.way))
        whole = replace(
            worst.sentence,
            text=" ".join(dict.fromkeys(part.sentence.text for part in parts)),
            citations=tuple(one for part in parts for one in part.sentence.citations),
            machine_translated=any(part.sentence.machine_translated for part in parts),
        )
        return replace(worst, sentence=whole)

    def _quoted(self, citation: Citation, name: str, language: Language) -> TwinSentence:
        """What ``citation`` says, in the text ``name``."""
        if placed := self._in_card(citation, name):
            document, (start, end) = placed
            text, direction = document.text[start:end], direction_of(document.language, self._assistant.languages)
            there = replace(
                citation,
                document=document.id,
                title=document.title,
                language=document.language,
                direction=direction,
                quote=text,
                start=start,
                end=end,
            )
            one_line = " ".join(text.split())
            sentence = Sentence(one_line, document.language, direction, (there,), document.machine_translated)
            return TwinSentence(sentence, Way.CARD)
        as_it_is = Sentence(citation.quote, citation.language, citation.direction, (citation,))
        if citation.language == language.code:
            return TwinSentence(as_it_is, Way.QUOTE)
        if translated := self.translated([citation.quote], citation.language, language.code)[0]:
            sentence = Sentence(translated, language.code, language.direction, (citation,), machine_translated=True)
            return TwinSentence(sentence, Way.TRANSLATED, translated_from(citation.language, language))
        return TwinSentence(as_it_is, Way.ORIGINAL, quoted_in(citation.language, language))

    def translated(self, texts: Sequence[str], source: str, target: str) -> list[str | None]:
        """Each text translated; ``None`` where no engine can, or the checks refuse what it gave."""
        try:
            done = self._assistant.translate(texts, source, target)
        except TranslationError:
            return [None] * len(texts)
        return [one.text for one in done.sentences]

    def _uncited(self, sentence: Sentence, own: Language, language: Language) -> TwinSentence | None:
        said = own_words(sentence.text, own)
        if said is None:
            translated = self.translated([sentence.text], sentence.language, language.code)[0]
            if translated is None:
                return TwinSentence(sentence, Way.ORIGINAL, quoted_in(sentence.language, language))
            text, way = translated, Way.TRANSLATED
        elif said.key in ABOUT_THE_TEXT:
            return None
        else:
            text, way = said.in_language(language), Way.OWN
        machine = way is Way.TRANSLATED
        return TwinSentence(Sentence(text, language.code, language.direction, (), machine_translated=machine), way)

    def _in_card(self, citation: Citation, name: str) -> tuple[Document, tuple[int, int]] | None:
        document = find(citation.document, self._assistant.document)
        other = self._card_text(document, name)
        if document is None or other is None:
            return None
        place = same_place(document, citation.start, citation.end, other)
        return (other, place) if place else None

    def _card_text(self, document: Document | None, name: str) -> Document | None:
        """The text ``name`` of the document's card."""
        if document is None or not document.card:
            return None
        return find(f"card-{document.card}-{name}", self._assistant.document)

    def _nearest(self, near: Nearest, name: str) -> Nearest:
        other = self._card_text(find(near.document, self._assistant.document), name)
        if other is None:
            return near
        direction = direction_of(other.language, self._assistant.languages)
        return replace(near, document=other.id, title=other.title, language=other.language, direction=direction)

    def _contacts(self, answer: Answer, own: Language, language: Language) -> tuple[Contact, ...]:
        """Some crisis lines have a number of their own for some languages."""
        violence = is_private(answer)
        if answer.status in (Outcome.EMERGENCY, Outcome.CRISIS):
            return contacts_for(answer.status, language, self._person_url, violence=violence)
        outcomes = (Outcome.EMERGENCY, Outcome.CRISIS)
        known = {one.name: one for outcome in outcomes for one in contacts_for(outcome, language, self._person_url)}
        contacts = []
        for contact in answer.contacts:
            name = _said(contact.name, own, language)
            contacts.append(known.get(name, replace(contact, name=name)))
        return tuple(contacts)


def _said(text: str, own: Language, language: Language) -> str:
    """A fixed text in another language; any other text as it is."""
    said = own_words(text, own)
    return said.in_language(language) if said else text
