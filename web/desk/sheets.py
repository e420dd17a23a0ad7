"""The sheet that a client takes along: the Answer as the advisor made it with its sources, on paper or by message."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote

from assistant.answers import Citation, Contact, Nearest
from web.contract import Language
from web.desk.drafts import Draft
from web.desk.twins import Twin
from web.views import web_url

MOST_OF_A_LINK = 1900
"""Characters of a ``mailto:`` that every e-mail program takes; longer ones are cut by some."""


@dataclass(frozen=True, slots=True)
class SheetLine:
    """A sentence in the client's text with the numbers of its sources, and what it says in the advisor's language.

    ``note`` tells the client how the text came about; ``by_advisor`` that no source says it so.
    """

    text: str
    language: str
    direction: str
    own: str
    own_language: str
    own_direction: str
    sources: tuple[int, ...] = ()
    note: str = ""
    by_advisor: bool = False
    machine_translated: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a client takes along, in the text ``name``; ``language`` is that text's, ``own`` the advisor's."""

    name: str
    language: Language
    own: Language
    made: date
    lines: tuple[SheetLine, ...]
    sources: tuple[tuple[int, Citation], ...]
    contacts: tuple[Contact, ...]
    nearest: tuple[Nearest, ...]
    missing: tuple[str, ...]


def sheet_of(client: Twin, own: Twin, draft: Draft, languages: Mapping[str, Language], made: date) -> Sheet:
    """The sheet of an Answer as ``draft`` has it. Documents are numbered in the order of the lines that are kept."""
    language, mine = languages[client.answer.language], languages[own.answer.language]
    numbers: dict[str, int] = {}
    sources: list[tuple[int, Citation]] = []
    lines = []
    for line, here, there in zip(draft.lines, client.sentences, own.sentences, strict=True):
        if not line.kept or not line.text:
            continue
        cited = []
        for citation in here.sentence.citations if here else ():
            if citation.document not in numbers:
                numbers[citation.document] = len(numbers) + 1
                sources.append((numbers[citation.document], citation))
            cited.append(numbers[citation.document])
        as_it_was = here if here and not line.by_advisor else None
        written = there if there and not line.own_by_advisor else None
        lines.append(
            SheetLine(
                line.text,
                as_it_was.sentence.language if as_it_was else language.code,
                as_it_was.sentence.direction if as_it_was else language.direction,
                line.own,
                written.sentence.language if written else mine.code,
                written.sentence.direction if written else mine.direction,
                tuple(dict.fromkeys(cited)),
                as_it_was.note if as_it_was else "",
                by_advisor=line.by_advisor,
                machine_translated=line.machine_translated,
            )
        )
    if draft.added.text:
        added = draft.added
        lines.append(
            SheetLine(
                added.text,
                language.code,
                language.direction,
                added.own,
                mine.code,
                mine.direction,
                by_advisor=True,
                machine_translated=added.machine_translated,
            )
        )
    answer = client.answer
    return Sheet(
        client.name,
        language,
        mine,
        made,
        tuple(lines),
        tuple(sources),
        answer.contacts,
        answer.nearest,
        answer.missing,
    )


def plain_text(sheet: Sheet, texts: Callable[[str], str], *, beside: bool, date_text: str) -> str:
    """The sheet to paste into a message. ``texts`` gives a resident's text in the client's language; ``beside`` puts
    the advisor's language below each sentence."""
    rows = [texts("Advice for newcomers in Espoo"), date_text, ""]
    for line in sheet.lines:
        numbers = "".join(f" [{number}]" for number in line.sources)
        rows.append(line.text + numbers)
        remarks = [line.note] if line.note else []
        remarks += [texts("Written by an adviser")] if line.by_advisor else []
        remarks += [texts("Machine translation")] if line.machine_translated and not line.note else []
        if remarks:
            rows.append(f"({'; '.join(remarks)})")
        if beside and line.own and line.own != line.text:
            rows.append(line.own)
        rows.append("")
    for near in sheet.nearest:
        rows.append(f"– {near.title}" + (f" {near.url}" if web_url(near.url) else ""))
    if sheet.missing:
        rows += [texts("Not found in the sources") + ":", *(f"– {gap}" for gap in sheet.missing), ""]
    if sheet.sources:
        rows.append(texts("Sources") + ":")
        for number, citation in sheet.sources:
            known = [citation.title, citation.publisher, citation.municipality]
            rows.append(f"[{number}] " + ", ".join(one for one in known if one))
            if web_url(citation.url):
                rows.append(f"    {citation.url}")
        rows.append("")
    if sheet.contacts:
        rows.append(texts("Contacts") + ":")
        for contact in sheet.contacts:
            rows.append(" ".join(filter(None, (contact.name, contact.phone, web_url(contact.url)))))
    return "\n".join(rows).strip() + "\n"


def mail_link(subject: str, *bodies: str) -> tuple[str, int]:
    """A ``mailto:`` with the first of ``bodies`` that fits in one, and which of them that is; with none, and their
    number, where none fits."""
    for number, body in enumerate(bodies):
        link = f"mailto:?subject={quote(subject)}&body={quote(body.replace(chr(10), chr(13) + chr(10)))}"
        if len(link) <= MOST_OF_A_LINK:
            return link, number
    return f"mailto:?subject={quote(subject)}", len(bodies)
