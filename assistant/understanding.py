"""What a question's words say about it, without a model: by the phrases of each language's file.

They are hints: a phrase not in the tables is not recognised. What is recognised is meant to be right.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from assistant.languages import Language
from assistant.phrases import END, Phrases, weight, words
from assistant.questions import Situation

MOST_QUESTIONS = 3
"""Questions of one message that are told apart; further ones are left out."""

SHORT = 3
"""A text of at most so many content words cannot stand alone. Two Han characters are a word."""


@dataclass(frozen=True, slots=True)
class _Tables:
    said: Mapping[Situation, Phrases]
    labels: Mapping[tuple[str, ...], Situation]
    responsible: Phrases
    starts: Phrases
    marks: Phrases
    new_topic: Phrases
    correction: Phrases
    question_words: Phrases
    empty: tuple[Phrases, ...]
    """What carries no topic: question words, pronouns, auxiliaries."""


class _Lazily(Mapping[str, _Tables]):
    """The tables of each language, made when it is first asked for."""

    def __init__(self, languages: Mapping[str, Language]) -> None:
        self._languages = languages
        self._made: dict[str, _Tables] = {}

    def __getitem__(self, code: str) -> _Tables:
        if code not in self._made:
            self._made[code] = _tables(self._languages[code])
        return self._made[code]

    def __contains__(self, code: object) -> bool:
        return code in self._languages

    def __iter__(self) -> Iterator[str]:
        return iter(self._languages)

    def __len__(self) -> int:
        return len(self._languages)


class Understanding:
    """Reads questions by the tables of ``languages``. Safe to share between threads.

    In a language it has no tables for, it recognises nothing.
    """

    def __init__(self, languages: Mapping[str, Language]) -> None:
        self._tables = _Lazily(languages)
        marks = {mark for language in languages.values() for mark in language.sentence_marks}
        asking = "".join(sorted(mark for mark in marks if "QUESTION MARK" in unicodedata.name(mark)))
        # not at the end of the text, and not inside an address ("?id=3")
        run = re.escape("".join(sorted(marks)))
        self._question = re.compile(rf"[{re.escape(asking)}][{run}]*(?=[^A-Za-z0-9=&{run}])")
        self._asking = frozenset(asking)

    def situation(self, text: str, language: str) -> Situation | None:
        """The situation that ``text`` says the asker, or the person asked about, is in.

        ``None`` when it says none, or more than one. A text that is one of the assistant's own choices
        (``[situations]``) says that one, ``other`` too.
        """
        if language not in self._tables:
            return None
        tables, said = self._tables[language], words(text)
        label = tuple(word for word in said if word != END)
        if label in tables.labels:
            return tables.labels[label]
        found = [situation for situation, phrases in tables.said.items() if phrases.found(said)]
        return found[0] if len(found) == 1 else None

    def asks_responsible(self, text: str, language: str) -> bool:
        """Whether ``text`` asks who is responsible, where to go, or whom to ask for help."""
        return language in self._tables and self._tables[language].responsible.found(words(text))

    def follows_up(self, text: str, language: str) -> bool:
        """Whether ``text`` is marked as leaning on what was said before ("and", "what about", "there")."""
        if language not in self._tables:
            return False
        tables, said = self._tables[language], words(text)
        if tables.new_topic.found(said):
            return False
        return tables.starts.begins(said) or tables.marks.found(said)

    def leans_back(self, text: str, language: str) -> bool:
        """Whether ``text`` needs the turn before it to be understood: it is marked so, or short.

        A short question may still name a topic of its own ("what is Koske?"): where that matters, ``follows_up``
        is the surer sign, and what the text finds by itself the best one. A text that announces a new topic
        never leans back.
        """
        if language not in self._tables or self.new_topic(text, language):
            return False
        return self.follows_up(text, language) or self._content(text, language) <= SHORT

    def new_topic(self, text: str, language: str) -> bool:
        """Whether ``text`` says that it is about something else ("another question")."""
        return language in self._tables and self._tables[language].new_topic.found(words(text))

    def corrects(self, text: str, language: str) -> bool:
        """Whether ``text`` says how the one before was meant ("no, I meant the other course")."""
        return language in self._tables and self._tables[language].correction.found(words(text))

    def only_tells(self, text: str, language: str, names: int = 0) -> bool:
        """Whether ``text`` asks nothing of its own ("and for my wife, she works", "I live in Kauniainen"): it has no
        question word, and beside a situation and ``names`` of places hardly anything."""
        if language not in self._tables or self.new_topic(text, language) or self.corrects(text, language):
            return False
        tables, said = self._tables[language], words(text)
        leaning = _places([tables.marks], said)
        leaning.update(*(range(start, end) for start, end in tables.starts.spans(said) if start == 0))
        if tables.question_words.found([END if place in leaning else word for place, word in enumerate(said)]):
            return False
        idle = leaning | _places([*tables.empty, *tables.said.values()], said)
        return _weight(said, idle) <= SHORT + names

    def questions(self, text: str) -> tuple[str, ...]:
        """The separate questions of a message, at most ``MOST_QUESTIONS``, each with its question mark.

        A statement belongs to the question after it, the last one to the question before it. A message with
        one question, or without a question mark, is one text, stripped.
        """
        text = text.strip()
        ends = [match.end() for match in self._question.finditer(text)]
        parts = [text[start:end].strip() for start, end in zip([0, *ends], [*ends, len(text)], strict=True)]
        asked = [part for part in parts if any(map(str.isalnum, part))]
        if len(asked) > 1 and self._asking.isdisjoint(asked[-1]):
            asked[-2:] = [f"{asked[-2]} {asked[-1]}"]
        return tuple(asked[:MOST_QUESTIONS]) if len(asked) > 1 else (text,)

    def _content(self, text: str, language: str) -> float:
        """How many words of ``text`` carry a topic."""
        said = words(text)
        return _weight(said, _places(self._tables[language].empty, said))


def _places(tables: Iterable[Phrases], said: Sequence[str]) -> set[int]:
    """The places of the words that any of the phrases covers."""
    return {place for phrases in tables for start, end in phrases.spans(said) for place in range(start, end)}


def _weight(said: Sequence[str], without: Collection[int]) -> float:
    """How many words are said, leaving out those at the places ``without``."""
    return sum(weight(word) for place, word in enumerate(said) if place not in without)


def _tables(language: Language) -> _Tables:
    asks = language.asks
    marks = Phrases(asks.follow_up_word)
    return _Tables(
        said={Situation(key): Phrases(phrases) for key, phrases in language.said.items()},
        labels={tuple(words(label)): Situation(key) for key, label in language.situations.items()},
        responsible=Phrases(asks.responsible),
        starts=Phrases(asks.follow_up_start),
        marks=marks,
        new_topic=Phrases(asks.new_topic),
        correction=Phrases(asks.correction),
        question_words=Phrases(asks.question_words),
        empty=(Phrases(asks.small_words), Phrases(asks.figure), marks),
    )
