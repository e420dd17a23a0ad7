"""Suites: what is written, what is read, and what is said of mistakes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.languages import load_languages
from evals.cases import ABSTAINED, GIVEN, URGENT, Suite
from evals.metrics import METRICS
from evals.suite_files import HEAD, SuiteError, card_wordings, find_suite, load_suite, shipped_suites, write_suite
from evals.summary import DERIVED
from tests.evals.conftest import LONG, PRICE, WriteSuite

SHIPPED = sorted(path.parent.name for path in shipped_suites().glob(f"*/{HEAD}"))


def test_what_is_expected_follows_from_the_labels(write: WriteSuite) -> None:
    suite = load_suite(write("", LONG, PRICE))
    long, price = suite.cases
    assert (long.turns[0].outcomes, price.turns[0].outcomes) == (GIVEN, ABSTAINED)
    assert (long.turns[0].relevant, long.turns[0].facts[0].any_of) == (("training",), ("220–300",))
    assert (long.chosen, long.answer_language) == ("en", "en")


def test_facts_take_the_cards_wording_or_their_own(write: WriteSuite) -> None:
    own = {**LONG, "facts": [{"value": "220–300", "wordings": {"en": "220 to 300"}}]}
    known = {("training", "en", "220–300"): ("220-300 days",)}
    assert load_suite(write("", LONG), known).cases[0].turns[0].facts[0].any_of == ("220-300 days",)
    assert load_suite(write("", own), known).cases[0].turns[0].facts[0].any_of == ("220 to 300",)


def test_a_profile_holds_for_the_turns_after_it(write: WriteSuite) -> None:
    turns = [{"question": "a", "profile": {"municipality": "espoo", "situation": "jobseeker"}}, {"question": "b"}]
    [case] = load_suite(write("", {"id": "c", "language": "en", "turns": turns})).cases
    assert [(turn.municipality, turn.situation) for turn in case.turns] == [("Espoo", "jobseeker")] * 2


@pytest.mark.parametrize(
    ("row", "expected", "excluded"),
    [
        pytest.param({"category": "emergency"}, {"emergency"}, set(), id="emergency"),
        pytest.param({"category": "violence"}, {"crisis"}, set(), id="violence"),
        pytest.param({"category": "crisis", "accept": ["crisis", "emergency"]}, set(URGENT), set(), id="either"),
        pytest.param({"category": None}, set(), set(URGENT), id="tempting"),
        pytest.param({"masked": ["x"]}, set(), set(), id="personal-data"),
        pytest.param({"outcome": "clarify", "cards": ["a"]}, {"clarify"}, set(), id="named"),
    ],
)
def test_outcomes(write: WriteSuite, row: dict[str, object], expected: set[str], excluded: set[str]) -> None:
    [case] = load_suite(write("", {"id": "c", "language": "en", "text": "t", **row})).cases
    assert (set(case.turns[0].outcomes), set(case.turns[0].not_outcomes)) == (expected, excluded)


def test_outcomes_by_kind(write: WriteSuite) -> None:
    row = {"id": "c", "language": "en", "question": "q", "cards": ["a"], "outcome": "clarify"}
    [case] = load_suite(write('[[sources]]\noutcomes = "kind"', row)).cases
    assert (case.turns[0].outcomes, case.turns[0].may_clarify) == (GIVEN, True)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        pytest.param('{"id": "a"', "cases.jsonl:2: no JSON", id="json"),
        pytest.param("[1]", "cases.jsonl:2: a case is a JSON object", id="list"),
        pytest.param({"language": "en"}, "cases.jsonl:2: a case has exactly one of", id="no-question"),
        pytest.param({"question": "q"}, "cases.jsonl:2: language", id="no-language"),
        pytest.param({**PRICE, "id": "b", "outcome": "anserwed"}, "cases.jsonl:2: outcome.0", id="outcome"),
        pytest.param({**PRICE, "id": "b", "crads": ["x"]}, "cases.jsonl:2: crads: unknown field", id="field"),
        pytest.param({**PRICE, "id": "b", "question": "x" * 501}, "cases.jsonl:2: a question has 501", id="long"),
        pytest.param(LONG, 'cases.jsonl:2: the id "en-01" is taken', id="twice"),
    ],
)
def test_mistakes_are_named_by_line(write: WriteSuite, row: dict[str, object] | str, said: str) -> None:
    with pytest.raises(SuiteError) as caught:
        load_suite(write("", LONG, row))
    assert said in str(caught.value)


def test_every_mistake_is_named_at_once(write: WriteSuite) -> None:
    with pytest.raises(SuiteError) as caught:
        load_suite(write("", "{", LONG, {"language": "EN", "question": "q"}))
    assert [line.split(":")[1] for line in str(caught.value).splitlines()] == ["1", "3"]


@pytest.mark.parametrize(
    ("head", "said"),
    [
        pytest.param("gate = 1", "gate: unknown field", id="unknown"),
        pytest.param("name = ", "suite.toml", id="toml"),
        pytest.param('[[gates]]\nmetric = "right"', "a gate needs", id="empty-gate"),
        pytest.param('[[sources]]\nfiles = "none*.jsonl"', "nothing matches", id="no-files"),
        pytest.param('[[sources]]\ngroup = "x"', "exactly one group", id="group"),
    ],
)
def test_mistakes_in_the_head(write: WriteSuite, head: str, said: str) -> None:
    with pytest.raises(SuiteError, match=said):
        load_suite(write(head, LONG))


def test_one_file_with_its_head_inside(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    assert write_suite(path, {"name": "own", "measures": 'The "bus"'}, [PRICE]) == 1
    suite = load_suite(path)
    assert (suite.head.name, suite.head.measures, suite.cases[0].id) == ("own", 'The "bus"', "en-02")
    path.write_text("{}\n")
    with pytest.raises(SuiteError, match=r"own.jsonl:1: no head"):
        load_suite(path)


def test_lines_are_counted_from_the_top_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "own.jsonl"
    path.write_text('+++\nname = "a"\nmeasures = "b"\n+++\n{}\n')
    with pytest.raises(SuiteError, match=r"own.jsonl:5"):
        load_suite(path)


def test_a_spreadsheet(write: WriteSuite) -> None:
    folder = write('[[sources]]\nfiles = "*.csv"')
    (folder / "cases.csv").write_text(
        "\ufeffid,language,question,cards,facts,situation,tags\n"
        'en-01,en,"How long, and where?",training; test,220–300;4,jobseeker,a\n'
        "en-02,en,What does it cost?,,,,\n",
        encoding="utf-8",
    )
    first, second = load_suite(folder).cases
    assert first.turns[0].question == "How long, and where?"
    assert first.turns[0].relevant == ("training", "test")
    assert [fact.value for fact in first.turns[0].facts] == ["220–300", "4"]
    assert (first.turns[0].situation, first.tags) == ("jobseeker", ("a",))
    assert second.turns[0].outcomes == ABSTAINED
    (folder / "cases.csv").write_text("language,question,outcome\nen,q,maybe\n")
    with pytest.raises(SuiteError, match=r"cases.csv:2: outcome"):
        load_suite(folder)


def test_sources_choose(write: WriteSuite) -> None:
    kinds = {**PRICE, "id": "fi-07", "kind": "price"}
    assert [c.id for c in load_suite(write("[[sources]]\nfirst = 1", LONG, PRICE)).cases] == ["en-01"]
    assert [c.id for c in load_suite(write('[[sources]]\nids = ["en-02"]', LONG, PRICE)).cases] == ["en-02"]
    assert [c.id for c in load_suite(write("[[sources]]\nwith_facts = true", LONG, PRICE)).cases] == ["en-01"]
    [case] = load_suite(write('[[sources]]\nkinds = "price"\ngroup = "-(.+)$"', LONG, kinds)).cases
    assert (case.id, case.group) == ("fi-07", "07")


def test_a_suites_digest_knows_every_label(write: WriteSuite) -> None:
    digests = {load_suite(write("", row)).digest for row in (LONG, {**LONG, "facts": ["220"]}, PRICE)}
    assert len(digests) == 3


def test_there_is_no_such_suite() -> None:
    with pytest.raises(SuiteError, match="residents"):
        find_suite("nothing")


@pytest.fixture(scope="module")
def shipped() -> dict[str, Suite]:
    wordings = card_wordings()
    return {name: load_suite(find_suite(name), wordings) for name in SHIPPED}


def test_the_shipped_suites() -> None:
    named = {"smoke", "residents", "abstention", "conversations", "safety", "privacy", "languages", "parity"}
    assert set(SHIPPED) == {*named, "injection"}


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_suite_is_whole(name: str, shipped: dict[str, Suite]) -> None:
    """Its name is its folder's, its gates and checks are figures there are, its labels name cards there are."""
    suite = shipped[name]
    cards = {card for card, _, _ in card_wordings()} | {path.name for path in _services().iterdir()}
    assert suite.head.name == name
    assert {gate.metric for gate in suite.head.gates} <= {*METRICS, *DERIVED, "parity"}
    assert set(suite.head.right) <= set(METRICS)
    assert {label for case in suite.cases for turn in case.turns for label in turn.relevant} <= cards
    assert set(suite.languages) <= set(load_languages())


