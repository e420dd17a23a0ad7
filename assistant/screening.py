"""What must not wait for a search: danger to life, crisis, violence at home, and personal data. No model.

Phrases are data (``assistant/languages/<code>.toml``), in a small notation:

- words match whole words; ``stem*`` matches every word that begins with ``stem`` (agglutinative languages);
- ``a/b/c`` is any of the three; ``_`` in an alternative is a space (``my_wife/husband``), and an empty
  alternative is no word at all (``very/ ill``);
- ``…`` between words lets up to four other words stand there;
- a phrase that ends in ``!`` fires only where it is the whole message ("fire!", not "fire safety").

Texts and phrases are compared after NFKC and case folding, word by word; a Chinese character is a word. A
letter typed without its diacritics matches the letter with them, not the other way round, so that Vietnamese
"chạy" (run) is not "cháy" (fire). All languages' phrases are searched at once, in one pass over the words that
remembers every place reached: there is no regular expression to backtrack.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product
from typing import Literal, NamedTuple

from assistant.languages import Language

Category = Literal["emergency", "crisis", "violence", "small_talk"]

PRIORITY: tuple[Category, ...] = ("emergency", "crisis", "violence", "small_talk")
"""Where a message is of several categories, the first of these is its category."""

GAP = 4.0
"""Most words that ``…`` stands for; a Chinese character counts half a word."""


@dataclass(frozen=True, slots=True)
class Screening:
    """What screening found in a message.

    ``category`` is the most urgent of ``categories``; ``language`` the language of the phrase that fired.
    ``masked`` is the message with personal data replaced, ``masked_kinds`` what was replaced, in order.
    """

    category: Category | None
    language: str | None
    masked: str
    masked_kinds: tuple[str, ...] = ()
    categories: tuple[Category, ...] = ()


class _Match(NamedTuple):
    category: Category
    language: str
    start: int
    end: int


class _Entry(NamedTuple):
    category: Category | None  # None: an exception
    language: str
    whole: bool


class _Step(NamedTuple):
    """A word of a phrase: whole, a stem, or a gap."""

    key: str
    letters: tuple[tuple[str, frozenset[str]], ...]
    stem: bool
    gap: bool


class _Edge(NamedTuple):
    letters: tuple[tuple[str, frozenset[str]], ...]
    node: _Node


@dataclass(slots=True)
class _Node:
    """A place in a phrase: what the next word may be, and what is found if the phrase ends here."""

    words: dict[str, list[_Edge]] = field(default_factory=dict)
    stems: dict[str, list[_Edge]] = field(default_factory=dict)
    stem_lengths: frozenset[int] = frozenset()
    gap: _Node | None = None
    entries: list[_Entry] = field(default_factory=list)

    def lead(self, step: _Step, target: _Node) -> None:
        """Make ``step`` lead from here to ``target``."""
        if step.gap:
            self.gap = target
            return
        edges = self.stems if step.stem else self.words
        edges.setdefault(step.key, []).append(_Edge(step.letters, target))
        if step.stem:
            self.stem_lengths |= {len(step.key)}

    def after(self, token: _Token) -> Iterator[_Node]:
        """The places one word further, reading ``token``."""
        for spelling in token.spellings:
            for edge in self.words.get(spelling.key, ()):
                if _typed_as(spelling.letters, edge.letters):
                    yield edge.node
            for length in self.stem_lengths:
                for edge in self.stems.get(spelling.key[:length], ()):
                    if _typed_as(spelling.letters, edge.letters):
                        yield edge.node


_Active = dict[tuple[int, int], tuple[_Node, int, float]]
"""Places reached, by node and first word: the node, the first word, how many words ``…`` may still skip."""


class Screener:
    """Screens messages against the phrase tables of ``languages``. Safe to share between threads."""

    def __init__(self, languages: Mapping[str, Language]) -> None:
        self._root = _Node()
        for code, language in languages.items():
            phrases = language.screening
            for category in PRIORITY:
                for phrase in getattr(phrases, category):
                    self._add(phrase, _Entry(category, code, category == "small_talk"))
            for phrase in phrases.exceptions:
                self._add(phrase, _Entry(None, code, False))

    def screen(self, text: str, language: str | None = None) -> Screening:
        """What is in ``text``. ``language`` decides which language is named where phrases of several fire."""
        matches = self._matches(_tokens(text))
        masked, kinds = mask(text)
        if not matches:
            return Screening(None, None, masked, kinds)
        categories = tuple(c for c in PRIORITY if any(match.category == c for match in matches))
        urgent = [match for match in matches if match.category == categories[0]]
        best = max(urgent, key=lambda match: (match.language == language, match.end - match.start))
        return Screening(categories[0], best.language, masked, kinds, categories)

    def _add(self, phrase: str, entry: _Entry) -> None:
        if phrase.endswith("!"):
            phrase, entry = phrase[:-1], entry._replace(whole=True)
        places = [self._root]
        for choices in _choices(phrase):
            ahead = _Node()
            for place in places:
                _branch(place, [tuple(map(_step, words)) for words in choices if words], ahead)
            places = [ahead, *places] if () in choices else [ahead]
        for place in places:
            place.entries.append(entry)

    def _matches(self, tokens: list[_Token]) -> list[_Match]:
        found: list[_Match] = []
        exceptions: list[tuple[int, int]] = []
        whole: dict[int, list[_Match]] = {}
        for start, end, entry in self._walk(tokens):
            if entry.category is None:
                # "I do not want to live. In Espoo ..." is not "I do not want to live in Espoo"
                if not any(token.opens for token in tokens[start + 1 : end]):
                    exceptions.append((start, end))
            elif entry.whole:
                whole.setdefault(start, []).append(_Match(entry.category, entry.language, start, end))
            else:
                found.append(_Match(entry.category, entry.language, start, end))
        found = [m for m in found if not any(s < m.end and m.start < e for s, e in exceptions)]
        return found or _covering(whole, len(tokens))

    def _walk(self, tokens: list[_Token]) -> Iterator[tuple[int, int, _Entry]]:
        """Every phrase in ``tokens``: its first word, the word after its last, and its entry."""
        active: _Active = {}
        for position, token in enumerate(tokens):
            following: _Active = {}
            for node, start, gap in (*active.values(), (self._root, position, 0.0)):
                for reached in node.after(token):
                    for entry in reached.entries:
                        yield start, position + 1, entry
                    _keep(following, reached, start, 0.0)
                    if reached.gap is not None:
                        _keep(following, reached.gap, start, GAP)
                cost = 0.5 if _is_han(token.key) else 1.0
                if gap >= cost:
                    _keep(following, node, start, gap - cost)
            active = following


def _branch(place: _Node, ways: Iterable[tuple[_Step, ...]], ahead: _Node) -> None:
    """Make each of ``ways`` lead from ``place`` to ``ahead``, in common as far as they begin alike."""
    rest: dict[_Step, list[tuple[_Step, ...]]] = {}
    for way in ways:
        rest.setdefault(way[0], []).append(way[1:])
    for step, ends in rest.items():
        if () in ends:
            place.lead(step, ahead)
        if longer := [end for end in ends if end]:
            between = _Node()
            place.lead(step, between)
            _branch(between, longer, ahead)


def _keep(active: _Active, node: _Node, start: int, gap: float) -> None:
    place = (id(node), -1 if gap else start)  # in a gap only the latest start matters
    if place not in active or active[place][2] < gap:
        active[place] = (node, start, gap)


def _covering(whole: Mapping[int, list[_Match]], length: int) -> list[_Match]:
    """Whole-message phrases that together cover the message from its first word to its last."""
    reached: dict[int, list[_Match]] = {0: []}
    for position in range(length):
        if position not in reached:
            continue
        for match in whole.get(position, ()):
            path = [*reached[position], match]
            if match.end not in reached or _urgency(path) < _urgency(reached[match.end]):
                reached[match.end] = path
    return reached.get(length, [])


def _urgency(path: list[_Match]) -> tuple[int, int]:
    return min(PRIORITY.index(match.category) for match in path), len(path)


def expansions(phrase: str) -> Iterator[tuple[str, ...]]:
    """The word sequences a phrase of the tables stands for, still with ``*`` and ``…``."""
    for choice in product(*_choices(phrase)):
        yield tuple(word for words in choice for word in words)


def _choices(phrase: str) -> list[list[tuple[str, ...]]]:
    """For each place in a phrase, the words that may stand there; none where the place may stay empty."""
    return [[words for choice in group.split("/") for words in _written(choice)] for group in phrase.split()]


def _written(choice: str) -> Iterator[tuple[str, ...]]:
    """The ways one alternative is written: apart, and where it has a non-joiner or an elision also together."""
    apart = _words(choice)
    yield apart
    together = _words("".join(c for c in choice if c != "\u200c" and c not in _APOSTROPHES))
    if together != apart:
        yield together


def _words(choice: str) -> tuple[str, ...]:
    """One alternative as words: split as texts are split, the ``*`` kept."""
    if choice == "…":
        return ("…",)
    words: list[str] = []
    for part in choice.split("_"):
        split = list(_split(part.rstrip("*")))
        if part.endswith("*"):
            split[-1] += "*"
        words.extend(split)
    return tuple(words)


class _Token(NamedTuple):
    """A word: its ``key`` (no diacritics, no Arabic article) and its letters with their diacritics."""

    key: str
    letters: tuple[tuple[str, frozenset[str]], ...]
    spellings: tuple[_Token, ...] = ()
    """What the word may be: itself, and without an Arabic conjunction written to it."""
    opens: bool = False
    """Whether a sentence begins with it."""


def _tokens(text: str) -> list[_Token]:
    tokens = []
    for sentence in _SENTENCE_END.split(text):
        opens = True
        for word in _split(sentence):
            token = _token(word)
            spellings = [token]
            if word[0] in "وف" and len(word) > 3:
                spellings.append(_token(word[1:]))
            tokens.append(token._replace(spellings=tuple(spellings), opens=opens))
            opens = False
    return tokens


_SENTENCE_END = re.compile(r"[.!?…؟。！？;؛\n]")
_APOSTROPHES = frozenset("'’‘ʼ`´ʹʻ")
_ELISIONS = frozenset(["l", "d", "j", "m", "n", "s", "t", "c", "qu"])
_SILENT = frozenset("\u0640\u200d\u200e\u200f\u202a\u202b\u202c\u2066\u2067\u2068\u2069\u00ad\ufeff")


def _split(text: str) -> Iterator[str]:
    """The words of ``text``, case-folded: a Han character is one, ``l'eau`` two, ``can't`` one (``cant``)."""
    word = ""
    for character in unicodedata.normalize("NFKC", text).casefold():
        if character in _SILENT:
            continue
        if character in _APOSTROPHES and word:
            if word in _ELISIONS:
                yield word
                word = ""
        elif _is_han(character):
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


_ALIKE = str.maketrans("ıđøłəیىکة", "idoleييكه")
_ARTICLES = ("وال", "فال", "بال", "كال", "ال", "لل")


def _token(word: str) -> _Token:
    letters: list[tuple[str, frozenset[str]]] = []
    for character in unicodedata.normalize("NFD", word):
        if unicodedata.category(character)[0] == "M":
            if letters and not ("\u0600" <= letters[-1][0] < "\u0780"):
                base, marks = letters[-1]
                letters[-1] = (base, marks | {character})
        else:
            letters.append((character, frozenset()))
    if letters and "\u0600" <= letters[0][0] < "\u0780":
        plain = "".join(base for base, _ in letters).translate(_ALIKE)
        for article in _ARTICLES:
            if plain.startswith(article) and len(plain) >= len(article) + 3:
                plain = plain[len(article) :]
                break
        return _Token(plain, tuple((letter, frozenset()) for letter in plain))
    # the dot of a Turkish capital I, which case folding leaves behind, is no diacritic
    letters = [(base, marks - {"\u0307"} if base == "i" else marks) for base, marks in letters]
    return _Token("".join(base for base, _ in letters).translate(_ALIKE), tuple(letters))


@lru_cache(maxsize=4096)  # of the tables' words only: what people write is not kept
def _step(word: str) -> _Step:
    token = _token(word.rstrip("*"))
    return _Step(token.key, token.letters, word.endswith("*"), word == "…")


def _typed_as(typed: tuple[tuple[str, frozenset[str]], ...], meant: tuple[tuple[str, frozenset[str]], ...]) -> bool:
    """Whether ``typed`` may stand for ``meant``: the same letters, with some or none of its diacritics."""
    return all(
        marks <= meant_marks and (base == meant_base or base == meant_base.translate(_ALIKE))
        for (base, marks), (meant_base, meant_marks) in zip(typed, meant, strict=False)
    )


def _is_han(text: str) -> bool:
    return len(text) == 1 and ("\u4e00" <= text <= "\u9fff" or "\u3400" <= text <= "\u4dbf")


def fires_on(phrase: str) -> Iterable[str]:
    """Plain texts a phrase of the tables must fire on: every alternative, ``*`` and ``…`` left out."""
    for words in expansions(phrase.rstrip("!")):
        yield " ".join(word.rstrip("*") for word in words if word != "…")


MASK = "[...]"

_IBAN_LENGTHS = {
    country: length
    for length, countries in {
        15: "NO",
        16: "BE",
        18: "DK FI FO NL",
        19: "MK SI",
        20: "AT BA EE LT LU XK",
        21: "CH HR LI LV",
        22: "BG DE GB GE IE ME RS",
        23: "AE GI IL IQ SO",
        24: "AD CZ ES MD PK RO SA SE SK TN",
        25: "PT",
        26: "IS TR",
        27: "FR GR IT MC SM",
        28: "AL AZ CY HU LB PL",
        29: "EG PS QA UA",
        30: "JO KW",
        31: "MT",
    }.items()
    for country in countries.split()
}
"""Letters and digits of an IBAN, by country (the SWIFT IBAN registry)."""

_IDENTITY_CODE = re.compile(
    r"(?<![^\W_])(\d{6}) ?([-+YXWVUABCDEF]) ?(\d{3}) ?([0-9A-Y])(?![^\W_])", re.ASCII | re.IGNORECASE
)
_IDENTITY_CHECK = "0123456789ABCDEFHJKLMNPRSTUVWXY"
_IBAN_START = re.compile(r"(?<![A-Z0-9])[A-Z]{2}\d\d(?=[ -]?[A-Z0-9])", re.I | re.ASCII)
_CARD = re.compile(r"(?<![\d+])[2-6]\d{3}(?:[ -]?\d){9,15}(?![ -]?\d)", re.ASCII)
_PHONE = re.compile(
    r"(?<![\w+.,:/-])"
    r"(?:(?:\+ ?|00 ?)[1-9]\d{0,2}[ -]?(?:\(0\)[ -]?)?(?:[ -]?\(?\d\)?){6,12}"  # international
    r"|\(?0(?:4\d|50)\d?\)?(?:[ -]{0,3}\d){5,8})"  # Finnish mobile
    r"(?![ -]?\d)",
    re.ASCII,
)
_OFFICE = re.compile(r"358(?:0?9?816|0?(?:1\d|2\d|60|70|71|73|75|80))")
"""Finnish numbers that belong to no person: Espoo's switchboard, national service and company numbers."""

