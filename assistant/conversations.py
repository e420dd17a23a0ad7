"""What conversations were about, for as long as a follow-up may need it. In memory only, never on disk."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from weakref import WeakSet

from assistant.questions import Situation

MOST_TURNS = 3
"""Turns kept of a conversation, the latest."""

LIFETIME = 30 * 60.0
"""Seconds after its last message at which a conversation is forgotten."""

MOST_CONVERSATIONS = 2000
"""Conversations kept at a time; the one silent for longest goes first."""


@dataclass(frozen=True, slots=True)
class PastTurn:
    """A question that was answered.

    ``question`` is its text with personal data masked, ``language`` the answer's code, ``sources`` the slugs of
    the cards or the ids of the documents the answer came from, best first, ``municipalities`` those it named.
    """

    question: str
    language: str
    sources: tuple[str, ...] = ()
    municipalities: frozenset[str] = frozenset()
    situation: Situation | None = None
    shown: frozenset[tuple[str, int]] = frozenset()
    """The sentences that answered it: document and place."""


@dataclass(eq=False)
class Ticket:
    """A question of the conversation ``id`` that is being answered. ``forgotten``: the conversation was forgotten
    since the question came, so that its answer must not be remembered."""

    id: str
    forgotten: bool = False


class Conversations:
    """The last turns of each conversation, by its id. Safe to use from several threads.

    At most ``MOST_TURNS`` of each of ``MOST_CONVERSATIONS``, for ``LIFETIME`` seconds after the last message. They
    live in this process's memory and end with it. ``clock`` gives seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._kept: OrderedDict[str, tuple[float, tuple[PastTurn, ...]]] = OrderedDict()
        """The latest last: time of the last message, and turns."""
        self._answering: WeakSet[Ticket] = WeakSet()

    def begin(self, id: str) -> Ticket:
        """A question of the conversation came; keep the ticket until its answer is remembered."""
        ticket = Ticket(id)
        with self._lock:
            self._answering.add(ticket)
        return ticket

    def remember(self, conversation: str | Ticket, turn: PastTurn) -> None:
        """Add ``turn`` to a conversation, which begins with it if it is not known.

        Nothing is added by the ticket of a conversation that was forgotten since.
        """
        with self._lock:
            if isinstance(conversation, Ticket):
                if conversation.forgotten:
                    return
                conversation = conversation.id
            id = conversation
            now = self._drop_expired()
            _, turns = self._kept.pop(id, (now, ()))
            self._kept[id] = (now, (*turns, turn)[-MOST_TURNS:])
            while len(self._kept) > MOST_CONVERSATIONS:
                self._kept.popitem(last=False)

    def recall(self, id: str) -> tuple[PastTurn, ...]:
        """The last turns of a conversation, oldest first; none of one that is unknown or forgotten."""
        with self._lock:
            self._drop_expired()
            return self._kept[id][1] if id in self._kept else ()

    def forget(self, id: str) -> None:
        """Forget a conversation now, and what is being answered in it. Nothing happens to one that is not known."""
        with self._lock:
            for ticket in self._answering:
                ticket.forgotten |= ticket.id == id
            self._kept.pop(id, None)

    def drop_expired(self) -> None:
        """Forget what is over now, though nobody asks for it."""
        with self._lock:
            self._drop_expired()

    def _drop_expired(self) -> float:
        now = self._clock()
        while self._kept:
            id, (spoken, _) = next(iter(self._kept.items()))
            if now - spoken < LIFETIME:
                break
            del self._kept[id]
        return now
