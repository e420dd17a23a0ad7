"""Mending cards at the desk: nothing wrong is saved, nobody's work is lost, reviews hold as long as the words do."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

import corpus
from corpus.card_schema import Translation
from corpus.cards import load_cards
from corpus.findings import Finding
from corpus.overlays import Overlay, Why, body_digest
from desk.conftest import Office, Person
from desk.mending import SCRIPTS, mending, small_cards
from tests.corpus.test_cards import SERVICE
from tests.corpus.test_checks import EN, FI, TEXTS, identify
from web.desk import check_words
from web.desk.accounts import Account, Accounts, Role
from web.desk.audit import Filter
from web.desk.card_editing import CardEditing, Refused
from web.desk.card_files import Draft, draft_of
from web.desk.card_history_pages import lines_between
from web.desk.card_statuses import How
from web.desk.check_words import finding_words
from web.desk.reviewed_texts import ReviewedTexts
from web.storage import IN_MEMORY, open_database

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def engine() -> Iterator[Engine]:
    opened = open_database(IN_MEMORY)
    yield opened
    opened.dispose()


@pytest.fixture
def aino(engine: Engine) -> Account:
    return Accounts(engine).create("aino", [Role.EDITOR])


@pytest.fixture
def cards(tmp_path: Path) -> Path:
    return small_cards(tmp_path / "services")


@pytest.fixture
def editing(tmp_path: Path, cards: Path, engine: Engine) -> CardEditing:
    return CardEditing(tmp_path / "data", SCRIPTS, identify, ReviewedTexts(engine), cards, lambda: NOW)


def with_sentence(editing: CardEditing, name: str, sentence: str) -> Draft:
    draft = editing.draft("swimming", name)
    return Draft(draft.title, f"{draft.body}\n\n{sentence}", draft.translation, draft.wordings, draft.role)


# Files


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_in_parts_becomes_the_same_card_again(name: str, tmp_path: Path) -> None:
    draft = draft_of(TEXTS[name], "swimming", name)
    again = draft_of(draft.file(), "swimming", name)
    assert again == draft
    assert body_digest(draft.file()) == body_digest(TEXTS[name])


def test_the_front_matter_says_who_read_it() -> None:
    draft = Draft("Title", "Text.", Translation.REVIEWED, {"length": 'a "b"', "mi ka": "c", "none": ""}, "Tulkki")
    file = Draft(**{**{name: getattr(draft, name) for name in Draft.__slots__}, "reviewed_on": date(2026, 11, 22)})
    assert file.file() == (
        "+++\n"
        'translation = "machine, reviewed"\n'
        'reviewed_by_role = "Tulkki"\n'
        "reviewed_on = 2026-11-22\n"
        "\n"
        "[wordings]\n"
        'length = "a \\"b\\""\n'
        '"mi ka" = "c"\n'
        "+++\n"
        "\n"
        "# Title\n"
        "\n"
        "Text.\n"
    )


# Saving


def test_a_saved_text_is_used(editing: CardEditing, aino: Account, cards: Path) -> None:
    draft = with_sentence(editing, "fi", "Halli on lämmin.")
    editing.save(aino, "swimming", "fi", draft, editing.seen("swimming", "fi.md"))
    (card,) = load_cards(cards, editing.overlay.folder)
    assert card.text("fi").body.endswith("Halli on lämmin.")
    assert editing.all()["swimming"].text("fi").body.endswith("Halli on lämmin.")


@pytest.mark.parametrize(
    ("sentence", "problem"),
    [
        ("Lippu maksaa 99 euroa.", "the number '99' is no fact of the card"),
        ("Kysy Matti Virtaselta.", "'Matti Virtaselta' looks like a person's name"),
        (
            "The hall is for the people of the city and it is to the north of the sea and to the south of the hill.",
            "the text is in 'en', not in 'fi'",
        ),
    ],
    ids=["a number", "a person", "another language"],
)
def test_what_the_checks_find_is_not_saved(editing: CardEditing, aino: Account, sentence: str, problem: str) -> None:
    seen = editing.seen("swimming", "fi.md")
    with pytest.raises(Refused) as refused:
        editing.save(aino, "swimming", "fi", with_sentence(editing, "fi", sentence), seen)
    assert [str(finding.problem) for finding in refused.value.findings] == [problem]
    assert editing.seen("swimming", "fi.md") == seen


def test_who_comes_second_is_told_and_their_words_are_not_used(editing: CardEditing, aino: Account) -> None:
    seen = editing.seen("swimming", "fi.md")
    editing.save(aino, "swimming", "fi", with_sentence(editing, "fi", "Halli on lämmin."), seen)
    with pytest.raises(Refused) as refused:
        editing.save(aino, "swimming", "fi", with_sentence(editing, "fi", "Halli on kylmä."), seen)
    assert refused.value.overtaken
    assert "lämmin" in editing.draft("swimming", "fi").body


def test_how_the_texts_stand(editing: CardEditing, aino: Account) -> None:
    def stand() -> dict[str, tuple[How, bool, bool]]:
        status = editing.status("swimming")
        assert status is not None
        return {text.name: (text.how, text.behind, text.changed) for text in status.texts}

    assert stand() == {
        "fi": (How.AUTHORED, False, False),
        "fi-selko": (How.AUTHORED, False, False),
        "en": (How.AUTHORED, False, False),
        "uk": (How.MACHINE, False, False),
        "ar": (How.MACHINE, False, False),
        "zh": (How.MACHINE, False, False),
    }
    seen = editing.seen("swimming", "fi.md")
    editing.save(aino, "swimming", "fi", with_sentence(editing, "fi", "Halli on lämmin."), seen)
    assert stand()["fi"] == (How.AUTHORED, False, True)
    assert stand()["uk"] == (How.MACHINE, True, False)
    editing.confirm(aino, "swimming", "uk.md", editing.seen("swimming", "uk.md"))
    assert stand()["uk"] == (How.MACHINE, False, True)
    editing.give_back(aino, "swimming", "fi.md", editing.seen("swimming", "fi.md"))
    assert stand()["fi"] == (How.AUTHORED, False, False)


def test_a_review_holds_until_the_words_change(editing: CardEditing, aino: Account, engine: Engine) -> None:
    def save(draft: Draft, *, read: bool = False) -> Draft:
        editing.save(aino, "swimming", "uk", draft, editing.seen("swimming", "uk.md"), read=read)
        return editing.draft("swimming", "uk")

    draft = editing.draft("swimming", "uk")
    read = save(Draft(draft.title, draft.body, draft.translation, draft.wordings, "Tulkki"), read=True)
    assert (read.translation, read.role, read.reviewed_on) == (Translation.REVIEWED, "Tulkki", NOW.date())
    noted = ReviewedTexts(engine).of("swimming", "uk")
    assert noted is not None
    assert noted.account == aino.id
    assert noted.is_of(editing.overlay.text("swimming", "uk.md") or "")
    (document,) = [one for one in editing.all()["swimming"].documents() if one.language == "uk"]
    assert (document.machine_translated, document.reviewed) == (False, NOW.date())

    same = save(Draft(read.title, read.body.replace("\n\n", "\n\n\n"), Translation.MACHINE, read.wordings))
    assert (same.translation, same.role) == (Translation.REVIEWED, "Tulkki")
    other = save(with_sentence(editing, "uk", "Зала тепла."))
    assert (other.translation, other.role, other.reviewed_on) == (Translation.MACHINE, "", None)
    assert not noted.is_of(editing.overlay.text("swimming", "uk.md") or "")


def test_a_restored_version_must_still_fit(editing: CardEditing, aino: Account) -> None:
    seen = editing.seen("swimming", "fi.md")
    editing.save(aino, "swimming", "fi", with_sentence(editing, "fi", "Halli on lämmin."), seen)
    editing.restore(aino, "swimming", "fi.md", 1, editing.seen("swimming", "fi.md"))
    assert "lämmin" not in editing.draft("swimming", "fi").body
    assert [version.why for version in editing.overlay.versions("swimming", "fi.md")][1:] == [Why.EDITED, Why.RESTORED]
    toml = SERVICE.replace('value = "4 300"', 'value = "4 400"').replace('en = "4,300"', 'en = "4,400"')
    editing.save_facts(aino, "swimming", toml, editing.seen("swimming", "service.toml"))
    with pytest.raises(Refused) as refused:
        editing.restore(aino, "swimming", "fi.md", 2, editing.seen("swimming", "fi.md"))
    assert {finding.problem for finding in refused.value.findings} >= {"the number '4 300' is no fact of the card"}


# Facts


def test_new_figures_go_into_every_text_that_says_them(editing: CardEditing, aino: Account) -> None:
    toml = SERVICE.replace('value = "2"', 'value = "3"')
    changed = editing.save_facts(aino, "swimming", toml, editing.seen("swimming", "service.toml"), everywhere=True)
    assert set(changed) == set(TEXTS)
    texts = {text.name: text.text for text in editing.all()["swimming"].texts}
    assert "jonotetaan vain 3 kuukautta" in texts["fi"]
    assert "只等3个月" in texts["zh"]
    assert editing.findings() == []
    status = editing.status("swimming")
    assert status is not None
    assert not any(text.behind for text in status.texts)


def test_facts_alone_leave_texts_to_mend(editing: CardEditing, aino: Account) -> None:
    toml = SERVICE.replace('value = "2"', 'value = "3"')
    assert editing.save_facts(aino, "swimming", toml, editing.seen("swimming", "service.toml")) == []
    status = editing.status("swimming")
    assert status is not None
    assert {text.name for text in status.texts if text.findings} == set(TEXTS)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('slug = "swimming"', 'slug = "skating"', "slug"),
        ('status = "in force"\nvalid_from', "status = 3\nvalid_from", "status"),
        ("[contact]", "[contact", "not TOML"),
    ],
    ids=["slug", "a wrong value", "no TOML"],
)
def test_facts_that_cannot_be(editing: CardEditing, aino: Account, old: str, new: str, problem: str) -> None:
    assert old in SERVICE
    with pytest.raises(Refused) as refused:
        editing.save_facts(aino, "swimming", SERVICE.replace(old, new, 1), editing.seen("swimming", "service.toml"))
    assert problem in refused.value.problem


def test_an_update_of_a_changed_text_waits_for_a_decision(editing: CardEditing, aino: Account, cards: Path) -> None:
    seen = editing.seen("swimming", "fi.md")
    editing.save(aino, "swimming", "fi", with_sentence(editing, "fi", "Halli on lämmin."), seen)
    (cards / "swimming" / "fi.md").write_text(FI.replace("ryhmässä", "porukassa"), encoding="utf-8")
    again = CardEditing(editing.overlay.folder.parent, SCRIPTS, identify, ReviewedTexts(None), cards)  # type: ignore[arg-type]
    status = again.status("swimming")
    assert status is not None
    assert [text.name for text in status.texts if text.conflict] == ["fi"]
    assert "lämmin" in again.draft("swimming", "fi").body
    again.confirm(aino, "swimming", "fi.md", again.seen("swimming", "fi.md"))
    status = again.status("swimming")
    assert status is not None
    assert not any(text.conflict for text in status.texts)


# Words


def test_every_finding_is_said_in_the_words_of_the_desk() -> None:
    """Every text that the checks can say has words at the desk."""
    folder = Path(corpus.__file__).parent
    texts: set[str] = set()
    for name in ("checks.py", "text_checks.py"):
        for node in ast.walk(ast.parse((folder / name).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "said":
                texts.add(ast.literal_eval(node.args[0]))
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("Fault", "Finding"):
                texts |= {arg.value for arg in node.args[-2:] if isinstance(arg, ast.Constant)}
    assert finding_words(Finding("a", "fi.md", 1, "x", "y"), lambda text: text) == ("x", "y")
    known = set(check_words._words(lambda text: text))
    of_operators = {"no words for the status {status!r}", "add how this language says it"}
    assert texts - known == of_operators
    assert known <= texts


def test_a_finding_in_the_words_of_the_desk(editing: CardEditing) -> None:
    (finding,) = editing.check("swimming", "fi", with_sentence(editing, "fi", "Lippu maksaa 99 euroa."))
    said = {"the number {number} is no fact of the card": "luku {number} ei ole kortin tiedoissa"}
    assert finding_words(finding, lambda text: said.get(text, text)) == (
        "luku 99 ei ole kortin tiedoissa",
        "leave it out, or add it to the facts with its source",
    )


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("a\nb\nc", "a\nB\nc", ["same a", "removed b", "added B", "same c"]),
        ("a", "a", []),
        ("", "a", ["removed ", "added a"]),
    ],
)
def test_lines_between_versions(before: str, after: str, expected: list[str]) -> None:
    assert [f"{line.how} {line.text}" for line in lines_between(before, after)] == expected


# Pages


@pytest.fixture
def mended(tmp_path: Path, assistant: Any) -> Iterator[Office]:
    with mending(tmp_path, assistant) as office:
        yield office


def sent(person: Person, editing: CardEditing, name: str, sentence: str = "", **more: str) -> dict[str, str]:
    draft = editing.draft("swimming", name)
    fields = {
        "seen": editing.seen("swimming", f"{name}.md"),
        "title": draft.title,
        "body": f"{draft.body}\n\n{sentence}".replace("\n", "\r\n"),
        "translation": draft.translation.value,
        **{f"wording-{fact}": words for fact, words in draft.wordings.items()},
    }
    return person.form(**(fields | more))


def actions(office: Office) -> list[tuple[str, str | None]]:
    return [(entry.action, entry.subject) for entry in office.desk.audit.find(Filter())]


def test_a_text_is_mended_beside_the_finnish_one(mended: Office) -> None:
    editor, editing = mended.sign_in(Role.EDITOR), mended.desk.reviewing.cards
    page = editor.client.get("/desk/cards/swimming/uk").text
    assert "Басейн" in page
    assert "Uimahalli on avoin kaikille asukkaille" in page
    place = "/desk/cards/swimming/uk"
    assert editor.client.post(place, data=sent(editor, editing, "uk", "Зала тепла.")).status_code == 303
    assert editing.draft("swimming", "uk").wordings == {"visitors": "4300"}
    assert actions(mended)[0] == ("card.changed", "swimming/uk")
    assert "aino" in editor.client.get(f"{place}/history?version=2").text


def test_a_mistake_is_named_and_what_was_written_stays(mended: Office) -> None:
    editor, editing = mended.sign_in(Role.EDITOR), mended.desk.reviewing.cards
    response = editor.client.post("/desk/cards/swimming/fi", data=sent(editor, editing, "fi", "Lippu maksaa 99 euroa."))
    assert response.status_code == 422
    assert "luku 99 ei ole kortin tiedoissa" in response.text
    assert "Lippu maksaa 99 euroa." in response.text
    assert not editing.overlay.is_changed("swimming", "fi.md")


def test_two_editors_at_once(mended: Office) -> None:
    aino, veikko = mended.sign_in(Role.EDITOR, name="aino"), mended.sign_in(Role.EDITOR, name="veikko")
    editing = mended.desk.reviewing.cards
    hers, his = sent(aino, editing, "fi", "Halli on lämmin."), sent(veikko, editing, "fi", "Halli on kylmä.")
    assert aino.client.post("/desk/cards/swimming/fi", data=hers).status_code == 303
    told = veikko.client.post("/desk/cards/swimming/fi", data=his)
    assert told.status_code == 422
    assert "Halli on kylmä." in told.text
    assert "Halli on lämmin." in told.text
    assert "kylmä" not in editing.draft("swimming", "fi").body
    seen = re.search(r'name="seen" value="(\w+)"', told.text)
    assert seen is not None
    assert veikko.client.post("/desk/cards/swimming/fi", data=his | {"seen": seen[1]}).status_code == 303
    assert "kylmä" in editing.draft("swimming", "fi").body


def test_marked_as_read_only_by_whoever_says_so(mended: Office) -> None:
    editor, editing = mended.sign_in(Role.EDITOR), mended.desk.reviewing.cards
    form = sent(editor, editing, "uk", act="read")
    assert editor.client.post("/desk/cards/swimming/uk", data=form).status_code == 422
    assert editor.client.post("/desk/cards/swimming/uk", data=form | {"role": "Tulkki"}).status_code == 422
    named = form | {"role": "Matti Virtanen", "is_read": "yes"}
    assert editor.client.post("/desk/cards/swimming/uk", data=named).status_code == 422
    read = form | {"role": "Tulkki", "is_read": "yes"}
    assert editor.client.post("/desk/cards/swimming/uk", data=read).status_code == 303
    assert editing.draft("swimming", "uk").translation is Translation.REVIEWED
    assert actions(mended)[0] == ("card.reviewed", "swimming/uk")


def test_checking_saves_nothing(mended: Office) -> None:
    editor, editing = mended.sign_in(Role.EDITOR), mended.desk.reviewing.cards
    form = sent(editor, editing, "fi", "Halli on lämmin.", act="check")
    assert editor.client.post("/desk/cards/swimming/fi", data=form).status_code == 200
    assert not editing.overlay.is_changed("swimming", "fi.md")
    assert actions(mended) == []


def test_an_earlier_version_is_used_again(mended: Office) -> None:
    editor, editing = mended.sign_in(Role.EDITOR), mended.desk.reviewing.cards
    editor.client.post("/desk/cards/swimming/fi", data=sent(editor, editing, "fi", "Halli on lämmin."))
    place = "/desk/cards/swimming/fi/history"
    form = editor.form(version="1", seen=editing.seen("swimming", "fi.md"))
    assert editor.client.post(place, data=form).status_code == 303
    assert "lämmin" not in editing.draft("swimming", "fi").body
    assert editor.client.post(place, data=form).status_code == 422
    assert editor.client.post(place, data=form | {"version": "99"}).status_code == 404


def test_facts_are_mended_as_text(mended: Office) -> None:
    editor, editing = mended.sign_in(Role.EDITOR), mended.desk.reviewing.cards
    place, seen = "/desk/cards/swimming/facts", editing.seen("swimming", "service.toml")
    broken = editor.form(seen=seen, toml=SERVICE.replace("[contact]", "[contact"))
    assert editor.client.post(place, data=broken).status_code == 422
    toml = SERVICE.replace('value = "2"', 'value = "3"').replace("\n", "\r\n")
    done = editor.client.post(place, data=editor.form(seen=seen, toml=toml, everywhere="yes"))
    assert done.headers["location"] == f"{place}?saved=save&texts=6"
    assert editor.client.get(done.headers["location"]).status_code == 200
    assert "\r" not in (editing.overlay.text("swimming", "service.toml") or "")
    assert editor.client.get("/desk/cards/swimming/facts/history?version=2").status_code == 200
    late = editor.client.post(place, data=editor.form(seen=seen, toml=SERVICE))
    assert late.status_code == 422
    assert editor.client.post(place, data=editor.form(act="give_back", seen=editing.seen("swimming", "service.toml")))
    assert not editing.overlay.is_changed("swimming", "service.toml")


def new_card(editor: Person, **changes: str) -> dict[str, str]:
    padding = {"fi": " Halli on lämmin ja avoin." * 20, "en": " The hall is warm and open to all." * 12}
    fields = {
        "slug": "skating",
        "topic": "guidance",
        "audience": "all",
        "status": "in force",
        "municipalities": "Espoo",
        "channel": "any ice rink",
        "source_title": "Jäähallit",
        "source_publisher": "Espoon kaupunki",
        "title-fi": "Jäähalli",
        "body-fi": padding["fi"].strip(),
        "title-en": "Ice rink",
        "body-en": padding["en"].strip(),
    }
    return editor.form(**(fields | changes))


def test_a_new_card(mended: Office, tmp_path: Path) -> None:
    editor = mended.sign_in(Role.EDITOR)
    made = editor.client.post("/desk/cards/new", data=new_card(editor))
    assert made.headers.get("location") == "/desk/cards/skating", made.text
    assert editor.client.get("/desk/cards/skating").status_code == 200
    assert editor.client.get("/desk/cards/skating/ar").status_code == 200
    slugs = [card.slug for card in load_cards(tmp_path / "services", tmp_path / "data" / "cards")]
    assert slugs == ["skating", "swimming"]
    assert actions(mended)[0] == ("card.begun", "skating")


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"slug": "swimming"}, "already"),
        ({"slug": "Jäähalli"}, "slug"),
        ({"slug": "../x"}, "slug"),
        ({"slug": "new"}, "already"),
        ({"source_title": ""}, ""),
        ({"body-fi": "Lyhyt."}, "fi.md"),
        ({"topic": "nonsense"}, "topic"),
    ],
    ids=str,
)
def test_a_new_card_that_cannot_be(mended: Office, changes: dict[str, str], problem: str) -> None:
    editor = mended.sign_in(Role.EDITOR)
    response = editor.client.post("/desk/cards/new", data=new_card(editor, **changes))
    assert response.status_code == 422
    assert problem in response.text
    assert list(mended.desk.reviewing.cards.all()) == ["swimming"]


def test_without_a_data_folder_nothing_is_changed(office: Office) -> None:
    editor = office.sign_in(Role.EDITOR)
    assert editor.client.get("/desk/cards").status_code == 200
    assert editor.client.get("/desk/cards/integration-training/fi").status_code == 200
    form = editor.form(title="x", body="y")
    assert editor.client.post("/desk/cards/integration-training/fi", data=form).status_code == 404
    assert editor.client.post("/desk/publish", data=editor.form()).status_code == 404
    assert office.desk.reviewing.cards.overlay.changed() == []


def test_an_overlay_is_used_by_every_process(editing: CardEditing, aino: Account, cards: Path, tmp_path: Path) -> None:
    other = CardEditing(tmp_path / "data", SCRIPTS, identify, ReviewedTexts(None), cards)  # type: ignore[arg-type]
    assert "lämmin" not in other.all()["swimming"].text("fi").body
    editing.save(
        aino, "swimming", "fi", with_sentence(editing, "fi", "Halli on lämmin."), editing.seen("swimming", "fi.md")
    )
    assert "lämmin" in other.all()["swimming"].text("fi").body
    assert Overlay(tmp_path / "data" / "cards", cards).text("swimming", "en.md") == EN
