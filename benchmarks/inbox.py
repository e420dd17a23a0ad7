"""The inbox over 100,000 hand-offs, spread so that every list is long: its pages, however deep, and one conversation.

    python benchmarks/inbox.py [--rows N] [--database URL] [--times N]

A quarter of the hand-offs is in each state, and one language is rare. Timed are requests over HTTP in this process with
a fake assistant: each list's first page, its hundredth, one narrowed to the rare language, "only mine", and a
conversation. Printed: milliseconds, median and p95 of ``--times`` requests after a first one.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import Engine, insert

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "tests" / "web")]

from conftest import ANSWERS, FakeAssistant  # noqa: E402

from benchmarks.desk import timed  # noqa: E402
from web.app import create_app  # noqa: E402
from web.desk.access import PLAIN_COOKIE  # noqa: E402
from web.desk.accounts import Accounts, Role  # noqa: E402
from web.desk.hand_off import STATES  # noqa: E402
from web.desk.settings import DeskSettings, HandOffSettings  # noqa: E402
from web.desk.tables import hand_off_table, message_table  # noqa: E402
from web.settings import RateLimitSettings, WebSettings  # noqa: E402
from web.storage import open_database  # noqa: E402

DEEP = 100
"""The page that is timed beside the first."""


def hand_offs(count: int, now: datetime, advisor: int, chance: random.Random) -> Iterator[dict[str, Any]]:
    exchange = {"question": "Sideen ku helaa koorso? " * 5, "answer": ANSWERS["answered"].to_wire()}
    for number in range(count):
        created = now - timedelta(minutes=number)
        state = STATES[number % len(STATES)]
        yield {
            "id": f"{number:016x}",
            "created": created,
            "updated": created,
            "state": state,
            "reason": "abstained",
            "language": "vi" if number % 2000 == 0 else chance.choice(("so", "ar", "ru", "en")),
            "municipality": "Espoo",
            "topic": "Kotoutumiskoulutus",
            "assigned_to": advisor if number % 500 == 1 else None,
            "waiting_since": created if state in ("new", "assigned") else None,
            "version": 1,
            "transcript": [exchange] * 3,
        }


def fill(engine: Engine, count: int) -> None:
    now, chance = datetime.now(UTC), random.Random(20261123)
    advisor = Accounts(engine).create("advisor", [Role.ADVISOR])
    said = {"at": now, "author": "resident", "text": "Caawi", "language": "so"}
    for table, rows in (
        (hand_off_table, hand_offs(count, now, advisor.id, chance)),
        (message_table, ({"hand_off": f"{number:016x}", **said} for number in range(count))),
    ):
        while batch := list(islice(rows, 1000)):
            with engine.begin() as connection:
                connection.execute(insert(table), batch)


def deep(client: TestClient, view: str) -> str:
    """The address of a list's page number DEEP."""
    path = f"/desk/inbox?view={view}"
    for _ in range(DEEP - 1):
        found = re.search(r'href="([^"]+)" rel="next"', client.get(path).text)
        assert found, "the list is too short"
        path = found[1].replace("&amp;", "&")
    return path


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rows", type=int, default=100_000)
    arguments.add_argument("--times", type=int, default=40)
    arguments.add_argument("--database", help="SQLAlchemy URL of an empty database")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = given.database or f"sqlite:///{folder}/web.sqlite3"
        engine, began = open_database(url), time.perf_counter()
        fill(engine, given.rows)
        print(f"{given.rows:,} hand-offs on {engine.dialect.name}: {time.perf_counter() - began:.0f} s")
        settings = WebSettings(
            database=url,
            desk=DeskSettings(hand_off=HandOffSettings(enabled=True)),
            rate_limits=RateLimitSettings(ask=0, feedback=0, any=0),
            access_log=False,
        )
        with TestClient(create_app(FakeAssistant, settings)) as client:
            desk = client.app_state["desk"]
            account = desk.accounts.get(1)
            client.cookies.set(PLAIN_COOKIE, desk.sessions.begin(account))
            pages = {"open": "/desk/inbox", "closed": "/desk/inbox?view=closed"}
            pages |= {f"{view}, page {DEEP}": deep(client, view) for view in ("open", "closed")}
            pages["open, rare language"] = "/desk/inbox?language=vi"
            pages["closed, rare language"] = "/desk/inbox?view=closed&language=vi"
            pages["open, only mine"] = "/desk/inbox?mine=true"
            pages["closed, only mine"] = "/desk/inbox?view=closed&mine=true"
            pages["a conversation"] = f"/desk/hand-offs/{given.rows // 2:016x}"
            for name, path in pages.items():
                middle, most, size = timed(client, path, given.times)
                print(f"{name:24} median {middle:6.1f} ms   p95 {most:6.1f} ms   {size / 1024:5.0f} KB")
        engine.dispose()


if __name__ == "__main__":
    main()
