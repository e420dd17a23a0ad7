"""Questions that several texts answer together, and messages that only the second look finds urgent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from assistant.answering import Assistant, index_config
from assistant.answers import Answer, Outcome
from assistant.config import AssistantConfig, Thresholds
from assistant.figures import FigureQuestions
from assistant.languages import load_languages
from assistant.reading import ModelReader, Reader, Reading, Vector
from assistant.urgency import SecondLook, Urgency
from indexing.builds import IndexConfig, make_build
from indexing.retrieval import Hit, Index
from indexing.serving import CurrentIndex
from tests.fakes import WORDS_CALIBRATION, WordsEmbedder, WordsModel, document

LANGUAGES = load_languages()
READER = ModelReader(WordsModel(), WORDS_CALIBRATION, FigureQuestions(LANGUAGES))
NOTHING = np.zeros(1, np.float32)


@dataclass(frozen=True)
class Alarmed(SecondLook):
    """A second look that finds the same in every message."""

    always: Urgency

    def of(self, vector: Vector) -> Urgency:
        return self.always


def alarmed(urgency: Urgency) -> Alarmed:
    return Alarmed(NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, urgency)


@dataclass(frozen=True)
class Unsure:
    """A reader that thinks every text answers with probability 0.4."""

    reader: ModelReader

    def read(self, index: Index, question: str, language: str, vector: Vector, hits: Sequence[Hit]) -> Reading:
        reading = self.reader.read(index, question, language, vector, hits)
        return Reading(tuple(replace(text, probability=0.4) for text in reading.texts), reading.figure)


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> AssistantConfig:
    data = tmp_path_factory.mktemp("broad")
    settings = AssistantConfig(index=IndexConfig(data=data), thresholds=Thresholds(answer=0.45))
    config = index_config(settings, LANGUAGES)
    corpus = [
        document(
            "training-en", "Finnish is taught in integration training.", card="training", municipalities=("Espoo",)
        ),
        document("cafe-en", "Finnish is practised in the language café.", card="cafe", municipalities=("Espoo",)),
    ]
    make_build(corpus, config.index, WordsEmbedder())
    return config


@pytest.mark.parametrize(
    ("thorough", "kind", "status"),
    [(False, "violence", None), (True, "violence", Outcome.CRISIS), (True, "emergency", Outcome.EMERGENCY)],
)
def test_what_is_urgent_is_seen_by_a_second_look_too_where_that_is_asked_for(
    config: AssistantConfig, thorough: bool, kind: str, status: Outcome | None
) -> None:
    index = CurrentIndex(config.index, WordsEmbedder())
    assistant = Assistant(config, LANGUAGES, index, READER, second_look=alarmed(Urgency(0.99, kind)))
    try:
        found = assistant.urgent("He is like that every evening.", page_language="en", thorough=thorough)
    finally:
        assistant.close()
    assert (found and found.status) == status


def ask(config: AssistantConfig, text: str, reader: Reader = READER, look: SecondLook | None = None) -> Answer:
    index = CurrentIndex(config.index, WordsEmbedder())
    assistant = Assistant(config, LANGUAGES, index, reader, second_look=look)
    try:
        return assistant.ask(text, language="en")
    finally:
        assistant.close()


@pytest.mark.parametrize(
    ("urgency", "status", "after_112"),
    [
        (Urgency(0.9, "emergency"), Outcome.EMERGENCY, "contact_medical"),
        (Urgency(0.9, "crisis"), Outcome.CRISIS, "contact_mieli"),
        (Urgency(0.9, "violence"), Outcome.CRISIS, "contact_nollalinja"),
        (Urgency(0.7, "violence"), Outcome.ANSWERED, "contact_nollalinja"),
    ],
    ids=["sure of an emergency", "sure of a crisis", "sure of violence", "in doubt: the answer, and the contacts"],
)
def test_a_second_look(config: AssistantConfig, urgency: Urgency, status: Outcome, after_112: str) -> None:
    answer = ask(config, "Finnish in integration training?", look=alarmed(urgency))
    says = LANGUAGES["en"].messages
    assert answer.status is status
    names = [contact.name for contact in answer.contacts]
    first = names.index(says["contact_emergency"])
    assert names[first : first + 2] == [says["contact_emergency"], says[after_112]]
    assert answer.trace["urgency"] == urgency.probability
    sure = status is not Outcome.ANSWERED
    # What the web keeps nowhere is told by this; what the tables alone found, by "category".
    assert answer.trace["categories"] == ([urgency.kind] if sure else [])
    assert answer.trace["category"] is None


def test_no_second_look_changes_nothing(config: AssistantConfig) -> None:
    calm = alarmed(Urgency(0.1, "crisis"))
    answers = [ask(config, "Finnish in integration training?", look=look) for look in (None, calm)]
    assert [answer.status for answer in answers] == [Outcome.ANSWERED, Outcome.ANSWERED]
    assert answers[0].contacts == answers[1].contacts
    assert [contact.phone for contact in answers[0].contacts] == [None]


def test_a_broad_question_is_answered_by_several_texts_together(config: AssistantConfig) -> None:
    answer = ask(config, "Finnish?", reader=Unsure(replace(READER, sure=2.0)))
    # 1 - 0.6 * 0.6 = 0.64 is above the threshold of 0.45, though each text alone is below
    assert answer.status is Outcome.ANSWERED
    cited = [citation.document for sentence in answer.sentences for citation in sentence.citations]
    assert sorted(cited) == ["cafe-en", "training-en"]


def test_one_unsure_text_alone_does_not_answer(config: AssistantConfig, tmp_path: Path) -> None:
    alone = config.model_copy(update={"index": config.index.model_copy(update={"data": tmp_path})})
    make_build([document("cafe-en", "Finnish is practised in the language café.")], alone.index, WordsEmbedder())
    assert ask(alone, "Finnish?", reader=Unsure(replace(READER, sure=2.0))).status is Outcome.NO_INFORMATION
