"""The database of the web, and what residents' pages keep in it: feedback and notices. SQLAlchemy Core; SQLite unless
told otherwise, or PostgreSQL.

StorageError     the database cannot be opened or brought up to date
ValueOutOfRange  a number that no row has, such as an id from an address that somebody made up
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    DateTime,
    Dialect,
    Engine,
    Integer,
    MetaData,
    QueuePool,
    String,
    Table,
    Text,
    TypeDecorator,
    create_engine,
    event,
    make_url,
)
from sqlalchemy.exc import SQLAlchemyError

MIGRATIONS = Path(__file__).parent / "migrations"

IN_MEMORY = "sqlite://"

_LARGEST = 2**31 - 1
"""Of an Integer column."""

_MIGRATING = 7_310_268
"""The number of the lock that PostgreSQL gives to one process at a time."""


class StorageError(Exception):
    """The database cannot be opened or brought up to date. Says which and why."""


class ValueOutOfRange(ValueError):
    """A number that no row has: none of our columns takes it."""


class Moment(TypeDecorator[datetime]):
    """A moment in UTC, also in databases that know no time zones."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.astimezone(UTC).replace(tzinfo=None) if value else None

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value else None


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

feedback_table = Table(
    "feedback",
    metadata,
    Column("id", Integer, primary_key=True),
    # SHA-256 of the answer's key, in hex: only whoever has the key can find the row.
    Column("answer", String(64), nullable=False, unique=True),
    Column("given", Moment, nullable=False, index=True),
    Column("verdict", String(8), nullable=False),
    Column("reasons", JSON, nullable=False),
    Column("status", String(32), nullable=False),
    Column("language", String(8), nullable=False),
    Column("documents", JSON, nullable=False),
    Column("build", String(64)),
    Column("trace", JSON, nullable=False),
    # The asker's words, masked, where they agreed to it.
    Column("question", Text),
    Column("comment", Text),
    # SHA-256 in hex of the conversation's id, beside words only: so that they can be erased.
    Column("conversation", String(64), index=True),
)

notice_table = Table(
    "notice",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("texts", JSON, nullable=False),
    Column("url", Text),
    Column("published", Moment, nullable=False),
    Column("starts", Moment),
    Column("ends", Moment),
    Column("withdrawn", Moment),
)


def open_database(url: str) -> Engine:
    """The database at ``url``, with its tables as this version needs them. Raises StorageError."""
    try:
        engine = _engine(url)
        with engine.begin() as connection:
            _migrate(connection)
    except (SQLAlchemyError, OSError, ImportError) as error:
        # Errors of the driver may repeat the address, which may hold a password.
        raise StorageError(f"the database cannot be opened: {_reason(error)} ({_place(url)})") from error
    return engine


def lock(connection: Connection) -> None:
    """Let what is read from here on in this transaction stay so until its end: of two who read and then write, the
    second waits for the first. SQLite's driver begins a transaction with the first write only; elsewhere rows are
    locked where they are read."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def wipe(engine: Engine) -> None:
    """Take what was deleted out of SQLite's write-ahead log, too. Elsewhere the database sees to it."""
    if engine.dialect.name == "sqlite":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _engine(url: str) -> Engine:
    engine = _plain_engine(url)
    event.listen(engine, "before_cursor_execute", _harmless, retval=True)
    return engine


def _plain_engine(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_pre_ping=True)
    if parsed.database in (None, "", ":memory:"):
        # One connection for all threads, lent to one at a time: another would be another database.
        engine = create_engine(
            parsed, poolclass=QueuePool, pool_size=1, max_overflow=0, connect_args={"check_same_thread": False}
        )
    else:
        path = Path(str(parsed.database))
        path.parent.mkdir(parents=True, exist_ok=True)
        # SQLite gives its log and index files the permissions of the database.
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        engine = create_engine(parsed)
    event.listen(engine, "connect", _set_up)
    return engine


def _harmless(
    connection: Connection, cursor: Any, statement: str, parameters: Any, context: Any, many: bool
) -> tuple[str, Any]:
    """What anybody may send and only some databases take: PostgreSQL no zero bytes in texts, neither numbers that are
    larger than their column. Raises ValueOutOfRange."""
    return statement, [_all_taken(row) for row in parameters] if many else _all_taken(parameters)


def _all_taken(row: Any) -> Any:
    if isinstance(row, Mapping):
        return {name: _taken(value) for name, value in row.items()}
    return tuple(map(_taken, row))


def _taken(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "\ufffd") if "\0" in value else value
    if isinstance(value, int) and not -_LARGEST <= value <= _LARGEST:
        raise ValueOutOfRange
    return value


def _set_up(connection: Any, record: Any) -> None:
    # secure_delete: what is deleted is overwritten with zeros in the file.
    for pragma in ("journal_mode=WAL", "secure_delete=ON", "busy_timeout=5000", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _migrate(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    _alone(connection)
    newest = ScriptDirectory.from_config(config).get_current_head()
    if MigrationContext.configure(connection).get_current_revision() == newest:
        return
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise StorageError(f"the database is not one of this version: {error}") from error


def _alone(connection: Connection) -> None:
    """Let processes that start together bring the database up to date one after the other."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATING})")
    # SQLite's driver begins no transaction for what changes tables either.
    lock(connection)


def _reason(error: Exception) -> str:
    if isinstance(error, ImportError) and "psycopg" in str(error):
        return 'PostgreSQL needs its driver; pip install "neuvo[postgresql]"'
    return type(error).__name__


def _place(url: str) -> str:
    """The address without a password."""
    try:
        return make_url(url).render_as_string(hide_password=True)
    except SQLAlchemyError:
        return "its address is malformed"
