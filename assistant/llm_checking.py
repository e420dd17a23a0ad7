"""Trying an endpoint before it is relied on: what it can do, and how fast. Nothing that anybody asked is sent."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from assistant.grounding import Source
from assistant.language_id import LanguageIdentifier
from assistant.languages import Language
from assistant.llm_config import LlmConfig
from assistant.llm_endpoint import Endpoint
from assistant.llm_output import (
    COMPOSED,
    REWRITTEN,
    TRANSLATIONS,
    BadForm,
    Composed,
    DraftReader,
    Rewritten,
    Translations,
    read,
)
from assistant.llms import LlmError, Message, spending
from assistant.prompts import load_prompt
from assistant.reading import ReadSentence
from assistant.training.claims import Claim, sentences, written
from assistant.verifying import Verifier
from assistant.writing_sources import Links
from corpus.cards import load_cards
from corpus.documents import Document
from indexing.passages import Passage

_SOURCE = (
    "<<source 1 c0de>>\ntitle: Integration training\nmunicipality: Espoo\nlanguage: en\nstatus: in force\ntext:\n"
    "Integration training lasts 220 to 300 days.\nIt is arranged by Omnia.\n<<end 1 c0de>>"
)
_QUESTION = "How many days does integration training last?"
VERIFIED_KINDS = ("negation", "contradiction", "audience", "addition")
"""What no exact check catches."""
CLAIMS_EACH = 12
"""Claims that hold, and claims that do not, with which verifying is tried."""
_ENOUGH = 0.75
"""Of either, told rightly: with fewer, verifying takes away more than it is worth."""


@dataclass(frozen=True, slots=True)
class Tried:
    """One thing that was tried, whether it ``works``, and what came of it."""

    what: str
    works: bool
    ms: float
    said: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """What an endpoint can do: ``steps`` that it can be used for, ``languages`` that it answers in."""

    tried: tuple[Tried, ...]
    steps: tuple[str, ...]
    languages: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def check_endpoint(
    endpoint: Endpoint, config: LlmConfig, languages: Mapping[str, Language], codes: Sequence[str]
) -> Check:
    """Everything tried, each within the time of a question."""
    tried = [_try("models listed", config, lambda: _listed(endpoint, config))]
    tried.append(_try("reached", config, lambda: _whole(endpoint)))
    if not tried[-1].works:
        return Check(tuple(tried), (), ())
    tried.append(_try("structured output", config, lambda: _structured(endpoint)))
    tried.append(_try("streaming", config, lambda: _streamed(endpoint)))
    tried.append(_try("rewrite", config, lambda: _rewritten(endpoint)))
    tried.append(_try("translate", config, lambda: _translated(endpoint)))
    identifier = LanguageIdentifier(languages)
    spoken = []
    for code in codes:
        tried.append(_try(f"answers in {code}", config, lambda: _answers(endpoint, languages[code], identifier)))  # noqa: B023
        if tried[-1].works:
            spoken.append(code)
    if spoken:
        tried.append(_verifies(endpoint, config, languages, spoken))
    works = {one.what for one in tried if one.works} | ({"compose"} if spoken else set())
    steps = tuple(step for step in ("compose", "rewrite", "verify", "translate") if step in works)
    return Check(tuple(tried), steps, tuple(spoken))


class _No(Exception):
    """What was tried does not work; the text says why."""


def _try(what: str, config: LlmConfig, attempt: Callable[[], str]) -> Tried:
    started = time.perf_counter()

    with spending(config.seconds):
        try:
            return Tried(what, True, said=attempt(), ms=_ms(started))
        except (LlmError, BadForm, _No) as error:
            return Tried(what, False, said=str(error), ms=_ms(started))


def _ms(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 1)


def _listed(endpoint: Endpoint, config: LlmConfig) -> str:
    names = endpoint.models()
    if names and config.model not in names:
        raise _No(f"{config.model} is not among {', '.join(names[:8])}")
    return f"{len(names)} models"


def _whole(endpoint: Endpoint) -> str:
    found = endpoint.complete([Message("user", "Say OK.")], step="check")
    return f"{found.tokens_in} tokens in, {found.tokens_out} out"


def _structured(endpoint: Endpoint) -> str:
    read(endpoint.complete(_composing("English", "en"), step="check", schema=COMPOSED).text, Composed)
    return f"by {endpoint.structured}"


def _streamed(endpoint: Endpoint) -> str:
    reader, started, first, pieces = DraftReader(), time.perf_counter(), 0.0, 0
    for piece in _pieces(endpoint):
        first = first or time.perf_counter() - started
        pieces += 1
        reader.feed(piece)
    read(reader.text, Composed)
    if pieces < 2:
        raise _No("came in one piece")
    return f"first piece after {first * 1000:,.0f} ms, {pieces} pieces"


def _pieces(endpoint: Endpoint) -> Iterator[str]:
    return endpoint.stream(_composing("English", "en"), step="check", schema=COMPOSED)


def _rewritten(endpoint: Endpoint) -> str:
    messages = [
        Message("system", load_prompt("rewrite").fill({"language": "English"})),
        Message("user", "1. How long does integration training last?\n2. And where is it?"),
    ]
    question = read(endpoint.complete(messages, step="check", schema=REWRITTEN).text, Rewritten).question
    if "training" not in question.casefold():
        raise _No("does not say what the question is about")
    return question


def _translated(endpoint: Endpoint) -> str:
    prompt = load_prompt("translate").fill({"source": "Finnish", "target": "English"})
    messages = [
        Message("system", prompt),
        Message("user", "1. Kirjastokortti on maksuton.\n2. Kurssi kestää 20 päivää."),
    ]
    found = read(endpoint.complete(messages, step="check", schema=TRANSLATIONS).text, Translations).translations
    if len(found) != 2 or "20" not in found[1]:
        raise _No(f"{len(found)} translations of 2 sentences, or a number lost")
    return " ".join(found)


def _answers(endpoint: Endpoint, language: Language, identifier: LanguageIdentifier) -> str:
    composed = read(
        endpoint.complete(_composing(language.english_name, language.code), step="check", schema=COMPOSED).text,
        Composed,
    )
    text = " ".join(one.text for one in composed.sentences)
    if not text:
        raise _No("says nothing")
    if "220" not in text or not all(1 in one.cites for one in composed.sentences):
        raise _No("figure or citation lost")
    found = identifier.identify(text, page=language.code).code
    if found != language.code:
        raise _No(f"answers in {found}")
    return text[:80]


def labelled(codes: Sequence[str]) -> list[Claim]:
    """Claims about the service cards in the languages ``codes`` by turns: as many that hold as that do not, the latter
    of ``VERIFIED_KINDS`` by turns."""
    claims = written()
    chosen: list[Claim] = []
    for number in range(CLAIMS_EACH):
        code, kind = codes[number % len(codes)], VERIFIED_KINDS[number % len(VERIFIED_KINDS)]
        for wanted in ("supported", kind):
            of_kind = [claim for claim in claims if (claim.language, claim.kind) == (code, wanted)]
            chosen.append(of_kind[(number * 7) % len(of_kind)])
    return chosen


def _verifies(endpoint: Endpoint, config: LlmConfig, languages: Mapping[str, Language], codes: Sequence[str]) -> Tried:
    """Verifying tried with ``labelled`` claims, each within the time of a question, half of them by the card in another
    language; ``ms`` is of one claim, or until a call failed."""
    documents: dict[tuple[str, str], Document] = {}
    for card in load_cards():
        for document in card.documents():
            documents.setdefault((card.slug, document.language), document)
    verifier, right, started = Verifier(endpoint), {True: 0, False: 0}, time.perf_counter()
    claims = labelled(codes)
    for number, claim in enumerate(claims):
        others = sorted(code for slug, code in documents if slug == claim.card and code != claim.language)
        code = others[number % len(others)] if number % 4 > 1 else claim.language
        source = _source(documents[claim.card, code])
        try:
            with spending(config.seconds):
                held = verifier.holds(claim.text, languages[claim.language], [source], Links())
        except LlmError as error:
            return Tried("verify", False, _ms(started), str(error))
        right[claim.supported] += held is claim.supported
    said = f"{right[True]} of {CLAIMS_EACH} that hold confirmed, {right[False]} of {CLAIMS_EACH} that do not caught"
    return Tried("verify", min(right.values()) >= _ENOUGH * CLAIMS_EACH, round(_ms(started) / len(claims), 1), said)


def _source(document: Document) -> Source:
    passage = Passage(document.id, 0, len(document.text), document.text, document.language)
    lines = (ReadSentence(document, passage, 0, 0, text, 1.0) for text in sentences(document))
    return Source(1, document, tuple(lines))


def _composing(name: str, code: str) -> list[Message]:
    asked = {
        "question": _QUESTION,
        "municipality": "Espoo",
        "situation": "not said",
        "today": "2026-01-01",
        "sources": _SOURCE,
        "language": name,
    }
    system = load_prompt("compose").fill({"language": name, "code": code, "mark": "c0de"})
    return [Message("system", system), Message("user", load_prompt("compose_question").fill(asked))]
