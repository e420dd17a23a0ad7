"""What the checks find in a card, in the words and the language of whoever edits it at the desk."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from corpus.findings import Finding, Said

Gettext = Callable[[str], str]


def finding_words(finding: Finding, _: Gettext) -> tuple[str, str]:
    """What is wrong, and the mend."""
    words, terms = _words(_), _terms(_)

    def said(text: str) -> str:
        if not isinstance(text, Said):
            return words.get(text, text)
        values = {name: terms.get(str(value), value) for name, value in text.values.items()}
        return words.get(text.template, text.template).format(**values)

    return said(finding.problem), said(finding.mend)


def _terms(_: Gettext) -> Mapping[str, object]:
    """Words that stand in others."""
    return {"words": _("words, counted"), "characters": _("characters, counted")} | status_names(_)


def status_names(_: Gettext) -> dict[str, str]:
    """How the statuses of facts and cards are called."""
    return {
        "in force": _("in force"),
        "planned": _("planned"),
        "target": _("target"),
        "trial": _("trial"),
        "ended": _("ended"),
        "may": _("may"),
        "conflicting": _("conflicting"),
    }


def _words(_: Gettext) -> Mapping[str, str]:
    """By the checks' own words."""
    return {
        "{key} is not written yet": _("“{key}” is not written yet"),
        "write it": _("write it"),
        "the fact {name} ends before the card begins": _("the fact “{name}” ends before the card begins"),
        "mend valid_until or valid_from": _("mend valid_until or valid_from"),
        "the fact {name} outlives the card": _("the fact “{name}” outlives the card"),
        "mend one valid_until or the other": _("mend one valid_until or the other"),
        "{source} was seen on {day}, which has not come yet": _(
            "the source {source} was seen on {day}, which has not come yet"
        ),
        "mend the day": _("mend the day"),
        "Neuvo has no language {language!r}": _("Neuvo has no language “{language}”"),
        "name the file after a language it has": _("name the file after a language it has"),
        "there is no such text": _("there is no such text"),
        "write it from fi.md": _("write it from the Finnish text"),
        "the source {source} has another title or publisher in {card}": _(
            "the source {source} has another title or publisher in the card {card}"
        ),
        "give one source one title and publisher": _("give one source one title and publisher"),
        "the source {source} is {known} in {card}": _("the source {source} is called {known} in the card {card}"),
        "give one source one name": _("give one source one name"),
        "the fact {name} ({wording!r}) is missing": _("the fact “{name}” is missing: {wording}"),
        "write it, or give wordings.{name} in the text's front matter the words used": _(
            "write it into the text, or write the words that stand for it into its field under “Wordings of facts”"
        ),
        "the official name {name!r} is missing": _("the official name {name} is missing"),
        "write it as it stands in service.toml": _("write it as it stands in the facts of the card"),
        "the number {number!r} is no fact of the card": _("the number {number} is no fact of the card"),
        "the address {address!r} is no fact of the card": _("the address {address} is no fact of the card"),
        "make it a fact with its source": _("leave it out, or add it to the facts with its source"),
        "the fact {name} is {status}, and its sentence does not say so": _(
            "the fact “{name}” has the status “{status}”, and its sentence does not say so"
        ),
        "use one of: {words}": _("use a word that begins with one of: {words}"),
        "{wording!r} is conflicting, and its sentence holds no other version": _(
            "sources disagree about {wording}, and its sentence holds no other version"
        ),
        "put the versions into one sentence: a sentence can be quoted alone": _(
            "put the versions into one sentence: a sentence can be quoted alone"
        ),
        "{size} {unit}": _("the text has {size} {unit}"),
        "write {least}-{most}": _("write {least} to {most}"),
        "sentences of {mean:.1f} {unit} on average; the longest, of {longest}, is here": _(
            "sentences are long: {mean:.1f} {unit} on average, the longest {longest}"
        ),
        "split the longest ones, to {limit:g} on average": _("split the longest ones, to {limit:g} on average"),
        "the letter {letter!r} is not of this language": _("the letter {letter} is not of this language"),
        "write {word!r} anew": _("write the word {word} anew"),
        "the digit {digit!r}": _("the digit {digit}"),
        "write the Western digit {digit}": _("write the digit {digit}"),
        "the letter {letter!r} is not {script}": _("the letter {letter} is not of the script of this language"),
        "write {word!r} in {script}": _("write {word} in the script of this language"),
        "{word!r} mixes Latin and Cyrillic letters": _("{word} mixes Latin and Cyrillic letters"),
        "write it in one script": _("write it in one script"),
        "a sentence that is not in {script}": _("a sentence is not in the script of this language"),
        "translate it": _("translate it"),
        "the text is in {found!r}, not in {language!r}": _("the text seems to be in another language ({found})"),
        "translate it, or rename the file": _("translate it"),
        "this paragraph is in {found!r}, not in {language!r}": _(
            "a paragraph seems to be in another language ({found})"
        ),
        "{key} stands in a text that is {translation!r}": _("a review is noted of a text that nobody has read"),
        'write translation = "{reviewed}", or remove it': _("mark it as read, or save it once more"),
        "reviewed, without {missing}": _("a review without who reviewed it, or when"),
        "add it below": _("write the role of whoever read it"),
        "{day} has not come yet": _("{day} has not come yet"),
        "write the day of the review": _("write the day of the review"),
        "wordings.{name} is the wording of no fact": _("“{name}” is the wording of no fact"),
        "remove it, or name the fact as it is": _("leave it empty"),
        "the personal address {address!r}": _("the personal address {address}"),
        "name the counter, the unit or the site": _("name the counter, the unit or the site"),
        "{person!r} looks like a person's name": _("{person} looks like a person's name"),
        "name the role or the unit": _("name the role or the unit"),
    }
