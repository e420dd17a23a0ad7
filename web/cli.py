"""The command line: ``neuvo``. Reads the environment and ``neuvo.toml``; everything else is passed on."""

from __future__ import annotations

import gc
import json
import os
import sys
from importlib.metadata import entry_points, version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from evals.cli import eval_app
from web.accounts_cli import account_app
from web.command import EXIT_FAILED, JsonFlag, clear_errors, err, out, print_json, print_line, read_settings
from web.corpus_cli import corpus_app
from web.insight_cli import insight_app
from web.languages_cli import languages_app
from web.llm_cli import llm_app
from web.operating_cli import feedback_app, notice_app
from web.privacy_cli import privacy_app
from web.serve_cli import serve

if TYPE_CHECKING:
    from assistant.answers import Answer
    from assistant.config import AssistantConfig
    from indexing.builds import BuildReport

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


@app.callback()
def _main(
    show_version: Annotated[bool, typer.Option("--version", help="Show the version.", is_eager=True)] = False,
) -> None:
    if show_version:
        out.print(version("neuvo"))
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
    with clear_errors():
        store = DocumentStore(read_settings().index.data / "documents")
        failed = False
        for result in ingest(paths, store, LanguageIdentifier(load_languages()).identify_document):
            failed |= result.status is IngestStatus.FAILED
            console = err if result.status in (IngestStatus.FAILED, IngestStatus.WARNING) else out
            console.print(escape(result.line), style=styles.get(result.status))
    if failed:
        raise typer.Exit(EXIT_FAILED)


@documents_app.callback()
def documents(context: typer.Context, as_json: JsonFlag = False) -> None:
    """List ingested documents."""
    if context.invoked_subcommand:
        return
    from corpus.storage import DocumentStore

    with clear_errors():
        found = DocumentStore(read_settings().index.data / "documents").list()
    if as_json:
        shown = [{k: v for k, v in d.to_dict().items() if k not in ("text", "blocks", "facts")} for d in found]
        print_json(shown)
        return
    for d in found:
        place = ", ".join(d.municipalities) or "municipality unknown"
        out.print(f"[bold]{d.id}[/bold]  {d.language}  {len(d.text):,} characters  {escape(place)}")
        out.print(f"    {escape(d.title)} · {escape(d.publisher or 'publisher unknown')}", style="dim")
    if not found:
        out.print("No documents yet. Add some with: neuvo ingest PATH")


@documents_app.command("remove")
def documents_remove(id: Annotated[str, typer.Argument(help="As neuvo documents lists it.")]) -> None:
    """Remove a document; the next neuvo build leaves it out."""
    from corpus.storage import DocumentStore

    with clear_errors():
        DocumentStore(read_settings().index.data / "documents").remove(id)
    out.print(f"{id} removed; run neuvo build to take it out of the index")


