"""How an Answer came about, in lines for the command line: what its trace holds, and nothing of the question."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from assistant.answers import Answer


def explanation(answer: Answer) -> Iterator[str]:
    """Lines of plain text: the decision, the language, the municipalities, the steps, the hits, the reading.

    What the trace does not hold (nothing was searched in an emergency, no reader ran) has no line.
    """
    trace = answer.trace
    yield _fact("status", answer.status.value)
    for reason in trace.get("reasons", ()):
        yield _fact("because", reason)
    if trace.get("category"):
        yield _fact("category", trace["category"])
    yield _fact("language", f"{answer.language} ({trace.get('language_source', 'unknown')})")
    if trace.get("municipalities"):
        yield _fact("about", ", ".join(trace["municipalities"]))
    if trace.get("masked"):
        yield _fact("masked", ", ".join(trace["masked"]))
    if trace.get("probability") is not None:
        yield _fact("probability", f"{trace['probability']:.3f}")
    if trace.get("build"):
        yield _fact("build", trace["build"])
    steps = trace.get("steps", ())
    if steps:
        yield _fact("steps", "  ".join(f"{step['step']} {step['ms']:.1f} ms" for step in steps))
        yield _fact("together", f"{sum(step['ms'] for step in steps):.1f} ms")
    for number, hit in enumerate(trace.get("hits", ()), 1):
        yield _fact("" if number > 1 else "hits", _hit(number, hit))
    for number, read in enumerate(trace.get("read", ())):
        yield _fact("" if number else "read", _read(read))
        for sentence in read.get("sentences", ()):
            place = f"{sentence['start']}–{sentence['end']}"
            yield _fact("", f"       {sentence['probability']:.3f}  characters {place}")


def _fact(name: str, value: str) -> str:
    return f"{name:<13} {value}"


def _hit(number: int, hit: Mapping[str, Any]) -> str:
    return f"{number:>2}  {hit['score']:6.2f}  {hit['language']:<3}  {hit['document']}"


def _read(read: Mapping[str, Any]) -> str:
    passage = f" ({read['passage']})" if read.get("passage") else ""
    return f"{read['probability']:.3f}  {read['document']}{passage}"
