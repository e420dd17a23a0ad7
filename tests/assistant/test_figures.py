from __future__ import annotations

import pytest

from assistant.figures import FigureQuestions, has_figure
from assistant.languages import load_languages

QUESTIONS = FigureQuestions(load_languages())


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "How long is integration training?"),
        ("en", "what does the YKI test cost"),
        ("fi", "Montako päivää kurssi kestää?"),
        ("fi", "Milloin kirjasto aukeaa?"),
        ("sv", "Hur många dagar?"),
        ("ru", "Сколько дней длится ориентация?"),
        ("uk", "Скільки триває тест?"),
        ("ar", "كم مدة الدورة؟"),
        ("fa", "دوره چند روز است؟"),
        ("so", "Koorsadu waa imisa maalmood?"),
        ("sq", "Sa ditë zgjat trajnimi?"),
        ("et", "Mitu päeva koolitus kestab?"),
        ("zh", "培训要多少天？"),
        ("fr", "Combien de jours dure la formation ?"),
        ("es", "¿Cuántos días dura?"),
        ("vi", "Khóa học kéo dài bao nhiêu ngày?"),
        ("tr", "Eğitim kaç gün sürer?"),
        ("ku", "Perwerde çend roj e?"),
    ],
)
def test_questions_that_only_a_figure_answers(language: str, text: str) -> None:
    assert QUESTIONS.asks(text, language)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Who makes the plan?"),
        ("fi", "Kuka tekee suunnitelman?"),
        ("sq", "Kush e bën planin?"),
        ("zh", "谁负责？"),
    ],
)
def test_other_questions(language: str, text: str) -> None:
    assert not QUESTIONS.asks(text, language)


def test_figures() -> None:
    assert has_figure("220–300 days")
    assert not has_figure("a few days")
