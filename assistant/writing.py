"""Writing an answer with a language model, from what was read, sentence by sentence under the eyes of the grounding.

``None`` wherever the model fails in any way: the asker then gets the sentences of the sources themselves.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from assistant.answers import Sentence
from assistant.clarifying import fitting
from assistant.composing import notes, own_words
from assistant.figures import has_figure
from assistant.grounding import Checked, Fault, Grounding, Source, repeated
from assistant.grounding_injection import usable
from assistant.languages import Language, display_name
from assistant.llm_output import COMPOSED, MOST_SENTENCES, BadForm, Composed, Draft, DraftReader, read
from assistant.llms import ChatModel, LlmError, Malformed, Message, OutOfTime, current_budget
from assistant.prompts import load_prompt
from assistant.quoting import cite
from assistant.reading import ReadSentence, ReadText
from assistant.true_language import LanguageCheck
from assistant.turns import Part, Turn
from assistant.verifying import Verifier
from assistant.writing_sources import Links, show

_NEAR_BEST = 0.25
"""Share of the likeliest sentence's probability from which a sentence is one that answers."""
_MOST_SOURCES = 4
_MOST_SENTENCES = 40
"""Of one source that are shown to the model: the likeliest and those around them."""
_SHOWN_AGAIN = 2000
"""Characters of a malformed answer that the model is shown to mend it."""

Chosen = Mapping[int, Sequence[ReadSentence]]
"""By the place of a question among those answered: the sentences that the engine would show."""
Heard = Callable[[tuple[Sentence, ...]], bool]
"""Takes the sentences that may be shown already, every time one more may: those before it never change. Whether
anybody heard."""


@dataclass(slots=True)
class _Draft:
    """An answer while it is written."""

    sentences: list[Sentence] = field(default_factory=list)
    quotes: list[ReadSentence] = field(default_factory=list)
    checked: list[Checked] = field(default_factory=list)
    complete: bool = True
    shown: list[Sentence] = field(default_factory=list)
    """The sentences with what is said before some of them."""
    heard: bool = False
    """Whether the asker has some of them: nothing is taken back from then on."""


