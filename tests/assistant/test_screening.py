"""Screening fires on danger in every language, not on what only sounds like it, and masks personal data."""

import time
from collections.abc import Callable

import pytest

from assistant.languages import load_languages
from assistant.personal_data import MASK, Masker
from assistant.screening import Screener
from assistant.screening_combinations import COMBINATIONS
from assistant.screening_notation import expansions, fires_on, samples
from assistant.screening_words import one_apart

LANGUAGES = load_languages()
SCREENER = Screener(LANGUAGES)
mask = Masker(LANGUAGES).mask

AROUND = {
    "fi": "Hei, tarvitsen neuvoja. {} Mitä teen nyt?",
    "sv": "Hej, jag behöver råd. {} Vad gör jag nu?",
    "en": "Hello, I need advice. {} What do I do now?",
    "ru": "Здравствуйте, нужен совет. {} Что мне делать?",
    "uk": "Добрий день, потрібна порада. {} Що мені робити?",
    "ar": "مرحبا، أحتاج إلى نصيحة. {} ماذا أفعل؟",
    "fa": "سلام، به راهنمایی نیاز دارم. {} چه کار کنم؟",
    "so": "Salaan, talo ayaan u baahanahay. {} Maxaan sameeyaa?",
    "sq": "Përshëndetje, më duhet një këshillë. {} Çfarë të bëj?",
    "et": "Tere, vajan nõu. {} Mida ma teen?",
    "zh": "您好，我需要建议。{}。我该怎么办？",
    "fr": "Bonjour, j'ai besoin d'un conseil. {} Que faire ?",
    "es": "Hola, necesito consejo. {} ¿Qué hago?",
    "vi": "Xin chào, tôi cần lời khuyên. {} Tôi phải làm gì?",
    "tr": "Merhaba, tavsiyeye ihtiyacım var. {} Ne yapmalıyım?",
    "ku": "Silav, ji min re şîret lazim e. {} Ez çi bikim?",
}

ORDINARY = {
    "fi": ["Missä kielikahvila on?", "Kuinka kauan kotoutumiskoulutus kestää?", "Miten saan lapsen päiväkotiin?"],
    "sv": ["Var finns språkkaféet?", "Hur länge varar integrationsutbildningen?", "Hur får jag en dagisplats?"],
    "en": ["How long is integration training?", "Where is the language café?", "Can my husband join a course?"],
    "ru": ["Где языковое кафе?", "Сколько длится интеграционное обучение?", "Может ли мой муж учиться?"],
    "uk": ["Де мовне кафе?", "Скільки триває інтеграційне навчання?", "Чи може мій чоловік навчатися?"],
    "ar": ["أين مقهى اللغة؟", "كم مدة التدريب على الاندماج؟", "هل يستطيع زوجي الالتحاق بدورة؟"],
    "fa": ["کافه زبان کجاست؟", "دوره ادغام چقدر طول می‌کشد؟", "آیا شوهرم می‌تواند درس بخواند؟"],
    "so": [
        "Xaggee ayuu ku yaal kafeega luqadda?",
        "Muddo intee ah ayay socotaa koorsadu?",
        "Ninkaygu ma dhigan karaa?",
    ],
    "sq": ["Ku është kafeneja e gjuhës?", "Sa zgjat trajnimi i integrimit?", "A mund të studiojë burri im?"],
    "et": ["Kus on keelekohvik?", "Kui kaua kestab lõimumiskoolitus?", "Kas mu mees võib õppida?"],
    "zh": ["语言咖啡馆在哪里？", "融入培训要多长时间？", "我丈夫可以参加课程吗？"],
    "fr": ["Où est le café des langues ?", "Combien de temps dure la formation ?", "Mon mari peut-il étudier ?"],
    "es": ["¿Dónde está el café de idiomas?", "¿Cuánto dura la formación?", "¿Puede estudiar mi marido?"],
    "vi": ["Quán cà phê ngôn ngữ ở đâu?", "Khóa học kéo dài bao lâu?", "Chồng tôi có thể đi học không?"],
    "tr": ["Dil kafesi nerede?", "Uyum eğitimi ne kadar sürüyor?", "Kocam kursa katılabilir mi?"],
    "ku": ["Kafeya zimên li ku ye?", "Perwerde çiqas dom dike?", "Ma mêrê min dikare bixwîne?"],
}

