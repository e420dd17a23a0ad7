"""Hand-offs to Zammad as tickets, by its REST API: what its agents answer publicly goes to the resident.

https://docs.zammad.org/en/latest/api/intro.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

from web.desk.deliveries import DeliveryError
from web.desk.handing_on import OutsideReply, Parcel
from web.desk.outside import Outside
from web.desk.settings import ZammadSettings

_BREAKS = frozenset({"br", "p", "div", "li", "tr", "h1", "h2", "h3", "blockquote"})
_UNSEEN = frozenset({"script", "style", "head", "title"})


class Zammad:
    """``outside`` signs in with the token."""

    name = "zammad"

    def __init__(self, outside: Outside, settings: ZammadSettings) -> None:
        self._outside = outside
        self._settings = settings

    def deliver(self, parcel: Parcel) -> str | None:
        ticket = _number(parcel.external) or self._find(parcel)
        if parcel.event == "withdrawn":
            if ticket:
                self._remove(ticket)
            return None
        if ticket is None:
            ticket = self._create(parcel)
        elif parcel.event == "message":
            self._append(ticket, parcel)
        return f"zammad {ticket}"

    def replies(self, external: str) -> Sequence[OutsideReply]:
        ticket = _number(external)
        articles = self._outside.call("GET", f"/api/v1/ticket_articles/by_ticket/{ticket}") if ticket else []
        if not isinstance(articles, list):
            raise DeliveryError("no list of articles")
        return [
            OutsideReply(str(article["id"]), text, self._settings.language)
            for article in articles
            if isinstance(article, dict) and article.get("sender") == "Agent" and article.get("internal") is False
            if article.get("type") in ("web", "note", "email")
            if (text := plain(str(article.get("body", "")), str(article.get("content_type", ""))))
        ]

    def _create(self, parcel: Parcel) -> int:
        ticket = self._outside.call(
            "POST",
            "/api/v1/tickets",
            {
                "title": _title(parcel.hand_off),
                "group": self._settings.group,
                "customer_id": self._customer(parcel.email or self._settings.customer),
                "article": _article(parcel, subject=_title(parcel.hand_off)),
            },
        )
        return _id(ticket)

    def _append(self, ticket: int, parcel: Parcel) -> None:
        # The parcel may have arrived before, though the response to it got lost.
        articles = self._outside.call("GET", f"/api/v1/ticket_articles/by_ticket/{ticket}")
        marks = [one.get("subject") for one in articles if isinstance(one, dict)] if isinstance(articles, list) else []
        if parcel.key not in marks:
            article = _article(parcel, subject=parcel.key)
            self._outside.call("POST", "/api/v1/ticket_articles", {"ticket_id": ticket, **article})

    def _remove(self, ticket: int) -> None:
        """The ticket is deleted, or, where the token may not, closed with a note that its words must go."""
        try:
            self._outside.call("DELETE", f"/api/v1/tickets/{ticket}")
        except DeliveryError as error:
            if str(error) == "HTTP 404":
                return
            if str(error) not in ("HTTP 401", "HTTP 403"):
                raise
            note = {"subject": "Neuvo", "body": "Withdrawn by the resident: please delete.", "type": "note"}
            self._outside.call(
                "PUT", f"/api/v1/tickets/{ticket}", {"state": "closed", "article": {**note, "internal": True}}
            )

    def _find(self, parcel: Parcel) -> int | None:
        """The ticket of a hand-off whose creation was answered by nobody but happened."""
        query = urlencode({"query": f'title:"{_title(parcel.hand_off)}"', "limit": 1})
        found = self._outside.call("GET", f"/api/v1/tickets/search?{query}")
        if isinstance(found, dict):
            found = (found.get("assets") or {}).get("Ticket") or {}
            found = list(found.values())
        tickets = [one for one in found or () if isinstance(one, dict) and one.get("title") == _title(parcel.hand_off)]
        return _id(tickets[0]) if tickets else None

    def _customer(self, email: str) -> int:
        found = self._outside.call("GET", f"/api/v1/users/search?{urlencode({'query': email, 'limit': 10})}")
        for user in found if isinstance(found, list) else ():
            if isinstance(user, dict) and str(user.get("email", "")).lower() == email.lower():
                return _id(user)
        return _id(self._outside.call("POST", "/api/v1/users", {"email": email, "roles": ["Customer"]}))


def plain(body: str, content_type: str) -> str:
    """An article's text without markup, what it quotes of the mail before left out."""
    if "html" not in content_type:
        return body.strip()
    reader = _Text()
    reader.feed(body)
    reader.close()
    lines = (re.sub(r"[^\S\n]+", " ", line).strip() for line in "".join(reader.parts).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        quoted = tag == "blockquote" and (self._unseen or ("type", "cite") in attrs)
        if tag in _UNSEEN or quoted:
            self._unseen += 1
        elif tag in _BREAKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if self._unseen and (tag in _UNSEEN or tag == "blockquote"):
            self._unseen -= 1
        elif tag in _BREAKS and tag != "br":
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.parts.append(data.replace("\n", " "))


def _article(parcel: Parcel, subject: str) -> dict[str, Any]:
    return {
        "subject": subject,
        "body": parcel.text,
        "content_type": "text/plain",
        "type": "web",
        "sender": "Customer",
        "internal": False,
    }


def _title(hand_off: str) -> str:
    return f"Neuvo {hand_off}"


def _number(external: str | None) -> int | None:
    name, _, number = (external or "").partition(" ")
    return int(number) if name == "zammad" and number.isdecimal() else None


def _id(thing: Any) -> int:
    if not isinstance(thing, dict) or not isinstance(thing.get("id"), int):
        raise DeliveryError("a response without an id")
    return int(thing["id"])
