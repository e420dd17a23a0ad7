"""Whether a sentence that a model wrote may be shown: it says what its sources say, and nothing else.

What can be checked without a model is checked first, and exactly: figures, addresses, names, municipality, language,
verdicts. Then a model of entailment is asked. A sentence that fails anything is withheld; the reason is a ``Fault``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from assistant import municipalities
from assistant.grounding_contacts import exchanged
from assistant.grounding_figures import URL, Figure, FigureReader, lacking, load_words
from assistant.grounding_injection import to_a_machine
from assistant.grounding_names import Names
from assistant.grounding_support import Entailment
from assistant.language_id import LanguageIdentifier
from assistant.languages import Language
from assistant.official_terms import OfficialTerms
from assistant.phrases import Phrases, weight, words
from assistant.reading import ReadSentence
from assistant.true_language import FEWEST_WORDS, SURE
from corpus.documents import Document

MOST_QUOTES = 3
"""Sentences of sources that are shown for one sentence of an answer."""
_CLAUSE = re.compile(r"[,;:()\u2013\u2014\u060c\uff0c\u3002!?.\u061f]+\s+|[\uff0c\u3002\u060c]")
_CLAUSE_WORDS = 6
_SPACE = re.compile(r"\s+")


class Fault(StrEnum):
    """Why a sentence is withheld."""

    UNCITED = "uncited"
    NO_SUCH_SOURCE = "no_such_source"
    LINK = "link"
    FIGURE = "figure"
    NAME = "name"
    MUNICIPALITY = "municipality"
    LANGUAGE = "language"
    VERDICT = "verdict"
    INSTRUCTION = "instruction"
    UNSUPPORTED = "unsupported"
    UNVERIFIED = "unverified"
    REPEATED = "repeated"
    FORM = "form"


@dataclass(frozen=True, slots=True)
class Source:
    """A text that a model is given under a ``number``: sentences of one document that answer or stand beside those."""

    number: int
    document: Document
    sentences: tuple[ReadSentence, ...]
    headings: tuple[str, ...] = ()

    @property
    def about(self) -> str:
        """What stands above and beside the sentences and may be said too: title, headings, who published it."""
        document = self.document
        bodies = [body for _, _, body in document.responsible]
        above = (
            document.title,
            *self.headings,
            document.publisher,
            *document.municipalities,
            *bodies,
            document.url,
        )
        return "\n".join(part for part in above if part)


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of a sentence: its ``quotes`` where it may be shown, else the ``fault``. ``support`` is what the
    model of entailment gave it, 1.0 where it is ``verbatim`` a source's own."""

    quotes: tuple[ReadSentence, ...] = ()
    fault: Fault | None = None
    support: float = 0.0
    verbatim: bool = False


class Grounding:
    """Checks sentences in the ``languages``. Safe to share between threads."""

    def __init__(
        self,
        languages: Mapping[str, Language],
        identifier: LanguageIdentifier,
        entailment: Entailment,
        terms: OfficialTerms,
    ) -> None:
        tables = load_words()
        self._identifier = identifier
        self.entailment = entailment
        self._figures = FigureReader(tables)
        self._names = Names(languages, terms)
        self._municipalities = municipalities.load_names()
        self._verdicts = {code: Phrases(table.get("verdict", ())) for code, table in tables.items()}

    def check(self, claim: str, language: str, sources: Sequence[Source], known: str = "") -> Checked:
        """``claim`` by the ``sources`` that it cites. ``known`` is what else may be named: the question."""
        if not sources:
            return Checked(fault=Fault.UNCITED)
        if to_a_machine(claim):
            return Checked(fault=Fault.INSTRUCTION)
        lines = [sentence for source in sources for sentence in source.sentences]
        verbatim = [line for line in lines if _folded(line.text) == _folded(claim)]
        if verbatim:
            said_so = Checked((verbatim[0],), support=1.0, verbatim=True)
            return said_so if self._in(claim, language, claim) else _withheld("LANGUAGE")
        said = "\n".join([*(source.about for source in sources), *(line.text for line in lines)])
        for fault, holds in (
            (Fault.VERDICT, self._no_verdict(claim, language)),
            (Fault.MUNICIPALITY, self._same_municipality(claim, sources, said)),
            (Fault.NAME, self._names.stand(claim, language, said, known)),
            (Fault.LANGUAGE, self._in(claim, language, said)),
        ):
            if not holds:
                return Checked(fault=fault)
        figures = self._figures.figures(claim, language)
        told = {line: self._figures.figures(line.text, line.document.language) for line in lines}
        above = [f for source in sources for f in self._figures.figures(source.about, source.document.language)]
        if lacking(figures, [figure for line in lines for figure in told[line]] + above):
            return Checked(fault=Fault.FIGURE)
        if exchanged(claim, figures, [(line.text, told[line]) for line in lines], self.entailment.nearness):
            return Checked(fault=Fault.FIGURE)
        return self._supported(claim, sources, figures, told, above)

    def _supported(
        self,
        claim: str,
        sources: Sequence[Source],
        figures: list[Figure],
        told: Mapping[ReadSentence, list[Figure]],
        above: list[Figure],
    ) -> Checked:
        """The lines that support the claim best, and with them those that hold its figures."""
        best, scored = 0.0, list[tuple[float, ReadSentence]]()
        without_links = URL.sub("", claim)
        for source in sources:
            support = self.entailment.support(
                without_links, source.document.title, [one.text for one in source.sentences]
            )
            best = max(best, support.together)
            scored += zip(support.lines, source.sentences, strict=True)
        if best < self.entailment.least or not scored:
            return Checked(fault=Fault.UNSUPPORTED, support=best)
        scored.sort(key=lambda one: -one[0])
        quotes = [scored[0][1]]
        while len(quotes) < MOST_QUOTES:
            left = lacking(figures, [figure for quote in quotes for figure in told[quote]] + above)
            if not left:
                break
            better = [line for _, line in scored if line not in quotes and len(lacking(left, told[line])) < len(left)]
            if not better:
                break
            quotes.append(better[0])
        return Checked(tuple(sorted(quotes, key=lambda one: (one.document.id, one.start))), support=best)

    def _no_verdict(self, claim: str, language: str) -> bool:
        return language not in self._verdicts or not self._verdicts[language].found(words(claim))

    def _same_municipality(self, claim: str, sources: Sequence[Source], said: str) -> bool:
        named = municipalities.named(claim, self._municipalities)
        told = municipalities.named(said, self._municipalities)
        told |= {place for source in sources for place in source.document.municipalities}
        return named <= told

    def _in(self, claim: str, language: str, said: str) -> bool:
        """Whether the claim, and every longer part of it that is not the source's own words, is in ``language``."""
        if sum(map(weight, words(claim))) >= FEWEST_WORDS:
            found = self._identifier.identify(claim, page=language)
            if found.code != language and found.confidence >= SURE:
                return False
        folded = _folded(said)
        for clause in _CLAUSE.split(claim):
            if sum(map(weight, words(clause))) < _CLAUSE_WORDS or _folded(clause) in folded:
                continue
            found = self._identifier.identify(clause, page=language)
            if found.code != language and found.confidence >= SURE:
                return False
        return True


def _withheld(name: str) -> Checked:
    return Checked(fault=Fault[name])


def _folded(text: str) -> str:
    return _SPACE.sub(" ", text).strip(" .!?。؟").casefold()


def repeated(claim: str, before: Collection[str]) -> bool:
    """Whether ``claim`` says again what was said ``before``, word for word."""
    return _folded(claim) in {_folded(text) for text in before}
