"""Judging in the browser, without one: who may read and judge, and what is kept."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from evals.label_server import LabelServer
from evals.labelling import in_order, labels_path, read_labels
from evals.metrics import OwnWords
from evals.results import Run
from evals.runner import run_suite
from evals.suite_files import load_suite
from tests.evals.conftest import LONG, RIGHT, Told, WriteSuite, silent, target


@pytest.fixture
def run(write: WriteSuite, tmp_path: Path, own_words: OwnWords) -> Run:
    """Cases c0 to c2; the metrics say that c0 is wrong."""
    rows = [{**LONG, "id": f"c{n}", "question": "Where <b>?" if n == 0 else "How long?"} for n in range(3)]
    told = Told({**RIGHT, "Where <b>?": silent()})
    return run_suite(load_suite(write("", *rows)), target(told), tmp_path / "run", own_words)


@pytest.fixture
def server(run: Run) -> Iterator[LabelServer]:
    server = LabelServer(run)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(5)


@dataclass
class Client:
    """A browser that follows no redirect."""

    server: LabelServer
    cookie: str = ""

    def send(self, method: str, path: str, form: dict[str, str] | None = None, **headers: str) -> tuple[int, str, str]:
        """Status, Location and body."""
        sent = {"Host": self.server.host, "Cookie": self.cookie}
        if method == "POST":
            sent |= {"Origin": f"http://{self.server.host}", "Content-Type": "application/x-www-form-urlencoded"}
        sent |= headers
        connection = http.client.HTTPConnection("127.0.0.1", self.server.server_port, timeout=5)
        body = urlencode(form or {})
        connection.request(method, path, body if method == "POST" else None, {k: v for k, v in sent.items() if v})
        response = connection.getresponse()
        said = response.status, response.getheader("Location", ""), response.read().decode()
        if given := response.getheader("Set-Cookie"):
            self.cookie = given.partition(";")[0]
        connection.close()
        return said


@pytest.fixture
def client(server: LabelServer) -> Client:
    """One that came by the address with the token."""
    client = Client(server)
    assert client.send("GET", _path(server.address)) == (303, "/", "")
    return client


def _path(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"


def begin(client: Client, rater: str = "maija") -> None:
    assert client.send("POST", "/name", {"rater": rater})[:2] == (303, "/")


def judge(client: Client, place: int, verdict: str) -> str:
    """Where it leads."""
    status, location, _ = client.send("POST", "/judge", {"place": str(place), "verdict": verdict})
    assert status == 303
    return location


def test_it_listens_on_this_machine_alone(server: LabelServer) -> None:
    assert server.server_address[0] == "127.0.0.1"


def test_the_address_opens_once(server: LabelServer, client: Client) -> None:
    second = Client(server)
    assert second.send("GET", _path(server.address))[0] == 403
    assert second.send("GET", "/")[0] == 403
    assert second.send("GET", "/?token=x")[0] == 403
    assert client.send("GET", _path(server.address))[:2] == (303, "/")
    assert client.send("GET", "/")[0] == 200


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("GET", {"Host": "evil.example"}),
        ("GET", {"Host": "localhost"}),
        ("GET", {"Cookie": "other=1"}),
        ("GET", {"Cookie": ""}),
        ("POST", {"Origin": "http://evil.example"}),
        ("POST", {"Origin": "null"}),
        ("POST", {"Origin": ""}),
        ("POST", {"Host": "evil.example"}),
        ("POST", {"Cookie": ""}),
        ("POST", {"Content-Length": "99999"}),
    ],
    ids=str,
)
def test_others_are_refused(client: Client, run: Run, method: str, headers: dict[str, str]) -> None:
    begin(client)
    form = {"place": "1", "verdict": "right"}
    assert client.send(method, "/judge" if method == "POST" else "/case/1", form, **headers)[0] == 403
    assert read_labels(labels_path(run.folder, "maija")) == {}


def test_every_judgement_is_written_at_once(client: Client, run: Run) -> None:
    begin(client)
    first, second, third = (case.id for case in in_order(run, "maija"))
    path = labels_path(run.folder, "maija")
    assert judge(client, 1, "right") == "/case/2"
    assert read_labels(path) == {first: "right"}
    assert judge(client, 2, "skip") == "/case/3"
    assert judge(client, 3, "back") == "/case/2"
    assert judge(client, 2, "wrong") == "/case/3"
    assert judge(client, 1, "wrong") == "/case/3"
    assert read_labels(path) == {first: "wrong", second: "wrong"}
    assert judge(client, 3, "right") == "/end"
    assert read_labels(path) == {first: "wrong", second: "wrong", third: "right"}


def test_what_is_skipped_is_left(client: Client) -> None:
    begin(client)
    for place in (1, 2):
        judge(client, place, "right")
    assert judge(client, 3, "skip") == "/end"
    page = client.send("GET", "/end")[2]
    assert "2 of 3" in page
    assert 'href="/case/3"' in page
    assert "kappa" not in page
    assert client.send("GET", "/")[:2] == (303, "/case/3")


def test_two_raters_agree(client: Client, run: Run) -> None:
    """Maija finds c0 wrong, Pekka c0 and c1: alike in 2 of 3; chance is (1·2 + 2·1) / 9, kappa (6 − 4) / (9 − 4)."""
    for rater, wrong in (("maija", {"c0"}), ("pekka", {"c0", "c1"})):
        begin(client, rater)
        for place, case in enumerate(in_order(run, rater), 1):
            judge(client, place, "wrong" if case.id in wrong else "right")
        page = client.send("GET", "/end")[2]
        assert client.send("POST", "/other")[:2] == (303, "/")
    assert '<th scope="row">maija and pekka</th><td>3</td><td>67 %</td><td>0.40</td>' in page
    assert '<th scope="row">pekka and metrics</th>' in page
    assert "maija and metrics" not in page


def test_nothing_that_is_known_of_the_answer_is_shown(client: Client, run: Run) -> None:
    begin(client)
    place = next(n for n, case in enumerate(in_order(run, "maija"), 1) if case.id == "c0")
    status, _, page = client.send("GET", f"/case/{place}")
    assert status == 200
    assert "Where &lt;b&gt;?" in page
    for hidden in ("c0", "small", str(run.folder), run.folder.name + "/", "no_information", "expected", "b1", "fake"):
        assert hidden not in page


def test_forms_that_make_no_sense(client: Client) -> None:
    assert client.send("POST", "/judge", {"place": "1", "verdict": "right"})[0] == 400
    status, _, page = client.send("POST", "/name", {"rater": "../x"})
    assert status == 400
    assert 'id="wrong"' in page
    begin(client)
    for place in ("0", "4", "x", "", "²"):
        assert client.send("POST", "/judge", {"place": place, "verdict": "right"})[0] == 400
    assert client.send("GET", "/case/4")[0] == 404
    assert client.send("GET", "/etc/passwd")[0] == 404


def test_finish_ends_it(client: Client, run: Run) -> None:
    begin(client)
    judge(client, 1, "right")
    status, _, page = client.send("POST", "/stop")
    assert status == 200
    assert "close this page" in page
    assert len(read_labels(labels_path(run.folder, "maija"))) == 1