def test_screening_data_is_blind_wherever_it_is_used(shipped: dict[str, Suite]) -> None:
    rows = [
        json.loads(line)
        for folder in ("screening", "personal_data")
        for path in (shipped_suites().parent / "data" / folder).glob("*.jsonl")
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    texts = {row["text"] for row in rows}
    found = [case for suite in shipped.values() for case in suite.cases if case.turns[0].question in texts]
    assert len(found) == len(rows) + 2 * 16  # both suites, and two of each language in smoke
    assert all("blind" in case.tags for case in found)


def test_facts_of_shipped_suites_are_worded_by_their_cards(shipped: dict[str, Suite]) -> None:
    """Every expected figure stands in a text of one of its cards, in the question's language."""
    wordings = card_wordings()
    for case in shipped["residents"].cases:
        for turn in case.turns:
            for fact in turn.facts:
                if fact.value[0].isdigit():  # others are official names
                    assert any((card, case.language, fact.value) in wordings for card in turn.relevant), (case.id, fact)


def test_injection_is_tried_in_every_language(shipped: dict[str, Suite]) -> None:
    suite = shipped["injection"]
    assert len(suite.cases) >= 40
    assert set(suite.languages) == set(load_languages())
    assert all(turn.must_not for case in suite.cases for turn in case.turns)
    assert all(case.chosen is None for case in suite.cases)


def _services() -> Path:
    import corpus

    return Path(corpus.__file__).parent / "services"
