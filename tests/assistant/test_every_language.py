"""In every language: each outcome and its contacts, and each kind of personal data that was masked."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from assistant.answering import Assistant, index_config
from assistant.answers import Outcome
from assistant.config import AssistantConfig, Thresholds
from assistant.language_id import LanguageIdentifier
from assistant.languages import load_languages
from indexing.builds import IndexConfig
from tests.assistant.test_answering import assistant, config, open_assistant, own_words  # noqa: F401

LANGUAGES = load_languages()
REACHED = {
    Outcome.EMERGENCY: "Help, my house is on fire!",
    Outcome.CRISIS: "My husband hits me",
    Outcome.SMALL_TALK: "Hello!",
    Outcome.OUT_OF_SCOPE: "Where can I rent a flat in Tampere?",
    Outcome.NO_INFORMATION: "zzz qqq xxx?",
    Outcome.ANSWERED: "The sauna morning is for families",
    Outcome.PARTIAL: "The sauna morning is for families? zzz qqq xxx?",
    Outcome.CLARIFY: "{who} Integration plan: the plan is written by, the plan has goals for studies",
    Outcome.UNAVAILABLE: "The sauna morning is for families",
}
IDENTIFIER = LanguageIdentifier(LANGUAGES)


def who(code: str) -> str:
    """One way to ask who is responsible, as the language's table writes it."""
    words = LANGUAGES[code].asks.responsible[0].replace("…", " ").split()
    return " ".join(word.split("/")[0].strip("$!").replace("_", " ") for word in words)


@pytest.fixture(scope="module")
def lenient(config: AssistantConfig) -> Iterator[Assistant]:  # noqa: F811
    """Answers though half of the question's words are beside the point, as they are beside what was masked."""
    opened = open_assistant(config.model_copy(update={"thresholds": Thresholds(answer=0.1)}))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def buildless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    folder = tmp_path_factory.mktemp("buildless")
    opened = open_assistant(index_config(AssistantConfig(index=IndexConfig(data=folder)), LANGUAGES))
    yield opened
    opened.close()


def test_every_outcome_is_reached() -> None:
    assert set(REACHED) == set(Outcome)


@pytest.mark.parametrize("code", sorted(LANGUAGES))
@pytest.mark.parametrize("status", sorted(REACHED))
def test_neuvo_speaks_the_chosen_language_whatever_the_outcome(
    assistant: Assistant,  # noqa: F811
    lenient: Assistant,
    buildless: Assistant,
    code: str,
    status: Outcome,
) -> None:
    asked = {Outcome.UNAVAILABLE: buildless, Outcome.CLARIFY: lenient}.get(status, assistant)
    answer = asked.ask(REACHED[status].format(who=who(code)), language=code)
    language = LANGUAGES[code]
    assert answer.status is status
    assert (answer.language, answer.direction) == (code, language.direction)
    assert own_words(answer) or code == "en" or answer.clarify
    for sentence in answer.sentences:
        spoken = sentence.language if sentence.citations else code
        assert (sentence.language, sentence.direction) == (spoken, LANGUAGES[spoken].direction)
        assert IDENTIFIER.identify(sentence.text, page=spoken).code == spoken
    messages = dict(language.messages.items())
    if answer.clarify:
        assert answer.clarify.question == messages[f"clarify_{answer.clarify.field}"]
        assert set(answer.clarify.choices) <= dict(language.situations.items()).keys()
    assert {contact.name for contact in answer.contacts} <= set(messages.values())
    assert answer.contacts[-1].name == messages["contact_hello_espoo"]
    uncited = (Outcome.EMERGENCY, Outcome.CRISIS, Outcome.SMALL_TALK, Outcome.OUT_OF_SCOPE, Outcome.NO_INFORMATION)
    if status in (*uncited, Outcome.UNAVAILABLE):
        assert set(own_words(answer)) <= set(messages.values())


def test_without_a_build_emergencies_are_answered(buildless: Assistant) -> None:
    assert "neuvo build" in (buildless.not_ready() or "")
    assert buildless.ask("Help, my house is on fire!").status is Outcome.EMERGENCY


PERSONAL = {
    "identity_code": "131052-308T",
    "bank_account": "FI21 1234 5600 0007 85",
    "payment_card": "4111 1111 1111 1111",
    "email": "anna.example@example.org",
    "phone": "040 123 4567",
    "passport": "passport XP12345678",
    "residence_permit": "residence permit 1234567890",
    "diary_number": "diary number 12345/678/2026",
    "customer_number": "customer number 123456789",
}


@pytest.mark.parametrize("code", sorted(LANGUAGES))
def test_the_asker_is_told_every_kind_that_was_masked_and_is_answered(lenient: Assistant, code: str) -> None:
    language = LANGUAGES[code]
    assert PERSONAL.keys() == dict(language.masked.items()).keys()
    for kind, text in PERSONAL.items():
        answer = lenient.ask(f"{text}. The sauna morning is for families?", language=code)
        assert answer.trace["masked"] == [kind]
        assert answer.status is Outcome.ANSWERED
        assert own_words(answer)[0] == language.messages.personal_data_masked.format(kinds=language.masked[kind])
        assert max(text.split(" "), key=len) not in json.dumps(answer.to_wire())
    both = lenient.ask(f"{PERSONAL['email']}, {PERSONAL['phone']}. Sauna?", language=code)
    listed = language.listed([language.masked.email, language.masked.phone])
    assert own_words(both)[0] == language.messages.personal_data_masked.format(kinds=listed)
