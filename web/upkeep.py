"""What must happen though nobody asks for it: what is over is deleted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from web.asking import Desk
from web.guard import log_failure

_MINUTE, _DAY = 60.0, 24 * 3600.0


def start(desk: Desk) -> list[asyncio.Task[None]]:
    """Tasks to cancel at the end: conversations each minute, feedback past its days at the start and daily."""
    days = timedelta(days=desk.settings.feedback_days)
    return [
        asyncio.create_task(_every(_MINUTE, "Forgetting conversations", desk.forget_expired)),
        asyncio.create_task(
            _every(_DAY, "Deleting old feedback", lambda: desk.feedback.purge(datetime.now(UTC) - days))
        ),
    ]


async def _every(seconds: float, doing: str, work: Callable[[], object]) -> None:
    while True:
        try:
            await asyncio.to_thread(work)
        except Exception as error:  # tomorrow is another day
            log_failure(doing, error)
        await asyncio.sleep(seconds)
