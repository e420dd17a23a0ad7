from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from cards_assistant import CardsAssistant
from conftest import ANSWERS, DOCUMENT, FakeAssistant

from assistant.answers import Answer, Outcome
from indexing.passages import Passage
from web.desk.evidence import Filters, Why, evidence
from web.desk.reasons import percent, reasons
from web.exchanges import Exchange

PASSAGES = [Passage(DOCUMENT.id, start, end, DOCUMENT.text[start:end], "fi").id for start, end in ((10, 41), (43, 48))]


def exchange(answer: Answer, question: str = "Kauanko?") -> Exchange:
    return Exchange("k", question, answer)


def read(passage: str, probability: float) -> dict[str, Any]:
    return {"document": DOCUMENT.id, "passage": passage, "probability": probability, "sentences": []}


@pytest.mark.parametrize(
    ("answer", "whys", "probabilities"),
    [
        pytest.param(
            replace(ANSWERS["answered"], sentences=(), trace={}),
            [Why.TOO_FAR, Why.TOO_FAR],
            [None, None],
            id="others were nearer",
        ),
        pytest.param(
            replace(
                ANSWERS["no_information"],
                trace={
                    "read": [read(PASSAGES[0], 0.2)],
                    "hits": [{"document": DOCUMENT.id, "passage": one} for one in PASSAGES],
                },
            ),
            [Why.TOO_UNSURE, Why.NOT_READ],
            [0.2, None],
            id="read and not sure enough; found and not read",
        ),
        pytest.param(
            replace(ANSWERS["answered"], sentences=(), trace={"read": [read(PASSAGES[1], 0.7)]}),
            [Why.TOO_FAR, Why.LESS_LIKELY],
            [None, 0.7],
            id="another answers better",
        ),
        pytest.param(
            replace(ANSWERS["answered"], sentences=(), trace={"municipalities": ["Espoo"]}),
            [Why.ELSEWHERE, Why.ELSEWHERE],
            [None, None],
            id="of Kauniainen while the question is about Espoo",
        ),
    ],
)
def test_why_a_passage_is_in_the_answer_or_not(
    answer: Answer, whys: list[Why], probabilities: list[float | None]
) -> None:
    found = evidence(exchange(answer), "en", Filters(), FakeAssistant(), "fi")
    assert found is not None
    assert [one.why for one in found.passages] == whys
    assert [one.reader for one in found.passages] == probabilities


def test_a_cited_passage_is_in_the_answer() -> None:
    answer = ANSWERS["answered"]
    (sentence, _) = answer.sentences
    cited = replace(sentence, citations=(replace(sentence.citations[0], passage=PASSAGES[0]),))
    found = evidence(exchange(replace(answer, sentences=(cited,))), "en", Filters(), FakeAssistant(), "fi")
    assert found
    assert [one.why for one in found.passages] == [Why.QUOTED, Why.TOO_FAR]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param({}, True, id="no filter"),
        pytest.param({"municipality": "Kauniainen"}, True, id="its municipality"),
        pytest.param({"municipality": "Espoo"}, False, id="another municipality"),
        pytest.param({"publisher": "Kauniaisten kaupunki"}, True, id="its publisher"),
        pytest.param({"publisher": "Kela"}, False, id="another publisher"),
        pytest.param({"status": "in force"}, False, id="another status"),
        pytest.param({"language": "fi"}, True, id="its language"),
        pytest.param({"language": "sv"}, False, id="another language"),
        pytest.param({"on": "2026-12-31"}, True, id="the last day it holds"),
        pytest.param({"on": "2027-01-01"}, False, id="the day after"),
        pytest.param({"on": "tomorrow"}, True, id="no day at all"),
        pytest.param({"audience": "student"}, True, id="nobody knows whom a document is for"),
    ],
)
def test_filters(query: dict[str, str], found: bool) -> None:
    assert Filters.of(query).allow(DOCUMENT) is found
    shown = evidence(exchange(ANSWERS["answered"]), "en", Filters.of(query), FakeAssistant(), "fi")
    assert shown
    assert bool(shown.passages) is found
    # What can be chosen does not shrink with what is chosen.
    assert shown.choices["publisher"] == ["Kauniaisten kaupunki"]