_MAIL_LOCAL = frozenset("abcdefghijklmnopqrstuvwxyz0123456789._%+-åäöéü")
_MAIL_DOMAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-åäöéü")


def mask(text: str) -> tuple[str, tuple[str, ...]]:
    """``text`` with personal data replaced by ``[...]``, and the kinds replaced, in the order of the text.

    Kinds: identity_code (Finnish, with its check character), bank_account (IBAN, with its check digits),
    payment_card (Luhn), email, phone (Finnish mobile and international forms; not offices', not 112).
    """
    plain = "".join(map(_plain, text))
    taken: list[tuple[int, int, str]] = []
    for start, end, kind in _personal(plain):
        if not any(s < end and start < e for s, e, _ in taken):
            taken.append((start, end, kind))
    for start, end, _ in sorted(taken, reverse=True):
        text = text[:start] + MASK + text[end:]
    return text, tuple(dict.fromkeys(kind for _, _, kind in sorted(taken)))


def _plain(character: str) -> str:
    """One character for one: any script's digits, dashes and spaces as ASCII."""
    if character.isascii():
        return character
    digit = unicodedata.decimal(character, -1)
    if digit >= 0:
        return str(digit)
    if character in "−＋＠．":
        return "-+@."["−＋＠．".index(character)]
    return {"Pd": "-", "Zs": " "}.get(unicodedata.category(character), character)


