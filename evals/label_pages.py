"""The pages on which people judge answers: HTML without any address but their own.

A page shows what was asked and answered, never which release answered, what the metrics say or how others judged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from evals.labelling import Agreement
from evals.results import CaseResult

if TYPE_CHECKING:
    from jinja2 import Template


@dataclass(frozen=True, slots=True)
class Progress:
    """How many of the ``cases`` one rater has judged."""

    judged: int
    cases: int


@cache
def _template(name: str) -> Template:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("evals"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals["direction"] = _directions().get
    return environment.get_template(name)


@cache
def _directions() -> Mapping[str, str]:
    from assistant.languages import load_languages

    return {code: language.direction for code, language in load_languages().items()}


def name_page(nonce: str, wrong: str = "") -> str:
    """Asks who judges. ``wrong``: what was wrong with the name given."""
    return _template("label_name.html").render(nonce=nonce, wrong=wrong)


def case_page(nonce: str, case: CaseResult, place: int, given: str | None, progress: Progress) -> str:
    """One case; ``place`` is its number in the rater's order, from 1, and ``given`` the judgement it has already."""
    return _template("label_case.html").render(nonce=nonce, case=case, place=place, given=given, progress=progress)


def end_page(nonce: str, rater: str, progress: Progress, left: int | None, agreements: Sequence[Agreement]) -> str:
    """The end of the order: what is left, from the place ``left`` on, and how far the raters agree."""
    return _template("label_end.html").render(
        nonce=nonce, rater=rater, progress=progress, left=left, agreements=agreements
    )


def said_page(nonce: str, title: str, text: str) -> str:
    """A few words, and nothing to do."""
    return _template("label_said.html").render(nonce=nonce, title=title, text=text)
