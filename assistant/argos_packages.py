"""Packages of Argos translation models: what a package's folder holds, which are there, and how one is installed.

A package is a folder (or a zip of one, ``.argosmodel``) with ``metadata.json``, ``model/`` (CTranslate2) and
``sentencepiece.model``. Sentence splitters that come in it are not used and not installed: Neuvo translates sentences
it has split itself.
"""

from __future__ import annotations

import json
import re
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from assistant.translators import PackageError

SUFFIX = ".argosmodel"
_NEEDED = ("metadata.json", "sentencepiece.model", "model/model.bin")
_UNUSED = frozenset(["stanza", "minisbd", "spacy"])
_CODE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_AGAIN = "install it again with: neuvo languages install FILE"


@dataclass(frozen=True, slots=True)
class ArgosPackage:
    """One direction of translation. ``prefix`` is the first token of every translation of a package that was trained
    for several languages, else empty."""

    folder: Path
    source: str
    target: str
    version: str
    prefix: str = ""

    @property
    def name(self) -> str:
        return f"{self.source}-{self.target}"

    @property
    def bytes(self) -> int:
        """What the package takes on disk."""
        return sum(file.stat().st_size for file in self.folder.rglob("*") if file.is_file())


def read_package(folder: Path) -> ArgosPackage:
    """The package in ``folder``. Raises PackageError, whose text names the folder and the mend."""
    try:
        text = (folder / "metadata.json").read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise PackageError(f"{folder}: no metadata.json, so no Argos package; remove it or {_AGAIN}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise PackageError(f"{folder}: metadata.json cannot be read ({error}); {_AGAIN}") from error
    package = _described(folder, text)
    if (folder / "bpe.model").exists() and not (folder / "sentencepiece.model").exists():
        raise PackageError(
            f"{folder}: a package of the BPE kind, which needs Moses tokenisers that Neuvo has not; "
            f"use one with sentencepiece.model"
        )
    lacking = [name for name in _NEEDED if not (folder / name).is_file()]
    if lacking:
        raise PackageError(f"{folder}: {', '.join(lacking)} missing; {_AGAIN}")
    return package


def _described(folder: Path, text: str) -> ArgosPackage:
    try:
        metadata: Any = json.loads(text)
    except ValueError as error:
        raise PackageError(f"{folder}: metadata.json is not JSON ({error}); {_AGAIN}") from error
    if not isinstance(metadata, dict):
        raise PackageError(f"{folder}: metadata.json is no object; {_AGAIN}")
    kind = metadata.get("type", "translate")
    if kind != "translate":
        raise PackageError(f'{folder}: a package of type "{kind}", not "translate"; remove it')
    source, target = (str(metadata.get(key) or "") for key in ("from_code", "to_code"))
    if not all(_CODE.fullmatch(code) for code in (source, target)):
        raise PackageError(f"{folder}: metadata.json names no from_code and to_code; {_AGAIN}")
    version, prefix = metadata.get("package_version", ""), metadata.get("target_prefix", "")
    return ArgosPackage(folder, source, target, str(version), str(prefix))


def find_packages(folder: Path) -> tuple[list[ArgosPackage], list[PackageError]]:
    """The packages in the folders of ``folder``, of each direction the newest, and what is wrong with other folders.

    One that cannot be read stops none of the others. A folder that is not there has none.
    """
    found: dict[str, ArgosPackage] = {}
    faults: list[PackageError] = []
    for entry in sorted(folder.iterdir()) if folder.is_dir() else []:
        if entry.name.startswith("."):
            continue
        if entry.suffix == SUFFIX and entry.is_file():
            faults.append(PackageError(f"{entry}: not unpacked yet; neuvo languages install {entry}"))
        if not entry.is_dir():
            continue
        try:
            package = read_package(entry)
        except PackageError as error:
            faults.append(error)
            continue
        known = found.get(package.name)
        if known is None or _ordinal(package.version) > _ordinal(known.version):
            found[package.name] = package
    return sorted(found.values(), key=lambda package: package.name), faults


def _ordinal(version: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else -1 for part in version.split("."))


def install_package(file: Path, folder: Path) -> ArgosPackage:
    """Unpack ``file`` (``.argosmodel``) into ``folder``, whole or not at all, in the place of an older one.

    Raises PackageError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".installing-", dir=folder) as temporary:
        unpacked = Path(temporary)
        try:
            with zipfile.ZipFile(file) as archive:
                top = _top(file, archive.namelist())
                archive.extractall(unpacked, [name for name in archive.namelist() if _used(name)])
        except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
            raise PackageError(f"{file}: no Argos package ({error}); download it again") from error
        package = read_package(unpacked / top)
        place = folder / package.name
        aside = unpacked / "replaced"
        if place.exists():
            place.rename(aside)
        (unpacked / top).rename(place)
    return read_package(place)


def download_package(source: str, target: str, folder: Path) -> ArgosPackage:
    """Download the package for a pair with argostranslate's package manager, and install it. Needs the network.

    Raises PackageError.
    """
    try:
        from argostranslate import package as manager
        from argostranslate import settings
    except ImportError as error:
        raise PackageError(
            'argostranslate is not installed; on a machine with network: pip install "neuvo[argos]", '
            "or give a downloaded .argosmodel file"
        ) from error
    try:
        manager.update_package_index()
        if not settings.local_package_index.exists():  # the manager would ask for it for ever
            raise PackageError(f"the list of packages cannot be downloaded from {settings.package_index}")
        offered = {(one.from_code, one.to_code): one for one in manager.get_available_packages()}
        if (source, target) not in offered:
            raise PackageError(
                f"no Argos package translates from {source} to {target}; install {source} en and en {target}"
            )
        file = Path(offered[source, target].download())
    except PackageError:
        raise
    except Exception as error:  # the manager raises whatever its downloads do
        raise PackageError(f"the package {source}-{target} cannot be downloaded: {error}") from error
    return install_package(file, folder)


def _top(file: Path, names: Sequence[str]) -> str:
    """The one folder that everything in the archive is in."""
    paths = [PurePosixPath(name) for name in names]
    tops = {path.parts[0] for path in paths if path.parts}
    if len(tops) != 1 or any(path.is_absolute() or ".." in path.parts for path in paths):
        raise PackageError(f"{file}: not one folder with a package in it; download it again")
    [top] = tops
    return top


def _used(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return len(parts) < 2 or parts[1] not in _UNUSED
