"""The documentation names what there is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from pydantic import BaseModel

from web.settings import WebSettings

DOCS = Path(__file__).parents[2] / "docs"


def settings(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from settings(field.annotation, f"{prefix}{name}.")
        else:
            yield prefix + name


def described() -> set[str]:
    """The settings of the tables in operations.md; ``.name`` goes on from the one before it."""
    found: set[str] = set()
    for table in (DOCS / "operations.md").read_text(encoding="utf-8").split("| setting |")[1:]:
        for row in table.split("\n\n")[0].splitlines()[2:]:
            names = re.findall(r"`([\w.]+)`", row.split("|")[1])
            found |= {names[0].rsplit(".", 1)[0] + name if name.startswith(".") else name for name in names}
    return found


def test_every_setting_is_described_and_no_other() -> None:
    assert described() == set(settings(WebSettings))


def test_every_address_of_the_api_is_described(client: TestClient) -> None:
    text = (DOCS / "api.md").read_text(encoding="utf-8")
    for path, methods in client.get("/api/v1/openapi.json").json()["paths"].items():
        for method in methods:
            assert f"`{method.upper()} {path}`" in text


@pytest.mark.parametrize("name", ["operations.md", "embedding.md", "api.md"])
def test_links_lead_somewhere(name: str) -> None:
    for link in re.findall(r"\]\(([^)#]+)\)", (DOCS / name).read_text(encoding="utf-8")):
        assert link.startswith("https://") or (DOCS / link).exists(), link
