"""A small server of this machine on which people judge the answers of a run in their browser.

It listens on 127.0.0.1 alone, at a port of chance. The address holds a token that is good for one visit: it is
exchanged for a cookie, without which nothing is shown. Requests for another host's name are refused, and so is what
other pages send: neither a name that leads here nor a page elsewhere can read or judge.
"""

from __future__ import annotations

import secrets
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from evals.label_pages import Progress, case_page, end_page, name_page, said_page
from evals.labelling import VERDICTS, Labels, agreements, in_order
from evals.results import CaseResult, Run, RunError

HOST = "127.0.0.1"
MOST_BYTES = 4096
"""What a form may hold."""
SECONDS = 30
"""How long a browser may keep a connection without a word."""

Form = dict[str, str]


class Reply(NamedTuple):
    """A page, or another place to go to."""

    page: str = ""
    place: str = ""
    status: HTTPStatus = HTTPStatus.OK
    stop: bool = False


class Session:
    """Who judges, and how far they are. Safe to share between threads."""

    def __init__(self, run: Run, rater: str | None = None) -> None:
        self._run = run
        self._lock = threading.Lock()
        self._rater = ""
        self._labels: Labels | None = None
        self._cases: list[CaseResult] = []
        if rater is not None:
            self._begin(rater)

    def get(self, path: str, nonce: str) -> Reply:
        with self._lock:
            if self._labels is None:
                return Reply(name_page(nonce)) if path == "/" else Reply(place="/")
            if path == "/":
                return self._go_to(self._left())
            if path == "/end":
                left = self._left()
                found = agreements(self._run) if left is None else []
                ours = [one for one in found if self._rater in (one.first, one.second)]
                return Reply(end_page(nonce, self._rater, self._progress(), left, ours))
            place = self._place(path.removeprefix("/case/"))
            if not path.startswith("/case/") or place is None:
                return Reply(said_page(nonce, "Not found", "There is no such page."), status=HTTPStatus.NOT_FOUND)
            case = self._cases[place - 1]
            return Reply(case_page(nonce, case, place, self._labels.given.get(case.id), self._progress()))

    def post(self, path: str, form: Form, nonce: str) -> Reply:
        with self._lock:
            if path == "/name":
                try:
                    self._begin(form.get("rater", "").strip())
                except RunError as error:
                    return Reply(name_page(nonce, f"{str(error).capitalize()}."), status=HTTPStatus.BAD_REQUEST)
                return Reply(place="/")
            if path == "/other":
                self.close()
                return Reply(place="/")
            if path == "/stop":
                self.close()
                said = "Every judgement is kept. You can close this page."
                return Reply(said_page(nonce, "Finished", said), stop=True)
            place = self._place(form.get("place", ""))
            if self._labels is None or path != "/judge" or place is None:
                said = "That did not come from this page. Nothing was recorded."
                return Reply(said_page(nonce, "Not understood", said), status=HTTPStatus.BAD_REQUEST)
            verdict, case = form.get("verdict"), self._cases[place - 1]
            if verdict == "back":
                return self._go_to(max(1, place - 1))
            if verdict in VERDICTS.values() and self._labels.given.get(case.id) != verdict:
                self._labels.add(case.id, str(verdict))
            return self._go_to(self._left(place))

    def close(self) -> None:
        if self._labels is not None:
            self._labels.close()
        self._labels = None

    def _begin(self, rater: str) -> None:
        labels = Labels(self._run.folder, rater)
        self.close()
        self._labels, self._rater = labels, rater
        self._cases = in_order(self._run, rater)

    def _left(self, after: int = 0) -> int | None:
        """The first place after ``after`` that is not judged."""
        assert self._labels is not None
        given = self._labels.given
        return next((n for n, case in enumerate(self._cases, 1) if n > after and case.id not in given), None)

    def _go_to(self, place: int | None) -> Reply:
        return Reply(place="/end" if place is None else f"/case/{place}")

    def _place(self, text: str) -> int | None:
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            return None
        return int(text) if 1 <= int(text) <= len(self._cases) else None

    def _progress(self) -> Progress:
        assert self._labels is not None
        return Progress(sum(case.id in self._labels.given for case in self._cases), len(self._cases))


