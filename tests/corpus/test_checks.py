"""The checks: a mistake of each kind is seeded into a good card, and is found on its line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from corpus.cards import Card, load_cards
from corpus.checks import check_card, check_cards, status_words
from corpus.findings import Finding
from corpus.text_checks import SCRIPTS, bounds, sentences
from tests.corpus.test_cards import SERVICE, load_one, write_card

TODAY = date(2026, 11, 22)
LANGUAGES = {"fi": "Latn", "en": "Latn", "uk": "Cyrl", "ar": "Arab", "zh": "Hans"}

FI = """+++
translation = "authored"
+++

# Uimahalli

Uimahalli on avoin kaikille asukkaille, ja siellä
kävi viime vuonna 4 300 ihmistä. Uimahallissa voi uida yksin, perheen kanssa tai ryhmässä.
Tavoite on, että kurssille jonotetaan vain 2 kuukautta.

- Uimahallista vastaa Espoon kaupunki, ja työntekijät neuvovat paikan päällä.
- Uimakoulu on lapsille ja aikuisille, jotka eivät vielä osaa uida.

Uimahalliin voi tulla milloin vain, kun ovet ovat auki. Mukaan tarvitaan oma pyyhe ja uimapuku.
Uimahallin kassalta saa tietoa kursseista, ja samalla voi kysyä, mitä muuta liikuntaa kaupunki järjestää.

Neuvo ei tiedä, mitä uiminen maksaa tai milloin halli on auki.
"""
EN = """+++
translation = "authored"
+++

# Swimming hall

The swimming hall (uimahalli) is open to all residents, and it had 4,300 visitors last year.
The goal is that people wait only 2 months for a course.

- The City of Espoo (Espoon kaupunki) is responsible for the swimming hall.
- The swimming school is for children and adults who cannot swim yet.

You can come to the swimming hall whenever the doors are open, with your own towel and swimsuit.

Neuvo does not know what swimming costs or when the swimming hall is open.
"""
UK = """+++
translation = "machine, not yet reviewed"
[wordings]
visitors = "4300"
+++

# Басейн

Басейн (uimahalli) відкритий для всіх мешканців, і торік його відвідали 4300 людей.
Мета міста: люди чекають на курс лише 2 місяці. За басейн відповідає місто Еспоо (Espoon kaupunki).

У басейні можна плавати самостійно, з родиною або в групі. Школа плавання працює для дітей і дорослих,
які ще не вміють плавати. До басейну можна прийти будь-коли, коли двері відчинені. Візьміть із собою рушник
і купальний костюм. На касі розкажуть про курси та про інший спорт, який організовує місто.

Neuvo не знає, скільки коштує плавання і коли басейн відкритий.
"""
AR = """+++
translation = "machine, not yet reviewed"
[wordings]
visitors = "4300"
+++

# المسبح

المسبح (uimahalli) مفتوح لجميع السكان، وقد زاره في العام الماضي 4300 شخص.
هدف المدينة أن ينتظر الناس 2 شهرين فقط للدورة. المسؤول عن المسبح هو مدينة إسبو (Espoon kaupunki).

يمكنكم السباحة في المسبح وحدكم أو مع العائلة أو في مجموعة. مدرسة السباحة للأطفال والكبار الذين لا يعرفون السباحة بعد.
يمكنكم المجيء إلى المسبح في أي وقت تكون فيه الأبواب مفتوحة. أحضروا معكم منشفة وملابس السباحة.
يخبركم الموظفون عن الدورات وعن الرياضات الأخرى التي تنظمها المدينة لجميع السكان.

لا يعرف Neuvo كم تكلف السباحة أو متى يكون المسبح مفتوحا.
"""
ZH = """+++
translation = "machine, not yet reviewed"
[wordings]
visitors = "4300"
+++

# 游泳馆

游泳馆（uimahalli）对所有居民开放，去年有4300人来过。目标是让大家只等2个月就能上课。
游泳馆由埃斯波市（Espoon kaupunki）负责。你可以一个人游泳，也可以和家人或者小组一起游泳。
游泳学校面向还不会游泳的儿童和成年人。只要开门，你随时都可以来游泳馆，请自己带上毛巾和泳衣。
工作人员会告诉你有哪些课程，也会告诉你城市还组织哪些运动。你也可以问问他们怎么报名。

Neuvo不知道游泳要多少钱，也不知道游泳馆什么时候开门。
"""
PLAIN = """+++
translation = "authored"
+++

