"""Latin names, numbers, ranges and addresses inside Arabic and Persian, each in a ``<bdi>`` of its own.

Without it, 220–300 and a telephone number in groups are shown in the reverse order (Unicode Standard Annex 9, rules
N1 and N2: the marks between the figures take the direction of the text around). ``static/isolates.js`` does the same.
"""

from __future__ import annotations

import re

from markupsafe import Markup, escape

_LETTER = "A-Za-zÀ-ÖØ-öø-ɏḀ-ỿ0-9"
_BETWEEN = "(?:[ \u00a0\u202f]?[–—−&+-][ \u00a0\u202f]?|[ \u00a0\u202f]|[’'._:/@&+?=#~-]{1,3})"
_RUN = re.compile(rf"[+#]?[{_LETTER}](?:[{_LETTER}]|{_BETWEEN}(?=[{_LETTER}])|,(?=[0-9]))*[%€]?")


def isolated(text: str, direction: str) -> Markup:
    """``text`` as HTML; in a text from right to left, whatever runs from left to right is isolated."""
    if direction != "rtl" or (isinstance(text, Markup) and "<" in text):
        return escape(text)
    text = str(text)
    parts: list[Markup] = []
    at = 0
    for run in _RUN.finditer(text):
        parts += [escape(text[at : run.start()]), Markup('<bdi dir="ltr">{}</bdi>').format(run[0])]
        at = run.end()
    return Markup("").join([*parts, escape(text[at:])])