@pytest.mark.parametrize(
    ("card", "audience", "found"),
    [
        pytest.param("integration-training", "jobseeker", True, id="for jobseekers"),
        pytest.param("integration-training", "student", False, id="not for students"),
        pytest.param("hello-espoo", "student", True, id="for everybody"),
    ],
)
def test_whom_a_card_is_for(card: str, audience: str, found: bool) -> None:
    document = replace(DOCUMENT, card=card)
    assert Filters(audience=audience).allow(document) is found


def test_nothing_is_searched_for_a_message_that_is_not_kept_or_without_a_build() -> None:
    assert evidence(exchange(ANSWERS["violence"], ""), "en", Filters(), FakeAssistant(), "fi") is None
    assert evidence(exchange(ANSWERS["answered"]), "en", Filters(), FakeAssistant(reason="no build"), "fi") is None
    assert evidence(exchange(ANSWERS["answered"]), "de", Filters(), FakeAssistant(), "fi") is None
    assert Filters.of({"on": date(2026, 1, 1).isoformat()}).on == date(2026, 1, 1)


def test_a_card_in_another_language_is_shown_in_the_advisors_too() -> None:
    assistant = CardsAssistant()
    asked = exchange(assistant.ask("answered", language="ar"))
    found = evidence(asked, "ar", Filters(), assistant, "fi")
    assert found
    first = found.passages[0]
    assert first.own
    document, text = first.own
    assert document.id == "card-integration-training-fi"
    assert text == document.text[document.blocks[1].start :]
    again = evidence(asked, "ar", Filters(), assistant, "ar")
    assert again
    assert again.passages[0].own is None


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        pytest.param(
            "probability 0.31 is below 0.5",
            "Probability of the best text: 31 %; at least 50 % is needed.",
            id="not sure enough",
        ),
        pytest.param(
            "question 2: probability 0.00 is below 0.5",
            "Question 2: probability of the best text 1 %; at least 50 % is needed.",
            id="the second question",
        ),
        pytest.param(
            "Neuvo does not speak de",
            "The message seems to be in a language Neuvo does not speak: German.",
            id="a language",
        ),
        pytest.param("no document is about Turku", "No source is about Turku.", id="a municipality"),
        pytest.param(
            "the answer depends on the situation",
            "Who is responsible depends on the client's situation.",
            id="the situation",
        ),
        pytest.param("something new", "something new", id="one that nobody put into words"),
    ],
)
def test_reasons_in_words(reason: str, words: str) -> None:
    answer = Answer("1", Outcome.NO_INFORMATION, "en", "ltr", trace={"reasons": [reason]})
    assert list(reasons(answer, "en", str)) == [words]


def test_what_else_a_trace_tells() -> None:
    trace = {
        "declined": ["permit", "benefit", "about_other"],
        "masked": ["phone"],
        "urgency": 0.61,
        "translations": [{"engine": "argos"}, {"error": "broken"}],
    }
    found = list(reasons(Answer("1", Outcome.PARTIAL, "en", "ltr", trace=trace), "en", str))
    assert found == [
        "It asks whether somebody will get a permit or a benefit: only the authority decides that.",
        "It asks about another person: Neuvo knows nothing about anybody.",
        "It may be urgent (probability 61 %): read the message once more yourself.",
        "Personal data was hidden before searching.",
        "A translation failed, so the original is shown.",
    ]


def test_nothing_is_certain() -> None:
    assert [percent(one) for one in (0.0, 0.004, 0.5, 0.999, 1.0)] == ["1 %", "1 %", "50 %", "99 %", "99 %"]
