"""Cards as plain values, one record per card and text: for other programs, and for pages to read."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

from corpus.cards import Card, CardText


def records(cards: Sequence[Card], languages: Collection[str] | None = None) -> Iterator[dict[str, Any]]:
    """A record of every text, in the cards' order. ``languages`` limits them."""
    for card in cards:
        for text in card.texts:
            if languages is None or text.language in languages:
                yield record(card, text)


def record(card: Card, text: CardText) -> dict[str, Any]:
    """One text with everything that is known of its card; dates as "2025-01-31"."""
    service = card.service.model_dump(mode="json")
    titles = {source.key: source.described for source in card.sources}
    facts = [
        {
            "name": name,
            "wording": text.wording(name, fact),
            **fact.model_dump(mode="json", exclude={"texts"}),
            "source_title": titles[fact.source],
        }
        for name, fact in card.facts.items()
    ]
    return {
        "card": card.slug,
        "text_name": text.name,
        "language": text.language,
        "title": text.title,
        "body": text.body,
        **text.front.model_dump(mode="json", exclude={"wordings"}),
        **{key: value for key, value in service.items() if key not in {"slug", "facts"}},
        "facts": facts,
    }


def write_jsonl(cards: Sequence[Card], file: Path, languages: Collection[str] | None = None) -> int:
    """Write the records, one JSON object a line. How many were written."""
    lines = [json.dumps(entry, ensure_ascii=False) + "\n" for entry in records(cards, languages)]
    file.write_text("".join(lines), encoding="utf-8")
    return len(lines)
