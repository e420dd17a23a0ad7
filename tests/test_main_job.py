"""The main job on real input: the municipal programmes ingested and built, questions answered with a quote."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import run_neuvo

QUESTIONS = [
    pytest.param("How long is integration training?", ("220–300",), id="en-training"),
    pytest.param("Kuinka kauan Testipisteen testi kestää?", ("4 tuntia",), id="fi-test"),
    pytest.param("Сколько дней длится ориентация?", ("20 ",), id="ru-orientation"),
    pytest.param("من المسؤول عن خطة الاندماج للعاطلين عن العمل؟", ("Espoo-Kauniainen",), id="ar-plan"),
    pytest.param("How many customer contacts has Hello Espoo had?", ("4,300", "4 300", "4300"), id="en-contacts"),
]


@pytest.fixture(scope="module")
def with_programmes(shared_documents: Path, built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    import shutil

    data = shutil.copytree(built, tmp_path_factory.mktemp("real") / "data")
    ingested = run_neuvo(data, "ingest", str(shared_documents))
    assert ingested.returncode == 0, ingested.stderr
    assert run_neuvo(data, "build").returncode == 0
    return data


@pytest.mark.parametrize(("question", "facts"), QUESTIONS)
def test_the_fact_is_found_first_and_quoted(with_programmes: Path, question: str, facts: tuple[str, ...]) -> None:
    answer = json.loads(run_neuvo(with_programmes, "ask", question, "--json").stdout)
    assert answer["status"] == "answered"
    quotes = [citation["quote"] for sentence in answer["sentences"] for citation in sentence["citations"]]
    assert any(fact in quote for quote in quotes for fact in facts), quotes
    hits = json.loads(run_neuvo(with_programmes, "search", question, "--json").stdout)
    cited = [citation for sentence in answer["sentences"] for citation in sentence["citations"]]
    assert all(citation["title"] and citation["passage"] for citation in cited)
    assert any(fact in hits[0]["text"] for fact in facts), hits[0]


def test_quotes_are_verbatim_in_their_documents(with_programmes: Path) -> None:
    from assistant.answering import build_assistant
    from assistant.config import read_config

    assistant = build_assistant(read_config({"NEUVO_DATA": str(with_programmes)}))
    try:
        for parameters in QUESTIONS:
            for sentence in assistant.ask(str(parameters.values[0])).sentences:
                for citation in sentence.citations:
                    text = assistant.document(citation.document).text
                    assert text[citation.start : citation.end] == citation.quote == sentence.text
    finally:
        assistant.close()
