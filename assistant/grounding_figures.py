"""Figures of a text, so that those of a claim can be looked for in its source: numbers, amounts, dates, times, phone
numbers, codes, addresses, in the digits of any script and the words of every language.

A figure may be read in several ways (1.500 is 1500 or 1.5, 9.30 is a time or a number): it stands in the source where
one of its readings does.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

URL = re.compile(
    r"(?:https?://|www\.)[^\s<>\"'»”)\]]+[^\s<>\"'»”.,;:!?)\]؟،。]"
    r"|(?<![\w@.-])(?:[a-z0-9-]+\.)+(?:fi|com|org|net|eu|io|gov|info|se|ee|ru|me|app|co|uk|de|example|test|xyz|site|online)"
    r"(?![\w@])(?:/[^\s<>\"'»”,;:!?)\]]*[\w/-])?",
    re.IGNORECASE,
)
EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(r"(?<![\w.,–-])(?:\+\d|\(?0\d)[\d()]*(?:[ \u00a0\u202f-]?\(?\d+\)?){1,6}(?!\w)")
_CODE = re.compile(r"(?<!\w)([A-Za-z]{1,4})[ -]?(\d{1,3}(?:\.\d)?)(?!\w)")
_DATE = re.compile(r"(?<![\d.])(\d{1,2})[./](\d{1,2})[./](\d{4})(?!\d)|(?<!\d)(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")
_DAY = re.compile(r"(?<![\d.])(\d{1,2})\.(\d{1,2})\.(?!\d)")
_SLASH_MONTH = re.compile(r"(?<![\d/])(\d{1,2})/(\d{4})(?!\d)")
_TIME = re.compile(r"(?<![\d.,])([01]?\d|2[0-4])[.:]([0-5]\d)(?![\d.,]\d|\d)")
_NUMBER = re.compile(
    r"\d{1,3}(?:[ \u00a0\u202f.,'\u066c]\d{3})+(?!\d)(?:[.,\u066b]\d{1,2}(?!\d))?|\d+(?:[.,\u066b]\d+)?"
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_HAN_NUMBER = re.compile(r"[二两三四五六七八九十百千]+(?=[个天日周月年岁小名人种次节级门份星句位场堂项条所处本张组])")
_HAN_DIGITS = {"二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "一": 1}
_HAN_TENS = {"十": 10, "百": 100, "千": 1000}
_SIGNS = {"%": "percent", "٪": "percent", "％": "percent", "€": "euro", "eur": "euro"}
_NEAR = 3
"""Words after a number among which its unit is."""
_PHONE_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of a text with its ``readings``; two figures are the same where they have one in common. ``unit`` is
    what it counts, where that is told."""

    kind: str
    text: str
    readings: frozenset[str]
    unit: str | None = None