each_language = pytest.mark.parametrize("code", LANGUAGES)


def test_every_language_has_its_samples() -> None:
    assert set(AROUND) == set(ORDINARY) == set(LANGUAGES)


@each_language
def test_tables_are_long_enough(code: str) -> None:
    phrases = LANGUAGES[code].screening
    assert len({text for phrase in phrases.emergency for text in fires_on(phrase)}) >= 25
    assert len({text for phrase in phrases.crisis + phrases.violence for text in fires_on(phrase)}) >= 25


@each_language
def test_gaps_stand_between_words(code: str) -> None:
    phrases = LANGUAGES[code].screening
    for phrase in phrases.emergency + phrases.crisis + phrases.violence + phrases.exceptions:
        for words in expansions(phrase.rstrip("!")):
            assert words[0] != "…" != words[-1], phrase


@each_language
@pytest.mark.parametrize("category", ["emergency", "crisis", "violence"])
def test_phrases_fire_among_other_words(code: str, category: str) -> None:
    silent = []
    for phrase in getattr(LANGUAGES[code].screening, category):
        around = "{}" if phrase.endswith("!") else AROUND[code]
        written = [around.format(text) for text in fires_on(phrase)]
        for text in (*written, written[0].upper()):
            if category not in SCREENER.screen(text).categories:
                silent.append((phrase, text))
    assert silent == []


@each_language
def test_combinations_fire_on_the_words_of_their_concepts(code: str) -> None:
    texts = [(rule, text) for rule in COMBINATIONS for text in samples(rule, LANGUAGES[code].screening.words)]
    silent = [
        ("+".join(rule.concepts), text)
        for rule, text in texts
        if rule.category not in SCREENER.screen(text, code).categories
    ]
    assert len(silent) <= len(texts) / 50, silent  # a word of one concept may be in another's phrase


@each_language
def test_phrases_fire_without_their_diacritics(code: str) -> None:
    import unicodedata

    silent = []
    for phrase in LANGUAGES[code].screening.emergency:
        for text in fires_on(phrase):
            bare = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
            bare = bare.replace("ı", "i").replace("đ", "d")
            if "emergency" not in SCREENER.screen(bare).categories:
                silent.append(bare)
    assert silent == []


@each_language
def test_small_talk_is_the_whole_message_only(code: str) -> None:
    for phrase in LANGUAGES[code].screening.small_talk:
        for text in fires_on(phrase):
            assert SCREENER.screen(text + "!").category == "small_talk"
    for question in ORDINARY[code]:
        greeting = next(iter(fires_on(LANGUAGES[code].screening.small_talk[0])))
        assert SCREENER.screen(f"{greeting}! {question}").category is None


@each_language
def test_tempting_phrases_do_not_fire(code: str) -> None:
    fired = {text: SCREENER.screen(text).category for text in LANGUAGES[code].screening.negatives}
    assert {text: category for text, category in fired.items() if category} == {}


@each_language
def test_ordinary_questions_do_not_fire(code: str) -> None:
    for question in ORDINARY[code]:
        found = SCREENER.screen(question, code)
        assert (found.category, found.masked, found.masked_kinds) == (None, question, ())


