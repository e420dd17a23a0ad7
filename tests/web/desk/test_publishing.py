"""Publishing: one at a time, in a process of its own, and the build before serves when it fails. Documents."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from corpus.documents import Document, UnknownDocument
from corpus.overlays import Overlay, digest
from corpus.publishing import DOCUMENTS, all_documents
from corpus.sources import Source
from corpus.storage import DocumentStore
from desk.conftest import Office, Person
from desk.mending import identify, mending, small_cards
from indexing.builds import IndexConfig, make_build
from tests.corpus.test_checks import FI
from tests.fakes import WordsEmbedder, document
from web.desk.accounts import Role
from web.desk.audit import Filter
from web.desk.document_shelf import MOST_BYTES, DocumentShelf, NoFolder, NotRead
from web.desk.publishing import CannotPublish, Progress, Publisher
from web.guard import most_bytes

SAYS = """
import json, os, sys, time
from pathlib import Path
def say(**told): print(json.dumps(told), flush=True)
builds = Path(os.environ["NEUVO_DATA"]) / "builds"
say(stage="embedding", done=3, total=7)
while not (builds / "go").exists(): time.sleep(0.01)
"""
WORKS = SAYS + '(builds / "current").write_text("b2\\n"); say(build="b2", reused=False)'
FAILS = SAYS + 'sys.exit("neuvo: another neuvo build is running; wait for it to end")'
DIES = SAYS + "os._exit(1)"


def publisher(data: Path, script: str) -> Publisher:
    return Publisher(data, data.parent / "services", (sys.executable, "-c", script))


def ended(publisher: Publisher) -> Progress:
    deadline = time.monotonic() + 20
    while (progress := publisher.progress()) is None or progress.stage == "running":
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return progress


def until_it_says(publisher: Publisher) -> Progress:
    deadline = time.monotonic() + 20
    while not (progress := publisher.progress()) or not progress.doing:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return progress


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "data" / "builds").mkdir(parents=True)
    (tmp_path / "data" / "builds" / "current").write_text("b1\n")
    small_cards(tmp_path / "services")
    return tmp_path / "data"


def go(data: Path) -> None:
    (data / "builds" / "go").touch()


def test_progress_is_told_while_it_runs(data: Path) -> None:
    one, told = publisher(data, WORKS), []
    assert one.progress() is None
    one.begin("Aino", told.append)
    running = until_it_says(one)
    assert (running.stage, running.by, running.doing, running.done, running.total) == (
        "running",
        "Aino",
        "embedding",
        3,
        7,
    )
    # Another process of the server sees the same.
    assert until_it_says(publisher(data, WORKS)).done == 3
    go(data)
    done = ended(one)
    assert (done.stage, done.before, done.build, done.reused) == ("done", "b1", "b2", False)
    while not told:
        time.sleep(0.01)
    assert told == [done]


def test_one_at_a_time(data: Path) -> None:
    one = publisher(data, WORKS)
    one.begin("Aino")
    with pytest.raises(CannotPublish):
        publisher(data, WORKS).begin("Veikko")
    with pytest.raises(CannotPublish):
        one.begin("Aino")
    go(data)
    ended(one)
    again = publisher(data, WORKS)
    again.begin("Veikko")
    assert ended(again).by == "Veikko"


def test_a_failure_says_why_and_leaves_the_build_before(data: Path) -> None:
    one = publisher(data, FAILS)
    one.begin("Aino")
    go(data)
    failed = ended(one)
    assert (failed.stage, failed.build) == ("failed", None)
    assert failed.reason == "neuvo: another neuvo build is running; wait for it to end"
    assert one.serving() == "b1"


def test_a_build_that_dies_has_failed(data: Path) -> None:
    one = publisher(data, DIES)
    one.begin("Aino")
    go(data)
    assert (ended(one).stage, ended(one).reason) == ("failed", "")


def test_what_a_server_that_ended_began_is_still_known(data: Path) -> None:
    """Nobody watches any more: the record says "running", and nothing runs."""
    running = Progress("running", "Aino", "2026-11-22T12:00:00+00:00", before="b1")
    record = data / "builds" / ".publishing.json"
    record.write_text(json.dumps({name: getattr(running, name) for name in Progress.__slots__}))
    one = publisher(data, WORKS)
    assert ended(one).stage == "failed"
    (data / "builds" / ".publishing.out").write_text('{"stage": "indexing", "done": 1, "total": 3}\n{"build": "b2"}\n')
    assert (ended(one).stage, ended(one).build) == ("done", "b2")


def test_without_a_data_folder() -> None:
    one = Publisher(None)
    assert (one.possible, one.serving(), one.progress(), one.changes()) == (False, None, None, [])
    with pytest.raises(CannotPublish):
        one.begin("Aino")


def test_what_changed_since_the_serving_build(tmp_path: Path) -> None:
    data, cards = tmp_path / "data", small_cards(tmp_path / "services")
    store = DocumentStore(data / DOCUMENTS)
    for name in ("gone", "kept", "other"):
        store.put(document(name, f"The {name} guide.", title=f"Guide {name}"))
    one = Publisher(data, cards)
    assert {change.how for change in one.changes()} == {"new"}
    make_build(all_documents(data, cards), IndexConfig(data=data), WordsEmbedder())
    assert one.changes() == []
    store.remove("gone")
    store.put(document("other", "The other guide, mended.", title="Guide other"))
    store.put(document("fresh", "The fresh guide.", title="Guide fresh"))
    Overlay(data / "cards", cards).save(
        "swimming", "fi.md", FI.replace("ryhmässä", "porukassa"), seen=digest(FI), by="aino"
    )
    assert [(change.id, change.how, change.card) for change in one.changes()] == [
        ("fresh", "new", None),
        ("gone", "removed", None),
        ("other", "changed", None),
        ("card-swimming-fi", "changed", "swimming"),
    ]


# Pages


@pytest.fixture
def waiting(data: Path, tmp_path: Path, assistant: Any) -> Iterator[Office]:
    with mending(tmp_path, assistant, (sys.executable, "-c", FAILS)) as office:
        yield office


def actions(office: Office) -> list[str]:
    return [entry.action for entry in office.desk.audit.find(Filter())]


def test_the_page_of_publishing(waiting: Office, data: Path) -> None:
    (data / "builds" / "current").unlink()
    editor = waiting.sign_in(Role.EDITOR)
    assert "card-swimming-fi" in editor.client.get("/desk/publish").text
    assert editor.client.post("/desk/publish", data=editor.form()).headers["location"] == "/desk/publish"
    until_it_says(waiting.desk.reviewing.publisher)
    told = editor.client.get("/desk/publish/progress").json()
    assert (told["running"], told["done"], told["total"]) == (True, 3, 7)
    page = editor.client.get("/desk/publish").text
    assert '<meta http-equiv="refresh"' in page
    assert 'action="/desk/publish"' not in page
    assert editor.client.post("/desk/publish", data=editor.form()).status_code == 303
    go(data)
    ended(waiting.desk.reviewing.publisher)
    assert "another neuvo build is running" in editor.client.get("/desk/publish").text
    deadline = time.monotonic() + 5
    while "build.failed" not in actions(waiting):
        assert time.monotonic() < deadline
    assert actions(waiting) == ["build.failed", "build.begun"]


def test_texts_to_mend_are_named_before_publishing(waiting: Office, data: Path) -> None:
    (data / "builds" / "current").unlink()
    editor, editing = waiting.sign_in(Role.EDITOR), waiting.desk.reviewing.cards
    toml = (editing.overlay.text("swimming", "service.toml") or "").replace('value = "2"', 'value = "3"')
    form = editor.form(seen=editing.seen("swimming", "service.toml"), toml=toml)
    assert editor.client.post("/desk/cards/swimming/facts", data=form).status_code == 303
    assert editor.client.post("/desk/publish", data=editor.form()).status_code == 422
    assert waiting.desk.reviewing.publisher.progress() is None
    assert editor.client.post("/desk/publish", data=editor.form(anyway="yes")).status_code == 303
    go(data)
    ended(waiting.desk.reviewing.publisher)


# Documents


@pytest.fixture
def shelf(tmp_path: Path) -> DocumentShelf:
    return DocumentShelf(tmp_path, identify)


TEXT = "# Opas\n\nTämä opas kertoo uimahalleista.\n".encode()


def test_a_file_becomes_a_document(shelf: DocumentShelf) -> None:
    known = Source(publisher="Espoon kaupunki", municipality=("Espoo",), valid_until=date(2026, 12, 31))
    kept = shelf.add("Opas asukkaalle.md", TEXT, known)
    assert (kept.id, kept.title, kept.language) == ("opas-asukkaalle", "Opas", "fi")
    assert (kept.publisher, kept.municipalities, kept.valid_until) == (
        "Espoon kaupunki",
        ("Espoo",),
        date(2026, 12, 31),
    )
    assert shelf.all() == [kept]
    assert shelf.add("Opas asukkaalle.md", TEXT, known).id == "opas-asukkaalle-2"


def test_a_document_keeps_its_id_when_it_is_replaced(shelf: DocumentShelf) -> None:
    first = shelf.add("opas.md", TEXT, Source())
    second = shelf.replace(first.id, "uusi.txt", b"Uusi opas uimahalleista.", Source(title="Uusi"))
    assert (second.id, second.title, second.source) == (first.id, "Uusi", first.source)
    assert shelf.get(first.id).text == "Uusi opas uimahalleista."
    assert shelf.describe(first.id, Source(title="Vanha", language="sv")).language == "sv"
    assert shelf.get(first.id).text == "Uusi opas uimahalleista."
    shelf.remove(first.id)
    with pytest.raises(UnknownDocument):
        shelf.get(first.id)


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("opas.exe", b"x", "not one of"),
        ("opas.pdf", b"no pdf", "opas.pdf"),
        ("opas.txt", b"", "opas.txt"),
        ("opas.txt", b"x" * (MOST_BYTES + 1), "larger than 20 MB"),
    ],
    ids=["another kind", "a broken file", "an empty file", "too large"],
)
def test_files_that_cannot_be_read(shelf: DocumentShelf, name: str, content: bytes, why: str) -> None:
    with pytest.raises(NotRead, match=why):
        shelf.add(name, content, Source())
    assert shelf.all() == []


def test_no_name_leads_anywhere(shelf: DocumentShelf, tmp_path: Path) -> None:
    kept = shelf.add("../../../etc/passwd.txt", TEXT, Source())
    assert kept.id == "passwd"
    assert shelf.add("card-swimming-fi.txt", TEXT, Source()).id == "document-card-swimming-fi"
    assert sorted(path.name for path in tmp_path.rglob("*.json")) == ["document-card-swimming-fi.json", "passwd.json"]


def test_a_shelf_without_a_folder() -> None:
    shelf = DocumentShelf(None, identify)
    with pytest.raises(NoFolder):
        shelf.add("opas.md", TEXT, Source())
    with pytest.raises(NoFolder):
        shelf.remove("opas")


def uploaded(person: Person, place: str, name: str, content: bytes, **fields: str) -> Any:
    return person.client.post(place, data=person.form(**fields), files={"file": (name, content, "text/plain")})


def test_documents_are_added_replaced_described_and_removed(waiting: Office) -> None:
    editor, shelf = waiting.sign_in(Role.EDITOR), waiting.desk.reviewing.documents

    def only() -> Document:
        (found,) = shelf.all()
        return found

    made = uploaded(editor, "/desk/documents", "opas.md", TEXT, publisher="Espoo", municipality="Espoo, Kauniainen")
    assert made.headers["location"] == "/desk/documents?done=added"
    assert only().municipalities == ("Espoo", "Kauniainen")
    place = "/desk/documents/opas"
    assert "Espoo, Kauniainen" in editor.client.get(place).text
    assert editor.client.post(place, data=editor.form(title="Uusi nimi")).headers["location"].endswith("described")
    assert (only().title, only().publisher) == ("Uusi nimi", None)
    assert uploaded(editor, place, "uusi.txt", b"Toinen opas uimahalleista.").status_code == 303
    assert only().text == "Toinen opas uimahalleista."
    assert editor.client.post(place, data=editor.form(valid_from="nonsense")).status_code == 422
    assert editor.client.post(place, data=editor.form(valid_from="2026-01-01")).status_code == 303
    assert only().valid_from == date(2026, 1, 1)
    assert editor.client.post(place, data=editor.form(act="remove")).headers["location"].endswith("removed")
    assert editor.client.get(place).status_code == 404
    assert editor.client.post("/desk/documents", data=editor.form()).status_code == 422
    assert uploaded(editor, "/desk/documents", "opas.exe", b"x").status_code == 422
    assert actions(waiting) == [
        "document.removed",
        "document.described",
        "document.replaced",
        "document.described",
        "document.added",
    ]


def test_a_large_document_is_taken_and_a_larger_one_is_not(waiting: Office) -> None:
    editor = waiting.sign_in(Role.EDITOR)
    large = ("Uimahalli on avoin. " * 100_000).encode()
    assert uploaded(editor, "/desk/documents", "suuri.txt", large).status_code == 303
    assert uploaded(editor, "/desk/documents", "liian.txt", b"x" * (22 * 1024 * 1024)).status_code == 413


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/desk/documents", 22_020_096),
        ("/desk/documents/opas", 22_020_096),
        ("/desk/cards/swimming/fi", 262_144),
        ("/desk", 100),
        ("/fi/ask", 100),
        ("/deskdocuments", 100),
        ("/fi/desk/documents", 100),
    ],
)
def test_only_the_desk_takes_long_forms(path: str, most: int) -> None:
    assert most_bytes(path, 100) == most
