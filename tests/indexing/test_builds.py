from __future__ import annotations

import json
import shutil
import sqlite3
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from corpus.documents import Document, UnknownDocument
from indexing.builds import (
    BuildError,
    BuildUnderWay,
    DamagedBuild,
    IndexConfig,
    NoBuild,
    WrongModel,
    _only_builder,
    current_build,
    list_builds,
    make_build,
)
from indexing.retrieval import Index
from indexing.serving import CurrentIndex
from indexing.vector_cache import VectorCache
from tests.fakes import WordsEmbedder, document


def corpus(number: int = 0) -> list[Document]:
    return [
        document("trains", "# Trains\nTrains leave every hour from the station."),
        document("bread", "# Bread\nThe bakery sells fresh bread every morning."),
        document("leipa", "# Leipä\nLeipomo myy tuoretta leipää joka aamu.", "fi"),
        document("version", f"# Version\nThis corpus has the number n{number} today."),
    ]


@pytest.fixture
def config(tmp_path: Path) -> IndexConfig:
    return IndexConfig(data=tmp_path, analysers={"en": "snowball:english", "fi": "snowball:finnish"})


def test_a_build_is_published_and_searched(config: IndexConfig) -> None:
    report = make_build(corpus(), config, WordsEmbedder())
    assert current_build(config) == report.manifest.id
    assert (report.manifest.documents, report.manifest.passages) == (4, 4)
    assert report.manifest.languages == {"en": 3, "fi": 1}
    index = Index(config, report.manifest.id, WordsEmbedder())
    hits = index.search("When does the bakery sell bread?", "en")
    assert hits[0].document.id == "bread"
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    [sentence] = index.sentences(hits[0])
    assert sentence.text == "The bakery sells fresh bread every morning."
    assert index.document("bread").text[sentence.start : sentence.end] == sentence.text
    with pytest.raises(UnknownDocument, match="nothing"):
        index.document("nothing")
    index.close()


def test_only_allowed_documents_are_found(config: IndexConfig) -> None:
    build = make_build(corpus(), config, WordsEmbedder()).manifest.id
    index = Index(config, build, WordsEmbedder())
    hits = index.search("bread", "en", allowed=lambda d: d.id != "bread")
    assert "bread" not in {hit.document.id for hit in hits}
    index.close()


def test_the_same_corpus_is_not_built_again(config: IndexConfig) -> None:
    first = make_build(corpus(), config, WordsEmbedder())
    again = make_build(list(reversed(corpus())), config, WordsEmbedder())
    assert again.reused
    assert again.manifest == first.manifest


def test_unchanged_passages_come_from_the_cache(config: IndexConfig) -> None:
    make_build(corpus(1), config, WordsEmbedder())
    embedder = WordsEmbedder()
    report = make_build(corpus(2), config, embedder)
    assert report.embedded == len(embedder.embedded) == 2  # the changed passage and its one sentence
    assert all("n2" in text for text in embedder.embedded)


def test_a_cached_build_equals_a_fresh_one(config: IndexConfig, tmp_path: Path) -> None:
    make_build(corpus(1), config, WordsEmbedder())
    warm = make_build(corpus(2), config, WordsEmbedder()).manifest.id
    other = config.model_copy(update={"data": tmp_path / "fresh"})
    fresh = make_build(corpus(2), other, WordsEmbedder()).manifest.id
    sentences = [np.load(c.builds / build / "sentences.npy") for c, build in ((config, warm), (other, fresh))]
    assert np.array_equal(*sentences)


def test_the_previous_build_is_kept_and_older_ones_go(config: IndexConfig) -> None:
    ids = [make_build(corpus(n), config, WordsEmbedder()).manifest.id for n in range(4)]
    assert [build.id for build in list_builds(config)] == ids[-2:]


def test_a_build_in_use_is_not_removed(config: IndexConfig) -> None:
    first = make_build(corpus(0), config, WordsEmbedder()).manifest.id
    index = Index(config, first, WordsEmbedder())
    for n in range(1, 4):
        make_build(corpus(n), config, WordsEmbedder())
    assert first in {build.id for build in list_builds(config)}
    assert index.search("bread", "en")[0].document.id == "bread"
    index.close()
    make_build(corpus(9), config, WordsEmbedder())
    assert first not in {build.id for build in list_builds(config)}


def test_another_model_is_refused(config: IndexConfig) -> None:
    build = make_build(corpus(), config, WordsEmbedder()).manifest.id
    with pytest.raises(WrongModel, match=r"fake:words.*fake:other.*neuvo build"):
        Index(config, build, WordsEmbedder("other"))


def test_another_model_is_built_anew(config: IndexConfig) -> None:
    make_build(corpus(), config, WordsEmbedder())
    assert not make_build(corpus(), config, WordsEmbedder("other")).reused


def test_only_one_builds_at_a_time(config: IndexConfig) -> None:
    config.builds.mkdir(parents=True)
    with _only_builder(config.builds), pytest.raises(BuildUnderWay, match="another neuvo build"):
        make_build(corpus(), config, WordsEmbedder())


