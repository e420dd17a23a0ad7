"""What each step of answering does. Each adds to the turn and may end it with an Answer; ``assistant.answering`` has
the steps in their order."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import date

from assistant import municipalities
from assistant.answers import Answer, Clarification, Outcome, Sentence
from assistant.clarifying import Undecided, fitting, undecided
from assistant.composing import MOST_SENTENCES, choose, compose, own_words
from assistant.config import AssistantConfig
from assistant.conversations import Conversations
from assistant.declining import VERDICTS, Declined, Decliner, guidance
from assistant.finding import Finder
from assistant.finishing import NEAR, Finisher, responsible
from assistant.following_up import FollowUps
from assistant.languages import Language, display_name
from assistant.questions import Profile
from assistant.quoting import Quoting
from assistant.reading import OVERVIEW, Reader, ReadSentence, ReadText
from assistant.rewriting import Rewriter
from assistant.screening import Screener
from assistant.screening_combinations import Category
from assistant.true_language import LanguageCheck
from assistant.turns import Part, Turn
from assistant.understanding import Understanding
from assistant.urgency import SecondLook
from assistant.writing import Writer

_MEANT, _CLEARLY = 0.4, 3.0
"""Least probability of the sentence of the branch that a question means, and how many times any other's it is."""
_A_LITTLE = 0.15
"""Least probability of a text that helps to answer a broad question."""
_SAME_TOPIC = 3.0
"""Score of a hit that is surely about the question's topic: the body responsible for it is named."""


