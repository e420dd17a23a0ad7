"""``neuvo serve``: the chat page and the API."""

from __future__ import annotations

import ctypes
import gc
import logging
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from web.command import clear_errors, fail, out, read_settings, web_settings

if TYPE_CHECKING:
    from assistant.answering import Assistant

_ARENA_MAX = -8
"""M_ARENA_MAX of mallopt(3)."""


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8000,
    build_first: Annotated[
        bool, typer.Option("--build", help="Bring the index up to date first if documents changed.")
    ] = False,
) -> None:
    """Serve the chat page and the API."""
    import uvicorn

    from assistant.answering import build_assistant
    from web.app import create_app
    from web.rate_limits import LimitsError
    from web.storage import StorageError, open_database

    _keep_freed_memory_together()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    with clear_errors():
        config = read_settings()
        settings = web_settings(config)
        if build_first:
            # In a process of its own: what building takes of memory is not kept while serving.
            built = subprocess.run([sys.executable, "-m", "web.cli", "build"])
            if built.returncode:
                raise typer.Exit(built.returncode)
        try:
            open_database(settings.database).dispose()  # now, so that what is wrong with it is said in one line
            application = create_app(lambda: _settled(build_assistant(config)), settings)
        except (LimitsError, StorageError) as error:
            fail(str(error))
    out.print(f"Neuvo listens on http://{host}:{port}")
    uvicorn.run(
        application,
        host=host,
        port=port,
        log_level="warning",
        server_header=False,
        # Ours has no addresses, which hold keys and ids; and ours alone says whom forwarded headers are believed from.
        access_log=False,
        proxy_headers=False,
        timeout_graceful_shutdown=30,
    )


def _keep_freed_memory_together() -> None:
    """glibc keeps what is freed apart for up to eight threads a core; with two such places the server holds 40 MB
    less. Elsewhere nothing happens."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").mallopt(_ARENA_MAX, 2)


def _settled(assistant: Assistant) -> Assistant:
    """What is there now stays; looking through it for garbage would hold up every asker for 0.4 s now and then."""
    gc.collect()
    gc.freeze()
    return assistant
