"""Hand-offs that go to other systems, and what comes back; e-mail to residents. Over real sockets."""

from __future__ import annotations

import email
import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.policy import default
from typing import Any

import pytest
from conftest import FakeAssistant
from pydantic import ValidationError
from sqlalchemy import select, update

from desk.conftest import Office
from desk.handing import TALK, ask, leave, look, opened
from desk.servers import Received, ZammadScript, mail_server, web_server
from desk.test_hand_off_answers import reply
from web.desk.accounts import Role
from web.desk.deliveries import MOST_TRIES
from web.desk.handing_over import HandingOver
from web.desk.mailing import is_address
from web.desk.settings import HandOffSettings
from web.desk.tables import delivery_table
from web.desk.zammad import plain


def over(office: Office) -> HandingOver:
    found: HandingOver = office.client.app_state["handing_over"]
    return found


def deliver(office: Office) -> int:
    """Everything, as though its time had come."""
    with office.desk.engine.begin() as connection:
        past = datetime.now(UTC) - timedelta(seconds=1)
        statement = update(delivery_table).where(delivery_table.c.next_try.is_not(None))
        connection.execute(statement.values(next_try=past))
    return over(office).deliveries.work()


def fetch(office: Office) -> None:
    (work,) = [work for _, doing, work in over(office).tasks if doing == "Fetching replies"]
    work()


@contextmanager
def with_webhook(assistant: FakeAssistant, answers: Any) -> Iterator[tuple[Office, list[Received]]]:
    with web_server(answers) as server:
        chosen = {"target": "webhook", "webhook": {"url": f"{server.url}/hook", "secret": "s3cret"}}
        with opened(assistant, **chosen, public_url="https://neuvo.example.fi") as office:
            yield office, server.received


@contextmanager
def with_zammad(assistant: FakeAssistant, script: ZammadScript) -> Iterator[Office]:
    with web_server(script) as server:
        chosen = {"target": "zammad", "zammad": {"url": server.url, "token": "zammad-secret", "group": "Neuvonta"}}
        with opened(assistant, **chosen) as office:
            yield office


@contextmanager
def with_mail(assistant: FakeAssistant, **email: Any) -> Iterator[tuple[Office, Any]]:
    with mail_server() as server:
        chosen = {"host": "127.0.0.1", "port": server.port, "security": "none", "sender": "neuvo@example.fi"}
        with opened(assistant, email=chosen | email, public_url="https://neuvo.example.fi/") as office:
            yield office, server


def test_a_webhook_gets_a_signed_request(assistant: FakeAssistant) -> None:
    with with_webhook(assistant, lambda _: (200, {"id": "A-1"}, {})) as (office, received):
        ask(office, "answered 010190-123A", language="so")
        left = leave(office, conversation=TALK, message="Caawi", email="ayan@example.fi")
        assert deliver(office) == 1
        (request,) = received
        assert (request.method, request.path) == ("POST", "/hook")
        timestamp = request.headers["neuvo-timestamp"]
        signed = hmac.new(b"s3cret", timestamp.encode() + b"." + request.body, hashlib.sha256).hexdigest()
        assert request.headers["neuvo-signature"] == f"sha256={signed}"
        assert request.headers["idempotency-key"] == f"{left['id']}-created-0"
        content = request.json
        assert (content["event"], content["id"]) == ("created", left["id"])
        assert [one["text"] for one in content["hand_off"]["messages"]] == ["Caawi"]
        assert content["hand_off"]["transcript"][0]["question"] == "answered [...]"
        assert "https://neuvo.example.fi/desk/hand-offs/" in content["text"]
        for secret in (b"010190-123A", b"ayan@", left["token"].encode()):
            assert secret not in request.body
        assert over(office).store.get(left["id"]).external == "webhook A-1"
        assert deliver(office) == 0


