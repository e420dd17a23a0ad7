from __future__ import annotations

import pytest

from assistant.figures import FigureQuestions, has_figure, of_another_year
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


@pytest.mark.parametrize(
    ("question", "answer", "figure", "other"),
    [
        ("How many came in 2023?", "From January to July 2025 there were 4,300.", True, True),
        ("How many came in 2025?", "From January to July 2025 there were 4,300.", True, False),
        ("How long was it in ٢٠١٦?", "It lasts 220 days.", True, True),
        ("I moved in 2021, may I come?", "Everyone may come.", False, False),
        ("When was the event in 2020?", "The event was held in spring 2025.", False, True),
        ("How many days is it?", "It lasts 220 days.", True, False),
    ],
)
def test_a_figure_of_another_year_does_not_answer(question: str, answer: str, figure: bool, other: bool) -> None:
    assert of_another_year(question, answer, figure) is other
