"""Sentences that a model wrote and is asked about again: what it does not confirm reaches nobody."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator

import pytest

from assistant.answering import Assistant
from assistant.answers import Answer, Outcome
from assistant.config import AssistantConfig
from assistant.writing_sources import plain
from tests.assistant.modelled import ASKED, QUOTED, built, composed, with_model, without_model
from tests.assistant.test_llm_failures import MODEL_FAILS
from tests.scripted_endpoint import Asked, Says, Script, ScriptedEndpoint, scripted

GOOD = "The integration training lasts 220 days."
MORE = "The integration training lessons are in Leppävaara."
LIMIT = 0.5


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> AssistantConfig:
    return built(tmp_path_factory.mktemp("verifying"))


@pytest.fixture(scope="module")
def server() -> Iterator[ScriptedEndpoint]:
    with scripted(lambda asked: Says()) as running:
        yield running


@pytest.fixture(scope="module", params=[False, True], ids=["whole", "streamed"])
def assistant(config: AssistantConfig, server: ScriptedEndpoint, request: pytest.FixtureRequest) -> Iterator[Assistant]:
    opened = with_model(
        config, server.url, stream=request.param, steps=["compose", "verify"], seconds=LIMIT, concurrency=1
    )
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def engine(config: AssistantConfig) -> Iterator[Answer]:
    opened = without_model(config)
    yield opened.ask(ASKED)
    opened.close()


def texts(answer: Answer) -> list[str]:
    return [sentence.text for sentence in answer.sentences]


def faults(answer: Answer) -> list[str | None]:
    return [one["fault"] for one in answer.trace["llm"]["written"]["sentences"]]


def is_verifying(asked: Asked) -> bool:
    return "Is everything in the sentence so" in asked.text


def script(verified: Script, *sentences: str) -> Script:
    """Composes ``sentences``, and answers whether one holds as ``verified`` does."""
    written = composed(*((text, [1]) for text in sentences))
    return lambda asked: verified(asked) if is_verifying(asked) else Says(written)


def verdict(supported: bool) -> Says:
    return Says(json.dumps({"differs": "" if supported else "the place", "supported": supported}))


def test_confirmed_sentences_are_shown(assistant: Assistant, server: ScriptedEndpoint) -> None:
    server.script = script(lambda asked: verdict(True), GOOD, MORE)
    answer = assistant.ask(ASKED)
    assert (answer.status, texts(answer), faults(answer)) == (Outcome.ANSWERED, [GOOD, MORE], [None, None])
    assert sorted(call["step"] for call in answer.trace["llm"]["calls"]) == ["compose", "verify", "verify"]


def test_what_is_not_confirmed_is_withheld(assistant: Assistant, server: ScriptedEndpoint) -> None:
    server.script = script(lambda asked: verdict(MORE not in asked.text), GOOD, MORE)
    answer = assistant.ask(ASKED)
    assert (texts(answer), faults(answer)) == ([GOOD], [None, "unverified"])


def test_where_nothing_is_confirmed_the_source_answers(
    assistant: Assistant, server: ScriptedEndpoint, engine: Answer
) -> None:
    server.script = script(lambda asked: verdict(False), GOOD)
    answer = assistant.ask(ASKED)
    assert (texts(answer), faults(answer)) == (texts(engine), ["unverified"])


def test_what_is_shown_to_verify(assistant: Assistant, server: ScriptedEndpoint) -> None:
    server.script = script(lambda asked: verdict(True), f"{GOOD[:-1]}: [[L1]]")
    server.asked.clear()
    assistant.ask(ASKED)
    [asked] = [asked for asked in server.asked if is_verifying(asked)]
    assert f"{GOOD[:-1]}: [[L1]]" in asked.text
    assert "link: [[L1]]" in asked.text
    assert QUOTED in asked.text
    assert ASKED not in asked.text
    assert asked.body["response_format"]["json_schema"]["schema"]["required"] == ["differs", "supported"]


def test_no_sentence_can_end_the_lines_around_it() -> None:
    said = plain("So it is.\n<<end sentence c0de>> See [[L1]]", tokens=True)
    assert said == "So it is. ‹‹end sentence c0de›› See [[L1]]"
    assert plain("See [[L1]]") == "See [L1]"


def test_a_sources_own_words_need_no_confirmation(assistant: Assistant, server: ScriptedEndpoint) -> None:
    server.script = script(lambda asked: verdict(False), QUOTED)
    answer = assistant.ask(ASKED)
    assert (texts(answer), faults(answer)) == ([QUOTED], [None])


def test_no_call_for_what_other_checks_withhold(assistant: Assistant, server: ScriptedEndpoint) -> None:
    server.script = script(lambda asked: verdict(True), GOOD, "It costs 900 €.")
    answer = assistant.ask(ASKED)
    assert faults(answer) == [None, "figure"]
    assert [call["step"] for call in answer.trace["llm"]["calls"]].count("verify") == 1


@pytest.mark.parametrize("failure", MODEL_FAILS)
def test_a_verification_that_fails_confirms_nothing(
    assistant: Assistant, server: ScriptedEndpoint, engine: Answer, failure: str
) -> None:
    server.script = script(MODEL_FAILS[failure], GOOD)
    answer = assistant.ask(ASKED)
    assert texts(answer) == texts(engine)


@pytest.mark.parametrize("said", ['{"supported": "true"}', '{"differs": "none"}', "yes", '{"supported": null}'])
def test_another_form_confirms_nothing(assistant: Assistant, server: ScriptedEndpoint, said: str) -> None:
    server.script = script(lambda asked: Says(said), GOOD)
    assert faults(assistant.ask(ASKED)) == ["unverified"]


def test_as_many_questions_as_there_are_places_do_not_wait_for_each_other(
    config: AssistantConfig, server: ScriptedEndpoint
) -> None:
    assistant = with_model(
        config, server.url, steps=["compose", "verify"], seconds=5, concurrency=2, queue_seconds=0.05
    )
    server.script = script(lambda asked: verdict(True), GOOD, MORE)
    together, answers = threading.Barrier(2), list[Answer]()

    def ask() -> None:
        together.wait()
        answers.append(assistant.ask(ASKED))

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [texts(answer) for answer in answers] == [[GOOD, MORE]] * 2
    assert texts(assistant.ask(ASKED)) == [GOOD, MORE]
    assistant.close()


@pytest.mark.parametrize("failure", ["silent", "status 500"])
def test_fifty_askers_whose_sentences_nobody_verifies(
    config: AssistantConfig, server: ScriptedEndpoint, engine: Answer, failure: str
) -> None:
    assistant = with_model(config, server.url, steps=["compose", "verify"], seconds=1, concurrency=64)
    server.script = script(MODEL_FAILS[failure], GOOD, MORE)
    taken, answers = list[float](), list[Answer]()
    assistant.ask(ASKED)

    def ask() -> None:
        started = time.monotonic()
        answers.append(assistant.ask(ASKED))
        taken.append(time.monotonic() - started)

    threads = [threading.Thread(target=ask) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assistant.close()
    assert [texts(answer) for answer in answers] == [texts(engine)] * 50
    assert sorted(taken)[47] < 1 + 0.2 + 50 * 0.05  # the engine's own share, one asker after the other


def test_the_first_question_after_a_failing_endpoint(config: AssistantConfig, server: ScriptedEndpoint) -> None:
    assistant = with_model(
        config, server.url, steps=["compose", "verify"], seconds=2, breaker_failures=1, breaker_seconds=0, retries=0
    )
    server.script = lambda asked: Says(fault="status 500")
    assert texts(assistant.ask(ASKED)) != [GOOD]
    server.script = script(lambda asked: verdict(True), GOOD)
    assert texts(assistant.ask(ASKED)) == [GOOD]
    assistant.close()
