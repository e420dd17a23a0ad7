"""What must not wait for a search: danger to life, crisis, violence at home, and personal data. No model.

What people say is data: phrases and the words of concepts in ``assistant/languages/<code>.toml``, and in
``assistant.screening_combinations`` which concepts are urgent together. How they are found is
``assistant.screening_patterns``.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import NamedTuple

from assistant.languages import Language
from assistant.personal_data import Masker
from assistant.screening_combinations import COMBINATIONS, SILENCED_BY, SILENCING, Category
from assistant.screening_patterns import Found, Patterns, Together
from assistant.screening_tree import TREE_VERSION, Entry, Tree, plant
from assistant.screening_words import Token, TypingErrors, split, token, tokens
from indexing.cached_files import cached

PRIORITY: tuple[Category, ...] = ("emergency", "crisis", "violence", "small_talk")
"""Where a message is of several categories, the first of these is its category."""


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


class Screener:
    """Screens messages against the tables of ``languages``. Safe to share between threads.

    ``cache`` is a folder where the tree of the tables is kept, which takes longer to make than to read.
    """

    def __init__(self, languages: Mapping[str, Language], cache: Path | None = None) -> None:
        tree = _tree(languages, cache)
        self._patterns = Patterns(tree)
        self._together = Together(COMBINATIONS)
        self._codes = tuple(languages)
        self._common: dict[str, set[str]] = {}
        for code, language in languages.items():
            for word in language.identification.common_words:
                for part in split(word):
                    self._common.setdefault(token(part).key, set()).add(code)
        self._typing = TypingErrors(tree.words, tree.stems, self._common)
        self._masker = Masker(languages)

    def screen(self, text: str, language: str | None = None) -> Screening:
        """What is in ``text``. ``language`` decides which language is named where phrases of several fire."""
        matches = self._matches(tokens(text, self._typing))
        masked, kinds = self._masker.mask(text)
        if not matches:
            return Screening(None, None, masked, kinds)
        categories = tuple(c for c in PRIORITY if any(match.category == c for match in matches))
        urgent = [match for match in matches if match.category == categories[0]]
        best = max(urgent, key=lambda match: (match.language == language, match.end - match.start))
        return Screening(categories[0], best.language, masked, kinds, categories)

    def _matches(self, words: list[Token]) -> list[_Match]:
        found = list(self._patterns.walk(words))
        said = _said(found, words)
        matches: list[_Match] = []
        exceptions: list[tuple[int, int]] = []
        whole: dict[int, list[_Match]] = {}
        for start, end, entry, mistyped in found:
            if entry.concept is not None or mistyped:
                continue
            category = entry.category
            if category is None:
                # "I do not want to live. In Espoo ..." is not "I do not want to live in Espoo"
                if not any(word.opens for word in words[start + 1 : end]):
                    exceptions.append((start, end))
                continue
            match = _Match(category, entry.language, start, end)
            if entry.whole:
                whole.setdefault(start, []).append(match)
            elif not _silenced(entry.language, [(start, end)], SILENCED_BY[category], words, said):
                matches.append(match)
        foreign = self._foreign(words)
        for rule, language, parts in self._together.matches(found, words):
            spans = [(part.start, part.end) for part in parts]
            if language not in foreign and not _silenced(language, spans, rule.unless, words, said):
                start, end = min(spans)[0], max(span[1] for span in spans)
                matches.append(_Match(rule.category, language, start, end))
        matches = [m for m in matches if not any(s < m.end and m.start < e for s, e in exceptions)]
        return matches or _covering(whole, len(words))

    def _foreign(self, words: list[Token]) -> set[str]:
        """Languages that the message is plainly not in, by its commonest words: a word may be of several."""
        counts = Counter(code for word in words for code in self._common.get(word.key, ()))
        most = max(counts.values(), default=0)
        return {code for code in self._codes if most >= 3 and counts[code] * 2 <= most}


_trees: dict[str, Tree] = {}
_planting = Lock()


def _tree(languages: Mapping[str, Language], cache: Path | None) -> Tree:
    """The tree of the tables of ``languages``; one process has it once, however many screen with it."""

    def made() -> Tree:
        return plant(_phrases(languages), _concepts(languages))

    tables = "".join(f"{code} {language.screening_digest} " for code, language in languages.items())
    digest = hashlib.sha256(tables.encode()).hexdigest()[:16]
    with _planting:
        if digest not in _trees:
            name = f"screening-{TREE_VERSION}-{digest}.json"
            _trees.clear()
            _trees[digest] = (
                Tree.from_bytes(cached(cache, name, lambda: made().to_bytes())) if cache is not None else made()
            )
        return _trees[digest]


def _phrases(languages: Mapping[str, Language]) -> Iterator[tuple[str, Entry]]:
    for code, language in languages.items():
        for category in PRIORITY:
            for phrase in getattr(language.screening, category):
                yield phrase, Entry(code, category, whole=category == "small_talk")
        for phrase in language.screening.exceptions:
            yield phrase, Entry(code)


def _concepts(languages: Mapping[str, Language]) -> Iterator[tuple[str, Entry]]:
    for code, language in languages.items():
        for concept, words in language.screening.words.items():
            yield words, Entry(code, concept=concept)


_Said = dict[tuple[str, str, int], list[tuple[int, int]]]
"""Where each concept is said, by language, concept and sentence."""


def _said(found: list[Found], words: list[Token]) -> _Said:
    said: _Said = {}
    for start, end, entry, mistyped in found:
        if entry.concept in SILENCING and not mistyped:
            said.setdefault((entry.language, entry.concept, words[start].sentence), []).append((start, end))
    return said


def _silenced(
    language: str, spans: list[tuple[int, int]], by: tuple[str, ...], words: list[Token], said: _Said
) -> bool:
    """Whether one of the concepts ``by`` is said in the sentence of ``spans``, in words that are not theirs."""
    sentences = {words[position].sentence for start, end in spans for position in (start, end - 1)}
    return any(
        all(end <= own_start or own_end <= start for own_start, own_end in spans)
        for concept in by
        for sentence in sentences
        for start, end in said.get((language, concept, sentence), ())
    )


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
