"""Translation: the one contract its engines keep, and the choice among them.

TranslationError
├── NoRoute        no engine translates from this language to that one
├── PackageError   a package cannot be read or run (names it, and the mend)
└── EngineFailed   an engine gave no translation, or something that is none

An engine is a ``Translator``: Argos packages (``assistant.argos_engine``), a callable such as a language model
(``CallableTranslator``), or none. What any engine gives is checked by ``assistant.translation_checks``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from assistant.config import TranslationConfig


class TranslationError(Exception):
    """Base of every error of translation. Its text names the thing and the mend, in one line."""


class NoRoute(TranslationError):
    """Nothing translates from this language to that one."""


class PackageError(TranslationError):
    """A package of a translation model that cannot be read, installed or run."""


class EngineFailed(TranslationError):
    """An engine broke down, or returned another number of sentences than it was given."""


@dataclass(frozen=True, slots=True)
class TranslatedSentence:
    """A sentence's translation, or ``None`` and why it was ``refused``.

    ``confidence`` is the engine's own, 0 to 1 (the geometric mean of its tokens' probabilities); NaN where it gives
    none.
    """

    text: str | None
    confidence: float = math.nan
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class Translation:
    """Sentences translated from ``source`` to ``target``, in the order they were given.

    ``engine`` names what translated; ``pivot`` are the languages in between, in order, where it went through others.
    """

    source: str
    target: str
    engine: str
    sentences: tuple[TranslatedSentence, ...]
    pivot: tuple[str, ...] = ()

    @property
    def confidence(self) -> float:
        """The least of the sentences that were translated; NaN where none was or the engine gives none."""
        known = [one.confidence for one in self.sentences if one.text is not None and not math.isnan(one.confidence)]
        return min(known, default=math.nan)


class Translator(Protocol):
    """Translates whole sentences. Called from several threads at once."""

    def languages(self) -> Mapping[str, frozenset[str]]:
        """The languages that can be translated from, and for each those it can be translated to."""

    def translate(self, sentences: Sequence[str], source: str, target: str) -> Translation:
        """The sentences in ``target``. Raises NoRoute, PackageError or EngineFailed."""


class NoTranslator:
    """Where there is no engine: originals are shown."""

    def languages(self) -> Mapping[str, frozenset[str]]:
        return {}

    def translate(self, sentences: Sequence[str], source: str, target: str) -> Translation:
        raise NoRoute(f"no translation engine: install a package with neuvo languages install {source} {target}")


Call = Callable[[Sequence[str], str, str], Sequence[str]]
"""Sentences, source and target language in; as many translations out. What it raises becomes EngineFailed."""


class CallableTranslator:
    """An engine that is a function: the place of a language model.

    ``name`` is what answers say translated them; any of ``languages`` is translated to any other.
    """

    def __init__(self, name: str, languages: Sequence[str], call: Call) -> None:
        self._name = name
        self._languages = frozenset(languages)
        self._call = call

    def languages(self) -> Mapping[str, frozenset[str]]:
        return {code: self._languages - {code} for code in sorted(self._languages)}

    def translate(self, sentences: Sequence[str], source: str, target: str) -> Translation:
        if source == target or not {source, target} <= self._languages:
            raise NoRoute(f"{self._name} does not translate from {source} to {target}")
        try:
            translated = list(self._call(sentences, source, target))
        except Exception as error:
            raise EngineFailed(f"{self._name}: {error or type(error).__name__}") from error
        if len(translated) != len(sentences):
            raise EngineFailed(f"{self._name}: {len(translated)} translations of {len(sentences)} sentences")
        return Translation(source, target, self._name, tuple(map(TranslatedSentence, translated)))


def load_engine(config: TranslationConfig, packages: Path) -> Translator:
    """The engine that ``config`` chooses, with the Argos packages in the folder ``packages``.

    Raises PackageError: where there must be packages and are none, where they cannot run, and where a pair to warm up
    cannot be translated (NoRoute).
    """
    if config.engine == "none":
        return NoTranslator()
    from assistant.argos_engine import ArgosTranslator
    from assistant.argos_packages import find_packages

    found, faults = find_packages(packages)
    if not found:
        if config.engine == "argos":
            raise faults[0] if faults else PackageError(f"no packages in {packages}: neuvo languages install fi en")
        return NoTranslator()
    engine = ArgosTranslator(found, threads=config.threads, models=config.models, beam=config.beam)
    for pair in config.warm:
        engine.warm(*pair.split("-"))
    return engine
