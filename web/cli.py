"""The command line: ``neuvo``. Reads the environment and ``neuvo.toml``; everything else is passed on."""

from __future__ import annotations

import gc
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import entry_points, version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from evals.cli import eval_app
from web.accounts_cli import account_app
from web.corpus_cli import corpus_app
from web.insight_cli import insight_app
from web.languages_cli import languages_app
from web.llm_cli import llm_app
from web.operating_cli import feedback_app, notice_app
from web.privacy_cli import privacy_app

if TYPE_CHECKING:
    from assistant.answers import Answer
    from assistant.config import AssistantConfig
    from indexing.builds import BuildReport
    from web.settings import WebSettings

EXIT_FAILED = 1
EXIT_USAGE = 2

app = typer.Typer(
    help="Neuvo answers newcomers' questions from cited documents.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
documents_app = typer.Typer(help="List and remove ingested documents.", invoke_without_command=True)
app.add_typer(documents_app, name="documents")
app.add_typer(corpus_app, name="corpus")
app.add_typer(eval_app, name="eval")
app.add_typer(notice_app, name="notice")
app.add_typer(feedback_app, name="feedback")
app.add_typer(account_app, name="account")
app.add_typer(insight_app, name="insight")
app.add_typer(privacy_app, name="privacy")
app.add_typer(languages_app, name="languages")
app.add_typer(llm_app, name="llm")

_out = Console(soft_wrap=True, highlight=False)
_err = Console(stderr=True, soft_wrap=True, highlight=False)

JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@contextmanager
def _clear_errors() -> Iterator[None]:
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
        _fail(str(error), EXIT_USAGE)
    except (CorpusError, BuildError, EmbedderError, StoreError, TranslationError) as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"{error.filename or ''}: {error.strerror or error}".lstrip(": "))


def _fail(message: str, status: int = EXIT_FAILED) -> None:
    _err.print(f"neuvo: {escape(message)}", style="red")
    raise typer.Exit(status)


def _config() -> AssistantConfig:
    from assistant.answering import index_config
    from assistant.config import read_config
    from assistant.languages import load_languages

    return index_config(read_config(os.environ), load_languages())


def _web_settings(config: AssistantConfig) -> WebSettings:
    from web.configuration import read_web_settings

    return read_web_settings(os.environ, config.index.data)


@app.callback()
def _main(
    show_version: Annotated[bool, typer.Option("--version", help="Show the version.", is_eager=True)] = False,
) -> None:
    if show_version:
        _out.print(version("neuvo"))
        raise typer.Exit


@app.command()
def ingest(
    paths: Annotated[list[Path], typer.Argument(help="Files or folders: .txt .md .html .pdf .docx")],
) -> None:
    """Read documents into the data folder; a sources.toml beside them says what is known of each."""
    from assistant.language_id import LanguageIdentifier
    from assistant.languages import load_languages
    from corpus.ingestion import IngestStatus, ingest
    from corpus.storage import DocumentStore

    styles = {IngestStatus.FAILED: "red", IngestStatus.WARNING: "yellow", IngestStatus.SKIPPED: "dim"}
    with _clear_errors():
        store = DocumentStore(_config().index.data / "documents")
        failed = False
        for result in ingest(paths, store, LanguageIdentifier(load_languages()).identify_document):
            failed |= result.status is IngestStatus.FAILED
            console = _err if result.status in (IngestStatus.FAILED, IngestStatus.WARNING) else _out
            console.print(escape(result.line), style=styles.get(result.status))
    if failed:
        raise typer.Exit(EXIT_FAILED)


@documents_app.callback()
def documents(context: typer.Context, as_json: JsonFlag = False) -> None:
    """List ingested documents."""
    if context.invoked_subcommand:
        return
    from corpus.storage import DocumentStore

    with _clear_errors():
        found = DocumentStore(_config().index.data / "documents").list()
    if as_json:
        shown = [{k: v for k, v in d.to_dict().items() if k not in ("text", "blocks", "facts")} for d in found]
        _print_json(shown)
        return
    for d in found:
        place = ", ".join(d.municipalities) or "municipality unknown"
        _out.print(f"[bold]{d.id}[/bold]  {d.language}  {len(d.text):,} characters  {escape(place)}")
        _out.print(f"    {escape(d.title)} · {escape(d.publisher or 'publisher unknown')}", style="dim")
    if not found:
        _out.print("No documents yet. Add some with: neuvo ingest PATH")


