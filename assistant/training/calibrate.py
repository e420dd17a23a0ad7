"""From the reading model's logits and plain similarity to probabilities, and when to say that a page does not answer.

    python -m assistant.training.calibrate --omos FOLDER [--data FOLDER] [--reader FILE]

Fits two logistic functions on the fifth of OMoS-QA's train pages (and of our cards) that training held out, and
writes them with the abstention thresholds into the model card, ``reader.json``. Printed are OMoS-QA's measures on the
same pages, cross-validated over five groups of pages. With ``--data``, where ``neuvo build`` has put an index of the
shipped cards, the probability of a retrieved text is fitted too, on the questions about the cards held out.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.calibration import Calibration, hit_features, line_features, select, text_features, text_probability
from assistant.known_questions import KnownQuestions
from assistant.languages import load_languages
from assistant.reader_model import TRAINED, Read, ReadingModel
from assistant.reading import first_hits, lines_of, read_lines, similarities
from assistant.training.examples import Cards, Example, Omos, held_out, without_answer
from assistant.training.known import known as known_questions
from assistant.training.measures import measures
from corpus.glossary import load_glossary
from indexing.builds import IndexConfig
from indexing.e5 import E5Embedder
from indexing.retrieval import Index
from indexing.serving import CurrentIndex
from indexing.vector_space import load_space

FOLDS = 5
HIT_FEATURES = 7
"""Of ``hit_features`` without those of known questions."""
TEXTS = 3
CROSS = (("ar", "de"), ("uk", "de"), ("en", "ar"), ("fr", "uk"), ("de", "en"))
Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Seen:
    """An example with what model and embedder make of it; ``weight`` is how many cases it stands for."""

    example: Example
    read: Read
    cosines: Array
    weight: float = 1.0


class Similarities:
    """Cosines of lines to a question, in the space passages are found in. Remembers the lines' vectors."""

    def __init__(self, embedder: E5Embedder) -> None:
        self._embedder, self._known = embedder, dict[str, Array]()
        self._space = load_space(embedder.fingerprint, embedder.dimension)

    def __call__(self, question: str, lines: Sequence[str]) -> Array:
        fresh = [line for line in dict.fromkeys(lines) if line not in self._known]
        vectors = self._space.passages(self._embedder.embed_passages(fresh))
        self._known.update(zip(fresh, vectors, strict=True))
        asked = self._space.question(self._embedder.embed_queries([question])[0])
        return np.array([self._known[line] @ asked for line in lines])


def look(example: Example, model: ReadingModel, similar: Similarities) -> Seen:
    """Reads one example."""
    return Seen(example, model.read(example.question, [example.lines])[0], similar(example.question, example.lines))


def with_gaps(seen: Sequence[Seen], gaps: Sequence[Seen]) -> list[Seen]:
    """``seen`` and ``gaps``, the same pages without their answers: the few pages that do not answer are too few to
    choose a threshold by. All of these together weigh what those few weighed."""
    few = [one for one in seen if not one.example.answers]
    weight = len(few) / (len(few) + len(gaps))
    answering = [one for one in seen if one.example.answers]
    return answering + [replace(one, weight=weight) for one in [*few, *gaps]]


def logistic(features: Array, labels: Array, weights: Array | None = None, ridge: float = 1e-3) -> list[float]:
    """Coefficients, the constant last, by Newton's method."""
    x = np.concatenate([features, np.ones((len(features), 1))], axis=1)
    each = np.ones(len(x)) if weights is None else weights
    beta = np.zeros(x.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(x @ beta, -30, 30)))
        gradient = x.T @ (each * (p - labels)) + ridge * beta
        hessian = (x * (each * p * (1 - p))[:, None]).T @ x + ridge * np.eye(len(beta))
        step = np.linalg.solve(hessian, gradient)
        beta -= step
        if np.abs(step).max() < 1e-8:
            break
    return [round(float(value), 5) for value in beta]


def fitted(seen: Sequence[Seen]) -> Calibration:
    """Both logistic functions from examples, and the threshold on the text's probability with the best sum of F,
    mF1 and F of "no answer here" on them."""
    lines = np.concatenate([line_features(one.read, one.cosines) for one in seen])
    labels = np.concatenate([[float(n in one.example.answers) for n in range(len(one.example.lines))] for one in seen])
    usable = np.isfinite(lines).all(axis=1)
    line = logistic(lines[usable], labels[usable])
    texts = np.stack([text_features(one.read, one.cosines) for one in seen])
    weights = np.array([one.weight for one in seen])
    text = logistic(texts, np.array([float(bool(one.example.answers)) for one in seen]), weights)
    calibration = Calibration(tuple(line), tuple(text), 0.0)
    likely = np.array([text_probability(one.read, one.cosines, calibration) for one in seen])
    best, chosen_best = -1.0, calibration
    for boldness in (0.6, 0.8, 1.0, 1.2, 1.5):
        bold = replace(calibration, boldness=boldness)
        chosen = [select(one.read, one.cosines, bold) for one in seen]
        for threshold in np.arange(0.2, 0.9, 0.02):
            figures = _measured(seen, [c if p >= threshold else [] for c, p in zip(chosen, likely, strict=True)])
            worth = figures["F"] + figures["mF1"] + figures["uF"]
            if worth > best:
                best, chosen_best = worth, replace(bold, threshold=round(float(threshold), 2))
    return chosen_best