class Writer:
    """Writes answers with ``model``; ``verifier``, if any, is asked about what passed the ``grounding``. Safe to share
    between threads.

    ``mark`` makes the code that tells the lines around a source from lines inside it.
    """

    def __init__(
        self,
        model: ChatModel,
        grounding: Grounding,
        languages: Mapping[str, Language],
        check: LanguageCheck,
        *,
        verifier: Verifier | None = None,
        stream: bool = True,
        mark: Callable[[], str] = lambda: secrets.token_hex(4),
    ) -> None:
        self._model = model
        self._grounding = grounding
        self._languages = languages
        self._check = check
        self._verifier = verifier
        self._stream = stream
        self._mark = mark
        self._prompt = load_prompt("compose")
        self._asking = load_prompt("compose_question")
        self._repair = load_prompt("repair")

    def write(
        self, turn: Turn, chosen: Chosen, home: str, today: date, heard: Heard = lambda sentences: False
    ) -> tuple[Sentence, ...] | None:
        """The answer to the questions of ``turn`` that are answered, or ``None``; ``turn.written`` tells why.

        As soon as the sentences that were let through answer every question, ``heard`` gets them; and once they are
        heard, what the model does afterwards, failing included, takes nothing back.
        """
        sources, links = self._sources(turn, chosen), Links()
        draft, outcome, cut = _Draft(), "used", None
        try:
            for one in self._drafts(self._messages(turn, sources, links, home, today), draft):
                if current_budget().left <= 0:
                    raise OutOfTime("no time is left")
                if not self._judge(one, turn, sources, links, draft):
                    continue
                if draft.heard or self._outcome(turn, chosen, draft) == "used":
                    draft.heard = heard(tuple(draft.shown))
            outcome = "used" if draft.heard else self._outcome(turn, chosen, draft)
        except LlmError as error:
            cut = error.kind
            outcome = "used" if draft.heard else cut
        turn.written = {
            "outcome": outcome,
            "cut": cut,
            "prompt": self._prompt.label,
            "model": self._model.name,
            "entailment": self._grounding.entailment.name,
            "complete": draft.complete,
            "sentences": [
                {"fault": one.fault and one.fault.value, "support": round(one.support, 3)} for one in draft.checked
            ],
        }
        return (*draft.shown, *self._after(turn, draft, home, today)) if outcome == "used" else None

    def _sources(self, turn: Turn, chosen: Chosen) -> list[Source]:
        """What the model is given: the texts that the engine would answer with, and likely others of the reading."""
        found: dict[str, Source] = {}
        for number, part in enumerate(turn.answered):
            needed = {sentence.document.id for sentence in chosen.get(number, ())}
            for text in part.reading.texts:
                key = text.document.id if text.document.card else text.hit.passage.id
                if key in found or len(found) >= _MOST_SOURCES:
                    continue
                if text.document.id in needed or text.probability >= part.reading.probability * 0.5:
                    sentences = _usable(text, turn)
                    if sentences:
                        found[key] = Source(len(found) + 1, text.document, sentences, text.hit.passage.headings)
        return list(found.values())

    def _messages(self, turn: Turn, sources: Sequence[Source], links: Links, home: str, today: date) -> list[Message]:
        mark, language = self._mark(), turn.language
        situation = turn.profile.situation
        system = self._prompt.fill({"language": language.english_name, "code": language.code, "mark": mark})
        asked = self._asking.fill(
            {
                "question": " ".join(part.query for part in turn.answered),
                "municipality": turn.profile.municipality or f"not said ({home} is likely)",
                "situation": situation.value.replace("_", " ") if situation else "not said",
                "today": today.isoformat(),
                "sources": "\n\n".join(show(source, mark, links) for source in sources),
                "language": language.english_name,
            }
        )
        return [Message("system", system), Message("user", asked)]

    def _drafts(self, messages: list[Message], draft: _Draft) -> Iterator[Draft]:
        """The model's sentences as they come; one attempt to mend what has another form. Raises LlmError."""
        reader, given = DraftReader(), 0
        if self._stream:
            for piece in self._model.stream(messages, step="compose", schema=COMPOSED):
                for one in reader.feed(piece):
                    given += 1
                    if given > MOST_SENTENCES:
                        raise Malformed("more sentences than anyone asked for")
                    yield one
            text = reader.text
        else:
            text = self._model.complete(messages, step="compose", schema=COMPOSED).text
        try:
            composed = read(text, Composed)
        except BadForm as error:
            if draft.heard:
                raise Malformed("not the form that was asked for, after what answers") from error
            composed = self._mended(messages, text, error)
            given = 0
            for written in (draft.sentences, draft.quotes, draft.checked, draft.shown):
                written.clear()
        draft.complete = composed.complete
        yield from composed.sentences[given:]

    def _mended(self, messages: list[Message], text: str, fault: BadForm) -> Composed:
        again = [
            *messages,
            Message("assistant", text[:_SHOWN_AGAIN]),
            Message("user", self._repair.fill({"fault": str(fault)})),
        ]
        try:
            return read(self._model.complete(again, step="repair", schema=COMPOSED).text, Composed)
        except BadForm as error:
            raise Malformed("not the form that was asked for, twice") from error

    def _judge(self, one: Draft, turn: Turn, sources: Sequence[Source], links: Links, draft: _Draft) -> bool:
        """Check a sentence, and keep it where it may be shown; whether it may."""
        numbers = list(dict.fromkeys(one.cites))
        cited = [source for source in sources if source.number in numbers]
        text = links.put_back(one.text, [source.number for source in cited])
        known = " ".join(part.query for part in turn.answered)
        if len(cited) < len(numbers):
            checked = Checked(fault=Fault.NO_SUCH_SOURCE)
        elif text is None:
            checked = Checked(fault=Fault.LINK)
        elif repeated(text, [sentence.text for sentence in draft.sentences]):
            checked = Checked(fault=Fault.REPEATED)
        else:
            checked = self._grounding.check(text, turn.language.code, cited, known)
            if not checked.fault and not checked.verbatim and not self._verified(one.text, turn, cited, links):
                checked = Checked(fault=Fault.UNVERIFIED, support=checked.support)
        draft.checked.append(checked)
        if checked.fault or text is None:
            return False
        draft.quotes += checked.quotes
        codes = [self._check.true(quote.text, quote.document.language) for quote in checked.quotes]
        sentence = Sentence(
            text,
            turn.language.code,
            turn.language.direction,
            tuple(cite(quote, code, self._languages) for quote, code in zip(checked.quotes, codes, strict=True)),
            machine_translated=any(code != turn.language.code for code in codes)
            or any(quote.document.machine_translated for quote in checked.quotes),
        )
        draft.shown += (*own_words(_before(turn, draft, sentence), turn.language), sentence)
        draft.sentences.append(sentence)
        return True

    def _verified(self, sentence: str, turn: Turn, cited: Sequence[Source], links: Links) -> bool:
        """Raises LlmError."""
        return self._verifier is None or self._verifier.holds(sentence, turn.language, cited, links)

    def _outcome(self, turn: Turn, chosen: Chosen, draft: _Draft) -> str:
        """Whether what remains answers every question that the engine would: with a quote that answers it, with a
        figure where only a figure does, and from a model of which most can be believed."""
        held = [one for one in draft.checked if one.fault not in (None, Fault.REPEATED)]
        if not draft.sentences:
            return "withheld" if held else "empty"
        if len(held) * 2 > len(draft.checked):
            return "withheld"
        quoted = {(quote.document.id, quote.start) for quote in draft.quotes}
        for number, part in enumerate(turn.answered):
            if quoted.isdisjoint(_answering(part, chosen.get(number, ()))):
                return "not_answered"
            if part.reading.figure and not any(has_figure(sentence.text) for sentence in draft.sentences):
                return "no_figure"
        return "used"

    def _after(self, turn: Turn, draft: _Draft, home: str, today: date) -> tuple[Sentence, ...]:
        """What must be said about the sources after the sentences, as ``assistant.composing`` does."""
        says = turn.language.messages
        after: list[str] = []
        documents = {quote.document.id: quote.document for quote in draft.quotes}
        for id, document in documents.items():
            keys = notes(document, [quote for quote in draft.quotes if quote.document.id == id], today)
            after += [says[key] for key in keys]
            if document.municipalities and home not in document.municipalities:
                after.append(says.other_municipality.format(municipality=", ".join(document.municipalities)))
        return own_words(dict.fromkeys(after), turn.language)


