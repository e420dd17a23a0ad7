"""Service cards: what loads, what does not and why, and that the shipped cards carry their facts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from corpus.card_markdown import visible_text
from corpus.card_schema import Fact, Source, Status
from corpus.cards import Card, load_cards
from corpus.checks import check_card, occurrences
from corpus.documents import BlockKind, Document, InvalidCard
from corpus.text_checks import bounds

SERVICE = """
slug = "swimming"
topic = "culture and sport"
municipalities = ["Espoo", "Kauniainen"]
audience = ["all"]
status = "in force"
valid_from = 2025-01-01
names = ["uimahalli"]

[contact]
channel = "any swimming hall"

[[responsible]]
group = "all"
municipality = "Espoo"
body = "Espoon kaupunki"

[facts.visitors]
value = "4 300"
unit = "visitor"
status = "in force"
texts = { en = "4,300" }
source = "report"

[facts.queue]
value = "2"
unit = "month"
status = "target"
source = "swimming-site"

[[sources]]
document = "report"
title = "Raportti"
publisher = "Espoon kaupunki"

[[sources]]
document = "public"
name = "swimming-site"
title = "Uimahallit"
publisher = "Espoon kaupunki"
"""
MIN_WORDS, MAX_WORDS = bounds("en").length
PADDING = " word." * MIN_WORDS
FI = f"""+++
translation = "authored"
+++

# Uimahalli

**Uimahalli** on avoin
[kaikille](sivu). Uimahallissa kävi 4 300 ihmistä. Tavoite on 2 kuukauden jono.

- Vastaa Espoon kaupunki.
- Toinen kohta
  jatkuu.

{PADDING}
"""
EN = f"""+++
translation = "machine, not yet reviewed"
+++
# Swimming hall

