"""What must happen though nobody asks for it: what is over is deleted, what is published is shown."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from web.asking import Reception
from web.desk.handing_over import Task
from web.desk.retention import Keeper
from web.guard import log_failure
from web.notices import Notices

_TEN_SECONDS, _MINUTE, _HOUR = 10.0, 60.0, 3600.0


def start(
    reception: Reception, notices: Notices, keeper: Keeper, more: Iterable[Task] = ()
) -> list[asyncio.Task[None]]:
    """Tasks to cancel at the end: ``more``; notices are read every ten seconds, conversations that are over forgotten
    each minute; at the start and every hour days that are over are counted, and what is past its days is deleted."""
    return [
        asyncio.create_task(_every(_TEN_SECONDS, "Reading notices", notices.refresh)),
        asyncio.create_task(_every(_MINUTE, "Forgetting conversations", reception.forget_expired)),
        asyncio.create_task(_every(_HOUR, "Deleting what is past its days", keeper.work)),
        *(asyncio.create_task(_every(*task)) for task in more),
    ]


async def _every(seconds: float, doing: str, work: Callable[[], object]) -> None:
    while True:
        try:
            await asyncio.to_thread(work)
        except Exception as error:  # tomorrow is another day
            log_failure(doing, error)
        await asyncio.sleep(seconds)
