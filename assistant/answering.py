"""The assistant: a question in, an Answer out, through steps that read aloud.

screen       what must not wait, and what must not be kept
speak        say so when the language is not spoken here
understand   which questions, whose municipality and situation, what was said before
retrieve     passages that may answer
read         sentences that answer, and whether any does
decide       answer or say honestly that the sources do not
clarify      ask for what the answer depends on
compose      whole sentences, each with its source
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from assistant import municipalities
from assistant.answers import Answer, Clarification, Contact, Event, Nearest, Outcome, Sentence, events
from assistant.calibration import load_calibration
from assistant.clarifying import Undecided, fitting, undecided
from assistant.composing import MOST_SENTENCES, choose, compose, own_words
from assistant.config import AssistantConfig
from assistant.contacts import EMERGENCY_CARD, contacts_for
from assistant.conversations import Conversations, PastTurn
from assistant.figures import FigureQuestions
from assistant.language_id import UNKNOWN, LanguageIdentifier
from assistant.languages import Language, direction_of, display_name, load_languages
from assistant.questions import MAX_CHARACTERS, InvalidQuestion, Profile
from assistant.reader_model import ReaderError, ReadingModel
from assistant.reading import ModelReader, Reader, Reading, ReadSentence, ReadText, Vector, describe_reading, likeliest
from assistant.screening import Screener, Screening
from assistant.understanding import Understanding
from corpus.documents import Document
from corpus.glossary import load_glossary
from indexing.builds import BuildError
from indexing.e5_weights import WeightsError
from indexing.embedders import EmbedderError, load_embedder, load_tokenizer
from indexing.retrieval import Hit, Index, describe
from indexing.serving import CurrentIndex

_HITS = 10
_TRACED_HITS = 8
_NEAREST = 3
_NEAR = 1.5
"""Score of a hit that is worth naming when nothing answers."""
_MEANT, _CLEARLY = 0.5, 3.0
"""Least probability of the sentence of the branch that a question means, and how many times any other's it is."""
_SAME_TOPIC = 3.0
"""Score of a hit that is surely about the question's topic: the body responsible for it is named."""
_REMEMBERED_CHARACTERS = 160
"""Of the question before, what a follow-up is read with."""
_TOPICAL = (Outcome.ANSWERED, Outcome.PARTIAL, Outcome.CLARIFY)


@dataclass(slots=True)
class Part:
    """One of the questions of a message. ``stands_alone`` is false where it was understood from the turn before;
    ``hits`` are what was found for it, ``reading`` what was read of them."""

    text: str
    stands_alone: bool = True
    hits: list[Hit] = field(default_factory=list)
    reading: Reading = field(default_factory=lambda: Reading(()))

    @property
    def best(self) -> ReadText:
        return self.reading.texts[0]


@dataclass(slots=True)
class Turn:
    """One message on its way to an Answer; each step adds to it."""

    text: str
    language: Language
    language_source: str
    profile: Profile
    conversation: str | None
    unsupported: str | None = None
    """The code of the language asked in, where Neuvo does not speak it."""
    index: Index | None = None
    screening: Screening | None = None
    past: tuple[PastTurn, ...] = ()
    named: frozenset[str] = frozenset()
    about: frozenset[str] = frozenset()
    allowed: Callable[[Document], bool] = lambda document: True
    parts: list[Part] = field(default_factory=list)
    answered: list[Part] = field(default_factory=list)
    vectors: dict[str, Vector] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)

    @property
    def home(self) -> str | None:
        """The one municipality that the asker lives in or asks about, where that is known."""
        return next(iter(self.about)) if len(self.about) == 1 else None


