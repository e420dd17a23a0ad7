"""Follow-ups made to stand alone by a language model: what was asked before goes into the question.

The model's question is only searched and read with. It may hold no figure and no name that the asker did not write.
"""

from __future__ import annotations

from collections.abc import Sequence

from assistant.grounding_figures import FigureReader, lacking
from assistant.grounding_injection import to_a_machine
from assistant.grounding_names import Names
from assistant.language_id import LanguageIdentifier
from assistant.languages import Language
from assistant.llm_output import REWRITTEN, BadForm, Rewritten, read
from assistant.llms import ChatModel, LlmError, Message
from assistant.prompts import load_prompt
from assistant.questions import MAX_CHARACTERS

MOST_BEFORE = 2
"""Questions before the last that the model sees."""


class Rewriter:
    """Rewrites questions with ``model``. Safe to share between threads."""

    def __init__(self, model: ChatModel, identifier: LanguageIdentifier, figures: FigureReader, names: Names) -> None:
        self._model = model
        self._identifier = identifier
        self._figures = figures
        self._names = names
        self._prompt = load_prompt("rewrite")

    def rewrite(self, text: str, before: Sequence[str], language: Language) -> tuple[str | None, str]:
        """``text`` as it would be asked alone, or ``None``; and what happened, for the trace."""
        asked = [*before[-MOST_BEFORE:], text]
        messages = [
            Message("system", self._prompt.fill({"language": language.english_name})),
            Message("user", "\n".join(f"{number}. {' '.join(one.split())}" for number, one in enumerate(asked, 1))),
        ]
        try:
            question = read(self._model.complete(messages, step="rewrite", schema=REWRITTEN).text, Rewritten).question
        except LlmError as error:
            return None, error.kind
        except BadForm:
            return None, "malformed"
        if question.casefold() == text.casefold():
            return None, "unchanged"
        return (question, "used") if self._may(question, asked, language) else (None, "withheld")

    def _may(self, question: str, asked: Sequence[str], language: Language) -> bool:
        """Whether the question says nothing that nobody asked."""
        said = "\n".join(asked)
        figures = self._figures.figures(question, language.code)
        return (
            len(question) <= MAX_CHARACTERS
            and not to_a_machine(question)
            and not lacking(figures, self._figures.figures(said, language.code))
            and self._names.stand(question, language.code, said, "")
            and self._identifier.identify(question, page=language.code).code == language.code
        )
