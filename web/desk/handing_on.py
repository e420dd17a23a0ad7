"""Handing on: other systems that hand-offs go to, behind one contract. The desk's own inbox is the one that needs
nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from web.desk.deliveries import Delivery, DeliveryError
from web.desk.finnish import finnish_of
from web.desk.hand_off import HandOff, HandOffError, Message, NoHandOff
from web.desk.hand_offs import HandOffs
from web.desk.replies import Translates, rendered
from web.guard import log_failure

Event = Literal["created", "message", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Parcel:
    """What another system is told. ``key`` is the same for each try. ``content`` is the hand-off as JSON and ``text``
    the same for people, both masked and without an e-mail address; both empty where it was withdrawn."""

    key: str
    event: Event
    hand_off: str
    external: str | None = None
    content: Mapping[str, Any] | None = None
    text: str = ""
    email: str | None = None


@dataclass(frozen=True, slots=True)
class OutsideReply:
    """What somebody wrote at another system. ``id`` is that system's."""

    id: str
    text: str
    language: str


class HandOffTarget(Protocol):
    """Another system. Blocks."""

    @property
    def name(self) -> str:
        """What its deliveries are known by."""

    def deliver(self, parcel: Parcel) -> str | None:
        """What the system calls the hand-off, if it says. The same parcel may come again. Raises DeliveryError."""

    def replies(self, external: str) -> Sequence[OutsideReply]:
        """Everything that was said to the resident there, the oldest first. Raises DeliveryError."""


class DeskInbox:
    """The desk itself: what is in the database is in its inbox."""

    name = "inbox"

    def deliver(self, parcel: Parcel) -> str | None:
        return None

    def replies(self, external: str) -> Sequence[OutsideReply]:
        return ()


Packs = Callable[[HandOff, Sequence[Message], Event], str]
"""Writes a hand-off, and those of its messages that are told of, for people at another system."""


class TargetCarrier:
    """Brings deliveries to a target, and replies back. ``read`` gets a hand-off with its Finnish, ``pack`` writes it
    as text."""

    def __init__(
        self,
        target: HandOffTarget,
        hand_offs: HandOffs,
        read: Callable[[str], HandOff],
        translator: Translates,
        pack: Packs,
    ) -> None:
        self._target = target
        self._hand_offs = hand_offs
        self._read = read
        self._translator = translator
        self._pack = pack

    def carry(self, delivery: Delivery) -> str | None:
        key = f"{delivery.hand_off}-{delivery.event}-{delivery.message or 0}"
        if delivery.event == "withdrawn":
            self._target.deliver(Parcel(key, "withdrawn", delivery.hand_off, delivery.external))
            return None
        try:
            found = self._read(delivery.hand_off)
        except NoHandOff:
            return None
        event: Event = "created" if delivery.event == "created" else "message"
        # What was added later has a delivery of its own.
        said = [
            message
            for message in found.messages
            if (message.id == delivery.message if delivery.message else message.at == found.created)
        ]
        parcel = Parcel(
            key,
            event,
            found.id,
            found.external,
            content_of(found, said, whole=event == "created"),
            self._pack(found, said, event),
            found.email,
        )
        return self._target.deliver(parcel) or found.external

    def fetch(self) -> int:
        """Bring the replies that are new; how many."""
        new = 0
        for id, external, language in self._hand_offs.outside():
            try:
                for reply in self._target.replies(external):
                    rendering = rendered(reply.text, reply.language, language, self._translator)
                    sent_as = f"{self._target.name} {reply.id}"
                    new += self._hand_offs.reply(id, None, reply.text, reply.language, rendering, sent_as=sent_as)
            except (DeliveryError, HandOffError) as error:
                log_failure(f"Fetching replies from {self._target.name}", error)
        return new


def content_of(found: HandOff, said: Sequence[Message], *, whole: bool) -> dict[str, Any]:
    """The hand-off as JSON, without an address, a token or an advisor's name; ``whole`` with the transcript."""
    messages = [
        {
            "at": message.at.isoformat(),
            "text": message.text,
            "language": message.language,
            "finnish": finnish_of(message),
        }
        for message in said
    ]
    content: dict[str, Any] = {
        "id": found.id,
        "created": found.created.isoformat(),
        "reason": found.reason,
        "language": found.language,
        "municipality": found.municipality,
        "situation": found.situation,
        "messages": messages,
    }
    return content | ({"transcript": found.transcript} if whole else {})
