"""What newcomers' services are called in each language: Finnish term -> language -> ways to say it.

The packaged ``glossary.toml`` says how its phrases are written; ``load_glossary`` only reads and checks it.
"""

from __future__ import annotations

import tomllib
import unicodedata
from pathlib import Path
from typing import Any

from corpus.documents import CorpusError

_PACKAGED = Path(__file__).with_name("glossary.toml")


def load_glossary(path: Path | None = None) -> dict[str, dict[str, tuple[str, ...]]]:
    """Read a glossary, the packaged one by default: ``glossary["kirjasto"]["en"][0] == "library"``.

    Terms, languages and phrases keep the order of the file. Raises CorpusError for a file that cannot be read
    or is not TOML, a language whose value is no list of non-empty strings, and a phrase that stands twice in
    one language under one term (case and Unicode form do not tell phrases apart).
    """
    file = path or _PACKAGED
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise CorpusError(f"{file}: cannot be read ({error.strerror}); name a glossary file") from error
    except UnicodeDecodeError as error:
        raise CorpusError(f"{file}: not UTF-8 ({error.reason}); save the file as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise CorpusError(f"{file}: not TOML ({error}); mend that line") from error
    return {term: _languages(file, term, table) for term, table in content.items()}


def _languages(file: Path, term: str, table: Any) -> dict[str, tuple[str, ...]]:
    if not isinstance(table, dict):
        raise CorpusError(f'{file}: "{term}" is no table; write ["{term}"] and one list per language under it')
    return {language: _phrases(file, term, language, value) for language, value in table.items()}


def _phrases(file: Path, term: str, language: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
        raise CorpusError(
            f'{file}: "{term}": {language} is no list of non-empty strings; write {language} = ["...", "..."]'
        )
    seen: set[str] = set()
    for phrase in value:
        key = unicodedata.normalize("NFC", phrase).casefold().strip()
        if key in seen:
            raise CorpusError(f'{file}: "{term}": {language} has "{phrase}" twice; remove one of them')
        seen.add(key)
    return tuple(value)
