"""What a client gets instead of what it asked for.

Refused: the response is an ErrorWire, as JSON or within the page.
"""

from __future__ import annotations

from assistant.questions import MAX_CHARACTERS
from web.contract import Language
from web.wire import ErrorWire, FieldProblem, RefusalStatus

_STATUS_CODES: dict[RefusalStatus, int] = {
    "invalid": 422,
    "not_found": 404,
    "too_large": 413,
    "too_many_requests": 429,
    "unavailable": 503,
    "error": 500,
}


class Refused(Exception):
    """``error`` is the response's JSON; its text holds nothing of the question."""

    def __init__(self, error: ErrorWire, retry_after: int | None = None) -> None:
        super().__init__(error.status)
        self.error = error
        self.status_code = _STATUS_CODES[error.status]
        self.headers = {"Cache-Control": "no-store"}
        if retry_after is not None:
            self.headers["Retry-After"] = str(retry_after)


def told(
    language: Language, status: RefusalStatus, message: str, *, field: str | None = None, retry_after: int | None = None
) -> Refused:
    """For the asker: ``message`` names one of the texts of ``language``, ``field`` what it is about."""
    error = ErrorWire(
        status=status,
        message=language.messages[message].replace("{limit}", str(MAX_CHARACTERS)),
        language=language.code,
        direction=language.direction,
        problems=[FieldProblem(field=field, problem=message)] if field else [],
    )
    return Refused(error, retry_after)


def invalid(message: str, field: str) -> ErrorWire:
    """An error for programmers, in English."""
    return ErrorWire(
        status="invalid",
        message=message,
        language="en",
        direction="ltr",
        problems=[FieldProblem(field=field, problem=message)],
    )


def unknown(message: str) -> Refused:
    """For an address that nothing is found at. ``message`` is for programmers, in English."""
    return Refused(ErrorWire(status="not_found", message=message, language="en", direction="ltr"))