class FigureReader:
    """Finds figures in texts of the languages that have tables. Safe to share between threads."""

    def __init__(self, tables: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        tables = load_words() if tables is None else tables
        self._words = {code: _number_words(table.get("numbers", {})) for code, table in tables.items()}
        self._units = {code: _units(table.get("units", {})) for code, table in tables.items()}
        self._months = {code: _month_names(code) for code in tables}

    def figures(self, text: str, language: str) -> list[Figure]:
        """All figures of ``text``."""
        text = western(text)
        found: list[Figure] = []
        for kind, pattern in (("url", URL), ("email", EMAIL)):
            order = text
            for match in pattern.finditer(order):
                if kind == "email" or "@" not in match[0]:
                    found.append(Figure(kind, match[0], frozenset({_address(match[0])})))
                    text = _blank(text, *match.span())
            if kind == "url":
                text = self._without_emails(order, text, found)
        text = self._dates(text, language, found)
        text = self._phones(text, found)
        for match in _CODE.finditer(text):
            if match[1].casefold() not in _SIGNS and (match[1].isupper() or " " not in match[0]):
                code = (match[1] + match[2]).casefold()
                found.append(Figure("code", match[0], frozenset({f"c{code}"})))
                text = _blank(text, *match.span())
        for match in _TIME.finditer(text):
            hours, minutes = int(match[1]), int(match[2])
            readings = {f"t{hours}:{minutes:02}", _plain(f"{hours}.{minutes:02}")}
            found.append(Figure("time", match[0], frozenset(readings), self._unit(text, match.end(), language)))
            text = _blank(text, *match.span())
        for match in _NUMBER.finditer(text):
            unit = self._unit(text, match.end(), language) or _sign_before(text, match.start())
            if _YEAR.fullmatch(match[0]) and unit not in _SIGNS.values():
                unit = None
            found.append(Figure("number", match[0], _readings(match[0]), unit))
        return found + list(self._spelled(text, language))

    def _without_emails(self, order: str, text: str, found: list[Figure]) -> str:
        for match in EMAIL.finditer(order):
            found[:] = [one for one in found if one.kind != "url" or one.text not in match[0]]
        return _restored(order, text)

    def _dates(self, text: str, language: str, found: list[Figure]) -> str:
        for match in list(_DATE.finditer(text)):
            day, month, year = (match[1], match[2], match[3]) if match[1] else (match[6], match[5], match[4])
            found.append(Figure("date", match[0], frozenset({f"d{int(day)}.{int(month)}.{year}"})))
            text = _blank(text, *match.span())
        for match in list(_DAY.finditer(text)):
            if 1 <= int(match[1]) <= 31 and 1 <= int(match[2]) <= 12:
                found.append(Figure("date", match[0], frozenset({f"dm{int(match[1])}.{int(match[2])}"})))
                text = _blank(text, *match.span())
        for match in list(_SLASH_MONTH.finditer(text)):
            found.append(Figure("date", match[0], frozenset({f"my{int(match[1])}.{match[2]}"})))
            text = _blank(text, *match.span())
        for name, month in self._months.get(language, {}).items():
            for match in re.finditer(rf"(?<![^\W\d_]){name}(?:[^\W\d_]{{0,4}})(?![^\W\d_])", text, re.IGNORECASE):
                if language != "en" or match[0][0].isupper():
                    found.append(Figure("month", match[0], frozenset({f"m{month}"})))
        if language == "zh":
            for match in re.finditer(r"(?<!\d)(1[0-2]|[1-9])月", text):
                found.append(Figure("month", match[0], frozenset({f"m{match[1]}"})))
                text = _blank(text, *match.span())
        return text

    def _phones(self, text: str, found: list[Figure]) -> str:
        for match in list(_PHONE.finditer(text)):
            digits = "".join(letter for letter in match[0] if letter.isdigit())
            if len(digits) < _PHONE_DIGITS:
                continue
            found.append(Figure("phone", match[0], frozenset({_phone(match[0], digits)})))
            text = _blank(text, *match.span())
        return text

    def _unit(self, text: str, end: int, language: str) -> str | None:
        after = text[end : end + 40].casefold()
        sign = re.match(r"\s*(%|٪|％|€|eur(?:\b|o))", after)
        if sign:
            return _SIGNS[sign[1][:3]]
        until = re.split(r"[\d.,،，!?؟。;]", after, maxsplit=1)[0]
        units = self._units.get(language, ())
        if language == "zh":
            return next((unit for unit, part, _ in units if until.lstrip().startswith(part)), None)
        said = _WORD.findall(until)[:_NEAR]
        for number, word in enumerate(said):
            for unit, part, whole in units:
                two = " ".join(said[number : number + 2])
                if (word == part) if whole else (part in word or (" " in part and two.startswith(part))):
                    return unit
        return None

    def _spelled(self, text: str, language: str) -> Iterator[Figure]:
        if language == "zh":
            for match in _HAN_NUMBER.finditer(text):
                unit = self._unit(text, match.end(), language)
                yield Figure("number", match[0], frozenset({str(_han(match[0]))}), unit)
            return
        said = list(_WORD.finditer(text))
        for number, match in enumerate(said):
            word = match[0].casefold()
            for value, first, second in self._words.get(language, ()):
                follows = said[number + 1][0].casefold() if number + 1 < len(said) else ""
                if word == first and (not second or follows.startswith(second)):
                    yield Figure("number", match[0], frozenset({value}), self._unit(text, match.end(), language))


def western(text: str) -> str:
    """``text`` in NFC, with the digits of any script as 0 to 9, and without invisible letters."""
    return "".join(
        str(unicodedata.decimal(letter)) if letter.isdecimal() and not letter.isascii() else letter
        for letter in unicodedata.normalize("NFC", text)
        if unicodedata.category(letter) != "Cf"
    )


def load_words() -> Mapping[str, Mapping[str, Any]]:
    """The tables of every language."""
    return tomllib.loads(files("assistant").joinpath("grounding_words.toml").read_text(encoding="utf-8"))


def lacking(claim: list[Figure], evidence: list[Figure]) -> list[Figure]:
    """The figures of a claim that do not stand in the evidence, or count something else there."""
    readings: dict[str, list[Figure]] = {}
    for figure in evidence:
        for reading in (*figure.readings, *_parts(figure)):
            readings.setdefault(reading, []).append(figure)
    return [figure for figure in claim if not _stands(figure, readings)]


def _stands(figure: Figure, readings: Mapping[str, list[Figure]]) -> bool:
    same = [other for reading in figure.readings for other in readings.get(reading, ())]
    if figure.kind == "date" and not same:
        return _as_words(figure, readings)
    if not figure.unit:
        return bool(same)
    return any(other.unit in (None, figure.unit) for other in same)


def _parts(figure: Figure) -> list[str]:
    """What a date is made of: a claim may tell its year only, or its month in words."""
    parts = []
    for reading in figure.readings:
        if match := re.fullmatch(r"d(\d+)\.(\d+)\.(\d+)", reading):
            day, month, year = match.groups()
            parts += [day, year, f"m{month}", f"dm{day}.{month}", f"my{month}.{year}"]
        elif match := re.fullmatch(r"dm(\d+)\.(\d+)", reading):
            parts += [match[1], f"m{match[2]}"]
        elif match := re.fullmatch(r"my(\d+)\.(\d+)", reading):
            parts += [f"m{match[1]}", match[2]]
    return parts


def _as_words(figure: Figure, readings: Mapping[str, list[Figure]]) -> bool:
    """Whether a date in figures stands in the evidence with its month in words: 1.1.2025 as 1 January 2025."""
    return any(all(part in readings for part in _bare(reading)) for reading in figure.readings)


def _bare(reading: str) -> list[str]:
    if match := re.fullmatch(r"d(\d+)\.(\d+)\.(\d+)", reading):
        return [match[1], f"m{match[2]}", match[3]]
    if match := re.fullmatch(r"dm(\d+)\.(\d+)", reading):
        return [match[1], f"m{match[2]}"]
    if match := re.fullmatch(r"my(\d+)\.(\d+)", reading):
        return [f"m{match[1]}", match[2]]
    return [reading]


def _readings(text: str) -> frozenset[str]:
    """``1.500``: 1500 and 1.5."""
    text = text.replace("\u066c", ",").replace("\u066b", ".")
    readings = set()
    if re.fullmatch(r"\d{1,3}(?:[ \u00a0\u202f.,']\d{3})+(?:[.,]\d{1,2})?", text):
        head, _, tail = text, "", ""
        if match := re.fullmatch(r"(.*\d{3})[.,](\d{1,2})", text):
            head, tail = match[1], match[2]
        whole = re.sub(r"\D", "", head)
        readings.add(_plain(f"{whole}.{tail}" if tail else whole))
    if re.fullmatch(r"\d+(?:[.,]\d+)?", text):
        readings.add(_plain(text.replace(",", ".")))
    return frozenset(readings or {_plain(re.sub(r"\D", "", text))})


def _plain(number: str) -> str:
    """Without zeros that say nothing."""
    whole, _, rest = number.partition(".")
    rest = rest.rstrip("0")
    whole = whole.lstrip("0") or "0"
    return f"{whole}.{rest}" if rest else whole


def _phone(text: str, digits: str) -> str:
    if text.startswith("+"):
        digits = f"0{digits[3:]}" if digits.startswith("358") else f"+{digits}"
    elif digits.startswith("00358"):
        digits = f"0{digits[5:]}"
    return f"p{digits.replace('00', '0', 1) if digits.startswith('00') else digits}"


def _address(text: str) -> str:
    return re.sub(r"^(?:https?://)?(?:www\.)?", "", text.casefold()).rstrip("/")


def _blank(text: str, start: int, end: int) -> str:
    return text[:start] + "\ue000" * (end - start) + text[end:]


def _restored(order: str, text: str) -> str:
    """``text`` with what looked like an address but is the end of an e-mail's as it was."""
    for match in EMAIL.finditer(order):
        text = text[: match.start()] + match[0] + text[match.end() :]
    return text


def _sign_before(text: str, start: int) -> str | None:
    before = text[max(0, start - 12) : start].casefold().rstrip()
    if before.endswith("€"):
        return "euro"
    return "percent" if before.endswith(("百分之", "yüzde", "%")) else None


def _number_words(table: Mapping[str, list[str]]) -> list[tuple[str, str, str]]:
    """Value, word, and the beginning of the word after it."""
    found = []
    for value, words in table.items():
        for word in words:
            first, _, second = word.partition("$")
            found.append((value, first.casefold(), second.strip().casefold()))
    return found


def _units(table: Mapping[str, list[str]]) -> list[tuple[str, str, bool]]:
    """Unit, part of a word, and whether it is the whole word."""
    return [(unit, part.rstrip("$").casefold(), part.endswith("$")) for unit, parts in table.items() for part in parts]


@cache
def _month_names(code: str) -> dict[str, int]:
    """Beginnings of the names of months, of at least four letters, as patterns."""
    from babel import Locale, UnknownLocaleError

    try:
        names = Locale.parse(code).months
    except (UnknownLocaleError, ValueError):
        return {}
    found: dict[str, int] = {}
    for form in ("format", "stand-alone"):
        for month, name in names[form]["wide"].items():
            if len(name) > 2 and not any(letter.isdigit() for letter in name):
                stem = name if len(name) <= 5 else name[:-1] if len(name) <= 7 else name[:-2]
                found[re.escape(stem.casefold())] = month
    return found


def _han(text: str) -> int:
    total, digit = 0, 0
    for letter in text:
        if letter in _HAN_TENS:
            total += (digit or 1) * _HAN_TENS[letter]
            digit = 0
        else:
            digit = _HAN_DIGITS[letter]
    return total + digit
