"""axe-core in a page: what it finds, and contrasts that it cannot tell."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_STUB = """() => {
  CanvasRenderingContext2D.prototype.measureText = text => ({ width: 30 * [...text].length || 1 });
}"""
"""Without it, axe takes Arabic letters that join for ligatures of an icon font and does not look at their contrast."""
_RUN = """tags => axe.run({ runOnly: tags, resultTypes: ["violations", "incomplete"] }).then(found => JSON.stringify({
  passes: found.passes.length,
  violations: found.violations,
  contrasts: found.incomplete.filter(rule => rule.id === "color-contrast").flatMap(rule => rule.nodes),
}))"""
"""All that it tells of what is in order would take longer to bring over than to find."""


class Found(NamedTuple):
    """``violations`` as axe tells them, each a rule with its ``nodes``; ``contrasts``, the nodes whose contrast it
    cannot tell."""

    violations: list[dict[str, Any]]
    contrasts: list[dict[str, Any]]

    def told(self, where: str = "") -> list[str]:
        """The violations, each with its first element."""
        return [f"{rule['id']} {where}: {rule['nodes'][0]['html'][:200]}" for rule in self.violations]


def axe(page: Page) -> Found:
    """Skips the test where axe-core is not installed."""
    page.evaluate(_STUB)
    page.evaluate(_source())
    found = json.loads(page.evaluate(_RUN, _TAGS))
    assert found.pop("passes"), "axe looked at nothing"
    return Found(**found)


@cache
def _source() -> str:
    package = pytest.importorskip("axe_playwright_python", reason="axe-core is not installed")
    return (Path(package.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
