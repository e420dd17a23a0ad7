"""Databases for tests: SQLite in a file, and PostgreSQL from its own programs or from a server that is told of."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, inspect, make_url
from sqlalchemy.pool import NullPool

from web.storage import open_database

TOLD = "NEUVO_TEST_POSTGRESQL"
"""The environment variable with the URL of a server on which databases may be made."""

_numbers = count(1)


@dataclass(frozen=True)
class PostgreSQL:
    """A server; ``url`` is of a database to connect to before others are made."""

    url: str

    def execute(self, statement: str) -> None:
        engine = create_engine(self.url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)

    def address(self, name: str) -> str:
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """The address of a database of its own."""
        name = f"neuvo_test_{os.getpid()}_{next(_numbers)}"
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        try:
            yield self.address(name)
        finally:
            self.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def postgresql_server() -> Iterator[PostgreSQL]:
    """A server for a run of the tests. Skips the test where there is none."""
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    if told := os.environ.get(TOLD):
        yield PostgreSQL(told)
        return
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    found = str(programs[-1]) if programs else shutil.which("initdb")
    if not found:
        pytest.skip(f"PostgreSQL is not installed, and {TOLD} names no server")
    with _cluster(Path(found).parent) as server:
        yield server


@contextmanager
def _cluster(programs: Path) -> Iterator[PostgreSQL]:
    folder = Path(tempfile.mkdtemp(prefix="neuvo-postgresql-", dir="/tmp"))
    # PostgreSQL refuses to run as root.
    account: dict[str, Any] = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
    if account:
        shutil.chown(folder, "nobody", "nogroup")

    def run(program: str, *arguments: str) -> None:
        command = [str(programs / program), *arguments]
        subprocess.run(command, check=True, capture_output=True, cwd=folder, timeout=120, **account)

    data = str(folder / "data")
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off -c full_page_writes=off"
    try:
        run("initdb", "-D", data, "-U", "neuvo", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
        # Its output must not go to our pipe, or the call would wait for the server to end.
        run("pg_ctl", "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield PostgreSQL(f"postgresql+psycopg://neuvo@/postgres?host={folder}")
        finally:
            run("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def migrated(server: PostgreSQL) -> Iterator[str]:
    """The name of a database with every table, to copy: quicker than making the tables each time."""
    with server.database() as address:
        open_database(address).dispose()
        yield str(make_url(address).database)


def written(engine: Engine) -> bytes:
    """What the database holds: of SQLite the bytes of its files, the write-ahead log's too, else every row as text."""
    if path := engine.url.database if engine.dialect.name == "sqlite" else None:
        return b"".join(file.read_bytes() for file in sorted(Path(path).parent.glob(f"{Path(path).name}*")))
    with engine.connect() as connection:
        tables = inspect(connection).get_table_names()
        texts = [connection.exec_driver_sql(f'SELECT t::text FROM "{table}" AS t').scalars() for table in tables]
        return "\n".join(text for rows in texts for text in rows).encode()
