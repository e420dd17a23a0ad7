"""Folders of files become stored Documents; nothing is written twice and a bad file stops no other."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from corpus.documents import CorpusError, Document, InvalidSources, UnknownDocument
from corpus.ingestion import IngestResult, ingest, slugify
from corpus.sources import Source, read_sources
from corpus.storage import DocumentStore

Run = Callable[..., list[IngestResult]]


@pytest.fixture
def store(tmp_path: Path) -> DocumentStore:
    return DocumentStore(tmp_path / "data")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "library.md").write_text("# The library\n\nIt lends books.\n")
    (folder / "pool.txt").write_text("The pool is open every day.\n")
    return folder


@pytest.fixture
def run(folder: Path, store: DocumentStore) -> Run:
    def run(*paths: Path) -> list[IngestResult]:
        return list(ingest(paths or [folder], store, lambda _: "en"))

    return run


def told(results: list[IngestResult]) -> list[tuple[str, str]]:
    return [(result.path.name, result.status.value) for result in results]


def test_added_then_unchanged_on_disk_then_replaced(folder: Path, store: DocumentStore, run: Run) -> None:
    assert told(run()) == [("library.md", "added"), ("pool.txt", "added")]
    before = {path: path.stat().st_mtime_ns for path in store.folder.iterdir()}
    assert told(run()) == [("library.md", "unchanged"), ("pool.txt", "unchanged")]
    assert {path: path.stat().st_mtime_ns for path in store.folder.iterdir()} == before
    (folder / "pool.txt").write_text("The pool is closed.\n")
    assert told(run()) == [("library.md", "unchanged"), ("pool.txt", "replaced")]
    assert [document.text for document in store] == ["The library\n\nIt lends books.", "The pool is closed."]


def test_titles_language_and_metadata(folder: Path, store: DocumentStore, run: Run) -> None:
    run()
    assert (store.get("library").title, store.get("pool").title) == ("The library", "pool")
    assert (store.get("pool").language, store.get("pool").publisher, store.get("pool").municipalities) == (
        "en",
        None,
        (),
    )
    (folder / "sources.toml").write_text(
        '[pool]\ntitle = "Swimming"\nmunicipality = ["Espoo", "Kauniainen"]\nlanguage = "fi"\n'
        "valid_until = 2026-12-31\n"
        '["library.md"]\npublisher = "unknown: it names none"\nmunicipality = ""\n'
    )
    assert told(run()) == [("library.md", "replaced"), ("pool.txt", "replaced")]
    pool = store.get("pool")
    assert (pool.title, pool.language, pool.valid_until) == ("Swimming", "fi", date(2026, 12, 31))
    assert pool.municipalities == ("Espoo", "Kauniainen")
    assert (store.get("library").publisher, store.get("library").municipalities) == (
        "unknown: it names none",
        (),
    )


def test_one_bad_file_stops_no_other(folder: Path, run: Run) -> None:
    (folder / "a.pdf").write_bytes(b"%PDF-1.4 broken")
    (folder / ".hidden.txt").write_text("x")
    (folder / "picture.png").write_bytes(b"\x89PNG")
    (folder / "gone.txt").symlink_to(folder / "nowhere")
    results = run()
    assert told(results) == [
        (".hidden.txt", "skipped"),
        ("a.pdf", "failed"),
        ("gone.txt", "failed"),
        ("library.md", "added"),
        ("picture.png", "skipped"),
        ("pool.txt", "added"),
    ]
    assert all("\n" not in result.line and result.path.name in result.line for result in results)


def test_a_parser_that_crashes_fails_its_file_only(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from corpus import readers

    def crash(_: Path) -> None:
        raise RuntimeError("inside\nthe parser")

    monkeypatch.setitem(readers.READERS, ".md", crash)
    results = run()
    assert told(results) == [("library.md", "failed"), ("pool.txt", "added")]
    assert "RuntimeError: inside the parser" in results[0].line


def test_unreadable_folder_and_missing_path(folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    listing = Path.iterdir

    def denied(path: Path) -> object:
        if path.name == "locked":
            raise PermissionError(13, "Permission denied")
        return listing(path)

    (folder / "locked").mkdir()
    monkeypatch.setattr(Path, "iterdir", denied)
    assert ("locked", "failed") in told(run())
    assert told(run(folder / "nothing")) == [("nothing", "failed")]


def test_same_content_elsewhere_and_same_name_elsewhere(
    folder: Path, tmp_path: Path, store: DocumentStore, run: Run
) -> None:
    run()
    other = tmp_path / "other"
    other.mkdir()
    (other / "copy.txt").write_text("The pool is open every day.\n")
    (other / "library.md").write_text("# Another library\n")
    copy, library = run(other)
    assert (copy.status, copy.id) == ("unchanged", "pool")
    assert "already stored as pool" in copy.line
    assert library.status == "added"
    assert library.id is not None
    assert library.id.startswith("library-")
    assert run(other)[1].id == library.id
    assert len(store) == 3


def test_undecodable_file_name(folder: Path, store: DocumentStore, run: Run) -> None:
    try:
        with open(os.fsencode(folder) + b"/caf\xe9.txt", "w") as file:
            file.write("Coffee is served.")
    except OSError:
        pytest.skip("this file system refuses such names")
    results = run()
    assert [result.status for result in results] == ["added"] * 3
    for result in results:
        result.line.encode()
    assert [result.status for result in run()] == ["unchanged"] * 3


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Työ ja koti", "tyo-ja-koti"),
        ("ohjelmat/Åland 2026", "ohjelmat-aland-2026"),
        ("--..--", "document-"),
        ("指南", "document-"),
        ("guide 指南", "guide-"),
        ("x" * 300, "x" * 100 + "-"),
    ],
)
def test_slugs(name: str, slug: str) -> None:
    made = slugify(name)
    assert made == slug if not slug.endswith("-") else made.startswith(slug) and len(made) == len(slug) + 6


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            '[pool]\ncolour = "blue"\n',
            "unknown key 'colour' in [pool]; allowed: title, publisher, municipality",
        ),
        ("[pool]\nvalid_from = 3\n", "'valid_from' in [pool] is not valid"),
        ("[pool\n", "not TOML"),
        ('title = "x"\n', "'title' stands outside a table"),
        ('[pool.txt]\ntitle = "x"\n', "quote a file name with a dot"),
    ],
)
def test_wrong_sources_are_named(folder: Path, text: str, says: str) -> None:
    (folder / "sources.toml").write_text(text)
    with pytest.raises(InvalidSources) as caught:
        read_sources(folder)
    assert says in str(caught.value)
    assert str(folder / "sources.toml") in str(caught.value)


def test_wrong_sources_fail_the_files_beside_them(folder: Path, run: Run) -> None:
    (folder / "sources.toml").write_text("[pool\n")
    assert told(run()) == [("library.md", "failed"), ("pool.txt", "failed")]


def test_a_table_without_its_file_is_a_warning(folder: Path, run: Run) -> None:
    (folder / "sources.toml").write_text('[sauna]\ntitle = "Sauna"\n')
    first, *rest = run()
    assert first.status == "warning"
    assert "[sauna] describes a file that is not there" in first.line
    assert [result.status for result in rest] == ["added", "added"]
    assert read_sources(folder).of(folder / "pool.txt") == Source()


def test_store_keeps_documents_and_refuses_what_is_none(store: DocumentStore) -> None:
    document = Document(id="b", title="B", text="b", language="en", blocks=())
    store.put(document)
    store.put(Document(id="a", title="A", text="a", language="en", blocks=()))
    assert [found.id for found in store] == ["a", "b"]
    assert store.get("b") == document
    assert "b" in store
    store.remove("b")
    for call in (store.get, store.remove):
        for id_ in ("b", "../a", "", "A"):
            with pytest.raises(UnknownDocument):
                call(id_)


def test_damaged_document_is_named_and_mended_by_ingesting(folder: Path, store: DocumentStore, run: Run) -> None:
    run()
    (store.folder / "pool.json").write_text("{")
    with pytest.raises(CorpusError, match=r"pool\.json: damaged"):
        store.get("pool")
    assert told(run()) == [("pool.json", "warning"), ("library.md", "unchanged"), ("pool.txt", "added")]
    assert store.get("pool").text == "The pool is open every day."


def test_a_failed_write_leaves_the_old_document(store: DocumentStore, monkeypatch: pytest.MonkeyPatch) -> None:
    old = Document(id="a", title="A", text="old", language="en", blocks=())
    store.put(old)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(CorpusError, match="No space left"):
        store.put(Document(id="a", title="A", text="new", language="en", blocks=()))
    assert store.get("a") == old
    assert [path.name for path in store.folder.iterdir()] == ["a.json"]
