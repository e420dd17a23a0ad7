"""What is made of a run for people and for other tools: JSON, JUnit, Markdown and one page of HTML.

The page stands alone: no address is fetched, it opens from disk. Of blind cases no texts are shown.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from xml.etree import ElementTree

from evals import charts
from evals.cases import BLIND
from evals.comparing import Comparison
from evals.looks import Looks
from evals.results import METRICS, CaseResult, Run, write
from evals.statistics import Estimate
from evals.summary import OVERALL, GateResult, GateRow, Summary, better_of, is_share, meaning_of, summarise, title_of

REPORTS = (METRICS, "junit.xml", "report.md", "report.html")


def write_reports(run: Run) -> Summary:
    """Write every form of the report into the run's folder."""
    summary = summarise(run)
    write(run.folder / METRICS, json.dumps(summary.to_dict(), ensure_ascii=False, indent=1) + "\n")
    write(run.folder / "junit.xml", junit(run, summary))
    write(run.folder / "report.md", markdown(run, summary))
    write(run.folder / "report.html", html(run, summary))
    return summary


def junit(run: Run, summary: Summary) -> str:
    """A case a test, and a gate a test."""
    name = str(run.config["suite"]["name"])
    root = ElementTree.Element("testsuite", name=name, tests=str(len(run.cases) + len(summary.gates)))
    failures = errors = 0
    for case in run.cases:
        spent = sum(turn.ms or 0.0 for turn in case.turns) / 1000
        test = ElementTree.SubElement(
            root, "testcase", classname=f"{name}.{case.language}", name=case.id, time=f"{spent:.3f}"
        )
        if case.scores["errors"]:
            errors += 1
            ElementTree.SubElement(test, "error", message=_why(case))
        elif case.scores["right"] == 0.0:
            failures += 1
            ElementTree.SubElement(test, "failure", message=_why(case))
    for gate in summary.gates:
        test = ElementTree.SubElement(root, "testcase", classname=f"{name}.gates", name=gate_name(gate))
        if not gate.passed:
            failures += 1
            ElementTree.SubElement(test, "failure", message=f"{shown(gate.metric, gate.value)}, {demanded(gate)}")
    root.set("failures", str(failures))
    root.set("errors", str(errors))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def markdown(run: Run, summary: Summary) -> str:
    """Gates, figures and the cases that are not right."""
    suite = run.config["suite"]
    lines = [
        f"# {suite['name']}: {verdict(summary)}",
        "",
        f"{suite['measures']}.",
        "",
        f"{len(run.cases)} cases, begun {began(run)}. Intervals are 95 % (bootstrap over questions).",
        "",
        "| gate | value | demanded | |",
        "|---|---|---|---|",
    ]
    for row in summary.gate_rows:
        mark = "holds" if row.passed else "**fails**"
        lines.append(f"| {row_name(row)} | {row_value(row, summary)} | {demanded(row.shown)} | {mark} |")
    lines += ["", "| metric | all | cases | undefined | worst | spread |", "|---|---|---|---|---|---|"]
    for metric in _present(summary):
        whole, worst = summary.figures[metric][OVERALL], summary.worst(metric)
        low = f"{worst} {shown(metric, summary.figures[metric][worst].value)}" if worst else ""
        spread = shown(metric, summary.spread(metric)) if worst else ""
        lines.append(
            f"| {title_of(metric)} | {with_interval(metric, whole)} | {whole.cases} | {whole.undefined} "
            f"| {low} | {spread} |"
        )
    if summary.pairs:
        lines += ["", "## Retrieval by languages", "", "| asked in | found first in | cases | P@1 | MRR@10 | nDCG@10 |"]
        lines += ["|---|---|---|---|---|---|"]
    for pair in summary.pairs:
        values = " | ".join(with_interval(name, one) for name, one in pair.figures.items())
        lines.append(f"| {pair.asked} | {pair.found} | {pair.cases} | {values} |")
    if summary.looks:
        lines += ["", "## Taken for urgent", "", "| | language | cases | by tables alone | by both looks |"]
        lines += ["|---|---|---|---|---|"]
    for one in summary.looks:
        shares = " | ".join(with_interval(look_metric(one), value) for value in (one.tables, one.both))
        lines.append(f"| {one.part} | {one.language or OVERALL} | {one.cases} | {shares} |")
    wrong = [case for case in worst_first(run.cases) if case.scores["right"] != 1.0]
    lines += ["", f"## Not right: {len(wrong)} of {len(run.cases)}", ""]
    lines += [f"- `{case.id}` {_escaped(_why(case))}" for case in wrong]
    return "\n".join(lines).rstrip() + "\n"


