"""Which language a text is in, by its letters, by the model, by the page it was typed in."""

import csv
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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
        ("میں کام ڈھونڈ رہا ہوں", "ur"),
        ("زه چیرته د ژبې کورس موندلی شم؟", "ps"),
        ("ኣበይ ክመሃር እኽእል?", "ti"),
        ("የቋንቋ ኮርስ የት ማግኘት እችላለሁ?", "am"),
        ("ここはどこですか", "ja"),
        ("日本語を勉強したい", "ja"),
        ("Γειά σου", "el"),
        ("ᐃᓄᒃᑎᑐᑦ", UNKNOWN),
    ],
    ids=[
        "uk",
        "ru",
        "han",
        "han and a name",
        "fa",
        "ar",
        "sorani",
        "urdu",
        "pashto",
        "tigrinya",
        "amharic",
        "kana",
        "han and kana",
        "greek",
        "inuktitut",
    ],
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


FOREIGN = {
    "de": "Wo kann ich einen Sprachkurs finden?",
    "sw": "Ninaweza kupata wapi kozi ya lugha?",
    "pl": "Gdzie mogę znaleźć kurs językowy?",
    "ro": "Unde pot găsi un curs de limbă?",
    "hu": "Hol találok nyelvtanfolyamot?",
    "lt": "Kur aš galiu rasti kalbų kursus?",
    "da": "Hvor kan jeg finde et sprogkursus?",
    "tl": "Saan ako makakahanap ng kurso sa wika?",
    "kk": "Тілдік курсты қайдан таба аламын?",
    "be": "Дзе я магу знайсці моўныя курсы?",
    "bn": "আমি ভাষার কোর্স কোথায় পাব?",
    "th": "ฉันจะเรียนภาษาได้ที่ไหน",
}


@pytest.mark.parametrize(("code", "text"), FOREIGN.items(), ids=FOREIGN.keys())
def test_languages_neuvo_does_not_speak_are_named(identifier: LanguageIdentifier, code: str, text: str) -> None:
    for page in (None, "fi", "en"):
        assert identifier.identify(text, page=page).code == code


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("ru", "gde mozhno uchit finskiy yazyk"),
        ("ru", "kak poluchit posobie"),
        ("uk", "meni potriben perekladach"),
        ("ar", "wein momken at3allam finlandi"),
        ("ar", "ana abhath 3an shughl"),
        ("fa", "koja mitunam zabane finlandi yad begiram"),
    ],
)
def test_other_scripts_typed_in_latin_letters(identifier: LanguageIdentifier, code: str, text: str) -> None:
    assert identifier.identify(text).code == code


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("fr", "où trouver un päiväkoti pour mon fils"),
        ("es", "Como solicitar toimeentulotuki"),
        ("en", "Where do I apply for työmarkkinatuki?"),
        ("ru", "Что такое työttömyyskassa"),
        ("ru", "Что значит hakemus ja päätös"),
        ("fi", "Mitä tarkoittaa слово"),
        ("tr", "oleskelulupa ne kadar sürer"),
        ("ku", "ez dixwazim asumistuki bistînim"),
        ("zh", "Testipiste在哪里"),
        ("fi", "Kela asumistuki hakemus"),
    ],
)
def test_the_sentence_decides_not_the_finnish_term_in_it(identifier: LanguageIdentifier, code: str, text: str) -> None:
    assert identifier.identify(text).code == code


@pytest.mark.parametrize(
    ("code", "text"),
    [("fi", "kiitos"), ("sv", "idag"), ("et", "täna"), ("so", "mahadsanid"), ("vi", "cảm ơn"), ("ku", "spas")],
)
def test_a_common_word_outweighs_the_page(identifier: LanguageIdentifier, code: str, text: str) -> None:
    for page in QUESTIONS:
        found = identifier.identify(text, page=page)
        assert (found.code, found.source) == (code, "identified")


@pytest.mark.parametrize("page", QUESTIONS)
def test_an_official_term_alone_keeps_the_page(identifier: LanguageIdentifier, page: str) -> None:
    found = identifier.identify("kotoutumissuunnitelma", page=page)
    assert (found.code, found.source) == (page, "page")
    assert identifier.identify("kotoutumissuunnitelma").code == "fi"


@given(st.text(max_size=60), st.sampled_from([None, "fi", "ar"]))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_has_an_identification(identifier: LanguageIdentifier, text: str, page: str | None) -> None:
    found = identifier.identify(text, page=page)
    assert found.code
    assert 0 <= found.confidence <= 1
    assert found.source in ("identified", "page")


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


def _measured(identifier: LanguageIdentifier, kinds: set[str], prior: str) -> tuple[float, dict[str, float]]:
    """Shares of texts identified right: of all, and by language."""
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    with DEV.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            code = {"kmr": "ku"}.get(row["lang"], row["lang"])
            if row["kind"] not in kinds:
                continue
            wrong = [page for page in QUESTIONS if page != code]
            for page in {"none": [None], "right": [code] if code in QUESTIONS else [], "wrong": wrong}[prior]:
                total[code] += 1
                right[code] += identifier.identify(row["text"], page=page).code == code
    return right.total() / total.total(), {code: right[code] / total[code] for code in total}


@pytest.mark.skipif(not DEV.exists(), reason=f"needs the measured texts at {DEV}, which stay out of the repository")
@pytest.mark.parametrize(
    ("kinds", "prior", "least"),
    [
        ({"question"}, "none", 0.995),
        ({"n_lower", "n_typo"}, "none", 0.99),
        ({"short_1_2w"}, "right", 0.97),
        ({"short_1_2w"}, "wrong", 0.90),
    ],
    ids=["questions", "lower case and typos", "two words, right page", "two words, wrong page"],
)
def test_real_texts(identifier: LanguageIdentifier, kinds: set[str], prior: str, least: float) -> None:
    overall, by_language = _measured(identifier, kinds, prior)
    assert overall >= least
    if prior == "none":
        assert {code: share for code, share in by_language.items() if share < 0.97} == {}
