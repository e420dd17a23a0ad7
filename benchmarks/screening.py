"""Screening and masking on cases written by people who have not seen the tables.

    python benchmarks/screening.py [--kinds]

Cases: ``evals/data/screening/<language>.jsonl`` (emergencies, crises, violence, tempting texts) and
``evals/data/personal_data/<language>.jsonl``. Printed per language: emergencies and crises found with a category
the case accepts, and found at all; false alarms over the tempting texts, and over the residents' and the
unanswerable questions; texts whose personal data is masked exactly, and clean texts touched; the 95th percentile of a
screen in ms. ``--kinds`` prints misses per kind and language. Texts are never printed: whoever grows the tables from
these figures must not see the cases.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.languages import load_languages
from assistant.personal_data import MASK
from assistant.screening import Screener

DATA = Path(__file__).parent.parent / "evals" / "data"
URGENT_CARDS = {"emergency-and-crisis", "discrimination-and-labour-exploitation"}
URGENT = {"emergency", "crisis", "violence"}


@dataclass
class Tally:
    """One language's counts, as (hits, of), and its milliseconds."""

    right: list[bool] = field(default_factory=list)
    found: list[bool] = field(default_factory=list)
    tempted: list[bool] = field(default_factory=list)
    alarmed: list[bool] = field(default_factory=list)
    masked: list[bool] = field(default_factory=list)
    touched: list[bool] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)

    def row(self) -> list[str]:
        """The table's cells."""
        p95 = sorted(self.milliseconds)[int(len(self.milliseconds) * 0.95)]
        shares = (self.right, self.found, self.tempted, self.alarmed, self.masked, self.touched)
        return [*map(share, shares), f"{p95:.2f}"]


def share(values: list[bool]) -> str:
    """Per cent and the count it is of, as ``97 (66/68)``."""
    return f"{100 * sum(values) / len(values):.1f} ({sum(values)}/{len(values)})" if values else "-"


def cases(kind: str, language: str) -> list[dict[str, Any]]:
    """The rows of one set in one language."""
    lines = (DATA / kind / f"{language}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def masked_text(case: dict[str, Any]) -> str:
    """The text as it must come out: each string named, and nothing else, replaced."""
    text = str(case["text"])
    for secret in sorted(case["masked"], key=len, reverse=True):
        text = text.replace(secret, MASK)
    return text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kinds", action="store_true", help="misses per kind and language")
    by_kind = parser.parse_args().kinds

    languages = load_languages()
    screener = Screener(languages)
    tallies: dict[str, Tally] = defaultdict(Tally)
    misses: dict[str, Counter[str]] = defaultdict(Counter)
    sizes: Counter[str] = Counter()
    unanswerable = [json.loads(line) for line in (DATA / "unanswerable.jsonl").read_text(encoding="utf-8").splitlines()]

    def screen(text: str, tally: Tally) -> tuple[str | None, str]:
        start = time.perf_counter()
        found = screener.screen(text)
        tally.milliseconds.append(1000 * (time.perf_counter() - start))
        return found.category, found.masked

    def count(values: list[bool], value: bool, miss: bool, kind: str, language: str) -> None:
        values.append(value)
        sizes[kind] += 1
        if miss:
            misses[kind][language] += 1

    for code in languages:
        tally = tallies[code]
        for case in cases("screening", code):
            category, _ = screen(case["text"], tally)
            kind = f"{case['category'] or 'none'}/{case['kind']}"
            if case["category"] is None:
                count(tally.tempted, category in URGENT, category in URGENT, kind, code)
            else:
                tally.right.append(category in case.get("accept", [case["category"]]))
                count(tally.found, category in URGENT, category not in URGENT, kind, code)
        for question in [*cases("residents", code), *(q for q in unanswerable if q["language"] == code)]:
            if URGENT_CARDS & set(question.get("cards", ())):
                continue  # asks about emergencies and exploitation themselves: an alarm is no fault
            category, _ = screen(question["question"], tally)
            count(tally.alarmed, category in URGENT, category in URGENT, "question", code)
        for case in cases("personal_data", code):
            _, masked = screen(case["text"], tally)
            wrong = masked != masked_text(case)
            into = tally.masked if case["masked"] else tally.touched
            count(into, wrong is not bool(case["masked"]), wrong, f"personal/{case['kind']}", code)

    total = Tally()
    for tally in tallies.values():
        for name, values in vars(tally).items():
            getattr(total, name).extend(values)
    print("| language | right category | found | tempted | false alarms | masked exactly | clean touched | p95 ms |")
    print("|---|---|---|---|---|---|---|---|")
    for code, tally in (*tallies.items(), ("all", total)):
        print(f"| {code} | {' | '.join(tally.row())} |")
    if by_kind:
        for kind, by_language in sorted(misses.items()):
            found = " ".join(f"{code}:{number}" for code, number in sorted(by_language.items()))
            print(f"{kind:32} {by_language.total():3} of {sizes[kind]:3}  {found}")


if __name__ == "__main__":
    main()
