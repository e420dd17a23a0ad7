"""What Neuvo declines in part, told from the words of a request without a model: a verdict on a permit, a benefit or an
appeal, acting for somebody, and another person's data.

The general guidance there is goes with it, and the authority that decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from assistant.answers import Contact
from assistant.languages import Language
from assistant.phrases import Phrases, words
from assistant.reading import ReadSentence
from corpus.documents import BlockKind, Document
from indexing.retrieval import Index

AUTHORITY_CARD = "which-authority"
"""The service card that says which authority decides on what, and how one disagrees with a decision."""


class Declined(StrEnum):
    """What is asked for and not done; the keys of each language's ``[declines]``."""

    PERMIT = "permit"
    BENEFIT = "benefit"
    APPEAL = "appeal"
    ON_BEHALF = "on_behalf"
    ABOUT_OTHER = "about_other"


VERDICTS = frozenset([Declined.PERMIT, Declined.BENEFIT, Declined.APPEAL])
_MIGRI = Contact("Maahanmuuttovirasto (Migri)", url="https://migri.fi")
_KELA = Contact("Kela", url="https://www.kela.fi")
_DECIDES = {Declined.PERMIT: ("migri", _MIGRI), Declined.BENEFIT: ("kela", _KELA)}
"""How the authority's sentence is found in the card, whatever its language, and how the authority is reached."""


class Decliner:
    """Recognises requests by the tables of ``languages``. Safe to share between threads."""

    def __init__(self, languages: Mapping[str, Language]) -> None:
        self._languages = languages
        self._tables: dict[str, dict[Declined, Phrases]] = {}

    def declined(self, text: str, language: str) -> tuple[Declined, ...]:
        """What ``text`` asks for that is not done, in the order of Declined."""
        if language not in self._tables:
            asked = self._languages[language].declines
            self._tables[language] = {kind: Phrases(getattr(asked, kind)) for kind in Declined}
        said = words(text)
        return tuple(kind for kind, phrases in self._tables[language].items() if phrases.found(said))


def says(declined: tuple[Declined, ...], language: Language) -> list[str]:
    """What the asker is told about it, in their language."""
    messages = language.messages
    said = [messages.declined_verdict] if VERDICTS.intersection(declined) else []
    said += [messages.declined_behalf] if Declined.ON_BEHALF in declined else []
    return said + ([messages.declined_other_person] if Declined.ABOUT_OTHER in declined else [])


def authorities(declined: tuple[Declined, ...], text: str) -> tuple[Contact, ...]:
    """Who decides on it. On an appeal it is whoever ``text`` names; nobody where it names none."""
    folded = text.casefold()
    wanted = {_DECIDES[kind] for kind in declined if kind in _DECIDES}
    if Declined.APPEAL in declined:
        wanted |= {(name, contact) for name, contact in _DECIDES.values() if name in folded}
    return tuple(contact for _, contact in _DECIDES.values() if any(contact == one for _, one in wanted))


def guidance(declined: tuple[Declined, ...], index: Index, language: str) -> list[ReadSentence]:
    """What the card about authorities says in ``language`` of who decides, and of how to disagree."""
    card = next(
        (one for one in index.documents() if one.card == AUTHORITY_CARD and one.language == language),
        None,
    )
    if card is None:
        return []
    names = [_DECIDES[kind][0] for kind in declined if kind in _DECIDES]
    appeal = _after_the_list(card) if Declined.APPEAL in declined else range(0)
    return [
        ReadSentence(card, passage, sentence.start, sentence.end, sentence.text, 1.0)
        for passage, sentences in index.sentences_of(card.id)
        for sentence in sentences
        if sentence.start in appeal or any(name in sentence.text.casefold() for name in names)
    ]


def _after_the_list(card: Document) -> range:
    """The place of the paragraph that follows the list of authorities."""
    kinds = [block.kind for block in card.blocks]
    for kind, block in zip(kinds[:-1], card.blocks[1:], strict=True):
        if kind is BlockKind.ITEM and block.kind is BlockKind.PARAGRAPH:
            return range(block.start, block.end)
    return range(0)
