"""How sources are shown to a model: numbered, between lines with a code of their own, links as tokens."""

from __future__ import annotations

import re
from collections.abc import Collection

from assistant.grounding import Source
from assistant.grounding_figures import URL
from assistant.grounding_injection import visible

_TOKEN = re.compile(r"\[\[\s*(L\d+)\s*\]\]")
_BRACKETS = str.maketrans({"<": "‹", ">": "›"})


class Links:
    """Addresses of one question's sources, and the tokens that stand for them."""

    def __init__(self) -> None:
        self._addresses: dict[str, tuple[str, int]] = {}

    def token(self, address: str, source: int) -> str:
        """What stands for ``address``, which is in the source with that number."""
        for token, known in self._addresses.items():
            if known == (address, source):
                return f"[[{token}]]"
        token = f"L{len(self._addresses) + 1}"
        self._addresses[token] = (address, source)
        return f"[[{token}]]"

    def put_back(self, text: str, sources: Collection[int]) -> str | None:
        """``text`` with addresses in the place of tokens; ``None`` where one is not a link of ``sources``, or where
        anything else stands in the brackets of tokens."""
        for token in _TOKEN.findall(text):
            if token not in self._addresses or self._addresses[token][1] not in sources:
                return None
        text = _TOKEN.sub(lambda found: self._addresses[found[1]][0], text)
        return None if "[[" in text or "]]" in text else text


def show(source: Source, mark: str, links: Links) -> str:
    """The source as the model sees it."""
    document = source.document
    known = {
        "title": document.title,
        "under": " · ".join(source.headings),
        "publisher": document.publisher,
        "municipality": ", ".join(document.municipalities),
        "language": document.language,
        "status": document.status,
        "valid from": document.valid_from and document.valid_from.isoformat(),
        "valid until": document.valid_until and document.valid_until.isoformat(),
        "link": document.url and links.token(document.url, source.number),
    }
    lines = [f"<<source {source.number} {mark}>>"]
    lines += [f"{name}: {value if name == 'link' else plain(str(value))}" for name, value in known.items() if value]
    lines += ["text:", *(_linked(plain(one.text), source.number, links) for one in source.sentences)]
    return "\n".join([*lines, f"<<end {source.number} {mark}>>"])


def plain(text: str, *, tokens: bool = False) -> str:
    """One line in which nothing looks like a delimiter or, unless there may be ``tokens``, like one of them."""
    text = visible(text).translate(_BRACKETS)
    return text if tokens else text.replace("[[", "[").replace("]]", "]")


def _linked(text: str, source: int, links: Links) -> str:
    return URL.sub(lambda found: found[0] if "@" in found[0] else links.token(found[0], source), text)