class Assistant:
    """Answers questions over the current build. Safe to use from several threads.

    ``close`` gives back the index.
    """

    def __init__(
        self,
        config: AssistantConfig,
        languages: Mapping[str, Language],
        index: CurrentIndex,
        reader: Reader,
        today: Callable[[], date] = date.today,
    ) -> None:
        self.config = config
        self.languages = languages
        self.municipalities = config.area
        self._index = index
        self._reader = reader
        self._today = today
        self._identifier = LanguageIdentifier(languages)
        self._screener = Screener(languages)
        self._understanding = Understanding(languages)
        self.conversations = Conversations()
        self._municipality_names = municipalities.load_names()
        self._steps: tuple[tuple[str, Callable[[Turn], Answer | None]], ...] = (
            ("screen", self._screen),
            ("speak", self._speak),
            ("understand", self._understand),
            ("retrieve", self._retrieve),
            ("read", self._read),
            ("decide", self._decide),
            ("clarify", self._clarify),
            ("compose", self._compose),
        )

    def ask(
        self,
        text: str,
        *,
        language: str | None = None,
        page_language: str | None = None,
        profile: Profile = Profile(),
        conversation: str | None = None,
    ) -> Answer:
        """The Answer to ``text``.

        ``language`` is the one the asker chose for answers, ``page_language`` that of the page they are on.
        Raises InvalidQuestion for a text that is empty or too long and for a language Neuvo does not speak.
        """
        self._check(text, language, page_language)
        turn = self._begin(text, language, page_language, profile, conversation)
        try:
            with self._index.use() as turn.index:
                return self._answer(turn)
        except BuildError as error:
            turn.reasons.append(str(error))
            return self._without_index(turn)

    def stream(
        self,
        text: str,
        *,
        language: str | None = None,
        page_language: str | None = None,
        profile: Profile = Profile(),
        conversation: str | None = None,
    ) -> Iterator[Event]:
        """The same Answer as events: status, then each sentence with its citations, then done."""
        answer = self.ask(
            text, language=language, page_language=page_language, profile=profile, conversation=conversation
        )
        return events(answer)

    def urgent(self, text: str, *, language: str | None = None, page_language: str | None = None) -> Answer | None:
        """The Answer to an emergency or a crisis, ``None`` to anything else: at once, without index or model,
        for when there is no place for another question. Raises InvalidQuestion."""
        self._check(text, language, page_language)
        turn = self._begin(text, language, page_language, Profile(), None)
        answer = self._screen(turn)
        return answer if answer and answer.status in (Outcome.EMERGENCY, Outcome.CRISIS) else None

    def forget(self, conversation: str) -> None:
        """Forget a conversation at once. Nothing happens to one that is not known."""
        self.conversations.forget(conversation)

    def forget_expired(self) -> None:
        """Forget the conversations whose time is over, rather than when the next question comes."""
        self.conversations.drop_expired()

    def masked(self, text: str) -> str:
        """``text`` with personal data replaced, as it may be kept and shown again."""
        return self._screener.screen(text).masked

    def not_ready(self) -> str | None:
        """``None`` when a build is open, else why not, for operators."""
        return self._index.why_not()

    def document(self, id: str) -> Document:
        """A document of the current build. Raises UnknownDocument or BuildError."""
        with self._index.use() as index:
            return index.document(id)

    def search(self, text: str, language: str | None = None, count: int = 10) -> list[Hit]:
        """Hits from all documents, for people who look into the index. Raises BuildError."""
        code = language or self._identifier.identify(text).code
        with self._index.use() as index:
            return index.search(text, code, count=count)

    def close(self) -> None:
        self._index.close()

    # The steps. Each may end the turn with an Answer.

    def _screen(self, turn: Turn) -> Answer | None:
        """Emergencies and crises first, without a model; personal data is masked before anything else."""
        screening = turn.screening = self._screener.screen(turn.text, turn.language.code)
        turn.text = screening.masked
        if screening.category is None:
            return None
        if screening.language and turn.language_source != "chosen":
            turn.language = self.languages[screening.language]
        says = turn.language.messages
        if screening.category == "emergency":
            beaten = [says.crisis_violence] if "violence" in screening.categories else []
            return self._finish(turn, Outcome.EMERGENCY, [says.emergency, *beaten])
        if screening.category == "violence":
            return self._finish(turn, Outcome.CRISIS, [says.crisis_violence])
        if screening.category == "crisis":
            return self._finish(turn, Outcome.CRISIS, [says.crisis])
        return self._finish(turn, Outcome.SMALL_TALK, [says.small_talk])

    def _speak(self, turn: Turn) -> Answer | None:
        """A language that Neuvo does not speak is named, in the page's language and in English."""
        if not turn.unsupported:
            return None
        turn.reasons.append(f"Neuvo does not speak {turn.unsupported}")
        spoken = {language.code: language for language in (turn.language, self.languages.get("en", turn.language))}
        says = [
            own_words([language.messages.unsupported_language.format(language=name)], language)
            for code, language in spoken.items()
            for name in [display_name(turn.unsupported, code)]
        ]
        return self._finish(turn, Outcome.OUT_OF_SCOPE, [], tuple(sentence for own in says for sentence in own))

    def _understand(self, turn: Turn) -> Answer | None:
        """What the words say, with what the asker and the turns before said: municipality, situation, questions."""
        assert turn.index
        code = turn.language.code
        if turn.conversation:
            turn.past = self.conversations.recall(turn.conversation)
        before = turn.past[-1] if turn.past else None
        turn.named = frozenset(municipalities.named(turn.text, self._municipality_names))
        said = turn.profile.municipality
        if before and not said and len(before.municipalities) == 1:
            said = next(iter(before.municipalities))
        situation = self._understanding.situation(turn.text, code) or turn.profile.situation
        if not situation and before:
            situation = before.situation
        turn.profile = Profile(said, situation)
        turn.about, turn.allowed = municipalities.scope(said, turn.named, self.config.area)
        turn.parts = [Part(text) for text in self._understanding.questions(turn.text)]
        covered = {place for document in turn.index.documents() for place in document.municipalities}
        if turn.named and turn.about.isdisjoint({*covered, *self.config.area}):
            turn.reasons.append(f"no document is about {', '.join(sorted(turn.about))}")
            return self._finish(turn, Outcome.OUT_OF_SCOPE, [turn.language.messages.out_of_scope])
        return None

    def _retrieve(self, turn: Turn) -> Answer | None:
        for part in turn.parts:
            part.hits = self._search(turn, part.text, turn.allowed)
        return None

    def _read(self, turn: Turn) -> Answer | None:
        for number, part in enumerate(turn.parts):
            part.reading = self._reading(turn, part.text, part.hits)
            if turn.past and not number:
                self._follow_up(turn, part)
        return None

    def _follow_up(self, turn: Turn, part: Part) -> None:
        """Read the question as one about what the turn before was about, and keep that where it is the better
        reading: a question that leans on it is taken so unless it finds something of its own that is clearly
        better; one that does not lean is taken so only where it finds nothing."""
        before, code = turn.past[-1], turn.language.code
        if self._understanding.new_topic(part.text, code):
            return
        alone = part.reading.probability
        marked = self._understanding.follows_up(part.text, code)
        tells = bool(turn.named) or self._understanding.situation(part.text, code) is not None
        leans = marked or tells or self._understanding.leans_back(part.text, code)
        if not leans and alone >= self.config.thresholds.answer:
            return
        sources = set(before.sources)
        together = f"{before.question[-_REMEMBERED_CHARACTERS:]} {part.text}"
        of_old = self._search(turn, together, lambda d: (d.card or d.id) in sources and turn.allowed(d))
        old = self._reading(turn, part.text, of_old[:1])
        near = self._search(turn, together, turn.allowed)
        new = self._reading(turn, together, near[:2]) if marked or tells else Reading(())
        shown = frozenset[tuple[str, int]]().union(*(past.shown for past in turn.past))
        again = (
            old.figure
            and all(  # the figure that answered before does not answer what is asked for now
                (sentence.document.id, sentence.start) in shown
                for text in new.texts[:1]
                for sentence in likeliest(text.sentences)
            )
        )
        candidates = [
            (old.probability + (0.15 if marked else 0.0), old, of_old),
            (0.0 if again else new.probability - 0.1, new, near),
        ]
        worth, reading, hits = max(candidates, key=lambda candidate: candidate[0])
        turn.reasons.append(
            f"as a follow-up: {old.probability:.2f} in the old source, {new.probability:.2f} with the question before, "
            f"{alone:.2f} alone"
        )
        if reading.texts and worth > alone:
            part.reading, part.hits, part.stands_alone = reading, hits, False

    def _decide(self, turn: Turn) -> Answer | None:
        least = self.config.thresholds.answer
        for number, part in enumerate(turn.parts, 1):
            if part.reading.probability >= least:
                turn.answered.append(part)
                continue
            which = f"question {number}: " if len(turn.parts) > 1 else ""
            turn.reasons.append(f"{which}probability {part.reading.probability:.2f} is below {least}")
        if turn.answered:
            return None
        says = [turn.language.messages.no_information]
        nearest = self._nearest(turn)
        if nearest:
            says.append(turn.language.messages.no_information_nearest)
        sure = [hit.document for hit in turn.parts[0].hits[:1] if hit.score >= _SAME_TOPIC]
        return self._finish(turn, Outcome.NO_INFORMATION, says, bodies=self._bodies(turn, sure), nearest=nearest)

    def _clarify(self, turn: Turn) -> Answer | None:
        """Ask for what decides who is responsible, with what holds for each choice."""
        for part in turn.answered:
            document = part.best.document
            lacking = undecided(
                document,
                [(sentence.text, sentence.start, sentence.end) for sentence in part.best.sentences],
                turn.home,
                turn.profile.situation,
                asks_who=self._understanding.asks_responsible(part.text, turn.language.code),
            )
            if lacking is None or _says_which(lacking, part.best):
                continue
            turn.reasons.append(f"the answer depends on the {lacking.field}")
            asked = turn.language.messages[f"clarify_{lacking.field}"]
            places = {start for branch in lacking.branches for _, start, _ in branch.sentences}
            chosen = [sentence for sentence in part.best.sentences if sentence.start in places]
            quotes = self._composed(turn, chosen) if 0 < len(chosen) <= MOST_SENTENCES else ()
            for other in turn.answered:
                if other is not part:
                    quotes += self._composed(turn, self._chosen(turn, other))
            clarification = Clarification(lacking.field, asked, lacking.choices)
            return self._finish(turn, Outcome.CLARIFY, [], quotes, missing=_missing(turn), clarify=clarification)
        return None

    def _compose(self, turn: Turn) -> Answer | None:
        sentences: dict[tuple[str, str], Sentence] = {}
        for part in turn.answered:
            for sentence in self._composed(turn, self._chosen(turn, part)):
                sentences.setdefault((sentence.text, sentence.language), sentence)
        missing = _missing(turn)
        status = Outcome.PARTIAL if missing else Outcome.ANSWERED
        bodies = self._bodies(turn, [part.best.document for part in turn.answered])
        return self._finish(turn, status, [], tuple(sentences.values()), bodies, missing=missing)

    # Around the steps.

    def _search(self, turn: Turn, text: str, allowed: Callable[[Document], bool]) -> list[Hit]:
        assert turn.index
        vector = self._vector(turn, text)
        return turn.index.search(text, turn.language.code, count=_HITS, allowed=allowed, vector=vector)

    def _reading(self, turn: Turn, text: str, hits: list[Hit]) -> Reading:
        assert turn.index
        return self._reader.read(turn.index, text, turn.language.code, self._vector(turn, text), hits)

    def _vector(self, turn: Turn, text: str) -> Vector:
        """The question's vector, made once a turn."""
        assert turn.index
        if text not in turn.vectors:
            turn.vectors[text] = turn.index.embed_question(text, turn.language.code)
        return turn.vectors[text]

    def _chosen(self, turn: Turn, part: Part) -> list[ReadSentence]:
        """The sentences to show: those that answer, but for what holds only for somebody else."""
        best = part.best
        places = [(sentence.text, sentence.start, sentence.end) for sentence in best.sentences]
        fits = fitting(best.document, places, turn.home, turn.profile.situation)
        others = {start for _, start, _ in fits.left_out}
        chosen = choose(best, figure=part.reading.figure, without=others)
        if fits.first and self._understanding.asks_responsible(part.text, turn.language.code):
            first = {start for _, start, _ in fits.first}
            chosen = [sentence for sentence in best.sentences if sentence.start in first] + chosen
        return list(dict.fromkeys(chosen))

    def _bodies(self, turn: Turn, documents: list[Document]) -> tuple[str, ...]:
        """Who is responsible for what the documents tell, for this asker: the official names, each once."""
        fits = [fitting(document, [], turn.home, turn.profile.situation) for document in documents]
        return tuple(dict.fromkeys(one.body for one in fits if one.body))

    def _near_emergency(self, turn: Turn) -> bool:
        """Whether what was found first is the card about emergencies, though no phrase of one was recognised."""
        return any(
            hit.document.card == EMERGENCY_CARD and hit.score >= _NEAR for part in turn.parts for hit in part.hits[:1]
        )

    def _composed(self, turn: Turn, chosen: list[ReadSentence]) -> tuple[Sentence, ...]:
        home = turn.home or self.config.area[0]
        return compose(chosen, turn.language, self.languages, home, self._today())

    def _nearest(self, turn: Turn) -> tuple[Nearest, ...]:
        """The sources nearest to the first question, each once."""
        documents = {hit.document.id: hit.document for hit in turn.parts[0].hits if hit.score >= _NEAR}
        return tuple(
            Nearest(
                document.id,
                document.title,
                document.language,
                direction_of(document.language, self.languages),
                document.publisher,
                ", ".join(document.municipalities) or None,
                document.url,
            )
            for document in list(documents.values())[:_NEAREST]
        )

    def _remember(self, turn: Turn, answer: Answer) -> None:
        """What the conversation is about now. A turn that found nothing leaves the topic as it was."""
        if not turn.conversation or answer.status not in _TOPICAL:
            return
        answered = turn.answered[-1]
        before = turn.past[-1] if turn.past else None
        question = turn.text
        if not answered.stands_alone and before:
            question = f"{before.question} {turn.text}"
        past = PastTurn(
            question[-2 * _REMEMBERED_CHARACTERS :],
            turn.language.code,
            tuple(dict.fromkeys(part.best.document.card or part.best.document.id for part in turn.answered)),
            turn.named or (before.municipalities if before else frozenset()),
            turn.profile.situation,
            frozenset((c.document, c.start) for sentence in answer.sentences for c in sentence.citations),
        )
        self.conversations.remember(turn.conversation, past)

    def _check(self, text: str, *codes: str | None) -> None:
        if not text.strip():
            raise InvalidQuestion("the question is empty")
        if len(text) > MAX_CHARACTERS:
            raise InvalidQuestion(f"the question has {len(text)} characters; at most {MAX_CHARACTERS} are taken")
        for code in codes:
            if code is not None and code not in self.languages:
                known = ", ".join(self.languages)
                raise InvalidQuestion(f'the language "{code}" is not one of: {known}')

    def _begin(
        self,
        text: str,
        language: str | None,
        page_language: str | None,
        profile: Profile,
        conversation: str | None,
    ) -> Turn:
        if language:
            return Turn(text, self.languages[language], "chosen", profile, conversation)
        found = self._identifier.identify(text, page=page_language)
        if found.code in self.languages:
            return Turn(text, self.languages[found.code], found.source, profile, conversation)
        fallback = page_language or ("en" if "en" in self.languages else next(iter(self.languages)))
        turn = Turn(text, self.languages[fallback], f"unsupported:{found.code}", profile, conversation)
        turn.unsupported = None if found.code == UNKNOWN else found.code
        return turn

    def _answer(self, turn: Turn) -> Answer:
        steps = []
        for name, step in self._steps:
            started = time.perf_counter()
            answer = step(turn)
            steps.append({"step": name, "ms": round((time.perf_counter() - started) * 1000, 2)})
            if answer:
                answer.trace["steps"] = steps
                self._remember(turn, answer)
                return answer
        raise AssertionError("the last step must answer")

    def _without_index(self, turn: Turn) -> Answer:
        """No build is open: what needs none is still said, emergencies above all."""
        if answer := self._screen(turn) or self._speak(turn):
            return answer
        return self._finish(turn, Outcome.UNAVAILABLE, [turn.language.messages.unavailable])

    def _finish(
        self,
        turn: Turn,
        status: Outcome,
        says: list[str],
        quoted: tuple[Sentence, ...] = (),
        bodies: tuple[str, ...] = (),
        **more: Any,
    ) -> Answer:
        """The Answer with what Neuvo itself says, then the quotes; ``bodies`` are responsible and go first among the
        contacts; ``more`` are further fields of it."""
        if turn.screening and turn.screening.masked_kinds:
            says = [turn.language.messages.personal_data_masked, *says]
        violence = bool(turn.screening and "violence" in turn.screening.categories)
        urgent = self._near_emergency(turn) and status not in (Outcome.EMERGENCY, Outcome.CRISIS)
        contacts = contacts_for(
            Outcome.CRISIS if urgent else status, turn.language, self.config.person_url, violence=violence
        )
        return Answer(
            id=secrets.token_urlsafe(12),
            status=status,
            language=turn.language.code,
            direction=turn.language.direction,
            sentences=(*own_words(says, turn.language), *quoted),
            contacts=contacts if urgent else (*map(Contact, bodies), *contacts),
            trace=self._trace(turn),
            **more,
        )

    def _trace(self, turn: Turn) -> dict[str, Any]:
        return {
            "build": turn.index.id if turn.index else None,
            "model": turn.index.manifest.fingerprint if turn.index else None,
            "language_source": turn.language_source,
            "municipalities": sorted(turn.about),
            "masked": list(turn.screening.masked_kinds) if turn.screening else [],
            "category": turn.screening.category if turn.screening else None,
            "categories": list(turn.screening.categories) if turn.screening else [],
            "situation": turn.profile.situation and turn.profile.situation.value,
            "follow_up": any(not part.stands_alone for part in turn.parts),
            "probability": round(max((part.reading.probability for part in turn.parts), default=0.0), 3),
            "hits": [describe(hit) for part in turn.parts for hit in part.hits[:_TRACED_HITS]],
            "read": [text for part in turn.parts for text in describe_reading(part.reading)],
            "reasons": turn.reasons,
        }


