"""``neuvo llm check`` against scripted endpoints."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from assistant.languages import load_languages
from assistant.llm_checking import CLAIMS_EACH, VERIFIED_KINDS, labelled
from assistant.training.claims import written
from tests.assistant.modelled import composed
from tests.scripted_endpoint import Asked, Says, scripted
from web.cli import app

ANSWERS = {
    "in Finnish": "Kotoutumiskoulutus kestää 220 päivästä 300 päivään.",
    "in English": "Integration training lasts 220 to 300 days.",
}


ALL = {claim.text for claim in written()}
HOLD = {claim.text for claim in written() if claim.supported}


def verdict(asked: Asked, confirmed: set[str]) -> Says:
    sentence = asked.text.split("<<sentence")[1].split("\n")[1]
    return Says(json.dumps({"differs": "", "supported": sentence in confirmed}))


def able(asked: Asked) -> Says:
    if "Say OK" in asked.text:
        return Says("OK.")
    if "conversation" in asked.text:
        return Says(json.dumps({"question": "Where is the integration training?"}))
    if "You translate" in asked.text:
        return Says(json.dumps({"translations": ["The library card is free.", "The course lasts 20 days."]}))
    if "Is everything in the sentence so" in asked.text:
        return verdict(asked, HOLD)
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
    assert (status, found["steps"]) == (0, ["compose", "rewrite", "verify", "translate"])
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
        "verify": True,
    }


@pytest.mark.parametrize(
    ("confirmed", "said"),
    [
        (ALL, "12 of 12 that hold confirmed, 0 of 12"),
        (set(), "0 of 12 that hold"),
    ],
    ids=["confirms all", "confirms nothing"],
)
def test_a_model_that_cannot_verify(confirmed: set[str], said: str) -> None:
    def script(asked: Asked) -> Says:
        return verdict(asked, confirmed) if "Is everything in the sentence so" in asked.text else able(asked)

    with scripted(script) as server:
        _, output = run("en", NEUVO_LLM_URL=server.url, NEUVO_LLM_MODEL="scripted")
    assert said in output
    assert "May be used for: compose, rewrite, translate" in output


@pytest.mark.parametrize("codes", [["so"], ["fi", "ar", "zh"], list(load_languages())], ids=len)
def test_claims_to_verify_with(codes: list[str]) -> None:
    claims = labelled(codes)
    assert len({claim.text for claim in claims}) == 2 * CLAIMS_EACH
    assert sum(claim.supported for claim in claims) == CLAIMS_EACH
    assert {claim.language for claim in claims} == set(codes[:CLAIMS_EACH])
    assert {claim.kind for claim in claims} == {"supported", *VERIFIED_KINDS}


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
