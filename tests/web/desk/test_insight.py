"""Indicators counted by hand, on both databases, and the pages and files that tell them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, func, insert, select
from typer.testing import CliRunner

from desk.conftest import Office
from web.cli import app
from web.desk.accounts import Role
from web.desk.indicators import Count, Counts, Indicators, class_of, quantile
from web.desk.insight import as_csv, as_json, insight_of, usual_step
from web.desk.insight_pages import chosen
from web.desk.opening_hours import OpeningHours
from web.desk.settings import HandOffSettings
from web.desk.tables import audit_table, hand_off_table, indicator_table, question_table
from web.desk.unanswered import Unanswered, clusters
from web.storage import feedback_table

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
ALWAYS = OpeningHours(HandOffSettings(hours={}))


class Clock:
    now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def indicators(database: Engine, clock: Clock) -> Indicators:
    return Indicators(database, ALWAYS, clock)


def questions(engine: Engine, at: datetime, number: int = 1, **more: Any) -> None:
    row = {"at": at, "channel": "chat", "language": "fi", "status": "answered", "hour": 12, "milliseconds": 500.0}
    with engine.begin() as connection:
        for _ in range(number):
            connection.execute(insert(question_table).values(row | more))


def feedback(engine: Engine, at: datetime, verdict: str, *reasons: str) -> None:
    with engine.begin() as connection:
        count = connection.execute(select(func.count()).select_from(feedback_table)).scalar_one()
        row = {"answer": f"{count}", "given": at, "verdict": verdict, "reasons": list(reasons), "status": "answered"}
        connection.execute(insert(feedback_table).values(row | {"language": "fi", "documents": [], "trace": {}}))


def hand_off(engine: Engine, id: str, created: datetime, answered: datetime | None = None) -> None:
    row = {"id": id, "created": created, "updated": answered or created, "first_answered": answered, "reason": "asked"}
    row |= {"state": "answered" if answered else "new", "language": "so", "version": 1, "transcript": []}
    with engine.begin() as connection:
        connection.execute(insert(hand_off_table).values(row))


def two_months(engine: Engine) -> None:
    """October: 12 Finnish questions of which 6 without an answer, 5 Somali ones, 2 in part and 3 without. November: 7
    Finnish ones, 2 Somali ones."""
    october = datetime(2026, 10, 15, 9, tzinfo=UTC)
    questions(engine, october, 6, topic="work", municipality="Espoo")
    questions(engine, october, 6, status="no_information")
    questions(engine, october + timedelta(days=1), 2, language="so", status="partial")
    questions(engine, october + timedelta(days=1), 3, language="so", status="no_information")
    # 31 October, 23:30 in Finland is November in no sense; 1 November, 00:30 in Finland is still October in UTC.
    questions(engine, datetime(2026, 10, 31, 22, tzinfo=UTC), 7)
    questions(engine, datetime(2026, 11, 2, 9, tzinfo=UTC), 2, language="so")


def test_months_and_days_are_finlands(indicators: Indicators, database: Engine) -> None:
    two_months(database)
    counts = indicators.read(OCTOBER, NOVEMBER)
    october, november = counts.months[OCTOBER], counts.months[NOVEMBER]
    assert october[("language", "fi")] == Count(12, 6, 6)
    assert october[("language", "so")] == Count(5, 2, 3)
    assert october[("topic", "")] == Count(11, 2, 9)
    assert october[("topic", "work")] == Count(6, 6, 0)
    assert october[("municipality", "Espoo")] == Count(6, 6, 0)
    assert october[("outcome", "partial")] == Count(2, 2, 0)
    assert november[("language", "fi")] == Count(7, 7, 0)
    # 15 October 2026 is a Thursday, 1 November a Sunday.
    assert october[("weekday", "3")] == Count(12, 6, 6)
    assert november[("weekday", "6")] == Count(7, 7, 0)
    assert {day: count for day, count in counts.days.items() if count} == {
        date(2026, 10, 15): 12,
        date(2026, 10, 16): 5,
        date(2026, 11, 1): 7,
        date(2026, 11, 2): 2,
    }


def test_rolled_up_is_the_same_as_counted_on_the_spot(indicators: Indicators, database: Engine) -> None:
    two_months(database)
    feedback(database, NOW - timedelta(days=2), "no", "wrong", "unclear")
    hand_off(database, "a", NOW - timedelta(days=3), NOW - timedelta(days=2))
    before = indicators.read(OCTOBER, NOVEMBER)
    # 15 October to 2 November; today is not over.
    assert indicators.roll_up() == 19
    assert indicators.read(OCTOBER, NOVEMBER) == before
    assert indicators.roll_up() == 0
    questions(database, NOW)
    assert indicators.read(NOVEMBER, NOVEMBER).days[date(2026, 11, 3)] == 1


def test_days_are_added_to_the_months_they_belong_to(indicators: Indicators, database: Engine, clock: Clock) -> None:
    questions(database, NOW, 3)
    clock.now = NOW + timedelta(days=1)
    assert indicators.roll_up() == 1
    questions(database, clock.now, 4)
    clock.now = NOW + timedelta(days=2)
    assert indicators.roll_up() == 1
    assert indicators.read(NOVEMBER, NOVEMBER).months[NOVEMBER][("language", "fi")].asked == 7
    with database.connect() as connection:
        rows = connection.execute(select(indicator_table).where(indicator_table.c.dimension == "language")).all()
    assert len(rows) == 1


def test_a_day_is_counted_when_its_last_answers_are_surely_written(
    indicators: Indicators, database: Engine, clock: Clock
) -> None:
    questions(database, NOW)
    clock.now = datetime(2026, 11, 3, 22, 14, tzinfo=UTC)  # a quarter past midnight in Finland, nearly
    assert indicators.roll_up() == 0
    clock.now += timedelta(minutes=1)
    assert indicators.roll_up() == 1


def test_a_day_that_another_process_counts_is_counted_once(indicators: Indicators, database: Engine) -> None:
    questions(database, NOW - timedelta(days=1), 5)
    with database.connect() as connection:
        days = list(indicators._open_days(connection))
    assert indicators._add(days[:1])
    assert not indicators._add(days[:1])
    assert indicators.read(NOVEMBER, NOVEMBER).months[NOVEMBER][("language", "fi")].asked == 5


def test_without_anything_there_is_this_month(indicators: Indicators) -> None:
    assert indicators.months() == (NOVEMBER,)
    assert indicators.read(NOVEMBER, NOVEMBER) == Counts({NOVEMBER: {}}, {date(2026, 11, 3): 0})
    assert insight_of(indicators, NOVEMBER, NOVEMBER).questions == 0


@pytest.mark.parametrize(
    ("times", "share", "expected"),
    [
        pytest.param([100.0] * 10, 0.5, 100, id="all alike"),
        pytest.param([100.0] * 95 + [1000.0] * 5, 0.95, 100, id="19 of 20"),
        pytest.param([100.0] * 94 + [1000.0] * 6, 0.95, 1000, id="the slowest"),
        pytest.param([0.0, 0.5, 1.0], 0.5, 1, id="at once"),
    ],
)
def test_quantiles_are_at_most_five_per_cent_off(times: list[float], share: float, expected: float) -> None:
    classes: dict[int, int] = {}
    for time in times:
        classes[class_of(time)] = classes.get(class_of(time), 0) + 1
    assert quantile(classes, share) == pytest.approx(expected, rel=0.05)
    assert quantile({}, share) is None


def test_waiting_for_a_person_is_counted_while_the_desk_is_open(database: Engine) -> None:
    # Friday 15:00 to Monday 10:00 in Finland, open 9 to 16: an hour on Friday and one on Monday.
    friday, monday = datetime(2026, 10, 30, 13, tzinfo=UTC), datetime(2026, 11, 2, 8, tzinfo=UTC)
    for number in range(20):
        hand_off(database, f"h{number}", friday, monday)
    found = insight_of(Indicators(database, OpeningHours(HandOffSettings()), lambda: NOW), OCTOBER, NOVEMBER)
    assert found.response.median == pytest.approx(120, rel=0.05)
    assert found.hand_offs == 20


def test_what_is_told_of_two_months(indicators: Indicators, database: Engine) -> None:
    two_months(database)
    for verdict, reasons in [("no", ["wrong"])] * 5 + [("yes", [])] * 5:
        feedback(database, datetime(2026, 10, 15, 9, tzinfo=UTC), verdict, *reasons)
    found = insight_of(indicators, OCTOBER, NOVEMBER)
    # 17 in October and 9 in November. In November 2 Somali ones are withheld, and the 7 Finnish ones with them.
    assert found.questions == 26
    language = found.tallies["language"]
    assert ({key: cell.asked for key, cell in language.cells.items()}, language.others) == ({"fi": 12, "so": 5}, 9)
    # Outcomes of October: 9 without an answer, 6 answered, 2 in part, which 6 hide; of November 9 answered.
    assert {key: cell.asked for key, cell in found.tallies["outcome"].cells.items()} == {
        "no_information": 9,
        "answered": 9,
    }
    assert found.abstention == 0.5
    assert found.helpfulness == 0.5
    assert found.latency.count == 26
    assert found.latency.median == pytest.approx(500, rel=0.05)
    assert found.steps("month") == {OCTOBER: 17, NOVEMBER: 9}


def test_the_files_say_the_same(indicators: Indicators, database: Engine) -> None:
    two_months(database)
    found = insight_of(indicators, OCTOBER, NOVEMBER)
    table = list(csv.DictReader(io.StringIO(as_csv(found))))
    assert {"indicator": "language", "value": "so", "count": "5", "abstained_share": ""} in table
    assert {"indicator": "language", "value": "(others)", "count": "9", "abstained_share": ""} in table
    assert {"indicator": "questions_per_month", "value": "2026-10", "count": "17", "abstained_share": ""} in table
    same = json.loads(as_json(found))
    assert same["period"] == {"from": "2026-10", "until": "2026-11"}
    assert [[str(v) if v is not None else "" for v in row.values()] for row in same["rows"]] == [
        list(row.values()) for row in table
    ]


def test_no_file_and_no_page_tells_a_small_count(office: Office) -> None:
    engine, now = office.desk.engine, datetime.now(UTC)
    questions(engine, now, 40)
    questions(engine, now, 3, language="sq")
    reader = office.sign_in(Role.EVALUATOR).client
    for path in ("/desk/insight", "/desk/insight/export.csv", "/desk/insight/export.json"):
        text = reader.get(path).text
        assert "albania" not in text.lower()
        assert '"sq"' not in text
        assert "language,sq" not in text


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        pytest.param("", "", (date(2025, 12, 1), NOVEMBER), id="twelve months unless told otherwise"),
        pytest.param("2026-10", "", (OCTOBER, NOVEMBER), id="from a month"),
        pytest.param("2026-10-17", "2026-10-20", (OCTOBER, OCTOBER), id="days are their whole month"),
        pytest.param("", "2026-10", (OCTOBER, OCTOBER), id="until a month: that one"),
        pytest.param("2026-11", "2026-10", (OCTOBER, OCTOBER), id="the wrong way round"),
        pytest.param("1999-01", "2999-12", (date(2025, 1, 1), NOVEMBER), id="more than there is"),
        pytest.param("nonsense", "2026-13", (date(2025, 12, 1), NOVEMBER), id="no month"),
    ],
)
def test_the_months_chosen(since: str, until: str, expected: tuple[date, date]) -> None:
    months = tuple(date(2026, month, 1) for month in range(11, 0, -1))
    months += tuple(date(2025, month, 1) for month in range(12, 0, -1))
    assert chosen(months, since, until) == expected


def test_the_usual_step() -> None:
    assert usual_step(OCTOBER, NOVEMBER) == "day"
    assert usual_step(date(2026, 1, 1), NOVEMBER) == "week"
    assert usual_step(date(2025, 1, 1), NOVEMBER) == "month"


# Unanswered questions by meaning.


def test_clusters_by_hand() -> None:
    """Two directions at a right angle, a third question between one of them and nothing."""
    a, b = [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]
    near_a = [0.8, 0.0, 0.6]
    vectors = np.array([a, b, near_a, b, [0.0, 0.0, 1.0]], np.float32)
    # near_a is 0.8 from a; the last is 0.6 from near_a but 0.32 from the middle of a and near_a.
    assert sorted(sorted(one) for one in clusters(vectors, 0.75)) == [[0, 2], [1, 3], [4]]
    assert clusters(np.zeros((0, 3), np.float32)) == []


def kept(engine: Engine, question: str, vector: list[float] | None, **more: Any) -> None:
    packed = None if vector is None else np.array(vector, np.float16).tobytes()
    questions(engine, NOW, status="no_information", question=question, vector=packed, **more)


def test_kept_questions_stand_together_by_meaning(database: Engine) -> None:
    kept(database, "Mistä saan kortin?", [1, 0], document="card-a-fi")
    kept(database, "Xaggee kaarka laga helaa?", [0.9, 0.43], language="so", document="card-a-fi")
    kept(database, "Voinko parantaa maailman?", [0, 1], document="card-b-fi")
    kept(database, "Without a build", None, language="en")
    questions(database, NOW, 3, status="no_information")
    groups = Unanswered(database).groups()
    assert [sorted(one.question for one in group.questions) for group in groups] == [
        ["Mistä saan kortin?", "Xaggee kaarka laga helaa?"],
        ["Without a build"],
        ["Voinko parantaa maailman?"],
    ]
    first = groups[0]
    assert (first.document, set(first.languages)) == ("card-a-fi", {"fi", "so"})


# The pages.


@pytest.fixture
def asked(office: Office) -> Office:
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    for language, number in (("fi", 30), ("so", 12), ("ar", 9)):
        questions(office.desk.engine, now, number, language=language, topic="work", municipality="Espoo")
        questions(office.desk.engine, now, 6, language=language, status="no_information")
    kept(office.desk.engine, "Missä on <b>sauna</b>?", [1, 0, 0], document="card-starting-level-test-fi")
    return office


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_the_page_in_every_language_of_the_desk(asked: Office, language: str) -> None:
    reader = asked.sign_in(Role.EVALUATOR)
    reader.client.post("/desk/me/language", data=reader.form(language=language))
    page = reader.client.get("/desk/insight").text
    assert f'<html lang="{language}"' in page
    assert page.count('<svg class="chart"') >= 7
    assert page.count("<title id=") == page.count("<desc id=") == page.count("<svg ")
    somali = {"fi": "somali", "sv": "somaliska", "en": "Somali"}[language]
    share = "33%" if language == "en" else "33\u00a0%"
    assert f'<th scope="row">{somali}</th><td class="nums">18</td><td class="nums">{share}</td>' in page


def test_the_page_of_nothing(office: Office) -> None:
    page = office.sign_in(Role.ADMINISTRATOR).client.get("/desk/insight").text
    assert "<svg" not in page


@pytest.mark.parametrize("query", ["?since=x&until=y&step=z", "?since=9999-12", "?step=day", "?until=0001-01"])
def test_whatever_the_query_says_there_is_a_page(asked: Office, query: str) -> None:
    assert asked.sign_in(Role.EDITOR).client.get(f"/desk/insight{query}").status_code == 200


def test_files_are_downloaded(asked: Office) -> None:
    client = asked.sign_in(Role.ADMINISTRATOR).client
    response = client.get("/desk/insight/export.csv")
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.headers["content-disposition"].endswith('.csv"')
    assert response.headers["cache-control"] == "no-store"
    assert client.get("/desk/insight/export.json").json()["rows"]
    assert client.get("/desk/insight/export.xls").status_code == 404


def test_kept_questions_are_read_by_those_who_may_and_it_is_noted(asked: Office) -> None:
    assert asked.sign_in(Role.ADMINISTRATOR, name="m").client.get("/desk/insight/missing").status_code == 403
    page = asked.sign_in(Role.EVALUATOR, name="v").client.get("/desk/insight/missing").text
    assert "Missä on &lt;b&gt;sauna&lt;/b&gt;?" in page
    assert "/desk/cards/new" not in page
    with asked.desk.engine.connect() as connection:
        noted = connection.execute(select(audit_table.c.action, audit_table.c.details)).all()
    assert ("questions.read", {"count": 1}) in [tuple(row) for row in noted]
    assert "sauna" not in str(noted)


def test_an_editor_deletes_what_was_dealt_with(asked: Office) -> None:
    editor = asked.sign_in(Role.EDITOR)
    page = editor.client.get("/desk/insight/missing").text
    assert "/desk/cards/new" in page
    with asked.desk.engine.connect() as connection:
        (id,) = connection.execute(select(question_table.c.id).where(question_table.c.question.is_not(None))).scalars()
    sent = editor.form(questions=f"{id},x,99999")
    response = editor.client.post("/desk/insight/missing/close", data=sent)
    assert (response.status_code, response.headers["location"]) == (303, "/desk/insight/missing")
    assert "sauna" not in editor.client.get("/desk/insight/missing").text


# The command.


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Any, database_url: str) -> Callable[..., Any]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NEUVO_DATABASE", database_url)
    monkeypatch.setenv("NEUVO_DATA", str(tmp_path / "data"))
    return lambda *arguments: CliRunner().invoke(app, ["insight", "export", *arguments])


def test_the_command_prints_and_writes_files(run: Callable[..., Any], database: Engine, tmp_path: Any) -> None:
    questions(database, datetime.now(UTC), 9)
    assert "language,fi,9,0.0" in run("--from", "2026-01").output
    assert run("--format", "json", "--out", str(tmp_path / "x.json")).output == ""
    assert json.loads((tmp_path / "x.json").read_text())["rows"][0]["count"] == 9
    failed = run("--until", "yesterday")
    assert (failed.exit_code, "no month" in failed.output) == (2, True)
