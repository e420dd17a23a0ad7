"""Whom to turn to: the person behind every answer, and the static emergency and crisis contacts.

Numbers are stated with the day they were checked; opening hours are not claimed.
"""

from __future__ import annotations

from datetime import date
from typing import Protocol

from assistant.answers import Contact, Outcome

CHECKED = date(2026, 11, 22)
"""The day the numbers below were last compared with their sources."""

EMERGENCY_NUMBER = "112"
EMERGENCY_CARD = "emergency-and-crisis"
"""The service card about emergencies: a question that it is nearest to gets these contacts too, recognised or not."""
_MIELI = {"fi": "09 2525 0111", "sv": "09 2525 0112", "uk": "09 2525 0114", "ru": "09 2525 0115"}
_MIELI_IN_ENGLISH_AND_ARABIC = "09 2525 0113"


class Messages(Protocol):
    """What the assistant says in a language, by key."""

    def __getitem__(self, key: str, /) -> str: ...


class Spoken(Protocol):
    """A language, as far as contacts need one."""

    @property
    def code(self) -> str: ...
    @property
    def messages(self) -> Messages: ...


def contacts_for(outcome: Outcome, language: Spoken, person_url: str, *, violence: bool = False) -> tuple[Contact, ...]:
    """Contacts in the order to try them, labelled in ``language``; the last is always a person to ask."""
    says = language.messages
    emergency = Contact(says["contact_emergency"], EMERGENCY_NUMBER, checked=CHECKED)
    person = Contact(says["contact_hello_espoo"], url=person_url)
    nollalinja = Contact(says["contact_nollalinja"], "080 005 005", checked=CHECKED)
    if outcome is Outcome.EMERGENCY:
        medical = Contact(says["contact_medical"], "116117", checked=CHECKED)
        return (emergency, *([nollalinja] if violence else []), medical, person)
    if outcome is Outcome.CRISIS:
        mieli = _MIELI.get(language.code, _MIELI_IN_ENGLISH_AND_ARABIC)
        support = Contact(says["contact_victim_support"], "116006", checked=CHECKED)
        listening = Contact(says["contact_mieli"], mieli, checked=CHECKED)
        helping = (nollalinja, support, listening) if violence else (listening, support, nollalinja)
        return (emergency, *helping, person)
    return (person,)
