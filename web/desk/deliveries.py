"""What must reach somebody outside: e-mail to residents, hand-offs to other systems. Tried until it arrives.

DeliveryError: it did not arrive this time
└── Refused    and never will: no further try
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from sqlalchemy import Connection, Engine, delete, exists, insert, select, update

from web.desk.tables import delivery_table as table
from web.desk.tables import hand_off_table
from web.guard import log_failure

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)
MOST_TRIES = 20
"""About four days."""
_AT_ONCE = 50


class DeliveryError(Exception):
    """It did not arrive. ``args[0]`` says why in a few words for the desk, and holds no words of residents."""


class Refused(DeliveryError):
    """It never will arrive like this."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One thing to tell. ``external`` is the other system's name of the hand-off, where it has one."""

    id: int
    hand_off: str
    message: int | None
    channel: str
    event: str
    external: str | None
    tries: int


@dataclass(frozen=True, slots=True)
class Failure:
    """A delivery that has not arrived; ``next_try`` is ``None`` where it was given up."""

    id: int
    hand_off: str
    channel: str
    event: str
    tries: int
    failure: str
    next_try: datetime | None


class Carrier(Protocol):
    """Brings deliveries of one channel where they belong."""

    def carry(self, delivery: Delivery) -> str | None:
        """What the other system calls the hand-off, where it has a name for it. Raises DeliveryError."""


def queue(
    connection: Connection,
    now: datetime,
    hand_off: str,
    channel: str,
    event: str,
    message: int | None = None,
    external: str | None = None,
) -> None:
    """Note something to be delivered, within the transaction that makes it so."""
    values = {
        "hand_off": hand_off,
        "message": message,
        "channel": channel,
        "event": event,
        "external": external,
        "created": now,
        "tries": 0,
        "next_try": now,
    }
    connection.execute(insert(table).values(values))


class Deliveries:
    """What is still to be delivered, in the database. Blocks."""

    def __init__(
        self,
        engine: Engine,
        carriers: Mapping[str, Carrier],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._engine = engine
        self._carriers = carriers
        self._now = now

    def work(self) -> int:
        """Try everything that is due, in the order it came up; how many arrived.

        What belongs to a hand-off waits for what came up before it.
        """
        arrived = 0
        stuck: set[tuple[str, str]] = set()
        for delivery in self._due():
            place = (delivery.hand_off, delivery.channel)
            if place in stuck or not self._claim(delivery):
                continue
            if self._try(delivery):
                arrived += 1
            else:
                stuck.add(place)
        return arrived

    def failures(self, hand_off: str | None = None) -> list[Failure]:
        """What did not arrive yet though it was tried, the oldest first; of one hand-off if it is named."""
        columns = (
            table.c.id,
            table.c.hand_off,
            table.c.channel,
            table.c.event,
            table.c.tries,
            table.c.failure,
            table.c.next_try,
        )
        statement = select(*columns).where(table.c.failure.is_not(None)).order_by(table.c.id).limit(200)
        if hand_off:
            statement = statement.where(table.c.hand_off == hand_off)
        with self._engine.connect() as connection:
            return [Failure(*row) for row in connection.execute(statement)]

    def retry(self, id: int) -> None:
        """Try again now what failed."""
        with self._engine.begin() as connection:
            statement = update(table).where(table.c.id == id, table.c.failure.is_not(None))
            connection.execute(statement.values(next_try=self._now(), tries=0))

    def _due(self) -> Sequence[Delivery]:
        columns = (
            table.c.id,
            table.c.hand_off,
            table.c.message,
            table.c.channel,
            table.c.event,
            table.c.external,
            table.c.tries,
        )
        before = table.alias()
        waits = exists().where(
            before.c.hand_off == table.c.hand_off,
            before.c.channel == table.c.channel,
            before.c.id < table.c.id,
            before.c.next_try > self._now(),
        )
        statement = select(*columns).where(table.c.next_try <= self._now(), table.c.channel.in_(self._carriers), ~waits)
        with self._engine.connect() as connection:
            return [Delivery(*row) for row in connection.execute(statement.order_by(table.c.id).limit(_AT_ONCE))]

    def _claim(self, delivery: Delivery) -> bool:
        """Count the try before it is made: of two processes one makes it, and one that dies tries later."""
        pause = min(FIRST_PAUSE * 2**delivery.tries, LONGEST_PAUSE)
        tries = delivery.tries + 1
        statement = update(table).where(table.c.id == delivery.id, table.c.tries == delivery.tries)
        values = {"tries": tries, "next_try": self._now() + pause if tries < MOST_TRIES else None}
        with self._engine.begin() as connection:
            return bool(connection.execute(statement.values(values)).rowcount)

    def _try(self, delivery: Delivery) -> bool:
        try:
            external = self._carriers[delivery.channel].carry(delivery)
        except DeliveryError as error:
            values = {"failure": str(error)[:200]} | ({"next_try": None} if isinstance(error, Refused) else {})
            with self._engine.begin() as connection:
                connection.execute(update(table).where(table.c.id == delivery.id).values(values))
            return False
        except Exception as error:
            log_failure(f"Delivering by {delivery.channel}", error)
            with self._engine.begin() as connection:
                statement = update(table).where(table.c.id == delivery.id)
                connection.execute(statement.values(failure=type(error).__name__))
            return False
        with self._engine.begin() as connection:
            if external:
                place = hand_off_table.c.id == delivery.hand_off
                connection.execute(update(hand_off_table).where(place).values(external=external))
                same = (table.c.hand_off == delivery.hand_off, table.c.channel == delivery.channel)
                connection.execute(update(table).where(*same).values(external=external))
            connection.execute(delete(table).where(table.c.id == delivery.id))
        return True
