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


@pytest.mark.parametrize(
    ("language", "text", "price"),
    [
        ("en", "how much does it cost?", True),
        ("en", "how long does it last?", False),
        ("fi", "paljonko se maksaa?", True),
        ("fi", "kauanko se kestää?", False),
        ("sv", "vad kostar det?", True),
        ("sv", "hur länge varar det?", False),
        ("ru", "сколько это стоит?", True),
        ("ru", "сколько это длится?", False),
        ("uk", "скільки це коштує?", True),
        ("ar", "كم سعره؟", True),
        ("ar", "كم مدة الدورة؟", False),
        ("fa", "هزینه‌اش چقدر است؟", True),
        ("so", "qiimaha waa imisa?", True),
        ("so", "imisa maalmood?", False),
        ("sq", "sa kushton?", True),
        ("et", "kui palju see maksab?", True),
        ("zh", "多少钱？", True),
        ("zh", "多长时间？", False),
        ("fr", "combien ça coûte ?", True),
        ("es", "¿cuánto cuesta?", True),
        ("vi", "giá bao nhiêu?", True),
        ("tr", "fiyatı ne kadar?", True),
        ("ku", "bihayê wê çend e?", True),
    ],
)
def test_a_price_is_a_figure_of_its_own(language: str, text: str, price: bool) -> None:
    assert QUESTIONS.asks(text, language)
    assert QUESTIONS.asks_price(text, language) is price


@pytest.mark.parametrize(
    ("language", "text", "figure", "price"),
    [
        ("en", "The card is free of charge.", False, True),
        ("en", "Ask whether there are free places.", False, False),
        ("en", "The course lasts 20 days.", True, False),
        ("en", "The programme lasts one month.", True, False),
        ("en", "A ticket is 3 €.", True, True),
        ("fi", "Opetus on maksutonta.", False, True),
        ("fi", "Ohjelma kestää kuukauden.", True, False),
        ("sv", "Undervisningen är avgiftsfri.", False, True),
        ("sv", "Programmet varar en månad.", True, False),
        ("ru", "Обучение бесплатное.", False, True),
        ("ru", "Программа длится один месяц.", True, False),
        ("uk", "Навчання безоплатне.", False, True),
        ("uk", "Програма триває один місяць.", True, False),
        ("ar", "التعليم إلزامي ومجاني.", False, True),
        ("ar", "يستمر البرنامج شهراً واحداً.", True, False),
        ("fa", "این دوره رایگان است.", False, True),
        ("fa", "برنامه یک ماه طول می‌کشد.", True, False),
        ("so", "Waxbarashadu waa lacag la'aan.", False, True),
        ("so", "Barnaamijku wuxuu socdaa hal bil.", True, False),
        ("sq", "Arsimi është falas.", False, True),
        ("sq", "Programi zgjat një muaj.", True, False),
        ("et", "Õpe on tasuta.", False, True),
        ("et", "Programm kestab ühe kuu.", True, False),
        ("zh", "学前班免费。", False, True),
        ("zh", "项目持续一个月。", True, False),
        ("fr", "L'enseignement est gratuit.", False, True),
        ("fr", "Le programme dure un mois.", True, False),
        ("es", "La enseñanza es gratuita.", False, True),
        ("es", "El programa dura un mes.", True, False),
        ("vi", "Khóa học miễn phí.", False, True),
        ("vi", "Chương trình kéo dài một tháng.", True, False),
        ("tr", "Eğitim ücretsizdir.", False, True),
        ("tr", "Program bir ay sürer.", True, False),
        ("ku", "Perwerde belaş e.", False, True),
        ("ku", "Bername mehekê dom dike.", True, False),
    ],
)
def test_figures_in_words(language: str, text: str, figure: bool, price: bool) -> None:
    assert QUESTIONS.tells(text, language) is figure
    assert QUESTIONS.tells(text, language, price=True) is price
