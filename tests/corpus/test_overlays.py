"""Changed cards over shipped ones."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from corpus.cards import load_cards
from corpus.documents import InvalidCard
from corpus.findings import said
from corpus.overlays import NoVersion, Overlay, Overtaken, Why, body_digest, digest
from tests.corpus.test_cards import SERVICE, write_card

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def text(title: str, body: str, translation: str = "authored") -> str:
    return f'+++\ntranslation = "{translation}"\n+++\n\n# {title}\n\n{body}\n'


FI, EN = text("Uimahalli", "Vanha."), text("Swimming hall", "Old.")


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    write_card(tmp_path / "services", "swimming", SERVICE, fi=FI, en=EN)
    return tmp_path / "services"


@pytest.fixture
def overlay(tmp_path: Path, shipped: Path) -> Overlay:
    return Overlay(tmp_path / "data" / "cards", shipped, now=lambda: NOW)


def test_a_changed_text_is_used_instead_of_the_shipped_one(overlay: Overlay, shipped: Path) -> None:
    changed = text("Uimahalli", "Uusi.")
    overlay.save("swimming", "fi.md", changed, seen=digest(FI), by="aino")
    (card,) = load_cards(shipped, overlay.folder)
    assert (card.text("fi").body, card.text("en").body) == ("Uusi.", "Old.")
    assert card.file("fi.md") == overlay.folder / "swimming" / "fi.md"
    assert card.file("en.md") == shipped / "swimming" / "en.md"
    assert [text.body for text in load_cards(shipped)[0].texts] == ["Vanha.", "Old."]
    assert overlay.changed() == [("swimming", "fi.md")]
    assert [(v.number, v.by, v.why, v.text) for v in overlay.versions("swimming", "fi.md")] == [
        (1, "-", Why.SHIPPED, FI),
        (2, "aino", Why.EDITED, changed),
    ]


def test_who_comes_second_is_told(overlay: Overlay) -> None:
    first, second = text("Uimahalli", "Ensin."), text("Uimahalli", "Toisena.")
    overlay.save("swimming", "fi.md", first, seen=digest(FI), by="aino")
    with pytest.raises(Overtaken):
        overlay.save("swimming", "fi.md", second, seen=digest(FI), by="veikko")
    assert overlay.text("swimming", "fi.md") == first
    overlay.save("swimming", "fi.md", second, seen=digest(first), by="veikko")
    assert overlay.text("swimming", "fi.md") == second


def test_a_shipped_update_of_a_changed_text_is_a_conflict_until_settled(overlay: Overlay, shipped: Path) -> None:
    mine = text("Uimahalli", "Uusi.")
    overlay.save("swimming", "fi.md", mine, seen=digest(FI), by="aino")
    assert not overlay.in_conflict("swimming", "fi.md")
    update = text("Uimahalli", "Päivitetty.")
    (shipped / "swimming" / "fi.md").write_text(update, encoding="utf-8")
    assert overlay.in_conflict("swimming", "fi.md")
    assert overlay.text("swimming", "fi.md") == mine
    assert overlay.before_update("swimming", "fi.md") == FI
    overlay.save("swimming", "fi.md", mine, seen=digest(mine), by="aino", why=Why.CONFIRMED)
    assert not overlay.in_conflict("swimming", "fi.md")
    overlay.give_back("swimming", "fi.md", seen=digest(mine), by="aino")
    assert overlay.text("swimming", "fi.md") == update
    assert [v.why for v in overlay.versions("swimming", "fi.md")] == [
        Why.SHIPPED,
        Why.EDITED,
        Why.SHIPPED,
        Why.CONFIRMED,
        Why.RETURNED,
    ]


def test_other_texts_are_behind_when_the_finnish_one_changed(overlay: Overlay) -> None:
    assert not overlay.is_behind("swimming", "en.md")
    overlay.save("swimming", "fi.md", text("Uimahalli", "Uusi."), seen=digest(FI), by="aino")
    assert overlay.is_behind("swimming", "en.md")
    assert not overlay.is_behind("swimming", "fi.md")
    overlay.save("swimming", "en.md", EN, seen=digest(EN), by="aino", why=Why.CONFIRMED)
    assert not overlay.is_behind("swimming", "en.md")


def test_a_review_alone_leaves_no_text_behind(overlay: Overlay) -> None:
    assert body_digest(FI) == body_digest(FI.replace("authored", "machine, reviewed").replace("\n\n#", "\n#"))


def test_a_new_card_stands_beside_the_shipped_ones(overlay: Overlay, shipped: Path) -> None:
    service = SERVICE.replace('slug = "swimming"', 'slug = "skating"')
    overlay.begin("skating", {"service.toml": service, "fi.md": FI, "en.md": EN}, by="aino")
    assert [card.slug for card in load_cards(shipped, overlay.folder)] == ["skating", "swimming"]
    assert not overlay.is_behind("skating", "en.md")
    with pytest.raises(InvalidCard, match="already"):
        overlay.begin("skating", {"service.toml": service, "fi.md": FI, "en.md": EN}, by="aino")
    with pytest.raises(InvalidCard, match="already"):
        overlay.begin("swimming", {"service.toml": SERVICE, "fi.md": FI, "en.md": EN}, by="aino")


def test_what_is_left_of_a_card_that_is_not_shipped_any_more_is_no_card(overlay: Overlay, shipped: Path) -> None:
    (overlay.folder / "gone").mkdir(parents=True)
    (overlay.folder / "gone" / "so.md").write_text(EN, encoding="utf-8")
    assert [card.slug for card in load_cards(shipped, overlay.folder)] == ["swimming"]


def test_the_revision_changes_with_every_change(overlay: Overlay) -> None:
    before = overlay.revision
    overlay.save("swimming", "fi.md", FI, seen=digest(FI), by="aino")
    assert overlay.revision != before


@pytest.mark.parametrize(
    ("slug", "name"),
    [("../swimming", "fi.md"), ("swimming", "../fi.md"), ("swimming", "fi.md/x"), ("", "fi.md"), ("a", "fi.toml")],
)
def test_nothing_leads_out_of_the_folder(overlay: Overlay, slug: str, name: str) -> None:
    with pytest.raises(InvalidCard):
        overlay.text(slug, name)


def test_an_unknown_version(overlay: Overlay) -> None:
    with pytest.raises(NoVersion):
        overlay.version("swimming", "fi.md", 7)


def test_words_that_can_be_said_in_another_language() -> None:
    words = said("the number {number!r} is no fact of the card", number="7")
    assert words == "the number '7' is no fact of the card"
    assert words.template.replace("number", "figure", 1) == "the figure {number!r} is no fact of the card"
    assert words.values == {"number": "7"}