def _personal(plain: str) -> Iterator[tuple[int, int, str]]:
    """Places of personal data, the surest kinds first; later ones may overlap earlier ones."""
    for found in _IDENTITY_CODE.finditer(plain):
        born, _, number, check = found.groups()
        if _IDENTITY_CHECK[int(born + number) % 31] == check.upper() and _is_day(born):
            yield found.start(), found.end(), "identity_code"
    for found in _IBAN_START.finditer(plain):
        end = _iban_end(plain, found.start())
        if end is not None:
            yield found.start(), end, "bank_account"
    yield from _emails(plain)
    for found in _CARD.finditer(plain):
        if _luhn([int(digit) for digit in found.group() if digit.isdigit()]):
            yield found.start(), found.end(), "payment_card"
    for found in _PHONE.finditer(plain):
        digits = re.sub(r"\D", "", found.group().replace("(0)", "")).removeprefix("00")
        if not _OFFICE.match(digits):
            yield found.start(), found.end(), "phone"


def _is_day(born: str) -> bool:
    return 1 <= int(born[:2]) <= 31 and 1 <= int(born[2:4]) <= 12


def _iban_end(plain: str, start: int) -> int | None:
    """Where the IBAN that begins at ``start`` ends, if one does: its country's length, check digits right."""
    length = _IBAN_LENGTHS.get(plain[start : start + 2].upper())
    if length is None:
        return None
    letters, position = "", start
    while len(letters) < length and position < len(plain):
        character = plain[position].upper()
        if character.isascii() and character.isalnum():
            letters += character
        elif character not in " -" or plain[position - 1] in " -":
            return None
        position += 1
    if len(letters) < length or plain[position : position + 1].isalnum():
        return None
    number = "".join(str(int(letter, 36)) for letter in letters[4:] + letters[:4])
    return position if int(number) % 97 == 1 else None


def _luhn(digits: list[int]) -> bool:
    doubled = [digit * 2 - 9 if digit > 4 else digit * 2 for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _emails(plain: str) -> Iterator[tuple[int, int, str]]:
    """E-mail addresses, found outwards from each ``@``."""
    lower = plain.lower() if len(plain.lower()) == len(plain) else plain
    floor = 0
    at = lower.find("@")
    while at != -1:
        start = at
        while start > floor and lower[start - 1] in _MAIL_LOCAL:
            start -= 1
        end = at + 1
        while end < len(lower) and lower[end] in _MAIL_DOMAIN:
            end += 1
        while end > at + 1 and lower[end - 1] in ".-":
            end -= 1
        host, dot, top = lower[at + 1 : end].rpartition(".")
        if start < at and host and dot and len(top) > 1:
            yield start, end, "email"
            floor = end
        at = lower.find("@", max(at + 1, end))