def test_what_fails_is_tried_again_in_order_with_the_same_key_and_shown(assistant: FakeAssistant) -> None:
    answers = iter([(503, {}, {}), (302, {}, {"Location": "http://127.0.0.1:1/"}), (200, {}, {}), (200, {}, {})])
    with with_webhook(assistant, lambda _: next(answers)) as (office, received):
        left = leave(office, message="Help")
        office.client.post(f"/api/v1/hand-offs/{left['token']}/messages", json={"message": "More"})
        assert deliver(office) == 0
        assert len(received) == 1  # the second message waits for the first
        (failure,) = over(office).deliveries.failures(left["id"])
        assert (failure.failure, failure.tries) == ("HTTP 503", 1)
        aino = office.sign_in(Role.ADVISOR)
        assert "HTTP 503" in aino.client.get("/desk/inbox").text
        assert "HTTP 503" in aino.client.get(f"/desk/hand-offs/{left['id']}").text
        assert deliver(office) == 0
        assert over(office).deliveries.failures()[0].failure == "HTTP 302"  # followed nowhere
        again = aino.client.post("/desk/deliveries", data=aino.form(id=str(failure.id), back=left["id"]))
        assert again.headers["location"] == f"/desk/hand-offs/{left['id']}"
        assert deliver(office) == 2
        keys = [request.headers["idempotency-key"] for request in received]
        assert keys[:3] == [f"{left['id']}-created-0"] * 3
        assert keys[3].startswith(f"{left['id']}-message-")
        assert [one["text"] for one in received[2].json["hand_off"]["messages"]] == ["Help"]
        assert [one["text"] for one in received[3].json["hand_off"]["messages"]] == ["More"]
        assert over(office).deliveries.failures() == []


def test_pauses_grow_and_end(assistant: FakeAssistant) -> None:
    with with_webhook(assistant, lambda _: (500, {}, {})) as (office, received):
        leave(office, message="Help")
        pauses = []
        for _ in range(MOST_TRIES):
            before = datetime.now(UTC)
            deliver(office)
            (failure,) = over(office).deliveries.failures()
            pauses.append(round((failure.next_try - before).total_seconds() / 60) if failure.next_try else None)
        assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, *[360] * (MOST_TRIES - 10), None]
        deliver(office)
        assert len(received) == MOST_TRIES


def test_nobody_is_told_after_a_withdrawal_but_that_it_happened(assistant: FakeAssistant) -> None:
    with with_webhook(assistant, lambda _: (200, {}, {})) as (office, received):
        left = leave(office, message="Mysecret")
        office.client.delete(f"/api/v1/hand-offs/{left['token']}")
        assert deliver(office) == 1
        (request,) = received
        assert request.json == {"event": "withdrawn", "id": left["id"], "hand_off": None, "text": ""}


def test_zammad_makes_a_ticket_and_its_agents_answer(assistant: FakeAssistant) -> None:
    assistant.routes = {("fi", "so"), ("so", "fi")}
    script = ZammadScript()
    with with_zammad(assistant, script) as office:
        ask(office, "answered course", language="so")
        left = leave(office, conversation=TALK, message="Caawi", language="so", email="Ayan@example.fi")
        assert deliver(office) == 1
        (ticket,) = script.tickets.values()
        assert (ticket["title"], ticket["group"]) == (f"Neuvo {left['id']}", "Neuvonta")
        assert [user["email"] for user in script.users] == ["Ayan@example.fi"]
        assert ticket["customer_id"] == script.users[0]["id"]
        body = script.articles[0]["body"]
        assert "answered course" in body
        assert "[fi] Caawi" in body
        assert "Koulutus kestää 220–300 päivää." in body
        assert (script.articles[0]["sender"], script.articles[0]["internal"]) == ("Customer", False)
        script.answer(4711, "<div>Hei!<br>Tule maanantaina.</div><blockquote type='cite'>Caawi</blockquote>")
        script.answer(4711, "Only for colleagues", internal=True)
        script.answer(4711, "An automatic mail", sender="System")
        for _ in range(2):
            fetch(office)
        found = look(office, left)
        assert (found["state"], len(found["messages"])) == ("answered", 2)
        assert [one["text"] for one in found["messages"][1]["pieces"]] == ["[so] Hei!", "\n", "[so] Tule maanantaina."]
        office.client.post(f"/api/v1/hand-offs/{left['token']}/messages", json={"message": "Mahadsanid"})
        assert deliver(office) == 1
        assert [one["body"] for one in script.articles if one["sender"] == "Customer"][1].startswith(
            "Viesti: Mahadsanid"
        )
        assert look(office, left)["state"] == "new"


