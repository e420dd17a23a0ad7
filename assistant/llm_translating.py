"""Translation by a language model, as an engine of ``assistant.translators``, with another to fall back on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assistant.languages import Language
from assistant.llm_output import TRANSLATIONS, Translations, read
from assistant.llms import ChatModel, Message
from assistant.prompts import load_prompt
from assistant.translators import CallableTranslator, EngineFailed, NoRoute, Translation, TranslationError, Translator


def llm_translator(model: ChatModel, languages: Mapping[str, Language]) -> CallableTranslator:
    """An engine between all ``languages``. What it gives is checked where every engine's is."""
    prompt = load_prompt("translate")

    def translate(sentences: Sequence[str], source: str, target: str) -> Sequence[str]:
        names = {"source": languages[source].english_name, "target": languages[target].english_name}
        listed = "\n".join(f"{number}. {' '.join(one.split())}" for number, one in enumerate(sentences, 1))
        messages = [Message("system", prompt.fill(names)), Message("user", listed)]
        said = model.complete(messages, step="translate", schema=TRANSLATIONS).text
        return read(said, Translations).translations

    return CallableTranslator(model.name, list(languages), translate)


class FirstThat:
    """Asks ``first``; where it fails or has no route, ``second``."""

    def __init__(self, first: Translator, second: Translator) -> None:
        self._engines = (first, second)

    def languages(self) -> Mapping[str, frozenset[str]]:
        """Of both."""
        known: dict[str, frozenset[str]] = {}
        for engine in self._engines:
            for source, targets in engine.languages().items():
                known[source] = known.get(source, frozenset()) | targets
        return known

    def translate(self, sentences: Sequence[str], source: str, target: str) -> Translation:
        """See ``Translator``."""
        first, second = self._engines
        try:
            return first.translate(sentences, source, target)
        except TranslationError as error:
            try:
                return second.translate(sentences, source, target)
            except NoRoute:
                raise EngineFailed(str(error)) from error
