"""The vector store: exact, apart by language, and an error for every file that is not what it should be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from indexing.stores import MappedStore, StoreError, Vectors


def unit_vectors(count: int, dimension: int = 16) -> Vectors:
    found = np.random.default_rng(count).normal(size=(count, dimension)).astype(np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


FI, SO = unit_vectors(40), unit_vectors(3)
FI_ROWS = list(range(1, 81, 2))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = MappedStore(tmp_path / "vectors")
    made.add("fi", FI_ROWS, FI)
    made.add("so", [0, 2, 4], SO)
    made.close()
    return tmp_path / "vectors"


@pytest.mark.parametrize("count", [1, 7, 39, 40, 500])
def test_the_nearest_are_those_of_every_vector_compared(folder: Path, count: int) -> None:
    asked = unit_vectors(5)[0]
    cosines = {row: float(vector @ asked) for row, vector in zip(FI_ROWS, FI, strict=True)}
    best = sorted(cosines, key=lambda row: -cosines[row])[:count]
    found = MappedStore(folder).nearest("fi", asked, count)
    assert [row for row, _ in found] == best
    assert [cosine for _, cosine in found] == pytest.approx([cosines[row] for row in best], abs=1e-6)


def test_languages_are_apart(folder: Path) -> None:
    store = MappedStore(folder)
    assert store.sizes() == {"fi": 40, "so": 3}
    assert {row for row, _ in store.nearest("so", FI[0], 10)} == {0, 2, 4}
    assert store.nearest("sv", FI[0], 10) == []
    assert store.nearest("fi", FI[0], 0) == []


def test_vectors_come_in_the_order_asked_for(folder: Path) -> None:
    store = MappedStore(folder)
    np.testing.assert_array_equal(store.vectors("fi", [5, 1, 79, 1]), FI[[2, 0, 39, 0]])
    assert len(store.vectors("fi", [])) == 0


@pytest.mark.parametrize("rows", [[2], [1, 81], [-1]], ids=["between", "after", "before"])
def test_rows_that_are_not_there(folder: Path, rows: list[int]) -> None:
    with pytest.raises(StoreError, match="rows asked for"):
        MappedStore(folder).vectors("fi", rows)


@pytest.mark.parametrize("rows", [[0, 1], [2, 1, 0], [0, 0, 1]], ids=["too few", "falling", "twice"])
def test_rows_that_do_not_fit(tmp_path: Path, rows: list[int]) -> None:
    with pytest.raises(StoreError, match="rows"):
        MappedStore(tmp_path / "vectors").add("so", rows, SO)


def test_a_folder_without_vectors_holds_none(tmp_path: Path) -> None:
    store = MappedStore(tmp_path / "nothing")
    assert store.sizes() == {}
    assert not (tmp_path / "nothing").exists()


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("fi.npy", "missing"),  # where the rows are missing the language is not there, which the build's sizes tell
        *((name, damage) for name in ("fi.npy", "fi.rows.npy") for damage in ("cut", "other", "of another length")),
    ],
)
def test_damaged_files_are_named(folder: Path, name: str, damage: str) -> None:
    file = folder / name
    if damage == "cut":
        file.write_bytes(file.read_bytes()[:-40])
    elif damage == "missing":
        file.unlink()
    elif damage == "other":
        file.write_bytes(b"no array")
    else:
        np.save(file, np.load(file)[:-1])
    with pytest.raises(StoreError, match=str(folder)):
        MappedStore(folder)


def test_a_full_disk_is_told(folder: Path) -> None:
    (folder / "sv.npy").mkdir()
    with pytest.raises(StoreError, match="cannot be written"):
        MappedStore(folder).add("sv", [0], unit_vectors(1))