class Steps:
    """The steps, with what they need. Safe to share between threads: all that changes is the turn."""

    def __init__(
        self,
        config: AssistantConfig,
        languages: Mapping[str, Language],
        reader: Reader,
        second_look: SecondLook | None,
        quoting: Quoting,
        check: LanguageCheck,
        conversations: Conversations,
        today: Callable[[], date],
        rewriter: Rewriter | None = None,
        writer: Writer | None = None,
    ) -> None:
        self._config = config
        self._rewriter = rewriter
        self._writer = writer
        self._languages = languages
        self._conversations = conversations
        self._today = today
        self._screener = Screener(languages, config.index.cache)
        self._understanding = Understanding(languages)
        self._second_look = second_look
        self._decliner = Decliner(languages)
        self._municipality_names = municipalities.load_names()
        places = [start for starts in self._municipality_names.values() for start in starts]
        self._finder = Finder(reader, places, config.thresholds.answer)
        self._follow_ups = FollowUps(self._understanding, self._finder, config.thresholds.answer)
        self._quoting = quoting
        self._finisher = Finisher(languages, check, config)

    def screen(self, turn: Turn) -> Answer | None:
        """Emergencies and crises first, without a model; personal data is masked before anything else."""
        screening = turn.screening = self._screener.screen(turn.text, turn.language.code)
        turn.text = screening.masked
        if screening.category is None:
            return None
        if screening.language and turn.language_source != "chosen":
            turn.language = self._languages[screening.language]
        if screening.category == "small_talk":
            return self._finisher.finish(turn, Outcome.SMALL_TALK, [turn.language.messages.small_talk])
        return self._urgent(turn, screening.categories)

    def look_again(self, turn: Turn) -> Answer | None:
        """What the tables of screening may have missed: the message beside others known to be urgent."""
        if self._second_look is None:
            return None
        urgency = turn.urgency = self._second_look.of(self._finder.vector(turn, turn.text))
        if urgency.probability < self._config.thresholds.urgent:
            return None
        turn.taken_for = (urgency.kind,)
        turn.reasons.append(f"the second look takes it for {urgency.kind}")
        return self._urgent(turn, (urgency.kind,))

    def speak(self, turn: Turn) -> Answer | None:
        """A language that Neuvo does not speak is named, in the page's language and in English."""
        if not turn.unsupported:
            return None
        turn.reasons.append(f"Neuvo does not speak {turn.unsupported}")
        spoken = {language.code: language for language in (turn.language, self._languages.get("en", turn.language))}
        says = [
            own_words([language.messages.unsupported_language.format(language=name)], language)
            for code, language in spoken.items()
            for name in [display_name(turn.unsupported, code)]
        ]
        return self._finisher.finish(
            turn, Outcome.OUT_OF_SCOPE, [], tuple(sentence for own in says for sentence in own)
        )

    def decline(self, turn: Turn) -> Answer | None:
        """Note what is asked for and not done; of other people Neuvo knows nothing, so it looks for nothing."""
        turn.declined = self._decliner.declined(turn.text, turn.language.code)
        if Declined.ABOUT_OTHER in turn.declined:
            return self._finisher.finish(turn, Outcome.OUT_OF_SCOPE, [])
        return None

    def understand(self, turn: Turn) -> Answer | None:
        """What the words say, with what the asker and the turns before said: municipality, situation, questions."""
        assert turn.index
        code = turn.language.code
        if turn.conversation:
            turn.past = self._conversations.recall(turn.conversation.id)
        before = turn.past[-1] if turn.past else None
        turn.named = frozenset(municipalities.named(turn.text, self._municipality_names))
        said = turn.profile.municipality
        if before and not said and len(before.municipalities) == 1:
            said = next(iter(before.municipalities))
        situation = self._understanding.situation(turn.text, code) or turn.profile.situation
        if not situation and before:
            situation = before.situation
        turn.profile = Profile(said, situation)
        turn.about, turn.allowed = municipalities.scope(said, turn.named, self._config.area)
        turn.parts = [Part(text) for text in self._understanding.questions(turn.text)]
        covered = {place for document in turn.index.documents() for place in document.municipalities}
        if turn.named and turn.about.isdisjoint({*covered, *self._config.area}):
            turn.reasons.append(f"no document is about {', '.join(sorted(turn.about))}")
            return self._finisher.finish(turn, Outcome.OUT_OF_SCOPE, [turn.language.messages.out_of_scope])
        return None

    def rewrite(self, turn: Turn) -> Answer | None:
        """Make a follow-up stand alone, where there is a language model that can."""
        if self._rewriter and turn.past and self._understanding.leans_back(turn.parts[0].text, turn.language.code):
            first, before = turn.parts[0], [past.question for past in turn.past]
            first.rewritten, turn.rewriting = self._rewriter.rewrite(first.text, before, turn.language)
        return None

    def retrieve(self, turn: Turn) -> Answer | None:
        """Passages that may answer each question."""
        for part in turn.parts:
            part.hits = self._finder.search(turn, part.query, turn.allowed)
        return None

    def read(self, turn: Turn) -> Answer | None:
        """Which sentences answer, alone or as a follow-up."""
        for number, part in enumerate(turn.parts):
            part.reading = self._finder.read(turn, part.query, part.hits)
            if part.rewritten and part.reading.probability < self._config.thresholds.answer:
                part.rewritten = None
                part.hits = self._finder.search(turn, part.text, turn.allowed)
                part.reading = self._finder.read(turn, part.text, part.hits)
            if turn.past and not number and not part.rewritten:
                self._follow_ups.read(turn, part)
        return None

    def decide(self, turn: Turn) -> Answer | None:
        """Say honestly that the sources do not answer, where they answer no question of the message."""
        least = self._config.thresholds.answer
        for number, part in enumerate(turn.parts, 1):
            part.broad = part.reading.probability < least <= part.reading.together
            if part.reading.probability >= least or part.broad:
                turn.answered.append(part)
                continue
            which = f"question {number}: " if len(turn.parts) > 1 else ""
            turn.reasons.append(f"{which}probability {part.reading.probability:.2f} is below {least}")
        if turn.answered:
            return None
        assert turn.index
        if guide := guidance(turn.declined, turn.index, turn.language.code):
            return self._finisher.finish(turn, Outcome.PARTIAL, [], self._composed(turn, guide), missing=turn.missing)
        says = [turn.language.messages.no_information]
        nearest = self._finisher.nearest(turn)
        if nearest:
            says.append(turn.language.messages.no_information_nearest)
        sure = [hit.document for hit in turn.parts[0].hits[:1] if hit.score >= _SAME_TOPIC]
        return self._finisher.finish(
            turn, Outcome.NO_INFORMATION, says, bodies=responsible(turn, sure), nearest=nearest
        )

    def clarify(self, turn: Turn) -> Answer | None:
        """Ask for what decides who is responsible, with what holds for each choice."""
        for part in turn.answered:
            if part.broad:
                continue
            document = part.best.document
            lacking = undecided(
                document,
                [(sentence.text, sentence.start, sentence.end) for sentence in part.best.sentences],
                turn.home,
                turn.profile.situation,
                asks_who=self._understanding.asks_responsible(part.query, turn.language.code),
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
                    quotes += self._answering(turn, other)
            clarification = Clarification(lacking.field, asked, lacking.choices)
            return self._finisher.finish(turn, Outcome.CLARIFY, [], quotes, missing=turn.missing, clarify=clarification)
        return None

    def compose(self, turn: Turn) -> Answer | None:
        """The sentences that answer, each once, with what must be said about their sources."""
        partly = turn.missing or VERDICTS.intersection(turn.declined)
        status = Outcome.PARTIAL if partly else Outcome.ANSWERED
        sentences = {(one.text, one.language): one for one in self._written(turn, status)}
        for part in turn.answered if not sentences else ():
            for sentence in self._answering(turn, part):
                sentences.setdefault((sentence.text, sentence.language), sentence)
        bodies = responsible(turn, [text.document for part in turn.answered for text in _texts(part)])
        return self._finisher.finish(turn, status, [], tuple(sentences.values()), bodies, missing=turn.missing)

    def _urgent(self, turn: Turn, categories: Collection[Category]) -> Answer:
        says = turn.language.messages
        violence = "violence" in categories
        if "emergency" in categories:
            beaten = [says.crisis_violence] if violence else []
            return self._finisher.finish(turn, Outcome.EMERGENCY, [says.emergency, *beaten], violence=violence)
        message = says.crisis if "crisis" in categories else says.crisis_violence
        return self._finisher.finish(turn, Outcome.CRISIS, [message], violence=violence)

    def without_index(self, turn: Turn) -> Answer:
        """No build is open: what needs none is still said, emergencies above all."""
        if answer := self.screen(turn) or self.speak(turn):
            return answer
        return self._finisher.finish(turn, Outcome.UNAVAILABLE, [turn.language.messages.unavailable])

    def masked(self, text: str) -> str:
        """``text`` with personal data replaced."""
        return self._screener.screen(text).masked

    def _written(self, turn: Turn, status: Outcome) -> tuple[Sentence, ...]:
        """What a language model wrote and every check let through; nothing where there is none, or it failed. Told as
        it comes to whoever listens."""
        if not self._writer:
            return ()
        chosen = {
            number: [one for text in _texts(part) for one in self._chosen(turn, part, text)]
            for number, part in enumerate(turn.answered)
        }

        def heard(sentences: tuple[Sentence, ...]) -> bool:
            if turn.tell:
                turn.tell(self._finisher.finish(turn, status, [], sentences))
            return turn.tell is not None

        return self._writer.write(turn, chosen, turn.home or self._config.area[0], self._today(), heard) or ()

    def _answering(self, turn: Turn, part: Part) -> tuple[Sentence, ...]:
        """What answers one question: of one text, or the likeliest sentence of each that answers a broad one."""
        if not part.broad:
            return self._composed(turn, self._chosen(turn, part, part.best))
        firsts = [max(self._chosen(turn, part, text), key=lambda one: one.probability) for text in _texts(part)]
        return tuple(sentence for first in firsts for sentence in self._composed(turn, [first]))

    def _chosen(self, turn: Turn, part: Part, best: ReadText) -> list[ReadSentence]:
        """The sentences to show of a text: those that answer, but for what holds only for somebody else."""
        places = [(sentence.text, sentence.start, sentence.end) for sentence in best.sentences]
        fits = fitting(best.document, places, turn.home, turn.profile.situation)
        others = {start for _, start, _ in fits.left_out}
        chosen = choose(best, without=others)
        if fits.first and self._understanding.asks_responsible(part.query, turn.language.code):
            first = {start for _, start, _ in fits.first}
            chosen = [sentence for sentence in best.sentences if sentence.start in first] + chosen
        return list(dict.fromkeys(chosen))

    def _composed(self, turn: Turn, chosen: list[ReadSentence]) -> tuple[Sentence, ...]:
        home = turn.home or self._config.area[0]
        quotes = self._quoting.quotes(chosen, turn.language, lambda: _topic(turn))
        turn.translations += quotes.trace
        return compose(chosen, quotes, turn.language, home, self._today())


def _texts(part: Part) -> tuple[ReadText, ...]:
    """The texts that answer a question: one, or of a broad question those that answer a little."""
    if not part.broad:
        return (part.best,)
    return tuple(text for text in part.reading.texts[:OVERVIEW] if text.probability >= _A_LITTLE)


def _topic(turn: Turn) -> str | None:
    """The title, in the asker's language, of the service card nearest to what was asked."""
    assert turn.index
    for hit in sorted((hit for part in turn.parts for hit in part.hits), key=lambda hit: -hit.score):
        if hit.document.card and hit.score >= NEAR:
            for document in turn.index.documents():
                if (document.card, document.language) == (hit.document.card, turn.language.code):
                    return document.title
    return None


def _says_which(lacking: Undecided, text: ReadText) -> bool:
    """Whether the question itself says which of the branches it means ("the plan of the unemployed"): one of them
    answers it likely, the others far less."""
    likely = {sentence.start: sentence.probability for sentence in text.sentences}
    branches = [max((likely.get(start, 0.0) for _, start, _ in one.sentences), default=0.0) for one in lacking.branches]
    *others, best = sorted(branches)
    return best >= _MEANT and best >= _CLEARLY * max(others, default=0.0)
