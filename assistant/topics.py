"""What a text is about, in another language's words: by the glossary of official terms, without a model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

from indexing.expansion import TERMS_LANGUAGE, Expander, Glossary
from indexing.lexical import Analyser

MOST_TOPICS = 2


class Topics:
    """Names topics with the words of the glossary, which ``load`` reads at the first need; ``analysers`` say how each
    language's words are compared."""

    def __init__(self, load: Callable[[], Glossary], analysers: Mapping[str, str]) -> None:
        self._load = load
        self._analysers = analysers

    def of(self, texts: Sequence[str], source: str, target: str) -> tuple[str, ...]:
        """At most two topics of ``texts``, which are in ``source``, in words of ``target``; those of the first texts
        first. Empty where the glossary knows none."""
        glossary, expander = self._loaded
        named: list[str] = []
        for text in texts:
            for term in expander.terms(text, source):
                words = (term,) if target == TERMS_LANGUAGE else glossary[term].get(target, ())
                named += words[:1]
        return tuple(dict.fromkeys(named))[:MOST_TOPICS]

    @cached_property
    def _loaded(self) -> tuple[Glossary, Expander]:
        glossary = self._load()
        return glossary, Expander(glossary, Analyser(self._analysers))
