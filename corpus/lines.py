"""Lines as a PDF extraction left them: which are page furniture, which belong together, how they join."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

LIGATURES = {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}
_CHARACTERS = str.maketrans(
    LIGATURES
    | dict.fromkeys("\u00a0\u2007\u202f\u2002\u2003\u2009\u3000", " ")
    | dict.fromkeys("\u200b\u2060\ufeff\ufffe", "")  # U+200C and U+200D stay: Persian needs them
    | {"\uf0b7": "•", "\uf0a7": "•", "\u2028": "\n", "\u2029": "\n\n", "\x85": "\n", "\x0b": "\n"}
    | {chr(code): "" for code in (*range(9), *range(14, 32), 127)}
)

BULLET = re.compile(r"(?:[•·▪●○◦‣⁃∙■□►➢✓*]\s*|[-–—]\s+|o\t)(?=\S)")
NUMBERED = re.compile(r"\(?(?:(\d{1,2}(?:\.\d{1,2})*)[.)]?|([a-zåäö])[.)])\s+(?=\W?[^\W\d_])")
ENDED = re.compile(r"[.!?…:;。！？；：؟۔।։][\"'”’»)\]]*$")
_LINK = re.compile(r"(?:mailto:|https?://|www\.)\S+$")
_URL_TAIL = re.compile(r"(?:https?://|www\.)\S+$")
_URL_REST = re.compile(r"[\w\-./?=&%#~+:]*[\d/=?&][\w\-./?=&%#~+:]*$")
_NUMBER = re.compile(r"(?:[-–—]\s*)?(\d{1,4})(?:\s*[-–—]|\s*/\s*\d{1,4}|\s*\(\d{1,4}\))?$")
_EDGE_NUMBER = re.compile(r"^\d+\b|\b\d+(?:\s*[/(]\s*\d+\)?)?$")
_PAGE_OF = re.compile(
    r"(?:sivu|page|sida|seite|страница|стр\.?|صفحة|صفحه)\s+\d{1,4}(?:\s*(?:/|of|av|von|из|من|از)\s*\d{1,4})?$",
    re.IGNORECASE,
)
_CONJUNCTIONS = frozenset("ja tai sekä eli och eller samt and or und oder и или".split())  # noqa: SIM905
_HANGING = _CONJUNCTIONS | frozenset(
    "the a an of in to for with from by on at että kuten в на с для к о".split()  # noqa: SIM905
)
_VOWELS = "aeiouyåäö"


@dataclass(frozen=True, slots=True)
class Line:
    """A line without the white space around it.

    ``gap`` counts the empty lines before it; ``spaced``: white space ended it; ``page``: it begins a page;
    ``sheet``: the form-fed page it stands on, from 0.
    """

    text: str
    gap: int = 0
    spaced: bool = False
    page: bool = False
    sheet: int = 0


def clean_characters(text: str) -> str:
    """NFC; ligatures, special spaces, control characters replaced; words joined at soft hyphens."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate(_CHARACTERS)
    text = re.sub("\u00ad[ \t]*\n+[ \t]*(?=\\w)", "", text).replace("\u00ad", "")
    return unicodedata.normalize("NFC", text)


def split_lines(text: str) -> list[Line]:
    """The lines that say something. A lone indented line among many that are not begins a page."""
    lines: list[Line] = []
    sheets = text.split("\f")
    raws = [raw for raw in text.split("\n") if raw.strip()]
    indented = sum(raw.startswith(" ") for raw in raws)
    indent_tells = indented <= 0.2 * len(raws)
    for sheet, page in enumerate(sheets):
        gap, first = 0, True
        for raw in page.split("\n"):
            if not raw.strip():
                gap += 1
                continue
            starts = (first and len(sheets) > 1) or (indent_tells and re.match(r" {1,2}\S", raw) is not None)
            lines.append(Line(raw.strip(), gap, raw[-1] in " \t", starts, sheet))
            gap, first = 0, False
    return lines


def without_furniture(lines: Sequence[Line]) -> tuple[list[Line], list[str]]:
    """The lines less page numbers, running headers, footers and link targets; and those removed."""
    gone = _page_numbers(lines) | _running(lines) | _link_targets(lines)
    gone |= {i for i, line in enumerate(lines) if _PAGE_OF.match(line.text)}
    kept: list[Line] = []
    removed: list[str] = []
    gap = 0
    page = False
    for i, line in enumerate(lines):
        if i in gone:
            removed.append(line.text)
            gap, page = max(gap, line.gap), page or line.page
            continue
        last = i + 1 == len(lines) or lines[i + 1].page
        stuck = re.search(r"(?<=[.!?]) (\d{1,3})$", line.text) if last and len(lines) > 20 else None
        if stuck and not re.search(r"\b\w{1,3}\.$", line.text[: stuck.start()]):
            removed.append(stuck[1])
            line = replace(line, text=line.text[: stuck.start()])
        kept.append(replace(line, gap=max(gap, line.gap), page=page or line.page))
        gap, page = 0, False
    return kept, removed


