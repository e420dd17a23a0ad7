"""Where sentences end, in every script Neuvo reads."""

from __future__ import annotations

import re
from collections.abc import Iterator

_MARKS = ".!?…؟۔。！？।"
_NO_SPACE_AFTER = "。！？"
_CLOSERS = "\"'”’»)]）】」』"
_BOUNDARY = re.compile(
    rf"[{re.escape(_MARKS)}]+[{re.escape(_CLOSERS)}]*(?=\s|$)|[{_NO_SPACE_AFTER}]+[{re.escape(_CLOSERS)}]*|\n+"
)
_LIST_NUMBER_OR_INITIAL = re.compile(r"^\s*\d{1,4}\.$|(?:^|[\s(\[–-])[^\W\d_]\.$")
# fmt: off
_ABBREVIATIONS = frozenset((
    "esim", "mm", "ym", "yms", "jne", "ks", "vrt", "noin", "klo", "puh", "alk", "aik", "em", "ko",
    "tms", "ts", "eli", "ml", "mukl", "huom", "kpl", "nk", "t.ex", "bl.a", "m.m", "m.fl", "osv",
    "s.k", "ca", "kl", "tel", "ung", "d.v.s", "e.g", "i.e", "etc", "vs", "mr", "mrs", "ms", "dr",
    "prof", "nr", "approx", "nt", "jms", "vt", "p.ex", "p.ej", "cf", "dhe", "p.sh", "vb", "örn",
    "bkz", "sn", "см", "т.е", "т.д", "т.п", "др", "напр", "тыс", "ул", "г", "тис", "вул", "ін",
    "наприк", "р", "tp", "ths",
))
# fmt: on


def sentence_spans(text: str) -> Iterator[tuple[int, int]]:
    """``(start, end)`` of each sentence of ``text``, white space around it left out, in order.

    A line break always ends a sentence; a full stop after an abbreviation, an initial or a list's number,
    or before a small letter, does not.
    """
    start = 0
    for match in _BOUNDARY.finditer(text):
        if _goes_on(text, start, match):
            continue
        yield from _trimmed(text, start, match.end())
        start = match.end()
    yield from _trimmed(text, start, len(text))


def _goes_on(text: str, start: int, match: re.Match[str]) -> bool:
    mark = match.group()
    if mark[0] == "\n" or not mark.startswith("."):
        return False
    following = text[match.end() :].lstrip(" \t")[:1]
    if following.islower():
        return True
    if not following or following == "\n" or len(mark) > 1:
        return False
    before = text[start : match.start() + 1]
    word = before.rsplit(None, 1)[-1][:-1].lstrip("(\"'«“").casefold()
    if word in _ABBREVIATIONS:
        return True
    return bool(_LIST_NUMBER_OR_INITIAL.search(before))


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        yield start, end
