"""What an engine gives is checked before anyone sees it: nothing lost, nothing added, in the language asked for.

Every way a translation goes wrong here has been seen: half the sentences left in the original's language, endless
loops, empty answers, numbers that became others. A sentence that fails is refused, and its original is shown.
"""

from __future__ import annotations

import math
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence

from assistant.language_id import LanguageIdentifier
from assistant.masking_terms import Masked, NotKept, mask, put_back
from assistant.official_terms import OfficialTerms
from assistant.translators import TranslatedSentence, Translation, Translator

KEPT_WORDS = 0.5
"""Share of the original's words that stand in its translation, from which it counts as untranslated."""
REPEATS = 4
"""How often in a row a run of words must stand for it to be a loop."""
_FEWEST = 4
"""Words below which a language is not told from another, and what is left over may be names."""
_LONGEST_RUN = 6
_CACHED = 4096
_NO_ENGINE = "none"
_WORD = re.compile(r"[^\W\d_]+")
_HAN = re.compile(r"[\u3400-\u9fff]")


_Done = tuple[TranslatedSentence, str, tuple[str, ...]]
"""A sentence, what translated it, and through which languages."""


class CheckedTranslator:
    """Translates with ``engine``, keeps numbers, addresses and official terms as they are, and refuses what fails.

    ``terms`` are loaded at the first translation. Safe to share between threads.
    """

    def __init__(self, engine: Translator, identifier: LanguageIdentifier, terms: Callable[[], OfficialTerms]) -> None:
        self._engine = engine
        self._identifier = identifier
        self._load_terms = terms
        self._terms: OfficialTerms | None = None
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, str, str], _Done] = OrderedDict()

    def languages(self) -> Mapping[str, frozenset[str]]:
        return self._engine.languages()

    def translate(self, sentences: Sequence[str], source: str, target: str) -> Translation:
        """The sentences in ``target``, or why each was refused; what was translated before is not again.

        Raises NoRoute, PackageError or EngineFailed.
        """
        found: dict[str, _Done] = {}
        with self._lock:
            for sentence in sentences:
                if (key := (sentence, source, target)) in self._known:
                    self._known.move_to_end(key)
                    found[sentence] = self._known[key]
        new = [sentence for sentence in dict.fromkeys(sentences) if sentence not in found]
        if new:
            found |= self._translated(new, source, target)
            with self._lock:
                for sentence in new:
                    self._known[sentence, source, target] = found[sentence]
                while len(self._known) > _CACHED:
                    self._known.popitem(last=False)
        ways = [(engine, pivot) for _, engine, pivot in found.values() if engine != _NO_ENGINE]
        engine, pivot = ways[0] if ways else (_NO_ENGINE, ())
        return Translation(source, target, engine, tuple(found[sentence][0] for sentence in sentences), pivot)

    def _translated(self, sentences: Sequence[str], source: str, target: str) -> dict[str, _Done]:
        """Once with plain numbers as they stand; what fails so, once more with all of them masked."""
        done: dict[str, _Done] = {}
        left = list(sentences)
        for plain_too in (False, True):
            masked: dict[str, Masked] = {}
            for sentence in left:
                try:
                    masked[sentence] = mask(sentence, self._official(), target, plain_too=plain_too)
                except NotKept as error:
                    done[sentence] = TranslatedSentence(None, refused=str(error)), _NO_ENGINE, ()
            given = [sentence for sentence in masked if not masked[sentence].only]
            for sentence in masked.keys() - set(given):
                done[sentence] = TranslatedSentence(sentence, 1.0), _NO_ENGINE, ()
            translation = self._engine.translate([masked[sentence].text for sentence in given], source, target)
            for sentence, one in zip(given, translation.sentences, strict=True):
                checked = self._checked(masked[sentence], one, source, target)
                done[sentence] = checked, translation.engine, translation.pivot
            left = [sentence for sentence in given if done[sentence][0].text is None and masked[sentence].plain]
            if not left:
                break
        return done

    def _checked(self, masked: Masked, one: TranslatedSentence, source: str, target: str) -> TranslatedSentence:
        if one.text is None:
            return one
        fault = (
            _empty(one.text)
            or _loops(one.text)
            or _untranslated(masked.text, one.text)
            or self._other_language(one.text, source, target)
        )
        if fault:
            return TranslatedSentence(None, one.confidence, fault)
        try:
            return TranslatedSentence(put_back(masked, one.text), one.confidence)
        except NotKept as error:
            return TranslatedSentence(None, one.confidence, str(error))

    def _other_language(self, text: str, source: str, target: str) -> str | None:
        """A translation must be in its language, and in no other; of a few words nobody knows."""
        if _length(text) < _FEWEST:
            return None
        found = self._identifier.identify(text, page=target).code
        return f"is in {found}, not {target}" if found != target else None

    def _official(self) -> OfficialTerms:
        with self._lock:
            if self._terms is None:
                self._terms = self._load_terms()
            return self._terms


def _empty(text: str) -> str | None:
    return None if any(letter.isalnum() for letter in text) else "is empty"


def _loops(text: str) -> str | None:
    """A run of one to six words that stands four times in a row."""
    words = _HAN.sub(r" \g<0> ", text.casefold()).split()
    for length in range(1, _LONGEST_RUN + 1):
        for start in range(len(words) - length * REPEATS + 1):
            run = words[start : start + length]
            if all(words[start + n * length : start + (n + 1) * length] == run for n in range(1, REPEATS)):
                return "runs in a loop"
    return None


def _untranslated(original: str, text: str) -> str | None:
    """Words of the original, but for names, that are still in the translation."""
    left = [word for word in _WORD.findall(original) if len(word) > 3 and not word[0].isupper()]
    if len(left) < 2:
        return None
    said = {word.casefold() for word in _WORD.findall(text)}
    kept = sum(word.casefold() in said for word in left)
    return "is left in the original's language" if kept >= math.ceil(KEPT_WORDS * len(left)) else None


def _length(text: str) -> float:
    """Words; two Han characters are one."""
    return sum(max(1.0, len(_HAN.findall(word)) / 2) for word in _WORD.findall(text))