def test_zammad_gets_no_second_ticket_after_a_lost_response(assistant: FakeAssistant) -> None:
    script = ZammadScript(users=[{"id": 7, "email": "neuvo@localhost"}], lost=1)
    with with_zammad(assistant, script) as office:
        left = leave(office, message="Help")
        assert deliver(office) == 0
        assert deliver(office) == 1
        assert len(script.tickets) == 1
        assert script.tickets[4711]["customer_id"] == 7  # who left no address is the service's own customer
        assert over(office).store.get(left["id"]).external == "zammad 4711"


@pytest.mark.parametrize("may_delete", [True, False], ids=["an administrator's token", "an agent's token"])
def test_zammad_forgets_what_is_withdrawn(assistant: FakeAssistant, may_delete: bool) -> None:
    script = ZammadScript(may_delete=may_delete)
    with with_zammad(assistant, script) as office:
        left = leave(office, message="Help")
        deliver(office)
        office.client.delete(f"/api/v1/hand-offs/{left['token']}")
        assert deliver(office) == 1
        if may_delete:
            assert script.tickets == {}
        else:
            assert script.tickets[4711]["state"] == "closed"
            assert script.tickets[4711]["article"]["internal"] is True


def test_zammad_with_a_wrong_token_is_shown_and_mended(assistant: FakeAssistant) -> None:
    script = ZammadScript(fail=[401])
    with with_zammad(assistant, script) as office:
        leave(office, message="Help")
        assert deliver(office) == 0
        assert over(office).deliveries.failures()[0].failure == "HTTP 401"
        assert deliver(office) == 1


def test_the_text_of_an_article() -> None:
    assert plain("  Hei\n", "text/plain") == "Hei"
    html = "<style>p{}</style><p>Hei &amp; moi</p><p>Toinen<br>rivi</p>"
    html += "<blockquote type='cite'>old <p>x</p></blockquote>"
    assert plain(f"{html}<b>ja</b> loppu", "text/html") == "Hei & moi\n\nToinen\nrivi\n\nja loppu"
    assert plain("<script>alert(1)</script>a<b>b</b>", "text/html") == "ab"


def test_a_letter_says_only_that_there_is_an_answer(assistant: FakeAssistant) -> None:
    with with_mail(assistant) as (office, server):
        left = leave(office, message="Help", language="en", email="ayan@example.fi")
        aino = office.sign_in(Role.ADVISOR)
        reply(aino, left["id"], "Mysecretanswer")
        assert deliver(office) == 1
        letter = email.message_from_string(server.letters[0], policy=default)
        assert server.recipients == ["ayan@example.fi"]
        assert (letter["To"], letter["From"]) == ("ayan@example.fi", "neuvo@example.fi")
        assert letter["Subject"] == "You have an answer from an advisor"
        text = letter.get_content()
        assert "Mysecretanswer" not in text
        (link,) = [line for line in text.splitlines() if line.startswith("https://")]
        assert left["token"] not in link
        page = office.client.get(link.removeprefix("https://neuvo.example.fi"))
        assert page.status_code == 200
        assert "Mysecretanswer" in page.text


def test_a_letter_with_the_answer_where_the_operator_allows_it(assistant: FakeAssistant) -> None:
    assistant.routes = {("fi", "so")}
    with with_mail(assistant, include_text=True) as (office, server):
        left = leave(office, message="Caawi", language="so", email="ayan@example.fi")
        reply(office.sign_in(Role.ADVISOR), left["id"], "Tule maanantaina.")
        deliver(office)
        text = email.message_from_string(server.letters[0], policy=default).get_content()
        assert "[so] Tule maanantaina." in text
        assert text.index("[so] Tule") < text.index("\nTule maanantaina.")