def _before(turn: Turn, draft: _Draft, sentence: Sentence) -> list[str]:
    """What is said before the first sentence that rests on another language."""
    told = {citation.language for one in draft.sentences for citation in one.citations} | {turn.language.code}
    foreign = dict.fromkeys(citation.language for citation in sentence.citations if citation.language not in told)
    return [
        turn.language.messages.machine_translated.format(language=display_name(code, turn.language.code))
        for code in foreign
    ]


def _usable(text: ReadText, turn: Turn) -> tuple[ReadSentence, ...]:
    """What of a text is for this asker and for a model, in reading order."""
    places = [(sentence.text, sentence.start, sentence.end) for sentence in text.sentences]
    others = {start for _, start, _ in fitting(text.document, places, turn.home, turn.profile.situation).left_out}
    kept = [one for one in text.sentences if one.start not in others and usable(text.document, one.text)]
    best = sorted(kept, key=lambda one: -one.probability)[:_MOST_SENTENCES]
    return tuple(sorted(best, key=lambda one: one.start))


def _answering(part: Part, chosen: Sequence[ReadSentence]) -> set[tuple[str, int]]:
    """Places of the sentences that answer: those that the engine would show, and those about as likely."""
    places = {(one.document.id, one.start) for one in chosen}
    for text in part.reading.texts:
        top = max((one.probability for one in text.sentences), default=0.0)
        if text.document.id in {one.document.id for one in chosen}:
            places |= {(one.document.id, one.start) for one in text.sentences if one.probability >= _NEAR_BEST * top}
    return places


def describe_calls(turn: Turn) -> dict[str, Any] | None:
    """For the trace: the model's calls for this question, what they cost, and what became of what it wrote."""
    budget = current_budget()
    if not budget.calls and not turn.written and not turn.rewriting:
        return None
    return {
        "calls": [call.to_dict() for call in budget.calls],
        "cost": budget.cost,
        "written": turn.written or None,
        "rewriting": turn.rewriting or None,
    }
