"""In what order the texts that were read stand where a question calls a service by its name."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from assistant.finding import Finder
from assistant.languages import load_languages
from assistant.questions import Profile
from assistant.reading import Reading, ReadText
from assistant.turns import Turn
from tests.fakes import document

INFO = [
    document(f"info-{number}", "Text.", title=title, card="info")
    for number, title in enumerate(["Hello Espoo -info", "Hello Espoo Info", "مكتب Hello Espoo"])
]
EVENTS = document("events", "Text.", title="Events", card="events")


class Fixed:
    """Reads every question alike."""

    def __init__(self, *likely: tuple[Any, float]) -> None:
        found: list[Any] = [(SimpleNamespace(document=one), probability) for one, probability in likely]
        self._texts = tuple(ReadText(hit, (), probability) for hit, probability in found)

    def read(self, *asked: Any) -> Reading:
        return Reading(self._texts)


@pytest.mark.parametrize(
    ("question", "event", "info", "first", "probability"),
    [
        ("Where is Hello Espoo?", 0.9, 0.4, "info", 0.5),
        ("Where is Hello Espoo?", 0.9, 0.7, "info", 0.7),
        ("Where is Hello Espoo?", 0.9, 0.2, "events", 0.9),
        ("When is the next Hello Espoo event?", 0.9, 0.6, "events", 0.9),
        ("When is the next Hello Espoo event?", 0.7, 0.6, "info", 0.6),
        ("When is the next event?", 0.7, 0.6, "events", 0.7),
    ],
    ids=["its name alone", "likely", "unlikely", "more than its name", "hardly likelier", "no name"],
)
def test_the_service_called_by_its_name_goes_first(
    question: str, event: float, info: float, first: str, probability: float
) -> None:
    index = SimpleNamespace(id="one", documents=lambda: [*INFO, EVENTS], embed_question=lambda *asked: np.zeros(2))
    turn = Turn(question, load_languages()["en"], "identified", Profile(None, None), None, index=index)  # type: ignore[arg-type]
    finder = Finder(Fixed((EVENTS, event), (INFO[1], info)), places=["espoo"], least=0.5)
    reading = finder.read(turn, question, [])
    assert reading.texts[0].document.card == first
    assert reading.probability == probability
    assert len(reading.texts) == 2
