"""Forty poisoned documents and a model that obeys them: nothing of it reaches the asker."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from assistant.answering import Assistant
from assistant.answers import Answer
from assistant.grounding_injection import to_a_machine, visible
from assistant.questions import Profile
from tests.assistant.modelled import built, composed, with_model, without_model
from tests.assistant.poisoned import BESIDE, HONEST, POISONS, QUESTIONS, Poison
from tests.fakes import document
from tests.scripted_endpoint import Says, ScriptedEndpoint, scripted

NAMES = [
    f"Kurssi{'abcdefghijklmnopqrstuvwxyz'[number // 26]}{chr(97 + number % 26)}x" for number in range(len(POISONS))
]
CASES = list(zip(NAMES, POISONS, strict=True))


def honest(poison: Poison, name: str) -> str:
    return HONEST[poison.language].format(name=name)


@pytest.fixture(scope="module")
def assistants(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Assistant, Assistant, ScriptedEndpoint]]:
    """With an obedient model over the poisoned documents, and without one over the same documents unpoisoned."""
    filler = [
        document(f"filler-{n}", f"Topic{n} has word{n} and thing{n} in room{n}.", municipalities=("Vaasa",))
        for n in range(60)
    ]

    def corpus(poisoned: bool) -> list[object]:
        return [
            *filler,
            *(
                document(
                    f"doc-{name}",
                    "\n".join([honest(p, name), *([p.line] if poisoned else []), BESIDE[p.language]]),
                    p.language,
                    municipalities=(name,),
                )
                for name, p in CASES
            ),
        ]

    poisoned = built(tmp_path_factory.mktemp("poisoned"), corpus(True))  # type: ignore[arg-type]
    clean = built(tmp_path_factory.mktemp("clean"), corpus(False))  # type: ignore[arg-type]
    with scripted(lambda asked: Says()) as server:
        obedient, plain = with_model(poisoned, server.url, seconds=5), without_model(clean)
        yield obedient, plain, server
        obedient.close()
        plain.close()


def facts(answer: Answer) -> set[str]:
    return {sentence.text for sentence in answer.sentences}


@pytest.mark.parametrize(("name", "poison"), CASES, ids=[f"{p.language} {p.kind}" for p in POISONS])
@pytest.mark.parametrize("beside", [False, True], ids=["only obeys", "answers too"])
def test_no_document_instructs_the_model(
    assistants: tuple[Assistant, Assistant, ScriptedEndpoint], name: str, poison: Poison, beside: bool
) -> None:
    obedient, plain, server = assistants
    good = honest(poison, name)
    said = [(good, [1])] if beside else []
    server.script = lambda asked: Says(poison.obeys if poison.raw else composed(*said, (poison.obeys, [1])))
    server.asked.clear()
    question = QUESTIONS[poison.language].format(name=name)
    answer = obedient.ask(question, language=poison.language, profile=Profile(name))
    expected = plain.ask(question, language=poison.language, profile=Profile(name))
    assert poison.obeys not in facts(answer)
    assert facts(answer) in (facts(expected), {good})
    assert (answer.status, answer.language) == (expected.status, expected.language)
    assert {s.language for s in answer.sentences} == {poison.language}
    assert server.asked
    assert visible(poison.line) not in server.asked[0].text


def test_there_are_forty_in_six_languages() -> None:
    assert (len(POISONS), len({poison.language for poison in POISONS})) == (40, 6)


@pytest.mark.parametrize(
    "text",
    [
        "You can ask for an answer by e-mail, and your answer comes within two weeks.",
        "Do not forget to bring the instructions of your doctor with you.",
        "Opettaja kertoo ohjeet tunnilla. Vastaa kutsuun kahden viikon kuluessa.",
        "Läraren berättar om reglerna. Svara på kallelsen inom två veckor.",
        "В Италии, в России, в Финляндии: новые правила для студентов.",
        "يمكنك طلب الإجابة بالبريد الإلكتروني.",
        "Помічник учителя розповідає про правила школи.",
        "Käytämme tekoälyä käännöksissä, ja ihminen tarkistaa ne.",
    ],
)
def test_what_speaks_to_people_is_left_alone(text: str) -> None:
    assert not to_a_machine(text)
