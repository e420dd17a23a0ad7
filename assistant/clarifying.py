"""Whose answer it is: which body serves this asker, and what must be known before that can be said.

A service card says who is responsible as data, by client group and municipality (``Document.responsible``), and
in its texts by the bodies' names. Where the bodies differ and the asker has not said what decides, ``undecided``
names the one thing to ask and what holds for each choice; where it is known, ``fitting`` sorts the sentences.
Both rather give no sentence than one that is about somebody else.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cache

from assistant import municipalities
from assistant.questions import Situation
from corpus.documents import Document
from corpus.glossary import load_glossary

CardSentence = tuple[str, int, int]
"""A sentence's text and its place, ``document.text[start:end]``."""

_MOST_MENTIONS = 2
"""A body that more sentences name than these, or that the title names, is what the whole card is about: none of
them says who is responsible."""

_EVERYONE = ("all", "child")
"""Client groups that decide nothing about the asker: a child's service does not depend on the parent's work."""

_STANDS_FOR = {Situation.PENSIONER: Situation.AT_HOME}
"""The cards' group "at_home" is everyone outside the labour force, so it serves pensioners too, unless a card has
an entry of their own. Students are left out: whether they are outside the labour force depends on more."""


@dataclass(frozen=True, slots=True)
class Branch:
    """What holds for the choices ``values``: the responsible bodies, and the sentences that say so, in reading
    order. ``sentences`` is empty where no few sentences say it."""

    values: tuple[str, ...]
    bodies: tuple[str, ...]
    sentences: tuple[CardSentence, ...]


@dataclass(frozen=True, slots=True)
class Undecided:
    """What to ask: the profile's ``field`` ("municipality" or "situation"), and its choices, of which each stands
    in exactly one of ``branches``."""

    field: str
    choices: tuple[str, ...]
    branches: tuple[Branch, ...]


@dataclass(frozen=True, slots=True)
class Fitting:
    """What holds for this asker. ``bodies`` begins with the one that serves their group, before those that serve
    everyone; it is empty where the card does not say. ``first`` says who is responsible, ``left_out`` speaks of
    other bodies only; the sentences in neither hold for everyone."""

    bodies: tuple[str, ...] = ()
    first: tuple[CardSentence, ...] = ()
    left_out: tuple[CardSentence, ...] = ()

    @property
    def body(self) -> str | None:
        """The official Finnish name of the body to turn to first."""
        return self.bodies[0] if self.bodies else None


def undecided(
    document: Document,
    sentences: Sequence[CardSentence],
    municipality: str | None,
    situation: Situation | None,
    *,
    asks_who: bool,
) -> Undecided | None:
    """What must be known before the card ``document`` can answer; ``None`` where nothing is missing.

    ``municipality`` and ``situation`` are what the asker said. ``asks_who`` is whether the question asks who is
    responsible or where to go: any other question has the same answer for everyone.
    """
    if not asks_who or (municipality and situation):
        return None
    table = _bodies(document, municipality, situation)
    if len(set(table.values())) < 2:
        return None
    ask_municipality = not municipality and (bool(situation) or _decided(table, 0) > _decided(table, 1))
    place = 0 if ask_municipality else 1
    choices: dict[str, tuple[str, ...]] = {}
    for key, bodies in table.items():
        value = key[place]
        if value is None:
            return None
        choices[value] = tuple(dict.fromkeys((*choices.get(value, ()), *bodies)))
    grouped: dict[tuple[str, ...], list[str]] = {}
    for value, bodies in choices.items():
        grouped.setdefault(bodies, []).append(value)
    mentions = _mentions(document, sentences)
    return Undecided(
        "municipality" if ask_municipality else "situation",
        tuple(choices),
        tuple(Branch(tuple(v), bodies, _said_of(bodies, document, mentions)) for bodies, v in grouped.items()),
    )


