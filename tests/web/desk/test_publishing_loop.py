"""The whole loop: an answer is missing, somebody flags it, an editor mends the card and publishes, it is answered, the
flag is closed, and an evaluation case guards it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from desk.mending import LANGUAGES, fill, mending, small_assistant
from evals.metrics import OwnWords
from evals.report import write_reports
from evals.runner import run_suite
from evals.suite_files import find_suite, load_suite, own_suites
from evals.targets import InProcess
from tests.conftest import ROOT
from tests.corpus.test_checks import EN, FI
from web.desk.accounts import Role
from web.desk.audit import Filter
from web.desk.card_files import draft_of

QUESTION = "Does the sauna have wheelchair access?"
ANSWER = "The sauna of the swimming hall does have wheelchair access."


def published(desk: object) -> None:
    deadline = time.monotonic() + 120
    while desk.reviewing.publisher.progress().stage == "running":  # type: ignore[attr-defined]
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_from_a_flag_to_a_case_that_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    data = tmp_path / "data"
    fill(data)
    with mending(tmp_path, small_assistant(data)) as office:
        desk = office.desk
        advisor = office.sign_in(Role.ADVISOR, name="aino")
        editor = office.sign_in(Role.EDITOR, name="veikko")

        # What is shipped is published first.
        assert editor.client.post("/desk/publish", data=editor.form()).headers["location"] == "/desk/publish"
        published(desk)
        assert "Published." in editor.client.get("/desk/publish").text or "Julkaistu." in (
            editor.client.get("/desk/publish").text
        )
        first = desk.reviewing.publisher.serving()
        assert first

        # The advisor asks for a client: the sources do not say.
        asked = advisor.client.post(
            "/desk/ask", data=advisor.form(question=QUESTION, client="en", asked_in="en", municipality="Espoo")
        )
        key = asked.headers["location"].removeprefix("/desk/ask/")
        page = advisor.client.get(f"/desk/flags/new?answer={key}")
        assert page.status_code == 200
        assert QUESTION in page.text
        made = advisor.client.post(
            "/desk/flags/new", data=advisor.form(answer=key, kind="missing", correction="There is a lift.")
        )
        flag = made.headers["location"]
        number = int(flag.rpartition("/")[2])
        assert desk.reviewing.flags.get(number).answer["status"] == "no_information"  # type: ignore[index]

        # It is not closed as fixed before anybody looked whether it is.
        assert editor.client.post(f"{flag}/close", data=editor.form(act="fixed")).status_code == 422

        # The editor mends the card, in Finnish and in English.
        for name, text, sentence in (("fi", FI, "Uimahallin saunaan pääsee pyörätuolilla."), ("en", EN, ANSWER)):
            draft = draft_of(text, "swimming", name)
            sent = editor.form(
                seen=desk.reviewing.cards.seen("swimming", f"{name}.md"),
                title=draft.title,
                body=f"{draft.body}\n\n{sentence}",
                translation="authored",
            )
            saved = editor.client.post(f"/desk/cards/swimming/{name}", data=sent)
            assert saved.status_code == 303, saved.text
        assert [(change.id, change.how) for change in desk.reviewing.publisher.changes()] == [
            ("card-swimming-en", "changed"),
            ("card-swimming-fi", "changed"),
        ]

        # Published: the same question is answered.
        editor.client.post("/desk/publish", data=editor.form())
        published(desk)
        assert desk.reviewing.publisher.serving() != first
        assert desk.reviewing.publisher.changes() == []
        assert editor.client.post(f"{flag}/ask", data=editor.form()).status_code == 303
        now = desk.reviewing.flags.get(number)
        assert now.answer_now is not None
        assert now.answer_now["status"] == "answered"
        assert now.build_now == desk.reviewing.publisher.serving()
        assert ANSWER in editor.client.get(flag).text

        # Closed, and guarded from now on.
        closed = editor.client.post(f"{flag}/close", data=editor.form(act="fixed", resolution="Added to the card."))
        assert closed.status_code == 303
        assert desk.reviewing.flags.get(number).state == "fixed"
        sent = editor.form(expected="answer", cards="swimming", facts="wheelchair access", must_not="")
        assert editor.client.post(f"{flag}/case", data=sent).status_code == 303

        suite = load_suite(find_suite("flags", own_suites(data)))
        assert [case.id for case in suite.cases] == [f"flag-{number}"]
        target = InProcess(small_assistant(data), {"build": desk.reviewing.publisher.serving()})
        summary = write_reports(run_suite(suite, target, tmp_path / "results", OwnWords(LANGUAGES)))
        target.close()
        assert summary.passed

        done = [(entry.account_name, entry.action) for entry in desk.audit.find(Filter())]
        for who, what in (
            ("veikko", "build.published"),
            ("veikko", "card.changed"),
            ("aino", "flag.created"),
            ("veikko", "flag.fixed"),
            ("veikko", "flag.case_made"),
        ):
            assert (who, what) in done

        # The case goes with the flag.
        assert editor.client.post(f"{flag}/delete", data=editor.form()).status_code == 303
        assert not (data / "suites" / "flags" / "suite.toml").exists()
        assert QUESTION not in (data / "suites" / "flags" / "cases.jsonl").read_text(encoding="utf-8")
