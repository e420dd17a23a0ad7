"""Folders that look like packages, for tests that need no model."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

PAIRS = (("fi", "en"), ("en", "ar"))


def written_package(folder: Path, source: str, target: str, **metadata: Any) -> Path:
    """All the files of a package, with nothing in them."""
    (folder / "model").mkdir(parents=True)
    (folder / "model" / "model.bin").write_bytes(b"no model")
    (folder / "sentencepiece.model").write_bytes(b"no pieces")
    described = {"from_code": source, "to_code": target, "package_version": "1.0", **metadata}
    (folder / "metadata.json").write_text(json.dumps(described), encoding="utf-8")
    return folder


def zipped(folder: Path, file: Path, top: str = "translate-package") -> Path:
    """The folder as an ``.argosmodel`` file."""
    with zipfile.ZipFile(file, "w") as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, f"{top}/{path.relative_to(folder)}")
    return file
