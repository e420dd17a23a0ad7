"""Flags: kept, narrowed, closed only when asked again, erased with their case; their pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import ANSWERS, FakeAssistant
from fastapi.testclient import TestClient
from sqlalchemy import Engine, insert, select

from assistant.questions import Profile
from desk.conftest import Office, Person
from desk.mending import mending
from evals.suite_files import SuiteError, find_suite, load_suite, own_suites
from web.app import create_app
from web.desk.accounts import Account, Accounts, Role
from web.desk.audit import Filter
from web.desk.case_files import CaseFiles, EvaluationCase
from web.desk.consultations import Consultation
from web.desk.flag import ROWS, Chosen, Closed, NewFlag, NoFlag, NotAskedAgain, card_of, documents_of
from web.desk.flags import Flags
from web.desk.hand_off import Draft, new_token
from web.desk.hand_offs import HandOffs
from web.desk.settings import DeskSettings, HandOffSettings
from web.desk.tables import flag_table
from web.exchanges import Exchange
from web.feedback import Feedback, FeedbackStore, digest
from web.settings import WebSettings

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ANSWER = ANSWERS["answered"].to_wire()


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def account(database: Engine) -> Account:
    return Accounts(database).create("aino", [Role.EDITOR])


@pytest.fixture
def flags(database: Engine, clock: Clock, tmp_path: Path) -> Flags:
    return Flags(database, CaseFiles(tmp_path), clock)


def a_flag(**changes: Any) -> NewFlag:
    return replace(NewFlag("wrong", "How long?", "en", {"municipality": "Espoo"}, ANSWER, 0, " 300 days. "), **changes)


def test_a_flag_is_kept_without_the_trace(flags: Flags, account: Account) -> None:
    id = flags.create(account, a_flag(answer=ANSWER | {"trace": {"build": "b1", "secret": 1}}))
    found = flags.get(id)
    assert (found.kind, found.state, found.question, found.language) == ("wrong", "open", "How long?", "en")
    assert found.answer is not None
    assert "trace" not in found.answer
    assert (found.build, found.sentence, found.correction) == ("b1", 0, "300 days.")
    assert found.document == "kauniainen/ohjelma 2025"
    assert (found.created, found.created_by) == (NOW, account.id)


def test_what_is_not_there(flags: Flags, account: Account) -> None:
    with pytest.raises(NoFlag):
        flags.get(1)
    with pytest.raises(NoFlag):
        flags.asked_again(1, ANSWER, None)
    with pytest.raises(NoFlag):
        flags.reopen(1)


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        pytest.param(Chosen(), {0, 1, 2}, id="open"),
        pytest.param(Chosen(state="declined"), {3}, id="declined"),
        pytest.param(Chosen(state=""), {0, 1, 2, 3}, id="any state"),
        pytest.param(Chosen(kind="unsafe"), {1}, id="kind"),
        pytest.param(Chosen(language="so"), {2}, id="language"),
        pytest.param(Chosen(card="swimming"), {2}, id="card"),
        pytest.param(Chosen(since=NOW + timedelta(hours=1)), {1, 2}, id="since"),
        pytest.param(Chosen(until=NOW + timedelta(hours=1)), {0}, id="until"),
    ],
)
def test_narrowing(flags: Flags, account: Account, clock: Clock, chosen: Chosen, expected: set[int]) -> None:
    ids = []
    for new in (
        a_flag(),
        a_flag(kind="unsafe"),
        a_flag(language="so", answer=None, documents=["card-swimming-so"]),
        a_flag(),
    ):
        ids.append(flags.create(account, new))
        clock.now += timedelta(hours=1)
    flags.decline(ids[3], account, "No.")
    assert {ids.index(flag.id) for flag in flags.page(chosen)} == expected


def test_pages_follow_each_other(flags: Flags, account: Account) -> None:
    ids = [flags.create(account, a_flag()) for _ in range(ROWS + 2)]
    first = flags.page(Chosen())
    assert [flag.id for flag in first] == ids[::-1][: ROWS + 1]
    assert [flag.id for flag in flags.page(Chosen(), before=first[ROWS - 1].id)] == ids[:2][::-1]
    assert flags.counts() == {"open": ROWS + 2, "fixed": 0, "declined": 0}


def test_closed_as_fixed_only_after_asking_the_serving_build(flags: Flags, account: Account) -> None:
    id = flags.create(account, a_flag())
    with pytest.raises(NotAskedAgain):
        flags.fix(id, account, "Done.", "b2")
    flags.asked_again(id, ANSWER, "b1")
    with pytest.raises(NotAskedAgain):
        flags.fix(id, account, "Done.", "b2")
    flags.asked_again(id, ANSWER, "b2")
    flags.fix(id, account, "Done.", "b2")
    found = flags.get(id)
    assert (found.state, found.resolution, found.closed, found.closed_by) == ("fixed", "Done.", NOW, account.id)
    with pytest.raises(Closed):
        flags.decline(id, account, "No.")
    flags.reopen(id)
    assert (flags.get(id).state, flags.get(id).closed) == ("open", None)


def with_case(flags: Flags, account: Account, folder: Path, **changes: Any) -> int:
    id = flags.create(account, a_flag(**changes))
    CaseFiles(folder).put(EvaluationCase(f"flag-{id}", "How long?", "en", cards=["swimming"]))
    flags.has_case(id, f"flag-{id}")
    return id


def left(database: Engine) -> list[int]:
    with database.connect() as connection:
        return list(connection.execute(select(flag_table.c.id).order_by(flag_table.c.id)).scalars())


def test_erasure_takes_the_case_along(flags: Flags, account: Account, database: Engine, tmp_path: Path) -> None:
    by_conversation = with_case(flags, account, tmp_path, conversation=digest("talk"))
    by_key = with_case(flags, account, tmp_path, exchange=digest("key"))
    other = with_case(flags, account, tmp_path)
    assert flags.forget_conversation("talk", ["key"]) == 2
    assert left(database) == [other]
    cases = CaseFiles(tmp_path)
    assert [cases.get(f"flag-{id}") is None for id in (by_conversation, by_key, other)] == [True, True, False]


def test_erasure_of_a_hand_off(flags: Flags, account: Account, database: Engine) -> None:
    transcript = [{"question": "How long?", "answer": ANSWER}]
    found = HandOffs(database).create(Draft("en", conversation="talk", transcript=transcript), new_token())
    flags.create(account, a_flag(hand_off=found.id))
    kept = flags.create(account, a_flag())
    assert flags.forget_hand_off(found.id) == 1
    assert left(database) == [kept]
    flags.create(account, a_flag(hand_off=found.id))
    assert flags.forget_conversation("talk") == 1


@pytest.mark.parametrize("by", ["page", "api"])
def test_a_resident_who_withdraws_takes_the_flags_along(assistant: FakeAssistant, tmp_path: Path, by: str) -> None:
    desk = DeskSettings(data=tmp_path, hand_off=HandOffSettings(enabled=True))
    with TestClient(create_app(lambda: assistant, WebSettings(desk=desk))) as client:
        opened, token = client.app_state["desk"], new_token()
        transcript = [{"question": "How long?", "answer": ANSWER}]
        found = HandOffs(opened.engine).create(Draft("en", transcript=transcript), token)
        author = opened.accounts.create("aino", [Role.ADVISOR])
        id = with_case(opened.reviewing.flags, author, tmp_path, hand_off=found.id)
        if by == "page":
            client.post(f"/en/hand-offs/{token}/withdraw")
        else:
            client.delete(f"/api/v1/hand-offs/{token}")
        with pytest.raises(NoFlag):
            opened.reviewing.flags.get(id)
        assert CaseFiles(tmp_path).get(f"flag-{id}") is None


def test_retention_counts_from_the_closing(
    flags: Flags, account: Account, database: Engine, clock: Clock, tmp_path: Path
) -> None:
    closed, still_open, later = (with_case(flags, account, tmp_path) for _ in range(3))
    flags.decline(closed, account, "No.")
    clock.now += timedelta(days=1)
    flags.decline(later, account, "No.")
    assert flags.purge(NOW + timedelta(hours=1)) == 1
    assert left(database) == [still_open, later]
    assert CaseFiles(tmp_path).get(f"flag-{closed}") is None


def test_feedback_in_words_is_listed_until_it_is_a_flag(flags: Flags, account: Account, database: Engine) -> None:
    store = FeedbackStore(database, lambda text: text)
    for key, verdict, consent in (("a", "no", True), ("b", "yes", True), ("c", "no", False)):
        exchange = Exchange(key, f"Question {key}", ANSWERS["answered"], "talk")
        store.keep(exchange, Feedback(verdict, ("outdated",), "Old.", consent))  # type: ignore[arg-type]
    (said,) = flags.feedback()
    assert (said.question, said.comment, said.reasons, said.flag) == ("Question a", "Old.", ("outdated",), None)
    assert flags.feedback_of(said.id) == said
    id = flags.create(account, a_flag(exchange=said.exchange, conversation=said.conversation))
    assert [one.flag for one in flags.feedback()] == [id]
    assert flags.feedback(before=said.id) == []
    store.forget_words([], "talk")
    assert flags.feedback() == []
    assert flags.feedback_of(said.id) is None


@pytest.mark.parametrize(
    ("document", "card"),
    [
        ("card-integration-training-fi", "integration-training"),
        ("card-integration-training-fi-selko", "integration-training"),
        ("kauniainen-integration-programme-2025", None),
        ("card-", None),
    ],
)
def test_the_card_of_a_document(document: str, card: str | None) -> None:
    assert card_of(document) == card


def test_documents_of_an_abstention_are_those_shown_to_read_on_in() -> None:
    assert documents_of(ANSWERS["no_information"].to_wire()) == ["kauniainen/ohjelma 2025", "card-a-ar"]
    assert documents_of(None) == []


# Evaluation cases


def test_cases_are_a_suite_that_loads(tmp_path: Path) -> None:
    files = CaseFiles(tmp_path)
    with pytest.raises(SuiteError):
        find_suite("flags", own_suites(tmp_path))
    files.put(
        EvaluationCase(
            "flag-1",
            "Kuinka kauan kestää?",
            "fi",
            "Espoo",
            "jobseeker",
            cards=["swimming"],
            documents=["ohjelma"],
            facts=["220–300"],
            must_not=["400"],
            kind="wrong",
        )
    )
    files.put(EvaluationCase("flag-2", "Mitä maksaa?", "fi", outcomes=["no_information"]))
    suite = load_suite(find_suite("flags", own_suites(tmp_path)))
    first, second = suite.cases
    (turn,) = first.turns
    assert (first.id, first.language, first.chosen, first.kind) == ("flag-1", "fi", "fi", "wrong")
    assert (turn.municipality, turn.situation) == ("Espoo", "jobseeker")
    assert turn.relevant == ("swimming", "ohjelma")
    assert turn.outcomes == ("answered", "partial", "clarify")
    assert [(fact.value, fact.any_of) for fact in turn.facts] == [("220–300", ("220–300",))]
    assert turn.must_not == ("400",)
    assert second.turns[0].outcomes == ("no_information",)


def test_a_case_is_changed_in_place_and_the_last_one_takes_the_suite_along(tmp_path: Path) -> None:
    files = CaseFiles(tmp_path)
    files.put(EvaluationCase("flag-1", "One?", "en", cards=["a"]))
    files.put(EvaluationCase("flag-1", "Other?", "en", cards=["a"]))
    assert [case.turns[0].question for case in load_suite(files.folder).cases] == ["Other?"]
    assert files.withdraw({"flag-2"}) == 0
    assert files.withdraw({"flag-1"}) == 1
    assert not (files.folder / "suite.toml").exists()


# Pages


@pytest.fixture
def mended(tmp_path: Path, assistant: FakeAssistant) -> Iterator[Office]:
    with mending(tmp_path, assistant) as office:
        yield office


def consulted(office: Office, person: Person, question: str = "answered", key: str = "k" * 22) -> str:
    """The key of an exchange that this person asked for."""
    exchange = Exchange(key, question, ANSWERS[question.split(maxsplit=1)[0]])
    office.desk.consultations.begin(Consultation(key, person.account.id, "en", "en", Profile("Espoo"), exchange))
    return key


def actions(office: Office) -> list[str]:
    return [entry.action for entry in office.desk.audit.find(Filter())]


@pytest.mark.parametrize("role", [Role.ADVISOR, Role.EDITOR, Role.EVALUATOR])
def test_an_answer_is_flagged_with_its_sentence(mended: Office, role: Role) -> None:
    person = mended.sign_in(role)
    key = consulted(mended, person)
    page = person.client.get(f"/desk/flags/new?answer={key}").text
    assert "There are &lt;paths&gt;." in page
    made = person.client.post(
        "/desk/flags/new", data=person.form(answer=key, kind="outdated", sentence="1", correction="Three paths.")
    )
    found = mended.desk.reviewing.flags.get(int(made.headers["location"].rpartition("/")[2]))
    assert (found.kind, found.sentence, found.correction) == ("outdated", 1, "Three paths.")
    assert (found.question, found.profile) == ("answered", {"municipality": "Espoo"})
    assert person.client.get(made.headers["location"]).status_code == 200
    assert actions(mended)[:2] == ["flag.read", "flag.created"]


def test_nobody_flags_what_a_colleague_asked(mended: Office) -> None:
    aino, veikko = mended.sign_in(Role.ADVISOR, name="aino"), mended.sign_in(Role.ADVISOR, name="veikko")
    key = consulted(mended, aino)
    assert veikko.client.get(f"/desk/flags/new?answer={key}").status_code == 404
    assert veikko.client.post("/desk/flags/new", data=veikko.form(answer=key, kind="wrong")).status_code == 404


def test_a_message_about_violence_is_never_kept(mended: Office) -> None:
    person = mended.sign_in(Role.ADVISOR)
    exchange = Exchange("v" * 22, "", ANSWERS["violence"], private=True)
    mended.desk.consultations.begin(Consultation(exchange.key, person.account.id, "en", "en", Profile(), exchange))
    assert person.client.get(f"/desk/flags/new?answer={exchange.key}").status_code == 404
    fake: Any = mended.desk.reception.assistant
    fake.urgent = lambda text, **more: ANSWERS["violence"]
    sent = person.form(question="he hits me", language="en", kind="missing")
    assert person.client.post("/desk/flags/new", data=sent).status_code == 422
    assert mended.desk.reviewing.flags.page(Chosen()) == []


def test_a_written_question_is_masked(mended: Office) -> None:
    person = mended.sign_in(Role.EVALUATOR)
    sent = person.form(question="I am 010190-123A, what now?", language="en", kind="missing", municipality="Espoo")
    made = person.client.post("/desk/flags/new", data=sent)
    found = mended.desk.reviewing.flags.get(int(made.headers["location"].rpartition("/")[2]))
    assert found.question == "I am [...], what now?"
    assert (found.answer, found.profile) == (None, {"municipality": "Espoo"})


@pytest.mark.parametrize(
    "sent", [{"question": "What?"}, {"kind": "missing"}, {"question": "What?", "kind": "nonsense"}], ids=str
)
def test_a_form_that_lacks_something(mended: Office, sent: dict[str, str]) -> None:
    person = mended.sign_in(Role.ADVISOR)
    assert person.client.post("/desk/flags/new", data=person.form(**sent)).status_code == 422


def test_a_hand_off_is_flagged_by_advisors_alone(mended: Office) -> None:
    transcript = [{"question": "How long?", "answer": ANSWER}, {"question": "And now?", "answer": ANSWER}]
    found = HandOffs(mended.desk.engine).create(Draft("en", municipality="Espoo", transcript=transcript), new_token())
    advisor, editor = mended.sign_in(Role.ADVISOR, name="aino"), mended.sign_in(Role.EDITOR, name="veikko")
    assert editor.client.get(f"/desk/flags/new?hand_off={found.id}").status_code == 404
    page = advisor.client.get(f"/desk/flags/new?hand_off={found.id}&turn=0")
    assert "How long?" in page.text
    assert "hand_off.read" in actions(mended)
    made = advisor.client.post("/desk/flags/new", data=advisor.form(hand_off=found.id, kind="wrong"))
    flag = mended.desk.reviewing.flags.get(int(made.headers["location"].rpartition("/")[2]))
    assert (flag.question, flag.hand_off, flag.profile) == ("And now?", found.id, {"municipality": "Espoo"})
    assert advisor.client.get(f"/desk/flags/new?hand_off={found.id}&turn=7").status_code == 404


def test_an_editor_makes_feedback_a_flag(mended: Office) -> None:
    editor = mended.sign_in(Role.EDITOR)
    exchange = Exchange("a" * 22, "How long?", ANSWERS["answered"], "talk")
    mended.desk.reception.feedback.keep(exchange, Feedback("no", ("outdated",), "Old.", consent=True))
    page = editor.client.get("/desk/review/feedback").text
    assert "How long?" in page
    assert "Old." in page
    made = editor.client.post("/desk/flags/new", data=editor.form(feedback="1", kind="outdated"))
    flag = mended.desk.reviewing.flags.get(int(made.headers["location"].rpartition("/")[2]))
    assert (flag.question, flag.answer, flag.document) == ("How long?", None, "kauniainen/ohjelma 2025")
    assert f'href="/desk/review/{flag.id}"' in editor.client.get("/desk/review/feedback").text


def flagged(office: Office, **changes: Any) -> int:
    return office.desk.reviewing.flags.create(None, a_flag(question="answered", **changes))


def test_asked_again_closed_and_opened(mended: Office) -> None:
    editor = mended.sign_in(Role.EDITOR)
    id = flagged(mended)
    place = f"/desk/review/{id}"
    assert editor.client.post(f"{place}/close", data=editor.form(act="fixed")).status_code == 422
    assert editor.client.post(f"{place}/close", data=editor.form(act="declined")).status_code == 422
    assert editor.client.post(f"{place}/ask", data=editor.form()).headers["location"] == f"{place}#now"
    assert mended.desk.reviewing.flags.get(id).answer_now is not None
    assert editor.client.post(f"{place}/close", data=editor.form(act="fixed", resolution="Done.")).status_code == 303
    assert mended.desk.reviewing.flags.get(id).state == "fixed"
    assert "Done." in editor.client.get(place).text
    editor.client.post(f"{place}/close", data=editor.form(act="reopen"))
    assert mended.desk.reviewing.flags.get(id).state == "open"
    asked: Any = mended.desk.reception.assistant
    assert asked.asked[-1]["profile"] == Profile("Espoo")


def test_what_cannot_be_asked_again_says_so(mended: Office) -> None:
    editor = mended.sign_in(Role.EDITOR)
    for question in ("invalid", "unavailable", "violence"):
        id = mended.desk.reviewing.flags.create(None, a_flag(question=question))
        assert editor.client.post(f"/desk/review/{id}/ask", data=editor.form()).status_code == 422
        assert mended.desk.reviewing.flags.get(id).answer_now is None


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        pytest.param({"expected": "answer", "cards": "swimming"}, 303, id="a card"),
        pytest.param({"expected": "answer", "documents": "ohjelma"}, 303, id="a document"),
        pytest.param({"expected": "no_answer"}, 303, id="no answer"),
        pytest.param({"expected": "answer"}, 422, id="no source"),
        pytest.param({"expected": "answer", "cards": "nothing"}, 422, id="no such card"),
        pytest.param({"cards": "swimming"}, 422, id="nothing expected"),
    ],
)
def test_a_flag_becomes_a_case(mended: Office, tmp_path: Path, sent: dict[str, str], status: int) -> None:
    evaluator = mended.sign_in(Role.EVALUATOR)
    id = flagged(mended)
    assert evaluator.client.post(f"/desk/review/{id}/case", data=evaluator.form(**sent)).status_code == status
    assert (mended.desk.reviewing.flags.get(id).case_id is not None) == (status == 303)
    if status == 303:
        suite = load_suite(find_suite("flags", own_suites(tmp_path / "data")))
        assert [case.id for case in suite.cases] == [f"flag-{id}"]
        evaluator.client.post(f"/desk/review/{id}/case", data=evaluator.form(act="withdraw"))
        assert mended.desk.reviewing.flags.get(id).case_id is None
        assert CaseFiles(tmp_path / "data").get(f"flag-{id}") is None


def test_an_advisor_reads_and_asks_but_does_not_close(mended: Office) -> None:
    advisor = mended.sign_in(Role.ADVISOR)
    id = flagged(mended)
    page = advisor.client.get(f"/desk/review/{id}").text
    assert f"/desk/review/{id}/ask" in page
    assert f"/desk/review/{id}/close" not in page
    assert f"/desk/review/{id}/delete" not in page


def test_the_list_pages_and_narrows(mended: Office) -> None:
    editor = mended.sign_in(Role.EDITOR)
    with mended.desk.engine.begin() as connection:
        values = {
            "created": NOW,
            "kind": "wrong",
            "state": "open",
            "question": "How <long>?",
            "language": "ar",
            "profile": {},
        }
        connection.execute(insert(flag_table), [values] * (ROWS + 1))
    page = editor.client.get("/desk/review").text
    assert len(re.findall(r'href="/desk/review/\d+" lang="ar" dir="rtl"', page)) == ROWS
    assert "<long>" not in page
    assert "before=2" in page
    assert 'href="/desk/review/1"' in editor.client.get("/desk/review?before=2").text
    assert 'href="/desk/review/1"' not in editor.client.get("/desk/review?language=fi").text
    assert editor.client.get("/desk/review?age=7&kind=nonsense&state=nonsense").status_code == 200
