"""Do a card's texts carry its facts, in every language, and nothing but its facts?

``check_cards`` gives one Finding per mistake: what is wrong, on which line, and the mend. The rules about
facts stand here, those about a text's language, length and people in ``corpus.text_checks``. What only the
caller can know is passed in: Neuvo's languages with their scripts, and how to identify a text's language.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path

from corpus import text_checks
from corpus.card_schema import Source, Status, language_of
from corpus.cards import Card, CardText
from corpus.findings import Fault, Finding, line_of_key, said
from corpus.scaffolding import PLACEHOLDER
from corpus.text_checks import Identify, sentences

PLAIN_LANGUAGE = {"fi": "fi-selko"}
"""Languages in which every card has a text in plain language too, and that text's name."""

WORDINGS = "wordings"
"""Where findings about ``corpus/wordings`` say they are."""

_NUMBER = re.compile(r"\+?[0-9](?:[0-9.,:/ \u00a0\u202f–-]*[0-9])?\s?[%€]?")
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.\w+|https?://\S+|\b(?:www\.)?[\w-]+\.(?:fi|com|org|net|eu)\b", re.IGNORECASE)


def check_cards(
    cards: Sequence[Card],
    languages: Mapping[str, str] | None = None,
    identify: Identify | None = None,
    today: date | None = None,
) -> list[Finding]:
    """Every mistake in the cards, and where they do not agree with each other.

    ``languages`` maps the code of every language in which cards stand to its script (ISO 15924); without it
    neither missing languages nor scripts are checked, without ``identify`` no languages are.
    """
    findings = [finding for card in cards for finding in check_card(card, languages, identify, today)]
    return findings + check_sources(cards) + list(_wordings_complete(cards, languages or {}))


def check_card(
    card: Card,
    languages: Mapping[str, str] | None = None,
    identify: Identify | None = None,
    today: date | None = None,
) -> list[Finding]:
    """Every mistake in one card; empty if there is none."""
    today = today or date.today()
    findings = check_service(card, today)
    if languages is not None:
        findings += _missing(card, languages)
    for text in card.texts:
        findings += check_text(card, text, languages, identify, today)
    return findings


def check_text(
    card: Card,
    text: CardText,
    languages: Mapping[str, str] | None = None,
    identify: Identify | None = None,
    today: date | None = None,
) -> list[Finding]:
    """Every mistake in one text of a card."""
    faults = list(_faults(card, text, today or date.today()))
    if languages is not None and text.language in languages:
        faults += text_checks.script(card, text, languages[text.language])
    if identify is not None:
        faults += text_checks.language(card, text, identify)
    return [_finding(card, f"{text.name}.md", fault, text) for fault in faults]


def check_service(card: Card, today: date | None = None) -> list[Finding]:
    """Every mistake in a card's ``service.toml``."""
    return [_finding(card, "service.toml", fault) for fault in _service(card, today or date.today())]


def occurrences(wording: str, text: str) -> list[tuple[int, int]]:
    """Where a fact's wording stands in a text; "4" does not stand in "4,300", "14" or "1.4.2025"."""
    pattern = re.escape(wording)
    if wording[0].isdigit():
        pattern = r"(?<!\d)(?<!\d[.,:/–-])(?<!\d[ \u00a0\u202f])" + pattern
    if wording[-1].isdigit():
        pattern += r"(?!\d)(?![.,:/–-]\d)(?![ \u00a0\u202f]\d{3})"
    return [match.span() for match in re.finditer(pattern, text)]


@cache
def status_words(language: str) -> dict[str, tuple[str, ...]]:
    """How a language words a fact's status, from ``corpus/wordings/<language>.toml``; nothing if it has none."""
    path = Path(__file__).parent / WORDINGS / f"{language}.toml"
    if not path.is_file():
        return {}
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return {status: tuple(words) for status, words in table.items()}


def _faults(card: Card, text: CardText, today: date) -> Iterator[Fault]:
    yield from text_checks.review(card, text, today)
    yield from _facts(card, text)
    yield from _names(card, text)
    yield from _strays(card, text)
    yield from _statuses(card, text)
    yield from _conflicts(card, text)
    yield from text_checks.people(card, text)
    yield from text_checks.letters(card, text)
    yield from text_checks.length(card, text)
    yield from text_checks.reading_ease(card, text)


def _finding(card: Card, file: str, fault: Fault, text: CardText | None = None) -> Finding:
    if isinstance(fault.place, int) and text is not None:
        line = text.line(fault.place)
    else:
        line = line_of_key(card.file(file), str(fault.place))
    return Finding(card.folder.name, file, line, fault.problem, fault.mend)


def _service(card: Card, today: date) -> Iterator[Fault]:
    """What contradicts itself in ``service.toml`` and yet loads."""
    service = card.service
    yield from text_checks.people_in_service(service)
    unwritten = [("channel", service.contact.channel)]
    unwritten += [(key, value) for source in service.sources for key, value in source if key in ("title", "publisher")]
    for key, value in unwritten:
        if value.startswith(PLACEHOLDER):
            yield Fault(key, said("{key} is not written yet", key=key), "write it")
    for name, fact in service.facts.items():
        key = f"facts.{name}"
        if fact.valid_until and service.valid_from and fact.valid_until < service.valid_from:
            yield Fault(
                key, said("the fact {name} ends before the card begins", name=name), "mend valid_until or valid_from"
            )
        if fact.valid_until and service.valid_until and fact.valid_until > service.valid_until:
            yield Fault(key, said("the fact {name} outlives the card", name=name), "mend one valid_until or the other")
    for source in service.sources:
        if source.seen and source.seen > today:
            problem = said("{source} was seen on {day}, which has not come yet", source=source.key, day=source.seen)
            yield Fault("seen", problem, "mend the day")