def _measured(seen: Sequence[Seen], chosen: Sequence[Sequence[int]]) -> dict[str, float]:
    return measures([one.example.answers for one in seen], chosen, [one.weight for one in seen])


def cross_validated(seen: Sequence[Seen]) -> dict[str, float]:
    """Measures of each group of pages under the calibration of the others, averaged by questions."""
    groups = sorted({one.example.group for one in seen})
    total: dict[str, float] = {}
    for fold in range(FOLDS):
        mine = set(groups[fold::FOLDS])
        calibration = fitted([one for one in seen if one.example.group not in mine])
        test = [one for one in seen if one.example.group in mine]
        for name, value in _measured(test, [select(one.read, one.cosines, calibration) for one in test]).items():
            total[name] = total.get(name, 0.0) + value * len(test) / len(seen)
    return {name: round(value, 1) for name, value in total.items()}


def retrieved(
    questions: Sequence[tuple[str, Example]], index: Index, model: ReadingModel, known: KnownQuestions
) -> tuple[Array, Array]:
    """For the first texts found for each question, features of the hit and last 1 where it is the card that answers;
    and for the lines of the right cards their features and 1 where they answer. The question itself is not known."""
    rows = {(language, example.question): row for row, (language, example) in enumerate(Cards().by_language())}
    texts, lines = [], []
    for language, example in questions:
        vector = index.embed_question(example.question, language)
        hits = index.search(example.question, language, vector=vector)
        near = known.near(vector, without=rows[language, example.question])
        for hit in first_hits(hits, TEXTS):
            above, sentences = lines_of(index, hit)
            read = read_lines(model, example.question, above, [sentence.text for _, sentence in sentences])
            cosines = similarities([sentence for _, sentence in sentences], vector)
            right = f"card-{hit.document.card}" == example.group
            beside = near.features(hit.document.card)
            features = hit_features(read, cosines, hit.score, hit.score - hits[0].score, beside)
            texts.append([*features, float(right and bool(example.answers))])
            if right:
                gold = {example.lines[number] for number in example.answers}
                labels = [[float(sentence.text in gold)] for _, sentence in sentences]
                lines.append(np.concatenate([line_features(read, cosines), labels], axis=1))
    return np.array(texts), np.concatenate(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--omos", type=Path, required=True)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--reader", type=Path, default=TRAINED)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    omos = Omos(sorted(arguments.omos.glob("train_*.jsonl")))
    with tempfile.TemporaryDirectory() as cache:
        embedder = E5Embedder(cache=Path(cache), threads=arguments.threads)
        model = ReadingModel(embedder.tokenizer, cache=Path(cache), threads=arguments.threads, file=arguments.reader)
        pairs = [(language, language) for language in omos.languages] + list(CROSS)
        held = [id for id in omos.ids if held_out(omos.example(id, *pairs[0]).group)]
        similar = Similarities(embedder)
        asked = [omos.example(id, *pair) for pair in pairs for id in held]
        seen = [look(example, model, similar) for example in asked]
        gaps = [look(without_answer(example), model, similar) for example in asked if example.answers]
        seen = with_gaps(seen, [one for one in gaps if one.example.lines])
        own = [(code, example) for code, example in Cards().by_language() if held_out(example.group)]
        on_cards = [look(example, model, similar) for _, example in own]
        hits = None
        if arguments.data:
            analysers = {code: language.analyser for code, language in load_languages().items()}
            config = IndexConfig(data=arguments.data, analysers=analysers)
            with CurrentIndex(config, embedder, load_glossary()).use() as index:
                hits = retrieved(own, index, model, known_questions(list(Cards().examples()), embedder))
    print("OMoS-QA, held-out pages:", json.dumps(cross_validated(seen)))
    print("cards held out:", json.dumps(cross_validated(on_cards)))
    omos_calibration, cards_calibration = fitted(seen), fitted(on_cards)
    card_file = arguments.reader.with_suffix(".json")
    card = json.loads(card_file.read_text(encoding="utf-8"))
    calibrations = {"pages": omos_calibration, "cards": cards_calibration}
    if hits is not None:
        texts, lines = hits
        line = tuple(logistic(lines[:, :-1], lines[:, -1]))
        for name, columns in (("hits", slice(0, HIT_FEATURES)), ("hits_beside_known", slice(0, -1))):
            text = tuple(logistic(texts[:, columns], texts[:, -1]))
            calibrations[name] = Calibration(line, text, threshold=0.5)
    card["calibration"] = {name: calibration.to_dict() for name, calibration in calibrations.items()}
    card_file.write_text(json.dumps(card, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps(card["calibration"], indent=2))


if __name__ == "__main__":
    main()
