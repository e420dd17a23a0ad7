"""Service cards: one service, one set of facts (``service.toml``), one text in every language (``fi.md``).

A folder of cards holds one folder per card, named after the card's slug::

    services/integration-training/service.toml   facts, responsible bodies, sources (Service)
    services/integration-training/fi.md          front matter between +++ lines, then Markdown (CardText)
    services/integration-training/en.md

What a card must say is checked here, when it is loaded; whether its texts carry its facts, and nothing but
its facts, is checked by ``corpus.checks``.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from corpus.card_markdown import laid_out
from corpus.card_schema import (
    Fact,
    FrontMatter,
    Responsible,
    Service,
    Source,
    Translation,
    language_of,
    validated,
)
from corpus.documents import Block, BlockKind, Document, InvalidCard

PUBLISHER = "Neuvo"
LICENCE = "MIT"
KIND = "service card"
REQUIRED_LANGUAGES = ("fi", "en")
"""Texts without which a card does not load."""

_SERVICE_FILE = "service.toml"
_TEXT_NAME = re.compile(r"[a-z]{2,3}(-[a-z]+)?")
_FENCE = "+++"


@dataclass(frozen=True, slots=True)
class CardText:
    """A card's text in one language, without markup. ``name`` is the file's ("en", "fi-selko").

    ``text`` begins with the title as a heading; ``blocks`` are its parts, ``text[start:end]`` each. ``lines``
    are pairs of a place in ``text`` and the number of the file's line that begins there.
    """

    name: str
    title: str
    text: str
    blocks: tuple[Block, ...]
    front: FrontMatter
    lines: tuple[tuple[int, int], ...] = ()

    @property
    def language(self) -> str:
        return language_of(self.name)

    def wording(self, name: str, fact: Fact) -> str:
        """How this text words the card's fact of that name."""
        return self.front.wordings.get(name) or fact.wording(self.name)

    @property
    def body(self) -> str:
        """The text after the title."""
        return self.text[self.blocks[0].end :].strip()

    def line(self, place: int) -> int:
        """The number of the file's line on which ``text[place]`` stands; 1 where that is not known."""
        before = bisect_right(self.lines, place, key=lambda line: line[0])
        return self.lines[max(before - 1, 0)][1] if self.lines else 1


@dataclass(frozen=True, slots=True)
class Layers:
    """Where a card's files are: in ``folder``; one that is in ``overlay``, too, is used instead."""

    folder: Path
    overlay: Path | None = None

    def file(self, name: str) -> Path:
        """The file of this name that is used, whether there is one or not."""
        above = self.overlay / name if self.overlay else None
        return above if above and above.is_file() else self.folder / name

    def texts(self) -> tuple[Path, ...]:
        """The files of its texts, by name, those without which no card loads first."""
        names = {path.name for place in (self.folder, self.overlay) if place for path in place.glob("*.md")}
        order = {f"{language}.md": rank for rank, language in enumerate(REQUIRED_LANGUAGES)}
        return tuple(self.file(name) for name in sorted(names, key=lambda name: (order.get(name, len(order)), name)))


@dataclass(frozen=True, slots=True)
class Card:
    """A service with its texts. ``folder`` is where it was read from, ``overlay`` the folder of what was changed."""

    service: Service
    texts: tuple[CardText, ...]
    folder: Path
    search_words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By language: what people type who need the service and do not know its name. Searched, never shown."""
    overlay: Path | None = None

    @property
    def slug(self) -> str:
        return self.service.slug

    def file(self, name: str) -> Path:
        """Where one of its files was read from."""
        return Layers(self.folder, self.overlay).file(name)

    @property
    def sources(self) -> tuple[Source, ...]:
        return self.service.sources

    @property
    def facts(self) -> dict[str, Fact]:
        return self.service.facts

    @property
    def responsible(self) -> tuple[Responsible, ...]:
        return self.service.responsible

    def text(self, name: str) -> CardText:
        """The text of this name. Raises KeyError if the card has none."""
        for text in self.texts:
            if text.name == name:
                return text
        raise KeyError(name)

    def documents(self) -> tuple[Document, ...]:
        """One Document per text, with the id ``card-<slug>-<text name>``."""
        service = self.service
        return tuple(
            Document(
                id=f"card-{self.slug}-{text.name}",
                title=text.title,
                text=text.text,
                language=text.language,
                blocks=text.blocks,
                publisher=PUBLISHER,
                municipalities=service.municipalities,
                kind=KIND,
                status=service.status.value,
                valid_from=service.valid_from,
                valid_until=service.valid_until,
                licence=LICENCE,
                url=service.url,
                card=self.slug,
                source=f"{self.slug}/{text.name}.md",
                machine_translated=text.front.translation is Translation.MACHINE,
                reviewed=text.front.reviewed_on if text.front.translation is Translation.REVIEWED else None,
                search_words=self.search_words.get(text.name, ()),
                based_on=tuple(source.described for source in self.sources),
                facts=tuple((text.wording(name, fact), fact.status.value) for name, fact in self.facts.items()),
                responsible=tuple((entry.group.value, entry.municipality, entry.body) for entry in self.responsible),
            )
            for text in self.texts
        )


def shipped_cards() -> Path:
    """The folder of the cards that come with the package."""
    return Path(__file__).parent / "services"


def load_cards(folder: Path | None = None, overlay: Path | None = None) -> tuple[Card, ...]:
    """All cards of a folder (the shipped ones by default), by slug. ``overlay`` is a folder like it: its files are used
    instead of those there, and its cards besides.

    Raises InvalidCard for the first card that is incomplete or contradicts itself.
    """
    folder = shipped_cards() if folder is None else folder
    if not folder.is_dir():
        raise InvalidCard(f"{folder}: no such folder; give the one that holds the cards' folders")
    services: dict[Layers, Service] = {}
    owners: dict[str, Path] = {}
    for layers in _layers(folder, overlay):
        path, service = layers.folder, _read_service(layers)
        if service.slug in owners:
            first = owners[service.slug].name
            raise InvalidCard(
                f"{path.name}/{_SERVICE_FILE}: the slug {service.slug!r} is that of the card in {first} too; "
                "give each card its own"
            )
        owners[service.slug] = path
        services[layers] = service
    for layers, service in services.items():
        name = layers.folder.name
        if name != service.slug:
            raise InvalidCard(f"{name}/{_SERVICE_FILE}: the slug is {service.slug!r}; name folder and slug alike")
    words = _read_search_words(folder.parent / "search_words", {service.slug for service in services.values()})
    return tuple(
        Card(
            service,
            _read_texts(layers),
            layers.folder,
            {code: table.get(service.slug, ()) for code, table in words.items()},
            layers.overlay,
        )
        for layers, service in services.items()
    )


def _layers(folder: Path, overlay: Path | None) -> list[Layers]:
    """The cards' places by name. What is left of changes to a card that is no longer shipped is no card."""
    found = {path.name: Layers(path) for path in folder.iterdir() if _is_card(path)}
    for path in overlay.iterdir() if overlay and overlay.is_dir() else ():
        if not _is_card(path):
            continue
        if path.name in found:
            found[path.name] = Layers(found[path.name].folder, path)
        elif (path / _SERVICE_FILE).is_file():
            found[path.name] = Layers(path)
    return [found[name] for name in sorted(found)]