@pytest.mark.parametrize(
    ("text", "category", "language"),
    [
        ("Help, my kitchen is on fire!!!", "emergency", "en"),
        ("FIRE", "emergency", "en"),
        ("Hello! Fire!", "emergency", "en"),
        ("he can't breathe", "emergency", "en"),
        ("Mieheni löi minua taas eilen", "violence", "fi"),
        ("isä sai sydänkohtauksen", "emergency", "fi"),
        ("my husband hit me and I am bleeding", "emergency", "en"),
        ("I want to die, my husband beats me", "crisis", "en"),
        ("пожар", "emergency", "ru"),
        ("وزوجي يضربني كل يوم", "violence", "ar"),
        ("نفس نمی کشد", "emergency", "fa"),
        ("نفس نمیکشد", "emergency", "fa"),
        ("我家着火了怎么办", "emergency", "zh"),
        ("nha toi dang chay", "emergency", "vi"),
        ("EVDE YANGIN VAR", "emergency", "tr"),
        ("ki\u0307tap", None, None),
        ("не хочу жить. В Эспоо я один", "crisis", "ru"),
        ("не хочу жить в Эспоо", None, None),
        ("thank you very much, goodbye", "small_talk", "en"),
        ("thank you, where is the library?", None, None),
        ("🙂", None, None),
        ("", None, None),
    ],
)
def test_messages(text: str, category: str | None, language: str | None) -> None:
    found = SCREENER.screen(text)
    assert (found.category, found.language) == (category, language)


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("in the kitchen there is a pan and it burns", "emergency"),
        ("my chest suddenly feels tight and it hurts a lot", "emergency"),
        ("rinnassa puristaa ihan hirveästi", "emergency"),
        ("my boss still has all of our passports", "crisis"),
        ("pomo ei ole maksanut palkkaa kolmeen kuukauteen", "crisis"),
        ("naapurin mies löi taas vaimoaan", "violence"),
        ("my father wants me to marry a man I do not know, I dont want", "violence"),
        ("my grandmother is unconscoius on the floor", "emergency"),
        ("Where can I take a first aid course about heart attacks?", None),
        ("I had a heart attack ten years ago, is there a sports group?", None),
    ],
)
def test_combinations(text: str, category: str | None) -> None:
    assert SCREENER.screen(text).category == category


@pytest.mark.parametrize(
    ("a", "b", "near"),
    [
        ("smoke", "smok", True),
        ("smoke", "smoek", True),
        ("smoke", "snoke", True),
        ("smoke", "smokes", True),
        ("smoke", "smoke", False),
        ("smoke", "snake", False),
        ("smoke", "mokes", False),
    ],
)
def test_one_typing_error_is_one_letter(a: str, b: str, near: bool) -> None:
    assert (one_apart(a, b), one_apart(b, a)) == (near, near)


def test_every_category_found_is_reported_most_urgent_first() -> None:
    found = SCREENER.screen("I want to die, my husband beats me and I am bleeding")
    assert found.categories == ("emergency", "crisis", "violence")


def test_a_letter_with_a_diacritic_is_not_the_letter_without() -> None:
    assert SCREENER.screen("nhà đang chạy").category is None  # "running", where "cháy" is fire


def test_the_language_given_is_named_where_several_fire() -> None:
    assert SCREENER.screen("infarkt", "et").language == "et"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("131052-308T", "identity_code"),
        ("131052A308T", "identity_code"),
        *((f"131052{sign}308T", "identity_code") for sign in "+YXWVUBCDEF"),
        ("131052-308t", "identity_code"),
        ("131052–308T", "identity_code"),
        ("FI21 1234 5600 0007 85", "bank_account"),
        ("fi2112345600000785", "bank_account"),
        ("DE89370400440532013000", "bank_account"),
        ("4111 1111 1111 1111", "payment_card"),
        ("5500-0000-0000-0004", "payment_card"),
        ("matti.meikalainen@example.com", "email"),
        ("+358 40 123 4567", "phone"),
        ("+358 (0)40 123 4567", "phone"),
        ("00358401234567", "phone"),
        ("040-1234567", "phone"),
        ("050 123 4567", "phone"),
        ("0401234567", "phone"),
        ("+380 67 123 45 67", "phone"),
        ("٠٤٠ ١٢٣ ٤٥٦٧", "phone"),
    ],
)
def test_personal_data_is_masked_in_place(text: str, kind: str) -> None:
    for sentence in ("Numeroni on {}, voitteko auttaa?", "{}", "我的号码是{}。", "رقمي {}؟"):
        assert mask(sentence.format(text)) == (sentence.format(MASK), (kind,))