@documents_app.command("remove")
def documents_remove(id: Annotated[str, typer.Argument(help="As neuvo documents lists it.")]) -> None:
    """Remove a document; the next neuvo build leaves it out."""
    from corpus.storage import DocumentStore

    with _clear_errors():
        DocumentStore(_config().index.data / "documents").remove(id)
    _out.print(f"{id} removed; run neuvo build to take it out of the index")


@app.command()
def build(
    as_json: Annotated[bool, typer.Option("--json", help="Print progress as a JSON object a line.")] = False,
) -> None:
    """Index the service cards and the ingested documents, and publish the result."""
    with _clear_errors():
        report = _build(_config(), as_json)
    manifest = report.manifest
    if as_json:
        _print_line({"build": manifest.id, "reused": report.reused, "passages": manifest.passages})
    elif report.reused:
        _out.print(f"up to date: build {manifest.id} ({manifest.passages:,} passages)")
    else:
        _out.print(
            f"published build {manifest.id}: {manifest.documents:,} documents, {manifest.passages:,} passages, "
            f"{report.embedded:,} texts embedded, {report.seconds:.1f} s"
        )


def _build(config: AssistantConfig, as_json: bool = False) -> BuildReport:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from corpus.publishing import all_documents
    from indexing.builds import make_build
    from indexing.embedders import load_embedder

    documents = all_documents(config.index.data)
    embedder = load_embedder(config.index.model, cache=config.index.cache, threads=os.cpu_count() or 1)
    if as_json:

        def tell(stage: str, done: int, total: int) -> None:
            _print_line({"stage": stage, "done": done, "total": total})

        return make_build(documents, config.index, embedder, tell)
    columns = (TextColumn("{task.description:<10}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=_err, transient=True) as bar:
        tasks: dict[str, Any] = {}

        def progress(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=total)
            bar.update(tasks[stage], completed=done, total=total)

        return make_build(documents, config.index, embedder, progress)


@app.command()
def search(
    text: str,
    language: Annotated[str | None, typer.Option(help="The question's language; identified if not given.")] = None,
    count: Annotated[int, typer.Option(min=1, max=100)] = 10,
    as_json: JsonFlag = False,
) -> None:
    """Show the passages found for a text, with what their scores are made of."""
    from assistant.answering import build_assistant

    with _clear_errors():
        assistant = build_assistant(_config())
        try:
            hits = assistant.search(text, language, count)
        finally:
            assistant.close()
    if as_json:
        from indexing.retrieval import describe

        _print_json([{**describe(hit), "title": hit.document.title, "text": hit.passage.text} for hit in hits])
        return
    for hit in hits:
        _out.print(
            f"[bold]{hit.rank:>2}  {hit.score:6.2f}[/bold]  "
            f"cosine {hit.scored.cosine:.3f}  words {hit.scored.lexical:.1f}  "
            f"{hit.passage.language}  {escape(hit.document.id)}"
        )
        above = " › ".join(hit.passage.headings)
        if above:
            _out.print(f"    {escape(above)}", style="dim")
        _out.print(f"    {escape(' '.join(hit.passage.text.split()))}")


@app.command()
def ask(
    question: str,
    language: Annotated[str | None, typer.Option(help="Language of the answer; the question's if not given.")] = None,
    municipality: Annotated[str | None, typer.Option(help="Where the asker lives.")] = None,
    situation: Annotated[str | None, typer.Option(help="jobseeker, employed, at_home, student, ...")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Print how the answer came about, too.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Ask a question and print the answer with its sources."""
    from assistant.answering import build_assistant
    from assistant.questions import InvalidQuestion, Profile, Situation

    with _clear_errors():
        try:
            profile = Profile(municipality, Situation(situation) if situation else None)
        except ValueError:
            known = ", ".join(Situation)
            raise InvalidQuestion(f'the situation "{situation}" is not one of: {known}') from None
        assistant = build_assistant(_config())
        try:
            answer = assistant.ask(question, language=language, profile=profile)
        finally:
            assistant.close()
    if as_json:
        _print_json(answer.to_wire())
        return
    _print_answer(answer)
    if explain:
        from web.explaining import explanation

        _out.print()
        for line in explanation(answer):
            _out.print(escape(line), style="dim")


def _print_answer(answer: Answer) -> None:
    numbered = []
    for sentence in answer.sentences:
        marks = " (machine translation)" if sentence.machine_translated else ""
        for citation in sentence.citations:
            numbered.append(citation)
            marks += f" [{len(numbered)}]"
        _out.print(escape(sentence.text + marks))
    for nearest in answer.nearest:
        details = " · ".join(part for part in (nearest.title, nearest.publisher, nearest.municipality) if part)
        _out.print(escape(f"  - {details}"))
        _out.print(escape(f"    {nearest.document}"), style="dim")
    for gap in answer.missing:
        _out.print(escape(f"? {gap}"))
    if answer.clarify:
        _out.print(escape(answer.clarify.question))
        for choice in answer.clarify.choices:
            _out.print(escape(f"  --{answer.clarify.field} {choice}"))
    _out.print()
    for number, citation in enumerate(numbered, 1):
        known = (citation.publisher, citation.municipality, citation.status)
        details = " · ".join(part or "unknown" for part in known)
        _out.print(escape(f"[{number}] {citation.title} · {details}"))
        place = f"    {citation.document}, characters {citation.start}–{citation.end}"
        _out.print(escape(place), style="dim")
    for contact in answer.contacts:
        _out.print(escape(f"→ {contact.name} {contact.phone or contact.url or ''}"))
    _out.print(escape(f"({answer.status.value}, {answer.language})"), style="dim")


@app.command()
def screen(
    texts: Annotated[list[str] | None, typer.Argument(help="Texts; without any, one a line on standard input.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Show what screening finds in texts: danger, crisis or violence, and personal data, masked."""
    from assistant.languages import load_languages
    from assistant.screening import Screener

    with _clear_errors():
        screener = Screener(load_languages(), _config().index.cache)
    for text in texts or (line.rstrip("\n") for line in sys.stdin):
        found = screener.screen(text)
        if as_json:
            shown = {"category": found.category, "masked": found.masked, "masked_kinds": found.masked_kinds}
            sys.stdout.write(json.dumps(shown, ensure_ascii=False) + "\n")
        else:
            kinds = f" ({', '.join(found.masked_kinds)})" if found.masked_kinds else ""
            _out.print(escape(f"{found.category or '-':10} {found.masked}{kinds}"))


@app.command()
def status(as_json: JsonFlag = False) -> None:
    """Show builds, documents, sizes and the model."""
    from corpus.storage import DocumentStore
    from indexing.builds import current_build, list_builds

    with _clear_errors():
        config = _config().index
        builds = list_builds(config)
        serving = current_build(config)
        documents = len(DocumentStore(config.data / "documents"))
    size = sum(path.stat().st_size for path in config.data.rglob("*") if path.is_file())
    if as_json:
        shown = [
            {
                "id": b.id,
                "serving": b.id == serving,
                "created": b.created,
                "model": b.fingerprint,
                "documents": b.documents,
                "passages": b.passages,
                "languages": b.languages,
            }
            for b in builds
        ]
        _print_json({"data": str(config.data), "bytes": size, "ingested": documents, "builds": shown})
        return
    _out.print(f"data folder   {escape(str(config.data.resolve()))} ({size / 1e6:,.1f} MB)")
    _out.print(f"model         {escape(config.model)}")
    _out.print(f"ingested      {documents} documents")
    for b in builds:
        mark = "serving" if b.id == serving else "kept"
        languages = ", ".join(f"{code} {number}" for code, number in b.languages.items())
        _out.print(f"build         {b.id}  {mark}  {b.documents} documents, {b.passages} passages ({languages})")
    if serving is None:
        _out.print("no build yet; run: neuvo build")


@app.command()
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

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    with _clear_errors():
        config = _config()
        settings = _web_settings(config)
        if build_first:
            # In a process of its own: what building takes of memory is not kept while serving.
            built = subprocess.run([sys.executable, "-m", "web.cli", "build"])
            if built.returncode:
                raise typer.Exit(built.returncode)
        try:
            open_database(settings.database).dispose()  # now, so that what is wrong with it is said in one line
            application = create_app(lambda: build_assistant(config), settings)
        except (LimitsError, StorageError) as error:
            _fail(str(error))
    _out.print(f"Neuvo listens on http://{host}:{port}")
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


def _print_line(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def main() -> None:
    """Console script. Commands of other packages register under the entry point ``neuvo.commands``."""
    for command in entry_points(group="neuvo.commands"):
        app.add_typer(command.load(), name=command.name)
    os.environ["ANONYMIZED_TELEMETRY"] = "False"
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    # Starting makes hundreds of thousands of small objects that stay: looking through them again and again for
    # garbage takes a third of the time.
    gc.set_threshold(100_000)
    app()


if __name__ == "__main__":
    main()
