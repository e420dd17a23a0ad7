"""Whatever the endpoint does, the asker gets the engine's answer in time: every failure, streamed or not, and many
askers at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from assistant.answering import Assistant
from assistant.answers import Answer, Outcome
from assistant.config import AssistantConfig
from tests.assistant.modelled import ASKED, QUOTED, built, composed, with_model, without_model
from tests.scripted_endpoint import FAULTS, Asked, Says, Script, ScriptedEndpoint, endless, scripted

GOOD = composed(("The integration training lasts 220 days.", [1]))
LIMIT = 1.0
SLACK = 0.2

MODEL_FAILS: dict[str, Script] = {
    **{fault: (lambda asked, fault=fault: Says(GOOD, fault)) for fault in FAULTS},  # type: ignore[misc]
    "slow": lambda asked: Says(GOOD, delay=30),
    "empty": lambda asked: Says(""),
    "spaces": lambda asked: Says(" \n "),
    "empty object": lambda asked: Says("{}"),
    "no sentences": lambda asked: Says(composed(complete=False)),
    "malformed": lambda asked: Says(GOOD[: len(GOOD) // 2]),
    "refusing": lambda asked: Says("I'm sorry, but I cannot help with that."),
    "filtered": lambda asked: Says("", finish="content_filter"),
    "cut by length": lambda asked: Says(GOOD[:-20], finish="length"),
    "wrong language": lambda asked: Says(composed(("Integraatiokoulutus kestää yhteensä 220 päivää.", [1]))),
    "endless text": lambda asked: Says(endless()),
    "endless sentences": lambda asked: Says(
        '{"sentences": [' + '{"text": "It lasts 220 days.", "cites": [1]}, ' * 4000
    ),
    "invented": lambda asked: Says(composed(("It costs € 1,200 per year.", [1]))),
    "deep": lambda asked: Says("[" * 5000 + "{" + '"a":' * 3000),
}
"""What model and server do wrong; each must end in the engine's answer."""


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> AssistantConfig:
    return built(tmp_path_factory.mktemp("failing"))


@pytest.fixture(scope="module")
def server() -> Iterator[ScriptedEndpoint]:
    with scripted(lambda asked: Says(GOOD)) as endpoint:
        yield endpoint


@pytest.fixture(scope="module", params=[False, True], ids=["whole", "streamed"])
def assistant(config: AssistantConfig, server: ScriptedEndpoint, request: pytest.FixtureRequest) -> Iterator[Assistant]:
    opened = with_model(config, server.url, stream=request.param, seconds=LIMIT)
    opened.ask(ASKED)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def plain(config: AssistantConfig) -> Iterator[Answer]:
    opened = without_model(config)
    yield opened.ask(ASKED)
    opened.close()


@pytest.mark.parametrize("failure", MODEL_FAILS)
def test_every_failure_ends_in_the_engines_answer_in_time(
    assistant: Assistant, server: ScriptedEndpoint, plain: Answer, failure: str
) -> None:
    server.script = MODEL_FAILS[failure]
    taken = []
    for _ in range(2):
        started = time.monotonic()
        answer = assistant.ask(ASKED)
        taken.append(time.monotonic() - started)
        assert [s.text for s in answer.sentences] == [s.text for s in plain.sentences]
        assert (answer.status, answer.language) == (plain.status, plain.language)
        assert answer.trace["llm"]["written"]["outcome"] not in ("used", "")
    assert max(taken) < LIMIT + SLACK


@pytest.mark.parametrize("failure", ["silent", "status 500", "cut", "malformed", "down"])
def test_fifty_askers_at_once(config: AssistantConfig, server: ScriptedEndpoint, plain: Answer, failure: str) -> None:
    assistant = with_model(config, server.url, seconds=LIMIT, concurrency=64)
    server.script = MODEL_FAILS[failure]
    answers: list[Answer] = []
    taken: list[float] = []

    def ask() -> None:
        started = time.monotonic()
        answers.append(assistant.ask(ASKED))
        taken.append(time.monotonic() - started)

    threads = [threading.Thread(target=ask) for _ in range(50)]
    alone = time.monotonic()
    assistant.ask("kirjastokortti maksuton asukkaille", language="fi")
    engine = time.monotonic() - alone
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assistant.close()
    assert len(answers) == 50
    assert {tuple(s.text for s in answer.sentences) for answer in answers} == {tuple(s.text for s in plain.sentences)}
    assert sorted(taken)[47] < LIMIT + SLACK + 50 * min(engine, 0.05)


def test_half_fail_and_half_are_answered(config: AssistantConfig, server: ScriptedEndpoint) -> None:
    assistant = with_model(config, server.url, seconds=LIMIT, retries=0)
    numbers = iter(range(1000))

    def script(asked: Asked) -> Says:
        return Says(GOOD, "cut" if next(numbers) % 2 else "")

    server.script = script
    answers = [assistant.ask(ASKED) for _ in range(6)]
    assistant.close()
    assert [answer.trace["llm"]["written"]["outcome"] for answer in answers] == ["used", "not_reached"] * 3
    assert all(answer.status is Outcome.ANSWERED for answer in answers)


def test_a_failing_endpoint_costs_the_next_asker_nothing(config: AssistantConfig, server: ScriptedEndpoint) -> None:
    server.script = MODEL_FAILS["silent"]
    assistant = with_model(config, server.url, seconds=0.3, breaker_failures=2, breaker_seconds=60)
    for _ in range(2):
        assistant.ask(ASKED)
    started = time.monotonic()
    answer = assistant.ask(ASKED)
    assert time.monotonic() - started < 0.3
    assert answer.trace["llm"]["written"]["outcome"] == "not_reached"
    assert QUOTED in [sentence.text for sentence in answer.sentences]
    assistant.close()
