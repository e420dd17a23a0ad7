"""Verifying by a language model: whether a sentence that passed every other check says only what its sources say.

The model that wrote a sentence is asked again, with the sentence and the sources that it cites and nothing else. It can
only take away: what it confirms has passed the checks of ``assistant.grounding`` before.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence

from assistant.grounding import Source
from assistant.languages import Language
from assistant.llm_output import VERIFIED, BadForm, Verified, read
from assistant.llms import ChatModel, Message
from assistant.prompts import load_prompt
from assistant.writing_sources import Links, plain, show


class Verifier:
    """Verifies sentences with ``model``. Safe to share between threads.

    ``mark`` makes the code that tells the lines around a text from lines inside it.
    """

    def __init__(self, model: ChatModel, mark: Callable[[], str] = lambda: secrets.token_hex(4)) -> None:
        self._model = model
        self._mark = mark
        self._prompt = load_prompt("verify")
        self._asking = load_prompt("verify_sentence")

    def holds(self, sentence: str, language: Language, sources: Sequence[Source], links: Links) -> bool:
        """Whether the model confirms ``sentence``, whose addresses are tokens of ``links``, by the ``sources`` that it
        cites. One that is answered in another form is not confirmed. Raises LlmError."""
        mark = self._mark()
        messages = [
            Message("system", self._prompt.fill({"language": language.english_name, "mark": mark})),
            Message(
                "user",
                self._asking.fill(
                    {
                        "sources": "\n\n".join(show(source, mark, links) for source in sources),
                        "sentence": plain(sentence, tokens=True),
                        "mark": mark,
                    }
                ),
            ),
        ]
        try:
            return read(self._model.complete(messages, step="verify", schema=VERIFIED).text, Verified).supported
        except BadForm:
            return False
