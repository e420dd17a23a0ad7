"""What commands share: settings, output, and errors that a user can mend in one line."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

if TYPE_CHECKING:
    from assistant.config import AssistantConfig
    from web.settings import WebSettings

EXIT_FAILED = 1
EXIT_USAGE = 2

out = Console(soft_wrap=True, highlight=False)
err = Console(stderr=True, soft_wrap=True, highlight=False)

JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@contextmanager
def clear_errors() -> Iterator[None]:
    """What users can mend ends as one line and exit status 1, never as a traceback."""
    from assistant.config import InvalidConfig
    from assistant.languages import LanguageFileError
    from assistant.questions import InvalidQuestion
    from assistant.translators import TranslationError
    from corpus.documents import CorpusError
    from indexing.builds import BuildError
    from indexing.embedders import EmbedderError
    from indexing.lexical import UnknownAnalyser
    from indexing.stores import StoreError

    try:
        yield
    except (InvalidConfig, InvalidQuestion, LanguageFileError, UnknownAnalyser) as error:
        fail(str(error), EXIT_USAGE)
    except (CorpusError, BuildError, EmbedderError, StoreError, TranslationError) as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename or ''}: {error.strerror or error}".lstrip(": "))


def fail(message: str, status: int = EXIT_FAILED) -> NoReturn:
    """Ends the command with one line."""
    err.print(f"neuvo: {escape(message)}", style="red")
    raise typer.Exit(status)


def read_settings() -> AssistantConfig:
    """Those of ``neuvo.toml`` and the environment. Raises InvalidConfig."""
    from assistant.answering import index_config
    from assistant.config import read_config
    from assistant.languages import load_languages

    return index_config(read_config(os.environ), load_languages())


def web_settings(config: AssistantConfig) -> WebSettings:
    """Those of the page and the API. Raises InvalidConfig."""
    from web.configuration import read_web_settings

    return read_web_settings(os.environ, config.index.data)


def print_line(value: Any) -> None:
    """As one line of JSON, at once."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def print_json(value: Any) -> None:
    """As JSON to be read."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")
