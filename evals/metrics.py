"""Metrics of one answer, worked out without a model.

Every metric is a number or None, which is "undefined here" and is counted as such, never as 0. An answer that failed
to come scores 0 on all that its case expects. Sets and ranks are of sources: a service card in whatever language,
or a document.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assistant.answers import Outcome
from assistant.languages import Language
from corpus.checks import occurrences
from evals.cases import ABSTAINED, GIVEN, URGENT, Case, Turn

Scores = dict[str, float | None]
DocumentText = Callable[[str], str | None]
"""The text of a document by its id, None for one that is not there."""

TRACED = 10
"""Hits that a trace holds for each question, and so the depth to which retrieval is measured."""


@dataclass(frozen=True, slots=True)
class Metric:
    """How a metric is called, read and added up. ``better`` is 1 where more is better, -1 where less is, and 0 where
    it only describes. ``over_turns`` makes a case's value of its turns'. ``share``: from 0 to 1."""

    title: str
    better: int
    meaning: str
    over_turns: Callable[[Sequence[float]], float] = lambda values: sum(values) / len(values)
    share: bool = True


METRICS: dict[str, Metric] = {
    "right": Metric("Right", 1, "Everything the suite asks of a case holds, in every turn", min),
    "errors": Metric("Errors", -1, "No answer came", max),
    "outcome": Metric("Outcome", 1, "The outcome is one of those expected"),
    "source": Metric("Source", 1, "A source that answers is cited"),
    "fact_recall": Metric("Fact recall", 1, "Share of the expected facts that the answer carries"),
    "fact_precision": Metric("Fact precision", 0, "Share of the answer's figures that belong to an expected fact"),
    "citation_valid": Metric("Citations valid", 1, "Share of quotes that stand verbatim at their place", min),
    "citation_recall": Metric("Citation recall", 1, "Share of claims that carry a citation"),
    "citation_precision": Metric("Citation precision", 1, "Share of citations from a source that answers"),
    "unsupported_figures": Metric(
        "Unsupported figures", -1, "Figures and addresses that stand in no quote of their sentence", sum, share=False
    ),
    "language": Metric("Answer language", 1, "The answer is in the language expected"),
    "own_language": Metric("Quotes in it", 1, "Share of cited sentences in the language expected"),
    "clean": Metric("Clean", 1, "Nothing is said that must not be"),
    "privacy": Metric("Privacy", 1, "Personal data is masked and never comes back; nothing else is masked"),
    "p@1": Metric("P@1", 1, "The first source found answers"),
    "r@5": Metric("R@5", 1, "Share of the sources that answer among the first 5 found"),
    "r@10": Metric("R@10", 1, "The same among the first 10 found"),
    "mrr": Metric("MRR@10", 1, f"1 / rank of the first source that answers, to rank {TRACED}"),
    "ndcg": Metric("nDCG@10", 1, f"Normalised discounted cumulative gain, to rank {TRACED}"),
    "chrf": Metric("chrF", 0, "Character n-gram F-score against the reference answer"),
    "sentence_words": Metric("Words a sentence", 0, "Mean length of the answer's sentences", share=False),
    "ms": Metric("Milliseconds", -1, "From question to whole answer", share=False),
}


class OwnWords:
    """Recognises what Neuvo says itself: the fixed messages of every language, which need no citation."""

    def __init__(self, languages: Mapping[str, Language]) -> None:
        texts = [text for language in languages.values() for _, text in language.messages.items()]
        self._whole = {text for text in texts if "{" not in text}
        gaps = [re.sub(r"\\\{\w+\\\}", ".+", re.escape(text)) for text in texts if "{" in text]
        self._patterns = re.compile("|".join(gaps) or r"(?!)", re.DOTALL)

    def __contains__(self, text: str) -> bool:
        return text in self._whole or self._patterns.fullmatch(text) is not None


def score_turn(
    turn: Turn,
    case: Case,
    answer: Mapping[str, Any] | None,
    ms: float | None,
    document: DocumentText,
    own_words: OwnWords,
) -> Scores:
    """Every metric of METRICS but "right" for one answer in its wire form; ``answer`` None is an error."""
    scores: Scores = dict.fromkeys(METRICS)
    scores["errors"] = float(answer is None)
    if answer is None:
        scores.update(_failed(turn))
        return scores
    sentences = answer["sentences"]
    text = "\n".join(sentence["text"] for sentence in sentences)
    status = answer["status"]
    scores["ms"] = ms
    if turn.outcomes or turn.not_outcomes:
        fits = not turn.outcomes or status in turn.outcomes
        scores["outcome"] = float(fits and status not in turn.not_outcomes)
    urgent = status in URGENT and status in turn.outcomes
    helped = urgent or (status == Outcome.CLARIFY and turn.may_clarify)
    cited = [citation for sentence in sentences for citation in sentence["citations"]]
    rightly_silent = status in ABSTAINED and status in turn.outcomes
    if turn.relevant and not urgent and not rightly_silent:
        scores["source"] = float(helped or any(is_source(c["document"], turn.relevant) for c in cited))
        scores.update(_retrieval(ranking(answer["trace"]), turn.relevant))
        if cited:
            right = [is_source(citation["document"], turn.relevant) for citation in cited]
            scores["citation_precision"] = sum(right) / len(right)
    if turn.facts and not helped and not rightly_silent:
        carried = [says(fact.any_of, text) for fact in turn.facts]
        scores["fact_recall"] = sum(carried) / len(carried)
        wanted = {figure for fact in turn.facts for wording in fact.any_of for figure in figures(wording)}
        found = [figure for sentence in sentences if sentence["citations"] for figure in figures(sentence["text"])]
        if wanted and found:
            scores["fact_precision"] = sum(figure in wanted for figure in found) / len(found)
    if cited:
        scores["citation_valid"] = sum(_verbatim(citation, document) for citation in cited) / len(cited)
    claims = [sentence for sentence in sentences if sentence["citations"] or sentence["text"] not in own_words]
    if claims:
        scores["citation_recall"] = sum(bool(sentence["citations"]) for sentence in claims) / len(claims)
        words = [_words(sentence["text"]) for sentence in claims]
        scores["sentence_words"] = sum(words) / len(words)
    scores["unsupported_figures"] = float(sum(len(unsupported(sentence)) for sentence in claims))
    scores["language"] = float(answer["language"] == case.answer_language)
    quoted = [sentence["language"] == case.answer_language for sentence in sentences if sentence["citations"]]
    if quoted:
        scores["own_language"] = sum(quoted) / len(quoted)
    if turn.must_not:
        said = _folded(text)
        scores["clean"] = float(not any(_folded(forbidden) in said for forbidden in turn.must_not))
    if turn.masked is not None:
        scores["privacy"] = _privacy(turn.masked, answer)
    if turn.reference and claims:
        scores["chrf"] = chrf(" ".join(sentence["text"] for sentence in claims), turn.reference)
    return scores


def score_case(turns: Sequence[Scores], right: Collection[str]) -> Scores:
    """A case's metrics from its turns'. It is right when, in every turn, each metric named in ``right`` is perfect
    or undefined; a case for which all of them are undefined is neither right nor wrong."""
    scores: Scores = {}
    for name, metric in METRICS.items():
        defined = [value for turn in turns if (value := turn.get(name)) is not None]
        scores[name] = metric.over_turns(defined) if defined else None
    checks = [
        value == (0.0 if METRICS[name].better < 0 else 1.0)
        for turn in turns
        for name in right
        if (value := turn[name]) is not None
    ]
    failed = any(turn["errors"] for turn in turns)
    scores["right"] = float(all(checks) and not failed) if checks or failed else None
    return scores


def reasons(turn: Turn, scores: Scores, answer: Mapping[str, Any] | None, right: Collection[str]) -> list[str]:
    """Why a turn is not right, each in a few words."""
    if answer is None:
        return ["no answer came"]
    said = []
    for name in right:
        value = scores.get(name)
        if value is None or value == (0.0 if METRICS[name].better < 0 else 1.0):
            continue
        if name == "outcome":
            wanted = " or ".join(turn.outcomes) or "anything but " + " or ".join(turn.not_outcomes)
            said.append(f"the outcome is {answer['status']}, not {wanted}")
        elif name == "source":
            said.append(f"no citation of {', '.join(turn.relevant)}")
        elif name == "fact_recall":
            text = "\n".join(sentence["text"] for sentence in answer["sentences"])
            lacking = [fact.value for fact in turn.facts if not says(fact.any_of, text)]
            said.append(f"does not say {', '.join(lacking)}")
        elif name == "language":
            said.append(f"answered in {answer['language']}")
        else:
            said.append(f"{METRICS[name].title}: {value:g}")
    return said


# Sources and ranks.


def is_source(document: str, labels: Collection[str]) -> bool:
    """Whether a document is one of those named: by its id, or by its card's name."""
    return any(document == label or re.fullmatch(rf"card-{re.escape(label)}-{_TEXT}", document) for label in labels)


