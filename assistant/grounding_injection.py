"""Sentences of a document that speak to a machine, not to a reader: instructions to whoever writes the answer.

They are no advice, so they are neither shown to a model nor taken as the support of anything. The patterns are only
the first of the defences; what gets past them meets the delimiters of the prompt and the checks of every sentence.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache, lru_cache
from importlib.resources import files

from corpus.documents import Document

_MARKS = re.compile(
    r"<\|[^|>]{1,40}\|>|<<\s*(?:source|end)\b|\[/?INST\]|<</?SYS>>|</?(?:system|assistant|user|instructions?|source|context|s)>"
    r"|^\s*#{2,}\s*(?:system|instruction|assistant|response)|<!--|-->|!\[[^\]]*\]\(|\bjavascript:|\bdata:text/"
    r"|^\s*(?:system|assistant|user|human|ai)\s*:\s|\"(?:role|sentences|cites|content|complete)\"\s*:"
    r"|\[\[[^\]]*\]\]|\{\{[^}]*\}\}|[A-Za-z0-9+/]{40,}={0,2}|(?:\\x[0-9a-f]{2}){4,}|(?:\b[0-9a-f]{2}\s+){12,}",
    re.IGNORECASE,
)
_INVISIBLE = frozenset("\u200b\u2060\u2061\u2062\u2063\u2064\ufeff")
_TAGS = re.compile("[\U000e0000-\U000e007f]")
_MANY_INVISIBLE = 3
_SCRIPTS = (
    ("[a-z]", r"(?<!\\)[a-z]{3}"),
    ("[а-я]", "[а-я]"),
    ("[\u0621-\u064a]", "[\u0621-\u064a]"),
    ("[\u3400-\u9fff]", "[\u3400-\u9fff]"),
)
"""Letters of a text, and of a pattern, of each script."""


@lru_cache(maxsize=16384)
def to_a_machine(text: str) -> bool:
    """Whether ``text`` instructs a machine, or hides something from people."""
    if _TAGS.search(text) or sum(letter in _INVISIBLE for letter in text) >= _MANY_INVISIBLE:
        return True
    plain = visible(text)
    if _MARKS.search(plain):
        return True
    small = plain.lower()
    return any(pattern.search(small) for letters, pattern in _said() if letters.search(small))


def usable(document: Document, text: str) -> bool:
    """Whether ``text`` of ``document`` may reach a model. Service cards are written by us and checked."""
    return bool(document.card) or not to_a_machine(text)


def visible(text: str) -> str:
    """``text`` as a reader sees it: in NFKC, without letters that show nothing."""
    kept = "".join(
        letter
        for letter in unicodedata.normalize("NFKC", text)
        if letter in "\n\t\u200c\u200d" or unicodedata.category(letter) not in ("Cf", "Cc", "Co", "Cn")
    )
    return " ".join(kept.split())


@cache
def _said() -> tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]:
    """By script: its letters, and what is said in them."""
    table = tomllib.loads(files("assistant").joinpath("instructions.toml").read_text(encoding="utf-8"))
    patterns = [pattern for language in table.values() for pattern in language]
    return tuple(
        (re.compile(letters), re.compile("|".join(f"(?:{one})" for one in patterns if re.search(own, one))))
        for letters, own in _SCRIPTS
    )
