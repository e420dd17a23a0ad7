"""Hand-offs in the database: left, written on and withdrawn by residents, answered by advisors."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, RowMapping, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from web.desk.accounts import Account
from web.desk.deliveries import queue
from web.desk.hand_off import (
    MOST_MESSAGES,
    Author,
    Closed,
    Draft,
    HandOff,
    Message,
    NoHandOff,
    Overtaken,
    Rendering,
    SentencePair,
    new_token,
)
from web.desk.tables import delivery_table, message_table
from web.desk.tables import hand_off_table as table
from web.desk.tables import hand_off_token_table as token_table
from web.storage import lock, wipe

_AT_ONCE = 200
"""Hand-offs deleted in one transaction."""


class HandOffs:
    """Hand-offs in the database. ``channels`` are told of what residents write. Blocks."""

    def __init__(
        self,
        engine: Engine,
        channels: Sequence[str] = (),
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._engine = engine
        self._channels = tuple(channels)
        self._now = now

    def create(self, draft: Draft, token: str) -> HandOff:
        """Keep a hand-off. The same ``token`` again is the same form sent again: what is there is given back."""
        now, id = self._now(), secrets.token_hex(8)
        row = {
            "id": id,
            "conversation": _digest(draft.conversation) if draft.conversation else None,
            "created": now,
            "updated": now,
            "state": "new",
            "reason": draft.reason,
            "language": draft.language,
            "municipality": draft.municipality,
            "situation": draft.situation,
            "topic": draft.topic and draft.topic[:300],
            "waiting_since": now,
            "version": 0,
            "email": draft.email,
            "transcript": [dict(exchange) for exchange in draft.transcript],
        }
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(table).values(row))
                connection.execute(insert(token_table).values(token=_digest(token), hand_off=id))
                for channel in self._channels:
                    queue(connection, now, id, channel, "created")
                if draft.message:
                    self._write(connection, now, id, "resident", draft.message, draft.language)
        except IntegrityError:
            return self.of_token(token)
        return self.get(id)

    def of_token(self, token: str) -> HandOff:
        """Raises NoHandOff."""
        with self._engine.connect() as connection:
            id = connection.execute(
                select(token_table.c.hand_off).where(token_table.c.token == _digest(token))
            ).scalar_one_or_none()
        if id is None:
            raise NoHandOff
        return self.get(id)

    def get(self, id: str) -> HandOff:
        """Raises NoHandOff."""
        with self._engine.connect() as connection:
            statement = select(*(column for column in table.c if column is not table.c.conversation))
            row = connection.execute(statement.where(table.c.id == id)).mappings().one_or_none()
            if row is None:
                raise NoHandOff
            said = connection.execute(
                select(message_table).where(message_table.c.hand_off == id).order_by(message_table.c.id)
            ).mappings()
            return HandOff(**row, messages=tuple(map(_message, said)))

    def add_token(self, id: str) -> str:
        """Another token of the same hand-off: for the link of an e-mail. Raises NoHandOff."""
        token = new_token()
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(token_table).values(token=_digest(token), hand_off=id))
        except IntegrityError as error:
            raise NoHandOff from error
        return token

    def write_on(self, token: str, text: str, key: str | None = None) -> HandOff:
        """Keep what a resident adds; a closed hand-off is no longer theirs to open. The same ``key`` again is the same
        form sent again. Raises NoHandOff, Closed."""
        found = self.of_token(token)
        now = self._now()
        try:
            with self._engine.begin() as connection:
                lock(connection)
                found = replace(found, **self._locked(connection, found.id))
                if found.state == "closed" or found.version >= MOST_MESSAGES:
                    raise Closed
                message = self._write(connection, now, found.id, "resident", text, found.language, sent_as=_key(key))
                state = "assigned" if found.assigned_to else "new"
                values = {"state": state, "waiting_since": found.waiting_since or now}
                connection.execute(update(table).where(table.c.id == found.id).values(values))
                for channel in self._channels:
                    queue(connection, now, found.id, channel, "message", message, found.external)
        except IntegrityError:
            pass
        return self.get(found.id)

    def withdraw(self, token: str) -> None:
        """Delete everything; other systems are told. Nothing happens for an unknown token."""
        try:
            found = self.of_token(token)
        except NoHandOff:
            return
        self._delete([(found.id, found.external)], tell=True)

    def forget_conversation(self, conversation: str) -> int:
        """Delete the hand-offs of a conversation, by its id; how many."""
        with self._engine.connect() as connection:
            rows = connection.execute(
                select(table.c.id, table.c.external).where(table.c.conversation == _digest(conversation))
            ).all()
        self._delete([(row.id, row.external) for row in rows], tell=True)
        return len(rows)

    def purge(self, before: datetime) -> int:
        """Delete hand-offs whose last message or change was before a moment; how many."""
        deleted = 0
        # In pieces, so that nobody who writes meanwhile waits for long.
        statement = select(table.c.id, table.c.external).where(table.c.updated < before).limit(_AT_ONCE)
        while True:
            with self._engine.connect() as connection:
                rows = [(row.id, row.external) for row in connection.execute(statement)]
            self._delete(rows, tell=False)
            deleted += len(rows)
            if len(rows) < _AT_ONCE:
                return deleted

    def reply(
        self,
        id: str,
        account: Account | None,
        text: str,
        language: str,
        rendering: Rendering | None,
        *,
        seen: int | None = None,
        sent_as: str | None = None,
    ) -> bool:
        """Keep an advisor's answer; false where the same form was sent before. ``seen`` is the version that the author
        read; ``account`` is ``None`` for somebody at another system. Raises NoHandOff, Overtaken, Closed."""
        now = self._now()
        try:
            with self._engine.begin() as connection:
                lock(connection)
                if (
                    sent_as
                    and connection.execute(select(message_table.c.id).where(message_table.c.sent_as == sent_as)).first()
                ):
                    return False
                row = self._locked(connection, id)
                if row["state"] == "closed" or row["version"] >= MOST_MESSAGES:
                    raise Closed
                message = self._write(connection, now, id, "advisor", text, language, rendering, account, sent_as, seen)
                values: dict[str, Any] = {"state": "answered", "waiting_since": None}
                values |= {"assigned_to": account.id} if account else {}
                values |= {} if row["first_answered"] else {"first_answered": now}
                connection.execute(update(table).where(table.c.id == id).values(values))
                if row["email"]:
                    queue(connection, now, id, "email", "answered", message)
        except IntegrityError:
            return False
        return True

    def outside(self) -> list[tuple[str, str, str]]:
        """Id, the other system's name and the language of what was handed on and is not closed."""
        columns = (table.c.id, table.c.external, table.c.language)
        statement = select(*columns).where(table.c.external.is_not(None), table.c.state != "closed")
        with self._engine.connect() as connection:
            return [(row.id, row.external, row.language) for row in connection.execute(statement)]

    def keep_renderings(
        self,
        id: str,
        transcript: Sequence[Mapping[str, Any]] | None = None,
        suggestion: Mapping[str, Any] | None = None,
        messages: Mapping[int, Rendering] | None = None,
    ) -> None:
        """Keep what was made of a hand-off for advisors, so that it is made once."""
        values: dict[str, Any] = {} if transcript is None else {"transcript": list(transcript)}
        values |= {} if suggestion is None else {"suggestion": dict(suggestion)}
        with self._engine.begin() as connection:
            if values:
                connection.execute(update(table).where(table.c.id == id).values(values))
            for number, rendering in (messages or {}).items():
                connection.execute(
                    update(message_table).where(message_table.c.id == number).values(_columns(rendering))
                )

    def _locked(self, connection: Connection, id: str) -> RowMapping:
        """What decides whether something may be written, as it stays until it is. Raises NoHandOff."""
        columns = ("state", "version", "assigned_to", "waiting_since", "external", "email", "first_answered")
        statement = select(*(table.c[name] for name in columns)).where(table.c.id == id).with_for_update()
        row = connection.execute(statement).mappings().one_or_none()
        if row is None:
            raise NoHandOff
        return row

    def _write(
        self,
        connection: Connection,
        now: datetime,
        id: str,
        author: Author,
        text: str,
        language: str,
        rendering: Rendering | None = None,
        account: Account | None = None,
        sent_as: str | None = None,
        seen: int | None = None,
    ) -> int:
        """Raises Overtaken, and IntegrityError for what was sent before."""
        # Counting up first takes the row's lock, so that of two at once the second sees the first.
        statement = update(table).where(table.c.id == id)
        if seen is not None:
            statement = statement.where(table.c.version == seen)
        if not connection.execute(statement.values(version=table.c.version + 1, updated=now)).rowcount:
            raise Overtaken
        values = {
            "hand_off": id,
            "at": now,
            "author": author,
            "account": account and account.id,
            "text": text,
            "language": language,
            "sent_as": sent_as,
        }
        statement_ = insert(message_table).values(values | _columns(rendering)).returning(message_table.c.id)
        return int(connection.execute(statement_).scalar_one())

    def _delete(self, found: Sequence[tuple[str, str | None]], *, tell: bool) -> None:
        now = self._now()
        with self._engine.begin() as connection:
            ids = [id for id, _ in found]
            connection.execute(delete(delivery_table).where(delivery_table.c.hand_off.in_(ids)))
            connection.execute(delete(table).where(table.c.id.in_(ids)))
            for channel in self._channels if tell else ():
                for id, external in found:
                    queue(connection, now, id, channel, "withdrawn", external=external)
        if found:
            wipe(self._engine)


def _columns(rendering: Rendering | None) -> dict[str, Any]:
    if rendering is None:
        return {"translation": None, "translation_language": None, "translated_by": None}
    return {
        "translation": [[pair.text, pair.translation] for pair in rendering.sentences],
        "translation_language": rendering.language,
        "translated_by": rendering.by[:100],
    }


def _message(row: RowMapping) -> Message:
    rendering = None
    if row["translation"] is not None:
        pairs = tuple(SentencePair(text, translation) for text, translation in row["translation"])
        rendering = Rendering(row["translation_language"], row["translated_by"], pairs)
    return Message(row["id"], row["at"], row["author"], row["text"], row["language"], rendering, row["account"])


def _key(key: str | None) -> str | None:
    return f"form {_digest(key)}" if key else None


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
