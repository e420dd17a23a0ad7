"""Everything that hand-offs need, opened when the server starts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Engine

from assistant.answers import Outcome
from assistant.questions import MAX_CHARACTERS, InvalidQuestion, Profile, Situation
from web.contract import Assistant
from web.desk.canned_replies import CannedReplies
from web.desk.case_files import CaseFiles
from web.desk.deliveries import Carrier, Deliveries
from web.desk.finnish import FINNISH, renderings, with_finnish
from web.desk.flags import Flags
from web.desk.hand_off import HandOff, Message, NoHandOff
from web.desk.hand_offs import HandOffs
from web.desk.handing_on import DeskInbox, Event, HandOffTarget, TargetCarrier
from web.desk.inbox import Inbox
from web.desk.mailing import EmailCarrier, Letter
from web.desk.opening_hours import OpeningHours
from web.desk.outside import Outside
from web.desk.rendering import DeskPages
from web.desk.settings import DeskSettings, HandOffSettings
from web.desk.twins import Twins
from web.desk.webhook import Webhook
from web.desk.zammad import Zammad
from web.rendering import Pages

_TEN_SECONDS, _MINUTE = 10.0, 60.0

Task = tuple[float, str, Callable[[], object]]
"""Seconds between its runs, what it does, and the work."""


@dataclass(frozen=True, slots=True)
class HandingOver:
    """Stores and what works on them. ``days`` are those that a hand-off is kept after its last change."""

    settings: HandOffSettings
    days: int
    store: HandOffs
    flags: Flags
    inbox: Inbox
    canned: CannedReplies
    deliveries: Deliveries
    hours: OpeningHours
    twins: Twins
    assistant: Assistant
    tasks: Sequence[Task] = ()

    def read(self, id: str) -> HandOff:
        """A hand-off with its Finnish, made once. Blocks. Raises NoHandOff."""
        return read(id, self.store, self.twins, self.assistant)

    def withdraw(self, token: str) -> None:
        """Delete everything, what was flagged in it as well. Blocks. Nothing happens for an unknown token."""
        with suppress(NoHandOff):
            self.flags.forget_hand_off(self.store.of_token(token).id)
            self.store.withdraw(token)

    def suggested(self, found: HandOff) -> HandOff:
        """The hand-off with the engine's own answer in Finnish to what was asked last, made once. Blocks."""
        question = _last_question(found)
        if found.suggestion is not None or not question:
            return found
        profile = Profile(found.municipality, Situation(found.situation) if found.situation else None)
        try:
            answer = self.assistant.ask(question[:MAX_CHARACTERS], language=FINNISH, profile=profile)
        except InvalidQuestion:
            return found
        if answer.status is Outcome.UNAVAILABLE:
            return found
        self.store.keep_renderings(found.id, suggestion=answer.to_wire())
        return self.store.get(found.id)


def read(id: str, store: HandOffs, twins: Twins, assistant: Assistant) -> HandOff:
    """A hand-off with its Finnish. Raises NoHandOff."""
    found = store.get(id)
    transcript, messages = with_finnish(found.transcript, twins, assistant), renderings(found, assistant)
    if transcript == found.transcript and not messages:
        return found
    store.keep_renderings(id, transcript=transcript, messages=messages)
    return store.get(id)


def open_handing_over(
    engine: Engine, assistant: Assistant, twins: Twins, settings: DeskSettings, pages: Pages, desk_pages: DeskPages
) -> HandingOver:
    """``pages`` write to residents, ``desk_pages`` to other systems. Blocks."""
    # Nobody would read what is left where there is no desk.
    chosen = settings.hand_off.model_copy(update={"enabled": settings.hand_off.enabled and settings.enabled})
    target = target_of(chosen)
    channels = [] if isinstance(target, DeskInbox) else [target.name]
    store, hours = HandOffs(engine, channels), OpeningHours(chosen)

    def letter(found: HandOff, said: Message | None, token: str) -> Letter:
        url = f"{chosen.public_url}/{found.language}/hand-offs/{token}"
        text = pages.render("hand_off_mail.html", found.language, url=url, said=said, part="text").strip()
        return Letter(pages.render("hand_off_mail.html", found.language, part="subject").strip(), f"{text}\n")

    def pack(found: HandOff, messages: Sequence[Message], event: Event) -> str:
        values = {"hand_off": found, "messages": messages, "event": event, "public_url": chosen.public_url}
        return desk_pages.render("ticket.html", chosen.zammad.language, **values).strip()

    carriers: dict[str, Carrier] = {}
    if chosen.email.host:
        carriers["email"] = EmailCarrier(chosen.email, store, letter)
    fetching: list[Task] = []
    if channels:
        carrier = TargetCarrier(target, store, lambda id: read(id, store, twins, assistant), assistant, pack)
        carriers[target.name] = carrier
        fetching = [(_MINUTE, "Fetching replies", carrier.fetch)]
    deliveries = Deliveries(engine, carriers)
    delivering: list[Task] = [(_TEN_SECONDS, "Delivering", deliveries.work)] if carriers else []
    return HandingOver(
        settings=chosen,
        days=settings.retention.hand_offs,
        store=store,
        flags=Flags(engine, CaseFiles(settings.data) if settings.data else None),
        inbox=Inbox(engine, hours, timedelta(minutes=chosen.target_minutes)),
        canned=CannedReplies(engine),
        deliveries=deliveries,
        hours=hours,
        twins=twins,
        assistant=assistant,
        tasks=[*delivering, *fetching] if chosen.enabled else [],
    )


def target_of(settings: HandOffSettings) -> HandOffTarget:
    """Where hand-offs go."""
    webhook, zammad = settings.webhook, settings.zammad
    if settings.target == "webhook" and webhook.url and webhook.secret:
        return Webhook(Outside(webhook.url), webhook.secret.get_secret_value())
    if settings.target == "zammad" and zammad.url and zammad.token:
        signed_in = {"Authorization": f"Token token={zammad.token.get_secret_value()}"}
        return Zammad(Outside(zammad.url, signed_in), zammad)
    return DeskInbox()


def _last_question(found: HandOff) -> str:
    said = [message.text for message in found.messages if message.author == "resident"]
    asked = [exchange["question"] for exchange in found.transcript if exchange["question"]]
    return str((asked or said[:1] or [""])[-1])
