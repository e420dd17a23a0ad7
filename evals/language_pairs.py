"""Retrieval by pair of languages: the asker's, and that of the source found first.

A question that is answered from a text in another language is another task than one answered from its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from evals.results import CaseResult, TurnResult
from evals.statistics import Estimate, mean

FIGURES = ("p@1", "mrr", "ndcg")


@dataclass(frozen=True, slots=True)
class LanguagePair:
    """Figures of the questions in ``asked`` whose first hit is in ``found``."""

    asked: str
    found: str
    figures: dict[str, Estimate]

    @property
    def cases(self) -> int:
        """Questions with such a pair."""
        return self.figures[FIGURES[0]].cases


def first_language(turn: TurnResult) -> str | None:
    """The language of the best hit: as its trace says, else as its card's name does; None where nothing was found
    or neither says."""
    hits = (turn.answer or {}).get("trace", {}).get("hits") or []
    if not hits:
        return None
    best = min(hits, key=lambda hit: hit["rank"])
    if best.get("language"):
        return str(best["language"])
    named = re.fullmatch(r"card-.+-([a-z]{2,3})", best["document"])
    return named[1] if named else None


def language_pairs(cases: Iterable[CaseResult], seed: int) -> list[LanguagePair]:
    """Every pair that occurs among the questions whose sources are known: each asker's language in the order of the
    cases, its most frequent pair first."""
    rows: dict[str, dict[str, list[tuple[str, TurnResult]]]] = {}
    for case in cases:
        for turn in case.turns:
            found = first_language(turn)
            if found is not None and turn.scores["p@1"] is not None:
                rows.setdefault(case.language, {}).setdefault(found, []).append((case.cluster, turn))
    return [
        LanguagePair(asked, found, {name: _mean(turns, name, seed) for name in FIGURES})
        for asked, parts in rows.items()
        for found, turns in sorted(parts.items(), key=lambda item: -len(item[1]))
    ]


def _mean(turns: list[tuple[str, TurnResult]], name: str, seed: int) -> Estimate:
    return mean([turn.scores[name] for _, turn in turns], [cluster for cluster, _ in turns], seed)
