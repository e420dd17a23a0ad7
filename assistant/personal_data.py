"""Personal data in a message is masked in place, before search, model, log and storage. No model.

Numbers that prove themselves (a check character, check digits, Luhn) and addresses are masked wherever they stand;
passport, residence permit, customer and diary numbers only beside a word that says so, from the tables of the
languages (``[personal_data]``). Every pattern is bounded, so that time grows with the length of the text only.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping

from assistant.languages import Language

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
    r"(?<![\w+])(?<!\d[.,:/-])"
    r"(?:(?:\+ ?|00 ?)[1-9]\d{0,2}[ .-]?(?:\(0\)[ -]?)?(?:[ .-]?\(?\d\)?){6,12}"  # international
    r"|358[ -]?(?:4\d|50)(?:[ -]?\d){5,8}"  # the same, the sign forgotten
    r"|\(?0(?:4\d|50)\d?\)?(?:[ -]{0,3}\d|\.\d){5,8})"  # Finnish mobile
    r"(?![ -]?\d)",
    re.ASCII,
)
_OFFICE = re.compile(r"358(?:0?9?816|0?(?:1\d|2\d|60|70|71|73|75|80))")
"""Finnish numbers that belong to no person: Espoo's switchboard, national service and company numbers."""

_MAIL_LOCAL = frozenset("abcdefghijklmnopqrstuvwxyz0123456789._%+-åäöéü")
_MAIL_DOMAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-åäöéü")


_NUMBER = re.compile(
    r"(?<![^\W_])(?:[A-Z]{1,3} |[A-Za-z]{1,8}[/-]?)?\d(?:[ ./-]?\d|[/-]?[A-Za-z]{1,4}[/-]?\d){4,24}[A-Za-z]?(?![^\W_])",
    re.ASCII,
)
"""What may be a number in a register: at least five letters and digits, with separators between."""
_DATE = re.compile(r"\d{1,2}[./ -]\d{1,2}[./ -](?:19|20)?\d\d|(?:19|20)\d\d-\d\d?-\d\d?", re.ASCII)
_YEARS = re.compile(r"(?:19|20)\d\d[ /-]+(?:(?:19|20)\d\d|\d\d)", re.ASCII)
_STATUTE = re.compile(r"\d{1,4}/(?:19|20)\d\d", re.ASCII)
_BUSINESS = re.compile(r"\d{7}-\d", re.ASCII)
_MONEY = re.compile(r"\s?(?:[€%欧]|e\b|eur|евро|євро|يورو|یورو)", re.IGNORECASE)
_BREAK = re.compile(r"[!?;؟。！？；\n]|\.\s")
_AFTER, _BEFORE = 48, 32
"""How many characters after a word, and before it, its number may stand."""


class Masker:
    """Masks personal data; knows the words of ``languages`` beside which a number is somebody's own."""

    def __init__(self, languages: Mapping[str, Language]) -> None:
        self._kinds = {
            "".join(map(_folded, word)): kind
            for language in languages.values()
            for kind, words in language.personal_data.items()
            for word in words
        }

    def mask(self, text: str) -> tuple[str, tuple[str, ...]]:
        """``text`` with personal data replaced by ``[...]``, and the kinds replaced, in the order of the text.

        Kinds: identity_code (Finnish, with its check character), bank_account (IBAN, with its check digits),
        payment_card (Luhn), email, phone (Finnish mobile and international forms; not offices', not 112), and
        beside a word that says so passport, residence_permit, diary_number and customer_number.
        """
        plain = "".join(map(_plain, text))
        taken: list[tuple[int, int, str]] = []
        for start, end, kind in (*_personal(plain), *self._in_context(plain)):
            if not any(s < end and start < e for s, e, _ in taken):
                taken.append((start, end, kind))
        for start, end, _ in sorted(taken, reverse=True):
            text = text[:start] + MASK + text[end:]
        return text, tuple(dict.fromkeys(kind for _, _, kind in sorted(taken)))

    def _in_context(self, plain: str) -> Iterator[tuple[int, int, str]]:
        """Numbers beside a word that says what they are; the word before a number goes first."""
        numbers = [found.span() for found in _NUMBER.finditer(plain) if _may_be_somebodys(plain, *found.span())]
        if not numbers:
            return
        folded = "".join(map(_folded, plain))
        for start, end in numbers:
            before = _clause_end(folded[max(0, start - _AFTER) : start])
            after = _clause_start(folded[end : end + _BEFORE])
            kind = self._last(before) or self._first(after)
            if kind and (kind == "diary_number" or not _STATUTE.fullmatch(plain[start:end])):
                yield start, end, kind

    def _last(self, text: str) -> str | None:
        """The kind of the last word in ``text``; of the longest of those that begin at one place."""
        places = [(text.rfind(word), len(word), kind) for word, kind in self._kinds.items()]
        place, _, kind = max(places)
        return kind if place >= 0 else None

    def _first(self, text: str) -> str | None:
        places = [(place, -len(word), kind) for word, kind in self._kinds.items() if (place := text.find(word)) >= 0]
        return min(places)[2] if places else None


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


def _folded(character: str) -> str:
    """One character for one: lower case, without its diacritics."""
    base = unicodedata.normalize("NFD", character.lower())[0]
    return {"ı": "i", "đ": "d", "ي": "ی", "ى": "ی", "ك": "ک"}.get(base, base)


def _clause_end(text: str) -> str:
    """What of ``text`` is in the clause it ends with."""
    breaks = [found.end() for found in _BREAK.finditer(text)]
    return text[breaks[-1] :] if breaks else text


def _clause_start(text: str) -> str:
    found = _BREAK.search(text)
    return text[: found.start()] if found else text


def _may_be_somebodys(plain: str, start: int, end: int) -> bool:
    """Whether a number is none of a date, years, an amount of money or a Finnish business id."""
    number = plain[start:end]
    if _DATE.fullmatch(number) or _YEARS.fullmatch(number) or _MONEY.match(plain, end):
        return False
    return not (_BUSINESS.fullmatch(number) and _is_business(number))


def _is_business(number: str) -> bool:
    rest = sum(int(digit) * weight for digit, weight in zip(number, (7, 9, 10, 5, 8, 4, 2), strict=False)) % 11
    return int(number[-1]) == (11 - rest if rest > 1 else rest)


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
    if len(letters) < length or _is_ascii_word(plain[position : position + 1]):
        return None
    number = "".join(str(int(letter, 36)) for letter in letters[4:] + letters[:4])
    return position if int(number) % 97 == 1 else None


def _is_ascii_word(character: str) -> bool:
    return character.isascii() and character.isalnum()


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
