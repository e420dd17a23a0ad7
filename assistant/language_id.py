"""Which language a text is in: its letters, its words, py3langid, and the page it was typed in.

Evidence is added up as natural logarithms of likelihood ratios. py3langid gives each language its share, every word
that a language's file holds speaks for that language, letters that a language does not write against it. Names of
services and official Finnish terms say nothing: they stand untranslated in every language. The page's language is a
prior, which matters where the evidence is weak: in a word or two.
"""

from __future__ import annotations

import math
import re
import threading
import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant import scripts
from assistant.languages import Language
from assistant.lexicon import Lexicon, load_lexicon
from assistant.scripts import SORANI, main_script, possible, script_of, words
from corpus.glossary import load_glossary

UNKNOWN = "und"

_SORANI_ENGINE = "sdh"
"""py3langid has no Sorani; Southern Kurdish, written the same, stands in for it."""

PAGE_PRIOR = 5.0
"""How many times likelier the page's language is, before the text is read."""

SURE = 0.3
"""Below this probability the page's language stands, whatever fits better."""

FOREIGN = 2.5
"""How much better, in natural logarithms, a language that Neuvo does not speak must fit than those it does.

Neuvo knows no words of it, so the words of ours count by their mean, and twice, rather than one by one.
"""

FOREIGN_WORDS = 3
"""Fewer words are never taken for a language that Neuvo does not speak, if it speaks others of that script."""

ROMANISED = 3.0
"""How much a language in another script must make up for with words that it is typed in with Latin letters."""

DOCUMENT_SURE = 0.5
DOCUMENT_SAMPLE = 6000
"""Characters of a document that are read: its start holds its language, and more costs time."""

_LEAST = 1e-12
"""No language is ruled out by py3langid alone."""

_FITS = 1e-3
"""Least share of py3langid's for a language that Neuvo does not speak to be considered."""

_GUESSES = {"zxx", scripts.AMHARIC}
"""What py3langid says of letters it has never seen. Amharic itself is told by its letters."""

_NOT_LANGUAGE = re.compile(r"https?://\S+|www\.\S+|\S+@\S+|\d+")
_SERVICE_NAMES = (
    r"kela|migri|omnia|testipiste\w*|koto-?espoo|kotoutumis\w+|luvn|kulps|koske|ohjaamotalo|nollalinja|toisto"
    r"|hello\s+espoo|helloespoo|talent\s+espoo|espoo\s+talent\s+hub|talentmatch|iso\s+omena|palvelutori|arbis|vamos"
    r"|te-toimisto|dvv|hsl|yki|espoo|esbo|kauniainen|grankulla|suomi\.fi|leppävaara|matinkylä|tapiola|helsinki|vantaa"
    r"|finland|neuvo"
)
_LONG_TERM = 9
"""Letters of a Finnish term that is official rather than an everyday word."""


@dataclass(frozen=True, slots=True)
class Identification:
    """``code`` is one of Neuvo's languages, the ISO 639 code of another one, or "und".

    ``confidence`` is a probability; the less it is, the more a choice of language belongs beside the answer.
    ``source`` is "identified" (the text said it) or "page" (it did not, and the page's language stands).
    """

    code: str
    confidence: float
    source: str


@dataclass(frozen=True, slots=True)
class _Loaded:
    model: Any
    lexicon: Lexicon
    names: re.Pattern[str]


