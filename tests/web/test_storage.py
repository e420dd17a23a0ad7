"""The database itself, of both kinds: its steps up and down with rows in it, threads and processes side by side."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from databases import PostgreSQL
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Engine,
    Float,
    Integer,
    LargeBinary,
    SmallInteger,
    create_engine,
    func,
    insert,
    inspect,
    select,
    update,
)

import web.desk.tables  # noqa: F401 (its tables are part of the metadata)
from web.storage import MIGRATIONS, Moment, StorageError, feedback_table, metadata, notice_table, open_database

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
FIRST = ("feedback", "notice")
"""The tables of the first step."""


def some_value(column: Column[Any]) -> Any:
    """A value that tells kinds of columns apart when it is read again."""
    if column.foreign_keys:
        return next(iter(column.foreign_keys)).column.table.info["filled"]
    kinds: dict[type, Any] = {
        Moment: NOON,
        Boolean: True,
        Date: date(2026, 11, 1),
        JSON: {"ä": ["ö", 1]},
        LargeBinary: b"\x00\xff",
        Float: 0.25,
        SmallInteger: 7,
        Integer: 3,
    }
    return next((value for kind, value in kinds.items() if isinstance(column.type, kind)), "ñ")


def fill(engine: Engine, names: tuple[str, ...] | None = None) -> None:
    """A row in every table."""
    with engine.begin() as connection:
        for table in metadata.sorted_tables:
            if names and table.name not in names:
                continue
            there = {column["name"] for column in inspect(connection).get_columns(table.name)}
            row = {column.name: some_value(column) for column in table.c if column.name in there}
            connection.execute(insert(table).values(row))
            (key, *_) = table.primary_key.columns
            table.info["filled"] = row[key.name]


def rows(engine: Engine, table: str) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        columns = [metadata.tables[table].c[one["name"]] for one in inspect(connection).get_columns(table)]
        return [dict(row) for row in connection.execute(select(*columns)).mappings()]


def step(engine: Engine, direction: Callable[[Config, str], None], revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        direction(config, revision)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'web.sqlite3'}"
        return
    server: PostgreSQL = request.getfixturevalue("postgresql")
    with server.database() as address:
        yield address


def test_the_steps_make_the_tables(empty_url: str) -> None:
    engine = open_database(empty_url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_steps_down_and_up_keep_what_older_versions_know(database: Engine) -> None:
    fill(database)
    before = {name: rows(database, name) for name in FIRST}
    assert all(len(rows(database, table.name)) == 1 for table in metadata.sorted_tables)
    step(database, command.downgrade, "0001")
    assert set(inspect(database).get_table_names()) == {*FIRST, "alembic_version"}
    step(database, command.upgrade, "head")
    known = {name: [{**row, **({"conversation": None} if name == "feedback" else {})} for row in before[name]]
             for name in FIRST}  # fmt: skip
    assert {name: rows(database, name) for name in FIRST} == known
    assert rows(database, "account") == []
    step(database, command.downgrade, "base")
    assert inspect(database).get_table_names() == ["alembic_version"]
    step(database, command.upgrade, "head")
    fill(database)


def test_a_database_of_the_first_version_is_brought_up_to_date_with_its_rows(empty_url: str) -> None:
    engine = create_engine(empty_url)
    step(engine, command.upgrade, "0001")
    fill(engine, FIRST)
    engine.dispose()
    engine = open_database(empty_url)
    assert [row["question"] for row in rows(engine, "feedback")] == ["ñ"]
    assert [row["published"] for row in rows(engine, "notice")] == [NOON]
    engine.dispose()


def test_opening_at_once_from_several_places_makes_the_tables_once(empty_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        engines = list(pool.map(open_database, [empty_url] * 4))
    for engine in engines:
        assert rows(engine, "feedback") == []
        engine.dispose()


def test_every_kind_of_value_is_read_as_it_was_written(database: Engine) -> None:
    fill(database)
    for table in metadata.sorted_tables:
        (row,) = rows(database, table.name)
        assert row == {column.name: some_value(column) for column in table.c}, table.name


def test_moments_are_utc_wherever_they_come_from(database: Engine) -> None:
    with database.begin() as connection:
        there = NOON.astimezone()
        connection.execute(insert(notice_table).values(kind="crisis", texts={}, published=there))
    (row,) = rows(database, "notice")
    assert (row["published"], row["published"].tzinfo) == (NOON, UTC)


THREADS, TIMES = 8, 25


def test_threads_that_write_at_once_all_succeed(database: Engine) -> None:
    """Each reads, then writes: the order in which SQLite's snapshots would fail if a read held one."""
    start = threading.Barrier(THREADS)
    with database.begin() as connection:
        connection.execute(insert(notice_table).values(kind="crisis", texts={}, published=NOON))

    def work(number: int) -> None:
        start.wait()
        for time in range(TIMES):
            with database.begin() as connection:
                connection.execute(select(func.count()).select_from(feedback_table)).scalar_one()
                row = {"answer": f"{number}-{time}", "given": NOON, "verdict": "yes", "reasons": [], "trace": {}}
                row |= {"status": "answered", "language": "fi", "documents": []}
                connection.execute(insert(feedback_table).values(row))
                connection.execute(update(notice_table).values(kind=f"{number}"))

    with ThreadPoolExecutor(THREADS) as pool:
        for done in [pool.submit(work, number) for number in range(THREADS)]:
            done.result()
    assert len(rows(database, "feedback")) == THREADS * TIMES


def test_postgresql_without_its_driver_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "psycopg", None)
    with pytest.raises(StorageError, match=r'pip install "neuvo\[postgresql\]"') as error:
        open_database("postgresql+psycopg://user:pa55word@h/d")
    assert "pa55word" not in str(error.value)


def test_a_postgresql_that_does_not_answer_is_a_clear_error() -> None:
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    with pytest.raises(StorageError, match="cannot be opened") as error:
        open_database("postgresql+psycopg://user:pa55word@127.0.0.1:1/d?connect_timeout=2")
    assert "pa55word" not in str(error.value)