def test_nothing_to_index(config: IndexConfig) -> None:
    with pytest.raises(BuildError, match="neuvo ingest"):
        make_build([], config, WordsEmbedder())


def test_what_an_interrupted_build_left_goes(config: IndexConfig) -> None:
    leftover = config.builds / ".making-x"
    leftover.mkdir(parents=True)
    make_build(corpus(), config, WordsEmbedder())
    assert not leftover.exists()


@pytest.mark.parametrize("name", ["manifest.json", "passages.sqlite", "sentences.npy", "lexical.npz", "moments.npz"])
@pytest.mark.parametrize("damage", ["missing", "cut"])
def test_a_damaged_build_is_named_and_built_anew(config: IndexConfig, name: str, damage: str) -> None:
    build = make_build(corpus(), config, WordsEmbedder()).manifest.id
    path = config.builds / build / name
    content = path.read_bytes()
    path.unlink()
    if damage == "cut":
        path.write_bytes(content[: len(content) // 3])
    with pytest.raises(DamagedBuild, match="neuvo build"):
        Index(config, build, WordsEmbedder())
    assert not make_build(corpus(), config, WordsEmbedder()).reused


def test_a_build_of_another_format_is_named(config: IndexConfig) -> None:
    build = make_build(corpus(), config, WordsEmbedder()).manifest.id
    path = config.builds / build / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 99}))
    with pytest.raises(DamagedBuild, match="format 99"):
        Index(config, build, WordsEmbedder())


def test_a_failed_embedding_leaves_the_serving_build(config: IndexConfig) -> None:
    serving = make_build(corpus(0), config, WordsEmbedder()).manifest.id

    class Failing(WordsEmbedder):
        def embed_passages(self, texts):  # type: ignore[no-untyped-def]
            raise MemoryError

    with pytest.raises(MemoryError):
        make_build(corpus(1), config, Failing())
    assert current_build(config) == serving
    assert not make_build(corpus(1), config, WordsEmbedder()).reused


def test_a_damaged_vector_cache_only_costs_time(config: IndexConfig) -> None:
    make_build(corpus(0), config, WordsEmbedder())
    (config.cache / "vectors.sqlite").write_bytes(b"not a database" * 100)
    assert make_build(corpus(1), config, WordsEmbedder()).manifest.passages == 4


def test_the_cache_forgets_what_the_corpus_lost(tmp_path: Path) -> None:
    cache = VectorCache(tmp_path / "v.sqlite", "fake")
    embedder = WordsEmbedder()
    cache.embed([f"text {n}" for n in range(2000)], embedder.embed_passages)
    cache.forget_all_but(["text 1", "text 2"])
    cache.close()
    with sqlite3.connect(tmp_path / "v.sqlite") as database:
        assert database.execute("SELECT count(*) FROM vectors").fetchone() == (2,)


def test_no_build_yet(config: IndexConfig) -> None:
    current = CurrentIndex(config, WordsEmbedder())
    assert "neuvo build" in (current.why_not() or "")
    with pytest.raises(NoBuild), current.use():
        pass
    make_build(corpus(), config, WordsEmbedder())
    assert current.why_not() is None
    current.close()


def test_a_new_build_that_does_not_open_leaves_the_old_one_serving(config: IndexConfig) -> None:
    first = make_build(corpus(0), config, WordsEmbedder()).manifest.id
    current = CurrentIndex(config, WordsEmbedder(), poll=0)
    with current.use() as index:
        assert index.id == first
    second = make_build(corpus(1), config, WordsEmbedder()).manifest.id
    shutil.rmtree(config.builds / second)
    with current.use() as index:
        assert index.id == first
    current.close()


def test_builds_swap_under_load_with_no_failed_request(config: IndexConfig) -> None:
    make_build(corpus(0), config, WordsEmbedder())
    current = CurrentIndex(config, WordsEmbedder(), poll=0.01)
    failures: list[BaseException] = []
    seen: set[str] = set()
    answered = 0
    stop = threading.Event()

    def ask() -> None:
        nonlocal answered
        while not stop.is_set():
            try:
                with current.use() as index:
                    hits = index.search("which number has this corpus today", "en")
                    assert hits[0].document.id == "version"
                    assert hits[0].document.text == index.document("version").text
                    assert index.sentences(hits[0])
                    seen.add(index.id)
                    answered += 1
            except BaseException as error:
                failures.append(error)
                return

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        ids = [make_build(corpus(n), config, WordsEmbedder()).manifest.id for n in range(1, 9)]
        deadline = time.monotonic() + 20
        while ids[-1] not in seen and not failures and time.monotonic() < deadline:
            time.sleep(0.02)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert not failures
    assert ids[-1] in seen
    assert answered > len(ids)
    current.close()
    make_build(corpus(99), config, WordsEmbedder())
    assert len(list_builds(config)) == 2
