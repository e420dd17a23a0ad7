"""The bake-off of language identifiers: which of them tells the language of short texts best."""

from __future__ import annotations

import csv
import importlib.metadata
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from evals.bakeoffs import Bakeoff, BakeoffError, NotInstalled, Task, Trial

NAME = "language-id"
METRICS = {"accuracy": "Accuracy"}
COLUMNS = ("lang", "text", "source", "kind")

Identify = Callable[[str], str]
"""The language code of a text, "und" where a candidate does not say."""

SAME = {
    "kmr": "ku",
    "prs": "fa",
    "zho": "zh",
    "zh-cn": "zh",
    "zh-tw": "zh",
}
"""What texts and candidates call languages of ours."""


def neuvo() -> Identify:
    """Neuvo's own, without a page's language."""
    from assistant.language_id import LanguageIdentifier
    from assistant.languages import load_languages

    identifier = LanguageIdentifier(load_languages())
    return lambda text: identifier.identify(text).code


def py3langid() -> Identify:
    """py3langid over all of its languages, as it comes."""
    try:
        from py3langid.langid import MODEL_FILE, LanguageIdentifier
    except ImportError as error:
        raise NotInstalled("pip install py3langid") from error
    model = LanguageIdentifier.from_model_file(MODEL_FILE)
    return lambda text: str(model.classify(text)[0])


def langdetect() -> Identify:
    """langdetect, with a fixed seed."""
    try:
        from langdetect import DetectorFactory, LangDetectException, detect
    except ImportError as error:
        raise NotInstalled("pip install langdetect") from error
    DetectorFactory.seed = 0

    def identify(text: str) -> str:
        try:
            return str(detect(text))
        except LangDetectException:
            return "und"

    return identify


def lingua() -> Identify:
    """lingua over all of its languages."""
    try:
        from lingua import LanguageDetectorBuilder
    except ImportError as error:
        raise NotInstalled("pip install lingua-language-detector") from error
    detector = LanguageDetectorBuilder.from_all_languages().build()

    def identify(text: str) -> str:
        found = detector.detect_language_of(text)
        return found.iso_code_639_1.name.lower() if found else "und"

    return identify


CANDIDATES: dict[str, Callable[[], Identify]] = {
    "neuvo": neuvo,
    "py3langid": py3langid,
    "langdetect": langdetect,
    "lingua": lingua,
}
"""How each candidate is made. Raises NotInstalled."""


def read_texts(path: Path) -> list[Task]:
    """The texts of a tab-separated file without quoting. Raises BakeoffError."""
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            reader = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
            if lacking := set(COLUMNS) - set(reader.fieldnames or ()):
                raise BakeoffError(f"{path}:1: no column {', '.join(sorted(lacking))}")
            rows = list(reader)
    except (OSError, UnicodeDecodeError) as error:
        raise BakeoffError(f"{path}: {error}") from error
    if wrong := [n for n, row in enumerate(rows, 2) if not all(row.get(key) for key in COLUMNS) or None in row]:
        raise BakeoffError("\n".join(f"{path}:{n}: not a text of {len(COLUMNS)} columns" for n in wrong[:20]))
    return [
        Task(str(n), ours(row["lang"]), row["kind"], f"{path.name}:{n}", row["text"], (ours(row["lang"]),))
        for n, row in enumerate(rows, 2)
    ]


def residents_questions() -> list[Task]:
    """The shipped residents' questions. A topic asked in several languages is several texts: each stands alone."""
    from evals.suite_files import find_suite, load_suite

    cases = load_suite(find_suite("residents")).cases
    return [
        Task(case.id, case.language, "resident", case.id, case.turns[0].question, (case.language,)) for case in cases
    ]


def run(tasks: Sequence[Task], candidates: Iterable[str], config: dict[str, object]) -> Bakeoff:
    """Let every candidate name the language of every text. Candidates that are not installed are left out, unless
    that leaves none. Raises BakeoffError."""
    trials: dict[str, list[Trial]] = {}
    missing: dict[str, str] = {}
    for name in candidates:
        if name not in CANDIDATES:
            raise BakeoffError(f'there is no candidate "{name}": {NAME} knows {", ".join(CANDIDATES)}')
        try:
            identify = CANDIDATES[name]()
        except NotInstalled as error:
            missing[name] = str(error)
            continue
        identify(tasks[0].text)  # models load at their first use
        trials[name] = [_tried(identify, task) for task in tasks]
    if not trials:
        raise BakeoffError("\n".join(f"{name} is not installed: {way}" for name, way in missing.items()))
    extra = {name: {"macro-F1": 100 * macro_f1(done)} for name, done in trials.items()}
    versions = {name: _version(name) for name in trials}
    return Bakeoff(NAME, METRICS, trials, {**config, "versions": versions}, extra, missing)


def macro_f1(trials: Sequence[Trial]) -> float:
    """Mean F1 over the languages of the texts, from 0 to 1; other languages that were named count as misses only."""
    pairs = Counter((trial.task.language, trial.found) for trial in trials)
    meant, named = Counter(trial.task.language for trial in trials), Counter(trial.found for trial in trials)
    return sum(2 * pairs[one, one] / (meant[one] + named[one]) for one in meant) / len(meant)


def ours(code: str) -> str:
    """The code by which Neuvo calls a language."""
    return SAME.get(code.lower(), code.lower())


def _tried(identify: Identify, task: Task) -> Trial:
    started = time.perf_counter()
    found = ours(identify(task.text))
    ms = (time.perf_counter() - started) * 1000
    return Trial(task, found, {"accuracy": float(found in task.expected)}, ms)


def _version(candidate: str) -> str:
    package = {"lingua": "lingua-language-detector"}.get(candidate, candidate)
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
