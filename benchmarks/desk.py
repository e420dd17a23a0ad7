"""The desk over 100,000 questions and hand-offs: how long its pages take, on SQLite and on PostgreSQL.

    python benchmarks/desk.py [--rows N] [--database URL] [--times N]

Fills an empty database (SQLite in a temporary folder unless told otherwise) with two years of questions and a quarter
of hand-offs, counts the days as the running server does, then asks for each page over HTTP in this process, with a fake
assistant: what is timed is the page. Printed: milliseconds, median and p95 of ``--times`` requests after a first one.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from fastapi.testclient import TestClient
from sqlalchemy import Engine, insert

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "tests" / "web")]

from conftest import FakeAssistant  # noqa: E402

from web.app import create_app  # noqa: E402
from web.desk.access import PLAIN_COOKIE  # noqa: E402
from web.desk.accounts import Role  # noqa: E402
from web.desk.indicators import Indicators  # noqa: E402
from web.desk.opening_hours import HELSINKI, OpeningHours  # noqa: E402
from web.desk.settings import DeskSettings, HandOffSettings  # noqa: E402
from web.desk.tables import hand_off_table, message_table, question_table  # noqa: E402
from web.settings import RateLimitSettings, WebSettings  # noqa: E402
from web.storage import feedback_table, open_database  # noqa: E402

PAGES = (
    "/desk/insight",
    "/desk/insight?since=2000-01",
    "/desk/insight/missing",
    "/desk/insight/export.csv?since=2000-01",
    "/desk/inbox",
)
LANGUAGES = ["fi", "ru", "en", "ar", "so", "et", "uk", "fa", "sq", "zh", "sv", "tr", "ku", "vi", "es", "fr"]
TOPICS = [
    "integration",
    "language",
    "work",
    "education",
    "family",
    "health",
    "guidance",
    "participation",
    "youth",
    None,
]
STATUSES = ["answered"] * 60 + ["partial"] * 8 + ["no_information"] * 18 + ["clarify"] * 9 + ["small_talk"] * 3
STATUSES += ["crisis", "out_of_scope"]
HOURS = [1, 1, 0, 0, 0, 0, 2, 4, 8, 12, 13, 12, 10, 11, 12, 11, 9, 8, 8, 9, 8, 7, 5, 3]


def questions(count: int, now: datetime, chance: random.Random) -> Iterator[dict[str, Any]]:
    for number in range(count):
        day = now - timedelta(days=730 * chance.random() ** 1.4)
        hour = chance.choices(range(24), HOURS)[0]
        local = day.astimezone(HELSINKI).replace(hour=hour, minute=0, second=0, microsecond=0)
        status = chance.choice(STATUSES)
        kept = status == "no_information" and number % 9 == 0
        yield {
            "answer": f"{number:064}",
            "at": min(local.astimezone(UTC), now),
            "channel": chance.choices(("chat", "api", "desk"), (80, 5, 15))[0],
            "language": chance.choices(LANGUAGES, range(len(LANGUAGES), 0, -1))[0],
            "municipality": chance.choices(("Espoo", "Kauniainen", None), (60, 4, 36))[0],
            "situation": chance.choices(("jobseeker", "employed", "at_home", "student", None), (25, 12, 14, 9, 40))[0],
            "status": status,
            "topic": chance.choice(TOPICS),
            "document": "card-starting-level-test-fi",
            "similarity": chance.uniform(0.7, 0.95),
            "milliseconds": chance.lognormvariate(6.2, 0.6),
            "hour": hour,
            "build": "b",
            "question": f"What about matter {number % 40}?" if kept else None,
            "vector": _vector(number % 40, number) if kept else None,
        }


def _vector(meaning: int, number: int) -> bytes:
    """Near the others of its meaning."""
    middle, own = (np.random.default_rng(seed).normal(size=384) for seed in (meaning, 1000 + number))
    vector = middle + 0.6 * own
    return (vector / np.linalg.norm(vector)).astype(np.float16).tobytes()


def hand_offs(count: int, now: datetime, chance: random.Random) -> Iterator[dict[str, Any]]:
    exchange = {"question": "Miten pääsen kurssille? " * 5, "answer": {"sentences": ["Vastaus. " * 40]}}
    for number in range(count):
        created = now - timedelta(days=90 * chance.random())
        waited = timedelta(minutes=chance.lognormvariate(4.5, 1.0))
        state = chance.choices(("new", "assigned", "answered", "closed"), (1, 1, 8, 90))[0]
        answered = None if state in ("new", "assigned") else min(created + waited, now)
        yield {
            "id": f"{number:032}",
            "conversation": f"{number:064}",
            "created": created,
            "updated": answered or created,
            "state": state,
            "reason": chance.choice(("asked", "abstained", "crisis", "request")),
            "language": chance.choices(LANGUAGES, range(len(LANGUAGES), 0, -1))[0],
            "municipality": "Espoo",
            "situation": None,
            "topic": "Lähtötasotesti",
            "waiting_since": None if answered else created,
            "first_answered": answered,
            "closed": answered if state == "closed" else None,
            "version": 1,
            "transcript": [exchange] * 3,
        }


def messages(count: int, now: datetime) -> Iterator[dict[str, Any]]:
    for number in range(count):
        said = {"at": now, "author": "resident", "text": "Miten pääsen kurssille?", "language": "so"}
        yield {"hand_off": f"{number:032}", **said}


def verdicts(count: int, now: datetime, chance: random.Random) -> Iterator[dict[str, Any]]:
    for number in range(count):
        yes = chance.random() < 0.78
        yield {
            "answer": f"{number:064}",
            "given": now - timedelta(days=365 * chance.random()),
            "verdict": "yes" if yes else "no",
            "reasons": [] if yes else [chance.choice(("wrong", "outdated", "unclear", "language", "missing"))],
            "status": "answered",
            "language": "fi",
            "documents": [],
            "trace": {},
        }


def fill(engine: Engine, count: int, now: datetime) -> None:
    chance = random.Random(20261101)
    made = (
        (question_table, questions(count, now, chance)),
        (hand_off_table, hand_offs(count, now, chance)),
        (message_table, messages(count, now)),
        (feedback_table, verdicts(count // 10, now, chance)),
    )
    for table, rows in made:
        while batch := list(islice(rows, 1000)):
            with engine.begin() as connection:
                connection.execute(insert(table), batch)


def timed(client: TestClient, path: str, times: int) -> tuple[float, float, int]:
    """Median and p95 in milliseconds, and bytes."""
    size = len(client.get(path).raise_for_status().content)
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        client.get(path)
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken), statistics.quantiles(taken, n=20)[-1], size


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rows", type=int, default=100_000)
    arguments.add_argument("--times", type=int, default=40)
    arguments.add_argument("--database", help="SQLAlchemy URL of an empty database")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = given.database or f"sqlite:///{folder}/web.sqlite3"
        engine, now = open_database(url), datetime.now(UTC)
        began = time.perf_counter()
        fill(engine, given.rows, now)
        print(f"{given.rows:,} questions and hand-offs on {engine.dialect.name}: {time.perf_counter() - began:.0f} s")
        began = time.perf_counter()
        days = Indicators(engine, OpeningHours(HandOffSettings())).roll_up()
        print(f"{days} days counted: {time.perf_counter() - began:.1f} s")
        engine.dispose()
        hand_off = HandOffSettings(enabled=True, public_url="https://neuvo.example.fi")
        settings = WebSettings(
            database=url,
            desk=DeskSettings(hand_off=hand_off),
            rate_limits=RateLimitSettings(ask=0, feedback=0, any=0),
            access_log=False,
        )
        with TestClient(create_app(FakeAssistant, settings)) as client:
            desk = client.app_state["desk"]
            account = desk.accounts.create("benchmark", list(Role))
            client.cookies.set(PLAIN_COOKIE, desk.sessions.begin(account))
            for path in PAGES:
                middle, most, size = timed(client, path, given.times)
                print(f"{path:45} median {middle:6.1f} ms   p95 {most:6.1f} ms   {size / 1024:5.0f} KB")


if __name__ == "__main__":
    main()
