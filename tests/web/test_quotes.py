from __future__ import annotations

import pytest

from corpus.cards import load_cards
from corpus.documents import Block, BlockKind, Document, UnknownDocument
from indexing.builds import BuildError
from web.quotes import CONTEXT_CHARACTERS, context_of, original_document, original_of

SHORT = Document("d", "D", "One.\n\nTwo three.\n\nFour.", "en", ())
LONG = Document("l", "L", f"{'a' * 200} bb {'c' * 230} QUOTE {'d' * 230} ee {'f' * 200}", "en", ())


def card(code: str, *texts: str, machine: bool) -> Document:
    text = "\n".join(texts)
    blocks, at = [], 0
    for one in texts:
        blocks.append(Block(BlockKind.PARAGRAPH, at, at + len(one)))
        at += len(one) + 1
    return Document(f"card-c-{code}", "C", text, code, tuple(blocks), card="c", machine_translated=machine)


def finder(*documents: Document):  # type: ignore[no-untyped-def]
    known = {document.id: document for document in documents}

    def find(id: str) -> Document:
        if id not in known:
            raise UnknownDocument(id)
        return known[id]

    return find


def test_the_whole_of_a_short_text_is_context_and_blocks_are_lines() -> None:
    context = context_of("d", 6, 16, finder(SHORT))
    assert context is not None
    assert (context.before, context.after, context.original) == ("One.\n", "\nFour.", None)


def test_a_long_text_is_cut_at_a_word() -> None:
    start = LONG.text.index("QUOTE")
    context = context_of("l", start, start + 5, finder(LONG))
    assert context is not None
    # 240 characters before are "aaaaa bb " and what follows: cut after the first space.
    assert context.before == f"… bb {'c' * 230} "
    assert context.after == f" {'d' * 230} ee …"
    assert len(context.before) <= CONTEXT_CHARACTERS + 2


@pytest.mark.parametrize(
    ("id", "start", "end"),
    [("none", 0, 1), ("d", 3, 3), ("d", -1, 2), ("d", 0, 99)],
    ids=["no document", "empty", "negative", "beyond the end"],
)
def test_what_is_no_place_has_no_context(id: str, start: int, end: int) -> None:
    assert context_of(id, start, end, finder(SHORT)) is None


def test_without_a_build_there_is_no_context() -> None:
    def closed(id: str) -> Document:
        raise BuildError("no build is open")

    assert context_of("d", 0, 1, closed) is None


def test_the_original_is_the_same_block_of_the_authored_text() -> None:
    translated = card("so", "Hal", "Laba", machine=True)
    find = finder(translated, card("fi", "Yksi", "Kaksi", machine=False), card("en", "One", "Two", machine=False))
    original = original_of(translated, 5, find)
    assert original is not None
    assert (original.document, original.text, original.start, original.end) == ("card-c-fi", "Kaksi", 5, 10)


def test_texts_of_another_shape_give_the_beginning() -> None:
    translated = card("so", "Hal", "Laba", "Saddex", machine=True)
    original = original_of(translated, 5, finder(translated, card("en", "One", "Two", machine=False)))
    assert original is not None
    assert (original.document, original.text) == ("card-c-en", "One")


def test_an_authored_text_has_no_original() -> None:
    authored = card("fi", "Yksi", machine=False)
    assert original_document(authored, finder(authored)) is None


def test_every_shipped_translation_has_its_original() -> None:
    documents = [document for card in load_cards() for document in card.documents()]
    find = finder(*documents)
    for document in documents:
        original = original_document(document, find)
        assert (original is not None) is document.machine_translated, document.id
        assert original is None or original.id == f"card-{document.card}-fi"
