"""The languages Neuvo speaks: one file each, ``<code>.toml``, and nothing about a language anywhere else.

A file holds what engines must know (script, direction, codes, how to tokenise), what the assistant says in that
language (``[messages]``, ``[situations]``, ``[masked]``), how people ask and tell of themselves in it (``[asks]``,
``[declines]``, ``[wishes]``, ``[said]``; the notation is that of ``assistant.phrases``), the words it is told by
(``[identification]``), what they say that must not wait (``[screening]``; in the notation of
``assistant.screening_notation``) and what numbers of theirs are called (``[personal_data]``). Adding a language is
adding its file: loading it fails with the list of what it lacks.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Formatter
from typing import Annotated, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator

from assistant.phrases import Phrases
from assistant.screening_combinations import CONCEPTS
from corpus.documents import UNDETERMINED

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]

PLACEHOLDERS: dict[str, set[str]] = {
    "quote_original": {"language"},
    "machine_translated": {"language"},
    "source_about": {"topic"},
    "personal_data_masked": {"kinds"},
    "unsupported_language": {"language"},
    "other_municipality": {"municipality"},
    "question_too_long": {"limit"},
}
"""The placeholders each message must have, no more and no fewer; messages not named here have none."""


class LanguageFileError(ValueError):
    """A language file that cannot be used. The message names the file and every key that is wrong."""


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Texts(_Table):
    """Texts by key, where the key is data: ``texts["busy"]`` is ``texts.busy``."""

    def __getitem__(self, key: str) -> str:
        """Raises KeyError."""
        if key not in type(self).model_fields:
            raise KeyError(key)
        return str(getattr(self, key))

    def get(self, key: str, default: str) -> str:
        """The text, or ``default`` for an unknown key."""
        return self[key] if key in type(self).model_fields else default

    def items(self) -> list[tuple[str, str]]:
        """Keys and texts in the order of the table."""
        return [(key, self[key]) for key in type(self).model_fields]


class Messages(Texts):
    """What the assistant itself says, whole sentences in clear language and polite address."""

    no_information: Text
    no_information_nearest: Text
    unavailable: Text
    emergency: Text
    crisis: Text
    crisis_violence: Text
    out_of_scope: Text
    unsupported_language: Text
    small_talk: Text
    clarify_municipality: Text
    clarify_situation: Text
    personal_data_masked: Text
    declined_verdict: Text
    declined_behalf: Text
    declined_other_person: Text
    quote_original: Text
    machine_translated: Text
    source_about: Text
    status_target: Text
    status_trial: Text
    status_planned: Text
    status_ended: Text
    status_conflicting: Text
    status_draft: Text
    other_municipality: Text
    question_empty: Text
    question_too_long: Text
    busy: Text
    too_many_questions: Text
    error: Text
    contact_hello_espoo: Text
    contact_emergency: Text
    contact_medical: Text
    contact_nollalinja: Text
    contact_victim_support: Text
    contact_mieli: Text

    @field_validator("*")
    @classmethod
    def _placeholders(cls, text: str, info: object) -> str:
        expected = PLACEHOLDERS.get(getattr(info, "field_name", None) or "", set())
        found = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
        if found != expected:
            raise ValueError(f"placeholders {sorted(found)} where {sorted(expected)} belong")
        return text


class Situations(Texts):
    """Labels of ``assistant.questions.Situation``, as choices to pick from."""

    jobseeker: Text
    employed: Text
    at_home: Text
    student: Text
    pensioner: Text
    entrepreneur: Text
    other: Text


class MaskedKinds(Texts):
    """What the kinds of personal data are called that ``assistant.personal_data`` masks."""

    identity_code: Text
    bank_account: Text
    payment_card: Text
    email: Text
    phone: Text
    passport: Text
    residence_permit: Text
    diary_number: Text
    customer_number: Text


class IdentificationWords(_Table):
    """Words, as they are written, by which ``assistant.language_id`` tells the language.

    ``common_words`` are in the language's own script, ``romanised_words`` as people type them in Latin letters.
    """

    common_words: tuple[Text, ...] = Field(min_length=40)
    romanised_words: tuple[Text, ...] = ()


class ScreeningPhrases(_Table):
    """Phrases that screening looks for, in its notation, and ``negatives``: whole texts that must not fire.

    ``exceptions`` are phrases that silence any match they overlap ("fire station"). ``words`` are the words of every
    concept of ``assistant.screening_combinations``.
    """

    emergency: tuple[Text, ...] = Field(min_length=12)
    crisis: tuple[Text, ...] = Field(min_length=6)
    violence: tuple[Text, ...] = Field(min_length=6)
    small_talk: tuple[Text, ...] = Field(min_length=6)
    exceptions: tuple[Text, ...] = ()
    negatives: tuple[Text, ...] = Field(min_length=6)
    words: dict[str, Text]

    @field_validator("words")
    @classmethod
    def _concepts(cls, words: dict[str, str]) -> dict[str, str]:
        if faults := sorted(set(CONCEPTS) ^ set(words)):
            raise ValueError(f"concepts missing or unknown: {faults}")
        return words


class PersonalDataWords(_Table):
    """Words, or parts of words, beside which a number is somebody's own; capitals and diacritics do not count."""

    passport: tuple[Text, ...] = Field(min_length=1)
    residence_permit: tuple[Text, ...] = Field(min_length=1)
    diary_number: tuple[Text, ...] = Field(min_length=1)
    customer_number: tuple[Text, ...] = Field(min_length=1)

    def items(self) -> list[tuple[str, tuple[str, ...]]]:
        """Kinds and their words in the order of the table."""
        return [(key, getattr(self, key)) for key in type(self).model_fields]


