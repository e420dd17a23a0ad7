"""The end of a turn: the Answer with its contacts, what is said beside it, and the trace of how it came about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assistant import declining
from assistant.answers import Answer, Contact, Nearest, Outcome, Sentence
from assistant.clarifying import fitting
from assistant.composing import own_words
from assistant.config import AssistantConfig
from assistant.contacts import EMERGENCY_CARD, contacts_for
from assistant.languages import Language, direction_of
from assistant.quoting import with_true_language
from assistant.reading import describe_reading
from assistant.true_language import LanguageCheck
from assistant.turns import Turn
from assistant.wishes import Wishes
from corpus.documents import Document
from indexing.retrieval import describe

NEAR = 1.5
"""Score of a hit that is worth naming when nothing answers."""
_TRACED_HITS = 10
_NEAREST = 3


class Finisher:
    """Makes the Answer of a turn. ``check`` has the last word on every sentence's language."""

    def __init__(self, languages: Mapping[str, Language], check: LanguageCheck, config: AssistantConfig) -> None:
        self._languages = languages
        self._wishes = Wishes(languages)
        self._check = check
        self._config = config

    def finish(
        self,
        turn: Turn,
        status: Outcome,
        says: list[str],
        quoted: tuple[Sentence, ...] = (),
        bodies: tuple[str, ...] = (),
        *,
        violence: bool = False,
        **more: Any,
    ) -> Answer:
        """The Answer with what Neuvo itself says, then the quotes; ``bodies`` are responsible and go first among the
        contacts; those who help against violence go first where it is about ``violence``; ``more`` are further fields
        of it. Whatever may be urgent though nothing says so surely gets the contacts of a crisis."""
        says = [*declining.says(turn.declined, turn.language), *says]
        if turn.screening and turn.screening.masked_kinds:
            kinds = turn.language.listed(turn.language.masked[kind] for kind in turn.screening.masked_kinds)
            says = [turn.language.messages.personal_data_masked.format(kinds=kinds), *says]
        urgent = status not in (Outcome.EMERGENCY, Outcome.CRISIS) and self._may_be_urgent(turn)
        if urgent and turn.urgency:
            violence = turn.urgency.kind == "violence"
        contacts = contacts_for(
            Outcome.CRISIS if urgent else status, turn.language, self._config.person_url, violence=violence
        )
        authorities = declining.authorities(turn.declined, turn.text)
        return Answer(
            id=turn.id,
            status=status,
            language=turn.language.code,
            direction=turn.language.direction,
            sentences=tuple(
                with_true_language(sentence, self._check, self._languages)
                for sentence in (*own_words(says, turn.language), *quoted)
            ),
            contacts=contacts if urgent else (*authorities, *map(Contact, bodies), *contacts),
            trace=_trace(turn) | {"wants_person": self._wishes.wants_person(turn.text, turn.language.code)},
            **more,
        )

    def _may_be_urgent(self, turn: Turn) -> bool:
        """Whether the second look is in doubt, or what was found first is the card about emergencies."""
        if turn.urgency and turn.urgency.probability >= self._config.thresholds.perhaps_urgent:
            return True
        firsts = [hit for part in turn.parts for hit in part.hits[:1]]
        return any(hit.document.card == EMERGENCY_CARD and hit.score >= NEAR for hit in firsts)

    def nearest(self, turn: Turn) -> tuple[Nearest, ...]:
        """The sources nearest to the first question, each once."""
        documents = {hit.document.id: hit.document for hit in turn.parts[0].hits if hit.score >= NEAR}
        return tuple(
            Nearest(
                document.id,
                document.title,
                document.language,
                direction_of(document.language, self._languages),
                document.publisher,
                ", ".join(document.municipalities) or None,
                document.url,
            )
            for document in list(documents.values())[:_NEAREST]
        )


def responsible(turn: Turn, documents: list[Document]) -> tuple[str, ...]:
    """Who is responsible for what the documents tell, for this asker: the official names, each once."""
    fits = [fitting(document, [], turn.home, turn.profile.situation) for document in documents]
    return tuple(dict.fromkeys(one.body for one in fits if one.body))


def _trace(turn: Turn) -> dict[str, Any]:
    return {
        "build": turn.index.id if turn.index else None,
        "model": turn.index.manifest.fingerprint if turn.index else None,
        "language_source": turn.language_source,
        "municipalities": sorted(turn.about),
        "masked": list(turn.screening.masked_kinds) if turn.screening else [],
        "category": turn.screening.category if turn.screening else None,
        "categories": [*(turn.screening.categories if turn.screening else ()), *turn.taken_for],
        "urgency": round(turn.urgency.probability, 3) if turn.urgency else None,
        "declined": list(turn.declined),
        "situation": turn.profile.situation and turn.profile.situation.value,
        "follow_up": any(not part.stands_alone for part in turn.parts),
        "probability": round(max((part.reading.probability for part in turn.parts), default=0.0), 3),
        "hits": [describe(hit) for part in turn.parts for hit in part.hits[:_TRACED_HITS]],
        "read": [text for part in turn.parts for text in describe_reading(part.reading)],
        "translations": turn.translations,
        "reasons": turn.reasons,
    }
