"""Which language a text is in: letters decide where they can, py3langid where they cannot.

The page's language is a prior. An unsure identification keeps the page's language, and says so.
"""

from __future__ import annotations

import copy
import re
import threading
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from assistant.languages import Language

UNKNOWN = "und"
SORANI = "ckb"
"""Sorani Kurdish: identified so that it is not mistaken for Persian or Arabic; Neuvo does not speak it."""

_SORANI_ENGINE = "sdh"
"""py3langid has no Sorani; Southern Kurdish, written the same, stands in for it."""

PAGE_PRIOR = 10.0
"""How many times likelier the page's language is, before the text is read."""

SURE = 0.8
"""Below this probability the page's language stands."""

DOCUMENT_SURE = 0.5
DOCUMENT_SAMPLE = 6000
"""Characters of a document that are read: its start holds its language, and more costs time."""

_LATIN, _CYRILLIC, _ARABIC, _HAN, _OTHER = "latin", "cyrillic", "arabic", "han", "other"
_SCRIPTS = {"Latn": _LATIN, "Cyrl": _CYRILLIC, "Arab": _ARABIC, "Hans": _HAN}
_RANGES = (
    (0x0000, 0x024F, _LATIN),
    (0x0400, 0x052F, _CYRILLIC),
    (0x0600, 0x077F, _ARABIC),
    (0x08A0, 0x08FF, _ARABIC),
    (0x1E00, 0x1EFF, _LATIN),
    (0x3400, 0x4DBF, _HAN),
    (0x4E00, 0x9FFF, _HAN),
    (0xFB50, 0xFDFF, _ARABIC),
    (0xFE70, 0xFEFE, _ARABIC),
    (0x20000, 0x31FFF, _HAN),
)
"""Blocks of the Unicode standard, first and last code point."""

_UKRAINIAN = frozenset("ґєії")
_RUSSIAN = frozenset("ыэъё")
_SORANI = frozenset("ێۆڕڵە")
_PERSIAN = frozenset("پچژگیک")
_ARABIC_ONLY = frozenset("ةىكيأإ")

_NOT_LANGUAGE = re.compile(r"https?://\S+|www\.\S+|\S+@\S+|\d+")
_SERVICE_NAMES = re.compile(
    r"\b(?:kela|migri|omnia|testipiste|koto-?espoo|kotoutumiskoulutus|kotoutumissuunnitelma|luvn|kulps|koske"
    r"|ohjaamotalo|nollalinja|toisto|hello\s+espoo|helloespoo|talent\s+espoo|espoo\s+talent\s+hub|talentmatch"
    r"|iso\s+omena|palvelutori|arbis|vamos|te-toimisto|dvv|hsl|yki|espoo|esbo|kauniainen|grankulla|suomi\.fi"
    r"|leppävaara|matinkylä|tapiola|helsinki|vantaa|finland)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Identification:
    """``code`` is one of Neuvo's languages, "ckb" or "und"; ``confidence`` a probability.

    ``source`` is "identified" (the text said it) or "page" (it did not, and the page's language stands).
    """

    code: str
    confidence: float
    source: str


class LanguageIdentifier:
    """Identifies one of ``languages``. Safe to share between threads; the model loads at its first use."""

    def __init__(self, languages: Mapping[str, Language]) -> None:
        self._codes = {engine: code for code, language in languages.items() for engine in language.language_id}
        self._codes[_SORANI_ENGINE] = SORANI
        self._scripts: dict[str, set[str]] = {_ARABIC: {SORANI}}
        for code, language in languages.items():
            self._scripts.setdefault(_SCRIPTS.get(language.script, _OTHER), set()).add(code)
        self._lock = threading.Lock()
        self._models: tuple[Any, Any] | None = None

    def identify(self, text: str, *, page: str | None = None) -> Identification:
        """The language of a short text. ``page`` is the language of the page it was typed in, if any."""
        kept = _letters_only(text)
        script = _script(kept)
        if script is None:
            return Identification(page or UNKNOWN, 0.0, "page" if page else "identified")
        possible = _by_letters(kept, script) or self._scripts.get(script, set())
        if not possible:
            return Identification(UNKNOWN, 0.0, "identified")
        if len(possible) == 1:
            return Identification(next(iter(possible)), 1.0, "identified")
        code, confidence = self._most_likely(kept, possible, page)
        if page is not None and confidence < SURE:
            return Identification(page, confidence, "page")
        return Identification(code, confidence, "identified")

    def identify_document(self, text: str) -> str:
        """The language of a long text: any code the model knows, ours where it is ours; "und" if unsure."""
        sample = _NOT_LANGUAGE.sub(" ", text[:DOCUMENT_SAMPLE])
        if not any(character.isalpha() for character in sample):
            return UNKNOWN
        engine, confidence = self._load()[1].classify(sample)
        return self._codes.get(engine, str(engine)) if confidence >= DOCUMENT_SURE else UNKNOWN

    def _most_likely(self, text: str, possible: set[str], page: str | None) -> tuple[str, float]:
        weights: Counter[str] = Counter()
        for engine, probability in self._load()[0].rank(text):
            code = self._codes[engine]
            if code in possible:
                weights[code] += probability * (PAGE_PRIOR if code == page else 1.0)
        code, weight = max(weights.items(), key=lambda item: item[1])
        total = sum(weights.values())
        return code, weight / total if total else 0.0

    def _load(self) -> tuple[Any, Any]:
        """The model restricted to our languages, and the whole one; they share their arrays."""
        if self._models is None:
            with self._lock:
                if self._models is None:
                    from py3langid.langid import MODEL_FILE
                    from py3langid.langid import LanguageIdentifier as Model

                    whole = Model.from_model_file(MODEL_FILE, norm_probs=True)
                    ours = copy.copy(whole)
                    ours.set_languages(sorted(self._codes))
                    self._models = (ours, whole)
        return self._models


def _letters_only(text: str) -> str:
    """``text`` without what says nothing about its language, unless nothing else is left."""
    text = unicodedata.normalize("NFC", text)
    bare = _NOT_LANGUAGE.sub(" ", text)
    without_names = _SERVICE_NAMES.sub(" ", bare)
    for candidate in (without_names, bare):
        if any(character.isalpha() for character in candidate):
            return " ".join(candidate.split())
    return ""


def _script(text: str) -> str | None:
    """The script of most letters of ``text``; None where there are no letters."""
    counts: Counter[str] = Counter()
    for character in text:
        if character.isalpha():
            counts[_script_of(character)] += 1
    if not counts:
        return None
    if counts[_HAN] and not counts[_OTHER]:  # one ideograph is a word: any Han outweighs a Latin name
        counts[_HAN] *= 4
    return counts.most_common(1)[0][0]


def _script_of(character: str) -> str:
    point = ord(character)
    return next((script for first, last, script in _RANGES if first <= point <= last), _OTHER)


def _by_letters(text: str, script: str) -> set[str] | None:
    """The languages that letters of ``text`` leave possible; None where they say nothing."""
    letters = set(text.lower())
    if script == _CYRILLIC:
        if letters & _UKRAINIAN and not letters & _RUSSIAN:
            return {"uk"}
        if letters & _RUSSIAN and not letters & _UKRAINIAN:
            return {"ru"}
    if script == _ARABIC:
        if letters & _SORANI:
            return {SORANI}
        if letters & _ARABIC_ONLY and not letters & _PERSIAN:
            return {"ar", "fa"} if not letters & frozenset("ةأإ") else {"ar"}
        if letters & _PERSIAN and not letters & _ARABIC_ONLY:
            return {"fa", SORANI}
    return None
