"""Services that a question calls by their name: "Where is Hello Espoo?" asks about the card of that title.

A proper name stays as it is in every language, so the words that nearly all languages' titles of a card share are its
name. A card that only mentions the service is not what such a question is about, however near its texts are.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence

from assistant.phrases import END, weight, words
from corpus.documents import Document

SHARED = 0.8
"""The share of a card's titles that have the words of its name."""
LEAST_TITLES = 3
"""Titles that can tell what is a name among them."""
_LONG = 6
"""Letters that a name has at least, and its last word where it may take an ending ("Testipisteeseen"). What is shorter
is a body rather than a service (LUVN), or a word as well: "koske" also begins a Finnish verb."""
_ENDING = 5
_LITTLE = 2
"""Words beside its name that ask about a service as such: where, what, and a verb."""

Name = tuple[str, ...]


class ServiceNames:
    """The names in the titles of the cards among ``documents``; those in ``places`` name no service by themselves."""

    def __init__(self, documents: Iterable[Document], places: Collection[str] = ()) -> None:
        titles: dict[str, list[list[str]]] = defaultdict(list)
        for document in documents:
            if document.card:
                titles[document.card].append(words(document.title))
        self._cards: dict[Name, set[str]] = defaultdict(set)
        for card, found in titles.items():
            for name in _names(found):
                if len("".join(name)) >= _LONG and not all(word.startswith(tuple(places)) for word in name):
                    self._cards[name].add(card)

    def cards(self, text: str) -> frozenset[str]:
        """The slugs of the cards whose names ``text`` holds; of names within each other the longest."""
        return frozenset(card for name in self._said(words(text)) for card in self._cards[name])

    def only(self, text: str) -> bool:
        """Whether ``text`` says little else than one service's name ("Where is Hello Espoo?")."""
        said = [word for word in words(text) if word != END]
        names = self._said(said)
        return len(names) == 1 and sum(map(weight, said)) - sum(map(weight, names[0])) <= _LITTLE

    def _said(self, said: Sequence[str]) -> list[Name]:
        found = [name for name in self._cards if any(_at(name, said, place) for place in range(len(said)))]
        return [name for name in found if not any(set(name) < set(other) for other in found)]


def _names(titles: Sequence[Sequence[str]]) -> Iterator[Name]:
    """The runs of words that nearly all titles share."""
    if len(titles) < LEAST_TITLES:
        return
    counts = Counter(word for title in titles for word in set(title) if word != END)
    shared = {word for word, count in counts.items() if count >= SHARED * len(titles)}
    runs: Counter[Name] = Counter()
    for title in titles:
        run: list[str] = []
        for word in [*title, END]:
            if word in shared:
                run.append(word)
            elif run:
                runs[tuple(run)] += 1
                run = []
    yield from (run for run, count in runs.items() if count >= len(titles) / 2)


def _at(name: Name, said: Sequence[str], place: int) -> bool:
    there = said[place : place + len(name)]
    return tuple(there[:-1]) == name[:-1] and bool(there) and _is(there[-1], name[-1])


def _is(word: str, last: str) -> bool:
    return word == last or (len(last) >= _LONG and word.startswith(last) and len(word) <= len(last) + _ENDING)
