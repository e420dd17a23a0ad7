from __future__ import annotations

import pytest

from assistant.quotable import quotable
from tests.fakes import document

PROGRAMME = document("programme", "text", "fi")
CARD = document("card", "text", "fi", card="crisis")


@pytest.mark.parametrize(
    "sentence",
    [
        "Maija Mallikas, kotoutumiskoordinaattori, Yleishallinto",
        "Lisätietoja antaa kotoutumispäällikkö Maija Mallikas.",
        "maija.mallikas@example.org",
        "Soita numeroon 040 123 4567.",
        "Call +358 50 123 4567 for details.",
        "Ask coordinator Maija Mallikas for help.",
    ],
)
def test_named_officials_and_personal_contacts_are_not_quoted(sentence: str) -> None:
    assert not quotable(PROGRAMME, sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "Koulutus on kestoltaan 220–300 päivää.",
        "Palvelu alkoi 1.1.2025 ja budjetti on 91 000 euroa.",
        "Kauniaisten kotoutumiskoordinaattori antaa yleisneuvontaa.",
        "Espoo-Kauniainen työllisyysalue vastaa palvelusta 15.4.2024 alkaen.",
    ],
)
def test_facts_are_quoted(sentence: str) -> None:
    assert quotable(PROGRAMME, sentence)


def test_service_cards_are_exempt() -> None:
    assert quotable(CARD, "Nollalinja 080 005 005 auttaa.")
