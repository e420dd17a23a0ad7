"""What advisors asked for their clients: each question with its Answer and what the advisor makes of it.

In memory only, like the residents' conversations, and for nobody but the advisor who asked.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from threading import Lock

from assistant.questions import Profile
from web.desk.drafts import Draft
from web.exchanges import Exchange

LIFETIME = 4 * 3600.0
"""Seconds after the last use that a consultation is kept: for as long as a client may sit at the desk."""

MOST = 500
"""Kept at a time; what nobody used for longest goes first."""


@dataclass(frozen=True, slots=True)
class Consultation:
    """One question at the desk. ``asked_in`` is the language of the question, ``None`` for one Neuvo does not speak;
    ``client`` the text that the client reads: a language's code, or a plain text's name. ``None`` until it is known."""

    key: str
    account: int
    asked_in: str | None
    client: str | None
    profile: Profile = field(default_factory=Profile)
    exchange: Exchange | None = None
    drafts: Mapping[str, Draft] = field(default_factory=dict)
    """What the advisor made of the Answer, by the name of the client's text."""


class Consultations:
    """Consultations by key. Safe to use from several threads. ``clock`` gives seconds that never go back.

    ``finished`` finds the Exchange of a key as long as residents' exchanges are kept. An Exchange that is private is
    never kept here: it is gone with that.
    """

    def __init__(
        self,
        finished: Callable[[str], Exchange | None],
        most: int = MOST,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._finished = finished
        self._most = most
        self._clock = clock
        self._lock = Lock()
        self._kept: OrderedDict[str, tuple[float, Consultation]] = OrderedDict()

    def begin(self, consultation: Consultation) -> bool:
        """Keep one; false, and nothing is kept, where its key is another account's."""
        with self._lock:
            found = self._kept.get(consultation.key)
            if found and found[1].account != consultation.account:
                return False
            self._put(consultation)
            return True

    def get(self, key: str, account: int) -> Consultation | None:
        """The consultation with its Exchange, if there is one by now; ``None`` for another account's."""
        with self._lock:
            found = self._find(key, account)
            if found is None:
                return None
            if found.exchange is None and (exchange := self._finished(key)):
                if exchange.private:
                    return replace(found, exchange=exchange)
                found = replace(found, exchange=exchange)
            self._put(found)
            return found

    def keep_draft(self, key: str, account: int, name: str, draft: Draft | None) -> None:
        """Keep what the advisor made of the Answer in the text ``name``; ``None`` takes it back."""
        with self._lock:
            if found := self._find(key, account):
                drafts = {one: made for one, made in found.drafts.items() if one != name}
                if draft is not None:
                    drafts[name] = draft
                self._put(replace(found, drafts=drafts))

    # With the lock held.

    def _find(self, key: str, account: int) -> Consultation | None:
        now = self._clock()
        while self._kept and now - next(iter(self._kept.values()))[0] >= LIFETIME:
            self._kept.popitem(last=False)
        found = self._kept.get(key)
        return found[1] if found and found[1].account == account else None

    def _put(self, consultation: Consultation) -> None:
        self._kept[consultation.key] = (self._clock(), consultation)
        self._kept.move_to_end(consultation.key)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