def _edges(lines: Sequence[Line]) -> list[list[int]]:
    sheets: dict[int, list[int]] = {}
    for i, line in enumerate(lines):
        sheets.setdefault(line.sheet, []).append(i)
    return list(sheets.values())


def _page_numbers(lines: Sequence[Line]) -> set[int]:
    """Lone numbers at the edge of pages that count as the pages do."""
    found: dict[int, list[int]] = {}
    for page in _edges(lines):
        for i in {page[0], page[-1]}:
            if number := _NUMBER.match(lines[i].text):
                found.setdefault(int(number[1]) - lines[i].sheet, []).append(i)
    return {i for same in found.values() if len(same) > 1 for i in same}


def _running(lines: Sequence[Line]) -> set[int]:
    """Outermost lines repeated on at least half the pages (three or more); the first header stays."""
    pages = _edges(lines)
    gone: set[int] = set()
    numbers = _page_numbers(lines)
    for top in (True, False):
        for _ in range(3):
            rest = [[i for i in page if i not in gone and i not in numbers] for page in pages]
            edge = [page[0 if top else -1] for page in rest if len(page) > 1]
            keys = Counter(_EDGE_NUMBER.sub("#", lines[i].text) for i in edge)
            often = {key for key, count in keys.items() if count >= max(3, len(pages) / 2)}
            same = [i for i in edge if _EDGE_NUMBER.sub("#", lines[i].text) in often]
            if not same:
                break
            gone |= set(same[1:] if top else same)
    return gone


def _link_targets(lines: Sequence[Line]) -> set[int]:
    """Lines that are only a link whose target has been written out before."""
    gone: set[int] = set()
    said: set[str] = set()
    last = ""
    for i, line in enumerate(lines):
        target = line.text.removeprefix("mailto:")
        broken = i + 1 < len(lines) and _breaks_url(line.text, lines[i + 1].text)
        if _LINK.match(line.text) and target in said and not broken:
            gone.add(i)
            continue
        if last and _breaks_url(last, line.text):
            said.add(last.rsplit(maxsplit=1)[-1] + line.text)
        last = line.text
        said.update(word.strip("()<>,;.") for word in line.text.split() if "@" in word or "/" in word or "www" in word)
    return gone


def first_case(text: str) -> str:
    """lower, upper, digit, caseless or other: the first character that is no opening bracket or quote."""
    for character in text:
        if character in "([\"'”“«‘’":
            continue
        if character.isdigit():
            return "digit"
        if character.islower():
            return "lower"
        if character.isupper() or unicodedata.category(character) == "Lt":
            return "upper"
        return "caseless" if character.isalpha() else "other"
    return "other"


def is_cjk(character: str) -> bool:
    """Scripts written without spaces, their punctuation included."""
    return "\u2e80" <= character <= "\u9fff" or "\uff00" <= character <= "\uffef" or character >= "\U00020000"


def ends_hyphenated(text: str) -> bool:
    return len(text) > 1 and text[-1] in "-‐" and (text[-2].isalnum() or text[-2] in ") ")


