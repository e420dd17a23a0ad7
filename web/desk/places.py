"""The places of the desk, in the order of its navigation, with the roles that may open each."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from web.desk.accounts import Role


@dataclass(frozen=True, slots=True)
class Place:
    """A part of the desk. ``text`` is its name in English, an id of the desk's texts."""

    name: str
    path: str
    text: str
    roles: frozenset[Role]


def _place(name: str, text: str, *roles: Role) -> Place:
    return Place(name, f"/desk/{name}", text, frozenset(roles))


PLACES = (
    _place("ask", "Ask", Role.ADVISOR, Role.EDITOR),
    _place("inbox", "Inbox", Role.ADVISOR),
    _place("review", "Review", Role.ADVISOR, Role.EDITOR, Role.EVALUATOR),
    _place("cards", "Cards", Role.EDITOR),
    _place("insight", "Insight", Role.EDITOR, Role.EVALUATOR, Role.ADMINISTRATOR),
    _place("accounts", "Accounts", Role.ADMINISTRATOR),
    _place("audit", "Audit log", Role.ADMINISTRATOR),
)


def places_for(roles: Collection[Role]) -> tuple[Place, ...]:
    """What somebody with ``roles`` may open, in order."""
    return tuple(place for place in PLACES if not place.roles.isdisjoint(roles))