def _is_card(path: Path) -> bool:
    return path.is_dir() and not path.name.startswith((".", "_"))


def _read_search_words(folder: Path, slugs: Collection[str]) -> dict[str, dict[str, tuple[str, ...]]]:
    """By language and slug, from ``<language>.toml`` in ``folder``; nothing where there is no such folder."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for path in sorted(folder.glob("*.toml")):
        where = f"{folder.name}/{path.name}"
        try:
            table = tomllib.loads(_read(path))
        except tomllib.TOMLDecodeError as error:
            raise InvalidCard(f"{where}: not TOML: {error}") from error
        for slug, words in table.items():
            if slug not in slugs:
                raise InvalidCard(f"{where}: no card is called {slug!r}; name a folder of {folder.parent}/services")
            if not isinstance(words, list) or not all(isinstance(word, str) and word.strip() for word in words):
                raise InvalidCard(f'{where}: {slug}: must be a list of texts; write ["...", "..."]')
        found[path.stem] = {slug: tuple(words) for slug, words in table.items()}
    return found


def _read_service(layers: Layers) -> Service:
    return parse_service(_read(layers.file(_SERVICE_FILE)), layers.folder.name)


def parse_service(toml: str, slug: str) -> Service:
    """What a ``service.toml`` says. Raises InvalidCard."""
    return validated(Service, toml, f"{slug}/{_SERVICE_FILE}")


def _read_texts(layers: Layers) -> tuple[CardText, ...]:
    for language in REQUIRED_LANGUAGES:
        if not layers.file(f"{language}.md").is_file():
            raise InvalidCard(f"{layers.folder.name}/{language}.md: missing; write the card's text in this language")
    return tuple(parse_text(_read(path), layers.folder.name, path.stem) for path in layers.texts())


def parse_text(whole: str, slug: str, name: str) -> CardText:
    """A text's file, front matter and Markdown. Raises InvalidCard."""
    where = f"{slug}/{name}.md"
    if not _TEXT_NAME.fullmatch(name):
        raise InvalidCard(f"{where}: not a language; name the file like fi.md, or remove it")
    opening, fence, rest = whole.lstrip().partition(f"{_FENCE}\n")
    front, closing, markdown = rest.partition(f"\n{_FENCE}\n")
    if opening or not fence or not closing:
        raise InvalidCard(f'{where}: no front matter; begin with +++, translation = "authored", +++')
    matter = validated(FrontMatter, front, where)
    text, blocks, lines = laid_out(markdown, whole.count("\n", 0, len(whole) - len(markdown)) + 1)
    if not blocks or blocks[0].kind is not BlockKind.HEADING or blocks[0].level != 1:
        raise InvalidCard(f"{where}: no title; begin the text with a line '# Title'")
    if len(blocks) == 1:
        raise InvalidCard(f"{where}: a title without a text; write the text below it")
    return CardText(name, text[blocks[0].start : blocks[0].end], text, blocks, matter, lines)


def _read(path: Path) -> str:
    where = f"{path.parent.name}/{path.name}"
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise InvalidCard(f"{where}: missing; every card's folder holds one") from error
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidCard(f"{where}: unreadable ({error}); save it as UTF-8 text") from error
