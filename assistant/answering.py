"""The assistant: a question in, an Answer out, through steps that read aloud.

screen       what must not wait, and what must not be kept
speak        say so when the language is not spoken here
decline      what is asked for and not done: verdicts, acting for somebody, other people's data
understand   which questions, whose municipality and situation, what was said before
rewrite      a follow-up as it would be asked alone, where there is a language model
retrieve     passages that may answer
read         sentences that answer, and whether any does
decide       answer or say honestly that the sources do not
clarify      ask for what the answer depends on
compose      whole sentences, each with its source; a language model's only where every check lets them through
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from urllib.parse import urlsplit

from assistant.answers import Answer, Event, Outcome, events
from assistant.calibration import load_calibration
from assistant.config import AssistantConfig
from assistant.conversations import Conversations
from assistant.figures import FigureQuestions
from assistant.following_up import past_turn
from assistant.grounding import Grounding
from assistant.grounding_figures import FigureReader
from assistant.grounding_names import Names
from assistant.grounding_support import Entailment, SimilaritySupport
from assistant.known_questions import load_known_questions
from assistant.language_id import UNKNOWN, LanguageIdentifier
from assistant.languages import Language, load_languages
from assistant.llm_translating import FirstThat, llm_translator
from assistant.llms import ChatModel, spending
from assistant.official_terms import load_official_terms
from assistant.questions import MAX_CHARACTERS, InvalidQuestion, Profile
from assistant.quoting import Quoting
from assistant.reader_model import ReaderError, ReadingModel
from assistant.reading import ModelReader, Reader
from assistant.rewriting import Rewriter
from assistant.steps import Steps
from assistant.telling import told_early
from assistant.topics import Topics
from assistant.translation_checks import CheckedTranslator
from assistant.translators import NoTranslator, Translation, Translator, load_engine
from assistant.true_language import LanguageCheck
from assistant.turns import Turn
from assistant.urgency import SecondLook, load_second_look
from assistant.verifying import Verifier
from assistant.writing import Writer, describe_calls
from corpus.documents import Document
from corpus.glossary import load_glossary
from indexing.builds import BuildError
from indexing.e5_weights import WeightsError
from indexing.embedders import EmbedderError, load_embedder, load_tokenizer
from indexing.retrieval import Hit, Vectors
from indexing.serving import CurrentIndex

_THIS_MACHINE = (None, "localhost", "127.0.0.1", "::1")


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
        translator: Translator = NoTranslator(),
        second_look: SecondLook | None = None,
        today: Callable[[], date] = date.today,
        model: ChatModel | None = None,
        entailment: Entailment | None = None,
    ) -> None:
        self.config = config
        self.languages = languages
        self.municipalities = config.area
        self.conversations = Conversations()
        self._index = index
        self._identifier = LanguageIdentifier(languages, config.index.cache)
        self._model = model
        if model and "translate" in config.llm.steps:
            translator = FirstThat(llm_translator(model, languages), translator)
        self._translator = CheckedTranslator(translator, self._identifier, load_official_terms)
        check = LanguageCheck(self._identifier, languages)
        topics = Topics(load_glossary, config.index.analysers)
        quoting = Quoting(languages, check, self._translator, topics)
        rewriter, writer = self._model_steps(check, entailment)
        steps = self._do = Steps(
            config, languages, reader, second_look, quoting, check, self.conversations, today, rewriter, writer
        )
        self._steps: tuple[tuple[str, Callable[[Turn], Answer | None]], ...] = (
            ("screen", steps.screen),
            ("look again", steps.look_again),
            ("speak", steps.speak),
            ("decline", steps.decline),
            ("understand", steps.understand),
            *([("rewrite", steps.rewrite)] if rewriter else []),
            ("retrieve", steps.retrieve),
            ("read", steps.read),
            ("decide", steps.decide),
            ("clarify", steps.clarify),
            ("compose", steps.compose),
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
        return self._ask(self._begin(text, language, page_language, profile, conversation))

    def stream(
        self,
        text: str,
        *,
        language: str | None = None,
        page_language: str | None = None,
        profile: Profile = Profile(),
        conversation: str | None = None,
    ) -> Iterator[Event]:
        """The same Answer as events: status, then each sentence with its citations, then done.

        Where a language model writes it, sentences come as soon as they are checked and sure to stay.
        """
        self._check(text, language, page_language)
        turn = self._begin(text, language, page_language, profile, conversation)
        if self._model and self.config.llm.stream:
            return told_early(lambda tell: self._ask(turn, tell))
        return events(self._ask(turn))

    def urgent(
        self, text: str, *, language: str | None = None, page_language: str | None = None, thorough: bool = False
    ) -> Answer | None:
        """The Answer to an emergency or a crisis, ``None`` to anything else: at once, without index or model,
        for when there is no place for another question. ``thorough`` takes the second look as well, where an index is
        open. Raises InvalidQuestion."""
        self._check(text, language, page_language)
        turn = self._begin(text, language, page_language, Profile(), None)
        answer = self._do.screen(turn)
        if answer and answer.status in (Outcome.EMERGENCY, Outcome.CRISIS):
            return answer
        try:
            if thorough:
                with self._index.use() as turn.index:
                    return self._do.look_again(turn)
        except BuildError:
            pass
        return None

    def forget(self, conversation: str) -> None:
        """Forget a conversation at once. Nothing happens to one that is not known."""
        self.conversations.forget(conversation)

    def forget_expired(self) -> None:
        """Forget the conversations whose time is over, rather than when the next question comes."""
        self.conversations.drop_expired()

    def masked(self, text: str) -> str:
        """``text`` with personal data replaced, as it may be kept and shown again."""
        return self._do.masked(text)

    def not_ready(self) -> str | None:
        """``None`` when a build is open, else why not, for operators."""
        return self._index.why_not()

    def document(self, id: str) -> Document:
        """A document of the current build. Raises UnknownDocument or BuildError."""
        with self._index.use() as index:
            return index.document(id)

    def vector(self, text: str, language: str) -> Vectors:
        """The unit vector of a question, shape ``(dimension,)``, with its language taken out: questions that mean the
        same are near each other in whatever language. Raises BuildError."""
        with self._index.use() as index:
            return index.question_vector(text, language)

    @property
    def asks_elsewhere(self) -> str | None:
        """The host of the language model that gets questions, where it is another machine's."""
        host = urlsplit(self.config.llm.url or "").hostname
        return None if host in _THIS_MACHINE else host

    def identify(self, text: str, page_language: str | None = None) -> str:
        """The code of the language that ``text`` is taken to be in, one Neuvo speaks or not."""
        return self._identifier.identify(text, page=page_language).code

    def search(
        self,
        text: str,
        language: str | None = None,
        count: int = 10,
        allowed: Callable[[Document], bool] = lambda document: True,
    ) -> list[Hit]:
        """Hits from the documents that are ``allowed``, for people who look into the index. Raises BuildError."""
        code = language or self._identifier.identify(text).code
        with self._index.use() as index:
            return index.search(text, code, count=count, allowed=allowed)

    def translate(self, sentences: Sequence[str], source: str, target: str) -> Translation:
        """Sentences translated and checked, for people who ask for it. Raises TranslationError."""
        return self._translator.translate(sentences, source, target)

    def close(self) -> None:
        self._index.close()
        if self._model:
            self._model.close()

    def _model_steps(
        self, check: LanguageCheck, entailment: Entailment | None
    ) -> tuple[Rewriter | None, Writer | None]:
        """What the language model is used for, where there is one."""
        if self._model is None:
            return None, None
        terms, steps = load_official_terms(), self.config.llm.steps
        rewriter = Rewriter(self._model, self._identifier, FigureReader(), Names(self.languages, terms))
        writer = None
        if entailment and "compose" in steps:
            grounding = Grounding(self.languages, self._identifier, entailment, terms)
            verifier = Verifier(self._model) if "verify" in steps else None
            stream = self.config.llm.stream
            writer = Writer(self._model, grounding, self.languages, check, verifier=verifier, stream=stream)
        return (rewriter if "rewrite" in steps else None), writer

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
        ticket = self.conversations.begin(conversation) if conversation else None
        if language:
            return Turn(text, self.languages[language], "chosen", profile, ticket)
        found = self._identifier.identify(text, page=page_language)
        if found.code in self.languages:
            return Turn(text, self.languages[found.code], found.source, profile, ticket)
        fallback = page_language or ("en" if "en" in self.languages else next(iter(self.languages)))
        turn = Turn(text, self.languages[fallback], f"unsupported:{found.code}", profile, ticket)
        turn.unsupported = None if found.code == UNKNOWN else found.code
        return turn

    def _ask(self, turn: Turn, tell: Callable[[Answer], None] | None = None) -> Answer:
        turn.tell = tell
        try:
            with self._index.use() as turn.index:
                return self._answer(turn)
        except BuildError as error:
            turn.reasons.append(str(error))
            return self._do.without_index(turn)

    def _answer(self, turn: Turn) -> Answer:
        steps = []
        with spending(self.config.llm.seconds):
            for name, step in self._steps:
                started = time.perf_counter()
                answer = step(turn)
                steps.append({"step": name, "ms": round((time.perf_counter() - started) * 1000, 2)})
                if answer:
                    answer.trace["steps"] = steps
                    if calls := describe_calls(turn):
                        answer.trace["llm"] = calls
                    self._remember(turn, answer)
                    return answer
        raise AssertionError("the last step must answer")

    def _remember(self, turn: Turn, answer: Answer) -> None:
        if turn.conversation and (past := past_turn(turn, answer)):
            self.conversations.remember(turn.conversation, past)


