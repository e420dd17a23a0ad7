"""Cards as plain pages that an editor reads and prints: one page per card and text, and an index of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import jinja2

from corpus.card_schema import Translation
from corpus.cards import Card, CardText
from corpus.documents import BlockKind
from corpus.exports import record
from web.views import web_url

_TEMPLATES = Path(__file__).parent / "templates" / "corpus"


class Language(Protocol):
    """What a page says of its language: its name in English and its direction ("ltr" or "rtl")."""

    @property
    def english_name(self) -> str: ...
    @property
    def direction(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Part:
    """A heading (``level`` above 0), a paragraph (``text`` alone) or a list (``entries``)."""

    text: str = ""
    level: int = 0
    entries: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """A text among the texts of its card. ``read`` unless it is a translation nobody has reviewed."""

    name: str
    lang: str
    called: str
    read: bool


def write_pages(
    cards: Sequence[Card], folder: Path, languages: Mapping[str, Language], wanted: Collection[str] | None = None
) -> int:
    """Write ``<slug>/<text>.html`` and ``index.html``; how many texts were written. ``wanted`` limits languages."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["web_url"] = web_url
    listed = []
    written = 0
    for card in cards:
        texts = [text for text in card.texts if wanted is None or text.language in wanted]
        if not texts:
            continue
        links = [_link(text, languages) for text in texts]
        (folder / card.slug).mkdir(parents=True, exist_ok=True)
        for text in texts:
            page = environment.get_template("card.html").render(
                entry=record(card, text),
                parts=_parts(text),
                others=links,
                lang=text.language,
                dir=_direction(text.language, languages),
            )
            (folder / card.slug / f"{text.name}.html").write_text(page, encoding="utf-8")
        written += len(texts)
        listed.append(
            {
                "slug": card.slug,
                "title": texts[0].title,
                "lang": texts[0].language,
                "dir": _direction(texts[0].language, languages),
                "status": card.service.status.value,
                "municipalities": card.service.municipalities,
                "texts": links,
            }
        )
    folder.mkdir(parents=True, exist_ok=True)
    index = environment.get_template("index.html").render(cards=listed, lang="en", dir="ltr")
    (folder / "index.html").write_text(index, encoding="utf-8")
    return written


def _parts(text: CardText) -> list[Part]:
    """The text after its title, the items of a list together."""
    parts: list[Part] = []
    for block in text.blocks[1:]:
        words = text.text[block.start : block.end]
        if block.kind is not BlockKind.ITEM:
            level = max(block.level, 2) if block.kind is BlockKind.HEADING else 0
            parts.append(Part(words, level))
        elif parts and parts[-1].entries:
            parts[-1] = Part(entries=(*parts[-1].entries, words))
        else:
            parts.append(Part(entries=(words,)))
    return parts


def _link(text: CardText, languages: Mapping[str, Language]) -> Link:
    called = languages[text.language].english_name if text.language in languages else text.language
    if text.name != text.language:
        called = f"{called} ({text.name.partition('-')[2]})"
    return Link(text.name, text.language, called, text.front.translation is not Translation.MACHINE)


def _direction(language: str, languages: Mapping[str, Language]) -> str:
    return languages[language].direction if language in languages else "auto"
