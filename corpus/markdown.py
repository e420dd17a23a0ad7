"""The visible text of Markdown, as pieces. No dependency: headings, lists, tables, quotes, code, links."""

from __future__ import annotations

import html
import re

from corpus.documents import BlockKind
from corpus.lines import is_cjk
from corpus.pieces import Piece

_FENCE = re.compile(r"\s{0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r"\s{0,3}(#{1,6})(?:\s+(.*?))?(?:\s+#+)?\s*$")
_ITEM = re.compile(r"\s*(?:[-*+•]|(\d{1,9}[.)]))\s+(.*)")
_RULE = re.compile(r"\s{0,3}(?:(?:\*\s*){3,}|(?:-\s*){3,}|(?:_\s*){3,})$")
_TABLE_RULE = re.compile(r"\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$")
_DEFINITION = re.compile(r"\s{0,3}\[[^\]]+\]:\s+\S+.*$")
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+\-.!|<>~])")
_CELLS = re.compile(r"(?<!\\)\|")


def visible(text: str) -> str:
    """Inline Markdown as a reader sees it: emphasis marks gone, links and pictures as their text."""
    code: list[str] = []

    def keep(found: re.Match[str]) -> str:
        code.append(found[2])
        return f"\x00{len(code) - 1}\x00"

    def escape(found: re.Match[str]) -> str:
        code.append(found[1])
        return f"\x00{len(code) - 1}\x00"

    text = re.sub(r"(`+)(.+?)\1", keep, text.replace("\x00", ""))
    text = _ESCAPED.sub(escape, text)
    text = re.sub(r"<!--.*?-->", "", text)
    text = re.sub(r"!?\[([^\[\]]*)\]\((?:[^()\s]|\([^()]*\))*(?:\s+[\"'][^\"']*[\"'])?\)", r"\1", text)
    text = re.sub(r"!?\[([^\[\]]+)\]\[[^\[\]]*\]", r"\1", text)
    text = re.sub(r"<((?:https?://|mailto:)?[^<>\s@]*[@:/][^<>\s]+)>", r"\1", text)
    text = re.sub(r"</?[A-Za-z][^<>]*>", "", text)
    for mark in (r"\*\*\*", r"\*\*", "~~", r"\*"):
        text = re.sub(rf"{mark}(?=\S)(.{{1,400}}?)(?<=\S){mark}", r"\1", text)
    for mark in ("___", "__", "_"):
        text = re.sub(rf"(?<!\w){mark}(?=\S)(.{{1,400}}?)(?<=\S){mark}(?!\w)", r"\1", text)
    text = html.unescape(text)
    return re.sub("\x00(\\d+)\x00", lambda found: code[int(found[1])], text)


def markdown_pieces(text: str) -> tuple[list[Piece], str | None]:
    """The pieces of a Markdown text, and the title its front matter gives."""
    lines, title = _without_front_matter(text.split("\n"))
    pieces: list[Piece] = []
    open_: list[str] = []
    kind = BlockKind.PARAGRAPH
    fence: str | None = None

    def flush() -> None:
        if open_:
            joined = open_[0]
            for line in open_[1:]:
                glue = "" if joined and line and is_cjk(joined[-1]) and is_cjk(line[0]) else " "
                joined += glue + line
            pieces.append(Piece(kind, visible(joined)))
            open_.clear()

    for i, line in enumerate(lines):
        if fence is not None:
            if line.strip().startswith(fence):
                fence = None
            elif line.strip():
                pieces.append(Piece(BlockKind.PARAGRAPH, line.strip(), close=True))
            continue
        stripped = re.sub(r"^\s{0,3}(?:>\s?)+", "", line).strip()
        underlined = re.fullmatch(r"=+|-+", stripped) if open_ and kind is BlockKind.PARAGRAPH else None
        if found := _FENCE.match(line):
            flush()
            fence = found[1]
        elif underlined:
            level = 1 if stripped[0] == "=" else 2
            pieces.append(Piece(BlockKind.HEADING, visible(" ".join(open_)), level))
            open_.clear()
        elif not stripped or _RULE.match(line) or _DEFINITION.match(line):
            flush()
            kind = BlockKind.PARAGRAPH
        elif found := _HEADING.match(stripped):
            flush()
            kind = BlockKind.PARAGRAPH
            pieces.append(Piece(BlockKind.HEADING, visible(found[2] or ""), len(found[1])))
        elif _in_table(lines, i, stripped):
            flush()
            if not _TABLE_RULE.match(stripped):
                cells = [visible(cell.strip()) for cell in _CELLS.split(stripped.strip("|"))]
                pieces.append(Piece(BlockKind.ROW, " | ".join(cell for cell in cells if cell)))
        elif found := _ITEM.match(stripped):
            flush()
            kind = BlockKind.ITEM
            open_.append(f"{found[1]} {found[2]}" if found[1] else re.sub(r"^\[[ xX]\]\s+", "", found[2]))
        else:
            open_.append(stripped)
    flush()
    return pieces, title


def _without_front_matter(lines: list[str]) -> tuple[list[str], str | None]:
    if not lines or lines[0].strip() not in ("---", "+++"):
        return lines, None
    for end, line in enumerate(lines[1:], 1):
        if line.strip() == lines[0].strip():
            front = "\n".join(lines[1:end])
            if not re.search(r"^\s*[\w-]+\s*[:=]", front, re.MULTILINE):
                return lines, None
            found = re.search(r"^title\s*[:=]\s*[\"']?(.*?)[\"']?\s*$", front, re.MULTILINE)
            return lines[end + 1 :], found[1] if found else None
    return lines, None


def _in_table(lines: list[str], index: int, stripped: str) -> bool:
    if "|" not in stripped:
        return False
    following = lines[index + 1] if index + 1 < len(lines) else ""
    is_header = "|" in following and _TABLE_RULE.match(following) is not None
    return is_header or stripped.startswith("|") or (index > 0 and "|" in lines[index - 1])