def index_config(config: AssistantConfig, languages: Mapping[str, Language]) -> AssistantConfig:
    """``config`` with how each language's words are treated filled in from the language table."""
    analysers = {code: language.analyser for code, language in languages.items()}
    index = config.index.model_copy(update={"analysers": analysers | config.index.analysers})
    return config.model_copy(update={"index": index})


def build_assistant(config: AssistantConfig) -> Assistant:
    """The one place that picks the adapters. Raises EmbedderError when a model cannot be loaded, TranslationError when
    the translation packages cannot be used."""
    languages = load_languages()
    config = index_config(config, languages)
    translator = load_engine(config.translation, config.packages)
    embedder = load_embedder(config.index.model, cache=config.index.cache, threads=config.index.threads)
    index = CurrentIndex(config.index, embedder, load_glossary())
    try:
        model = ReadingModel(
            load_tokenizer(embedder, config.index.cache), cache=config.index.cache, threads=config.index.threads
        )
        reader = ModelReader(
            model,
            load_calibration("hits"),
            FigureQuestions(languages),
            known=load_known_questions(embedder.fingerprint),
            beside_known=load_calibration("hits_beside_known"),
        )
    except (ReaderError, WeightsError) as error:
        raise EmbedderError(str(error)) from error
    second_look = load_second_look(embedder.fingerprint)
    if not config.llm.enabled:
        return Assistant(config, languages, index, reader, translator, second_look)
    from assistant.entailment import EntailmentModel
    from assistant.llm_endpoint import Endpoint

    try:
        entailment = EntailmentModel(
            load_tokenizer(embedder, config.index.cache),
            SimilaritySupport(embedder),
            cache=config.index.cache,
            threads=config.index.threads,
        )
    except (ReaderError, WeightsError) as error:
        raise EmbedderError(str(error)) from error
    endpoint = Endpoint(config.llm)
    return Assistant(config, languages, index, reader, translator, second_look, model=endpoint, entailment=entailment)
