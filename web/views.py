"""What templates show: an Answer with numbered sources, a Document cut at its blocks and its quote."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import groupby, pairwise
from urllib.parse import quote, urlsplit

from assistant.answers import Answer, Citation, Contact, Outcome, Sentence
from assistant.languages import Directed, direction_of
from assistant.questions import Profile, Situation
from corpus.documents import Block, BlockKind, Document
from web.contract import Assistant
from web.exchanges import Exchange, is_private
from web.quotes import Context, context_of

_EMERGENCY = Contact(name="112", phone="112")

RATED = frozenset({Outcome.ANSWERED, Outcome.PARTIAL, Outcome.NO_INFORMATION, Outcome.OUT_OF_SCOPE})
"""Outcomes that the asker is asked about: whether the Answer was helpful."""


@dataclass(frozen=True, slots=True)
class OriginalView:
    """What a machine translated."""

    text: str
    language: str
    direction: str


@dataclass(frozen=True, slots=True)
class SentenceView:
    text: str
    language: str
    direction: str
    machine_translated: bool
    sources: tuple[int, ...]
    original: OriginalView | None = None


@dataclass(frozen=True, slots=True)
class SourceView:
    number: int
    citation: Citation
    context: Context | None = None


@dataclass(frozen=True, slots=True)
class ExchangeView:
    """A question and its Answer. ``key`` begins every id of its elements."""

    key: str
    question: str
    answer: Answer
    sentences: tuple[SentenceView, ...]
    sources: tuple[SourceView, ...]
    lead: Contact | None
    """The first number to call in an emergency or crisis."""
    profile: Profile
    violence: bool
    rated: bool
    keepable: bool
    """Whether the asker is asked if their question may be kept: an abstention."""
    speech: bool


def exchange_view(exchange: Exchange, assistant: Assistant, speech: Collection[str] = ()) -> ExchangeView:
    """Sources are numbered from 1 in the order of the Answer; a place cited again keeps its number.

    ``speech`` are the languages the server reads aloud.
    """
    answer = exchange.answer
    numbers: dict[tuple[str, int, int], SourceView] = {}
    sentences = []
    for sentence in answer.sentences:
        cited = []
        for citation in sentence.citations:
            place = (citation.document, citation.start, citation.end)
            if place not in numbers:
                numbers[place] = SourceView(len(numbers) + 1, citation, context_of(*place, assistant.document))
            if numbers[place].number not in cited:
                cited.append(numbers[place].number)
        first = sentence.citations[0] if sentence.citations else None
        context = numbers[(first.document, first.start, first.end)].context if first else None
        sentences.append(
            SentenceView(
                sentence.text,
                sentence.language,
                sentence.direction,
                sentence.machine_translated,
                tuple(cited),
                _original(sentence, context, assistant.languages),
            )
        )
    return ExchangeView(
        exchange.key,
        exchange.question,
        answer,
        tuple(sentences),
        tuple(numbers.values()),
        lead_contact(answer),
        profile_of(answer, assistant),
        violence=is_private(answer),
        rated=answer.status in RATED,
        keepable=answer.status is Outcome.NO_INFORMATION and bool(exchange.question),
        speech=bool(answer.sentences) and all(sentence.language in speech for sentence in answer.sentences),
    )


def _original(sentence: Sentence, context: Context | None, languages: Mapping[str, Directed]) -> OriginalView | None:
    """The quote that was translated, or the authored text of a card whose quoted text was translated."""
    if not sentence.machine_translated or not sentence.citations:
        return None
    citation = sentence.citations[0]
    if citation.quote == sentence.text and context and context.original:
        source = context.original
        return OriginalView(source.text, source.language, direction_of(source.language, languages))
    return OriginalView(citation.quote, citation.language, citation.direction)


def profile_of(answer: Answer | None, assistant: Assistant) -> Profile:
    """What the asker had told before the Answer, or in their question: it stands in the Answer's trace."""
    trace = answer.trace if answer else {}
    named = [name for name in trace.get("municipalities", ()) if name in assistant.municipalities]
    situation = trace.get("situation")
    return Profile(named[0] if len(named) == 1 else None, Situation(situation) if situation else None)


def lead_contact(answer: Answer) -> Contact | None:
    if answer.status is Outcome.EMERGENCY:
        return next((contact for contact in answer.contacts if contact.phone), _EMERGENCY)
    if answer.status is Outcome.CRISIS:
        return next((contact for contact in answer.contacts if contact.phone), None)
    return None


