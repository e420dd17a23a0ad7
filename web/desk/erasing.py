"""Everything that is kept of a conversation, erased by its id."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Engine

from web.desk.case_files import CaseFiles
from web.desk.flags import Flags
from web.desk.hand_offs import HandOffs
from web.desk.kept_questions import KeptQuestions
from web.desk.settings import DeskSettings
from web.feedback import FeedbackStore


@dataclass(frozen=True, slots=True)
class Erased:
    """How many of each there were."""

    questions: int = 0
    feedback: int = 0
    flags: int = 0
    hand_offs: int = 0

    @property
    def total(self) -> int:
        return self.questions + self.feedback + self.flags + self.hand_offs


@dataclass(frozen=True, slots=True)
class Eraser:
    """Reaches every place in the database in which words of residents are kept. Blocks."""

    questions: KeptQuestions
    feedback: FeedbackStore
    flags: Flags
    hand_offs: HandOffs

    def erase(self, conversation: str, keys: Iterable[str] = (), *, hand_offs: bool = True) -> Erased:
        """Erase what belongs to a conversation and to the questions with these keys. Without ``hand_offs`` what was
        left to an advisor stays: whoever begins a new conversation still waits for that answer."""
        keys = tuple(keys)
        return Erased(
            questions=self.questions.forget_words(keys, conversation),
            feedback=self.feedback.forget_words(keys, conversation),
            flags=self.flags.forget_conversation(conversation, keys, hand_offs=hand_offs),
            hand_offs=self.hand_offs.forget_conversation(conversation) if hand_offs else 0,
        )


def open_eraser(engine: Engine, settings: DeskSettings) -> Eraser:
    """Other systems are told of hand-offs that are erased: the running server does."""
    target = settings.hand_off.target
    return Eraser(
        KeptQuestions(engine),
        FeedbackStore(engine, str),
        Flags(engine, CaseFiles(settings.data) if settings.data else None),
        HandOffs(engine, [] if target == "inbox" else [target]),
    )
