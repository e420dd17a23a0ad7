"""Phrases that a question is recognised by, as the languages' files write them.

- A word of fewer than four letters must match whole ("sa", "كم"), a longer one by its beginning ("cost" finds
  "costs"); ``word$`` always matches whole. A Han character is a word.
- ``a/b`` is either, where ``_`` is a space (``my_wife/husband``); ``…`` lets up to four other words of the same
  sentence stand there.
- A phrase that ends in ``!`` is found only where it is the whole text ("student!").
- A phrase that begins with ``-`` is an exception: it silences what it overlaps ("-lost my job" where "my job" is
  sought).

Texts and phrases are compared after NFKC and case folding, word by word. A word typed without its diacritics is
found in a phrase of several words; a phrase of one word is found so only in a text that has no diacritics at all,
for Vietnamese "do" (because) is not "đó" (that).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

END = "."
"""Stands for the end of a sentence among the words of a text; no phrase matches over it."""

_SHORT = 4
_GAP = 4.0
_ELLIPSIS = "…"
_HAN = "\u3400-\u4dbf\u4e00-\u9fff"
_WORD = re.compile(rf"[{_HAN}]|[^\W{_HAN}]+|[.!?…؟。！？\n]")
_ARABIC_MARKS = re.compile("[\u0640\u064b-\u065f\u0670]")
_CONJUNCTIONS = ("و", "ف")
_ALIKE = str.maketrans("ıىیکةہʼ’ё", "iييكهه''е")
_PLAIN = str.maketrans("đøłəıæœß", "doleiaos")
_NON_JOINER = "\u200c"


def words(text: str) -> list[str]:
    """The words of ``text``, folded, with ``END`` where a sentence ends."""
    return [found if found[0].isalnum() or found[0] == "_" else END for found in _WORD.findall(_folded(text))]


def weight(word: str) -> float:
    """How much of a word it is: a Han character is half a one, the end of a sentence none."""
    if word == END:
        return 0.0
    return 0.5 if len(word) == 1 and "\u3400" <= word <= "\u9fff" else 1.0


class Phrases:
    """A table of phrases, to be looked for in the ``words`` of a text. Safe to share between threads.

    Raises ValueError for a phrase without a word.
    """

    def __init__(self, phrases: Iterable[str]) -> None:
        phrases = tuple(phrases)
        self._sought = _by_letter(phrase for phrase in phrases if not phrase.startswith("-"))
        self._exceptions = _by_letter(phrase[1:] for phrase in phrases if phrase.startswith("-"))

    def spans(self, words: Sequence[str]) -> list[tuple[int, int]]:
        """Where the phrases are: the first word of each, and the word after its last."""
        found = list(_all(self._sought, words))
        silent = list(_all(self._exceptions, words)) if found else []
        return [(start, end) for start, end in found if not any(s < end and start < e for s, e in silent)]

    def found(self, words: Sequence[str]) -> bool:
        """Whether any of the phrases is in the text."""
        return bool(self.spans(words))

    def begins(self, words: Sequence[str]) -> bool:
        """Whether the text begins with one of the phrases, whatever its sentences."""
        run = [word for word in words if word != END]
        return any(start == 0 for start, _ in self.spans(run))


@dataclass(frozen=True, slots=True)
class _Part:
    """A word of a phrase, ``bare`` of its diacritics."""

    word: str
    bare: str
    whole: bool

    def meets(self, word: str, *, loose: bool) -> bool:
        if self._is(word, self.word):
            return True
        if loose and self.bare != self.word and word.isascii():
            return self._is(word, self.bare)
        return _joined(word) and self._is(word[1:], self.word)

    def _is(self, word: str, part: str) -> bool:
        return word == part if self.whole else word.startswith(part)


_Ways = tuple[tuple[_Part, ...], ...]
"""What may stand at a place of a phrase; nothing where the place is a gap."""


@dataclass(frozen=True, slots=True)
class _Phrase:
    places: tuple[_Ways, ...]
    alone: bool

    @property
    def several(self) -> bool:
        """Whether it has several words, whichever way it is written."""
        return sum(min(map(len, ways), default=0) for ways in self.places) > 1

    def end(self, words: Sequence[str], at: int, *, loose: bool) -> int | None:
        """The place after the phrase where it stands at ``at``."""
        if self.alone and any(word != END for word in words[:at]):
            return None
        end = _end(self.places, words, at, loose)
        if end is not None and self.alone and any(word != END for word in words[end:]):
            return None
        return end


_Index = dict[str, list[tuple[_Phrase, bool]]]
"""Phrases by the letter they begin with, and whether they have several words."""


def _by_letter(written: Iterable[str]) -> _Index:
    index: _Index = {}
    for phrase in map(_parse, written):
        letters = {spelling[0] for way in phrase.places[0] for spelling in (way[0].word, way[0].bare)}
        for letter in letters:
            index.setdefault(letter, []).append((phrase, phrase.several))
    return index


def _all(index: _Index, words: Sequence[str]) -> Iterator[tuple[int, int]]:
    bare = all(word.isascii() for word in words)
    for at, word in enumerate(words):
        for letter in word[:2] if _joined(word) else word[:1]:
            for phrase, several in index.get(letter, ()):
                end = phrase.end(words, at, loose=bare or several)
                if end is not None:
                    yield at, end


def _end(places: Sequence[_Ways], words: Sequence[str], at: int, loose: bool) -> int | None:
    if not places:
        return at
    if not places[0]:
        return _after_gap(places[1:], words, at, loose)
    for way in places[0]:
        if len(words) - at >= len(way) and all(
            part.meets(word, loose=loose) for part, word in zip(way, words[at:], strict=False)
        ):
            end = _end(places[1:], words, at + len(way), loose)
            if end is not None:
                return end
    return None


def _after_gap(places: Sequence[_Ways], words: Sequence[str], at: int, loose: bool) -> int | None:
    left = _GAP
    while left >= 0 and at < len(words):
        end = _end(places, words, at, loose)
        if end is not None or words[at] == END:
            return end
        left -= weight(words[at])
        at += 1
    return None


def _joined(word: str) -> bool:
    """Whether an Arabic conjunction may be written to the word."""
    return len(word) > 2 and word.startswith(_CONJUNCTIONS)


def _parse(written: str) -> _Phrase:
    groups = written.rstrip("!").replace(_ELLIPSIS, f" {_ELLIPSIS} ").split()
    if not groups or _ELLIPSIS in (groups[0], groups[-1]):
        raise ValueError(f"a phrase must begin and end with a word: {written!r}")
    places = tuple(
        () if group == _ELLIPSIS else tuple(way for choice in group.split("/") for way in _ways(choice))
        for group in groups
    )
    return _Phrase(places, written.endswith("!"))


def _ways(choice: str) -> Iterator[tuple[_Part, ...]]:
    """How one choice may be written: apart, and where it has a non-joiner also together."""
    for spelling in dict.fromkeys((choice, choice.replace(_NON_JOINER, ""))):
        split = words(spelling.removesuffix("$").replace("_", " "))
        if not split or END in split:
            raise ValueError(f"not a word: {choice!r}")
        marked = [False] * (len(split) - 1) + [spelling.endswith("$")]
        yield tuple(
            _Part(word, _bare(word), whole or len(word) < _SHORT) for word, whole in zip(split, marked, strict=True)
        )


def _folded(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold().replace("i̇", "i")
    decomposed = unicodedata.normalize("NFD", folded)
    return unicodedata.normalize("NFC", _ARABIC_MARKS.sub("", decomposed)).translate(_ALIKE)


def _bare(word: str) -> str:
    """``word`` as typed without diacritics, where it is in Latin letters."""
    plain = "".join(c for c in unicodedata.normalize("NFD", word.translate(_PLAIN)) if not unicodedata.combining(c))
    return plain if plain.isascii() else word