def telephone_url(number: str) -> str:
    """``tel:`` with the digits and the leading plus of ``number``."""
    digits = "".join(character for character in number if character.isascii() and character.isdigit())
    return f"tel:{'+' if number.strip().startswith('+') else ''}{digits}"


def status_words(status: str, known: Collection[str]) -> tuple[str, str]:
    """The known words that a publisher's status begins with, and what follows them; "" where there are none.

    "draft: dates ahead" is "draft" and "dates ahead"; "in force as a report" is "in force" and "as a report".
    """
    for words in known:
        if re.match(rf"{re.escape(words)}(?!\w)", status):
            return words, status.removeprefix(words).lstrip(" :;,")
    return "", status


def web_url(url: str | None) -> str | None:
    """``url`` if it is one that a page may link to, else ``None``."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.netloc else None


def shown_url(url: str) -> str:
    """An address as people write it: without the scheme and a slash at its end."""
    return re.sub(r"^https?://", "", url).rstrip("/")


def context_path(language: str, document: str, start: int, end: int) -> str:
    """Where the script gets a quote's context."""
    return f"/{language}/context/{quote(document, safe='')}?start={start}&end={end}"


def document_path(language: str, document: str, start: int | None = None, end: int | None = None) -> str:
    """The page of a document, at the quote ``text[start:end]`` if one is given."""
    path = f"/{language}/documents/{quote(document, safe='')}"
    return path if start is None or end is None else f"{path}?start={start}&end={end}#quote"


@dataclass(frozen=True, slots=True)
class Segment:
    text: str
    quoted: bool
    first: bool = False
    """The first quoted one of the Document: where a link to the quote leads."""


@dataclass(frozen=True, slots=True)
class Part:
    """Blocks of one kind that follow each other (items make a list); ``level`` is the HTML heading's."""

    kind: BlockKind
    level: int
    blocks: tuple[tuple[Segment, ...], ...]


def document_parts(document: Document, start: int | None, end: int | None) -> list[Part]:
    """The Document's text in reading order with ``text[start:end]`` marked, if it is a span of the text."""
    text = document.text
    if start is None or end is None or not 0 <= start < end <= len(text):
        start = end = 0
    blocks = [block for block in _with_gaps(document) if text[block.start : block.end].strip()]
    if blocks and _is_title(document, blocks[0]) and not (start < blocks[0].end and end > blocks[0].start):
        del blocks[0]  # the page's own heading says the same
    marked = [_segments(text, block, start, end) for block in blocks]
    first = next((i for i, segments in enumerate(marked) if any(s.quoted for s in segments)), None)
    if first is not None:
        at = next(i for i, segment in enumerate(marked[first]) if segment.quoted)
        marked[first][at] = Segment(marked[first][at].text, quoted=True, first=True)
    parts = []
    for (kind, level), group in groupby(
        zip(blocks, marked, strict=True), key=lambda pair: (pair[0].kind, pair[0].level)
    ):
        heading = min(level + 1, 6) if kind is BlockKind.HEADING else 0
        parts.append(Part(kind, max(heading, 2) if heading else 0, tuple(tuple(s) for _, s in group)))
    return parts


def _is_title(document: Document, block: Block) -> bool:
    return block.kind is BlockKind.HEADING and document.text[block.start : block.end].strip() == document.title.strip()


def _with_gaps(document: Document) -> list[Block]:
    """The Document's blocks, with a paragraph for any text between them, so that nothing goes unshown."""
    blocks: list[Block] = []
    at = 0
    for block in document.blocks:
        if block.start > at:
            blocks.append(Block(BlockKind.PARAGRAPH, at, block.start))
        blocks.append(block)
        at = max(at, block.end)
    if at < len(document.text):
        blocks.append(Block(BlockKind.PARAGRAPH, at, len(document.text)))
    return blocks


def _segments(text: str, block: Block, start: int, end: int) -> list[Segment]:
    """The block's text cut where the quote begins and ends."""
    cuts = sorted({block.start, block.end, *(cut for cut in (start, end) if block.start < cut < block.end)})
    return [Segment(text[a:b], quoted=start <= a and b <= end and bool(text[a:b].strip())) for a, b in pairwise(cuts)]