def _missing(turn: Turn) -> tuple[str, ...]:
    """The questions of the message that stay unanswered, in the asker's words."""
    return tuple(part.text for part in turn.parts if part not in turn.answered)


def _says_which(lacking: Undecided, text: ReadText) -> bool:
    """Whether the question itself says which of the branches it means ("the plan of the unemployed"): one of them
    answers it likely, the others far less."""
    likely = {sentence.start: sentence.probability for sentence in text.sentences}
    branches = [max((likely.get(start, 0.0) for _, start, _ in one.sentences), default=0.0) for one in lacking.branches]
    *others, best = sorted(branches)
    return best >= _MEANT and best >= _CLEARLY * max(others, default=0.0)


def index_config(config: AssistantConfig, languages: Mapping[str, Language]) -> AssistantConfig:
    """``config`` with how each language's words are treated filled in from the language table."""
    analysers = {code: language.analyser for code, language in languages.items()}
    index = config.index.model_copy(update={"analysers": analysers | config.index.analysers})
    return config.model_copy(update={"index": index})


def build_assistant(config: AssistantConfig) -> Assistant:
    """The one place that picks the adapters. Raises EmbedderError when a model cannot be loaded."""
    languages = load_languages()
    config = index_config(config, languages)
    embedder = load_embedder(config.index.model, cache=config.index.cache, threads=config.index.threads)
    index = CurrentIndex(config.index, embedder, load_glossary())
    try:
        model = ReadingModel(
            load_tokenizer(embedder, config.index.cache), cache=config.index.cache, threads=config.index.threads
        )
        reader = ModelReader(model, load_calibration("hits"), FigureQuestions(languages))
    except (ReaderError, WeightsError) as error:
        raise EmbedderError(str(error)) from error
    return Assistant(config, languages, index, reader)
