"""Training examples: a question, lines of text, and which of them answer it.

Read are OMoS-QA splits (``<split>_<language>.jsonl``), files in SQuAD's format (``*.json``) and our own questions
about the service cards (``questions/<language>.jsonl`` beside this file).
"""

from __future__ import annotations

import hashlib
import json
import random
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.cards import load_cards
from corpus.documents import BlockKind, Document
from indexing.sentences import sentence_spans

HELD_OUT = 5
QUESTIONS = Path(__file__).with_name("questions")


@dataclass(frozen=True, slots=True)
class Example:
    """``answers`` are numbers of ``lines``; none says that nothing here answers. ``group`` names the page, card or
    article: what is held out is held out by group."""

    question: str
    lines: tuple[str, ...]
    answers: frozenset[int]
    group: str


def held_out(group: str) -> bool:
    """Whether a page or card is kept from training: one in five, by its name."""
    return zlib.crc32(group.encode()) % HELD_OUT == 0


def digest(paths: Iterable[Path]) -> str:
    """SHA-256 (hex) of the files' contents, in order of their names."""
    total = hashlib.sha256()
    for path in sorted(paths, key=lambda path: path.name):
        total.update(path.name.encode() + b"\0" + path.read_bytes())
    return total.hexdigest()


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSONL file."""
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


class Omos:
    """One split of OMoS-QA in several languages: the same questions, pages and answers under the same ``id``."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._rows = {path.stem.rpartition("_")[2]: {row["id"]: row for row in read_lines(path)} for path in paths}
        self.languages = sorted(self._rows)
        self.ids = sorted(set.intersection(*(set(rows) for rows in self._rows.values())))

    def example(self, id: Any, asked: str, page: str) -> Example:
        """Question ``id`` in the language ``asked`` over its page in the language ``page``."""
        row = self._rows[page][id]
        return Example(
            self._rows[asked][id]["question"],
            tuple(row["context"].split("\n")),
            frozenset(row["answers"]),
            f"omos-{row['pageId']}",
        )

    def draw(self, ids: Sequence[Any], dice: random.Random, cross: float) -> Iterator[Example]:
        """Every question once in every page language, with a question of another language in ``cross`` of them."""
        for id in ids:
            for page in self.languages:
                asked = dice.choice(self.languages) if dice.random() < cross else page
                yield self.example(id, asked, page)


@dataclass(frozen=True, slots=True)
class _Paragraph:
    lines: tuple[str, ...]
    questions: tuple[tuple[str, frozenset[int]], ...]
    title: str


class Squad:
    """Files in SQuAD's format, cut into sentences. Files of the same ``name`` before their ``_<language>`` are
    taken as translations of each other when their paragraphs and questions match in number (XQuAD)."""

    def __init__(self, paths: Sequence[Path]) -> None:
        read = {path.stem: _paragraphs(path) for path in paths}
        families: dict[str, list[str]] = defaultdict(list)
        for stem in sorted(read):
            families[stem.rpartition("_")[0] if len(stem.rpartition("_")[2]) == 2 else stem].append(stem)
        self._families = [[read[stem] for stem in stems] for stems in families.values()]

    def draw(self, dice: random.Random, cross: float, other: float, count: int) -> Iterator[Example]:
        """Up to ``count`` questions a family, each over its paragraph in a language of the family (the question's own
        but for ``cross``); ``other`` of them over another paragraph of the same article, which does not answer."""
        for family in self._families:
            places = [(p, q) for p, paragraph in enumerate(family[0]) for q in range(len(paragraph.questions))]
            for number in range(count if len(family) > 1 else min(count, len(places))):
                if number % len(places) == 0:
                    dice.shuffle(places)
                p, q = places[number % len(places)]
                page = dice.choice(family)
                asked = dice.choice(family) if dice.random() < cross else page
                question, answers = page[p].questions[q]
                question = asked[p].questions[q][0]
                title = page[p].title
                if dice.random() < other:
                    siblings = [x for x in range(max(0, p - 4), min(len(page), p + 5)) if x != p]
                    siblings = [x for x in siblings if page[x].title == title]
                    if siblings:
                        yield Example(question, page[dice.choice(siblings)].lines, frozenset(), title)
                        continue
                yield Example(question, page[p].lines, answers, title)


def _paragraphs(path: Path) -> list[_Paragraph]:
    found = []
    for number, article in enumerate(json.loads(path.read_text(encoding="utf-8"))["data"]):
        title = str(article.get("title") or f"article {number}")
        for paragraph in article["paragraphs"]:
            text = paragraph["context"]
            spans = list(sentence_spans(text))
            questions = []
            for question in paragraph["qas"]:
                starts = [answer["answer_start"] for answer in question["answers"]]
                if question.get("is_impossible"):
                    starts = []
                answers = {line for line, (start, end) in enumerate(spans) for place in starts if start <= place < end}
                questions.append((question["question"], frozenset(answers)))
            found.append(_Paragraph(tuple(text[a:b] for a, b in spans), tuple(questions), title))
    return found


def card_lines(document: Document) -> tuple[str, ...]:
    """A card's text as the reader sees it: its title, then its sentences."""
    sentences = [
        document.text[block.start + start : block.start + end]
        for block in document.blocks
        if block.kind is not BlockKind.HEADING
        for start, end in sentence_spans(document.text[block.start : block.end])
    ]
    return (document.title, *sentences)


class Cards:
    """Our own questions about the service cards, in every language that has some.

    A question's ``answers`` are sentences of its card, word for word; questions about sentences that were changed
    since are counted in ``stale`` and left out.
    """

    def __init__(self, folder: Path = QUESTIONS) -> None:
        documents = {
            (document.card, document.language): document
            for card in load_cards()
            for document in reversed(card.documents())
        }
        self.stale = 0
        self._examples: dict[str, list[Example]] = {}
        self._texts: dict[str, list[tuple[str, ...]]] = {}
        for path in sorted(folder.glob("*.jsonl")):
            language = path.stem
            texts = {card: card_lines(document) for (card, code), document in documents.items() if code == language}
            self._texts[language] = list(texts.values())
            self._examples[language] = []
            for row in read_lines(path):
                lines = texts[row["card"]]
                if not set(row["answers"]) <= set(lines):
                    self.stale += 1
                    continue
                answers = frozenset(lines.index(answer) for answer in row["answers"])
                self._examples[language].append(Example(row["question"], lines, answers, f"card-{row['card']}"))

    def examples(self) -> Iterator[Example]:
        """Every question over its own card."""
        return (example for _, example in self.by_language())

    def by_language(self) -> Iterator[tuple[str, Example]]:
        """Every question's language with the question over its own card."""
        for language in sorted(self._examples):
            for example in self._examples[language]:
                yield language, example

    def draw(self, dice: random.Random, other: float, held: frozenset[str]) -> Iterator[Example]:
        """Every question not held out over its own card; ``other`` of them over another card instead."""
        for language, examples in sorted(self._examples.items()):
            for example in examples:
                if example.group in held:
                    continue
                if dice.random() < other:
                    lines = dice.choice(self._texts[language])
                    if lines != example.lines:
                        yield Example(example.question, lines, frozenset(), example.group)
                        continue
                yield example


def without_answer(example: Example) -> Example:
    """The same question over the same lines but for those that answer."""
    kept = tuple(line for number, line in enumerate(example.lines) if number not in example.answers)
    return Example(example.question, kept, frozenset(), example.group)
