"""Cards as editors changed them, laid over the shipped ones: ``load_cards(shipped, overlay)`` reads both.

cards/<slug>/fi.md, service.toml              what is used instead of the shipped file, or beside the shipped ones
cards/<slug>/.versions/fi.md/0001.json        every version there was, oldest first
cards/.revision                               another text after every change, in whatever process

A version knows which shipped text it was made from: when an update ships another one, that is a conflict for an editor
to settle, and the edited text stays in use until then.

OverlayError
├── Overtaken      somebody else changed the file meanwhile
└── NoVersion      there is no version of this number
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from corpus.card_schema import SLUG
from corpus.cards import Layers, shipped_cards
from corpus.documents import CorpusError, InvalidCard
from corpus.whole_files import write_whole

ORIGINAL = "fi.md"
"""What every other text is a translation of."""

_FILE = re.compile(r"service\.toml|[a-z]{2,3}(-[a-z]+)?\.md")


class OverlayError(CorpusError):
    """Base of what goes wrong with changed cards."""


class Overtaken(OverlayError):
    """The file is not any more what the editor began with."""


class NoVersion(OverlayError):
    """There is no version of this number."""


class Why(StrEnum):
    """How a version came about."""

    SHIPPED = "shipped"
    """It came with Neuvo."""
    EDITED = "edited"
    RESTORED = "restored"
    CONFIRMED = "confirmed"
    """An editor says that it still holds: with the Finnish text as it is now, or beside another shipped text."""
    REVIEWED = "reviewed"
    """An editor who reads the language has read it."""
    RETURNED = "returned"
    """The shipped text is used again."""
    FIGURES = "figures"
    """A figure was changed in all languages at once."""


@dataclass(frozen=True, slots=True)
class Version:
    """A file as it was. ``text`` is ``None`` where the shipped one was used from then on. ``shipped`` and ``original``
    are the digests of the shipped file and of the Finnish text that it was made from."""

    number: int
    at: datetime
    by: str
    why: Why
    text: str | None
    shipped: str | None = None
    original: str | None = None


class Overlay:
    """The changed cards of a data folder. ``shipped`` are the cards that they are laid over. Safe to use from several
    processes."""

    def __init__(
        self,
        folder: Path,
        shipped: Path | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.folder = folder
        self.shipped_folder = shipped_cards() if shipped is None else shipped
        self._now = now

    @property
    def revision(self) -> str:
        """Another text after every change."""
        try:
            return (self.folder / ".revision").read_text(encoding="ascii")
        except OSError:
            return ""

    def text(self, slug: str, name: str) -> str | None:
        """The file that is used; ``None`` where there is none."""
        return _read(Layers(self.shipped_folder / _slug(slug), self.folder / slug).file(_name(name)))

    def shipped(self, slug: str, name: str) -> str | None:
        """The file that came with Neuvo."""
        return _read(self.shipped_folder / _slug(slug) / _name(name))

    def is_changed(self, slug: str, name: str) -> bool:
        return (self.folder / _slug(slug) / _name(name)).is_file()

    def changed(self) -> list[tuple[str, str]]:
        """Card and file of everything that is used instead of what is shipped, or besides."""
        found = self.folder.glob("*/*")
        return sorted((path.parent.name, path.name) for path in found if _FILE.fullmatch(path.name) and path.is_file())

    def versions(self, slug: str, name: str) -> list[Version]:
        """Oldest first; none where nothing was ever changed. Raises OverlayError for a damaged one."""
        return [_version(path) for path in sorted(self._versions(slug, name).glob("[0-9]*.json"))]

    def version(self, slug: str, name: str, number: int) -> Version:
        """Raises NoVersion."""
        for version in self.versions(slug, name):
            if version.number == number:
                return version
        raise NoVersion(f"{slug}/{name}: there is no version {number}")

    def latest(self, slug: str, name: str) -> Version | None:
        """The last version that somebody made here."""
        made = [version for version in self.versions(slug, name) if version.why is not Why.SHIPPED]
        return made[-1] if made else None

    def in_conflict(self, slug: str, name: str) -> bool:
        """Whether the shipped text is another than the one that the changed text was made from."""
        if not self.is_changed(slug, name):
            return False
        latest, shipped = self.latest(slug, name), self.shipped(slug, name)
        return latest is not None and shipped is not None and latest.shipped != digest(shipped)

    def before_update(self, slug: str, name: str) -> str | None:
        """The shipped text that the changed one was made from."""
        latest = self.latest(slug, name)
        for version in self.versions(slug, name):
            if latest and version.text is not None and digest(version.text) == latest.shipped:
                return version.text
        return None

    def is_behind(self, slug: str, name: str) -> bool:
        """Whether the Finnish text is another than when this text was written or last confirmed."""
        if name in (ORIGINAL, "service.toml"):
            return False
        original, made_from = self.text(slug, ORIGINAL), self.made_from(slug, name)
        return original is not None and made_from is not None and body_digest(original) != made_from

    def made_from(self, slug: str, name: str) -> str | None:
        """The digest of the Finnish text that a text was written or last confirmed from."""
        latest = self.latest(slug, name)
        if latest is not None and latest.text is not None:
            return latest.original
        original = self.shipped(slug, ORIGINAL)
        return body_digest(original) if original is not None else None

    def save(
        self,
        slug: str,
        name: str,
        text: str,
        *,
        seen: str | None,
        by: str,
        why: Why = Why.EDITED,
        made_from: str | None = None,
    ) -> Version:
        """Use ``text`` from now on, and keep it as a version. ``seen`` is the digest of the file that the editor began
        with, ``None`` for a new one; ``made_from`` that of the Finnish text it goes with, if not the present one.
        Raises Overtaken, CorpusError."""
        with self._changing(slug, name, seen):
            version = self._keep(slug, name, text, by, why, made_from)
            write_whole(self.folder / slug / name, text)
            return version

    def give_back(self, slug: str, name: str, *, seen: str | None, by: str) -> Version:
        """Use the shipped file again. Raises Overtaken, CorpusError."""
        with self._changing(slug, name, seen):
            if self.shipped(slug, name) is None:
                raise OverlayError(f"{slug}/{name}: none is shipped that could be used again")
            version = self._keep(slug, name, None, by, Why.RETURNED)
            (self.folder / slug / name).unlink(missing_ok=True)
            return version

    def begin(self, slug: str, files: dict[str, str], *, by: str) -> None:
        """A new card. Raises InvalidCard where there is one of this name."""
        with self._locked():
            if self.text(slug, "service.toml") is not None:
                raise InvalidCard(f"{slug}: there is such a card already; choose another slug")
            # The card is one as soon as it has this file.
            for name in sorted(files, key=lambda name: name == "service.toml"):
                self._keep(slug, name, files[name], by, Why.EDITED, body_digest(files[ORIGINAL]))
                write_whole(self.folder / slug / name, files[name])
            self._touch()

    def _keep(self, slug: str, name: str, text: str | None, by: str, why: Why, made_from: str | None = None) -> Version:
        shipped = self.shipped(slug, name)
        known = self.versions(slug, name)
        if shipped is not None and not any(one.text is not None and one.text == shipped for one in known):
            known.append(Version(_next(known), self._now(), "-", Why.SHIPPED, shipped))
            self._write(slug, name, known[-1])
        original = (text or shipped) if name == ORIGINAL else self.text(slug, ORIGINAL)
        if made_from is None and original is not None:
            made_from = body_digest(original)
        version = Version(
            _next(known),
            self._now(),
            by,
            why,
            text,
            shipped and digest(shipped),
            made_from,
        )
        self._write(slug, name, version)
        return version

    def _write(self, slug: str, name: str, version: Version) -> None:
        content = {**asdict(version), "at": version.at.isoformat()}
        path = self._versions(slug, name) / f"{version.number:04}.json"
        write_whole(path, json.dumps(content, ensure_ascii=False, indent=1))

    def _versions(self, slug: str, name: str) -> Path:
        return self.folder / _slug(slug) / ".versions" / _name(name)

    @contextmanager
    def _changing(self, slug: str, name: str, seen: str | None) -> Iterator[None]:
        with self._locked():
            now = self.text(slug, name)
            if (now and digest(now)) != seen:
                raise Overtaken(f"{slug}/{name}: somebody else changed it meanwhile")
            yield
            self._touch()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with (self.folder / ".lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
        except OSError as error:
            raise OverlayError(f"{self.folder}: cannot be written ({error.strerror or error})") from error

    def _touch(self) -> None:
        write_whole(self.folder / ".revision", secrets.token_hex(8))


def digest(text: str) -> str:
    """SHA-256 in hex of a file's text."""
    return hashlib.sha256(text.encode()).hexdigest()


def body_digest(text: str) -> str:
    """SHA-256 in hex of what a text says: without the front matter and however its lines are broken."""
    *_, body = text.partition("+++\n")[2].partition("\n+++\n")
    return digest(" ".join(body.split()))


def _next(known: list[Version]) -> int:
    return known[-1].number + 1 if known else 1


def _version(path: Path) -> Version:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return Version(**{**values, "at": datetime.fromisoformat(values["at"]), "why": Why(values["why"])})
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise OverlayError(f"{path}: damaged ({error}); remove the file") from error


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise OverlayError(f"{path}: unreadable ({error}); save it as UTF-8 text") from error


def _slug(slug: str) -> str:
    """Nothing that leads out of the folder. Raises InvalidCard."""
    if not re.fullmatch(SLUG, slug) or len(slug) > 100:
        raise InvalidCard(f"{slug!r} is no slug; use small letters a-z, digits and single hyphens between them")
    return slug


def _name(name: str) -> str:
    if not _FILE.fullmatch(name):
        raise InvalidCard(f"{name!r} is no file of a card")
    return name
