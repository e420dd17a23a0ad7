"""What the pages of cards work with: the cards as they are now, how each text stands, and saving that is checked.

Nothing that the checks find fault with is used: a text is refused with what is wrong in it. A change of facts is
refused for what is wrong with the facts alone, because sixteen languages cannot be mended at once; the texts that no
longer fit are shown until they are mended.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Lock

from corpus.card_schema import Fact, Translation
from corpus.cards import Card, CardText, load_cards, parse_service, parse_text
from corpus.checks import PLAIN_LANGUAGE, check_card, check_service, check_sources, check_text
from corpus.documents import InvalidCard
from corpus.findings import Finding
from corpus.overlays import Overlay, Overtaken, Why, digest
from corpus.publishing import CHANGED_CARDS
from web.desk.accounts import Account
from web.desk.card_files import Draft, draft_of, with_new_figures
from web.desk.card_statuses import CardStatus, status_of
from web.desk.reviewed_texts import ReviewedTexts

SERVICE = "service.toml"
MOST_CHARACTERS = 20_000
"""Of a text or of the facts."""


class Refused(Exception):
    """Not saved. ``findings`` say what is wrong; ``problem`` why it cannot be read at all; ``overtaken`` that somebody
    else changed it meanwhile."""

    def __init__(self, findings: Sequence[Finding] = (), problem: str = "", *, overtaken: bool = False) -> None:
        super().__init__(problem)
        self.findings = tuple(findings)
        self.problem = problem
        self.overtaken = overtaken


class CardEditing:
    """The cards of a data folder. ``scripts`` are those of the languages by code, ``identify`` tells a text's language;
    ``cards`` is the folder of the shipped cards. Blocks."""

    def __init__(
        self,
        data: Path | None,
        scripts: Mapping[str, str],
        identify: Callable[[str], str],
        reviews: ReviewedTexts,
        cards: Path | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.possible = data is not None
        """Whether there is a data folder, so that anything can be changed."""
        self.overlay = Overlay((data or Path("/nonexistent")) / CHANGED_CARDS, cards, now)
        self._cards = cards
        self._scripts = scripts
        self._identify = identify
        self._reviews = reviews
        self._now = now
        self._lock = Lock()
        self._known: tuple[str, dict[str, Card]] | None = None
        self._statuses: dict[str, tuple[str, CardStatus]] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the texts that a card should have: Finnish, plain Finnish, English, then the others."""
        order = ["fi", *PLAIN_LANGUAGE.values(), "en", "sv", *self._scripts]
        return tuple(dict.fromkeys(name for name in order if name.partition("-")[0] in self._scripts))

    def all(self) -> Mapping[str, Card]:
        """Every card by slug. Raises CorpusError."""
        revision = self.overlay.revision
        with self._lock:
            if self._known is None or self._known[0] != revision:
                self._known = revision, {card.slug: card for card in load_cards(self._cards, self.overlay.folder)}
            return self._known[1]

    def status(self, slug: str) -> CardStatus | None:
        """``None`` for a card that there is not. Raises CorpusError."""
        card = self.all().get(slug)
        if card is None:
            return None
        revision = self.overlay.revision
        with self._lock:
            known = self._statuses.get(slug)
        if known and known[0] == revision:
            return known[1]
        status = status_of(card, self.overlay, self.names, self._found)
        with self._lock:
            self._statuses[slug] = revision, status
        return status

    def statuses(self) -> list[CardStatus]:
        """Of every card. Raises CorpusError."""
        return [status for slug in self.all() if (status := self.status(slug))]

    def findings(self) -> list[Finding]:
        """What is wrong in cards that were changed here. Raises CorpusError."""
        changed = {slug for slug, _ in self.overlay.changed()}
        return [finding for slug, card in self.all().items() if slug in changed for finding in self._found(card)]

    def draft(self, slug: str, name: str) -> Draft:
        """A text in parts; empty for one that there is not yet. Raises CorpusError."""
        file = self.overlay.text(slug, f"{name}.md")
        return Draft() if file is None else draft_of(file, slug, name)

    def seen(self, slug: str, file: str) -> str:
        """What a form must send back, so that nobody's change is overwritten unseen."""
        text = self.overlay.text(slug, file)
        return "" if text is None else digest(text)

    def check(self, slug: str, name: str, draft: Draft) -> list[Finding]:
        """What is wrong in a text. Raises Refused for one that cannot be read, CorpusError."""
        return self._check(self.all()[slug], self._parse(draft.file(), slug, name))

    def save(self, account: Account, slug: str, name: str, draft: Draft, seen: str, *, read: bool = False) -> None:
        """Use a text from now on. ``read``: whoever saves it reads the language and has read all of it.

        Raises Refused, CorpusError.
        """
        file = f"{name}.md"
        before = self.overlay.text(slug, file)
        draft = self._marked(draft, self.draft(slug, name) if before else None, read=read)
        text = draft.file()
        if findings := self._check(self.all()[slug], self._parse(text, slug, name)):
            raise Refused(findings)
        self._put(account, slug, file, text, seen, Why.REVIEWED if read else Why.EDITED)
        if read:
            self._reviews.note(account, slug, name, text)

    def confirm(self, account: Account, slug: str, file: str, seen: str) -> None:
        """The file stays as it is, though the Finnish text or the shipped one is another now. Raises Refused,
        CorpusError."""
        if (text := self.overlay.text(slug, file)) is not None:
            self._put(account, slug, file, text, seen, Why.CONFIRMED)

    def give_back(self, account: Account, slug: str, file: str, seen: str) -> None:
        """Use the shipped file again. Raises Refused, CorpusError."""
        try:
            self.overlay.give_back(slug, file, seen=seen or None, by=account.name)
        except Overtaken as error:
            raise Refused(overtaken=True) from error

    def restore(self, account: Account, slug: str, file: str, number: int, seen: str) -> None:
        """Use an earlier version again, if it still fits the card. Raises Refused, CorpusError."""
        text = self.overlay.version(slug, file, number).text
        if text is None:
            self.give_back(account, slug, file, seen)
            return
        card = self.all()[slug]
        if file == SERVICE:
            findings = self._check_service(card, text)
        else:
            findings = self._check(card, self._parse(text, slug, file.removesuffix(".md")))
        if findings:
            raise Refused(findings)
        self._put(account, slug, file, text, seen, Why.RESTORED)

    def save_facts(self, account: Account, slug: str, toml: str, seen: str, *, everywhere: bool = False) -> list[str]:
        """Use other facts from now on; ``everywhere``: their new figures replace the old ones in the texts. Gives the
        names of the texts that were changed. Raises Refused, CorpusError."""
        old = self.all()[slug]
        if findings := self._check_service(old, toml):
            raise Refused(findings)
        self._put(account, slug, SERVICE, toml, seen, Why.EDITED)
        return self._new_figures(account, old, parse_service(toml, slug).facts) if everywhere else []

    def _new_figures(self, account: Account, old: Card, new: Mapping[str, Fact]) -> list[str]:
        slug, changed = old.slug, []
        # Finnish first: the other texts then go with what it says now, unless they were behind before.
        behind = {text.name for text in old.texts if self.overlay.is_behind(slug, f"{text.name}.md")}
        for text in sorted(old.texts, key=lambda text: text.name != "fi"):
            file = f"{text.name}.md"
            was = self.overlay.text(slug, file) or ""
            now = with_new_figures(was, text.name, old, new)
            if now == was:
                continue
            if text.front.translation is Translation.REVIEWED:
                now = replace(draft_of(now, slug, text.name), translation=Translation.MACHINE).file()
            made_from = self.overlay.made_from(slug, file) if text.name in behind else None
            self.overlay.save(slug, file, now, seen=digest(was), by=account.name, why=Why.FIGURES, made_from=made_from)
            changed.append(text.name)
        if "fi" in changed:
            # What was not touched says nothing of the figures that changed, and is no further behind than it was.
            for text in old.texts:
                file = f"{text.name}.md"
                if text.name not in (*changed, *behind) and self.overlay.is_behind(slug, file):
                    was = self.overlay.text(slug, file) or ""
                    self.overlay.save(slug, file, was, seen=digest(was), by=account.name, why=Why.FIGURES)
        return changed

    def begin(self, account: Account, slug: str, toml: str, texts: Mapping[str, Draft]) -> None:
        """A new card. Raises Refused, CorpusError."""
        try:
            service = parse_service(toml, slug)
        except InvalidCard as error:
            raise Refused(problem=str(error)) from error
        if slug == "new" or slug in self.all():
            raise Refused(problem=f"{slug}: there is such a card already; choose another slug")
        parsed = {name: self._parse(draft.file(), slug, name) for name, draft in texts.items()}
        card = Card(service, tuple(parsed.values()), self.overlay.folder / slug)
        findings = check_service(card, self._today()) + self._sources(card)
        findings += [finding for text in parsed.values() for finding in self._check(card, text)]
        if findings:
            raise Refused(findings)
        files = {SERVICE: toml} | {f"{name}.md": draft.file() for name, draft in texts.items()}
        self.overlay.begin(slug, files, by=account.name)

    def _put(self, account: Account, slug: str, file: str, text: str, seen: str, why: Why) -> None:
        try:
            self.overlay.save(slug, file, text, seen=seen or None, by=account.name, why=why)
        except Overtaken as error:
            raise Refused(overtaken=True) from error

    def _marked(self, draft: Draft, before: Draft | None, *, read: bool) -> Draft:
        """The draft with how it came about: what was read stays so as long as its words do."""
        if read:
            return replace(draft, translation=Translation.REVIEWED, reviewed_on=self._today())
        if draft.translation is Translation.AUTHORED:
            return draft
        same = before and (before.title, before.body.split()) == (draft.title, draft.body.split())
        if same and before and before.translation is Translation.REVIEWED:
            return replace(draft, translation=Translation.REVIEWED, role=before.role, reviewed_on=before.reviewed_on)
        return replace(draft, translation=Translation.MACHINE)

    def _parse(self, file: str, slug: str, name: str) -> CardText:
        try:
            return parse_text(file, slug, name)
        except InvalidCard as error:
            raise Refused(problem=str(error)) from error

    def _check(self, card: Card, text: CardText) -> list[Finding]:
        return check_text(card, text, self._scripts, self._identify, self._today())

    def _check_service(self, card: Card, toml: str) -> list[Finding]:
        try:
            service = parse_service(toml, card.slug)
        except InvalidCard as error:
            raise Refused(problem=str(error)) from error
        if service.slug != card.slug:
            raise Refused(problem=f"slug: stays {card.slug!r}")
        changed = replace(card, service=service)
        return check_service(changed, self._today()) + self._sources(changed)

    def _sources(self, card: Card) -> list[Finding]:
        others = [one for slug, one in self.all().items() if slug != card.slug]
        return [finding for finding in check_sources([*others, card]) if finding.card == card.folder.name]

    def _found(self, card: Card) -> list[Finding]:
        """Without telling languages, which takes long: each text was told when it was saved."""
        return check_card(card, self._scripts, None, self._today())

    def _today(self) -> date:
        return self._now().date()
