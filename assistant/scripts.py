"""Scripts, and the languages that the letters of a text leave possible."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

LATIN, CYRILLIC, ARABIC, HAN, ETHIOPIC, OTHER = "latin", "cyrillic", "arabic", "han", "ethiopic", "other"

BY_ISO_15924 = {"Latn": LATIN, "Cyrl": CYRILLIC, "Arab": ARABIC, "Hans": HAN}

SORANI, URDU, PASHTO, UYGHUR, TIGRINYA, AMHARIC = "ckb", "ur", "ps", "ug", "ti", "am"

_RANGES = (
    (0x0000, 0x024F, LATIN),
    (0x0400, 0x052F, CYRILLIC),
    (0x0600, 0x077F, ARABIC),
    (0x08A0, 0x08FF, ARABIC),
    (0x1200, 0x139F, ETHIOPIC),
    (0x1E00, 0x1EFF, LATIN),
    (0x3400, 0x4DBF, HAN),
    (0x4E00, 0x9FFF, HAN),
    (0xFB50, 0xFDFF, ARABIC),
    (0xFE70, 0xFEFE, ARABIC),
    (0x20000, 0x31FFF, HAN),
)
"""Blocks of the Unicode standard, first and last code point."""

_UKRAINIAN = frozenset("ґєїі")
_RUSSIAN = frozenset("ыэё")
_OTHER_CYRILLIC = frozenset("ўәғқңөұүһҳҷӣӯђјљњћџѓќѕ")
_PERSIAN = frozenset("پچژگیک")
_ARABIC = frozenset("ةىكيأإ")
_ARABIC_SURELY = frozenset("ةأإ")
_ONE_LANGUAGE = (
    (frozenset("ٹڈڑںے"), URDU),
    (frozenset("ټډړږښڼۍځڅ"), PASHTO),
    (frozenset("ۇۈۋڭ"), UYGHUR),
    (frozenset("ێۆڕڵە"), SORANI),
)
"""Letters of the Arabic script that stand in one language only; the first that occurs decides."""

_TIGRINYA_ONLY = re.compile("[ኣ\u1250-\u125f]")
"""ኣ, where Amharic writes አ, and the row of ቐ."""

_WORD = re.compile(r"[^\W\d_]+(?:['\-][^\W\d_]+)*")
_ARABIC_MARKS = re.compile("[\u0640\u064b-\u065f\u0670]")
_SHARE = 1 / 3
"""Of the words; more is a script other than Latin: Latin names and terms stand in any text, not the reverse."""


def words(text: str) -> list[str]:
    """The words of ``text`` in the order they stand, case folded, without the marks of Arabic vowels."""
    folded = unicodedata.normalize("NFC", text.replace("’", "'").replace("ʼ", "'")).casefold().replace("i\u0307", "i")
    return _WORD.findall(_ARABIC_MARKS.sub("", folded))


def script_of(word: str) -> str:
    """The script of most letters of ``word``."""
    return Counter(map(_script_of_letter, word)).most_common(1)[0][0]


def main_script(words: Iterable[str]) -> str | None:
    """The script a text of these words is in; None where there are no words.

    Two Han characters count as a word. Han beside kana, which are OTHER here, is Japanese, so OTHER.
    """
    counts: Counter[str] = Counter()
    for word in words:
        letters = Counter(map(_script_of_letter, word))
        if letters[HAN]:
            counts[HAN] += letters[HAN]  # counted in halves of words
            counts[OTHER] += letters[OTHER]
        else:
            counts[letters.most_common(1)[0][0]] += 2
    if not counts:
        return None
    others = {script: count for script, count in counts.items() if script != LATIN and count}
    if sum(others.values()) <= _SHARE * counts.total():
        return LATIN
    return OTHER if counts[HAN] and counts[OTHER] else max(others, key=lambda script: others[script])


def possible(text: str, script: str) -> frozenset[str] | None:
    """The languages that letters of ``text`` leave possible; None where they say nothing."""
    letters = frozenset(text.casefold())
    if script == ETHIOPIC:
        return frozenset({TIGRINYA if _TIGRINYA_ONLY.search(text) else AMHARIC})
    if script == CYRILLIC and not letters & _OTHER_CYRILLIC:
        if letters & _UKRAINIAN and not letters & _RUSSIAN:
            return frozenset({"uk"})
        if letters & _RUSSIAN and not letters & _UKRAINIAN:
            return frozenset({"ru"})
    if script == ARABIC:
        for sole, code in _ONE_LANGUAGE:
            if letters & sole:
                return frozenset({code})
        if "ې" in letters:
            return frozenset({PASHTO, UYGHUR})
        if letters & _ARABIC and not letters & _PERSIAN:
            return frozenset({"ar"} if letters & _ARABIC_SURELY else {"ar", "fa"})
        if letters & _PERSIAN and not letters & _ARABIC:
            return frozenset({"fa", SORANI, URDU, PASHTO})
    return None


def _script_of_letter(letter: str) -> str:
    point = ord(letter)
    return next((script for first, last, script in _RANGES if first <= point <= last), OTHER)
