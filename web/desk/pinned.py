"""Pinned documents as pages list them."""

from __future__ import annotations

from corpus.documents import Document
from web.desk.accounts import Account
from web.desk.desk import Desk
from web.quotes import find


def pinned(desk: Desk, account: Account) -> list[tuple[str, Document | None]]:
    """Each pinned id with its Document, ``None`` for one that is in no build any more. A card is shown in the
    account's language where it has a text in it."""
    return [(id, find(id, desk.reception.assistant.document)) for id in desk.pins.of(account)]
