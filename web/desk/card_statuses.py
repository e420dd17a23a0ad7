"""How the texts of a card stand: who wrote them, whether they are behind the Finnish one, what the checks find."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from corpus.card_schema import Translation
from corpus.cards import Card
from corpus.findings import Finding
from corpus.overlays import Overlay

_SERVICE = "service.toml"


class How(StrEnum):
    """How a text came about, and whether there is one."""

    AUTHORED = "authored"
    REVIEWED = "reviewed"
    MACHINE = "machine"
    MISSING = "missing"


_HOW = {
    Translation.AUTHORED: How.AUTHORED,
    Translation.MACHINE: How.MACHINE,
    Translation.REVIEWED: How.REVIEWED,
}


@dataclass(frozen=True, slots=True)
class TextStatus:
    """How a text stands. ``behind``: the Finnish text has changed since; ``conflict``: a newer one is shipped;
    ``changed``: it is not the shipped one; ``findings`` are what the checks find wrong in it."""

    name: str
    title: str
    how: How
    behind: bool = False
    conflict: bool = False
    changed: bool = False
    at: datetime | None = None
    by: str = ""
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class CardStatus:
    """A card with the status of each text that it should have, Finnish first; ``at`` is when it last changed."""

    card: Card
    texts: tuple[TextStatus, ...]
    facts_changed: bool = False
    facts_conflict: bool = False

    @property
    def at(self) -> datetime | None:
        return max((text.at for text in self.texts if text.at), default=None)


def status_of(
    card: Card, overlay: Overlay, names: Sequence[str], check: Callable[[Card], Sequence[Finding]]
) -> CardStatus:
    """The status of a card that should have the texts ``names``. Only a card that was changed is checked: the shipped
    ones were before they were shipped. Raises OverlayError."""
    slug = card.slug
    changed = {file for one, file in overlay.changed() if one == slug}
    found: dict[str, list[Finding]] = {}
    for finding in check(card) if changed else ():
        found.setdefault(finding.file, []).append(finding)
    texts = {text.name: text for text in card.texts}
    statuses = []
    for name in dict.fromkeys((*names, *texts)):
        text, file = texts.get(name), f"{name}.md"
        if text is None:
            statuses.append(TextStatus(name, "", How.MISSING))
            continue
        latest = overlay.latest(slug, file) if file in changed else None
        statuses.append(
            TextStatus(
                name,
                text.title,
                _HOW[text.front.translation],
                behind=bool(changed) and overlay.is_behind(slug, file),
                conflict=file in changed and overlay.in_conflict(slug, file),
                changed=file in changed,
                at=latest.at if latest else None,
                by=latest.by if latest else "",
                findings=tuple(found.get(file, ())),
            )
        )
    facts = _SERVICE in changed
    return CardStatus(card, tuple(statuses), facts, facts and overlay.in_conflict(slug, _SERVICE))
