"""Answers by the key of their question, for as long as their conversation lasts. In memory only, never on disk.

With it a question that is sent again is not asked again, a stream that broke off is fetched, and a page without
JavaScript shows its conversation.

KeyUsed: the key belongs to another question.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from assistant.conversations import LIFETIME
from web.conversations import is_key, new_id
from web.exchanges import Exchange
from web.making import Making

MOST_EXCHANGES = 2000
"""Kept at a time; those of the conversation that is silent for longest go first."""

MOST_OF_A_CONVERSATION = 50

PRIVATE_LIFETIME = 5 * 60.0
"""Seconds that the Answer to a message about violence at home is kept: for a broken stream, not as a history."""


class KeyUsed(Exception):
    """The key belongs to another question."""


@dataclass(slots=True)
class _Entry:
    fingerprint: int
    made: Exchange | Making
    until: float = float("inf")


@dataclass(slots=True)
class _Talk:
    spoken: float
    entries: dict[str, _Entry] = field(default_factory=dict)


class Finished:
    """Exchanges by key and by conversation. Safe to use from several threads.

    All of a conversation are kept for LIFETIME seconds after its last message. ``clock`` gives seconds that never
    go back. A ``fingerprint`` tells questions apart: a key goes with one of them.
    """

    def __init__(self, most: int = MOST_EXCHANGES, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._lock = Lock()
        self._talks: OrderedDict[str, _Talk] = OrderedDict()
        """The latest last; by the conversation's id, or by the key of a question outside of one."""
        self._talk_of: dict[str, str] = {}

    def exchange(self, key: str) -> Exchange | None:
        """The finished exchange of a key."""
        with self._lock:
            entry = self._entry(key)
            return entry.made if entry and isinstance(entry.made, Exchange) else None

    def conversation(self, id: str) -> tuple[Exchange, ...]:
        """The finished exchanges of a conversation in the order they were asked, without private ones."""
        with self._lock:
            self._drop_expired()
            entries = self._talks[id].entries.values() if id in self._talks else ()
            made = [entry.made for entry in entries]
        return tuple(one for one in made if isinstance(one, Exchange) and not one.private)

    def shown(self, key: str) -> tuple[Exchange, ...]:
        """What the page of an answer shows: its conversation up to and with it; nothing of an unknown key."""
        exchange = self.exchange(key)
        if exchange is None:
            return ()
        whole = self.conversation(exchange.conversation) if exchange.conversation else ()
        keys = [one.key for one in whole]
        before = whole[: keys.index(key)] if key in keys else whole if exchange.private else ()
        return (*before, exchange)

    def is_being_made(self, key: str) -> bool:
        with self._lock:
            entry = self._entry(key)
            return bool(entry and isinstance(entry.made, Making))

    def of(self, key: str, fingerprint: int) -> Exchange | Making | None:
        """What there is of a question that was asked under ``key`` before. Raises KeyUsed."""
        with self._lock:
            entry = self._entry(key)
            if entry and entry.fingerprint != fingerprint:
                raise KeyUsed
            return entry.made if entry else None

    def key_for(self, sent: str, fingerprint: int) -> str:
        """``sent`` if it is a key that is free or this question's own, else a fresh one."""
        if not is_key(sent):
            return new_id()
        try:
            self.of(sent, fingerprint)
        except KeyUsed:
            return new_id()
        return sent

    def begin(self, key: str, conversation: str | None, fingerprint: int, making: Making) -> None:
        """A question is being answered: from now on whoever asks it again waits for the same Answer."""
        with self._lock:
            self._put(key, conversation, _Entry(fingerprint, making))

    def keep(self, exchange: Exchange, fingerprint: int) -> None:
        """Keep an exchange that was never begun."""
        with self._lock:
            self._put(exchange.key, exchange.conversation, self._finished(exchange, fingerprint))

    def finish(self, exchange: Exchange, making: Making) -> bool:
        """Keep what ``making`` made; false where its conversation was forgotten meanwhile."""
        with self._lock:
            entry = self._entry(exchange.key)
            if entry is None or entry.made is not making:
                return False
            self._put(exchange.key, exchange.conversation, self._finished(exchange, entry.fingerprint))
            return True

    def drop(self, key: str, making: Making) -> None:
        """Nothing came of ``making``: the key is free for another try."""
        with self._lock:
            entry = self._entry(key)
            if entry and entry.made is making:
                self._remove(key)

    def forget(self, conversation: str) -> tuple[str, ...]:
        """Forget a conversation now; the keys it had. Nothing happens to one that is not known."""
        with self._lock:
            talk = self._talks.get(conversation)
            keys = tuple(talk.entries) if talk else ()
            for key in keys:
                self._remove(key)
        return keys

    def drop_expired(self) -> None:
        """Forget what is over now, though nobody asks for it."""
        with self._lock:
            self._drop_expired()
            now = self._clock()
            ended = [key for talk in self._talks.values() for key, entry in talk.entries.items() if entry.until <= now]
            for key in ended:
                self._remove(key)

    def __len__(self) -> int:
        with self._lock:
            return len(self._talk_of)

    # With the lock held.

    def _entry(self, key: str) -> _Entry | None:
        self._drop_expired()
        entry = self._talks[self._talk_of[key]].entries[key] if key in self._talk_of else None
        if entry and entry.until <= self._clock():
            self._remove(key)
            return None
        return entry

    def _finished(self, exchange: Exchange, fingerprint: int) -> _Entry:
        until = self._clock() + PRIVATE_LIFETIME if exchange.private else float("inf")
        return _Entry(fingerprint, exchange, until)

    def _put(self, key: str, conversation: str | None, entry: _Entry) -> None:
        self._drop_expired()
        id = conversation or f"of {key}"
        talk = self._talks.setdefault(id, _Talk(0.0))
        talk.spoken = self._clock()
        self._talks.move_to_end(id)
        talk.entries[key] = entry
        self._talk_of[key] = id
        if len(talk.entries) > MOST_OF_A_CONVERSATION:
            self._remove(next(iter(talk.entries)))
        while len(self._talk_of) > self._most:
            self._remove(next(iter(next(iter(self._talks.values())).entries)))

    def _remove(self, key: str) -> None:
        id = self._talk_of.pop(key)
        talk = self._talks[id]
        del talk.entries[key]
        if not talk.entries:
            del self._talks[id]

    def _drop_expired(self) -> None:
        now = self._clock()
        while self._talks:
            talk = next(iter(self._talks.values()))
            if now - talk.spoken < LIFETIME:
                break
            for key in tuple(talk.entries):
                self._remove(key)
