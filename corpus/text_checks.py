"""Is a card's text in its language, of the right length, easy to read and without people in it?

Every rule yields one Fault per mistake; ``corpus.checks`` runs them.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from corpus.card_schema import Service, Translation
from corpus.cards import Card, CardText
from corpus.findings import Fault, said

Identify = Callable[[str], str]
"""A text's language code."""

ENOUGH_LETTERS = 60
"""A paragraph's letters from which its language can be told; official names do not count."""
_ENOUGH_HAN = 20

_FOREIGN_SHARE = 0.7
"""A sentence of which more than this is in another script is not in the text's language."""
_FOREIGN_LETTERS = 20
"""Fewer may be a name or a term."""
_HAN_WEIGHT = 3
"""An ideograph says about as much as three letters."""

SCRIPTS: dict[str, tuple[tuple[int, int], ...]] = {
    "Latn": ((0x0041, 0x024F), (0x02B0, 0x02FF), (0x1E00, 0x1EFF), (0xFB00, 0xFB06)),
    "Cyrl": ((0x0400, 0x052F),),
    "Arab": ((0x0600, 0x077F), (0x08A0, 0x08FF), (0xFB50, 0xFDFF), (0xFE70, 0xFEFE)),
    "Hans": ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0x20000, 0x31FFF)),
}
"""A script's blocks in the Unicode standard, first and last code point, by its ISO 15924 code."""

_SENTENCE = re.compile(r"\S(?:.*?[^\s])??(?:[。！？]+|[.!?؟।]+(?=\s)|$)", re.MULTILINE)
_LATIN_CYRILLIC = re.compile(r"[A-Za-z][\u0400-\u052f]|[\u0400-\u052f][A-Za-z]")
_PERSONAL_MAILBOX = re.compile(r"[\w+-]+\.[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PAIR = re.compile(r"\b([^\W\d_][\w'’-]*)[ \u00a0]+(?=([^\W\d_][\w'’-]*))")


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a text keeps to. ``sentence`` is the mean length of its sentences at most, in ``unit``."""

    unit: str
    length: tuple[int, int]
    sentence: float
    foreign_letters: str


@cache
def bounds(text_name: str) -> Bounds:
    """The bounds of the texts of this name ("en", "fi-selko"), from ``corpus/bounds.toml``."""
    table = _data("bounds.toml")
    merged: dict[str, Any] = {}
    for name in dict.fromkeys(("default", text_name.partition("-")[0], text_name)):
        merged |= table.get(name, {})
    least, most = merged["length"]
    return Bounds(merged["unit"], (least, most), merged["sentence"], merged["foreign_letters"])


def sentences(text: str) -> Iterator[tuple[int, str]]:
    """The sentences of a text, each with its place."""
    for match in _SENTENCE.finditer(text):
        yield match.start(), match[0]


def length(card: Card, text: CardText) -> Iterator[Fault]:
    """The text is neither too short to answer nor too long to read."""
    limits = bounds(text.name)
    size, (least, most) = _size(text.body, limits.unit), limits.length
    if not least <= size <= most:
        problem = said("{size} {unit}", size=size, unit=limits.unit)
        yield Fault(0, problem, said("write {least}-{most}", least=least, most=most))


def reading_ease(card: Card, text: CardText) -> Iterator[Fault]:
    """Sentences are short on average."""
    limits = bounds(text.name)
    sizes = [(_size(sentence, limits.unit), place) for place, sentence in sentences(text.text) if place]
    if not sizes:
        return
    mean = sum(size for size, _ in sizes) / len(sizes)
    if mean > limits.sentence:
        yield Fault(
            max(sizes)[1],
            said(
                "sentences of {mean:.1f} {unit} on average; the longest, of {longest}, is here",
                mean=mean,
                unit=limits.unit,
                longest=max(sizes)[0],
            ),
            said("split the longest ones, to {limit:g} on average", limit=limits.sentence),
        )


def letters(card: Card, text: CardText) -> Iterator[Fault]:
    """No letters that belong to a neighbouring language, no digits but 0-9."""
    foreign = set(bounds(text.name).foreign_letters)
    own = _without_names(card, text)
    for place, character in enumerate(own):
        if character in foreign:
            problem = said("the letter {letter!r} is not of this language", letter=character)
            yield Fault(place, problem, said("write {word!r} anew", word=_word(own, place)))
        elif character.isdecimal() and not character.isascii():
            digit = unicodedata.decimal(character)
            mend = said("write the Western digit {digit}", digit=digit)
            yield Fault(place, said("the digit {digit!r}", digit=character), mend)


def script(card: Card, text: CardText, code: str) -> Iterator[Fault]:
    """The text is in its language's script, ``code`` in ISO 15924; names may be in Latin."""
    if code not in SCRIPTS:
        return
    own = _without_names(card, text)
    for place, character in enumerate(own):
        if character.isalpha() and not _within(character, code) and not _within(character, "Latn"):
            problem = said("the letter {letter!r} is not {script}", letter=character, script=code)
            yield Fault(place, problem, said("write {word!r} in {script}", word=_word(own, place), script=code))
            break
    for mixed in _LATIN_CYRILLIC.finditer(own):
        problem = said("{word!r} mixes Latin and Cyrillic letters", word=_word(own, mixed.start()))
        yield Fault(mixed.start(), problem, "write it in one script")
    if code == "Latn":
        return
    weight = _HAN_WEIGHT if code == "Hans" else 1
    for place, sentence in sentences(own):
        ours = weight * sum(character.isalpha() and _within(character, code) for character in sentence)
        strange = sum(character.isalpha() and not _within(character, code) for character in sentence)
        if strange >= _FOREIGN_LETTERS and strange > _FOREIGN_SHARE * (ours + strange):
            yield Fault(place, said("a sentence that is not in {script}", script=code), "translate it")


