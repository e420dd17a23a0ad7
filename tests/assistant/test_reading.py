"""What is no answer although it is near the question."""

from __future__ import annotations

import pytest

from assistant.reading import of_neuvo


@pytest.mark.parametrize(
    ("sentence", "itself"),
    [
        ("Neuvo does not know when you can get an appointment or what papers to bring.", True),
        ("Neuvo ei tiedä, milloin ajan saa.", True),
        ("Neuvo vet inte när du får en tid.", True),
        ("Neuvo не знает, когда вас примут.", True),
        ("لا يعرف Neuvo متى يمكن الحصول على موعد.", True),
        ("Neuvo نمی‌داند چه وقت نوبت می‌دهند.", True),
        ("Neuvo, hizmet noktalarının adreslerini bilmez.", True),
        ("Neuvo 不知道什么时候能约到时间。", True),
        ("Koto-Espoo probably makes the plan; Neuvo has inferred this.", False),
        ("In Espoo's report, the same events are arranged by Espoo Talent Hub, so Neuvo shows both names.", False),
        ("Espoon työllisyyspalvelut neuvoo puhelimessa.", False),
        ("Neuvosto ei tiedä.", False),
    ],
)
def test_what_neuvo_does_not_know_is_no_answer(sentence: str, itself: bool) -> None:
    assert of_neuvo("needs-assessment", sentence) is itself


def test_what_neuvo_is_stands_in_a_card_of_its_own() -> None:
    assert not of_neuvo("about-neuvo", "Neuvo does not know personal matters.")
    assert not of_neuvo(None, "Neuvo does not know.")
