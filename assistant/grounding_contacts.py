"""Whether a number to call or an address to write to belongs to what a claim speaks of.

A source may hold the numbers of several services, and each of them passes as a figure. So what is said beside a number
is compared with what the source says beside the numbers: the nearest of those lines must be one of that number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from assistant.grounding_figures import Figure, western

_SHORT = re.compile(r"112|116\d{3}")
"""Numbers to call without an area code, as ETSI and the EU give them out for the whole of Europe."""

Nearness = Callable[[str, Sequence[str]], Sequence[float]]
"""How near each of some lines is to a claim in meaning."""


def is_contact(figure: Figure) -> bool:
    """Whether the figure is a number to call or an e-mail address."""
    if figure.kind in ("phone", "email"):
        return True
    return figure.kind == "number" and not figure.unit and any(map(_SHORT.fullmatch, figure.readings))


def exchanged(
    claim: str, figures: Sequence[Figure], lines: Sequence[tuple[str, Sequence[Figure]]], nearness: Nearness
) -> bool:
    """Whether a contact among the claim's ``figures`` is another one's: of ``lines``, texts with their figures, one
    with other contacts is nearer to the claim than all with this. Digits and addresses are not compared."""
    told = [figure for figure in figures if is_contact(figure)]
    known = [(text, [figure for figure in of_line if is_contact(figure)]) for text, of_line in lines]
    known = [(text, contacts) for text, contacts in known if contacts]
    if not told or not any(_foreign(contacts, told) for _, contacts in known):
        return False
    near = nearness(_without(claim, told), [_without(text, contacts) for text, contacts in known])
    others = [score for score, (_, contacts) in zip(near, known, strict=True) if _foreign(contacts, told)]
    for figure in told:
        own = [score for score, (_, contacts) in zip(near, known, strict=True) if _among(figure, contacts)]
        if own and max(own) < max(others):
            return True
    return False


def _among(figure: Figure, others: Sequence[Figure]) -> bool:
    return any(figure.readings & other.readings for other in others)


def _foreign(contacts: Sequence[Figure], told: Sequence[Figure]) -> bool:
    """Whether none of the contacts is one that is told."""
    return not any(_among(figure, contacts) for figure in told)


def _without(text: str, figures: Sequence[Figure]) -> str:
    text = western(text)
    for figure in figures:
        text = text.replace(figure.text, " ")
    return " ".join(text.split())