class _PhraseTables(_Table):
    """Lists of phrases in the notation of ``assistant.phrases``."""

    @field_validator("*")
    @classmethod
    def _phrases(cls, phrases: tuple[str, ...]) -> tuple[str, ...]:
        Phrases(phrases)
        return phrases


class Asks(_PhraseTables):
    """How questions of a kind are asked.

    ``figure``: only a figure answers; ``price``: only a price does, as ``price_words`` tell it. ``number_words`` tell
    a number or a time without digits. ``responsible``: who is responsible, where to go, whom to ask.
    ``follow_up_start`` and ``follow_up_word`` mark a text that leans on the one before, the former only at its
    beginning; ``new_topic`` one that says it does not; ``correction`` one that says how the one before was meant.
    ``question_words`` ask: a text without any only tells something. ``small_words`` carry no topic.
    """

    figure: tuple[Text, ...] = Field(min_length=3)
    price: tuple[Text, ...] = Field(min_length=3)
    price_words: tuple[Text, ...] = Field(min_length=2)
    number_words: tuple[Text, ...] = Field(min_length=8)
    responsible: tuple[Text, ...] = Field(min_length=8)
    follow_up_start: tuple[Text, ...] = Field(min_length=3)
    follow_up_word: tuple[Text, ...] = Field(min_length=3)
    new_topic: tuple[Text, ...] = Field(min_length=2)
    correction: tuple[Text, ...] = Field(min_length=3)
    question_words: tuple[Text, ...] = Field(min_length=10)
    small_words: tuple[Text, ...] = Field(min_length=20)


class Declines(_PhraseTables):
    """How people ask for what Neuvo does not do; the keys are those of ``assistant.declining.Declined``."""

    permit: tuple[Text, ...] = Field(min_length=3)
    benefit: tuple[Text, ...] = Field(min_length=3)
    appeal: tuple[Text, ...] = Field(min_length=3)
    on_behalf: tuple[Text, ...] = Field(min_length=3)
    about_other: tuple[Text, ...] = Field(min_length=3)


class Wishes(_PhraseTables):
    """What people ask for beside an answer. ``person``: to talk to a person."""

    person: tuple[Text, ...] = Field(min_length=6)


class Said(_PhraseTables):
    """How people say which ``assistant.questions.Situation`` they, or the one they ask about, are in."""

    jobseeker: tuple[Text, ...] = Field(min_length=3)
    employed: tuple[Text, ...] = Field(min_length=3)
    at_home: tuple[Text, ...] = Field(min_length=3)
    student: tuple[Text, ...] = Field(min_length=3)
    pensioner: tuple[Text, ...] = Field(min_length=3)
    entrepreneur: tuple[Text, ...] = Field(min_length=3)

    def items(self) -> list[tuple[str, tuple[str, ...]]]:
        """Situations and their phrases in the order of the table."""
        return [(key, getattr(self, key)) for key in type(self).model_fields]


