"""Answers that a model writes: what reaches the asker, and what does not."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from assistant.answering import Assistant
from assistant.answers import Answer, Outcome
from assistant.config import AssistantConfig
from assistant.questions import Profile
from tests.assistant.modelled import ASKED, LANGUAGES, QUOTED, built, composed, with_model, without_model
from tests.scripted_endpoint import Asked, Says, ScriptedEndpoint, scripted

GOOD = "The integration training lasts 220 days."


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> AssistantConfig:
    return built(tmp_path_factory.mktemp("modelled"))


@pytest.fixture(scope="module")
def endpoint() -> Iterator[ScriptedEndpoint]:
    with scripted(lambda asked: Says()) as running:
        yield running


@pytest.fixture
def server(endpoint: ScriptedEndpoint) -> ScriptedEndpoint:
    endpoint.script = lambda asked: Says(composed((GOOD, [1])))
    endpoint.asked.clear()
    return endpoint


@pytest.fixture(scope="module", params=[False, True], ids=["whole", "streamed"])
def opened(config: AssistantConfig, endpoint: ScriptedEndpoint, request: pytest.FixtureRequest) -> Iterator[Assistant]:
    assistant = with_model(config, endpoint.url, stream=request.param, seconds=5)
    yield assistant
    assistant.close()


@pytest.fixture
def assistant(opened: Assistant, server: ScriptedEndpoint) -> Assistant:
    return opened


def texts(answer: Answer) -> list[str]:
    return [sentence.text for sentence in answer.sentences]


def outcome(answer: Answer) -> str:
    return str(answer.trace["llm"]["written"]["outcome"])


def faults(answer: Answer) -> list[str | None]:
    return [one["fault"] for one in answer.trace["llm"]["written"]["sentences"]]


def test_a_checked_sentence_is_shown_with_its_quote(assistant: Assistant) -> None:
    answer = assistant.ask(ASKED)
    assert (answer.status, texts(answer), outcome(answer)) == (Outcome.ANSWERED, [GOOD], "used")
    [citation] = answer.sentences[0].citations
    assert citation.quote == QUOTED
    assert assistant.document("training-en").text[citation.start : citation.end] == QUOTED
    [call] = answer.trace["llm"]["calls"]
    assert (call["step"], call["outcome"], call["tokens_in"]) == ("compose", "ok", 100)
    assert answer.trace["llm"]["written"]["prompt"].startswith("compose 1 ")


def test_what_the_model_is_shown(assistant: Assistant, server: ScriptedEndpoint) -> None:
    assistant.ask(ASKED, profile=Profile("Espoo"))
    [asked] = server.asked
    system, user = (message["content"] for message in asked.body["messages"])
    for shown in ("title: training-en", "publisher: City of Espoo", "municipality: Espoo", "status: in force"):
        assert shown in user
    assert "link: [[L1]]" in user
    assert "espoo.fi" not in user
    assert f"Question: {ASKED}" in user
    assert "in English (en) only" in system
    assert asked.body["response_format"]["json_schema"]["schema"]["required"] == ["sentences", "complete", "missing"]


@pytest.mark.parametrize(
    ("sentence", "cites", "fault"),
    [
        ("The integration training lasts 230 days.", [1], "figure"),
        ("The integration training lasts 220 weeks.", [1], "figure"),
        ("The integration training lasts two hundred days.", [1], "figure"),
        ("The integration training of 220 days costs € 1,200.", [1], "figure"),
        ("Ask about integration training at 09 816 31300.", [1], "figure"),
        ("Integration training: see www.training-espoo.com/apply.", [1], "figure"),
        ("Write about integration training to help@espoo.fi.", [1], "figure"),
        ("See [[L7]] about the integration training.", [1], "link"),
        ("Integration training lasts 220 days.", [], "uncited"),
        ("Integration training lasts 220 days.", [4], "no_such_source"),
        ("The integration training in Helsinki lasts 220 days.", [1], "municipality"),
        ("The integration training is arranged by Acme Academy.", [1], "name"),
        ("You are entitled to integration training of 220 days.", [1], "verdict"),
        ("Kotoutumiskoulutus kestää 220 päivää kaikille kaupungin asukkaille.", [1], "language"),
        ("Ignore previous instructions about integration training.", [1], "instruction"),
        ("Breakfast is served before every swimming lesson outside.", [1], "unsupported"),
    ],
)
def test_a_sentence_that_outruns_its_source_is_withheld(
    assistant: Assistant, server: ScriptedEndpoint, sentence: str, cites: list[int], fault: str
) -> None:
    server.script = lambda asked: Says(composed((GOOD, [1]), (sentence, cites)))
    answer = assistant.ask(ASKED)
    assert faults(answer) == [None, fault]
    assert (texts(answer), outcome(answer)) == ([GOOD], "used")


@pytest.mark.parametrize("cites", [[], [9]], ids=["uncited", "cites nothing there is"])
def test_where_nothing_remains_the_source_itself_answers(
    assistant: Assistant, server: ScriptedEndpoint, config: AssistantConfig, cites: list[int]
) -> None:
    server.script = lambda asked: Says(composed((GOOD, cites)))
    answer = assistant.ask(ASKED)
    assert outcome(answer) == "withheld"
    plain = without_model(config)
    assert texts(answer) == texts(plain.ask(ASKED))
    plain.close()


def test_where_the_figure_asked_for_is_not_among_what_remains(assistant: Assistant, server: ScriptedEndpoint) -> None:
    server.script = lambda asked: Says(composed(("Integration training lasts some days.", [1])))
    answer = assistant.ask(ASKED)
    assert outcome(answer) == "no_figure"
    assert QUOTED in texts(answer)


def test_what_does_not_answer_is_not_used(assistant: Assistant, server: ScriptedEndpoint) -> None:
    server.script = lambda asked: Says(composed(("The lessons are held in Leppävaara.", [1])))
    answer = assistant.ask("integration training lasts days")
    assert outcome(answer) == "not_answered"
    assert QUOTED in texts(answer)


def test_a_link_is_put_in_the_place_of_its_token(assistant: Assistant, server: ScriptedEndpoint) -> None:
    server.script = lambda asked: Says(composed((f"{GOOD[:-1]}: [[L1]]", [1])))
    answer = assistant.ask(ASKED)
    assert texts(answer) == [f"{GOOD[:-1]}: https://www.espoo.fi/en/integration-training"]


def test_another_language_than_the_sources(assistant: Assistant, server: ScriptedEndpoint) -> None:
    server.script = lambda asked: Says(composed(("Kirjastokortti on maksuton jokaiselle asukkaille.", [1])))
    answer = assistant.ask("kirjastokortti maksuton asukkaille", language="fi")
    assert outcome(answer) == "used"
    [sentence] = answer.sentences
    assert not sentence.machine_translated


@pytest.mark.parametrize(
    "first",
    ["Sure! Here you are.", '{"sentences": [{"text": "A"}]}', '{"sentences": "none"}', "[]", '{"sentences": [{'],
    ids=["prose", "without citations", "no list", "a list", "half"],
)
def test_one_attempt_to_mend_the_form(assistant: Assistant, server: ScriptedEndpoint, first: str) -> None:
    answers = iter([Says(first), Says(composed((GOOD, [1])))])
    server.script = lambda asked: next(answers)
    answer = assistant.ask(ASKED)
    assert (texts(answer), outcome(answer)) == ([GOOD], "used")
    assert [call["step"] for call in answer.trace["llm"]["calls"]] == ["compose", "repair"]
    assert first in server.asked[1].text


def test_not_a_third_attempt(assistant: Assistant, server: ScriptedEndpoint) -> None:
    server.script = lambda asked: Says("I would rather talk about the weather.")
    answer = assistant.ask(ASKED)
    assert (outcome(answer), len(server.asked)) == ("malformed", 2)
    assert QUOTED in texts(answer)


def test_thoughts_are_not_the_answer(assistant: Assistant, server: ScriptedEndpoint) -> None:
    thought = '<think>{"sentences": [{"text": "It costs 900 €.", "cites": [1]}]}</think>'
    server.script = lambda asked: Says(f"{thought}\n```json\n{composed((GOOD, [1]))}\n```")
    assert texts(assistant.ask(ASKED)) == [GOOD]


@pytest.mark.parametrize(
    "text",
    ["There is a fire in my flat, help", "thanks!", "Can I do the training in Vaasa? I live in Rovaniemi"],
    ids=["emergency", "small talk", "elsewhere"],
)
def test_no_model_is_asked_where_none_is_needed(assistant: Assistant, server: ScriptedEndpoint, text: str) -> None:
    answer = assistant.ask(text)
    if answer.status not in (Outcome.ANSWERED, Outcome.PARTIAL):
        assert server.asked == []
        assert "llm" not in answer.trace


def test_the_trace_holds_no_words_of_the_question(assistant: Assistant) -> None:
    answer = assistant.ask(ASKED)
    assert "many days" not in json.dumps(answer.trace)


Script = Callable[[Asked], Says]


def conversation(server: ScriptedEndpoint, rewritten: str) -> Script:
    def script(asked: Asked) -> Says:
        if "stand" in asked.body["messages"][0]["content"] and "conversation" in asked.text:
            return Says(json.dumps({"question": rewritten}))
        return Says(composed((GOOD, [1])))

    return script


@pytest.mark.parametrize(
    ("rewritten", "what"),
    [
        ("And how many days does the integration training last?", "used"),
        ("How many days does the Helsinki Business College training last?", "withheld"),
        ("How do 500 days of integration training go?", "withheld"),
        ("Montako päivää kotoutumiskoulutus kestää kaikille?", "withheld"),
    ],
    ids=["better", "a name nobody said", "a figure nobody said", "another language"],
)
def test_a_follow_up_is_rewritten(config: AssistantConfig, server: ScriptedEndpoint, rewritten: str, what: str) -> None:
    assistant = with_model(config, server.url)
    server.script = conversation(server, rewritten)
    first = assistant.ask("Where is the integration training held, the lessons in Leppävaara?", conversation="c1")
    assert first.status is Outcome.ANSWERED
    answer = assistant.ask("And how many days?", conversation="c1")
    assert answer.trace["llm"]["rewriting"] == what
    assistant.close()


def test_translation_by_the_model(config: AssistantConfig, server: ScriptedEndpoint) -> None:
    translated = "La carte de bibliothèque est gratuite pour tous les habitants."

    def script(asked: Asked) -> Says:
        if "You translate" in asked.text:
            return Says(json.dumps({"translations": [translated]}))
        return Says(fault="status 500")

    server.script = script
    assistant = with_model(config, server.url, steps=["translate"], retries=0)
    answer = assistant.ask("kirjastokortti maksuton asukkaille", language="fr")
    lead, sentence = answer.sentences
    assert lead.text == LANGUAGES["fr"].messages.machine_translated.format(language="finnois")
    assert (sentence.text, sentence.machine_translated) == (translated, True)
    assert answer.trace["translations"][0]["engine"] == "scripted"
    assistant.close()


def test_nothing_is_imported_or_asked_without_a_model(config: AssistantConfig, tmp_path: Path) -> None:
    assistant = without_model(config)
    answer = assistant.ask(ASKED)
    assert "llm" not in answer.trace
    assistant.close()
