"""A new card: a folder with the three files every card begins with, and comments that say what goes where."""

from __future__ import annotations

import re
from pathlib import Path

from corpus.card_schema import SLUG, Audience, Status, Topic
from corpus.documents import InvalidCard

PLACEHOLDER = "Write here"
"""How an entry begins that nobody has filled in yet."""

_SERVICE = """\
# {slug}: one service and its facts. The texts (fi.md, en.md, ...) carry these facts and no other figures.
# A line that begins with # is a comment. docs/corpus.md explains every entry.

slug = "{slug}"

# One of: {topics}
topic = "guidance"

# Where the card holds. An empty list, [], means all of Finland.
municipalities = ["Espoo"]

# Whom the service is for. Any of: {audiences}
audience = ["all"]

# How far the card holds. One of: {statuses}
status = "planned"

# The first and the last day on which the card holds, where they are known.
# valid_from = 2025-01-01
# valid_until = 2026-12-31

# Official names that must stand, spelt like this, in the text of every language.
names = []

# Where to turn: a counter, a unit or a site, never a person.
[contact]
channel = "Write here where to turn"

# Who answers for the service, for which client group of which municipality. The body's official Finnish name
# must stand in every text. Repeat the four lines for every group and municipality.
# [[responsible]]
# group = "all"
# municipality = "Espoo"
# body = "Espoon kaupunki"

# A fact that every text must carry: a figure, a date, a price, a list. Give each a name of its own after the
# dot. `texts` says how a language words it where the value itself cannot stand in its text.
# [facts.length]
# value = "20"
# unit = "weekday"
# status = "in force"
# source = "write-here-the-name-of-a-source-below"
# section = "3 a"

# What the card rests on. For a document that was ingested, `document` is its id, and `name` goes. For a public
# page, `document` is "public"; give it a name, its address and the day on which you read it.
[[sources]]
document = "public"
name = "{slug}-source"
title = "Write here the title of the source"
publisher = "Write here who published it"
# url = "https://www.espoo.fi/..."
# seen = 2026-01-31
"""

_TEXT = """\
+++
# "authored" for a text that a person wrote, "machine, not yet reviewed" for a translation nobody has read,
# "machine, reviewed" with the two lines below for a translation that was read and mended.
translation = "authored"
# reviewed_by_role = "Finnish teacher"
# reviewed_on = 2026-01-31
+++

# {title}

{body}
"""

_BODY = {
    "fi": (
        "Uusi kortti: {slug}",
        "Kirjoita tähän 60–180 sanaa: mikä palvelu on, kenelle se on, miten siihen pääsee, mitä siitä saa ja kuka "
        "siitä vastaa.\n\nNeuvo ei tiedä: kirjoita tähän, mitä tämä kortti ei kerro.",
    ),
    "en": (
        "New card: {slug}",
        "Write 60–180 words here: what the service is, whom it is for, how to get in, what it gives and who is "
        "responsible.\n\nNeuvo does not know: write here what this card does not tell.",
    ),
}
"""The beginnings of a text, by language. They say how long a text is, so that the checks refuse them as they are."""


def new_card(folder: Path, slug: str) -> Path:
    """Make the folder of a new card among the cards in ``folder``. Raises InvalidCard if that cannot be."""
    if not re.fullmatch(SLUG, slug):
        raise InvalidCard(f"{slug!r} is no slug; use small letters a-z, digits and single hyphens between them")
    if not folder.is_dir():
        raise InvalidCard(f"{folder}: no such folder; give the one that holds the cards' folders")
    card = folder / slug
    try:
        card.mkdir()
    except FileExistsError as error:
        raise InvalidCard(f"{slug}: there is such a card already; choose another slug") from error
    lists = {"topics": Topic, "audiences": Audience, "statuses": Status}
    choices = {name: ", ".join(f'"{choice.value}"' for choice in kind) for name, kind in lists.items()}
    (card / "service.toml").write_text(_SERVICE.format(slug=slug, **choices), encoding="utf-8")
    for language, (title, body) in _BODY.items():
        text = _TEXT.format(title=title.format(slug=slug), body=body)
        (card / f"{language}.md").write_text(text, encoding="utf-8")
    return card
