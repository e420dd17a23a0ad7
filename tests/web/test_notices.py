"""Notices on every page, and the commands that publish them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import NAMES, FakeAssistant, FakeLanguage
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from typer.testing import CliRunner

from web.app import create_app
from web.cli import app
from web.feedback import Feedback, FeedbackStore
from web.notices import InvalidNotice, Notice, Notices, NoticeStore, Published, UnknownNotice
from web.settings import WebSettings
from web.storage import open_database

LANGUAGES = {code: FakeLanguage(code) for code in NAMES}
NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
THREE = {"fi": "Suljettu.", "sv": "Stängt.", "en": "Closed."}


class Clock:
    now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(clock: Clock, database: Engine) -> NoticeStore:
    return NoticeStore(database, clock)


def publish(store: NoticeStore, texts: dict[str, str] = THREE, kind: Any = "service", **more: Any) -> int:
    return store.publish(Published(kind, texts, **more), LANGUAGES)


@pytest.mark.parametrize(
    ("texts", "page", "shown"),
    [
        pytest.param({**THREE, "ar": "مغلق."}, "ar", "ar", id="its own"),
        pytest.param(THREE, "ar", "en", id="English for want of its own"),
        pytest.param({"fi": "Suljettu."}, "ar", "fi", id="Finnish for want of English"),
        pytest.param({"fi": "Suljettu.", "en": "Closed."}, "sv", "fi", id="Swedish: the other official one first"),
        pytest.param({"en": "Closed.", "ru": "Закрыто."}, "uk", "en", id="Ukrainian never becomes Russian"),
    ],
)
def test_a_page_shows_its_own_language_or_says_which(
    store: NoticeStore, texts: dict[str, str], page: str, shown: str
) -> None:
    publish(store, texts, url="https://www.espoo.fi/")
    direction = "rtl" if shown == "ar" else "ltr"
    assert Notices(store, LANGUAGES)(page) == [
        Notice("service", texts[shown], shown, direction, "https://www.espoo.fi/")
    ]


def test_crises_come_first_then_the_newest(store: NoticeStore, clock: Clock) -> None:
    for kind, text in [("crisis", "a"), ("service", "b"), ("crisis", "c"), ("service", "d")]:
        publish(store, {"fi": text}, kind)
        clock.now += DAY
    assert [notice.text for notice in Notices(store, LANGUAGES)("fi")] == ["c", "a", "d", "b"]


def test_a_notice_is_shown_from_until_and_not_after_it_is_withdrawn(store: NoticeStore, clock: Clock) -> None:
    number = publish(store, starts=NOW + DAY, ends=NOW + 2 * DAY)
    shown = []
    for _ in range(4):
        shown.append(len(store.shown()))
        clock.now += DAY / 2
    assert shown == [0, 0, 1, 1]
    assert store.shown() == []
    clock.now = NOW + DAY
    store.withdraw(number)
    assert store.shown() == []
    assert [one.id for one in store.all()] == [number]
    for unknown in (number, 99):
        with pytest.raises(UnknownNotice, match=str(unknown)):
            store.withdraw(unknown)


@pytest.mark.parametrize(
    ("notice", "problem"),
    [
        pytest.param(Published("service", {"ar": "مغلق."}), "Finnish", id="no text to fall back to"),
        pytest.param(Published("service", {"fi": "x", "xx": "y"}), "xx", id="unknown language"),
        pytest.param(Published("service", {"fi": "x", "en": "  "}), "en is empty", id="empty"),
        pytest.param(Published("service", {"fi": "x" * 501}), "501", id="long"),
        pytest.param(Published("service", THREE, url="javascript:alert(1)"), "https", id="no web address"),
        pytest.param(Published("service", THREE, url="https://a.fi/ b"), "https", id="address with a space"),
        pytest.param(Published("service", THREE, ends=NOW), "end before", id="over already"),
        pytest.param(Published("service", THREE, starts=NOW + DAY, ends=NOW + DAY), "end before", id="never"),
        pytest.param(Published("other", THREE), "kind", id="kind"),  # type: ignore[arg-type]
    ],
)
def test_what_cannot_be_published(store: NoticeStore, notice: Published, problem: str) -> None:
    with pytest.raises(InvalidNotice, match=problem):
        store.publish(notice, LANGUAGES)
    assert store.all() == []


def test_every_page_shows_what_is_published(assistant: FakeAssistant, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'web.sqlite3'}"
    publish(NoticeStore(open_database(url)), {**THREE, "ar": "مغلق <"}, "crisis", url="https://www.espoo.fi/x")
    with TestClient(create_app(lambda: assistant, WebSettings(database=url))) as client:
        for path in ("/ar/", "/ar/about"):
            page = client.get(path).text
            assert "مغلق &lt;" in page
            assert 'href="https://www.espoo.fi/x"' in page
        other = client.get("/so/").text
        assert "Closed." in other
        assert 'lang="en" dir="ltr"' in other


# The commands.


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NEUVO_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("NEUVO_DATABASE", raising=False)
    return tmp_path


def run(*arguments: str) -> Any:
    return CliRunner().invoke(app, list(arguments))


def test_publish_list_and_withdraw(folder: Path) -> None:
    (folder / "notice.toml").write_text('fi = "Suljettu."\nsv = "Stängt."\nen = "No."\n', encoding="utf-8")
    published = run("notice", "publish", "--kind", "crisis", "--file", "notice.toml", "--text", "en=Closed.",
                    "--link", "https://www.espoo.fi/", "--until", "2999-01-01T00:00+02:00")  # fmt: skip
    assert published.exit_code == 0, published.output
    assert "notice 1 is published in fi, sv, en" in published.stdout
    assert "pages in ar" in published.stderr
    (listed,) = json.loads(run("notice", "list", "--json").stdout)
    assert (listed["id"], listed["kind"], listed["state"]) == (1, "crisis", "shown")
    assert listed["texts"] == THREE
    assert listed["until"] == "2998-12-31T22:00:00+00:00"
    assert run("notice", "withdraw", "1").exit_code == 0
    assert run("notice", "list").stdout == "no notices\n"
    assert "over" in run("notice", "list", "--all").stdout
    again = run("notice", "withdraw", "1")
    assert (again.exit_code, "there is no notice 1" in again.stderr) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        pytest.param(["--text", "fi=x"], "no text in sv, en", id="incomplete"),
        pytest.param(["--text", "fi"], "names no language", id="no language"),
        pytest.param(["--file", "none.toml"], "none.toml cannot be read", id="no file"),
        pytest.param(["--text", "fi=x", "--incomplete", "--from", "soon"], "no date", id="no date"),
        pytest.param(["--text", "fi=x", "--incomplete", "--link", "espoo.fi"], "https://", id="link"),
    ],
)
def test_a_mistake_is_said_in_one_line(folder: Path, arguments: list[str], problem: str) -> None:
    result = run("notice", "publish", "--kind", "service", *arguments)
    assert result.exit_code == 2
    assert problem in result.stderr
    assert result.stderr.count("\n") == 1


def test_feedback_is_exported_and_purged(folder: Path) -> None:
    from test_feedback import exchange

    url = f"sqlite:///{folder / 'data' / 'web.sqlite3'}"
    store = FeedbackStore(open_database(url), str, lambda: datetime.now(UTC) - 10 * DAY)
    store.keep(exchange(), Feedback("no", ("wrong",)))
    (row,) = map(json.loads, run("feedback", "export").stdout.splitlines())
    assert (row["verdict"], row["reasons"]) == ("no", ["wrong"])
    assert run("feedback", "purge").stdout == "0 deleted\n"
    assert run("feedback", "purge", "--days", "9").stdout == "1 deleted\n"
    assert run("feedback", "export").stdout == ""


def test_settings_of_the_web(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from web.configuration import read_web_settings

    data = folder / "data"
    assert read_web_settings({}, data).database == f"sqlite:///{data}/web.sqlite3"
    (folder / "neuvo.toml").write_text('[web]\ndatabase = "sqlite:///a.sqlite3"\nfeedback_days = 30\n')
    settings = read_web_settings({"NEUVO_REDIS": "redis://h/0"}, data)
    assert (settings.database, settings.feedback_days) == ("sqlite:///a.sqlite3", 30)
    assert settings.rate_limits.redis == "redis://h/0"
    assert read_web_settings({"NEUVO_DATABASE": "sqlite://"}, data).database == "sqlite://"
    (folder / "neuvo.toml").write_text('[web]\nembed_origins = ["*"]\n')
    failed = run("notice", "list")
    assert failed.exit_code == 2
    assert "setting web.embed_origins.0" in failed.stderr
