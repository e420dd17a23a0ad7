"""Why an Answer came out as it did, in an advisor's words: what its trace holds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from assistant.answers import Answer, Outcome
from assistant.languages import display_name

Gettext = Callable[[str], str]


def outcome_words(status: Outcome, _: Gettext) -> str:
    """What an outcome means."""
    return {
        Outcome.ANSWERED: _("The sources answer the question."),
        Outcome.PARTIAL: _("The sources answer a part of the question."),
        Outcome.CLARIFY: _("The answer depends on something the client has not said."),
        Outcome.NO_INFORMATION: _("The sources do not answer the question."),
        Outcome.EMERGENCY: _("The message tells of danger to life or health."),
        Outcome.CRISIS: _("The message tells of a crisis or of violence."),
        Outcome.OUT_OF_SCOPE: _("The question is not one that Neuvo answers."),
        Outcome.SMALL_TALK: _("The message asks nothing."),
        Outcome.UNAVAILABLE: _("Neuvo cannot search its sources now."),
    }[status]


def reasons(answer: Answer, language: str, _: Gettext) -> Iterator[str]:
    """Sentences for an advisor who reads ``language``."""
    trace = answer.trace
    quoted = [one for one in trace.get("read", ()) if one["document"] in _cited(answer)]
    if quoted:
        likely = max(one["probability"] for one in quoted)
        yield _("The reader gives the quoted text a probability of %(probability)s that it answers.") % {
            "probability": percent(likely)
        }
    for reason in trace.get("reasons", ()):
        yield _worded(str(reason), language, _)
    names = {
        "permit": _("It asks whether somebody will get a permit or a benefit: only the authority decides that."),
        "benefit": _("It asks whether somebody will get a permit or a benefit: only the authority decides that."),
        "appeal": _("It asks about an appeal: only general guidance is given."),
        "on_behalf": _("It asks Neuvo to act for somebody, which it does not."),
        "about_other": _("It asks about another person: Neuvo knows nothing about anybody."),
    }
    yield from dict.fromkeys(names[one] for one in map(str, trace.get("declined", ())) if one in names)
    urgency = trace.get("urgency")
    if urgency and urgency >= 0.5 and answer.status not in (Outcome.EMERGENCY, Outcome.CRISIS):
        yield _("It may be urgent (probability %(probability)s): read the message once more yourself.") % {
            "probability": percent(urgency)
        }
    if trace.get("masked"):
        yield _("Personal data was hidden before searching.")
    for translation in trace.get("translations", ()):
        if translation.get("error"):
            yield _("A translation failed, so the original is shown.")


def percent(probability: float) -> str:
    """``93 %``, never 0 or 100 for what is not certain."""
    return f"{min(max(round(probability * 100), 1), 99)} %"


def _cited(answer: Answer) -> set[str]:
    return {one.document for sentence in answer.sentences for one in sentence.citations}


def _worded(reason: str, language: str, _: Gettext) -> str:
    """A reason of the trace in the advisor's language; one that nobody put into words stays as it is."""
    if found := re.fullmatch(r"(?:question (\d+): )?probability ([\d.]+) is below ([\d.]+)", reason):
        number, likely, least = found.groups()
        values = {"probability": percent(float(likely)), "least": percent(float(least))}
        if number:
            text = _("Question %(number)s: probability of the best text %(probability)s; at least %(least)s is needed.")
            return text % (values | {"number": number})
        return _("Probability of the best text: %(probability)s; at least %(least)s is needed.") % values
    if found := re.fullmatch(r"Neuvo does not speak (.+)", reason):
        return _("The message seems to be in a language Neuvo does not speak: %(language)s.") % {
            "language": display_name(found[1], language)
        }
    if found := re.fullmatch(r"no document is about (.+)", reason):
        return _("No source is about %(municipality)s.") % {"municipality": found[1]}
    if reason == "the answer depends on the municipality":
        return _("Who is responsible depends on the municipality.")
    if reason == "the answer depends on the situation":
        return _("Who is responsible depends on the client's situation.")
    if reason.startswith("the second look takes it for"):
        return _("No fixed phrase matched; beside known messages it looks urgent.")
    return reason
