from __future__ import annotations

from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

import web.cli
from assistant.answers import Answer, Clarification, Nearest, Outcome, Sentence
from web.explaining import explanation

TRACE = {
    "build": "b1",
    "language_source": "identified",
    "municipalities": ["Espoo", "Kauniainen"],
    "masked": ["phone"],
    "probability": 0.4211,
    "hits": [
        {"document": "card-a-fi", "language": "fi", "score": 3.456, "rank": 1},
        {"document": "plan", "language": "sv", "score": 1.2, "rank": 2},
    ],
    "read": [
        {
            "document": "card-a-fi",
            "passage": "p1",
            "probability": 0.4211,
            "sentences": [{"start": 10, "end": 41, "probability": 0.9}],
        },
        {"document": "plan", "passage": None, "probability": 0.1, "sentences": []},
    ],
    "reasons": ["probability 0.42 is below 0.6"],
    "steps": [{"step": "screen", "ms": 0.51}, {"step": "read", "ms": 20.04}],
}


def answer(trace: dict[str, Any], **changes: Any) -> Answer:
    return Answer("1", Outcome.NO_INFORMATION, "so", "ltr", (Sentence("[No].", "so", "ltr"),), trace=trace, **changes)


def test_every_part_of_the_trace_is_told() -> None:
    assert list(explanation(answer(TRACE))) == [
        "status        no_information",
        "because       probability 0.42 is below 0.6",
        "language      so (identified)",
        "about         Espoo, Kauniainen",
        "masked        phone",
        "probability   0.421",
        "build         b1",
        "steps         screen 0.5 ms  read 20.0 ms",
        "together      20.6 ms",
        "hits           1    3.46  fi   card-a-fi",
        "               2    1.20  sv   plan",
        "read          0.421  card-a-fi (p1)",
        "                     0.900  characters 10–41",
        "              0.100  plan",
    ]


def test_what_the_trace_lacks_is_left_out() -> None:
    assert list(explanation(answer({}))) == ["status        no_information", "language      so (unknown)"]


class Assistant:
    def ask(self, *_: Any, **__: Any) -> Answer:
        return answer(
            TRACE,
            nearest=(Nearest("plan", "Ohjelma [1]", "fi", "ltr", "Espoon kaupunki"),),
            missing=("How much?",),
            clarify=Clarification("municipality", "Where?", ("Espoo", "Kauniainen")),
        )

    def close(self) -> None:
        pass


@pytest.mark.parametrize("options", [[], ["--explain"]], ids=["plain", "explained"])
def test_ask_prints_the_explanation_after_the_answer(options: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.answering.build_assistant", lambda config: Assistant())
    monkeypatch.setattr(web.cli, "read_settings", lambda: None)
    with (console := Console(width=200, soft_wrap=True, highlight=False)).capture() as capture:
        monkeypatch.setattr(web.cli, "out", console)
        result = CliRunner().invoke(web.cli.app, ["ask", "hello", *options])
    assert result.exit_code == 0, result.output
    shown = capture.get()
    for text in ("[No].", "Ohjelma [1] · Espoon kaupunki", "? How much?", "Where?", "--municipality Kauniainen"):
        assert text in shown
    assert ("because       probability 0.42 is below 0.6" in shown) == bool(options)
    if options:
        assert shown.index("(no_information, so)") < shown.index("because")