The swimming hall (uimahalli) had 4,300 visitors. The goal is a queue of 2 months. Espoon kaupunki runs it.
{PADDING}
"""


def write_card(folder: Path, slug: str = "swimming", service: str = SERVICE, **texts: str) -> Path:
    """A card in ``folder``; ``texts`` replace or add to the Finnish and English ones."""
    path = folder / slug
    path.mkdir(parents=True)
    (path / "service.toml").write_text(service, encoding="utf-8")
    for language, text in ({"fi": FI, "en": EN} | texts).items():
        (path / f"{language}.md").write_text(text, encoding="utf-8")
    return path


def load_one(folder: Path) -> Card:
    (card,) = load_cards(folder)
    return card


def test_a_card_becomes_one_document_per_language(tmp_path: Path) -> None:
    write_card(tmp_path)
    fi, en = load_one(tmp_path).documents()

    assert (fi.id, fi.language, fi.title) == ("card-swimming-fi", "fi", "Uimahalli")
    assert (en.id, en.language, en.title) == ("card-swimming-en", "en", "Swimming hall")
    assert (fi.publisher, fi.kind, fi.card, fi.url) == ("Neuvo", "service card", "swimming", None)
    assert fi.municipalities == ("Espoo", "Kauniainen")
    assert (fi.status, fi.valid_from, fi.valid_until) == ("in force", date(2025, 1, 1), None)
    assert (fi.machine_translated, en.machine_translated) == (False, True)
    assert fi.facts == (("4 300", "in force"), ("2", "target"))
    assert en.facts == (("4,300", "in force"), ("2", "target"))
    assert Document.from_dict(fi.to_dict()) == fi


def test_a_text_loses_its_markup_and_keeps_exact_spans(tmp_path: Path) -> None:
    write_card(tmp_path)
    fi = load_one(tmp_path).documents()[0]

    parts = [(block.kind, block.level, fi.text[block.start : block.end]) for block in fi.blocks]
    assert parts[:4] == [
        (BlockKind.HEADING, 1, "Uimahalli"),
        (
            BlockKind.PARAGRAPH,
            0,
            "Uimahalli on avoin kaikille. Uimahallissa kävi 4 300 ihmistä. Tavoite on 2 kuukauden jono.",
        ),
        (BlockKind.ITEM, 0, "Vastaa Espoon kaupunki."),
        (BlockKind.ITEM, 0, "Toinen kohta jatkuu."),
    ]
    assert fi.text.startswith("Uimahalli\n\nUimahalli on avoin kaikille.")
    assert "kaupunki.\nToinen" in fi.text


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        pytest.param("a *b* c", "a b c", id="emphasis"),
        pytest.param("a _b c_ d_e_f", "a b c d_e_f", id="underscores inside words stay"),
        pytest.param("`a` and __b__", "a and b", id="code and strong"),
        pytest.param("2 * 3 * 4", "2 * 3 * 4", id="asterisks between spaces stay"),
        pytest.param("1. a\n2. b", "a\nb", id="numbered items"),
        pytest.param("## A\nb\nc\n\nd", "A\n\nb c\n\nd", id="heading and paragraphs"),
    ],
)
def test_visible_text(markdown: str, text: str) -> None:
    assert visible_text(markdown)[0] == text


def test_sources_are_reachable_from_the_card(tmp_path: Path) -> None:
    write_card(tmp_path)
    card = load_one(tmp_path)
    assert card.sources == (
        Source(document="report", title="Raportti", publisher="Espoon kaupunki"),
        Source(document="public", name="swimming-site", title="Uimahallit", publisher="Espoon kaupunki"),
    )
    assert [source.key for source in card.sources] == ["report", "swimming-site"]


def test_plain_language_is_a_text_of_its_own(tmp_path: Path) -> None:
    write_card(tmp_path, **{"fi-selko": FI})
    plain = load_one(tmp_path).documents()[2]
    assert (plain.id, plain.language) == ("card-swimming-fi-selko", "fi")


def test_a_wording_is_sought_for_the_text_then_its_language_then_the_value() -> None:
    fact = Fact(value="1.1.2025", status=Status.IN_FORCE, source="x", texts={"en": "1 January 2025"})
    assert [fact.wording(name) for name in ("fi", "fi-selko", "en", "en-plain", "ar")] == [
        "1.1.2025",
        "1.1.2025",
        "1 January 2025",
        "1 January 2025",
        "1.1.2025",
    ]


def test_a_folder_without_cards_has_none(tmp_path: Path) -> None:
    assert load_cards(tmp_path) == ()


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidCard, match="no such folder"):
        load_cards(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param('slug = "swimming"', 'slug = "diving"', "name folder and slug alike", id="slug"),
        pytest.param('slug = "swimming"', 'slug = "Ui ma"', "slug: ", id="slug with a space"),
        pytest.param('"culture and sport"', '"swimming"', "topic: .*'integration'", id="unknown topic"),
        pytest.param('audience = ["all"]', "audience = []", "audience: ", id="no audience"),
        pytest.param('audience = ["all"]', 'audience = ["cats"]', "audience.0: ", id="unknown audience"),
        pytest.param('status = "target"', 'status = "wish"', "facts.queue.status: ", id="unknown status"),
        pytest.param('status = "target"', 'status = "conflicting"', "other version is missing", id="conflict"),
        pytest.param('source = "report"', 'source = "rumour"', "fact visitors: .*'rumour'", id="source"),
        pytest.param('name = "swimming-site"', "", "give a name", id="public source without a name"),
        pytest.param('municipality = "Espoo"', 'municipality = "Oulu"', "Oulu is not among", id="municipality"),
        pytest.param("valid_from", "valid_until = 2024-12-31\nvalid_from", "before valid_from", id="validity"),
        pytest.param("valid_from", "valid_form", "valid_form: Extra inputs", id="misspelt key"),
        pytest.param("[contact]", "[contact", "not TOML", id="not TOML"),
        pytest.param('value = "2"', 'value = " "', "facts.queue.value: ", id="empty value"),
    ],
)
def test_a_wrong_service_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in SERVICE
    write_card(tmp_path, service=SERVICE.replace(old, new, 1))
    with pytest.raises(InvalidCard, match=rf"^swimming/service\.toml: .*{message}"):
        load_cards(tmp_path)


def test_two_cards_cannot_share_a_slug(tmp_path: Path) -> None:
    write_card(tmp_path)
    write_card(tmp_path, "swimming-again")
    with pytest.raises(InvalidCard, match=r"^swimming-again/service\.toml: .*in swimming too"):
        load_cards(tmp_path)


@pytest.mark.parametrize("file", ["service.toml", "fi.md", "en.md"])
def test_a_missing_file_is_named(tmp_path: Path, file: str) -> None:
    (write_card(tmp_path) / file).unlink()
    with pytest.raises(InvalidCard, match=rf"^swimming/{file}: missing"):
        load_cards(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("# T\n\nwords", "no front matter", id="no front matter"),
        pytest.param('+++\ntranslation = "authored"\n# T\n', "no front matter", id="front matter not closed"),
        pytest.param('+++\ntranslation = "perfect"\n+++\n# T\n', "translation: ", id="unknown translation"),
        pytest.param('+++\ntranslation = "authored"\n+++\nwords\n', "no title", id="no title"),
        pytest.param('+++\ntranslation = "authored"\n+++\n## T\n', "no title", id="second-level title"),
        pytest.param('+++\ntranslation = "authored"\n+++\n# T\n', "without a text", id="title only"),
    ],
)
def test_a_wrong_text_is_named(tmp_path: Path, text: str, message: str) -> None:
    write_card(tmp_path, en=text)
    with pytest.raises(InvalidCard, match=rf"^swimming/en\.md: .*{message}"):
        load_cards(tmp_path)


def test_a_file_that_is_no_language_is_named(tmp_path: Path) -> None:
    write_card(tmp_path, notes2=EN)
    with pytest.raises(InvalidCard, match=r"^swimming/notes2\.md: not a language"):
        load_cards(tmp_path)


def test_a_text_in_another_encoding_is_named(tmp_path: Path) -> None:
    (write_card(tmp_path) / "fi.md").write_bytes(FI.encode("utf-16"))
    with pytest.raises(InvalidCard, match=r"^swimming/fi\.md: unreadable"):
        load_cards(tmp_path)


def test_a_good_card_has_no_findings(tmp_path: Path) -> None:
    write_card(tmp_path)
    assert check_card(load_one(tmp_path)) == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        pytest.param("4,300", "many", "the fact visitors ('4,300') is missing", id="fact missing"),
        pytest.param("4,300", "14,300", "the fact visitors ('4,300') is missing", id="fact inside a number"),
        pytest.param("runs it.", "runs 3.", "the number '3' is no fact of the card", id="stray number"),
        pytest.param("runs it.", "runs 5%.", "the number '5%' is no fact of the card", id="stray percentage"),
        pytest.param("runs it.", "since 2.2.2025.", "the number '2.2.2025' is no fact", id="stray date"),
        pytest.param("runs it.", "09 123 456.", "the number '09 123 456' is no fact", id="stray phone number"),
        pytest.param("runs it.", "a.b@espoo.fi", "the address 'a.b@espoo.fi' is no fact", id="stray e-mail"),
        pytest.param("runs it.", "https://x.org/a", "the address 'https://x.org/a' is no", id="stray address"),
        pytest.param("runs it.", "espoo.fi", "the address 'espoo.fi' is no fact", id="stray site"),
        pytest.param("(uimahalli)", "", "the official name 'uimahalli' is missing", id="official name missing"),
        pytest.param("Espoon kaupunki", "Espoo", "the official name 'Espoon kaupunki' is", id="body missing"),
        pytest.param("The goal is", "There is", "the fact queue is target", id="target told as a fact"),
        pytest.param(PADDING, "", "19 words", id="too short"),
        pytest.param(PADDING, PADDING * 3, "199 words", id="too long"),
    ],
)
def test_a_mistake_in_a_text_is_found(tmp_path: Path, old: str, new: str, problem: str) -> None:
    assert old in EN
    write_card(tmp_path, en=EN.replace(old, new, 1))
    findings = check_card(load_one(tmp_path))
    assert any(finding.problem.startswith(problem) for finding in findings), findings
    assert {(finding.card, finding.file) for finding in findings} == {("swimming", "en.md")}


def test_conflicting_facts_stand_in_one_sentence(tmp_path: Path) -> None:
    service = SERVICE.replace('status = "target"', 'status = "conflicting"').replace(
        'status = "in force"\ntexts', 'status = "conflicting"\ntexts'
    )
    together = EN.replace("4,300 visitors. The goal", "4,300 visitors, and the goal")
    write_card(tmp_path, service=service, en=together)
    findings = check_card(load_one(tmp_path))
    assert {finding.file for finding in findings} == {"fi.md"}
    assert [finding.problem.partition(" is ")[0] for finding in findings] == ["'4 300'", "'2'"]


@pytest.mark.parametrize(
    ("wording", "text", "spans"),
    [
        pytest.param("20", "20 days, 20.", [(0, 2), (9, 11)], id="twice"),
        pytest.param("4", "4 300, 4,300, 14, 4.5, 2-4", [], id="never a part of another number"),
        pytest.param("1", "yli 1-vuotias", [(4, 5)], id="before a hyphen and a letter"),
        pytest.param("1", "1.1.2025", [], id="not in a date"),
        pytest.param("220–300", "220–300 päivää", [(0, 7)], id="range"),
        pytest.param("112", "112 tai 116117", [(0, 3)], id="short telephone number"),
    ],
)
def test_occurrences(wording: str, text: str, spans: list[tuple[int, int]]) -> None:
    assert occurrences(wording, text) == spans


CARDS = load_cards()


@pytest.fixture(params=CARDS, ids=lambda card: card.slug)
def card(request: pytest.FixtureRequest) -> Card:
    shipped: Card = request.param
    return shipped


def test_enough_cards_are_shipped() -> None:
    assert len(CARDS) >= 42
    documents = [document for card in CARDS for document in card.documents()]
    assert len({document.id for document in documents}) == len(documents)
    assert len({(document.language, document.title) for document in documents}) == len(documents)


def test_a_shipped_card_passes_its_checks(card: Card) -> None:
    assert [str(finding) for finding in check_card(card)] == []


def test_a_shipped_card_is_finnish_and_english_of_the_right_length(card: Card) -> None:
    assert [text.name for text in card.texts][:2] == ["fi", "en"]
    for text in card.texts[:2]:
        assert MIN_WORDS <= len(text.body.split()) <= MAX_WORDS


def test_a_shipped_card_has_exact_spans(card: Card) -> None:
    for document in card.documents():
        end = 0
        for block in document.blocks:
            assert block.start >= end
            assert not document.text[end : block.start].strip()
            part = document.text[block.start : block.end]
            assert part
            assert part == part.strip()
            end = block.end
        assert end == len(document.text)


def test_a_shipped_card_says_what_it_does_not_know(card: Card) -> None:
    assert "Neuvo ei " in card.text("fi").body
    assert "Neuvo does not " in card.text("en").body or "Neuvo takes no " in card.text("en").body


def test_a_fact_dropped_from_a_shipped_card_leaves_its_number_stray() -> None:
    card = next(card for card in CARDS if card.slug == "integration-training")
    service = card.service.model_copy(update={"facts": {}})
    problems = {finding.problem for finding in check_card(replace(card, service=service))}
    assert "the number '220–300' is no fact of the card" in problems