def language(card: Card, text: CardText, identify: Identify) -> Iterator[Fault]:
    """The whole text, and every paragraph long enough to tell, is in the text's language."""
    found = identify(text.body)
    if found != text.language:
        problem = said("the text is in {found!r}, not in {language!r}", found=found, language=text.language)
        yield Fault(0, problem, "translate it, or rename the file")
        return
    own = _without_names(card, text)
    for block in text.blocks[1:]:
        part = " ".join(own[block.start : block.end].split())
        enough = _ENOUGH_HAN if any(_within(character, "Hans") for character in part) else ENOUGH_LETTERS
        if sum(map(str.isalpha, part)) < enough:
            continue
        found = identify(part)
        if found != text.language:
            problem = said("this paragraph is in {found!r}, not in {language!r}", found=found, language=text.language)
            yield Fault(block.start, problem, "translate it")


def people(card: Card, text: CardText) -> Iterator[Fault]:
    """No names, no e-mail addresses of persons."""
    yield from _mailboxes(text.text)
    yield from _persons(_without_names(card, text))


def people_in_service(service: Service) -> Iterator[Fault]:
    """No names, no e-mail addresses of persons among a service's facts and contact."""
    said = {f"facts.{name}": " ".join((fact.value, *fact.texts.values())) for name, fact in service.facts.items()}
    said["contact"] = f"{service.contact.channel} {service.contact.url or ''}"
    for key, words in said.items():
        yield from (fault._replace(place=key) for fault in (*_mailboxes(words), *_persons(words)))


def review(card: Card, text: CardText, today: date) -> Iterator[Fault]:
    """The front matter's record of a review is whole, and of the past."""
    front = text.front
    record = {"reviewed_by_role": front.reviewed_by_role, "reviewed_on": front.reviewed_on}
    missing = [key for key, value in record.items() if value is None]
    given = [key for key, value in record.items() if value is not None]
    if front.translation is Translation.MACHINE and given:
        yield Fault(
            given[0],
            said("{key} stands in a text that is {translation!r}", key=given[0], translation=front.translation.value),
            said('write translation = "{reviewed}", or remove it', reviewed=Translation.REVIEWED.value),
        )
    elif missing and (given or front.translation is Translation.REVIEWED):
        yield Fault("translation", said("reviewed, without {missing}", missing=" and ".join(missing)), "add it below")
    if front.reviewed_on and front.reviewed_on > today:
        problem = said("{day} has not come yet", day=front.reviewed_on)
        yield Fault("reviewed_on", problem, "write the day of the review")
    role = front.reviewed_by_role or ""
    yield from (fault._replace(place="reviewed_by_role") for fault in (*_mailboxes(role), *_persons(role)))
    for name in front.wordings:
        if name not in card.facts:
            problem = said("wordings.{name} is the wording of no fact", name=name)
            yield Fault(name, problem, "remove it, or name the fact as it is")


def names_of(card: Card) -> tuple[str, ...]:
    """Official names and responsible bodies, longest first."""
    names = {*card.service.names, *(entry.body for entry in card.responsible)}
    return tuple(sorted(names, key=lambda name: (-len(name), name)))


def _mailboxes(words: str) -> Iterator[Fault]:
    for match in _PERSONAL_MAILBOX.finditer(words):
        problem = said("the personal address {address!r}", address=match[0])
        yield Fault(match.start(), problem, "name the counter, the unit or the site")


def _persons(words: str) -> Iterator[Fault]:
    for match in _PAIR.finditer(words):
        if match[1] in _given_names() and match[2][0].isupper():
            problem = said("{person!r} looks like a person's name", person=f"{match[1]} {match[2]}")
            yield Fault(match.start(), problem, "name the role or the unit")


def _without_names(card: Card, text: CardText) -> str:
    """The text with official names blanked out, every place unchanged."""
    words = text.text
    for name in names_of(card):
        words = re.sub(re.escape(name), lambda match: " " * len(match[0]), words, flags=re.IGNORECASE)
    return words


def _size(words: str, unit: str) -> int:
    return sum(map(str.isalnum, words)) if unit == "characters" else len(words.split())


def _within(character: str, script_code: str) -> bool:
    return any(first <= ord(character) <= last for first, last in SCRIPTS[script_code])


def _word(words: str, place: int) -> str:
    """The word that stands at a place, cut to what can be read in one line."""
    start = max(words.rfind(" ", 0, place), words.rfind("\n", 0, place)) + 1
    return words[start:].split(maxsplit=1)[0][:30]


@cache
def _given_names() -> frozenset[str]:
    return frozenset(_data("given_names.toml")["names"].split())


def _data(name: str) -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / name).read_text(encoding="utf-8"))
