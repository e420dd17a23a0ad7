"""Quotes in the asker's language, or as near to it as can be: as they stand where they are in it, translated by a
machine where an engine can, else the original with what it is about. Every one carries the original."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from assistant.answers import Citation, Sentence
from assistant.languages import Language, direction_of, display_name
from assistant.reading import ReadSentence
from assistant.topics import Topics
from assistant.translators import TranslatedSentence, TranslationError, Translator
from assistant.true_language import LanguageCheck


@dataclass(frozen=True, slots=True)
class Quotes:
    """``before`` is what must be said before them, in the asker's language; ``sentences`` are the quotes, each with its
    citation; ``trace`` says how they were translated, or why not, without their texts."""

    before: tuple[str, ...]
    sentences: tuple[Sentence, ...]
    trace: tuple[dict[str, Any], ...] = ()


class Quoting:
    """Makes Quotes. Safe to share between threads."""

    def __init__(
        self, languages: Mapping[str, Language], check: LanguageCheck, translator: Translator, topics: Topics
    ) -> None:
        self._languages = languages
        self._check = check
        self._translator = translator
        self._topics = topics

    def quotes(
        self, chosen: Sequence[ReadSentence], language: Language, topic: Callable[[], str | None] = lambda: None
    ) -> Quotes:
        """The ``chosen`` sentences of one document for someone who reads ``language``. ``topic`` tells what a source
        that stays in its own language is about, where the glossary of official terms does not."""
        codes = [self._check.true(sentence.text, sentence.document.language) for sentence in chosen]
        translated: dict[int, TranslatedSentence] = {}
        trace: list[dict[str, Any]] = []
        for code in dict.fromkeys(codes):
            if code != language.code:
                numbers = [number for number, its in enumerate(codes) if its == code]
                found, how = self._translated([chosen[number].text for number in numbers], code, language.code)
                translated |= {number: one for number, one in zip(numbers, found, strict=True) if one.text}
                trace += [how] if how else []
        sentences = []
        for number, (sentence, code) in enumerate(zip(chosen, codes, strict=True)):
            citation = cite(sentence, code, self._languages)
            if number in translated:
                text = translated[number].text or ""
                sentences.append(Sentence(text, language.code, language.direction, (citation,), True))
            else:
                machine = sentence.document.machine_translated
                sentences.append(Sentence(sentence.text, code, citation.direction, (citation,), machine))
        return Quotes(
            tuple(self._before(chosen, codes, set(translated), language, topic)), tuple(sentences), tuple(trace)
        )

    def _translated(
        self, texts: Sequence[str], source: str, target: str
    ) -> tuple[Sequence[TranslatedSentence], dict[str, Any] | None]:
        """Nothing where no engine can; an engine that fails stops no answer."""
        nothing = [TranslatedSentence(None)] * len(texts)
        if target not in self._translator.languages().get(source, ()):
            return nothing, None
        try:
            done = self._translator.translate(texts, source, target)
        except TranslationError as error:
            return nothing, {"source": source, "target": target, "error": str(error)}
        confidence = None if math.isnan(done.confidence) else round(done.confidence, 3)
        refused = [one.refused for one in done.sentences if one.text is None]
        return done.sentences, {
            "source": source,
            "target": target,
            "engine": done.engine,
            "pivot": list(done.pivot),
            "confidence": confidence,
            "refused": refused,
        }

    def _before(
        self,
        chosen: Sequence[ReadSentence],
        codes: Sequence[str],
        translated: set[int],
        language: Language,
        topic: Callable[[], str | None],
    ) -> list[str]:
        says = language.messages
        by_machine = dict.fromkeys(codes[number] for number in sorted(translated))
        foreign = [number for number, code in enumerate(codes) if code != language.code and number not in translated]
        before = [says.machine_translated.format(language=display_name(code, language.code)) for code in by_machine]
        originals = dict.fromkeys(codes[number] for number in foreign)
        before += [says.quote_original.format(language=display_name(code, language.code)) for code in originals]
        if foreign:
            first = chosen[foreign[0]]
            quoted = [chosen[number].text for number in foreign]
            texts = [*quoted, *reversed(first.passage.headings), first.document.title]
            about = self._topics.of(texts, codes[foreign[0]], language.code) or tuple(filter(None, [topic()]))
            if about:
                before.append(says.source_about.format(topic=language.listed(about)))
        return before


def cite(sentence: ReadSentence, code: str, languages: Mapping[str, Language]) -> Citation:
    """The verbatim place of a sentence, which is in the language ``code``."""
    document = sentence.document
    return Citation(
        document=document.id,
        title=document.title,
        publisher=document.publisher,
        municipality=", ".join(document.municipalities) or None,
        language=code,
        direction=direction_of(code, languages),
        quote=sentence.text,
        start=sentence.start,
        end=sentence.end,
        status=document.status,
        url=document.url,
        passage=sentence.passage.id,
        valid_from=document.valid_from,
        valid_until=document.valid_until,
        based_on=document.based_on,
    )


def with_true_language(sentence: Sentence, check: LanguageCheck, languages: Mapping[str, Language]) -> Sentence:
    """``sentence`` under the language that its text is in, as the last thing before it is shown."""
    code = check.true(sentence.text, sentence.language)
    if code == sentence.language:
        return sentence
    return replace(sentence, language=code, direction=direction_of(code, languages))
