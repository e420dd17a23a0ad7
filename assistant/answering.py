"""The assistant: a question in, an Answer out, through steps that read aloud.

screen       what must not wait, and what must not be kept
understand   which language, whose municipality
retrieve     passages that may answer
read         sentences that answer, and whether any does
decide       answer or say honestly that the sources do not
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
from assistant.answers import Answer, Event, Outcome, Sentence, events
from assistant.composing import choose, compose, own_words
from assistant.config import AssistantConfig
from assistant.contacts import contacts_for
from assistant.figures import FigureQuestions
from assistant.language_id import LanguageIdentifier
from assistant.languages import Language, load_languages
from assistant.questions import MAX_CHARACTERS, InvalidQuestion, Profile, Question
from assistant.reading import Reader, Reading, SimilarityReader
from assistant.screening import Screener, Screening
from corpus.documents import Document
from corpus.glossary import load_glossary
from indexing.builds import BuildError
from indexing.embedders import load_embedder
from indexing.retrieval import Hit, Index, describe
from indexing.serving import CurrentIndex

_HITS = 10
_TRACED_HITS = 8


@dataclass(slots=True)
class Turn:
    """One question on its way to an Answer; each step adds to it."""

    text: str
    language: Language
    language_source: str
    profile: Profile
    conversation: str | None
    index: Index | None = None
    screening: Screening | None = None
    question: Question | None = None
    about: frozenset[str] = frozenset()
    allowed: Callable[[Document], bool] = lambda document: True
    vector: Any = None
    hits: list[Hit] = field(default_factory=list)
    reading: Reading | None = None
    reasons: list[str] = field(default_factory=list)


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
        self._municipality_names = municipalities.load_names()
        self._steps: tuple[tuple[str, Callable[[Turn], Answer | None]], ...] = (
            ("screen", self._screen),
            ("understand", self._understand),
            ("retrieve", self._retrieve),
            ("read", self._read),
            ("decide", self._decide),
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
            return self._finish(turn, Outcome.EMERGENCY, [says.emergency])
        if screening.category == "violence":
            return self._finish(turn, Outcome.CRISIS, [says.crisis_violence])
        if screening.category == "crisis":
            return self._finish(turn, Outcome.CRISIS, [says.crisis])
        return self._finish(turn, Outcome.SMALL_TALK, [says.small_talk])

    def _understand(self, turn: Turn) -> Answer | None:
        named = municipalities.named(turn.text, self._municipality_names)
        turn.about, turn.allowed = municipalities.scope(turn.profile.municipality, named, self.config.area)
        turn.question = Question(turn.text, turn.language.code, turn.language_source, turn.profile, turn.conversation)
        assert turn.index
        covered = {place for document in turn.index.documents() for place in document.municipalities}
        if named and turn.about.isdisjoint({*covered, *self.config.area}):
            turn.reasons.append(f"no document is about {', '.join(sorted(turn.about))}")
            return self._finish(turn, Outcome.OUT_OF_SCOPE, [turn.language.messages.out_of_scope])
        return None

    def _retrieve(self, turn: Turn) -> Answer | None:
        assert turn.index
        code = turn.language.code
        turn.vector = turn.index.embed_question(turn.text, code)
        turn.hits = turn.index.search(turn.text, code, count=_HITS, allowed=turn.allowed, vector=turn.vector)
        return None

    def _read(self, turn: Turn) -> Answer | None:
        assert turn.index
        turn.reading = self._reader.read(turn.index, turn.text, turn.language.code, turn.vector, turn.hits)
        return None

    def _decide(self, turn: Turn) -> Answer | None:
        assert turn.reading
        if turn.reading.sentences and turn.reading.probability >= self.config.thresholds.answer:
            return None
        turn.reasons.append(f"probability {turn.reading.probability:.2f} is below {self.config.thresholds.answer}")
        return self._finish(turn, Outcome.NO_INFORMATION, [turn.language.messages.no_information])

    def _compose(self, turn: Turn) -> Answer | None:
        assert turn.reading
        chosen = choose(turn.reading, self.config.thresholds.closeness)
        sentences = compose(chosen, turn.language, self.languages, self._home(turn), self._today())
        return self._finish(turn, Outcome.ANSWERED, [], sentences)

    # Around the steps.

    def _home(self, turn: Turn) -> str:
        """The municipality the question is about, where it is one; else the first of the service area."""
        [about, *others] = sorted(turn.about)
        return self.config.area[0] if others else about

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
        return Turn(text, self.languages[fallback], f"unsupported:{found.code}", profile, conversation)

    def _answer(self, turn: Turn) -> Answer:
        steps = []
        for name, step in self._steps:
            started = time.perf_counter()
            answer = step(turn)
            steps.append({"step": name, "ms": round((time.perf_counter() - started) * 1000, 2)})
            if answer:
                answer.trace["steps"] = steps
                return answer
        raise AssertionError("the last step must answer")

    def _without_index(self, turn: Turn) -> Answer:
        """No build is open: what needs none is still said, emergencies above all."""
        if answer := self._screen(turn):
            return answer
        return self._finish(turn, Outcome.UNAVAILABLE, [turn.language.messages.unavailable])

    def _finish(self, turn: Turn, status: Outcome, says: list[str], quoted: tuple[Sentence, ...] = ()) -> Answer:
        if turn.screening and turn.screening.masked_kinds:
            says = [turn.language.messages.personal_data_masked, *says]
        violence = bool(turn.screening and turn.screening.category == "violence")
        return Answer(
            id=secrets.token_urlsafe(12),
            status=status,
            language=turn.language.code,
            direction=turn.language.direction,
            sentences=(*own_words(says, turn.language), *quoted),
            contacts=contacts_for(status, turn.language, self.config.person_url, violence=violence),
            trace=self._trace(turn),
        )

    def _trace(self, turn: Turn) -> dict[str, Any]:
        return {
            "build": turn.index.id if turn.index else None,
            "model": turn.index.manifest.fingerprint if turn.index else None,
            "language_source": turn.language_source,
            "municipalities": sorted(turn.about),
            "masked": list(turn.screening.masked_kinds) if turn.screening else [],
            "category": turn.screening.category if turn.screening else None,
            "probability": round(turn.reading.probability, 3) if turn.reading else None,
            "hits": [describe(hit) for hit in turn.hits[:_TRACED_HITS]],
            "reasons": turn.reasons,
        }


def index_config(config: AssistantConfig, languages: Mapping[str, Language]) -> AssistantConfig:
    """``config`` with how each language's words are treated filled in from the language table."""
    analysers = {code: language.analyser for code, language in languages.items()}
    index = config.index.model_copy(update={"analysers": analysers | config.index.analysers})
    return config.model_copy(update={"index": index})


def build_assistant(config: AssistantConfig) -> Assistant:
    """The one place that picks the adapters. Raises EmbedderError when the model cannot be loaded."""
    languages = load_languages()
    config = index_config(config, languages)
    embedder = load_embedder(config.index.model, cache=config.index.cache, threads=config.index.threads)
    index = CurrentIndex(config.index, embedder, load_glossary())
    return Assistant(config, languages, index, SimilarityReader(FigureQuestions(languages)))