@pytest.mark.parametrize(
    ("text", "masked", "kind"),
    [
        ("My passport number is XP1234567, is it enough?", "My passport number is [...], is it enough?", "passport"),
        ("passin numero on xp1234567", "passin numero on [...]", "passport"),
        ("oleskeluluvan numero 12345678", "oleskeluluvan numero [...]", "residence_permit"),
        ("رقم الإقامة ١٢٣٤٥٦٧٨", "رقم الإقامة [...]", "residence_permit"),
        ("Dnro 123/456/2025 on minun", "Dnro [...] on minun", "diary_number"),
        ("asiakasnumeroni on 4567 8901", "asiakasnumeroni on [...]", "customer_number"),
        ("我的护照号码是E12345678。", "我的护照号码是[...]。", "passport"),
    ],
)
def test_numbers_are_masked_beside_a_word_that_says_so(text: str, masked: str, kind: str) -> None:
    assert mask(text) == (masked, (kind,))


def test_several_kinds_are_masked_in_order() -> None:
    text = "a@b.fi ja 131052-308T, puh. 040 123 4567, toinen@b.fi"
    assert mask(text) == (f"{MASK} ja {MASK}, puh. {MASK}, {MASK}", ("email", "identity_code", "phone"))


@pytest.mark.parametrize(
    "text",
    [
        "Soita 112 tai 116117 tai 116006",
        "100 000 euroa",
        "1 000 000 000 euroa",
        "2024-2025",
        "vuosina 2026–2028",
        "220–300 päivää",
        "case 123456",
        "klo 16:00 2024 2025",
        "13.10.2025 klo 9.00",
        "09 816 21",
        "+358 9 816 21",
        "+358 295 419 600",
        "080 005 005",
        "131052-308S",
        "991352-308T",
        "FI22 1234 5600 0007 85",
        "4111 1111 1111 1112",
        "1111 2222 3333 4444",
        "@espoo",
        "a @ b",
        "02100 Espoo",
        "passi maksaa 54,00 euroa",
        "oleskelulupa 1.3.2025 alkaen",
        "ulkomaalaislaki 301/2004 ja oleskelulupa",
        "passi haettu 2024-2025",
        "Y-tunnus 0101263-6 on asiakas",
        "A1.3 ja B1.1",
        "ISBN 978-952-0-00000-0",
    ],
)
def test_what_is_nobodys_is_left(text: str) -> None:
    assert mask(text) == (text, ())


def seconds(work: Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


WORST = [
    "my husband ",
    "no not me my child ",
    "unconscoius passprots ",
    "passport 1 ",
    "A1-",
]


@pytest.mark.parametrize("unit", WORST)
def test_three_hundred_characters_take_no_time(unit: str) -> None:
    text = (unit * 300)[:300]
    assert seconds(lambda: SCREENER.screen(text)) < 0.02  # the goal is 5 ms; 8 ms were measured on a busy machine


@pytest.mark.parametrize(
    "unit",
    [
        "my husband ",
        "a@",
        "a.",
        "0 ",
        "+1-",
        "FI21 ",
        "131052-",
        "4111 ",
        "火着",
        "min me ",
        "thank you ",
        "zarokê min ",
        "и",
        "'",
    ],
)
def test_time_grows_no_faster_than_the_text(unit: str) -> None:
    short = (unit * 600)[:600]
    long = (unit * 4800)[:4800]
    assert seconds(lambda: SCREENER.screen(long)) < 32 * seconds(lambda: SCREENER.screen(short))
