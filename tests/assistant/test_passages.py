"""The texts of our own that entailment is learnt from."""

from __future__ import annotations

import random
import re
from collections import Counter

import pytest

from assistant.languages import load_languages
from assistant.training.passages import HELD_OUT, KINDS, PASSAGES, Pair, Passage, Said, draw, load_passages

FILES = {path.stem: path for folder in (PASSAGES, HELD_OUT) for path in sorted(folder.glob("*.jsonl"))}
PHONE = re.compile(r"\+?\d[\d ]{6,}\d")
REAL = re.compile(r"\b(Espoo|Esbo|Helsin|Vantaa|Vanda\b|Kauniai|Grankulla)")


@pytest.mark.parametrize("name", FILES)
def test_every_passage_has_pairs_of_claims_of_every_kind_in_each_of_its_languages(name: str, tmp_path_factory) -> None:  # type: ignore[no-untyped-def]
    folder = tmp_path_factory.mktemp(name)
    (folder / f"{name}.jsonl").write_bytes(FILES[name].read_bytes())
    passages = load_passages(folder)
    assert passages
    for passage in passages:
        title = next(iter(passage.lines.values()))[0]
        assert len(passage.lines) == 3, title
        assert set(passage.lines) <= set(load_languages()), title
        assert len({len(lines) for lines in passage.lines.values()}) == 1, title
        assert Counter((claim.kind, claim.supported) for claim in passage.claims) == Counter(
            (kind, supported) for kind in KINDS for supported in (True, False)
        ), title
        for claim in passage.claims:
            assert set(claim.text) == set(passage.lines), title
        for code in passage.lines:
            assert len({claim.text[code] for claim in passage.claims}) == len(passage.claims), title


def test_what_is_measured_with_is_not_learnt_from() -> None:
    learnt = {line for passage in load_passages() for lines in passage.lines.values() for line in lines[1:]}
    measured = {line for passage in load_passages(HELD_OUT) for lines in passage.lines.values() for line in lines[1:]}
    assert measured
    assert learnt.isdisjoint(measured)


def test_no_passage_holds_a_telephone_number_or_a_real_municipality() -> None:
    said = [
        text
        for passage in (*load_passages(), *load_passages(HELD_OUT))
        for texts in (*passage.lines.values(), *(claim.text.values() for claim in passage.claims))
        for text in texts
    ]
    assert said
    assert not [text for text in said if PHONE.search(text) or REAL.search(text)]


BATHS = Passage(
    {"en": ("Baths", "Children swim free."), "fi": ("Uimahalli", "Lapset uivat maksutta.")},
    (
        Said("negation", True, {"en": "Children do not pay.", "fi": "Lapset eivät maksa."}),
        Said("negation", False, {"en": "Children pay.", "fi": "Lapset maksavat."}),
    ),
)
BOOKS = Passage({"en": ("Books", "Loans last a month."), "sv": ("Böcker", "Lån varar en månad.")}, ())


@pytest.mark.parametrize(("cross", "same"), [(0.0, True), (1.0, False)], ids=["its own language", "another"])
def test_a_claim_is_drawn_with_its_text_in_its_own_language_or_another(cross: float, same: bool) -> None:
    (drawn,) = draw([BATHS], random.Random(1), cross, 0.0)
    assert [pair.supported for pair in drawn] == [True, False]
    assert len({pair.lines for pair in drawn}) == 1
    for pair in drawn:
        in_english = pair.claim.startswith("Children")
        assert (pair.lines == BATHS.lines["en"]) is (in_english is same)


def test_what_holds_of_one_text_does_not_hold_of_another() -> None:
    drawn = [pair for seed in range(20) for two in draw([BATHS, BOOKS], random.Random(seed), 0.0, 1.0) for pair in two]
    elsewhere = [pair for pair in drawn if pair.lines in BOOKS.lines.values()]
    assert elsewhere
    assert not any(pair.supported for pair in elsewhere)
    assert {pair.claim for pair in elsewhere} <= {"Children do not pay.", "Lapset eivät maksa."}
    assert Pair("Children pay.", BATHS.lines["en"], False) in drawn