class Language(_Table):
    """One language, as its file says it.

    ``script`` is ISO 15924, ``locale`` a CLDR id Babel parses, ``language_id`` the codes the identifier gives
    for it. ``analyser`` says how lexical search treats its words: ``snowball:<algorithm>``, ``truncate:<n>``
    (first n letters), ``words`` (as they are) or ``bigrams`` (of characters). ``plural_forms`` is gettext's.
    """

    code: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]
    name: Text
    english_name: Text
    script: Annotated[str, StringConstraints(pattern=r"^[A-Z][a-z]{3}$")]
    direction: Literal["ltr", "rtl"]
    locale: Text
    language_id: tuple[Text, ...] = Field(min_length=1)
    analyser: Annotated[str, StringConstraints(pattern=r"^(snowball:[a-z]+|truncate:[1-9]\d?|words|bigrams)$")]
    numerals: Literal["latn"]
    plural_forms: Annotated[str, StringConstraints(pattern=r"^nplurals=\d; plural=.+;$")]
    sentence_marks: Text
    messages: Messages
    situations: Situations
    masked: MaskedKinds
    asks: Asks
    declines: Declines
    wishes: Wishes
    said: Said
    identification: IdentificationWords
    screening: ScreeningPhrases
    personal_data: PersonalDataWords

    def listed(self, items: Iterable[str]) -> str:
        """``items`` as one list, with the comma of the language's script."""
        return {"Arab": "، ", "Hans": "、"}.get(self.script, ", ").join(items)

    @property
    def screening_digest(self) -> str:
        """SHA-256 (hex) of the screening tables."""
        return hashlib.sha256(self.screening.model_dump_json().encode()).hexdigest()


def load_languages() -> dict[str, Language]:
    """Every packaged language by code, in the order of the codes. The files are read at the first call.

    Raises LanguageFileError when a file is not TOML, lacks a key, has one too many or a wrong value.
    """
    return dict(_packaged())


@cache
def _packaged() -> dict[str, Language]:
    found = (entry for entry in files(__name__).iterdir() if entry.name.endswith(".toml"))
    languages = (load_language(entry) for entry in sorted(found, key=lambda entry: entry.name))
    return {language.code: language for language in languages}


def load_language(file: Traversable | Path) -> Language:
    """The language in one file, whose name must be its code. Raises LanguageFileError."""
    try:
        language = Language.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except tomllib.TOMLDecodeError as error:
        raise LanguageFileError(f"{file.name}: not TOML: {error}") from error
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
        raise LanguageFileError(f"{file.name}: " + "; ".join(faults)) from error
    if file.name != f"{language.code}.toml":
        raise LanguageFileError(f"{file.name}: code: says {language.code!r}, the file's name differs")
    return language


def display_name(of: str, in_: str) -> str:
    """The name of language ``of`` in language ``in_``, both codes, as Unicode CLDR has it.

    Where CLDR has no such name: the language's name in itself, then the code.
    """
    from babel import Locale, UnknownLocaleError

    def names(code: str) -> Locale | None:
        try:
            return Locale.parse({"zh": "zh_Hans"}.get(code, code.replace("-", "_")))
        except (UnknownLocaleError, ValueError):
            return None

    for locale in (names(in_), names(of)):
        if locale is not None and (name := locale.languages.get(of)):
            return str(name)
    return of


class Directed(Protocol):
    """Whatever knows the direction it is written in."""

    @property
    def direction(self) -> str: ...


def direction_of(code: str, languages: Mapping[str, Directed]) -> str:
    """ "ltr" or "rtl", for languages Neuvo does not speak as Unicode CLDR has it; "auto" where nobody knows."""
    from babel import Locale, UnknownLocaleError

    if code in languages:
        return languages[code].direction
    if code == UNDETERMINED:
        return "auto"
    try:
        return str(Locale.parse(code, sep="-").text_direction)
    except (ValueError, UnknownLocaleError):
        return "auto"
