"""Which service a question calls by its name."""

from __future__ import annotations

import pytest

from assistant.service_names import ServiceNames
from tests.fakes import document

TITLES = {
    "hello": ["Hello Espoo -info, verkkosivut", "Hello Espoo Info, website", "مكتب Hello Espoo"],
    "events": ["Tapahtumat uusille asukkaille", "Events for new residents", "فعاليات للسكان الجدد"],
    "parents": ["Koto-Espoo: kurssit", "Koto-Espoo: courses", "Koto-Espoo: دورات"],
    "babies": ["Koto-Espoo: muskari", "Koto-Espoo: music", "Koto-Espoo: موسيقى"],
    "test": ["Testipiste: alkutesti", "Testipiste: the test", "اختبار Testipiste"],
    "skills": ["Koske ja osaamiskeskus", "Koske and the skills centre", "مركز Koske"],
    "youth": ["Ohjaamotalo ja Vamos", "Ohjaamotalo and Vamos", "Ohjaamotalo و Vamos"],
    "vantaa": ["Vantaa neuvoo", "Advice in Vantaa", "Vantaa مشورة"],
    "lone": ["Only one title"],
}
NAMES = ServiceNames(
    [
        document(f"{card}-{number}", "Text.", title=title, card=card)
        for card, titles in TITLES.items()
        for number, title in enumerate(titles)
    ]
    + [document("report", "Text.", title="Hello report")],
    places=["vantaa", "espoo"],
)


@pytest.mark.parametrize(
    ("text", "cards"),
    [
        ("Where is Hello Espoo?", {"hello"}),
        ("Missä Hello Espoo on?", {"hello"}),
        ("أين يقع Hello Espoo؟", {"hello"}),
        ("Hello Espoo 在哪里？", {"hello"}),
        ("Hello, I live in Espoo", set()),
        ("what is Koto-Espoo", {"parents", "babies"}),
        ("Pääsenkö Testipisteeseen?", {"test"}),
        ("koskeeko tämä minua", set()),
        ("mikä Koske on", set()),
        ("Vamos or Ohjaamotalo?", {"youth"}),
        ("when is Vamos open", set()),
        ("who gives advice in Vantaa", set()),
        ("Only one title", set()),
    ],
)
def test_a_service_is_called_by_its_name(text: str, cards: set[str]) -> None:
    assert NAMES.cards(text) == cards


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        ("Missä Hello Espoo on?", True),
        ("Hello Espoo", True),
        ("Hello Espoo 在哪里？", True),
        ("When is the next Hello Espoo event?", False),
        ("Testipiste or Hello Espoo?", False),
        ("where is it", False),
    ],
)
def test_a_question_may_be_little_else_than_a_services_name(text: str, alone: bool) -> None:
    assert NAMES.only(text) is alone
