"""Which sentences of a document may be shown: never a named official, a personal contact, or what speaks to a machine.

Officials named in a programme change, and a resident who calls yesterday's coordinator is worse off than one who
is sent to the counter. Service cards are written without them and checked, so they are exempt.
"""

from __future__ import annotations

import re

from assistant.grounding_injection import to_a_machine
from corpus.documents import Document

_CONTACT = re.compile(
    r"[\w.+-]+@[\w-]+\.\w{2,}"  # e-mail
    r"|(?<![\d.,–-])(?:\+\d{2,3}|0\d{1,2})[ -]?\d{2,4}(?:[ -]?\d{2,4}){1,3}(?![\d.,–-]\d)"  # phone
)
_NAME = r"[A-ZÅÄÖŠŽÉ][a-zåäöšžéü]+(?:-[A-ZÅÄÖŠŽÉ][a-zåäöšžéü]+)?"
_ROLE = (
    r"\w*(?:koordinaattori|johtaja|päällikkö|päälliköt?|puheenjohtaja|lakimies|rehtori|sihteeri|asiantuntija"
    r"|coordinator|manager|director|head|chair|chairperson|lawyer|principal|adviser|officer"
    r"|samordnare|koordinator|chef|direktör|ordförande|jurist|rektor|sekreterare)\w*"
)
_NAMED_OFFICIAL = re.compile(
    rf"\b{_NAME} {_NAME}(?:,? (?:\w+\.? ){{0,2}}{_ROLE})|{_ROLE}(?:,|:)? {_NAME} {_NAME}\b", re.UNICODE
)


def quotable(document: Document, sentence: str) -> bool:
    """Whether ``sentence`` of ``document`` may stand in an answer."""
    if document.card:
        return True
    return not (_CONTACT.search(sentence) or _NAMED_OFFICIAL.search(sentence) or to_a_machine(sentence))