class LanguageIdentifier:
    """Tells which of ``languages`` a text is in. Safe to share between threads; the model loads at its first use.

    ``cache`` is a folder where what was learnt from the languages' tables is kept.
    """

    def __init__(self, languages: Mapping[str, Language], cache: Path | None = None) -> None:
        self._languages = languages
        self._cache = cache
        self._codes = {engine: code for code, language in languages.items() for engine in language.language_id}
        self._codes[_SORANI_ENGINE] = SORANI
        self._scripts: dict[str, set[str]] = {scripts.ARABIC: {SORANI}}
        for code, language in languages.items():
            self._scripts.setdefault(scripts.BY_ISO_15924.get(language.script, scripts.OTHER), set()).add(code)
        self._lock = threading.Lock()
        self._loaded: _Loaded | None = None

    def identify(self, text: str, *, page: str | None = None) -> Identification:
        """The language of a short text. ``page`` is the language of the page it was typed in, if any."""
        loaded = self._load()
        bare = _NOT_LANGUAGE.sub(" ", unicodedata.normalize("NFC", text))
        said = loaded.names.sub(" ", bare)
        if not any(map(str.isalpha, said)):
            if page or not any(map(str.isalpha, bare)):
                return Identification(page or UNKNOWN, 0.0, "page" if page else "identified")
            said = bare
        found = words(said)
        script = main_script(found) or scripts.OTHER
        return self._decide(self._evidence(loaded, found, script, said), page)

    def identify_document(self, text: str) -> str:
        """The language of a long text: any code the model knows, ours where it is ours; "und" if unsure."""
        sample = _NOT_LANGUAGE.sub(" ", text[:DOCUMENT_SAMPLE])
        if not any(character.isalpha() for character in sample):
            return UNKNOWN
        engine, confidence = self._load().model.classify(sample)
        return self._codes.get(engine, str(engine)) if confidence >= DOCUMENT_SURE else UNKNOWN

    def _evidence(self, loaded: _Loaded, found: list[str], script: str, text: str) -> dict[str, float]:
        """Natural logarithms of likelihoods, up to a constant, of each language that ``text`` may be in."""
        latin = script == scripts.LATIN
        kept = [word for word in found if (script_of(word) == scripts.LATIN) == latin] or found
        if len(kept) < len(found):
            text = " ".join(kept)
        ours = self._scripts.get(script, set())
        limit = possible(text, script)
        if limit and len(limit) == 1:
            sole = next(iter(limit))
            if sole not in ours or len(kept) < FOREIGN_WORDS:
                return {sole: 0.0}
        if len(ours) == 1:
            return dict.fromkeys(ours, 0.0)
        fits: dict[str, float] = defaultdict(float)
        for engine, share in loaded.model.rank(text):
            code = self._codes.get(engine, engine)
            fits[code] = max(fits[code], share)
        lexical = loaded.lexicon.evidence(kept, ours & limit if limit else ours)
        evidence = {code: worth + math.log(max(fits[code], _LEAST)) for code, worth in lexical.items()}
        if len(kept) >= FOREIGN_WORDS or not evidence:
            settled = self._languages.keys() | ours | _GUESSES
            known = lexical[max(evidence, key=lambda code: evidence[code])] if evidence else 0.0
            for code, share in fits.items():
                if share > _FITS and code not in settled and code in (limit or fits):
                    evidence[code] = math.log(share) - FOREIGN + known - 2 * known / max(len(kept), 1)
        if latin:
            best = math.log(max(fits.values()))
            for code, worth in loaded.lexicon.romanised(kept).items():
                evidence[code] = best + worth - ROMANISED
        return evidence

    def _decide(self, evidence: Mapping[str, float], page: str | None) -> Identification:
        if not evidence:
            return Identification(UNKNOWN, 0.0, "identified")
        likely = {code: worth + math.log(PAGE_PRIOR) * (code == page) for code, worth in sorted(evidence.items())}
        code = max(likely, key=lambda code: likely[code])
        confidence = 1.0 / sum(math.exp(worth - likely[code]) for worth in likely.values())
        if page is not None and code != page and confidence < SURE:
            return Identification(page, confidence, "page")
        if code not in self._languages and confidence < SURE:
            return Identification(UNKNOWN, confidence, "identified")
        by_page = code == page and any(worth >= evidence[code] for other, worth in evidence.items() if other != code)
        return Identification(code, confidence, "page" if by_page else "identified")

    def _load(self) -> _Loaded:
        if self._loaded is None:
            with self._lock:
                if self._loaded is None:
                    from py3langid.langid import MODEL_FILE
                    from py3langid.langid import LanguageIdentifier as Model

                    model = Model.from_model_file(MODEL_FILE, norm_probs=True)
                    self._loaded = _Loaded(model, load_lexicon(self._languages, self._cache), _names())
        return self._loaded


def _names() -> re.Pattern[str]:
    """Names of services and places, and the official Finnish terms in any of their cases."""
    terms = [term for term in load_glossary() if " " not in term and len(term) >= _LONG_TERM]
    official = "|".join(rf"{re.escape(term[:-2])}\w*" for term in terms)
    return re.compile(rf"\b(?:{_SERVICE_NAMES}|{official})\b", re.IGNORECASE)
