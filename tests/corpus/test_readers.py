"""Each format is read into text with Blocks, and each kind of bad file is refused in one clear line."""

from __future__ import annotations

import io
import time
import zipfile
from pathlib import Path

import docx
import pypdfium2 as pdfium
import pytest

from corpus import readers
from corpus.documents import BlockKind, UnreadableDocument
from corpus.pieces import ReadText
from corpus.readers import read


def shape(found: ReadText) -> list[tuple[str, str]]:
    """Kind and text of each Block; a heading's kind with its level."""
    return [(b.kind.value + (str(b.level) if b.level else ""), found.text[b.start : b.end]) for b in found.blocks]


def written(folder: Path, name: str, content: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def pdf_bytes(pages: list[list[str]], *, leading: int = 16) -> bytes:
    """A minimal PDF in Helvetica; an empty text leaves a line out."""
    font = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", "", font]
    kids = []
    for lines in pages:
        shown = "".join(f"({line.replace('(', chr(92) + '(').replace(')', chr(92) + ')')}) Tj T* " for line in lines)
        stream = f"BT /F1 11 Tf {leading} TL 60 780 Td {shown}ET"
        objects.append(f"<< /Length {len(stream.encode('cp1252'))} >>\nstream\n{stream}\nendstream")
        page = f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {len(objects)} 0 R"
        objects.append(page + " /Resources << /Font << /F1 3 0 R >> >> >>")
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    out = b"%PDF-1.4\n"
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode("cp1252")
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    size = len(objects) + 1
    trailer = f"trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{len(out)}\n%%EOF\n"
    return out + f"xref\n0 {size}\n0000000000 65535 f \n{table}{trailer}".encode()


def test_pdf_is_read_and_repaired(tmp_path: Path) -> None:
    first = [
        "Kerhon opas",
        "",
        "Kerho on tarkoitettu kaikille kaupungin asukkaille, ja sen tuotta-",
        "vien seurojen ohjaajat puhuvat suomea sekä englantia. Ilmoittaudu",
        "ajoissa.",
        "",
        "Kerho kokoontuu joka tiistai kirjastossa, ja sinne pääsee myös sil-",
    ]
    second = ["loin, kun koulut ovat kiinni."]
    found = read(written(tmp_path, "opas.pdf", pdf_bytes([first, second])))
    assert shape(found) == [
        ("heading1", "Kerhon opas"),
        (
            "paragraph",
            "Kerho on tarkoitettu kaikille kaupungin asukkaille, ja sen tuottavien seurojen ohjaajat puhuvat"
            " suomea sekä englantia. Ilmoittaudu ajoissa.",
        ),
        (
            "paragraph",
            "Kerho kokoontuu joka tiistai kirjastossa, ja sinne pääsee myös silloin, kun koulut ovat kiinni.",
        ),
    ]


def test_docx_headings_lists_and_tables(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_heading("Library", 1)
    document.add_paragraph("Anyone may borrow books.")
    document.add_paragraph("novels", style="List Bullet")
    table = document.add_table(2, 2)
    for cell, text in zip(table._cells, ["Day", "Hours", "Monday", "8–20"], strict=True):
        cell.text = text
    document.save(str(tmp_path / "library.docx"))
    assert shape(read(tmp_path / "library.docx")) == [
        ("heading1", "Library"),
        ("paragraph", "Anyone may borrow books."),
        ("item", "novels"),
        ("row", "Day | Hours"),
        ("row", "Monday | 8–20"),
    ]


def test_markdown_shows_its_visible_text(tmp_path: Path) -> None:
    source = """---
title: Front
---
# The *library*

Borrow **books** and [games](https://example.fi/g)
for `4` weeks. snake_case stays.

- novels
  and poems
1. Get a card

| Day | Hours |
|-----|-------|
| Mon | 8–20  |

> Ask us.

图书馆
每天开放。
"""
    found = read(written(tmp_path, "a.md", source))
    assert found.title == "Front"
    assert shape(found) == [
        ("heading1", "The library"),
        ("paragraph", "Borrow books and games for 4 weeks. snake_case stays."),
        ("item", "novels and poems"),
        ("item", "1. Get a card"),
        ("row", "Day | Hours"),
        ("row", "Mon | 8–20"),
        ("paragraph", "Ask us."),
        ("paragraph", "图书馆每天开放。"),
    ]


def test_html_main_content_with_headings_lists_and_tables(tmp_path: Path) -> None:
    prose = "The library lends books, games and tools to everyone who lives in the city. " * 3
    source = f"""<!doctype html><html><head><title>Library | City</title></head><body>
    <nav><a href="/">Home</a> <a href="/x">Menu entry</a></nav>
    <main><h1>Library</h1><p>{prose}</p><h2>Bring with you</h2><ul><li>a passport</li><li>a photo</li></ul>
    <table><tr><th>Day</th><th>Hours</th></tr><tr><td>Monday</td><td>8–20</td></tr></table>
    <p>{prose}</p></main><footer>Copyright city</footer></body></html>"""
    found = read(written(tmp_path, "a.html", source))
    assert found.title == "Library | City"
    assert shape(found) == [
        ("heading1", "Library"),
        ("paragraph", prose.strip()),
        ("heading2", "Bring with you"),
        ("item", "a passport"),
        ("item", "a photo"),
        ("row", "Day | Hours"),
        ("row", "Monday | 8–20"),
        ("paragraph", prose.strip()),
    ]


def test_html_too_short_for_an_extractor_is_still_read(tmp_path: Path) -> None:
    found = read(written(tmp_path, "a.htm", "<html><body><div>Closed on <b>Monday</b>.</div></body></html>"))
    assert shape(found) == [("paragraph", "Closed on Monday.")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_text_in_the_usual_encodings(tmp_path: Path, encoding: str) -> None:
    text = "Päivähoito on täällä – tervetuloa!"
    assert read(written(tmp_path, "a.txt", text.encode(encoding))).text == text


def zipped(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


BAD = {
    "empty": ("a.txt", b" \n", "empty"),
    "PDF named .docx": ("a.docx", pdf_bytes([["text"]]), "content is a PDF file; rename it to .pdf"),
    "zip named .txt": ("a.txt", zipped("x", b"x"), "content is a zip archive"),
    "PNG named .md": ("a.md", b"\x89PNG\r\n\x1a\n" + b"\0" * 20, "content is a PNG picture"),
    "HTML named .txt": ("a.txt", b"<!DOCTYPE html><html><body>x</body></html>", "rename it to .html"),
    "text named .pdf": ("a.pdf", b"just text", "content is plain text"),
    "binary": ("a.txt", b"ab\0\1\2" * 9, "binary data"),
    "corrupt PDF": ("a.pdf", b"%PDF-1.4\nnothing more", "damaged PDF"),
    "scanned PDF": ("a.pdf", pdf_bytes([[]]), "run OCR"),
    "zip without a document": ("a.docx", zipped("word/x.xml", b"x"), "without a Word document"),
    "zip bomb": ("a.docx", zipped("word/document.xml", b"0" * 9_000_000), "zip bomb"),
    "corrupt docx": ("a.docx", b"PK\x03\x04 word/ and nothing", "damaged Word file"),
    "broken XML in docx": ("a.docx", zipped("word/document.xml", b"<w"), "damaged Word file"),
    "unknown encoding": ("a.txt", bytes(range(0x81, 0xFF)) * 4, "encoding"),
    "unknown format": ("a.odt", b"x", "a format we do not read"),
}


@pytest.mark.parametrize(("name", "content", "why"), BAD.values(), ids=BAD)
def test_bad_files_are_refused_in_one_line(tmp_path: Path, name: str, content: bytes, why: str) -> None:
    path = written(tmp_path, name, content)
    with pytest.raises(UnreadableDocument) as caught:
        read(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert why in message
    assert "\n" not in message


def test_encrypted_pdf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(*_: object) -> None:
        raise pdfium.PdfiumError("Failed to load document (PDFium: Incorrect password error).")

    monkeypatch.setattr(pdfium, "PdfDocument", locked)
    with pytest.raises(UnreadableDocument, match="encrypted PDF; save it without a password"):
        read(written(tmp_path, "a.pdf", pdf_bytes([["text"]])))


def test_large_file_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    with path.open("wb") as file:
        file.truncate(200 * 1024 * 1024)
    monkeypatch.setattr(Path, "read_bytes", lambda _: pytest.fail("it was read"))
    with pytest.raises(UnreadableDocument, match="200 MB, more than the limit of 50 MB"):
        read(path)


def test_too_much_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "MAX_TEXT_CHARACTERS", 10)
    with pytest.raises(UnreadableDocument, match="more than 10 characters"):
        read(written(tmp_path, "a.txt", "a long enough text"))


def test_permission_denied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, "a.txt", "text")

    def denied(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", denied)
    with pytest.raises(UnreadableDocument, match="permission denied"):
        read(path)


def test_broken_link_and_missing_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").symlink_to(tmp_path / "gone.txt")
    with pytest.raises(UnreadableDocument, match="a link to a file that does not exist"):
        read(tmp_path / "a.txt")
    with pytest.raises(UnreadableDocument, match="does not exist; check the path"):
        read(tmp_path / "b.txt")


def test_every_reader_gives_blocks_of_its_text(tmp_path: Path) -> None:
    found = read(written(tmp_path, "a.md", "# A\n\ntext\n\n- b\n"))
    assert [b.kind for b in found.blocks] == [BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.ITEM]
    assert found.text == "A\n\ntext\nb"


def test_a_page_that_names_a_codec_of_pythons_own_is_read_without_it(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    words = "Kerho on tarkoitettu kaikille kaupungin asukkaille, ja ohjaajat puhuvat englantia. "
    body = (words * 2000 + "kes-" + "kesa " * 40_000 + "kesä").encode("cp1252")
    page.write_bytes(b'<html><head><meta charset="punycode"></head><body><p>' + body + b"</p></body></html>")
    began = time.perf_counter()
    assert read(page).text.endswith("kesä")
    assert time.perf_counter() - began < 10
