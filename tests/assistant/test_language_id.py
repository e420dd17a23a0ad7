"""Which language a text is in, by its letters, by the model, by the page it was typed in."""

import csv
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from assistant.language_id import SORANI, UNKNOWN, LanguageIdentifier
from assistant.languages import load_languages

DEV = Path(__file__).parents[3] / "shared" / "data" / "language-id" / "dev.tsv"


@pytest.fixture(scope="module")
def identifier() -> LanguageIdentifier:
    return LanguageIdentifier(load_languages())


QUESTIONS = {
    "fi": "Missä kielikahvila on?",
    "sv": "Var finns språkkaféet?",
    "en": "How long is integration training?",
    "ru": "Сколько длится интеграционное обучение?",
    "uk": "Скільки триває інтеграційне навчання?",
    "ar": "كم مدة التدريب على الاندماج؟",
    "fa": "دوره ادغام چقدر طول می‌کشد؟",
    "so": "Muddo intee le'eg ayuu socdaa tababarka is-dhexgalka?",
    "sq": "Sa zgjat trajnimi i integrimit?",
    "et": "Kui kaua kestab lõimumiskoolitus?",
    "zh": "融入培训要多长时间？",
    "fr": "Combien de temps dure la formation d'intégration ?",
    "es": "¿Cuánto dura la formación de integración?",
    "vi": "Khóa đào tạo hội nhập kéo dài bao lâu?",
    "tr": "Uyum eğitimi ne kadar sürüyor?",
    "ku": "Perwerdehiya entegrasyonê çiqas dom dike?",
}


@pytest.mark.parametrize(("code", "text"), QUESTIONS.items(), ids=QUESTIONS.keys())
def test_a_question_in_every_language(identifier: LanguageIdentifier, code: str, text: str) -> None:
    assert set(QUESTIONS) == set(load_languages())
    for page in (None, "fi", "en"):
        found = identifier.identify(text, page=page)
        assert (found.code, found.source) == (code, "identified")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Їжа", "uk"),
        ("Это", "ru"),
        ("埃斯波", "zh"),
        ("Kela 在哪里", "zh"),
        ("بچه", "fa"),
        ("مدرسة", "ar"),
        ("خوێندنی زمان لە کوێیە؟", SORANI),
        ("ここはどこですか", UNKNOWN),
        ("Γειά σου", UNKNOWN),
    ],
    ids=["uk", "ru", "han", "han and a name", "fa", "ar", "sorani", "kana", "greek"],
)
def test_letters_decide(identifier: LanguageIdentifier, text: str, code: str) -> None:
    assert identifier.identify(text).code == code


@pytest.mark.parametrize("text", ["", "  ", "123", "👍", "?!", "https://www.espoo.fi", "a@b.fi 040 123"])
def test_what_says_nothing_keeps_the_page(identifier: LanguageIdentifier, text: str) -> None:
    assert identifier.identify(text, page="so").code == "so"
    assert identifier.identify(text, page="so").source == "page"
    assert identifier.identify(text).code == UNKNOWN


def test_service_names_and_addresses_do_not_decide(identifier: LanguageIdentifier) -> None:
    assert identifier.identify("How do I get to Testipiste and Koto-Espoo?", page="fi").code == "en"
    assert identifier.identify("Qué es kotoutumiskoulutus?").code == "es"
    assert identifier.identify("Скільки триває kotoutumiskoulutus?").code == "uk"
    assert identifier.identify("Kela", page="ar").code == "ar"


def test_an_unsure_text_keeps_the_page_and_says_so(identifier: LanguageIdentifier) -> None:
    found = identifier.identify("info", page="vi")
    assert found.code == "vi"
    assert 0 <= found.confidence <= 1


def test_documents_in_languages_neuvo_does_not_speak(identifier: LanguageIdentifier) -> None:
    assert identifier.identify_document("Die Stadt bietet Kurse für neue Einwohner an. " * 4) == "de"
    assert identifier.identify_document("Espoon kaupunki järjestää kotoutumiskoulutusta. " * 4) == "fi"
    assert identifier.identify_document("Bajarê Espoo ji bo koçberan xizmetan pêşkêş dike. " * 4) == "ku"
    assert identifier.identify_document("12 345 – 2026") == UNKNOWN


def test_many_threads_load_one_model() -> None:
    identifier = LanguageIdentifier(load_languages())
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: identifier.identify("Where is the library?").code, range(32)))
    assert set(found) == {"en"}


def test_importing_loads_no_model() -> None:
    program = "import sys, assistant.language_id; sys.exit('py3langid' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.skipif(not DEV.exists(), reason=f"needs the measured texts at {DEV}, which stay out of the repository")
def test_real_questions_without_a_prior(identifier: LanguageIdentifier) -> None:
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    with DEV.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            if row["kind"] == "question":
                code = {"kmr": "ku"}.get(row["lang"], row["lang"])
                total[code] += 1
                right[code] += identifier.identify(row["text"]).code == code
    assert right.total() / total.total() >= 0.99
    assert {code: right[code] / total[code] for code in total if right[code] / total[code] < 0.96} == {}
