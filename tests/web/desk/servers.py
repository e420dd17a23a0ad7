"""Small servers on this machine that stand in for a mail server, a webhook's receiver and a Zammad."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Received:
    """A request as it came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Answer = tuple[int, Any, dict[str, str]]
"""Status, JSON and headers."""


@dataclass
class WebServer:
    """``answer`` makes the response to each request."""

    answer: Callable[[Received], Answer]
    url: str = ""
    received: list[Received] = field(default_factory=list)


@contextmanager
def web_server(answer: Callable[[Received], Answer]) -> Iterator[WebServer]:
    found = WebServer(answer)

    class Handler(BaseHTTPRequestHandler):
        def do(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Received(self.command, self.path, headers, body)
            found.received.append(request)
            status, content, more = found.answer(request)
            text = json.dumps(content).encode()
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", "Content-Length": str(len(text)), **more}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PUT = do_DELETE = do

        def log_message(self, format: str, *args: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    found.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class MailServer:
    """``refusal`` is what every recipient is answered with, if anything."""

    port: int = 0
    refusal: str = ""
    letters: list[str] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """As much of RFC 5321 as a client needs to hand over a letter."""
    found = MailServer()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say("220 test ESMTP")
            while line := self.rfile.readline().decode().strip():
                verb = line.split()[0].upper()
                if verb == "EHLO":
                    self.say("250-test", "250 8BITMIME")
                elif verb == "RCPT" and found.refusal:
                    self.say(found.refusal)
                elif verb == "RCPT":
                    found.recipients.append(line.partition("<")[2].rstrip(">"))
                    self.say("250 ok")
                elif verb == "DATA":
                    self.say("354 go on")
                    lines = []
                    while (one := self.rfile.readline().decode()) != ".\r\n":
                        lines.append(one)
                    found.letters.append("".join(lines))
                    self.say("250 kept")
                elif verb == "QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("250 ok")

        def say(self, *lines: str) -> None:
            self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        found.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield found
        finally:
            server.shutdown()
            thread.join()


@dataclass
class ZammadScript:
    """What a Zammad answers to the requests that hand-offs make, with its own ids; other requests are 404.

    ``fail`` are statuses for the next requests; ``lost`` are how many creations happen but are answered 502.
    """

    tickets: dict[int, dict[str, Any]] = field(default_factory=dict)
    articles: list[dict[str, Any]] = field(default_factory=list)
    users: list[dict[str, Any]] = field(default_factory=list)
    fail: list[int] = field(default_factory=list)
    lost: int = 0
    may_delete: bool = True

    def __call__(self, request: Received) -> Answer:
        if request.headers.get("authorization") != "Token token=zammad-secret":
            return 401, {"error": "Authentication required"}, {}
        if self.fail:
            return self.fail.pop(0), {"error": "Sorry"}, {}
        method, (path, _, query) = request.method, request.path.partition("?")
        parts = path.removeprefix("/api/v1/").split("/")
        if (method, parts) == ("GET", ["users", "search"]):
            return 200, self.users, {}
        if (method, parts) == ("POST", ["users"]):
            self.users.append({"id": 100 + len(self.users), **request.json})
            return 201, self.users[-1], {}
        if (method, parts) == ("GET", ["tickets", "search"]):
            return 200, [one for one in self.tickets.values() if one["title"].split()[1] in query], {}
        if (method, parts) == ("POST", ["tickets"]):
            return self._create(request.json)
        if (method, parts) == ("POST", ["ticket_articles"]):
            self._article(request.json["ticket_id"], request.json)
            return 201, self.articles[-1], {}
        if method == "GET" and parts[:2] == ["ticket_articles", "by_ticket"]:
            return 200, [one for one in self.articles if one["ticket_id"] == int(parts[2])], {}
        if parts[0] == "tickets" and len(parts) == 2 and int(parts[1]) in self.tickets:
            return self._change(method, int(parts[1]), request)
        return 404, {"error": "Not found"}, {}

    def answer(self, ticket: int, body: str, **changes: Any) -> None:
        """An agent writes."""
        article = {"body": body, "content_type": "text/html", "sender": "Agent", "type": "web", "internal": False}
        self._article(ticket, article | changes)

    def _create(self, sent: dict[str, Any]) -> Answer:
        id = 4711 + len(self.tickets)
        self.tickets[id] = {
            "id": id,
            "title": sent["title"],
            "customer_id": sent["customer_id"],
            "group": sent["group"],
        }
        self._article(id, sent["article"])
        if self.lost:
            self.lost -= 1
            return 502, {}, {}
        return 201, self.tickets[id], {}

    def _change(self, method: str, id: int, request: Received) -> Answer:
        if method == "DELETE" and self.may_delete:
            del self.tickets[id]
            return 200, {}, {}
        if method == "DELETE":
            return 403, {"error": "Not authorized"}, {}
        self.tickets[id] |= request.json
        return 200, self.tickets[id], {}

    def _article(self, ticket: int, sent: dict[str, Any]) -> None:
        self.articles.append({"id": 9000 + len(self.articles), **sent, "ticket_id": ticket})
