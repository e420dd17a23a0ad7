"""An assistant with a language model: a small corpus, fakes for search and reading, a scripted endpoint."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from assistant.answering import Assistant, index_config
from assistant.config import AssistantConfig, Thresholds
from assistant.figures import FigureQuestions
from assistant.grounding_support import Support
from assistant.languages import load_languages
from assistant.llm_config import LlmConfig
from assistant.llm_endpoint import Endpoint
from assistant.reading import ModelReader
from corpus.documents import Document
from indexing.builds import IndexConfig, make_build
from indexing.serving import CurrentIndex
from tests.fakes import WORDS_CALIBRATION, WordsEmbedder, WordsModel, document

LANGUAGES = load_languages()
TODAY = date(2026, 6, 1)
ASKED = "How many days does integration training last?"
QUOTED = "Integration training lasts 220 days."


class WordsEntailment:
    """Entailment that counts words: a line supports a claim as far as it has the claim's longer words and figures."""

    name, least = "words", 0.5

    def support(self, claim: str, title: str, lines: Sequence[str]) -> Support:
        each = self.nearness(claim, lines)
        return Support(max(each, default=0.0), each)

    def nearness(self, claim: str, lines: Sequence[str]) -> tuple[float, ...]:
        said = _words(claim)
        return tuple(len(said & _words(line)) / max(1, len(said)) for line in lines)


def _words(text: str) -> set[str]:
    return {word for word in re.findall(r"\w+", text.casefold()) if len(word) > 3 or word.isdigit()}


def corpus() -> list[Document]:
    """Texts of a few topics; the filler keeps the words' statistics sane."""
    filler = [document(f"filler-{n}", f"Topic{n} has word{n} and thing{n} in room{n}.") for n in range(60)]
    return [
        *filler,
        document(
            "training-en",
            "# Integration training\nIntegration training lasts 220 days. The lessons are held in Leppävaara.",
            municipalities=("Espoo",),
            publisher="City of Espoo",
            status="in force",
            url="https://www.espoo.fi/en/integration-training",
        ),
        document(
            "library-fi",
            "# Kirjasto\nKirjastokortti on maksuton kaikille asukkaille.",
            "fi",
            municipalities=("Espoo",),
        ),
        document("sauna-vaasa", "The sauna evening for newcomers is every Tuesday.", municipalities=("Vaasa",)),
    ]


def built(data: Path, documents: Sequence[Document] | None = None) -> AssistantConfig:
    """The configuration of a build of ``documents`` in the folder ``data``."""
    settings = AssistantConfig(index=IndexConfig(data=data), thresholds=Thresholds(answer=0.45))
    config = index_config(settings, LANGUAGES)
    make_build(list(documents or corpus()), config.index, WordsEmbedder())
    return config


def with_model(config: AssistantConfig, url: str, **settings: Any) -> Assistant:
    """An assistant whose model is at ``url``."""
    llm = {"url": url, "model": "scripted", "seconds": 2.0, "breaker_failures": 10_000, "concurrency": 64} | settings
    config = config.model_copy(update={"llm": LlmConfig.model_validate(llm)})
    return Assistant(
        config,
        LANGUAGES,
        CurrentIndex(config.index, WordsEmbedder()),
        ModelReader(WordsModel(), WORDS_CALIBRATION, FigureQuestions(LANGUAGES)),
        today=lambda: TODAY,
        model=Endpoint(config.llm, rng=lambda: 0.1),
        entailment=WordsEntailment(),
    )


def without_model(config: AssistantConfig) -> Assistant:
    """The same without one."""
    reader = ModelReader(WordsModel(), WORDS_CALIBRATION, FigureQuestions(LANGUAGES))
    return Assistant(config, LANGUAGES, CurrentIndex(config.index, WordsEmbedder()), reader, today=lambda: TODAY)


def composed(*sentences: tuple[str, list[int]], complete: bool = True) -> str:
    """What a model returns: sentences with the numbers of their sources."""
    listed = [{"text": text, "cites": cites} for text, cites in sentences]
    return json.dumps({"sentences": listed, "complete": complete, "missing": ""}, ensure_ascii=False)
