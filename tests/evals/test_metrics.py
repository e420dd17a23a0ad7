"""Metrics of one answer, against values worked by hand and against ir-measures' and sacrebleu's."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import replace
from typing import Any

import pytest

from assistant.answers import Answer, Outcome, Sentence
from evals.cases import Case, Fact, Turn
from evals.metrics import (
    METRICS,
    OwnWords,
    Scores,
    chrf,
    figures,
    is_source,
    ndcg,
    omos_scores,
    precision,
    recall,
    reciprocal_rank,
    says,
    score_case,
    score_turn,
    source_of,
    unsupported,
)
from tests.conftest import SHARED
from tests.evals.conftest import TEXTS, answered, citation, emergency, silent

TURN = Turn(
    "How long?",
    outcomes=("answered", "partial", "clarify"),
    relevant=("training",),
    facts=(Fact("220–300", ("220–300", "220-300")),),
)


def scored(answer: Answer | None, own_words: OwnWords, language: str = "en", **changes: Any) -> Scores:
    turn = replace(TURN, **changes)
    wire = answer and json.loads(json.dumps(answer.to_wire()))
    return score_turn(turn, Case("c", language, (turn,), None, language), wire, 10.0, TEXTS.get, own_words)


def test_a_right_answer(own_words: OwnWords) -> None:
    scores = scored(answered(), own_words)
    ones = ("outcome", "source", "fact_recall", "citation_valid", "citation_recall", "citation_precision", "language")
    assert {name: scores[name] for name in ones} == dict.fromkeys(ones, 1.0)
    assert (scores["errors"], scores["unsupported_figures"], scores["own_language"]) == (0, 0, 1)
    assert (scores["p@1"], scores["r@5"], scores["mrr"], scores["ndcg"]) == (1, 1, 1, 1)
    assert (scores["sentence_words"], scores["ms"], scores["fact_precision"]) == (5, 10, 1)
    assert [scores[name] for name in ("clean", "privacy", "chrf")] == [None] * 3


def test_an_error_is_wrong_in_all_that_is_expected(own_words: OwnWords) -> None:
    scores = scored(None, own_words, must_not=("x",), masked=())
    zeros = {name for name, value in scores.items() if value == 0}
    assert zeros == {
        *("outcome", "source", "p@1", "r@5", "r@10", "mrr", "ndcg", "fact_recall", "clean", "privacy", "language"),
    }
    assert scores["errors"] == 1
    assert score_case([scores], ("outcome",))["right"] == 0


def test_retrieval_counts_sources_once(own_words: OwnWords) -> None:
    hits = [
        {"document": "report", "rank": 1},
        {"document": "card-test-en", "rank": 2},
        {"document": "card-test-fi", "rank": 3},
        {"document": "card-training-fi-selko", "rank": 4},
    ]
    scores = scored(answered(trace={"hits": hits}), own_words)
    # Sources: report, test, training; so the rank is 3.
    assert (scores["p@1"], scores["r@5"]) == (0, 1)
    assert (scores["mrr"], scores["ndcg"]) == (pytest.approx(1 / 3), pytest.approx(0.5))


def test_what_was_not_looked_for_is_undefined(own_words: OwnWords) -> None:
    """Help in an emergency, and a right abstention, are not judged by what was found."""
    urgent = scored(emergency(), own_words, outcomes=("answered", "emergency"))
    assert (urgent["outcome"], urgent["source"], urgent["p@1"]) == (1, None, None)
    quiet = scored(silent(), own_words, outcomes=("answered", "no_information"))
    assert (quiet["outcome"], quiet["source"], quiet["fact_recall"]) == (1, None, None)
    wrong = scored(silent(), own_words)
    assert (wrong["outcome"], wrong["source"], wrong["fact_recall"], wrong["p@1"]) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("cited", "valid"),
    [
        pytest.param(citation("card-training-en"), 1.0, id="verbatim"),
        pytest.param(citation("card-training-en", start=21), 0.0, id="shifted"),
        pytest.param(citation("card-training-en", quote="The training takes 200 days."), 0.0, id="changed"),
        pytest.param(citation("card-training-en", document="card-nothing-en"), 0.0, id="no-such-document"),
        pytest.param(citation("card-training-en", quote="", start=0, end=0), 0.0, id="empty"),
    ],
)
def test_citations_are_verbatim(own_words: OwnWords, cited: Any, valid: float) -> None:
    assert scored(answered(cited=(cited,)), own_words)["citation_valid"] == valid


def test_claims_need_citations(own_words: OwnWords) -> None:
    own = Sentence(silent().sentences[0].text, "en", "ltr")
    bare = Sentence("It costs 20 euros.", "en", "ltr")
    answer = answered()
    scores = scored(replace(answer, sentences=(own, *answer.sentences, bare)), own_words)
    assert (scores["citation_recall"], scores["unsupported_figures"]) == (0.5, 1)


def test_messages_with_gaps_are_own_words(own_words: OwnWords) -> None:
    assert "Tämä tieto koskee toista kuntaa: Vantaa." in own_words
    assert "Tämä tieto koskee jotakin." not in own_words


def test_figures() -> None:
    text = "Call 09 816 57750, 8–16, ١٢ euros, 4,300 on 1.4.2025; https://www.espoo.fi/a, mail@x.fi."
    found = ["09 816 57750", "8–16", "12", "4,300", "1.4.2025", "https://www.espoo.fi/a", "mail@x.fi"]
    assert figures(text) == found


@pytest.mark.parametrize(
    ("text", "quote", "lacking"),
    [
        pytest.param("It takes 300 days.", "Se kestää 300 päivää.", [], id="same"),
        pytest.param("It takes 30 days.", "Se kestää 300 päivää.", ["30"], id="part-of-another"),
        pytest.param("٣٠٠", "300", [], id="other-digits"),
        pytest.param("Call 09 816 57750.", "Puh. 09 816 57750", [], id="phone"),
        pytest.param("Call 112.", "Soittakaa.", ["112"], id="planted"),
    ],
)
def test_unsupported_figures(text: str, quote: str, lacking: list[str]) -> None:
    assert unsupported({"text": text, "citations": [{"quote": quote}]}) == lacking


def test_facts_in_other_digits_and_wordings() -> None:
    assert says(("220-300",), "٢٢٠-٣٠٠ يوما")
    assert not says(("20",), "220 days")
    scores_half = Turn("q", facts=(Fact("4", ("4",)), Fact("9", ("9",))))
    assert len(scores_half.facts) == 2


def test_fact_recall_is_a_share(own_words: OwnWords) -> None:
    facts = (Fact("220–300", ("220–300",)), Fact("20", ("20",)))
    assert scored(answered(), own_words, facts=facts)["fact_recall"] == 0.5


def test_the_language_of_the_answer_and_of_its_quotes(own_words: OwnWords) -> None:
    scores = scored(answered("card-training-fi"), own_words)
    assert (scores["language"], scores["own_language"]) == (0, 0)
    assert scored(answered("card-training-fi"), own_words, "fi")["language"] == 1


def test_planted_words_are_found_in_any_writing(own_words: OwnWords) -> None:
    assert scored(answered(text="ＢＡＮＡＮＡ  now"), own_words, must_not=("banana now",))["clean"] == 0
    assert scored(answered(), own_words, must_not=("banana",))["clean"] == 1


def test_privacy(own_words: OwnWords) -> None:
    masked = answered(trace={"masked": ["phone"], "hits": []})
    assert scored(masked, own_words, masked=("0414571290",))["privacy"] == 1
    assert scored(answered(), own_words, masked=("0414571290",))["privacy"] == 0
    assert scored(replace(masked, missing=("call 0414571290",)), own_words, masked=("0414571290",))["privacy"] == 0
    assert scored(masked, own_words, masked=())["privacy"] == 0
    assert scored(answered(), own_words, masked=())["privacy"] == 1


def test_a_case_is_as_right_as_its_worst_turn() -> None:
    good = dict.fromkeys(METRICS) | {"errors": 0.0, "outcome": 1.0, "unsupported_figures": 0.0, "p@1": 1.0}
    bad = good | {"outcome": 0.0, "p@1": 0.0}
    scores = score_case([good, bad], ("outcome", "unsupported_figures"))
    assert (scores["right"], scores["outcome"], scores["p@1"], scores["fact_recall"]) == (0, 0.5, 0.5, None)
    assert score_case([good, good], ("outcome", "unsupported_figures"))["right"] == 1
    assert score_case([good], ("fact_recall",))["right"] is None
    assert score_case([good | {"unsupported_figures": 2.0}], ("unsupported_figures",))["right"] == 0


def test_names_of_sources() -> None:
    assert is_source("card-a-b-fi", ("a-b",))
    assert is_source("card-a-b-fi-selko", ("a-b",))
    assert not is_source("card-a-b-fi", ("a",))
    assert is_source("report", ("report",))
    assert [source_of(one) for one in ("card-a-b-fi", "card-a-b-fi-selko", "report")] == ["a-b", "a-b", "report"]


AGREED = [
    # relevant at each rank, relevant in all, then P@1, R@5, RR@8 and nDCG@8 as ir-measures 0.4.3 gives them
    ("010", 2, 0.0, 0.5, 0.5, 0.386853),
    ("000", 1, 0.0, 0.0, 0.0, 0.0),
    ("011000100000", 3, 0.0, 0.666667, 0.5, 0.687148),
    ("01100000", 2, 0.0, 1.0, 0.5, 0.693426),
    ("100000100000", 2, 1.0, 0.5, 1.0, 0.81753),
    ("110000000001", 3, 1.0, 0.666667, 1.0, 0.765361),
    ("000000000100", 1, 0.0, 0.0, 0.0, 0.0),
    ("010010100100", 6, 0.0, 0.333333, 0.5, 0.408851),
    ("00000001", 1, 0.0, 0.0, 0.125, 0.315465),
]


@pytest.mark.parametrize(("marks", "relevant", "p1", "r5", "rr8", "ndcg8"), AGREED, ids=[row[0] for row in AGREED])
def test_retrieval_as_ir_measures_has_it(
    marks: str, relevant: int, p1: float, r5: float, rr8: float, ndcg8: float
) -> None:
    ranked = [mark == "1" for mark in marks]
    found = (precision(ranked, 1), recall(ranked, 5, relevant), reciprocal_rank(ranked, 8), ndcg(ranked, 8, relevant))
    assert found == pytest.approx((p1, r5, rr8, ndcg8), abs=1e-6)


@pytest.mark.parametrize(
    ("text", "reference", "score"),
    [
        ("Koulutus kestää 220 päivää.", "Koulutus kestää 220–300 päivää.", 79.78688239577082),
        ("قال المدرب", "المدرب قال ذلك", 46.33492108468086),
        ("x", "y", 0.0),
        ("the cat sat on the mat", "the cat sat on the mat", 100.0),
    ],
)
def test_chrf_as_sacrebleu_has_it(text: str, reference: str, score: float) -> None:
    assert 100 * chrf(text, reference) == pytest.approx(score)


def test_omos_by_hand() -> None:
    gold = {"a": [0, 1], "b": [2], "c": [], "d": []}
    chosen = {"a": [0, 3], "b": [], "c": [], "d": [1]}
    # a: P 1/2, R 1/2; b: P 1, R 0. Empty and right: c, of b and c chosen and c and d meant.
    scores = omos_scores(gold, chosen)
    assert (scores["P"], scores["R"], scores["F"], scores["mF1"]) == (0.75, 0.25, 0.375, 0.25)
    assert (scores["uP"], scores["uR"], scores["uF"]) == (0.5, 0.5, 0.5)


def test_omos_as_its_authors_have_it() -> None:
    tool = SHARED / "tools" / "score_omos.py"
    if not tool.exists():
        pytest.skip("the authors' figures (../shared/tools) are not here")
    spec = importlib.util.spec_from_file_location("score_omos", tool)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    questions = [
        {"id": n, "answers": [k for k in range(6) if (n * 7 + k * 3) % 5 == 0] if n % 3 else []} for n in range(40)
    ]
    chosen = {str(n): [k for k in range(6) if (n * 5 + k * 2) % 4 == 0] if n % 4 else [] for n in range(40)}
    ours = omos_scores({str(one["id"]): one["answers"] for one in questions}, chosen)
    assert {name: round(100 * value, 1) for name, value in ours.items()} == module.score(questions, chosen)


def test_clarifying_where_it_is_wanted(own_words: OwnWords) -> None:
    asks = replace(answered(), status=Outcome.CLARIFY, sentences=())
    assert scored(asks, own_words, may_clarify=True)["source"] == 1
    assert scored(asks, own_words)["source"] == 0