def html(run: Run, summary: Summary) -> str:
    """The whole report as one page."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("evals"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals |= {
        "shown": shown,
        "with_interval": with_interval,
        "row_name": row_name,
        "row_value": row_value,
        "title_of": title_of,
        "meaning_of": meaning_of,
        "level": level,
        "look_metric": look_metric,
        "charts": charts,
        "OVERALL": OVERALL,
        "BLIND": BLIND,
    }
    present = _present(summary)
    return environment.get_template("report.html").render(
        run=run,
        suite=run.config["suite"],
        began=began(run),
        verdict=verdict(summary),
        config=run.config,
        summary=summary,
        metrics=present,
        mapped=[metric for metric in present if better_of(metric) and len(summary.figures[metric]) > 1],
        cases=worst_first(run.cases),
        outcomes=sorted({_status(case) for case in run.cases}),
        status=_status,
        any_blind=any(BLIND in case.tags for case in run.cases),
        step_p95={name: values["p95"] for name, values in summary.steps.items() if values},
    )


def comparison_markdown(comparison: Comparison) -> str:
    """What changed, in tables."""
    lines = [f"# {comparison.before} -> {comparison.after}", ""]
    if comparison.regressions:
        lines += ["Regressions:", "", *(f"- {_escaped(reason)}" for reason in comparison.regressions), ""]
    else:
        lines += ["No regression.", ""]
    lines += ["| metric | before | after | change (95 %) | p | cases |", "|---|---|---|---|---|---|"]
    for metric, parts in comparison.differences.items():
        one = parts[OVERALL]
        if one.change is None:
            continue
        change = Estimate(one.change, one.low, one.high, one.cases)
        p = "" if one.p is None else f"{one.p:.3f}"
        lines.append(
            f"| {title_of(metric)} | {shown(metric, one.before)} | {shown(metric, one.after)} "
            f"| {with_interval(metric, change, sign=True)} | {p} | {one.cases} |"
        )
    for title, ids in (
        ("Gained", comparison.gained),
        ("Lost", comparison.lost),
        ("Only before", comparison.missing),
        ("Only after", comparison.added),
    ):
        lines += ["", f"{title}: {len(ids)}" + (f": {', '.join(ids)}" if ids else "")]
    if comparison.settings:
        lines += ["", "| setting | before | after |", "|---|---|---|"]
        lines += [f"| {key} | {old} | {new} |" for key, (old, new) in comparison.settings.items()]
    return "\n".join(lines) + "\n"


def worst_first(cases: Sequence[CaseResult]) -> list[CaseResult]:
    """Errors, then what is not right, then what was not judged, then the rest."""

    def rank(case: CaseResult) -> float:
        right = case.scores["right"]
        return -1.0 if case.scores["errors"] else 0.5 if right is None else right

    return sorted(cases, key=rank)


def shown(metric: str, value: float | None, sign: bool = False) -> str:
    """A value as people read it: shares in per cent."""
    if value is None:
        return "undefined"
    plus = "+" if sign else ""
    if is_share(metric):
        return f"{100 * value:{plus}.1f} %"
    if abs(value) >= 100 or value == int(value):
        return f"{value:{plus},.0f}"
    return f"{value:{plus}.1f}" if abs(value) >= 10 else f"{value:{plus}.2f}"


def with_interval(metric: str, one: Estimate, sign: bool = False) -> str:
    """A value with its interval, where it has one."""
    value = shown(metric, one.value, sign)
    if one.low is None or one.high is None:
        return value
    scale = 100 if is_share(metric) else 1
    return f"{value} ({scale * one.low:.1f}–{scale * one.high:.1f})".replace("(-", "(−").replace("–-", "–−")


def demanded(gate: GateResult) -> str:
    return f"at {gate.bound} {shown(gate.metric, gate.limit)}"


def gate_name(gate: GateResult) -> str:
    return title_of(gate.metric) + ("" if gate.language == OVERALL else f", {gate.language}")


def row_name(row: GateRow) -> str:
    return title_of(row.shown.metric) + (", every language" if row.languages else "")


def row_value(row: GateRow, summary: Summary) -> str:
    """The value with its interval; of every language, the worst, and which fail if more than that one does."""
    gate = row.shown
    if gate.value is None:
        return shown(gate.metric, None)
    value = with_interval(gate.metric, summary.figures[gate.metric][gate.language])
    if not row.languages:
        return value
    more = f"; also failing: {', '.join(others)}" if (others := [c for c in row.failing if c != gate.language]) else ""
    return f"{gate.language} {value}, the worst of {row.languages}{more}"


def verdict(summary: Summary) -> str:
    """All gates in a few words."""
    rows = summary.gate_rows
    failing = sum(not row.passed for row in rows)
    if not rows:
        return "no gates"
    return f"{failing} of {len(rows)} gates {'fails' if failing == 1 else 'fail'}" if failing else "all gates hold"


def began(run: Run) -> str:
    """When the run began, as people write it."""
    moment = datetime.fromisoformat(str(run.config["started"])).astimezone(UTC)
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC"


def look_metric(one: Looks) -> str:
    """Whether more of such alarms is better or worse."""
    return "urgent.found" if one.urgent else "urgent.false_alarms"


def level(metric: str, value: float | None) -> str:
    """The shade of a cell of the heat map, from 0 (bad) to 4 (good); "none" where it has no meaning."""
    better = better_of(metric)
    if metric == "unsupported_figures" and value is not None:
        return "0" if value else "4"
    if value is None or not better or not is_share(metric):
        return "none"
    good = value if better > 0 else 1 - value
    return str(sum(good >= bound - 1e-9 for bound in (0.7, 0.85, 0.95, 1.0)))


def _present(summary: Summary) -> list[str]:
    """Metrics that are defined somewhere in this run."""
    return [metric for metric, parts in summary.figures.items() if parts[OVERALL].value is not None]


def _status(case: CaseResult) -> str:
    """The outcome of the last turn."""
    answer = case.turns[-1].answer
    return str(answer["status"]) if answer else "error"


def _why(case: CaseResult) -> str:
    blind = BLIND in case.tags
    said = []
    for number, turn in enumerate(case.turns, 1):
        if turn.reasons:
            where = f"turn {number}: " if len(case.turns) > 1 else ""
            asked = "" if blind else f"{turn.question}: "
            said.append(f"{where}{asked}{'; '.join(turn.reasons)}")
    return " | ".join(said) or "not judged"


def _escaped(text: str) -> str:
    return " ".join(text.split()).replace("<", "&lt;").replace("|", "\\|")
