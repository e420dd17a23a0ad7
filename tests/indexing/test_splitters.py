from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from indexing.splitters import Splitter
from tests.fakes import WordsEmbedder, document

embedder = WordsEmbedder()


def splitter(target: int = 12) -> Splitter:
    return Splitter(embedder.count_tokens, target=max(32, target), limit=128)


def test_passages_follow_headings_and_keep_their_place() -> None:
    text = "# Courses\nFinnish is taught here.\n## How long\nThe course takes 20 days.\n# Work\nAsk an adviser there."
    found = document("d", text)
    passages = splitter().split(found)
    assert [(p.headings, p.text) for p in passages] == [
        (("Courses",), "Finnish is taught here."),
        (("Courses", "How long"), "The course takes 20 days."),
        (("Work",), "Ask an adviser there."),
    ]
    assert all(text[p.start : p.end] == p.text for p in passages)


def test_a_block_that_is_too_long_is_cut_at_sentences() -> None:
    sentence = "This sentence has exactly seven words here. "
    found = document("d", sentence * 12)
    passages = splitter().split(found)
    assert len(passages) > 1
    assert all(p.text.startswith("This") and p.text.endswith(".") for p in passages)
    assert all(embedder.count_tokens(p.text) <= 32 for p in passages)


def test_a_sentence_that_is_too_long_is_cut_at_words() -> None:
    found = document("d", " ".join(f"word{i}" for i in range(200)))
    passages = splitter().split(found)
    assert " ".join(p.text for p in passages) == found.text
    assert all(embedder.count_tokens(p.text) <= 32 for p in passages)


def test_headings_alone_and_sections_of_two_words_are_left_out() -> None:
    assert [p.text for p in splitter().split(document("d", "# A\nUnfinished\n# B\nThree words here"))] == [
        "Three words here"
    ]


def test_a_document_of_one_heading_is_not_lost() -> None:
    assert [p.text for p in splitter().split(document("d", "# Only this"))] == ["Only this"]


def test_chinese_without_spaces_is_kept() -> None:
    found = document("d", "融入培训为期二百二十天。", "zh")
    assert [p.text for p in splitter().split(found)] == [found.text]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(alphabet="ab .?!\u3002", min_size=1, max_size=80), min_size=1, max_size=8))
def test_spans_are_exact_and_in_order(lines: list[str]) -> None:
    found = document("d", "\n".join(lines))
    passages = splitter().split(found)
    assert all(found.text[p.start : p.end] == p.text for p in passages)
    assert all(a.end <= b.start for a, b in pairwise(passages))