def _missing(card: Card, languages: Mapping[str, str]) -> Iterator[Finding]:
    """Languages without a text, and texts in no language of Neuvo."""
    there = {text.name for text in card.texts}
    for language in languages:
        for name in (language, PLAIN_LANGUAGE.get(language, language)):
            if name not in there:
                there.add(name)
                yield Finding(card.folder.name, f"{name}.md", 1, "there is no such text", "write it from fi.md")
    for text in card.texts:
        if text.language not in languages:
            problem = said("Neuvo has no language {language!r}", language=text.language)
            yield Finding(card.folder.name, f"{text.name}.md", 1, problem, "name the file after a language it has")


def check_sources(cards: Sequence[Card]) -> list[Finding]:
    """One source, one title and one publisher in every card: a misspelt id would otherwise name nothing."""
    return list(_sources_agree(cards))


def _sources_agree(cards: Sequence[Card]) -> Iterator[Finding]:
    first: dict[str, tuple[Card, Source]] = {}
    by_title: dict[tuple[str, str], tuple[Card, Source]] = {}
    for card in cards:
        for source in card.sources:
            where = card.folder.name, "service.toml", line_of_key(card.file("service.toml"), "sources")
            other, known = first.setdefault(source.key, (card, source))
            if (known.title, known.publisher) != (source.title, source.publisher):
                problem = said(
                    "the source {source} has another title or publisher in {card}",
                    source=source.key,
                    card=other.folder.name,
                )
                yield Finding(*where, problem, "give one source one title and publisher")
            other, known = by_title.setdefault((source.title, source.publisher), (card, source))
            if known.key != source.key:
                problem = said(
                    "the source {source} is {known} in {card}",
                    source=source.key,
                    known=known.key,
                    card=other.folder.name,
                )
                yield Finding(*where, problem, "give one source one name")


def _wordings_complete(cards: Sequence[Card], languages: Mapping[str, str]) -> Iterator[Finding]:
    """Every language has words for every status that a fact of the cards has and a text must say."""
    needed = {fact.status for card in cards for fact in card.facts.values()} - {Status.IN_FORCE, Status.CONFLICTING}
    for language in languages:
        for status in sorted(needed - {Status(key.replace("_", " ")) for key in status_words(language)}):
            problem = said("no words for the status {status!r}", status=status.value)
            yield Finding(WORDINGS, f"{language}.toml", 1, problem, "add how this language says it")


def _facts(card: Card, text: CardText) -> Iterator[Fault]:
    for name, fact in card.facts.items():
        wording = text.wording(name, fact)
        if not occurrences(wording, text.text):
            yield Fault(
                0,
                said("the fact {name} ({wording!r}) is missing", name=name, wording=wording),
                said("write it, or give wordings.{name} in the text's front matter the words used", name=name),
            )


def _names(card: Card, text: CardText) -> Iterator[Fault]:
    for name in text_checks.names_of(card):
        if name.casefold() not in text.text.casefold():
            problem = said("the official name {name!r} is missing", name=name)
            yield Fault(0, problem, "write it as it stands in service.toml")


def _strays(card: Card, text: CardText) -> Iterator[Fault]:
    known = [span for name, fact in card.facts.items() for span in occurrences(text.wording(name, fact), text.text)]
    known += [span for name in card.service.names for span in occurrences(name, text.text)]
    covered = {position for start, end in known for position in range(start, end)}
    for match in _NUMBER.finditer(text.text):
        digits = {p for p in range(*match.span()) if not text.text[p].isspace() and text.text[p] not in ".,:/–-"}
        if not digits <= covered:
            problem = said("the number {number!r} is no fact of the card", number=match[0].strip())
            yield Fault(match.start(), problem, "make it a fact with its source")
    for match in _ADDRESS.finditer(text.text):
        if not set(range(*match.span())) <= covered:
            problem = said("the address {address!r} is no fact of the card", address=match[0])
            yield Fault(match.start(), problem, "make it a fact with its source")


def _statuses(card: Card, text: CardText) -> Iterator[Fault]:
    for name, fact in card.facts.items():
        words = status_words(language_of(text.name)).get(fact.status.value.replace(" ", "_"), ())
        wording = text.wording(name, fact)
        for place, sentence in sentences(text.text) if words else ():
            if place and occurrences(wording, sentence) and not any(word in sentence.lower() for word in words):
                yield Fault(
                    place,
                    said(
                        "the fact {name} is {status}, and its sentence does not say so",
                        name=name,
                        status=fact.status.value,
                    ),
                    said("use one of: {words}", words=", ".join(word.strip() for word in words)),
                )


def _conflicts(card: Card, text: CardText) -> Iterator[Fault]:
    wordings = [text.wording(n, f) for n, f in card.facts.items() if f.status is Status.CONFLICTING]
    for place, sentence in sentences(text.text) if wordings else ():
        held = [wording for wording in wordings if occurrences(wording, sentence)]
        if len(held) == 1:
            yield Fault(
                place,
                said("{wording!r} is conflicting, and its sentence holds no other version", wording=held[0]),
                "put the versions into one sentence: a sentence can be quoted alone",
            )
