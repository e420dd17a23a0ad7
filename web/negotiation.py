"""Which language a visitor gets who has not chosen one: the ``Accept-Language`` header (RFC 9110, 12.5.4)."""

from __future__ import annotations

from collections.abc import Collection

_SAME = {
    "prs": "fa",
    "tg-arab": "fa",
    "kmr": "ku",
    "cmn": "zh",
    "yue": "zh",
    "wuu": "zh",
    "ekk": "et",
    "als": "sq",
    "pes": "fa",
    "arb": "ar",
}
"""Tags of languages, or of close varieties, that readers of one of ours read."""

_OTHER_SCRIPT = ("ku-arab", "ku-iq", "ku-ir")
"""Tags that begin like one of ours but mean another written language (Sorani)."""


def preferred_language(header: str | None, known: Collection[str], default: str, common: str) -> str:
    """The best of ``known`` codes for the header; ``default`` for no wish, ``common`` for unknown wishes.

    A wish is never widened to a related language: Ukrainian that is not known does not become Russian.
    """
    wishes = _wishes(header or "")
    for tag in wishes:
        if tag.startswith(_OTHER_SCRIPT):
            continue
        primary = tag.split("-")[0]
        for code in (_SAME.get(tag), _SAME.get(primary), primary):
            if code in known:
                return str(code)
    return common if wishes and "*" not in wishes else default


def _wishes(header: str) -> list[str]:
    """Lower-case tags of the header, most wanted first; those with weight 0 or a malformed one left out."""
    weighted: list[tuple[float, str]] = []
    for wish in header.lower().split(",")[:50]:
        tag, *parameters = (piece.strip() for piece in wish.split(";"))
        weight = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                try:
                    weight = float(parameter[2:])
                except ValueError:
                    weight = 0.0
        if tag and 0 < weight <= 1:
            weighted.append((weight, tag))
    return [tag for _, tag in sorted(weighted, key=lambda pair: -pair[0])]
