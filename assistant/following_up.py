"""Questions that lean on those before them: how they are read, and what is kept for the next one."""

from __future__ import annotations

from assistant.answers import Answer, Outcome
from assistant.conversations import PastTurn
from assistant.finding import Finder
from assistant.reading import Reading, likeliest
from assistant.turns import Part, Turn
from assistant.understanding import Understanding

# Set by hand; benchmarks/conversations.py measures what they do.
MARKED_BONUS = 0.15
"""What a mark of leaning back ("and", "there") adds to the probability that the source before answers."""
TOGETHER_PENALTY = 0.1
"""What is taken from a source that was found with the question before: some of what it answers was asked before."""
OLD_READ, NEW_READ = 1, 2
"""Texts that are read of the sources before, and of those found with the question before."""
REMEMBERED_CHARACTERS = 160
"""Of the question before, what a follow-up is read with."""

_TOPICAL = (Outcome.ANSWERED, Outcome.PARTIAL, Outcome.CLARIFY)


class FollowUps:
    """Reads questions as follow-ups. ``least`` is the probability that a question's own reading must have for one
    that does not lean back to be left alone."""

    def __init__(self, understanding: Understanding, finder: Finder, least: float) -> None:
        self._understanding = understanding
        self._finder = finder
        self._least = least

    def read(self, turn: Turn, part: Part) -> None:
        """Read the question as one about what the turn before was about, and keep that where it is the better
        reading: a question that leans on it is taken so unless it finds something of its own that is clearly
        better; one that does not lean is taken so only where it finds nothing."""
        before, code = turn.past[-1], turn.language.code
        if self._understanding.new_topic(part.text, code):
            return
        if self._understanding.corrects(part.text, code) and self._corrected(turn, part):
            return
        alone = part.reading.probability
        marked = self._understanding.follows_up(part.text, code)
        tells = bool(turn.named) or self._understanding.situation(part.text, code) is not None
        if tells and self._understanding.only_tells(part.text, code, len(turn.named)) and self._again(turn, part):
            return
        leans = marked or tells or self._understanding.leans_back(part.text, code)
        if not leans and alone >= self._least:
            return
        sources = set(before.sources)
        together = f"{before.question[-REMEMBERED_CHARACTERS:]} {part.text}"
        of_old = self._finder.search(turn, together, lambda d: (d.card or d.id) in sources and turn.allowed(d))
        old = self._finder.read(turn, part.text, of_old[:OLD_READ])
        near = self._finder.search(turn, together, turn.allowed)
        new = self._finder.read(turn, together, near[:NEW_READ]) if marked or tells else Reading(())
        unknown = any(text.unknown for text in old.texts)
        candidates = [
            (old.probability + (MARKED_BONUS if marked else 0.0), old, of_old),
            (0.0 if unknown or _repeats(turn, old, new) else new.probability - TOGETHER_PENALTY, new, near),
        ]
        worth, reading, hits = max(candidates, key=lambda candidate: candidate[0])
        turn.reasons.append(
            f"as a follow-up: {old.probability:.2f} in the old source, {new.probability:.2f} with the question before, "
            f"{alone:.2f} alone"
        )
        if reading.texts and worth > alone:
            part.reading, part.hits, part.stands_alone = reading, hits, False

    def _again(self, turn: Turn, part: Part) -> bool:
        """Ask the question before once more, now that more is known of whom it is about. Only where that decides the
        answer: it asks who is responsible."""
        before = turn.past[-1]
        if not self._understanding.asks_responsible(before.question, before.language):
            return False
        sources = set(before.sources)
        for allowed in (lambda d: (d.card or d.id) in sources and turn.allowed(d), turn.allowed):
            hits = self._finder.search(turn, before.question, allowed)
            reading = self._finder.read(turn, before.question, hits[:NEW_READ])
            if reading.probability >= self._least:
                turn.reasons.append("the question before is asked again of what is told now")
                part.rewritten = before.question
                part.reading, part.hits, part.stands_alone = reading, hits, False
                return True
        return False

    def _corrected(self, turn: Turn, part: Part) -> bool:
        """Ask the question before of what the correction names, in other sources than those it was answered from."""
        before = turn.past[-1]
        sources = set(before.sources)
        hits = self._finder.search(turn, part.text, lambda d: (d.card or d.id) not in sources and turn.allowed(d))
        reading = self._finder.read(turn, f"{before.question[-REMEMBERED_CHARACTERS:]} {part.text}", hits[:NEW_READ])
        if reading.probability < self._least:
            return False
        turn.reasons.append("the question before is asked of what was meant")
        part.reading, part.hits, part.stands_alone = reading, hits, False
        return True


def _repeats(turn: Turn, old: Reading, new: Reading) -> bool:
    """Whether ``new`` only says again what was shown before: the figure that answered then does not answer what is
    asked for now. A price is told apart from other figures, so it may be said again."""
    shown = frozenset[tuple[str, int]]().union(*(past.shown for past in turn.past))
    return (
        old.figure
        and not old.price
        and all(
            (sentence.document.id, sentence.start) in shown
            for text in new.texts[:1]
            for sentence in likeliest(text.sentences)
        )
    )


def past_turn(turn: Turn, answer: Answer) -> PastTurn | None:
    """What the conversation is about now; ``None`` for a turn that found nothing, which leaves the topic as it was.

    A first question without an answer makes the source that was named as nearest the topic.
    """
    before = turn.past[-1] if turn.past else None
    if answer.status is Outcome.NO_INFORMATION and answer.nearest and not before:
        source = turn.parts[0].hits[0].document
        return PastTurn(
            turn.text[-2 * REMEMBERED_CHARACTERS :],
            turn.language.code,
            (source.card or source.id,),
            turn.named,
            turn.profile.situation,
        )
    if answer.status not in _TOPICAL:
        return None
    answered = turn.answered[-1]
    question = answered.rewritten or turn.text
    if not answered.stands_alone and not answered.rewritten and before:
        question = f"{before.question} {turn.text}"
    return PastTurn(
        question[-2 * REMEMBERED_CHARACTERS :],
        turn.language.code,
        tuple(dict.fromkeys(part.best.document.card or part.best.document.id for part in turn.answered)),
        turn.named or (before.municipalities if before else frozenset()),
        turn.profile.situation,
        frozenset((c.document, c.start) for sentence in answer.sentences for c in sentence.citations),
    )
