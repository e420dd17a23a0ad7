"""The words of a message as screening compares them: folded, without diacritics or with, and as they may be meant."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from assistant.screening_han import SIMPLIFIED

Letters = tuple[tuple[str, frozenset[str]], ...]
"""Letters, each with its diacritics."""


class Token(NamedTuple):
    """A word: its ``key`` (no diacritics, no Arabic article) and as ``written``, with its diacritics."""

    key: str
    written: str
    spellings: tuple[Token, ...] = ()
    """What the word may be: itself, and without the particles that Arabic writes to it."""
    corrections: tuple[Token, ...] = ()
    """Words of the tables that it is one typing error away from."""
    sentence: int = 0
    """Which sentence of the message it is in."""
    opens: bool = False
    """Whether a sentence begins with it."""


_SENTENCE_END = re.compile(r"[.!?…؟。！？;؛\n]")
APOSTROPHES = frozenset("'’‘ʼ`´ʹʻ")
_ELISIONS = frozenset(["l", "d", "j", "m", "n", "s", "t", "c", "qu"])
_SILENT = frozenset("\u0640\u200d\u200e\u200f\u202a\u202b\u202c\u2066\u2067\u2068\u2069\u00ad\ufeff")
_ALIKE = str.maketrans("ıđøłəیىکة", "idoleييكه")
_ARTICLES = ("وال", "فال", "بال", "كال", "ال", "لل")
_PARTICLES = frozenset("وفبلسكهحع")
"""Letters that Arabic writes before a word: and, so, with, to, will, as, and the dialects' present and future."""


def tokens(text: str, typing: TypingErrors | None = None) -> list[Token]:
    """The words of ``text`` in order, with what they may be."""
    found = []
    for number, sentence in enumerate(_SENTENCE_END.split(text)):
        opens = True
        for word in split(sentence):
            read = token(word)
            spellings = tuple(_spellings(word, read))
            corrections = tuple(typing.corrections(read.key)) if typing else ()
            found.append(read._replace(spellings=spellings, corrections=corrections, sentence=number, opens=opens))
            opens = False
    return found


def split(text: str) -> Iterator[str]:
    """The words of ``text``, case-folded: a Han character is one, simplified, ``l'eau`` two, ``can't`` one."""
    word = ""
    for character in unicodedata.normalize("NFKC", text).casefold().translate(SIMPLIFIED):
        if character in _SILENT:
            continue
        if character in APOSTROPHES and word:
            if word in _ELISIONS:
                yield word
                word = ""
        elif is_han(character):
            if word:
                yield word
            yield character
            word = ""
        elif character.isalnum() or unicodedata.category(character)[0] == "M":
            word += character
        elif word:
            yield word
            word = ""
    if word:
        yield word


def token(word: str) -> Token:
    """A folded word as a token, without spellings."""
    if word.isascii():
        return Token(word.translate(_ALIKE), word)
    if _is_arabic(word[0]):
        plain = _bare(word).translate(_ALIKE)
        for article in _ARTICLES:
            if plain.startswith(article) and len(plain) >= len(article) + 3:
                plain = plain[len(article) :]
                break
        return Token(plain, plain)
    return Token(_bare(word).translate(_ALIKE), word)


def typed_as(typed: str, meant: str) -> bool:
    """Whether ``typed`` may stand for ``meant``: the same letters, with some or none of its diacritics.

    Only as many letters are compared as the shorter of them has.
    """
    if typed.isascii() or typed.startswith(meant):  # letters alike are looked up before, and an ASCII word has no marks
        return True
    return all(
        marks <= meant_marks and (base == meant_base or base == meant_base.translate(_ALIKE))
        for (base, marks), (meant_base, meant_marks) in zip(_letters(typed), _letters(meant), strict=False)
    )


def _bare(word: str) -> str:
    """The letters of a word without their diacritics."""
    return "".join(c for c in unicodedata.normalize("NFD", word) if unicodedata.category(c)[0] != "M")


def _letters(word: str) -> Letters:
    letters: list[tuple[str, frozenset[str]]] = []
    for character in unicodedata.normalize("NFD", word):
        if unicodedata.category(character)[0] == "M":
            if letters and not _is_arabic(letters[-1][0]):
                base, marks = letters[-1]
                letters[-1] = (base, marks | {character})
        else:
            letters.append((character, frozenset()))
    # the dot of a Turkish capital I, which case folding leaves behind, is no diacritic
    return tuple((base, marks - {"\u0307"} if base == "i" else marks) for base, marks in letters)


def is_han(text: str) -> bool:
    """Whether ``text`` is one Chinese character."""
    return len(text) == 1 and ("\u4e00" <= text <= "\u9fff" or "\u3400" <= text <= "\u4dbf")


def _spellings(word: str, read: Token) -> Iterator[Token]:
    yield read
    if _is_arabic(word[0]):
        for cut in (1, 2):
            if len(word) >= cut + 3 and word[cut - 1] in _PARTICLES:
                yield token(word[cut:])
            else:
                break
    elif (single := _HELD.sub(r"\1", word)) != word:
        yield token(single)


_HELD = re.compile(r"(.)\1\1+")
"""A letter held down: ``heeelp``."""


def _is_arabic(letter: str) -> bool:
    return "\u0600" <= letter < "\u0780"


class TypingErrors:
    """Finds the long words that a word may be a typing error of: one letter wrong, missing, added or two swapped.

    The first two letters must be right. A word that is known is no error. ``words`` and ``stems`` are keys of tokens,
    each once.
    """

    LONG = 8
    """Fewest letters of a word that errors are looked for in; half of them wrong would be another word."""

    def __init__(self, words: Iterable[str], stems: Iterable[str], known: Iterable[str]) -> None:
        self._known = {token(word.casefold()).key for word in known}
        self._words: dict[tuple[str, int], list[str]] = defaultdict(list)
        self._stems: dict[str, list[str]] = defaultdict(list)
        for key in words:
            self._known.add(key)
            if len(key) >= self.LONG:
                self._words[key[:2], len(key)].append(key)
        for key in stems:
            if len(key) >= self.LONG + 1:
                self._stems[key[:2]].append(key)

    def corrections(self, key: str) -> Iterator[Token]:
        """Words and stems of the tables one error away from ``key``."""
        length = len(key)
        if length < self.LONG - 1 or length > 30 or key in self._known or is_han(key[0]):
            return
        for near in (length, length + 1, length - 1):
            for word in self._words.get((key[:2], near), ()):
                if one_apart(key, word):
                    yield Token(word, "")
        for stem in self._stems.get(key[:2], ()):
            if length + 1 >= len(stem) and any(
                one_apart(key[: len(stem) + more], stem) for more in (0, 1, -1) if len(stem) + more <= length
            ):
                yield Token(stem, "")


def one_apart(a: str, b: str) -> bool:
    """Whether one letter wrong, missing, added or two neighbours swapped makes ``a`` of ``b``."""
    if len(a) > len(b):
        a, b = b, a
    at = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), len(a))
    if len(a) == len(b):
        swapped = a[at : at + 2] == b[at : at + 2][::-1] and a[at + 2 :] == b[at + 2 :]
        return at < len(a) and (a[at + 1 :] == b[at + 1 :] or swapped)
    return len(a) + 1 == len(b) and a[at:] == b[at + 1 :]
