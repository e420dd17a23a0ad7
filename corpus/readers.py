"""Files into text with Blocks: one function per format, the table of them last.

    path -> limits -> what the bytes are -> the parser of the suffix -> pieces -> ReadText

Every function takes a path and raises UnreadableDocument, which names the file, what is wrong and the mend.
The parsers' libraries are imported here only, inside the function that needs them.
"""

from __future__ import annotations

import codecs
import io
import re
import threading
import zipfile
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from corpus.documents import BlockKind, UnreadableDocument
from corpus.markdown import markdown_pieces
from corpus.pieces import Piece, ReadText, lay_out
from corpus.repair import clean_characters, repair
from corpus.tables import CELL
from corpus.trees import tree_pieces

MAX_FILE_BYTES = 50 * 1024 * 1024
MAX_TEXT_CHARACTERS = 5_000_000
MAX_PAGES = 5_000
MAX_UNPACKED_BYTES = 200 * 1024 * 1024
MAX_PACKING_RATIO = 200
"""Unpacked bytes per packed byte of a .docx; texts pack about ten to one."""

Reader = Callable[[Path], ReadText]

_PDFIUM = threading.Lock()  # PDFium is not thread-safe
_MAGIC = (
    (b"%PDF-", "a PDF file", ".pdf"),
    (b"PK\x03\x04", "a zip archive", ".docx"),
    (b"PK\x05\x06", "an empty zip archive", ""),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office file (.doc, .xls) or an encrypted .docx", ""),
    (b"{\\rtf", "an RTF file", ""),
    (b"\x89PNG\r\n\x1a\n", "a PNG picture", ""),
    (b"\xff\xd8\xff", "a JPEG picture", ""),
    (b"GIF8", "a GIF picture", ""),
    (b"\x1f\x8b", "a gzip archive", ""),
    (b"7z\xbc\xaf'\x1c", "a 7z archive", ""),
    (b"\x7fELF", "a program", ""),
    (b"MZ\x90", "a program", ""),
)
_HTML = re.compile(
    rb"(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)


def _unreadable(path: Path, what: str, mend: str) -> UnreadableDocument:
    name = str(path).encode(errors="replace").decode()
    return UnreadableDocument(f"{name}: {what}; {mend}")


def _bytes_of(path: Path, *kinds: str) -> bytes:
    """The file's bytes, within the limits and of one of the ``kinds``: .pdf, .docx, html, text."""
    try:
        if path.is_symlink() and not path.exists():
            raise _unreadable(path, "a link to a file that does not exist", "mend or remove the link")
        size = path.stat().st_size
        if not path.is_file():
            raise _unreadable(path, "not a regular file", "give a document file")
        if size > MAX_FILE_BYTES:
            limit = MAX_FILE_BYTES // 1024**2
            raise _unreadable(path, f"{size / 1024**2:.0f} MB, more than the limit of {limit} MB", "split it")
        content = path.read_bytes()
    except PermissionError as error:
        raise _unreadable(path, "permission denied", "allow reading it") from error
    except FileNotFoundError as error:
        raise _unreadable(path, "does not exist", "check the path") from error
    except OSError as error:
        raise _unreadable(path, f"cannot be read ({error.strerror or error})", "check the file and disk") from error
    if not content.strip():
        raise _unreadable(path, "empty", "remove it or fill it")
    kind, what = _kind_of(content)
    if kind not in kinds:
        named = {".pdf": ".pdf", "html": ".html", "text": ".txt", ".docx": ".docx"}.get(kind)
        mend = f"rename it to {named}" if named else "convert it to .txt, .md, .html, .pdf or .docx"
        raise _unreadable(path, f"named {path.suffix} but its content is {what}", mend)
    return content


def _kind_of(content: bytes) -> tuple[str, str]:
    head = content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    if b"%PDF-" in content[:1024] and not _HTML.match(head):
        return ".pdf", "a PDF file"
    for magic, what, kind in _MAGIC:
        if content.startswith(magic):
            if kind == ".docx" and b"word/" not in content:
                return "", what
            return kind, "a Word file" if kind == ".docx" else what
    if _HTML.match(head):
        return "html", "HTML"
    if b"\0" in content[:65536] and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "", "binary data"
    return "text", "plain text"


def _decoded(path: Path, content: bytes) -> str:
    """UTF-8, UTF-16 with its mark, else Windows-1252 where the result looks like text."""
    try:
        if content.startswith((b"\xff\xfe", b"\xfe\xff")):
            return content.decode("utf-16")
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    letters = sum(character.isalpha() and ord(character) < 0x250 for character in text)
    foreign = sum(ord(character) > 0x7F and not character.isalpha() for character in text)
    if "\ufffd" in text or letters < 0.4 * len(text) or foreign > 0.05 * len(text):
        raise _unreadable(path, "in an unknown character encoding", "save it as UTF-8")
    return text


def _checked(path: Path, read: ReadText) -> ReadText:
    if not read.blocks or not any(character.isalnum() for character in read.text):
        raise _unreadable(path, "no text in it", "remove it or fill it")
    _check_length(path, len(read.text))
    return read


def _check_length(path: Path, characters: int) -> None:
    if characters > MAX_TEXT_CHARACTERS:
        raise _unreadable(path, f"more than {MAX_TEXT_CHARACTERS:,} characters of text", "split it")


def _text(path: Path) -> str:
    text = _decoded(path, _bytes_of(path, "text"))
    _check_length(path, len(text))
    return text


def read_txt(path: Path) -> ReadText:
    """Plain text; text extracted from a PDF is recognised and repaired."""
    return _checked(path, repair(_text(path)).read)


def read_markdown(path: Path) -> ReadText:
    """The visible text of Markdown: no markup, no front matter, links as their text."""
    pieces, title = markdown_pieces(clean_characters(_text(path)))
    return _checked(path, lay_out(pieces, title))


# PDF


def read_pdf(path: Path) -> ReadText:
    """The text layer of a PDF, repaired. A PDF without one needs OCR first."""
    import pypdfium2 as pdfium

    content = _bytes_of(path, ".pdf")
    with _PDFIUM:
        try:
            document = pdfium.PdfDocument(content)
        except pdfium.PdfiumError as error:
            if "password" in str(error).lower():
                raise _unreadable(path, "an encrypted PDF", "save it without a password") from error
            raise _unreadable(path, "a damaged PDF", "export it again from its source") from error
        try:
            if len(document) > MAX_PAGES:
                raise _unreadable(path, f"more than {MAX_PAGES} pages", "split it")
            title = str(document.get_metadata_value("Title") or "").strip()
            pages, characters = [], 0
            for page in document:
                pages.append(_page_text(page))
                page.close()
                characters += len(pages[-1])
                _check_length(path, characters)
        except pdfium.PdfiumError as error:
            raise _unreadable(path, "a damaged PDF", "export it again from its source") from error
        finally:
            document.close()
    if not any(character.isalnum() for page in pages for character in page):
        raise _unreadable(path, "a PDF with no text (scanned pages)", "run OCR on it first")
    read = repair("\f".join(pages), extracted=True).read
    return _checked(path, ReadText(read.text, read.blocks, _pdf_title(title)))


def _pdf_title(title: str) -> str | None:
    """The title in a PDF's properties, unless a program left a file name there."""
    leftover = re.search(r"\.(?:docx?|pptx?|indd|pdf|odt|xlsx?|rtf)$|^Microsoft |^untitled|^PowerPoint", title, re.I)
    return title if title and not leftover else None


def _page_text(page: Any) -> str:
    """The lines of a page, with an empty one where it leaves more room than usual between two."""
    text_page = page.get_textpage()
    try:
        text: str = text_page.get_text_range()
        found = list(re.finditer("[^\r\n\ufffe\x02]+", text))
        # PDFium writes one of these two where a line ended in a hyphen, and no line break.
        lines = [m[0] + ("-" if text[m.end() : m.end() + 1] in ("\ufffe", "\x02") else "") for m in found]
        if len(text) != text_page.count_chars():
            return "\n".join(lines)
        bases = [text_page.get_charbox(m.start(), loose=True)[1] for m in found]
    finally:
        text_page.close()
    steps = [a - b for a, b in pairwise(bases)]
    downward = sorted(step for step in steps if step > 1)
    usual = downward[len(downward) // 4] if downward else 0.0
    out = lines[:1]
    for step, line in zip(steps, lines[1:], strict=True):
        out += [""] * (2 if step > 3 * usual else 1 if abs(step) > 1.4 * usual else 0)
        out.append(line)
    return "\n".join(out)


# HTML


def read_html(path: Path) -> ReadText:
    """The main content of a page: headings, paragraphs, lists and tables; menus and footers left out."""
    import lxml.html
    import trafilatura

    content = _bytes_of(path, "html", "text")
    source = re.sub(r"^\s*<\?xml[^>]*\?>", "", _html_source(path, content))
    _check_length(path, len(source) // 10)
    try:
        page = lxml.html.document_fromstring(source)
    except (lxml.etree.ParserError, ValueError) as error:
        raise _unreadable(path, "no HTML in it", "save the page again") from error
    for node in page.xpath("//script|//style|//noscript|//template|//svg|//iframe|//button|//comment()"):
        node.drop_tree()
    try:
        found = trafilatura.bare_extraction(
            lxml.html.tostring(page, encoding="unicode"),
            include_comments=False, include_tables=True, include_formatting=True,
            include_links=True, favor_recall=True,
            with_metadata=False, deduplicate=False,
        )  # fmt: skip
    except Exception:  # it fails in many ways on odd pages; the plain walk below reads them all
        found = None
    title = page.findtext(".//title")
    pieces = list(tree_pieces(body)) if (body := getattr(found, "body", None)) is not None else []
    plain = list(tree_pieces(_body(page)))
    if _length(pieces) < 0.5 * _length(plain) and (_length(pieces) < 300 or not pieces):
        pieces = plain
    headings = [piece for piece in plain if piece.kind is BlockKind.HEADING and piece.level == 1]
    if headings and not any(p.text == headings[0].text for p in pieces):
        pieces.insert(0, headings[0])
    return _checked(path, lay_out(pieces, clean_characters(title) if title else None))


def _html_source(path: Path, content: bytes) -> str:
    declared = re.search(rb"<meta[^>]+charset=[\"']?([\w-]+)", content[:4096], re.IGNORECASE)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        if declared:
            try:
                # Python's own, no page's: it takes hours for a page of some megabytes.
                if codecs.lookup(declared[1].decode("ascii")).name != "punycode":
                    return content.decode(declared[1].decode("ascii"))
            except (LookupError, UnicodeDecodeError):
                pass
        return _decoded(path, content)


def _length(pieces: list[Piece]) -> int:
    return sum(len(piece.text) for piece in pieces)


def _body(page: Any) -> Any:
    body = page.find("body") if page.find("body") is not None else page
    for node in body.xpath(".//nav|.//footer|.//aside|.//*[@role='navigation']"):
        node.drop_tree()
    return body


# DOCX


def read_docx(path: Path) -> ReadText:
    """Headings by their style, lists, and tables row by row, of a Word document."""
    import docx
    from docx.opc.exceptions import PackageNotFoundError

    content = _bytes_of(path, ".docx")
    _check_unpacked(path, content)
    try:
        document = docx.Document(io.BytesIO(content))
        pieces = list(_docx_pieces(document))
    except (
        PackageNotFoundError,
        zipfile.BadZipFile,
        KeyError,
        ValueError,
        SyntaxError,
        AttributeError,
    ) as error:
        raise _unreadable(path, "a damaged Word file", "save it again as .docx") from error
    title = clean_characters(document.core_properties.title or "")
    return _checked(path, lay_out(pieces, None if title == "Word Document" else title))


def _check_unpacked(path: Path, content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise _unreadable(path, "a damaged Word file", "save it again as .docx") from error
    if any(member.flag_bits & 1 for member in members):
        raise _unreadable(path, "an encrypted Word file", "save it without a password")
    unpacked = sum(member.file_size for member in members)
    if unpacked > MAX_UNPACKED_BYTES or unpacked > MAX_PACKING_RATIO * max(len(content), 4096):
        raise _unreadable(path, f"unpacks to {unpacked / 1024**2:.0f} MB (a zip bomb)", "do not open it")
    if "word/document.xml" not in archive.namelist():
        raise _unreadable(path, "a zip archive without a Word document", "save it again as .docx")


def _docx_pieces(document: Any) -> Iterator[Piece]:
    from docx.table import Table
    from docx.text.paragraph import Paragraph

    for part in document.iter_inner_content():
        if isinstance(part, Table):
            for row in part.rows:
                cells: list[str] = []
                seen: set[int] = set()
                for cell in row.cells:  # a merged cell is listed once for each column it spans
                    if id(cell._tc) not in seen:
                        seen.add(id(cell._tc))
                        cells.append(clean_characters(" ".join(cell.text.split())))
                yield Piece(BlockKind.ROW, CELL.join(cell for cell in cells if cell))
        elif isinstance(part, Paragraph):
            style = (part.style.style_id or "") if part.style is not None else ""
            text = clean_characters(part.text)
            if found := re.match(r"(?:Heading|Otsikko|Rubrik|berschrift)\s?(\d)", style):
                yield Piece(BlockKind.HEADING, text, int(found[1]))
            elif style in ("Title", "Otsikko", "Rubrik"):
                yield Piece(BlockKind.HEADING, text, 1)
            elif style.startswith(("List", "Luettelo")) or (part._p.pPr is not None and part._p.pPr.numPr is not None):
                yield Piece(BlockKind.ITEM, text)
            else:
                yield Piece(BlockKind.PARAGRAPH, text)


READERS: dict[str, Reader] = {
    ".txt": read_txt,
    ".md": read_markdown,
    ".html": read_html,
    ".htm": read_html,
    ".pdf": read_pdf,
    ".docx": read_docx,
}


def read(path: Path) -> ReadText:
    """The text of a file of any format in ``READERS``. Raises UnreadableDocument."""
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise _unreadable(path, f"a format we do not read ({path.suffix or 'no suffix'})", "use " + ", ".join(READERS))
    return reader(path)