@app.command()
def build(
    as_json: Annotated[bool, typer.Option("--json", help="Print progress as a JSON object a line.")] = False,
) -> None:
    """Index the service cards and the ingested documents, and publish the result."""
    with clear_errors():
        report = _build(read_settings(), as_json)
    manifest = report.manifest
    if as_json:
        print_line({"build": manifest.id, "reused": report.reused, "passages": manifest.passages})
    elif report.reused:
        out.print(f"up to date: build {manifest.id} ({manifest.passages:,} passages)")
    else:
        out.print(
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
            print_line({"stage": stage, "done": done, "total": total})

        return make_build(documents, config.index, embedder, tell)
    columns = (TextColumn("{task.description:<10}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True) as bar:
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

    with clear_errors():
        assistant = build_assistant(read_settings())
        try:
            hits = assistant.search(text, language, count)
        finally:
            assistant.close()
    if as_json:
        from indexing.retrieval import describe

        print_json([{**describe(hit), "title": hit.document.title, "text": hit.passage.text} for hit in hits])
        return
    for hit in hits:
        out.print(
            f"[bold]{hit.rank:>2}  {hit.score:6.2f}[/bold]  "
            f"cosine {hit.scored.cosine:.3f}  words {hit.scored.lexical:.1f}  "
            f"{hit.passage.language}  {escape(hit.document.id)}"
        )
        above = " › ".join(hit.passage.headings)
        if above:
            out.print(f"    {escape(above)}", style="dim")
        out.print(f"    {escape(' '.join(hit.passage.text.split()))}")


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

    with clear_errors():
        try:
            profile = Profile(municipality, Situation(situation) if situation else None)
        except ValueError:
            known = ", ".join(Situation)
            raise InvalidQuestion(f'the situation "{situation}" is not one of: {known}') from None
        assistant = build_assistant(read_settings())
        try:
            answer = assistant.ask(question, language=language, profile=profile)
        finally:
            assistant.close()
    if as_json:
        print_json(answer.to_wire())
        return
    _print_answer(answer)
    if explain:
        from web.explaining import explanation

        out.print()
        for line in explanation(answer):
            out.print(escape(line), style="dim")


def _print_answer(answer: Answer) -> None:
    numbered = []
    for sentence in answer.sentences:
        marks = " (machine translation)" if sentence.machine_translated else ""
        for citation in sentence.citations:
            numbered.append(citation)
            marks += f" [{len(numbered)}]"
        out.print(escape(sentence.text + marks))
    for nearest in answer.nearest:
        details = " · ".join(part for part in (nearest.title, nearest.publisher, nearest.municipality) if part)
        out.print(escape(f"  - {details}"))
        out.print(escape(f"    {nearest.document}"), style="dim")
    for gap in answer.missing:
        out.print(escape(f"? {gap}"))
    if answer.clarify:
        out.print(escape(answer.clarify.question))
        for choice in answer.clarify.choices:
            out.print(escape(f"  --{answer.clarify.field} {choice}"))
    out.print()
    for number, citation in enumerate(numbered, 1):
        known = (citation.publisher, citation.municipality, citation.status)
        details = " · ".join(part or "unknown" for part in known)
        out.print(escape(f"[{number}] {citation.title} · {details}"))
        place = f"    {citation.document}, characters {citation.start}–{citation.end}"
        out.print(escape(place), style="dim")
    for contact in answer.contacts:
        out.print(escape(f"→ {contact.name} {contact.phone or contact.url or ''}"))
    out.print(escape(f"({answer.status.value}, {answer.language})"), style="dim")


@app.command()
def screen(
    texts: Annotated[list[str] | None, typer.Argument(help="Texts; without any, one a line on standard input.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Show what screening finds in texts: danger, crisis or violence, and personal data, masked."""
    from assistant.languages import load_languages
    from assistant.screening import Screener

    with clear_errors():
        screener = Screener(load_languages(), read_settings().index.cache)
    for text in texts or (line.rstrip("\n") for line in sys.stdin):
        found = screener.screen(text)
        if as_json:
            shown = {"category": found.category, "masked": found.masked, "masked_kinds": found.masked_kinds}
            sys.stdout.write(json.dumps(shown, ensure_ascii=False) + "\n")
        else:
            kinds = f" ({', '.join(found.masked_kinds)})" if found.masked_kinds else ""
            out.print(escape(f"{found.category or '-':10} {found.masked}{kinds}"))


@app.command()
def status(as_json: JsonFlag = False) -> None:
    """Show builds, documents, sizes and the model."""
    from corpus.storage import DocumentStore
    from indexing.builds import BuildError, Manifest, current_build, list_builds

    problem = None
    with clear_errors():
        config = read_settings().index
        builds = list_builds(config)
        serving = current_build(config)
        try:
            if serving:
                Manifest.read(config.builds / serving)
        except BuildError as error:
            problem = str(error)
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
        told = {"data": str(config.data), "bytes": size, "ingested": documents, "builds": shown, "problem": problem}
        print_json(told)
        return
    out.print(f"data folder   {escape(str(config.data.resolve()))} ({size / 1e6:,.1f} MB)")
    out.print(f"model         {escape(config.model)}")
    out.print(f"ingested      {documents} documents")
    for b in builds:
        mark = "serving" if b.id == serving else "kept"
        languages = ", ".join(f"{code} {number}" for code, number in b.languages.items())
        out.print(f"build         {b.id}  {mark}  {b.documents} documents, {b.passages} passages ({languages})")
    if serving is None:
        out.print("no build yet; run: neuvo build")
    if problem:
        err.print(escape(problem), style="red")


app.command()(serve)


def main() -> None:
    """Console script. Commands of other packages register under the entry point ``neuvo.commands``."""
    for command in entry_points(group="neuvo.commands"):
        app.add_typer(command.load(), name=command.name)
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    # Starting makes hundreds of thousands of small objects that stay: looking through them again and again for
    # garbage takes a third of the time.
    gc.set_threshold(100_000)
    app()


if __name__ == "__main__":
    main()