def fitting(
    document: Document,
    sentences: Sequence[CardSentence],
    municipality: str | None,
    situation: Situation | None,
) -> Fitting:
    """What the card ``document`` says for an asker of ``municipality`` and ``situation``.

    Where one of them is not known, what holds either way; an empty Fitting where that differs or the card has
    nothing for them.
    """
    found = set(_bodies(document, municipality, situation).values())
    if len(found) != 1:
        return Fitting()
    [serving] = found
    shared = _shared(document, municipality)
    own = tuple(dict.fromkeys((*serving, *shared)))
    mentions = _mentions(document, sentences)
    return Fitting(
        own,
        _said_of(serving, document, mentions),
        tuple(sentence for sentence, names in mentions if names and names.keys().isdisjoint(own)),
    )


def bodies_named(document: Document, text: str) -> frozenset[str]:
    """The responsible bodies of the card ``document`` that ``text``, in the document's language, names: by their
    official names in any Finnish form, or by the glossary's translation where that can mean no other body."""
    return frozenset(_names(document, text))


# Who is responsible, as data.


def _bodies(
    document: Document, municipality: str | None, situation: Situation | None
) -> dict[tuple[str | None, str | None], tuple[str, ...]]:
    """The bodies for each (municipality, situation) that is compatible with what is known and that the card
    covers. The situation is ``None`` where the card has one answer for everyone."""
    entries = [e for e in document.responsible if municipality is None or e[1].casefold() == municipality.casefold()]
    groups = {group for group, _, _ in document.responsible if group not in _EVERYONE}
    places = tuple(dict.fromkeys(place for _, place, _ in entries))
    if not groups:
        return {(place, None): _shared(document, place) for place in places}
    table: dict[tuple[str | None, str | None], tuple[str, ...]] = {}
    for one in [situation] if situation else list(Situation):
        for place in places:
            for group in (one, _STANDS_FOR.get(one)):
                bodies = tuple(dict.fromkeys(body for g, p, body in entries if g == group and p == place))
                if bodies:
                    table[place, one.value] = bodies
                    break
    return table


def _shared(document: Document, municipality: str | None) -> tuple[str, ...]:
    """The bodies that serve every client group of the municipality, or of any where it is not known."""
    place = municipality and municipality.casefold()
    return tuple(
        dict.fromkeys(b for g, p, b in document.responsible if g in _EVERYONE and place in (None, p.casefold()))
    )


def _decided(table: Mapping[tuple[str | None, str | None], tuple[str, ...]], place: int) -> int:
    """How many entries of the table are certain once the key's part at ``place`` is known."""
    by_value: dict[str | None, list[tuple[str, ...]]] = {}
    for key, bodies in table.items():
        by_value.setdefault(key[place], []).append(bodies)
    return sum(len(found) for found in by_value.values() if len(set(found)) == 1)


# What the texts say.


class _Naming(IntEnum):
    """How a text names a body, the surest first."""

    VERBATIM = 1
    INFLECTED = 2
    TRANSLATED = 3


_Mentions = Sequence[tuple[CardSentence, Mapping[str, _Naming]]]


def _mentions(document: Document, sentences: Iterable[CardSentence]) -> _Mentions:
    """The sentences in reading order, headings left out, each with the bodies it names."""
    headings = [block for block in document.blocks if block.level]
    return [
        (sentence, _names(document, sentence[0]))
        for sentence in sorted(sentences, key=lambda sentence: sentence[1])
        if not any(block.start <= sentence[1] < block.end for block in headings)
    ]


def _said_of(bodies: Sequence[str], document: Document, mentions: _Mentions) -> tuple[CardSentence, ...]:
    """The sentences that say that ``bodies`` are responsible: those that name them in the surest way the card has.

    The sentence before one of them belongs to it where it stands in the same block and names one of them too.
    """
    telling: set[int] = set()
    for body in set(bodies) - _names(document, document.title).keys():
        ways = {place: names[body] for place, (_, names) in enumerate(mentions) if body in names}
        surest = [place for place, way in ways.items() if way is min(ways.values())]
        if len(surest) <= _MOST_MENTIONS:
            telling.update(surest)
    starts = [block.start for block in document.blocks]
    for place in sorted(telling):
        if place:
            (_, start, _), names = mentions[place - 1]
            together = bisect_right(starts, start) == bisect_right(starts, mentions[place][0][1])
            if together and not names.keys().isdisjoint(bodies):
                telling.add(place - 1)
    return tuple(mentions[place][0] for place in sorted(telling))