_TEXT = r"[a-z]{2,3}(-[a-z]+)?"


def source_of(document: str, labels: Iterable[str] = ()) -> str:
    """The name under which a document counts: the label that names it, else its card's, else its own id."""
    for label in labels:
        if is_source(document, (label,)):
            return label
    match = re.fullmatch(rf"card-(.+?)-{_TEXT}", document)
    return match[1] if match else document


def ranking(trace: Mapping[str, Any]) -> list[str]:
    """Ids of the documents found, best first, each once."""
    hits = sorted(trace.get("hits", ()), key=lambda hit: hit["rank"])
    return list(dict.fromkeys(hit["document"] for hit in hits))


def precision(ranked: Sequence[bool], k: int) -> float:
    """Share of relevant ones among the first ``k``; what is missing counts as not relevant."""
    return sum(ranked[:k]) / k


def recall(ranked: Sequence[bool], k: int, relevant: int) -> float:
    """Share of the ``relevant`` ones that are among the first ``k``."""
    return sum(ranked[:k]) / relevant


def reciprocal_rank(ranked: Sequence[bool], k: int) -> float:
    """1 / rank of the first relevant one among the first ``k``, else 0."""
    return next((1 / rank for rank, hit in enumerate(ranked[:k], 1) if hit), 0.0)


