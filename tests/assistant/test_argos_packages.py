"""Packages are read, found and installed; a fault names the package and the mend, and stops no other package."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.argos_packages import download_package, find_packages, install_package, read_package
from assistant.config import TranslationConfig
from assistant.translators import NoTranslator, PackageError, load_engine
from tests.assistant.tiny.folders import written_package, zipped


def test_what_a_package_says_of_itself(hollow_package: Path) -> None:
    package = read_package(hollow_package)
    assert (package.source, package.target, package.version, package.prefix) == ("fi", "en", "1.0", "")
    assert package.name == "fi-en"
    assert package.bytes == sum(map(len, (b"no model", b"no pieces"))) + len(
        (hollow_package / "metadata.json").read_bytes()
    )


def _without(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def _described(**metadata: object) -> Callable[[Path], None]:
    return lambda folder: (folder / "metadata.json").write_text(json.dumps(metadata), "utf-8") and None


def _bpe(folder: Path) -> None:
    (folder / "sentencepiece.model").rename(folder / "bpe.model")


@pytest.mark.parametrize(
    ("damage", "said", "mend"),
    [
        pytest.param(_without("metadata.json"), "no metadata.json", "remove it or install", id="stray-folder"),
        pytest.param(_without("model/model.bin"), "model/model.bin missing", "install it again", id="no-model"),
        pytest.param(
            _without("sentencepiece.model"), "sentencepiece.model missing", "install it again", id="no-pieces"
        ),
        pytest.param(_bpe, "BPE kind", "use one with sentencepiece.model", id="bpe"),
        pytest.param(_described(from_code="fi"), "from_code and to_code", "install it again", id="no-target"),
        pytest.param(_described(from_code="../x", to_code="en"), "from_code and to_code", "again", id="code-is-a-path"),
        pytest.param(_described(type="sbd", from_code="fi"), 'type "sbd"', "remove it", id="another-type"),
        pytest.param(lambda f: (f / "metadata.json").write_text("{", "utf-8"), "not JSON", "again", id="not-json"),
        pytest.param(lambda f: (f / "metadata.json").write_text("[]", "utf-8"), "no object", "again", id="no-object"),
        pytest.param(lambda f: (f / "metadata.json").write_bytes(b"\xff"), "cannot be read", "again", id="not-utf-8"),
    ],
)
def test_a_fault_names_the_package_and_the_mend(
    hollow_package: Path, damage: Callable[[Path], None], said: str, mend: str
) -> None:
    damage(hollow_package)
    with pytest.raises(PackageError) as error:
        read_package(hollow_package)
    assert str(error.value).startswith(f"{hollow_package}: ")
    assert said in str(error.value)
    assert mend in str(error.value)


def test_a_stray_folder_stops_no_other_package(hollow_package: Path) -> None:
    folder = hollow_package.parent
    (folder / "stray").mkdir()
    (folder / ".hidden").mkdir()
    (folder / "notes.txt").write_text("x")
    (folder / "sv-fi.argosmodel").write_bytes(b"")
    packages, faults = find_packages(folder)
    assert [package.name for package in packages] == ["fi-en"]
    assert [str(fault).split(":")[0] for fault in faults] == [str(folder / "stray"), str(folder / "sv-fi.argosmodel")]


@pytest.mark.parametrize(("first", "second", "newest"), [("1.9", "1.10", "1.10"), ("2.0", "1.10", "2.0")])
def test_of_a_pair_the_newest_counts(tmp_path: Path, first: str, second: str, newest: str) -> None:
    written_package(tmp_path / "a", "fi", "en", package_version=first)
    written_package(tmp_path / "b", "fi", "en", package_version=second)
    [package], _ = find_packages(tmp_path)
    assert package.version == newest


def test_a_folder_that_is_not_there_has_no_packages(tmp_path: Path) -> None:
    assert find_packages(tmp_path / "nothing") == ([], [])


def test_installing_leaves_sentence_splitters_out_and_replaces_the_older(tmp_path: Path) -> None:
    made = written_package(tmp_path / "made", "fi", "en", package_version="1.1")
    (made / "stanza").mkdir()
    (made / "stanza" / "fi.pt").write_bytes(b"large")
    file = zipped(made, tmp_path / "fi_en.argosmodel")
    folder = tmp_path / "installed"
    written_package(folder / "fi-en", "fi", "en", package_version="1.0")
    package = install_package(file, folder)
    assert (package.folder, package.version) == (folder / "fi-en", "1.1")
    assert not (package.folder / "stanza").exists()
    assert [entry.name for entry in folder.iterdir()] == ["fi-en"]


def _two_tops(made: Path, file: Path) -> None:
    zipped(made, file)
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("other/metadata.json", "{}")


def _climbing(made: Path, file: Path) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("package/../../outside.txt", "x")


def _bpe_file(made: Path, file: Path) -> None:
    _bpe(made)
    zipped(made, file)


@pytest.mark.parametrize(
    ("write", "said"),
    [
        pytest.param(lambda made, file: file.write_bytes(b"PK no"), "no Argos package", id="not-a-zip"),
        pytest.param(lambda made, file: None, "no Argos package", id="no-file"),
        pytest.param(_two_tops, "not one folder", id="two-folders"),
        pytest.param(_climbing, "not one folder", id="climbs-out"),
        pytest.param(_bpe_file, "BPE kind", id="bpe"),
    ],
)
def test_what_cannot_be_installed_leaves_nothing_behind(
    hollow_package: Path, tmp_path: Path, write: Callable[[Path, Path], None], said: str
) -> None:
    file, folder = tmp_path / "given.argosmodel", tmp_path / "installed"
    write(hollow_package, file)
    with pytest.raises(PackageError, match=said):
        install_package(file, folder)
    assert list(folder.iterdir()) == []
    assert not (tmp_path / "outside.txt").exists()


def test_downloading_without_the_package_manager_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "argostranslate", None)
    with pytest.raises(PackageError, match=r"neuvo\[argos\]"):
        download_package("fi", "en", tmp_path)


def test_the_engine_that_is_chosen(tmp_path: Path, hollow_package: Path) -> None:
    empty = tmp_path / "empty"
    assert isinstance(load_engine(TranslationConfig(), empty), NoTranslator)
    with pytest.raises(PackageError, match="neuvo languages install"):
        load_engine(TranslationConfig(engine="argos"), empty)
    assert isinstance(load_engine(TranslationConfig(engine="none"), hollow_package.parent), NoTranslator)
    shutil.rmtree(hollow_package / "model")
    with pytest.raises(PackageError, match="model"):
        load_engine(TranslationConfig(engine="argos"), hollow_package.parent)


def test_packages_without_ctranslate2_say_what_to_install(
    hollow_package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(PackageError, match=r"neuvo\[translate\]"):
        load_engine(TranslationConfig(), hollow_package.parent)
