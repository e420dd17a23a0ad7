"""Language identification of short texts: accuracy by kind and by language, macro-F1, time.

    python benchmarks/language_id.py FILE.tsv [--prior none|right|wrong] [--errors]

FILE.tsv has the columns lang, text, source and kind, and no quoting. ``--prior`` is the page's language: none, the
text's own, or (wrong) each of the other fifteen in turn; with ``right``, texts in languages that Neuvo does not speak
are left out.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from assistant.language_id import LanguageIdentifier
from assistant.languages import load_languages

SAME = {"kmr": "ku", "prs": "fa", "zho": "zh"}
"""What others call languages of ours."""


def read(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [{**row, "lang": SAME.get(row["lang"], row["lang"])} for row in rows]


def pages(language: str, prior: str, spoken: Iterable[str]) -> list[str | None]:
    if prior == "none":
        return [None]
    return [code for code in spoken if (code == language) == (prior == "right")]


def f1(pairs: Counter[tuple[str, str]], language: str) -> float:
    """NaN where no text is in ``language`` and none was taken for it."""
    right = pairs[language, language]
    wrong = sum(count for (meant, found), count in pairs.items() if (meant == language) != (found == language))
    return 2 * right / (2 * right + wrong) if right or wrong else float("nan")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--prior", choices=("none", "right", "wrong"), default="none")
    parser.add_argument("--errors", action="store_true", help="print each text taken for another language")
    arguments = parser.parse_args()

    spoken = load_languages()
    identifier = LanguageIdentifier(spoken)
    identifier.identify("Where is the library?")
    pairs: dict[str, Counter[tuple[str, str]]] = {}
    spent = []
    for row in read(arguments.file):
        for page in pages(row["lang"], arguments.prior, spoken):
            started = time.perf_counter()
            found = identifier.identify(row["text"], page=page)
            spent.append(time.perf_counter() - started)
            pairs.setdefault(row["kind"], Counter())[row["lang"], found.code] += 1
            if arguments.errors and found.code != row["lang"]:
                print(row["kind"], row["lang"], found.code, f"{found.confidence:.2f}", page, row["text"], sep="\t")

    kinds = list(pairs)
    languages = sorted({meant for counts in pairs.values() for meant, _ in counts})
    print("| |", " | ".join([*languages, "all", "macro-F1"]), "|")
    print("|---" * (len(languages) + 3) + "|")
    for kind in kinds:
        counts = pairs[kind]
        meant = Counter[str]()
        for (language, _), count in counts.items():
            meant[language] += count
        cells = [f"{100 * counts[code, code] / meant[code]:.1f}" if meant[code] else "" for code in languages]
        right = sum(counts[code, code] for code in languages)
        macro = float(np.mean([f1(counts, code) for code in languages if meant[code]]))
        print(f"| {kind} |", " | ".join([*cells, f"{100 * right / meant.total():.1f}", f"{100 * macro:.1f}"]), "|")
    p50, p95 = 1000 * np.quantile(spent, [0.5, 0.95])
    print(f"\n{len(spent)} identifications, prior {arguments.prior}: p50 {p50:.2f} ms, p95 {p95:.2f} ms")


if __name__ == "__main__":
    main()