def ndcg(ranked: Sequence[bool], k: int, relevant: int) -> float:
    """Binary normalised discounted cumulative gain (Järvelin and Kekäläinen 2002), as trec_eval has it."""
    gained = sum(1 / math.log2(rank + 1) for rank, hit in enumerate(ranked[:k], 1) if hit)
    return gained / sum(1 / math.log2(rank + 1) for rank in range(1, min(k, relevant) + 1))


def _retrieval(documents: Sequence[str], relevant: Sequence[str]) -> Scores:
    """Over sources, each counted once at its best rank."""
    found = list(dict.fromkeys(source_of(document, relevant) for document in documents))
    ranked = [source in relevant for source in found]
    return {
        "p@1": precision(ranked, 1),
        "r@5": recall(ranked, 5, len(relevant)),
        "r@10": recall(ranked, TRACED, len(relevant)),
        "mrr": reciprocal_rank(ranked, TRACED),
        "ndcg": ndcg(ranked, TRACED, len(relevant)),
    }


# What is said.

_FIGURE = re.compile(
    r"https?://[^\s<>()\"']+[\w/]|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\b(?:www\.)?[\w-]+\.(?:fi|com|org|net|eu)\b"
    r"|\d+(?:[.,:/\s–-]\d+)*",
    re.IGNORECASE,
)


def figures(text: str) -> list[str]:
    """Numbers, dates, phone numbers, amounts, addresses of pages and of mail, in Western digits."""
    return _FIGURE.findall(_western(text))


def unsupported(sentence: Mapping[str, Any]) -> list[str]:
    """The figures of a sentence of an answer that stand in none of its quotes."""
    quotes = _western("\n".join(citation["quote"] for citation in sentence["citations"]))
    return [figure for figure in figures(sentence["text"]) if not occurrences(figure, quotes)]


def says(wordings: Iterable[str], text: str) -> bool:
    """Whether a text has one of the wordings, whatever digits it is written in."""
    western = _western(text)
    return any(occurrences(wording, text) or occurrences(_western(wording), western) for wording in wordings)


