"""``neuvo llm check`` against scripted endpoints."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from tests.assistant.modelled import composed
from tests.scripted_endpoint import Asked, Says, scripted
from web.cli import app

ANSWERS = {
    "in Finnish": "Kotoutumiskoulutus kestää 220 päivästä 300 päivään.",
    "in English": "Integration training lasts 220 to 300 days.",
}


def able(asked: Asked) -> Says:
    if "Say OK" in asked.text:
        return Says("OK.")
    if "conversation" in asked.text:
        return Says(json.dumps({"question": "Where is the integration training?"}))
    if "You translate" in asked.text:
        return Says(json.dumps({"translations": ["The library card is free.", "The course lasts 20 days."]}))
    text = next((text for name, text in ANSWERS.items() if f"Answer {name}" in asked.text), "Hm.")
    return Says(composed((text, [1])))


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.chdir(str(tmp_path))
    for name in ("NEUVO_LLM_URL", "NEUVO_LLM_MODEL", "NEUVO_LLM_KEY"):
        monkeypatch.delenv(name, raising=False)


def run(*arguments: str, **environment: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["llm", "check", *arguments], env=environment)
    return result.exit_code, result.output


def test_without_an_endpoint() -> None:
    status, said = run()
    assert status == 0
    assert "NEUVO_LLM_URL" in said


def test_an_able_endpoint() -> None:
    with scripted(able) as server:
        status, said = run("fi", "en", "ru", "--json", NEUVO_LLM_URL=server.url, NEUVO_LLM_MODEL="scripted")
    found = json.loads(said)
    assert (status, found["steps"]) == (0, ["compose", "rewrite", "translate"])
    assert found["languages"] == ["fi", "en"]
    assert {one["what"]: one["works"] for one in found["tried"]} == {
        "models listed": True,
        "reached": True,
        "structured output": True,
        "streaming": True,
        "rewrite": True,
        "translate": True,
        "answers in fi": True,
        "answers in en": True,
        "answers in ru": False,
    }


def test_an_endpoint_that_refuses_the_key() -> None:
    with scripted(lambda asked: Says(fault="status 401")) as server:
        status, said = run("en", NEUVO_LLM_URL=server.url, NEUVO_LLM_MODEL="scripted", NEUVO_LLM_KEY="sk-secret")
    assert status == 1
    assert "answered 401" in said
    assert "sk-secret" not in said
    assert "May be used for: nothing" in said


@pytest.mark.parametrize(
    ("arguments", "environment", "status"),
    [(["xx"], {}, 2), ([], {"NEUVO_LLM_URL": "ftp://x", "NEUVO_LLM_MODEL": "m"}, 2)],
    ids=["unknown language", "no http"],
)
def test_what_cannot_be_tried(arguments: list[str], environment: dict[str, str], status: int) -> None:
    assert run(*arguments, **environment)[0] == status


def test_the_key_does_not_stand_in_a_file(tmp_path: object) -> None:
    with open("neuvo.toml", "w", encoding="utf-8") as file:
        file.write('[llm]\nurl = "http://localhost/v1"\nmodel = "m"\nkey = "sk-secret"\n')
    status, said = run()
    assert (status, "NEUVO_LLM_KEY" in said, "sk-secret" in said) == (2, True, False)
