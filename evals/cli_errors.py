"""Exit statuses of ``neuvo eval``, and how mistakes become one line each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer

EXIT_GATE = 1
"""A gate fails, or the second of two runs is worse."""
EXIT_USAGE = 2
EXIT_BROKEN = 3
"""The run itself failed: nothing can be said about the answers."""


@contextmanager
def failing_clearly() -> Iterator[None]:
    """What people can mend ends in one line a mistake and an exit status, never in a traceback."""
    from assistant.config import InvalidConfig
    from assistant.languages import LanguageFileError
    from corpus.documents import CorpusError
    from evals.adapters import AdapterError
    from evals.bakeoffs import BakeoffError
    from evals.results import RunError
    from evals.suite_files import SuiteError
    from evals.targets import TargetError
    from indexing.builds import BuildError
    from indexing.embedders import EmbedderError
    from indexing.stores import StoreError

    try:
        yield
    except (SuiteError, AdapterError, BakeoffError, InvalidConfig, LanguageFileError) as error:
        raise _failed(str(error), EXIT_USAGE) from error
    except (RunError, TargetError, CorpusError, BuildError, EmbedderError, StoreError) as error:
        raise _failed(str(error), EXIT_BROKEN) from error
    except OSError as error:
        raise _failed(f"{error.filename or ''}: {error.strerror or error}".lstrip(": "), EXIT_BROKEN) from error


def _failed(message: str, status: int) -> typer.Exit:
    for line in message.splitlines():
        typer.echo(f"neuvo: {line}", err=True)
    return typer.Exit(status)
