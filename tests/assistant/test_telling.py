"""An answer is told while the rest of it is still being written, and nothing of it is taken back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from assistant.answering import Assistant
from assistant.answers import Answer, Outcome, Sentence, events
from assistant.config import AssistantConfig
from assistant.telling import told_early
from tests.assistant.modelled import ASKED, built, composed, with_model
from tests.scripted_endpoint import Says, ScriptedEndpoint, scripted

GOOD = "The integration training lasts 220 days."
NEXT = "Integration training: lessons are held in Leppävaara."
WRONG = "The integration training lasts 230 days."


def whole(*texts: str) -> Answer:
    return Answer("1", Outcome.ANSWERED, "en", "ltr", tuple(Sentence(text, "en", "ltr") for text in texts))


def test_what_is_told_comes_before_the_rest_is_there() -> None:
    go_on = threading.Event()

    def ask(tell: Callable[[Answer], None]) -> Answer:
        tell(whole("One."))
        assert go_on.wait(10)
        return whole("One.", "Two.")

    told = told_early(ask)
    assert [next(told)[0], next(told)[1]["text"]] == ["status", "One."]
    go_on.set()
    assert [name for name, _ in told] == ["sentence", "done"]


def test_the_events_are_those_of_the_whole_answer() -> None:
    def ask(tell: Callable[[Answer], None]) -> Answer:
        tell(whole("One."))
        tell(whole("One.", "Two."))
        return whole("One.", "Two.", "Three.")

    assert list(told_early(ask)) == list(events(whole("One.", "Two.", "Three.")))


def test_a_failure_comes_after_what_was_told() -> None:
    def ask(tell: Callable[[Answer], None]) -> Answer:
        tell(whole("One."))
        raise RuntimeError("broken")

    told = told_early(ask)
    assert [next(told)[0], next(told)[0]] == ["status", "sentence"]
    with pytest.raises(RuntimeError, match="broken"):
        next(told)


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> AssistantConfig:
    return built(tmp_path_factory.mktemp("told"))


@pytest.fixture
def server() -> Iterator[ScriptedEndpoint]:
    with scripted(lambda asked: Says(composed((GOOD, [1])))) as running:
        yield running


@pytest.fixture
def assistant(config: AssistantConfig, server: ScriptedEndpoint) -> Iterator[Assistant]:
    opened = with_model(config, server.url, stream=True, seconds=2)
    yield opened
    opened.close()


def sentences(told: list[tuple[str, dict[str, object]]]) -> list[object]:
    return [data["text"] for name, data in told if name == "sentence"]


def test_a_checked_sentence_reaches_the_asker_though_the_model_hangs_after_it(
    assistant: Assistant, server: ScriptedEndpoint
) -> None:
    half = composed((GOOD, [1]), ("An endless sentence " * 20, [1]))
    server.script = lambda asked: Says(half, "hang")
    started = time.monotonic()
    told = assistant.stream(ASKED)
    first = [next(told)[0], next(told)[1]["text"]]
    early = time.monotonic() - started
    rest = list(told)
    assert first == ["status", GOOD]
    assert early < time.monotonic() - started - 0.5
    written = rest[-1][1]["trace"]["llm"]["written"]
    assert (written["outcome"], written["cut"]) == ("used", "out_of_time")
    assert [sentence["text"] for sentence in rest[-1][1]["sentences"]] == [GOOD]


@pytest.mark.parametrize("fault", ["cut", "status 500", "no json", "down", "hang"])
def test_told_and_whole_always_say_the_same(assistant: Assistant, server: ScriptedEndpoint, fault: str) -> None:
    server.script = lambda asked: Says(composed((GOOD, [1]), (NEXT, [1]), ("More of it. " * 9, [1])), fault)
    told = list(assistant.stream(ASKED))
    assert sentences(told) == [sentence["text"] for sentence in told[-1][1]["sentences"]] != []
    assert told[0][1]["id"] == told[-1][1]["id"]


def test_a_sentence_that_is_withheld_is_never_told(assistant: Assistant, server: ScriptedEndpoint) -> None:
    server.script = lambda asked: Says(composed((WRONG, [1]), (GOOD, [1]), (WRONG, [1])))
    told = list(assistant.stream(ASKED))
    assert sentences(told) == [GOOD]


def test_nothing_is_told_before_the_question_is_answered(assistant: Assistant, server: ScriptedEndpoint) -> None:
    server.script = lambda asked: Says(composed(("Integration training lasts some days.", [1])))
    told = list(assistant.stream(ASKED))
    assert told[-1][1]["trace"]["llm"]["written"]["outcome"] == "no_figure"
    assert "Integration training lasts some days." not in sentences(told)