class Wrapping:
    """How a text's lines were broken, learnt from all of them; decides line by line where blocks end."""

    def __init__(self, lines: Sequence[Line]) -> None:
        pairs = [(a, b) for a, b in pairwise(lines) if a.text.count(" ") > 1 or is_cjk(a.text[0])]
        widest = sorted(len(line.text) for line in lines)[int(0.9 * (len(lines) - 1))] if lines else 0

        def breaks_sentence(before: Line, after: Line) -> bool:
            if BULLET.match(after.text) or (ENDED.search(before.text) and not ends_hyphenated(before.text)):
                return False
            case = first_case(after.text)
            full = len(before.text) > 0.8 * widest and widest < 140
            return case == "lower" or (case == "caseless" and full)

        broken = [(a, b) for a, b in pairs if breaks_sentence(a, b)]
        spread = [b for _, b in broken if b.gap]
        apart = sum(b.gap > 0 for _, b in pairs)
        self.double_spaced = len(spread) > 2 and len(spread) > 0.7 * len(broken) and apart > 0.7 * len(pairs)
        close = [pair for pair in pairs if self.double_spaced or not pair[1].gap]
        self.wrapped = len(broken) > 1 and len(broken) >= 0.2 * len(close)
        whole = [a for a, _ in broken if not ends_hyphenated(a.text)]
        spaced = sum(line.spaced for line in lines)
        self.spaces_tell = (
            len(whole) > 5 and sum(line.spaced for line in whole) > 0.9 * len(whole) and spaced < 0.9 * len(lines)
        )
        self._lines = [replace(line, gap=max(0, line.gap - 1)) if self.double_spaced else line for line in lines]
        words = re.findall(r"\w[\w-]*\w", " ".join(line.text for line in lines))
        self._words = frozenset(words) | frozenset(word.casefold() for word in words)
        names = re.findall(r"(?<=[a-zåäö,] )[A-ZÅÄÖ][a-zåäö]+(?= )", " ".join(line.text for line in lines))
        self._names = frozenset(names)
        self._firsts = frozenset(word[: m.start()] for word in words for m in re.finditer(r"-(?=[^\W\d])", word))

    @property
    def lines(self) -> list[Line]:
        """The lines with their gaps counted beyond the usual ones."""
        return self._lines

    def continues(self, index: int) -> bool:
        """Whether line ``index`` goes on with the sentence or paragraph of the line before it."""
        before, after = self._lines[index - 1], self._lines[index]
        marked = NUMBERED.match(after.text)
        case = first_case(after.text)
        if BULLET.match(after.text) or (marked and first_case(after.text[marked.end() :]) != "lower"):
            return False
        if _breaks_url(before.text, after.text):
            return after.gap < 2
        if ends_hyphenated(before.text):
            return case != "caseless" and (after.gap < 2 or case == "lower")
        ended = ENDED.search(before.text) is not None
        if case == "digit" and before.text[-1] in ":;" and not after.gap:
            return True
        if case == "lower":
            return not ended or after.gap == 0
        if case == "other":
            return not ended or after.gap == 0
        if after.gap > 1:
            return False
        if not ended and (before.text.split()[-1].casefold() in _HANGING or before.text[-1] in ",،、("):
            return True
        if after.gap or (after.page and ended):
            return False
        if self.spaces_tell and not before.spaced:
            return False
        if self.spaces_tell and not ended and not after.page:
            return True
        share = 0.95 if before.text[-1] == ":" else 0.9 if ended else 0.85
        return not self._fits(index, share)

    def _fits(self, index: int, share: float) -> bool:
        """Whether the first word of line ``index`` had room on the line before: then the break was meant.

        Characters differ in width, so only ``share`` of the widest line around counts as room.
        """
        near = self._lines[max(0, index - 6) : index + 6]
        width = max(len(line.text) for line in near)
        text = self._lines[index].text
        word = 1 if is_cjk(text[0]) else len(text.split()[0])
        return len(self._lines[index - 1].text) + 1 + word <= share * width

    def join(self, lines: Iterable[Line]) -> str:
        """The lines as one: hyphenated words whole again, scripts without spaces joined without one."""
        parts: list[str] = []
        spaced = False
        for line in lines:
            text, was_spaced, spaced = line.text, spaced, line.spaced
            if not parts:
                parts.append(text)
                continue
            before = parts[-1]
            if _breaks_url(before, text):
                parts.append(text)
            elif ends_hyphenated(before):
                parts[-1] = before[:-1] + self._hyphen(before, text, was_spaced)
                parts.append(text)
            elif _glued(before, text, was_spaced):
                parts.append(text)
            else:
                parts += [" ", text]
        return "".join(parts)

    def _hyphen(self, before: str, after: str, spaced: bool) -> str:
        """What stands for the hyphen at the end of ``before``: nothing, the hyphen, or it and a space."""
        words = after.split()
        if before[-2] in ") ":
            return "-"
        if first_case(after) != "lower":
            return "-" if first_case(after) in ("upper", "digit") else "- "
        if words[0].strip(",") in _CONJUNCTIONS or (spaced and self.spaces_tell):
            return "- "  # luku- ja; nobody's line breaking writes a hyphen and a space
        whole = re.split(r"[\s(/]", before[:-1])[-1]
        rest = re.match(r"[\w-]+", after)
        first, last = re.split(r"[-–]", whole)[-1], rest[0] if rest else ""
        if (whole + last).casefold() in self._words:
            return ""
        named = first in self._firsts or (first in self._names and first[:1].isupper())
        if f"{whole}-{last}" in self._words or named or any(character.isdigit() for character in first[-1:]):
            return "-"
        if first[1:] != first[1:].lower() or (first[-1:].lower() == last[:1] and last[:1] in _VOWELS):
            return "-"  # TalentMatch-, CV-; Finnish writes a hyphen between two equal vowels (laaja-alainen)
        return ""


def _glued(before: str, after: str, spaced: bool) -> bool:
    """Whether two lines join without a space though no hyphen parts them."""
    dash = not spaced and re.search(r"\w[–/]$", before) is not None and first_case(after) == "lower"
    return dash or (is_cjk(before[-1]) and is_cjk(after[0]))


def _breaks_url(before: str, after: str) -> bool:
    return _URL_TAIL.search(before) is not None and _URL_REST.match(after) is not None and not _LINK.match(after)
