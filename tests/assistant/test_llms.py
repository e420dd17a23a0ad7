"""The model's endpoint over real HTTP: what it brings, what it costs, and every way it fails."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from assistant.llm_breaker import Breaker
from assistant.llm_config import LlmConfig
from assistant.llm_endpoint import Endpoint
from assistant.llms import LlmError, Malformed, Message, NotReached, OutOfTime, Refused, TooBusy, spending
from tests.scripted_endpoint import FAULTS, Asked, Says, ScriptedEndpoint, endless, scripted, waited

ASKED = [Message("system", "Be brief."), Message("user", "What is Koske?")]
SCHEMA = {"type": "object", "properties": {"text": {"type": "string"}}}
LIMIT = 0.6

Make = Callable[..., Endpoint]


@pytest.fixture
def server() -> Iterator[ScriptedEndpoint]:
    with scripted(lambda asked: Says("A service.")) as endpoint:
        yield endpoint


@pytest.fixture
def make(server: ScriptedEndpoint) -> Iterator[Make]:
    made: list[Endpoint] = []

    def one(**settings: Any) -> Endpoint:
        config = {"url": server.url, "model": "scripted", "seconds": LIMIT, "breaker_failures": 100} | settings
        made.append(Endpoint(LlmConfig.model_validate(config), rng=lambda: 0.0))
        return made[-1]

    yield one
    for endpoint in made:
        endpoint.close()


def said(model: Endpoint, streamed: bool, **more: Any) -> str:
    if streamed:
        return "".join(model.stream(ASKED, step="compose", **more))
    return model.complete(ASKED, step="compose", **more).text


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_what_the_model_says_and_what_it_costs(make: Make, server: ScriptedEndpoint, streamed: bool) -> None:
    model = make(price_in=2.0, price_out=10.0)
    with spending(5) as budget:
        assert said(model, streamed) == "A service."
    assert server.asked[0].body["messages"][1] == {"role": "user", "content": "What is Koske?"}
    [call] = budget.calls
    # 100 tokens at 2 a million and 10 characters / 4 = 2 tokens at 10 a million
    assert (call.step, call.outcome, call.tokens_in, call.tokens_out, call.cost) == ("compose", "ok", 100, 2, 0.00022)


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_an_error_of_ours_in_time(
    make: Make, server: ScriptedEndpoint, fault: str, streamed: bool
) -> None:
    server.script = lambda asked: Says('{"text": "A service for people."}', fault)
    model = make()
    started = time.monotonic()
    with spending(LIMIT) as budget, pytest.raises(LlmError) as caught:
        said(model, streamed)
    assert time.monotonic() - started < LIMIT + 0.2
    assert budget.calls[0].outcome == caught.value.kind
    server.script = lambda asked: Says("Well again.")
    with spending(LIMIT):
        assert said(model, streamed) == "Well again."


def test_nobody_listens(make: Make) -> None:
    with spending(5), pytest.raises(NotReached):
        said(make(url="http://127.0.0.1:9", seconds=5), False)


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_an_answer_without_end_is_cut(make: Make, server: ScriptedEndpoint, streamed: bool) -> None:
    server.script = lambda asked: Says(endless())
    with spending(LIMIT), pytest.raises((Malformed, OutOfTime)):
        said(make(), streamed)


def test_a_declined_answer_is_refused(make: Make, server: ScriptedEndpoint) -> None:
    server.script = lambda asked: Says("I", finish="content_filter")
    with spending(LIMIT), pytest.raises(Refused):
        said(make(), False)


def test_what_fails_for_a_moment_is_tried_again(make: Make, server: ScriptedEndpoint) -> None:
    answers = iter([Says(fault="status 503"), Says(fault="down"), Says("Third time.")])
    server.script = lambda asked: next(answers)
    with spending(5) as budget:
        assert said(make(seconds=5), False) == "Third time."
    assert budget.calls[0].attempts == 3


def test_attempts_are_bounded(make: Make, server: ScriptedEndpoint) -> None:
    server.script = lambda asked: Says(fault="status 500")
    with spending(5), pytest.raises(NotReached, match="500"):
        said(make(retries=2, seconds=5), False)
    assert len(server.asked) == 3


def test_a_wrong_key_is_not_tried_again(make: Make, server: ScriptedEndpoint) -> None:
    server.script = lambda asked: Says(fault="status 401")
    with spending(5), pytest.raises(Refused) as caught:
        said(make(), False)
    assert (caught.value.status, len(server.asked)) == (401, 1)


def test_the_breaker_leaves_a_failing_endpoint_alone(make: Make, server: ScriptedEndpoint) -> None:
    server.script = lambda asked: Says(fault="status 500")
    model = make(breaker_failures=2, breaker_seconds=60, retries=0)
    for _ in range(4):
        with spending(LIMIT), pytest.raises(NotReached):
            said(model, False)
    assert len(server.asked) == 2


def test_an_open_breaker_lets_one_try() -> None:
    now = [0.0]
    breaker = Breaker(failures=2, seconds=10, clock=lambda: now[0])
    for _ in range(2):
        breaker.enter()
        breaker.failed()
    with pytest.raises(NotReached):
        breaker.enter()
    now[0] = 10
    breaker.enter()
    with pytest.raises(NotReached):
        breaker.enter()
    breaker.failed()
    with pytest.raises(NotReached):
        breaker.enter()
    now[0] = 20
    breaker.enter()
    breaker.succeeded()
    breaker.enter()


def test_no_more_calls_at_once_than_allowed(make: Make, server: ScriptedEndpoint) -> None:
    server.script = lambda asked: Says("Slowly.", delay=0.3)
    model = make(concurrency=1, queue_seconds=0.05)
    with spending(5):
        first = model.stream(ASKED, step="compose")
        other = threading.Thread(target=lambda: list(first))
        other.start()
        assert waited(lambda: len(server.asked) == 1)
        with pytest.raises(TooBusy):
            said(model, False)
        other.join()
        assert said(model, False) == "Slowly."


def test_a_stream_nobody_reads_on_gives_its_place_back(make: Make, server: ScriptedEndpoint) -> None:
    server.script = lambda asked: Says("A long answer indeed.", "hang" if asked.streamed else "")
    model = make(concurrency=1, queue_seconds=0.05)
    with spending(5) as budget:
        pieces = model.stream(ASKED, step="compose")
        assert next(pieces) == "A long "
        pieces.close()  # type: ignore[attr-defined]
        assert said(model, False) == "A long answer indeed."
    assert [call.outcome for call in budget.calls] == ["left", "ok"]


def test_calls_of_one_question_share_its_time(make: Make, server: ScriptedEndpoint) -> None:
    server.script = lambda asked: Says("Half.", delay=0.6)
    model = make(seconds=5)
    with spending(1.0):
        assert said(model, False) == "Half."
        with pytest.raises(OutOfTime):
            said(model, False)
        started = time.monotonic()
        with pytest.raises(OutOfTime):
            said(model, False)
        assert time.monotonic() - started < 0.05


def test_an_endpoint_without_schemas_gets_none(make: Make, server: ScriptedEndpoint) -> None:
    def script(asked: Asked) -> Says:
        form = asked.body.get("response_format", {}).get("type")
        return Says(status=400) if form else Says("{}")

    server.script = script
    model = make()
    for _ in range(2):
        with spending(LIMIT):
            assert said(model, False, schema=SCHEMA) == "{}"
    forms = [asked.body.get("response_format", {}).get("type") for asked in server.asked]
    assert forms == ["json_schema", "json_object", None, None]
    assert model.structured == "text"


def test_the_key_goes_to_the_endpoint_and_nowhere_else(
    make: Make, server: ScriptedEndpoint, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    model = make(key="sk-very-secret")
    server.script = lambda asked: Says(fault="status 401")
    with spending(LIMIT) as budget, pytest.raises(Refused) as caught:
        said(model, False)
    assert server.asked[0].headers["Authorization"] == "Bearer sk-very-secret"
    config = LlmConfig.model_validate({"url": server.url, "model": "m", "key": "sk-very-secret"})
    shown = [caplog.text, str(caught.value), repr(config), str(config.model_dump(mode="json")), str(budget.calls)]
    assert not any("sk-very-secret" in text for text in shown)


def test_the_endpoints_models(make: Make) -> None:
    with spending(LIMIT):
        assert make().models() == ["scripted"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"url": "ftp://x/v1", "model": "m"}, "http"),
        ({"url": "https://me:secret@x/v1", "model": "m"}, "password"),
        ({"url": "https://x/v1?key=1", "model": "m"}, "query"),
        ({"url": "https://x/v1"}, "model"),
    ],
    ids=["no http", "password in it", "key in it", "no model"],
)
def test_settings_that_cannot_be(settings: dict[str, str], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        LlmConfig.model_validate(settings)