class LabelServer(ThreadingHTTPServer):
    """Serves one run's judging. ``address`` holds the token; it opens once. Raises RunError for a name that cannot be a
    rater's, OSError where nothing can listen."""

    daemon_threads = True

    def __init__(self, run: Run, rater: str | None = None) -> None:
        self.session = Session(run, rater)
        super().__init__((HOST, 0), _Handler)
        self.host = f"{HOST}:{self.server_port}"
        self.cookie = f"neuvo-label-{self.server_port}"  # cookies of one host are shared by its ports
        self._token, self._key = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        self._open = True
        self._lock = threading.Lock()

    @property
    def address(self) -> str:
        return f"http://{self.host}/?token={self._token}"

    def exchange(self, token: str) -> str | None:
        """The key for the token, once."""
        with self._lock:
            if not (self._open and secrets.compare_digest(token.encode(), self._token.encode())):
                return None
            self._open = False
            return self._key

    def knows(self, key: str) -> bool:
        return secrets.compare_digest(key.encode(), self._key.encode())

    def server_close(self) -> None:
        super().server_close()
        self.session.close()


class _Handler(BaseHTTPRequestHandler):
    server: LabelServer
    timeout = SECONDS
    server_version, sys_version = "neuvo", ""

    def do_GET(self) -> None:
        path = urlsplit(self.path)
        if not self._is_ours():
            return self._refuse("The address is not this server's.")
        token = parse_qs(path.query).get("token", [""])[0]
        if token and (key := self.server.exchange(token)):
            cookie = f"{self.server.cookie}={key}; HttpOnly; SameSite=Strict; Path=/"
            return self._send(Reply(place="/"), "", cookie)
        if not self._is_known():
            return self._refuse("The address opens once. Begin again with: neuvo eval label RUN --browser")
        if token:
            return self._send(Reply(place="/"), "")
        nonce = secrets.token_urlsafe(12)
        self._send(self.server.session.get(path.path, nonce), nonce)

    def do_POST(self) -> None:
        if not self._is_ours() or self.headers.get("Origin") != f"http://{self.server.host}" or not self._is_known():
            return self._refuse("Judgements come from this server's own page only.")
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit() and len(length) < 10 and int(length) <= MOST_BYTES):
            return self._refuse("That is no judgement.")
        body = self.rfile.read(int(length)).decode("utf-8", "replace")
        form = {key: values[-1] for key, values in parse_qs(body).items()}
        nonce = secrets.token_urlsafe(12)
        reply = self.server.session.post(urlsplit(self.path).path, form, nonce)
        self._send(reply, nonce)
        if reply.stop:
            threading.Thread(target=self.server.shutdown, daemon=True).start()

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing: addresses hold the token."""

    def _is_ours(self) -> bool:
        return self.headers.get_all("Host") == [self.server.host]

    def _is_known(self) -> bool:
        pairs = (pair.strip().partition("=") for pair in self.headers.get("Cookie", "").split(";"))
        return any(name == self.server.cookie and self.server.knows(value) for name, _, value in pairs)

    def _refuse(self, why: str) -> None:
        nonce = secrets.token_urlsafe(12)
        self._send(Reply(said_page(nonce, "Refused", why), status=HTTPStatus.FORBIDDEN), nonce)

    def _send(self, reply: Reply, nonce: str, cookie: str = "") -> None:
        content = reply.page.encode()
        self.send_response(HTTPStatus.SEE_OTHER if reply.place else reply.status)
        if reply.place:
            self.send_header("Location", reply.place)
        if cookie:
            self.send_header("Set-Cookie", cookie)
        policy = (
            f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; img-src data:; "
            "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        )
        for name, value in {
            "Content-Type": "text/html; charset=utf-8",
            "Content-Length": str(len(content)),
            "Content-Security-Policy": policy,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cache-Control": "no-store",
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
