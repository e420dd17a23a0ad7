"""What a translation must not touch: addresses, phone numbers, dates, amounts and official terms.

They are taken out of a sentence before it is translated, each with a number in its place, for numbers are what
translation models copy best, and are put back afterwards. A plain number of up to four digits stands for itself, since
languages make words agree with it (2 года, 5 лет). A translation that has lost one of them, or has one too many, is
refused.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.official_terms import OfficialTerms

_STAND_INS = range(731, 1000, 11)
"""Numbers that stand in the place of what is masked: three digits, so that no language writes a separator in them."""

_LEFT = re.compile(
    r"(?P<url>(?:https?://|www\.)[^\s<>\"»”]+[^\s<>\"»”.,;:!?)\]]"
    r"|(?<![\w@])(?:[\w-]+\.)+(?:fi|com|org|net|eu|io|gov)(?:/[^\s<>\"»”,;:!?)\]]*[\w/-])?(?![\w@]))"
    r"|(?P<email>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
    r"|(?P<phone>(?<![\w.,–-])(?:\+\d{1,3}|0\d{1,2})(?:[ -]?\d{2,4}){2,4}(?![\w]))"
    r"|(?P<code>(?<!\w)(?=[^\W\d_]*\d)(?:[A-Z]{1,5}\d+(?:[./-]?\w+)*)(?!\w))"
    r"|(?P<number>(?<![\w])\d+(?:[ \u00a0\u202f]\d{3}(?!\d)|[.,:/–-]\d+)+(?:\.(?=\d))?(?!\w)|(?<!\w)\d{5,}(?!\w))"
)
"""Addresses, phone numbers, codes (B1.1, A2) and numbers that are more than their digits (1.1.2025, 220–300, 1 500)."""
_PLAIN = re.compile(r"(?<![^\W\d_])\d{1,4}(?!\d)")
_DIGITS = re.compile(r"\d+")
_GROUPED = re.compile(r"\d{1,3}(?:[ .,\u00a0\u202f\u066c]\d{3})+(?!\d)|\d+")


class NotKept(ValueError):
    """A translation has lost what had to be kept, or something like it has appeared."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What goes back (``shown``) in the place of the number ``stand_in``."""

    stand_in: int
    shown: str


@dataclass(frozen=True, slots=True)
class Masked:
    """A sentence with numbers in the place of what must be kept; ``plain`` are its own numbers that stand for
    themselves."""

    text: str
    kept: tuple[Kept, ...]
    plain: tuple[int, ...]

    @property
    def only(self) -> bool:
        """Whether nothing is left to translate."""
        return not any(letter.isalpha() for letter in self.text)


def mask(sentence: str, terms: OfficialTerms, target: str, *, plain_too: bool = False) -> Masked:
    """``sentence`` for a translation into ``target``. ``plain_too`` masks the plain numbers as well.

    Raises NotKept where more must be kept than there are numbers to stand for it.
    """
    spans = list(_spans(sentence, terms, target))
    if plain_too:
        taken = [(start, end) for start, end, _ in spans]
        spans += [
            (*found.span(), found[0])
            for found in _PLAIN.finditer(sentence)
            if not any(s < found.end() and found.start() < e for s, e in taken)
        ]
        spans.sort()
    own = {int(found[0]) for found in _DIGITS.finditer(sentence)}
    free = (number for number in _STAND_INS if number not in own)
    masked, kept, at = "", [], 0
    for start, end, shown in spans:
        stand_in = next(free, None)
        if stand_in is None:
            raise NotKept("more numbers, addresses and terms than can be kept")
        masked += sentence[at:start] + str(stand_in)
        kept.append(Kept(stand_in, shown))
        at = end
    masked += sentence[at:]
    stand_ins = {one.stand_in for one in kept}
    plain = tuple(int(found[0]) for found in _DIGITS.finditer(masked) if int(found[0]) not in stand_ins)
    return Masked(masked, tuple(kept), plain)


def put_back(masked: Masked, translated: str) -> str:
    """``translated`` with what was masked in its place. Raises NotKept where a number is lost or has appeared."""
    text = _western(translated)
    expected = Counter([*(one.stand_in for one in masked.kept), *masked.plain])
    for pattern in (_DIGITS, _GROUPED):
        found = Counter(_value(match[0]) for match in pattern.finditer(text))
        if found == expected:
            shown = {one.stand_in: one.shown for one in masked.kept}

            def back(match: re.Match[str], shown: dict[int, str] = shown) -> str:
                return shown.get(_value(match[0]), match[0])

            return pattern.sub(back, text)
    found = Counter(_value(match[0]) for match in _DIGITS.finditer(text))
    names = {one.stand_in: one.shown for one in masked.kept}
    lost = [names.get(number, str(number)) for number in (expected - found).elements()]
    new = [str(number) for number in (found - expected).elements()]
    said = [f"lost {', '.join(lost)}"] * bool(lost) + [f"has {', '.join(new)}, which the original has not"] * bool(new)
    raise NotKept("; ".join(said))


def _spans(sentence: str, terms: OfficialTerms, target: str) -> Iterator[tuple[int, int, str]]:
    """What is masked, in order: start, end, and what goes back."""
    found = [(*match.span(), match[0]) for match in _LEFT.finditer(sentence)]
    taken = [(start, end) for start, end, _ in found]
    for start, end, term in terms.find(sentence):
        if not any(s < end and start < e for s, e in taken):
            found.append((start, end, terms.shown(term, target)))
    yield from sorted(found)


def _value(digits: str) -> int:
    return int("".join(letter for letter in digits if letter.isdigit()))


def _western(text: str) -> str:
    """``text`` with the digits of any script as 0 to 9."""
    return "".join(
        str(unicodedata.decimal(letter)) if letter.isdecimal() and not letter.isascii() else letter for letter in text
    )
