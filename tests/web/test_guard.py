"""Headers, request ids, the access log, and what other sites may do."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import FakeAssistant
from fastapi.testclient import TestClient

from web.app import create_app
from web.settings import WebSettings

ASK = "/api/v1/ask"
KEY = "key-0123456789_a"
HOST = "https://www.helloespoo.fi"
OTHER = "https://other.example"


@pytest.fixture
def embedded(assistant: FakeAssistant) -> Iterator[TestClient]:
    settings = WebSettings(
        embed_origins=(HOST, "https://*.espoo.fi"), cors_origins=(HOST,), trusted_proxies=("10.0.0.1",)
    )
    with TestClient(create_app(lambda: assistant, settings), client=("10.0.0.1", 1)) as client:
        yield client


def ancestors(csp: str) -> str:
    return csp.split("frame-ancestors ")[1].split(";", maxsplit=1)[0]


def test_only_listed_sites_may_frame_a_page(client: TestClient, embedded: TestClient) -> None:
    for path in ("/en/", "/en/?embed", "/nothing", "/healthz"):
        assert ancestors(client.get(path).headers["content-security-policy"]) == "'none'"
        assert ancestors(embedded.get(path).headers["content-security-policy"]) == f"{HOST} https://*.espoo.fi"


def test_the_widget_loads_on_other_sites(client: TestClient) -> None:
    response = client.get("/widget.js")
    assert response.headers["content-type"].startswith("text/javascript")
    assert response.headers["cross-origin-resource-policy"] == "cross-origin"
    assert response.headers["cache-control"] == "public, max-age=3600"
    assert client.get("/en/").headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize(
    "origin",
    [
        "https://www.espoo.fi/",
        "www.espoo.fi",
        "*",
        "https://*",
        "'self'",
        "https://a.fi; script-src *",
        "https://a.fi https://b.fi",
        "https://A.fi",
        "javascript:alert(1)",
        "https://a.fi\n",
        "null",
    ],
)
@pytest.mark.parametrize("setting", ["embed_origins", "cors_origins"])
def test_what_is_no_origin_gets_into_no_header(setting: str, origin: str) -> None:
    with pytest.raises(ValueError, match=setting):
        WebSettings.model_validate({setting: [origin]})


def test_an_origin_with_a_port_is_one() -> None:
    assert WebSettings(embed_origins=("http://127.0.0.1:8001",)).embed_origins == ("http://127.0.0.1:8001",)
    with pytest.raises(ValueError, match="no wildcard"):
        WebSettings(cors_origins=("https://*.espoo.fi",))


def test_scripts_of_listed_origins_may_call_the_api(embedded: TestClient) -> None:
    wish = {"Origin": HOST, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    allowed = embedded.options(ASK, headers=wish)
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == HOST
    response = embedded.post(ASK, json={"question": "answered"}, headers={"Origin": HOST})
    assert response.headers["access-control-allow-origin"] == HOST
    assert "access-control-allow-credentials" not in response.headers


@pytest.mark.parametrize(
    ("listed", "origin", "path"),
    [
        pytest.param(True, OTHER, ASK, id="another origin"),
        pytest.param(True, "https://x.espoo.fi", ASK, id="may embed, not call"),
        pytest.param(True, HOST, "/en/", id="a page"),
        pytest.param(False, HOST, ASK, id="none listed"),
    ],
)
def test_cors_is_off_for_everything_else(
    client: TestClient, embedded: TestClient, listed: bool, origin: str, path: str
) -> None:
    asked = embedded if listed else client
    wish = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    assert "access-control-allow-origin" not in asked.options(path, headers=wish).headers
    assert "access-control-allow-origin" not in asked.get(path, headers={"Origin": origin}).headers


def test_https_is_asked_for_where_the_client_came_by_it(client: TestClient, embedded: TestClient) -> None:
    by_https = {"X-Forwarded-Proto": "https"}
    assert embedded.get("/healthz", headers=by_https).headers["strict-transport-security"] == "max-age=31536000"
    assert "strict-transport-security" not in embedded.get("/healthz").headers
    assert "strict-transport-security" not in client.get("/healthz", headers=by_https).headers


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("proxy-id-1234", True), ("short", False), ("x" * 65, False), ("bad id; DROP", False)],
)
def test_a_trusted_proxys_request_id_is_kept(client: TestClient, embedded: TestClient, sent: str, kept: bool) -> None:
    headers = {"X-Request-ID": sent}
    assert (embedded.get("/healthz", headers=headers).headers["x-request-id"] == sent) is kept
    assert client.get("/healthz", headers=headers).headers["x-request-id"] != sent


def test_a_failure_is_logged_with_the_id_its_client_got(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    failed = client.post(ASK, json={"question": "boom"})
    id = failed.headers["x-request-id"]
    assert re.fullmatch(r"[\w-]{12}", id)
    assert f"(request {id})" in caplog.text


def test_the_access_log_has_routes_and_no_addresses(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "neuvo.access"):
        client.post(ASK, json={"question": "answered my-secret-matter", "key": KEY})
        client.get(f"/api/v1/answers/{KEY}?q=my-secret-matter")
        client.get("/nothing/my-secret-matter")
        client.delete("/api/v1/conversations/my-secret-conversation")
        client.get("/healthz")
    lines = [record.getMessage() for record in caplog.records if record.name == "neuvo.access"]
    assert [re.sub(r"\d+ ms [\w-]{12}$", "* ms *", line) for line in lines] == [
        "POST /api/v1/ask 200 * ms *",
        "GET /api/v1/answers/{key} 200 * ms *",
        "GET an address without a route 404 * ms *",
        "DELETE /api/v1/conversations/{id} 204 * ms *",
    ]


def test_the_access_log_can_be_off(assistant: FakeAssistant, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO), TestClient(create_app(lambda: assistant, WebSettings(access_log=False))) as c:
        c.get("/en/")
    assert not [record for record in caplog.records if record.name == "neuvo.access"]


def test_a_large_feedback_is_refused(client: TestClient) -> None:
    body: dict[str, Any] = {"answer": KEY, "verdict": "yes", "comment": "x" * 20_000}
    response = client.post("/api/v1/feedback", json=body)
    assert (response.status_code, response.json()["status"]) == (413, "too_large")
