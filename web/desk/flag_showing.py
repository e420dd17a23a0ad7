"""The page of a flag: the answer then and now, what it cites, what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from assistant.answers import Outcome
from assistant.languages import display_name
from web.desk.access import desk_of
from web.desk.accounts import Role
from web.desk.audit import Entry, Filter
from web.desk.desk import Desk
from web.desk.flag import Flag, NoFlag, card_of, documents_of
from web.desk.responses import page
from web.desk.sessions import Session

EXPECTED: Mapping[str, tuple[str, ...]] = {
    "answer": (),
    "no_answer": (Outcome.NO_INFORMATION.value, Outcome.OUT_OF_SCOPE.value),
    "clarify": (Outcome.CLARIFY.value,),
    "urgent": (Outcome.EMERGENCY.value, Outcome.CRISIS.value),
}
"""What an evaluation case may expect, and the outcomes that are that; none are an answer from the cards named."""


def show_flag(
    request: Request, session: Session, id: int, problem: str = "", form: Mapping[str, str] | None = None
) -> HTMLResponse:
    """The page of a flag; ``problem`` is what was wrong with a form, ``form`` what was sent of a case."""
    desk = desk_of(request)
    try:
        found = desk.reviewing.flags.get(id)
    except NoFlag:
        return no_flag(request, session)
    desk.audit.note(session.account, "flag.read", id)
    files = desk.reviewing.cases
    case = files.get(found.case_id) if files and found.case_id else None
    cited = list(dict.fromkeys([*documents_of(found.answer), *documents_of(found.answer_now), *_one(found.document)]))
    own = session.account.language
    return page(
        request,
        session,
        "review_flag.html",
        422 if problem else 200,
        place="review",
        flag=found,
        problem=problem,
        cited=[(one, card_of(one), one.removeprefix(f"card-{card_of(one)}-")) for one in cited],
        sentence=_sentence(found),
        still=_still_said(found),
        asked_serving=found.asked_again is not None and found.build_now == serving_build(desk, found),
        case=case,
        form=_prefilled(found, form, case),
        history=_history(desk, id),
        people=people_of(desk),
        names=names_of(desk, session),
        situations=dict(desk.pages.languages[own if own in desk.pages.languages else "fi"].situations.items()),
        may_mend=bool({Role.EDITOR, Role.EVALUATOR} & session.account.roles),
        may_edit=Role.EDITOR in session.account.roles,
        all_cards=sorted(desk.reviewing.cards.all()),
        expected=tuple(EXPECTED),
    )


def _history(desk: Desk, id: int) -> list[Entry]:
    """What was done with a flag, the last first; that somebody read it stands in the audit log."""
    entries = desk.audit.all(Filter(action="flag", subject=str(id)))
    return list(islice((entry for entry in entries if entry.action != "flag.read"), 100))


def _prefilled(flag: Flag, form: Mapping[str, str] | None, case: Mapping[str, Any] | None) -> Mapping[str, str]:
    """The fields of the case's form: as they were sent, as the case has them, else from the answer now or then."""
    if form is not None:
        return form
    if case is not None:
        wanted = tuple(case.get("outcome", ()))
        return {
            "expected": next((name for name, outcomes in EXPECTED.items() if outcomes == wanted), "answer"),
            "cards": ", ".join(case.get("cards", ())),
            "documents": ", ".join(case.get("documents", ())),
            "facts": "\n".join(fact["value"] for fact in case.get("facts", ())),
            "must_not": "\n".join(case.get("must_not", ())),
        }
    answer = flag.answer_now or flag.answer
    status = answer["status"] if answer else ""
    cited = documents_of(answer) if status in ("answered", "partial") else []
    said = _sentence(flag)
    return {
        "expected": {"clarify": "clarify", "emergency": "urgent", "crisis": "urgent"}.get(status, "answer"),
        "cards": ", ".join(dict.fromkeys(card for one in cited if (card := card_of(one)))),
        "documents": ", ".join(one for one in cited if card_of(one) is None),
        "facts": "",
        "must_not": said if said and flag.kind in ("wrong", "outdated", "unsafe") and not _still_said(flag) else "",
    }


def _sentence(flag: Flag) -> str:
    """The words that were flagged."""
    sentences = (flag.answer or {}).get("sentences", ())
    if flag.sentence is None or flag.sentence >= len(sentences):
        return ""
    return str(sentences[flag.sentence]["text"])


def _still_said(flag: Flag) -> bool:
    """Whether the answer now still has the flagged sentence."""
    said = _sentence(flag)
    return bool(said) and any(one["text"] == said for one in (flag.answer_now or {}).get("sentences", ()))


def serving_build(desk: Desk, flag: Flag) -> str | None:
    """The build that serves; of a server without a data folder, the one that answered last."""
    return desk.reviewing.publisher.serving() if desk.reviewing.publisher.possible else flag.build_now


def people_of(desk: Desk) -> dict[int, str]:
    """Display names by account."""
    return {listed.account.id: listed.account.display_name for listed in desk.accounts.all()}


def names_of(desk: Desk, session: Session) -> dict[str, str]:
    """Names of languages by code."""
    return {code: display_name(code, session.account.language) for code in desk.pages.languages}


def no_flag(request: Request, session: Session) -> HTMLResponse:
    """For a flag or an answer that there is not, or not any more."""
    return page(request, session, "flag_gone.html", 404, place="review")


def _one(value: str | None) -> list[str]:
    return [value] if value else []