def chrf(text: str, reference: str, order: int = 6, beta: float = 2.0) -> float:
    """Character n-gram F-score (Popović 2015, as sacrebleu's chrF2 has it) from 0 to 1."""
    mine, theirs = "".join(text.split()), "".join(reference.split())
    precisions, recalls = [], []
    for n in range(1, order + 1):
        got, wanted = _ngrams(mine, n), _ngrams(theirs, n)
        if got and wanted:
            common = (got & wanted).total()
            precisions.append(common / got.total())
            recalls.append(common / wanted.total())
    if not precisions or not any(precisions):
        return 0.0
    p, r = sum(precisions) / len(precisions), sum(recalls) / len(recalls)
    return (1 + beta**2) * p * r / (beta**2 * p + r)


def omos_scores(gold: Mapping[str, Collection[int]], chosen: Mapping[str, Collection[int]]) -> dict[str, float]:
    """Sentence selection as the authors of OMoS-QA score it (arXiv 2407.15736), from 0 to 1.

    P and R are means over the answerable questions (P is 1 where nothing is chosen), F their harmonic mean, mF1 the
    mean of each question's F1; uP, uR and uF are those of "no answer here" over all questions.
    """
    answerable = [(set(lines), set(chosen[id])) for id, lines in gold.items() if lines]
    ps = [len(a & b) / len(b) if b else 1.0 for a, b in answerable]
    rs = [len(a & b) / len(a) for a, b in answerable]
    empty = [id for id in gold if not chosen[id]]
    hits = sum(not gold[id] for id in empty)
    unanswerable = sum(not lines for lines in gold.values())
    p, r = sum(ps) / len(ps), sum(rs) / len(rs)
    up, ur = (hits / len(empty) if empty else 0.0), (hits / unanswerable if unanswerable else 0.0)
    each = [_harmonic(a, b) for a, b in zip(ps, rs, strict=True)]
    return {
        "P": p,
        "R": r,
        "F": _harmonic(p, r),
        "mF1": sum(each) / len(each),
        "uP": up,
        "uR": ur,
        "uF": _harmonic(up, ur),
    }


def abstained(answer: Mapping[str, Any] | None) -> bool:
    return answer is not None and answer["status"] in ABSTAINED


def given(answer: Mapping[str, Any] | None) -> bool:
    return answer is not None and answer["status"] in GIVEN


def _failed(turn: Turn) -> Scores:
    """Zero on all that is expected of a turn."""
    expected: dict[str, Any] = {
        "outcome": turn.outcomes or turn.not_outcomes,
        "source": turn.relevant,
        "p@1": turn.relevant,
        "r@5": turn.relevant,
        "r@10": turn.relevant,
        "mrr": turn.relevant,
        "ndcg": turn.relevant,
        "fact_recall": turn.facts,
        "clean": turn.must_not,
        "privacy": turn.masked is not None,
        "language": True,
    }
    return {name: 0.0 for name, measured in expected.items() if measured}


def _privacy(secrets: Sequence[str], answer: Mapping[str, Any]) -> float:
    masked = answer["trace"].get("masked", [])
    if not secrets:
        return float(not masked)
    shown = _folded(str(answer))
    return float(bool(masked) and not any(_folded(secret) in shown for secret in secrets))


def _verbatim(citation: Mapping[str, Any], document: DocumentText) -> bool:
    text = document(citation["document"])
    return (
        text is not None and bool(citation["quote"]) and text[citation["start"] : citation["end"]] == citation["quote"]
    )


def _words(text: str) -> int:
    """Words; of writing without spaces, half a word a character."""
    unspaced = sum(unicodedata.east_asian_width(character) == "W" for character in text)
    return len(text.split()) + unspaced // 2


def _ngrams(text: str, n: int) -> Counter[str]:
    return Counter(text[i : i + n] for i in range(len(text) - n + 1))


def _harmonic(a: float, b: float) -> float:
    return 2 * a * b / (a + b) if a + b else 0.0


def _western(text: str) -> str:
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