# Uimahalli (selkosuomi)

Uimahalli on kaikille. Siellä kävi 4 300 ihmistä. Voit uida yksin. Voit uida myös ryhmässä.

Tavoite on 2 kuukauden jono. Uimakoulussa opit uimaan. Ota mukaan pyyhe. Kysy lisää kassalta.

Uimahallista vastaa Espoon kaupunki.

Neuvo ei tiedä, mitä uiminen maksaa. Neuvo ei tiedä, milloin halli on auki.
"""
TEXTS = {"fi": FI, "en": EN, "uk": UK, "ar": AR, "zh": ZH, "fi-selko": PLAIN}


def identify(text: str) -> str:
    """Tells the languages of these tests by their letters and a few words."""
    for code, script in LANGUAGES.items():
        own = sum(any(first <= ord(letter) <= last for first, last in SCRIPTS[script]) for letter in text)
        if script != "Latn" and own * 2 > sum(map(str.isalpha, text)):
            return code
    words = text.lower().split()
    english = sum(words.count(word) for word in ("the", "is", "and", "to"))
    return "en" if english > len(words) / 10 else "fi"


def card_with(folder: Path, service: str = SERVICE, slug: str = "swimming", **texts: str) -> Card:
    write_card(folder, slug, service, **(TEXTS | texts))
    return next(card for card in load_cards(folder) if card.slug == slug)


def found(card: Card) -> list[Finding]:
    return check_card(card, LANGUAGES, identify, TODAY)


def line_holding(text: str, words: str) -> int:
    """The line of the file on which ``words`` stand."""
    return next(number for number, line in enumerate(text.splitlines(), 1) if words in line)


def test_a_good_card_has_no_findings(tmp_path: Path) -> None:
    assert [str(finding) for finding in found(card_with(tmp_path))] == []


# fmt: off
IN_TEXTS = [
    # the text, what stands in it, the mistake, the problem, and words of the line on which it is
    pytest.param("en", "4,300", "many", "the fact visitors ('4,300') is missing", "# Swimming", id="fact missing"),
    pytest.param("uk", "4300 людей", "багато людей", "the fact visitors", "# Басейн", id="own wording missing"),
    pytest.param("en", "last year", "in 2024", "the number '2024' is no fact", "in 2024", id="stray number"),
    pytest.param("en", "last year", "(5%)", "the number '5%' is no fact", "(5%)", id="stray percentage"),
    pytest.param("en", "your own towel", "a ticket from a.fi", "the address 'a.fi' is", "a.fi", id="stray site"),
    pytest.param("en", "your own towel", "call 09 123 456", "the number '09 123 456'", "09 123", id="stray telephone"),
    pytest.param("zh", "一个人", "3个人", "the number '3' is no fact", "3个人", id="stray number in Chinese"),
    pytest.param("uk", "(uimahalli)", "", "the official name 'uimahalli' is missing", "# Басейн", id="name missing"),
    pytest.param("ar", "Espoon kaupunki", "إسبو", "the official name 'Espoon kaupunki' is", "# ", id="body missing"),
    pytest.param("en", "The goal is that", "We know that", "the fact queue is target", "2 months", id="target"),
    pytest.param("uk", "Мета міста: люди", "У місті люди", "the fact queue is target", "2 місяці", id="target in uk"),
    pytest.param("zh", "目标是让大家", "大家", "the fact queue is target", "2个月", id="target in Chinese"),
    pytest.param("fi", "oma pyyhe ja", "٣ pyyhettä ja", "the digit '٣'", "٣", id="another script's digit"),
    pytest.param("uk", "родиною", "сыном", "the letter 'ы' is not of this language", "сыном", id="Russian letter"),
    pytest.param("ar", "وحدكم", "وحدکم", "the letter 'ک' is not of this language", "وحدکم", id="Persian letter"),
    pytest.param("zh", "会游泳的", "會游泳的", "the letter '會' is not of this language", "會", id="traditional"),
    pytest.param("en", "the doors", "the двері", "the letter 'д' is not Latn", "двері", id="letters of another script"),
    pytest.param("uk", "басейну", "бacейну", "'бacейну' mixes Latin and Cyrillic", "бacейну", id="homoglyphs"),
    pytest.param("uk", "Візьміть із собою рушник\nі купальний костюм.", "Take your own towel and a swimsuit along.",
                 "a sentence that is not in Cyrl", "Take your", id="sentence in another script"),
    pytest.param("fi", "Uimahalliin voi tulla milloin vain, kun ovet ovat auki.",
                 "You can come to the swimming hall when the doors are open and the water is warm, and the staff "
                 "help.\n\n",
                 "this paragraph is in 'en', not in 'fi'", "You can", id="paragraph left untranslated"),
    pytest.param("en", "the doors", "the desk of Laura Virtanen", "'Laura Virtanen' looks like a person's name",
                 "Laura", id="person"),
    pytest.param("en", "the doors", "laura.virtanen@uimahalli.example", "the personal address 'laura.virtanen@",
                 "laura.", id="person's address"),
    pytest.param("en", 'translation = "authored"', 'translation = "machine, reviewed"',
                 "reviewed, without reviewed_by_role and reviewed_on", "translation", id="review not recorded"),
    pytest.param("en", 'translation = "authored"', 'translation = "authored"\nreviewed_on = 2026-11-01',
                 "reviewed, without reviewed_by_role", "translation", id="half a review"),
    pytest.param("uk", "[wordings]", 'reviewed_by_role = "editor"\n[wordings]',
                 "reviewed_by_role stands in a text that is 'machine, not yet reviewed'", "reviewed_by",
                 id="reviewed and yet not"),
    pytest.param("en", '"authored"', '"authored"\nreviewed_by_role = "editor"\nreviewed_on = 2027-01-01',
                 "2027-01-01 has not come yet", "reviewed_on", id="review of tomorrow"),
    pytest.param("en", '"authored"', '"authored"\nreviewed_by_role = "Laura Virtanen"\nreviewed_on = 2026-11-01',
                 "'Laura Virtanen' looks like", "reviewed_by_role", id="reviewer by name"),
    pytest.param("uk", "visitors =", 'guests = "5"\nvisitors =', "wordings.guests is the wording of no fact", "guests",
                 id="wording of no fact"),
    pytest.param("fi-selko", "Siellä kävi", "Tämä lause on selkosuomeksi aivan liian pitkä, " * 9 + "ja kävi",
                 "sentences of ", "Tämä lause", id="hard to read"),
]
# fmt: on


@pytest.mark.parametrize(("name", "old", "new", "problem", "line"), IN_TEXTS)
def test_a_mistake_in_a_text_is_found_on_its_line(
    tmp_path: Path, name: str, old: str, new: str, problem: str, line: str
) -> None:
    assert old in TEXTS[name]
    text = TEXTS[name].replace(old, new)
    findings = [f for f in found(card_with(tmp_path, **{name: text})) if f.problem.startswith(problem)]
    assert [(f.card, f.file, f.line) for f in findings[:1]] == [("swimming", f"{name}.md", line_holding(text, line))]
    assert findings[0].mend


@pytest.mark.parametrize(
    ("name", "change"),
    [
        pytest.param("en", lambda text: text + "\nCome. " * 130, id="too long"),
        pytest.param("zh", lambda text: text + "\n" + "游泳。" * 300, id="too long without spaces"),
        pytest.param("fi", lambda text: text.partition("Uimahalliin")[0], id="too short"),
        pytest.param("fi-selko", lambda text: text.partition("Kysy lisää")[0], id="too short for plain language"),
    ],
)
def test_a_text_of_the_wrong_length_is_found(tmp_path: Path, name: str, change: Callable[[str], str]) -> None:
    findings = found(card_with(tmp_path, **{name: change(TEXTS[name])}))
    least, most = bounds(name).length
    assert f"write {least}-{most}" in {finding.mend for finding in findings if finding.file == f"{name}.md"}


def test_a_text_in_the_wrong_language_is_found(tmp_path: Path) -> None:
    findings = found(card_with(tmp_path, fi=EN))
    assert [f.line for f in findings if f.problem == "the text is in 'en', not in 'fi'"] == [5]


def test_missing_and_unknown_languages_are_found(tmp_path: Path) -> None:
    folder = write_card(tmp_path, **{**TEXTS, "xx": EN})
    for name in ("ar", "fi-selko"):
        (folder / f"{name}.md").unlink()
    assert {str(finding) for finding in found(load_one(tmp_path)) if finding.line == 1} == {
        "swimming/ar.md:1: there is no such text; write it from fi.md",
        "swimming/fi-selko.md:1: there is no such text; write it from fi.md",
        "swimming/xx.md:1: Neuvo has no language 'xx'; name the file after a language it has",
    }


@pytest.mark.parametrize(
    ("old", "new", "problem", "line"),
    [
        pytest.param(
            'status = "target"',
            'status = "target"\nvalid_until = 2024-01-01',
            "the fact queue ends before the card begins",
            "[facts.queue]",
            id="fact before the card",
        ),
        pytest.param(
            'status = "target"',
            'status = "target"\nvalid_until = 2030-01-01',
            "the fact queue outlives the card",
            "[facts.queue]",
            id="fact after the card",
        ),
        pytest.param(
            'name = "swimming-site"',
            'name = "swimming-site"\nseen = 2027-01-01',
            "swimming-site was seen on 2027-01-01, which has not come yet",
            "seen = ",
            id="seen tomorrow",
        ),
        pytest.param(
            'channel = "any swimming hall"',
            'channel = "Laura Virtanen"',
            "'Laura Virtanen' looks like a person's name",
            "[contact]",
            id="contact is a person",
        ),
        pytest.param(
            'value = "2"',
            'value = "laura.virtanen@espoo.example"',
            "the personal address 'laura.virtanen@espoo.example'",
            "[facts.queue]",
            id="fact is a person's address",
        ),
    ],
)
def test_a_mistake_in_the_service_is_found(tmp_path: Path, old: str, new: str, problem: str, line: str) -> None:
    service = SERVICE.replace("valid_from = 2025-01-01", "valid_from = 2025-01-01\nvalid_until = 2028-12-31")
    service = service.replace(old, new, 1)
    findings = [f for f in found(card_with(tmp_path, service)) if f.file == "service.toml"]
    assert [(f.problem, f.line) for f in findings] == [(problem, line_holding(service, line))]


def test_sources_agree_between_cards(tmp_path: Path) -> None:
    other = SERVICE.replace('slug = "swimming"', 'slug = "diving"')
    renamed = other.replace('title = "Raportti"', 'title = "Kertomus"')
    misspelt = other.replace('"report"', '"reprot"')
    for number, (service, problem) in enumerate(
        [
            (renamed, "the source report has another title or publisher in diving"),
            (misspelt, "the source report is reprot in diving"),
        ]
    ):
        folder = tmp_path / str(number)
        card_with(folder)
        card_with(folder, service, "diving")
        findings = check_cards(load_cards(folder), LANGUAGES, identify, TODAY)
        assert [(f.card, f.file, f.problem) for f in findings] == [("swimming", "service.toml", problem)]


def test_a_language_without_words_for_a_status_is_found(tmp_path: Path) -> None:
    card = card_with(tmp_path, xx=EN)
    findings = [f for f in check_cards([card], {"xx": "Latn"}, None, TODAY) if f.card == "wordings"]
    assert [(f.file, f.problem) for f in findings] == [("xx.toml", "no words for the status 'target'")]


def test_lines_are_those_of_the_file(tmp_path: Path) -> None:
    text = EN.replace('"authored"', '"authored"\n\n').replace(
        "- The swimming school", "- The **swimming\n  school** of\n  nine"
    )
    card = card_with(tmp_path, en=text + "\nIt has 99 seats.\n")
    lines = text.splitlines()
    (stray,) = [finding for finding in found(card) if "'99'" in finding.problem]
    assert stray.line == len(lines) + 2
    en = card.text("en")
    for words in ("Swimming hall", "The goal is", "nine", "Neuvo does not"):
        assert en.line(en.text.index(words)) == line_holding(text, words)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("One. Two 2.5 km! Three", ["One.", "Two 2.5 km!", "Three"], id="Latin"),
        pytest.param("你好。再见！好", ["你好。", "再见！", "好"], id="Chinese has no spaces"),
        pytest.param("لماذا؟ نعم.", ["لماذا؟", "نعم."], id="Arabic question mark"),
        pytest.param("Title\n\nItem one\nItem two.", ["Title", "Item one", "Item two."], id="lines"),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert [sentence for _, sentence in sentences(text)] == expected
    assert all(text[place:].startswith(sentence) for place, sentence in sentences(text))


def test_the_bounds_of_a_text_are_its_own_then_its_languages() -> None:
    assert bounds("fi").length == bounds("et").length == (60, 180)
    assert bounds("fi-selko").length == (40, 120)
    assert bounds("zh").unit == "characters"


def test_the_words_of_statuses_are_lower_case() -> None:
    """They are sought in the sentence in lower case."""
    folder = Path(__file__).parents[2] / "corpus" / "wordings"
    for path in folder.glob("*.toml"):
        for words in status_words(path.stem).values():
            assert [word for word in words if word != word.lower()] == [], path.name