def test_a_letter_that_is_refused_is_shown_and_not_lost(assistant: FakeAssistant) -> None:
    with with_mail(assistant) as (office, server):
        left = leave(office, message="Help", language="en", email="ayan@example.fi")
        aino = office.sign_in(Role.ADVISOR)
        reply(aino, left["id"], "Hello")
        server.refusal = "450 later"
        assert deliver(office) == 0
        (failure,) = over(office).deliveries.failures()
        assert failure.next_try is not None
        server.refusal = "550 nobody here"
        assert deliver(office) == 0
        (failure,) = over(office).deliveries.failures()
        assert (failure.failure, failure.next_try) == ("the mail server refused the address", None)
        assert "refused the address" in aino.client.get(f"/desk/hand-offs/{left['id']}").text
        server.refusal = ""
        over(office).deliveries.retry(failure.id)
        assert deliver(office) == 1


def test_a_mail_server_that_is_away(assistant: FakeAssistant) -> None:
    with with_mail(assistant, port=1) as (office, _):
        left = leave(office, message="Help", language="en", email="ayan@example.fi")
        reply(office.sign_in(Role.ADVISOR), left["id"], "Hello")
        assert deliver(office) == 0
        assert over(office).deliveries.failures()[0].failure == "mail: ConnectionRefusedError"


def test_a_mail_server_without_tls_gets_nothing_where_tls_is_wanted(assistant: FakeAssistant) -> None:
    with with_mail(assistant, security="starttls") as (office, server):
        left = leave(office, message="Help", language="en", email="ayan@example.fi")
        reply(office.sign_in(Role.ADVISOR), left["id"], "Hello")
        assert deliver(office) == 0
        assert server.letters == server.recipients == []


def test_a_withdrawal_stops_letters(assistant: FakeAssistant) -> None:
    with with_mail(assistant) as (office, server):
        left = leave(office, message="Help", language="en", email="ayan@example.fi")
        reply(office.sign_in(Role.ADVISOR), left["id"], "Hello")
        office.client.delete(f"/api/v1/hand-offs/{left['token']}")
        assert deliver(office) == 0
        assert server.letters == []
        with office.desk.engine.connect() as connection:
            assert connection.execute(select(delivery_table)).all() == []


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("ayan.cali+1@mail.example.fi", True),
        ("ayan@example", False),
        ("ayan", False),
        ("a@b.fi\r\nBcc: c@d.fi", False),
        ("a@b.fi, c@d.fi", False),
        ("<a@b.fi>", False),
        ("a" * 250 + "@b.fi", False),
    ],
)
def test_addresses(text: str, is_one: bool) -> None:
    assert is_address(text) is is_one


@pytest.mark.parametrize(
    "settings",
    [
        {"target": "webhook"},
        {"target": "webhook", "webhook": {"url": "http://example.fi/", "secret": "s"}},
        {"target": "webhook", "webhook": {"url": "https://u:p@example.fi/", "secret": "s"}},
        {"target": "zammad", "zammad": {"url": "https://z.example.fi"}},
        {"email": {"host": "mail"}},
        {"hours": {"mon": "16:00-09:00"}},
        {"hours": {"monday": "09:00-16:00"}},
        {"hours": {"mon": "9-16"}},
    ],
)
def test_settings_that_cannot_be(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        HandOffSettings.model_validate(settings)


def test_secrets_are_not_shown() -> None:
    settings = HandOffSettings.model_validate(
        {"target": "zammad", "zammad": {"url": "https://z.example.fi", "token": "mytoken"}}
    )
    assert "mytoken" not in repr(settings)
    assert "mytoken" not in json.dumps(settings.model_dump(mode="json"))
