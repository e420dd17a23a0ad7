"""Documents into Passages along their own structure: headings, list items, rows, sentences.

Sizes are counted with the embedder's own tokenizer, since 512 tokens are 2,460 characters of English but 738
of Arabic under another's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from corpus.documents import BlockKind, Document
from indexing.passages import Passage, context
from indexing.sentences import sentence_spans

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Splitter:
    """Packs neighbouring blocks of one section into passages of at most ``target`` tokens.

    ``limit`` is what the embedder takes with the title and headings above the passage; a block, or a single
    sentence, of more tokens than fit is cut at sentences, then at words.
    """

    count_tokens: Callable[[str], int]
    target: int = 160
    limit: int = 500

    def split(self, document: Document) -> list[Passage]:
        """Passages in reading order. They cover every block that is no heading.

        Left out is what can answer nothing: a heading with no text under it, and a section of fewer than
        three words ("Kesken", unfinished), unless the document holds nothing else.
        """
        passages = self._split(document, least_words=3)
        return passages or self._split(document, least_words=0)

    def _split(self, document: Document, least_words: int) -> list[Passage]:
        passages: list[Passage] = []
        for headings, spans in _sections(document, headings_too=least_words == 0):
            words = sum(len(document.text[start:end].split()) for start, end in spans)
            if words < least_words and not _unspaced(document.text[spans[0][0] : spans[-1][1]]):
                continue
            room = self._room(document, headings)
            pieces = [piece for span in spans for piece in self._fitting(document.text, span, room)]
            for start, end in self._packed(document.text, pieces, room):
                passages.append(Passage(document.id, start, end, document.text[start:end], document.language, headings))
        return passages

    def _room(self, document: Document, headings: tuple[str, ...]) -> int:
        above = self.count_tokens(context(document.title, headings))
        return max(32, min(self.target, self.limit - above))

    def _fitting(self, text: str, span: Span, room: int) -> Iterator[Span]:
        """The block itself if it fits, else its sentences, packed; else pieces of a sentence at words."""
        start, end = span
        if self.count_tokens(text[start:end]) <= room:
            yield span
            return
        sentences = [(start + a, start + b) for a, b in sentence_spans(text[start:end])]
        small: list[Span] = []
        for first, last in sentences:
            if self.count_tokens(text[first:last]) <= room:
                small.append((first, last))
            else:
                small.extend(self._words(text, first, last, room))
        yield from self._packed(text, small, room)

    def _words(self, text: str, start: int, end: int, room: int) -> Iterator[Span]:
        while start < end:
            cut = end
            while self.count_tokens(text[start:cut]) > room:
                middle = start + max(1, (cut - start) // 2)
                space = text.rfind(" ", start + 1, middle)
                cut = space if space > start else middle
            yield start, cut
            start = cut
            while start < end and text[start].isspace():
                start += 1

    def _packed(self, text: str, spans: list[Span], room: int) -> Iterator[Span]:
        """Neighbours joined as long as the whole has at most ``room`` tokens, as evenly as that allows."""
        if not spans:
            return
        sizes = [self.count_tokens(text[a:b]) for a, b in spans]
        total = sum(sizes)
        share = total / max(1, -(-total // room))
        start, size = spans[0][0], 0
        for index, (first, _) in enumerate(spans):
            grown = size + sizes[index]
            if size and (grown > room or size >= share):
                yield start, spans[index - 1][1]
                start, grown = first, sizes[index]
            size = grown
        yield start, spans[-1][1]


def _sections(document: Document, headings_too: bool) -> Iterator[tuple[tuple[str, ...], list[Span]]]:
    """Runs of blocks under one path of headings; with ``headings_too`` a heading with nothing below it is
    its own text."""
    path: list[tuple[int, str]] = []
    spans: list[Span] = []
    pending: Span | None = None
    for block in document.blocks:
        if block.kind is not BlockKind.HEADING:
            spans.append((block.start, block.end))
            pending = None
            continue
        if spans:
            yield _texts(path), spans
            spans = []
        elif headings_too and pending and path and block.level <= path[-1][0]:
            yield _texts(path[:-1]), [pending]
        path = [(level, text) for level, text in path if level < block.level]
        path.append((block.level, document.text[block.start : block.end]))
        pending = (block.start, block.end)
    if spans:
        yield _texts(path), spans
    elif headings_too and pending:
        yield _texts(path[:-1]), [pending]


def _texts(path: list[tuple[int, str]]) -> tuple[str, ...]:
    return tuple(text for _, text in path)


def _unspaced(text: str) -> bool:
    """Whether ``text`` is in a script without spaces and says something (Chinese)."""
    return sum("\u3400" <= letter <= "\u9fff" for letter in text) >= 6