# How texts name a body.

_LATIN = "a-zà-öø-ɏ"
_ENDING = rf"[{_LATIN}]{{0,7}}(?![{_LATIN}])"
_HYPHEN = r"[-–\u2010]"  # compatibility folding makes the hyphen that does not break one of these
_INVISIBLE = re.compile("[\u200b\u200d-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_BREAK = re.compile(r"[.,;:!?()—،؛。，；：（）]")
_HAN = re.compile("[\u3400-\u9fff]")


def _names(document: Document, text: str) -> dict[str, _Naming]:
    folded = _folded(text)
    found: dict[str, _Naming] = {}
    for body in dict.fromkeys(body for _, _, body in document.responsible):
        if _folded(body) in folded:
            found[body] = _Naming.VERBATIM
        elif _inflected(body).search(folded):
            found[body] = _Naming.INFLECTED
        elif _translated(body, document.language, folded):
            found[body] = _Naming.TRANSLATED
    return found


@cache
def _inflected(body: str) -> re.Pattern[str]:
    """The official name with Finnish endings. Letters of another script may touch it ("由Koto-Espoo")."""
    words = [_HYPHEN.join([*map(re.escape, first), _stem(last)]) for *first, last in _parts(body)]
    return re.compile(rf"(?<![{_LATIN}])" + r"\s+".join(word + _ENDING for word in words))


def _parts(body: str) -> list[list[str]]:
    return [word.split("-") for word in _folded(body).split()]


def _stem(word: str) -> str:
    """What Finnish endings leave of a word: kaupunki, kaupungin; Kauniainen, Kauniaisten."""
    return re.escape(word if len(word) <= 5 else word[:-2] if len(word) <= 8 else word[:-3])


def _translated(body: str, language: str, text: str) -> bool:
    """Whether the folded text has the glossary's word for the body's kind ("employment area").

    A kind that every city has ("integration services") is the body's only beside the name of its municipality.
    """
    first, kind = _parts(body)[0], _parts(body)[-1][-1]
    home = municipalities.named(first[0], _municipality_names()) if len(first) == 1 else set()
    return any(
        not home or municipalities.named(_beside(text, match), _municipality_names()) == home
        for phrase in _phrases(kind, language)
        for match in phrase.finditer(text)
    )


def _beside(text: str, match: re.Match[str]) -> str:
    """The three words before and after the match, up to a break. "Koto-Espoo" beside it names no municipality."""
    before, after = _BREAK.split(text[: match.start()])[-1], _BREAK.split(text[match.end() :])[0]
    if _HAN.search(match[0]):
        return f"{before[-8:]} {after[:8]}"
    return re.sub(rf"{_HYPHEN}\w{{3,}}", "", " ".join([*before.split()[-3:], *after.split()[:3]]))


@cache
def _phrases(kind: str, language: str) -> tuple[re.Pattern[str], ...]:
    """Patterns of the glossary's phrases for a Finnish term, in folded text of a language."""
    table = next((table for term, table in load_glossary().items() if _folded(term) == kind), {})
    return tuple(_phrase(_folded(phrase)) for phrase in table.get(language, ()))


def _phrase(phrase: str) -> re.Pattern[str]:
    if _HAN.search(phrase):
        return re.compile(re.escape(phrase))
    arabic = "\u0600" <= phrase[0] <= "\u06ff"
    words = [re.escape(w if arabic or len(w) <= 4 else w[:-2]) + r"\w{0,5}(?!\w)" for w in phrase.split()]
    before = r"(?<!\w)(?:[وبلفك]|لل)?" if arabic else r"(?<!\w)"
    return re.compile(before + r"[\s-]+".join(words))


@cache
def _municipality_names() -> Mapping[str, tuple[str, ...]]:
    return municipalities.load_names()


def _folded(text: str) -> str:
    """Case, compatibility forms and invisible marks (direction, half-space) tell no names apart."""
    text = unicodedata.normalize("NFKC", text).casefold().replace("\u200c", " ")
    return _INVISIBLE.sub("", text)
