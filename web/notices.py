"""Notices that an operator puts on every page: a crisis in the city, or something about the service itself.

InvalidNotice  it cannot be published as it is
UnknownNotice  there is none with that number
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from sqlalchemy import Engine, insert, or_, select, update

from web.contract import Language
from web.storage import notice_table as table

Kind = Literal["crisis", "service"]

MOST_CHARACTERS = 500
"""Of the text in one language: it stands above everything else on a phone."""

FIRST = ("fi", "sv", "en")
"""Languages that a notice has from the start: the two official ones, and what others read without theirs."""

_INSTEAD: Mapping[str, tuple[str, ...]] = {"sv": ("fi", "en"), "fi": ("sv", "en")}
"""What a page shows for want of a text in its language; English, then Finnish, in all others."""


class InvalidNotice(ValueError):
    """A notice that cannot be published. Says what is wrong with it."""


class UnknownNotice(LookupError):
    """There is no notice with that number, or it was withdrawn before."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice as a page shows it. ``language`` is the text's, which may not be the page's."""

    kind: Kind
    text: str
    language: str
    direction: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Published:
    """A notice as it is kept: ``texts`` by language, shown from ``starts`` until ``ends`` unless ``withdrawn``."""

    kind: Kind
    texts: Mapping[str, str]
    url: str | None = None
    starts: datetime | None = None
    ends: datetime | None = None
    published: datetime | None = None
    withdrawn: datetime | None = None
    id: int | None = None

    def is_shown(self, at: datetime) -> bool:
        started = self.starts is None or self.starts <= at
        return started and (self.ends is None or at < self.ends) and self.withdrawn is None


class NoticeStore:
    """Notices in the database. Blocks."""

    def __init__(self, engine: Engine, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._engine = engine
        self._now = now

    def publish(self, notice: Published, languages: Mapping[str, Language]) -> int:
        """The number of the new notice. Raises InvalidNotice."""
        _check(notice, languages, self._now())
        values = {
            "kind": notice.kind,
            "texts": {code: text.strip() for code, text in notice.texts.items()},
            "url": notice.url,
            "published": self._now(),
            "starts": notice.starts,
            "ends": notice.ends,
        }
        with self._engine.begin() as connection:
            return int(connection.execute(insert(table).values(values).returning(table.c.id)).scalar_one())

    def withdraw(self, id: int) -> None:
        """Take a notice off the pages. Raises UnknownNotice."""
        with self._engine.begin() as connection:
            statement = update(table).where(table.c.id == id, table.c.withdrawn.is_(None))
            if not connection.execute(statement.values(withdrawn=self._now())).rowcount:
                raise UnknownNotice(f"there is no notice {id}, or it was withdrawn before")

    def all(self) -> list[Published]:
        """Every notice that was ever published, the newest first."""
        return self._read(select(table))

    def shown(self) -> list[Published]:
        """What pages show now: crises first, then the newest."""
        now = self._now()
        notices = self._read(
            select(table).where(table.c.withdrawn.is_(None), or_(table.c.ends.is_(None), table.c.ends > now))
        )
        return sorted((one for one in notices if one.is_shown(now)), key=lambda one: one.kind != "crisis")

    def _read(self, statement: Any) -> list[Published]:
        with self._engine.connect() as connection:
            rows = connection.execute(statement.order_by(table.c.published.desc(), table.c.id.desc())).mappings()
            return [Published(**row) for row in rows]


class Notices:
    """What pages show, kept in memory so that no page waits for a database. ``refresh`` blocks."""

    def __init__(self, store: NoticeStore, languages: Mapping[str, Language]) -> None:
        self._store = store
        self._languages = languages
        self._shown: list[Published] = []
        self.refresh()

    def refresh(self) -> None:
        self._shown = self._store.shown()

    def __call__(self, language: str) -> list[Notice]:
        """What a page in ``language`` shows, the most important first."""
        return [_in_language(notice, language, self._languages) for notice in self._shown]


def _in_language(notice: Published, language: str, languages: Mapping[str, Language]) -> Notice:
    wishes = (language, *_INSTEAD.get(language, ("en", "fi")), *notice.texts)
    code = next(wish for wish in wishes if wish in notice.texts)
    return Notice(notice.kind, notice.texts[code], code, languages[code].direction, notice.url)


def _check(notice: Published, languages: Mapping[str, Language], now: datetime) -> None:
    if notice.kind not in get_args(Kind):
        raise InvalidNotice(f"the kind is one of: {', '.join(get_args(Kind))}")
    if not {"fi", "en"} & set(notice.texts):
        raise InvalidNotice("a text in Finnish (fi) or English (en) is needed, for pages that have none of their own")
    for code, text in notice.texts.items():
        if code not in languages:
            raise InvalidNotice(f"Neuvo does not speak {code}; it speaks {', '.join(languages)}")
        if not text.strip():
            raise InvalidNotice(f"the text in {code} is empty")
        if len(text.strip()) > MOST_CHARACTERS:
            raise InvalidNotice(f"the text in {code} has {len(text.strip())} characters; at most {MOST_CHARACTERS} fit")
    if notice.url is not None and not _is_web(notice.url):
        raise InvalidNotice("the link must begin with https:// or http://")
    if notice.ends and notice.ends <= max(now, notice.starts or now):
        raise InvalidNotice("the notice would end before it is shown")


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc) and not any(c.isspace() for c in url)
