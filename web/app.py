"""The web application: opens the assistant when the server starts, serves it, closes it at the end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import TypedDict

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware

from web import api, embedding, hand_off_api, hand_off_pages, pages, upkeep
from web.asking import ClientGone, Reception
from web.assets import FOLDER, KeptFiles, static_version
from web.clients import Clients
from web.contract import Assistant
from web.desk import routes as desk_routes
from web.desk.access import Forbidden, NotSignedIn
from web.desk.desk import Desk, open_desk
from web.desk.erasing import open_eraser
from web.desk.handing_over import HandingOver, open_handing_over
from web.desk.question_log import QuestionLog
from web.desk.retention import Keeper
from web.embedding import ApiCors
from web.feedback import FeedbackStore
from web.guard import Guard
from web.notices import Notices, NoticeStore
from web.pages import Pages
from web.pool import WorkPool
from web.rate_limits import TooMany, open_limits
from web.refusals import Refused
from web.settings import WebSettings
from web.speech import Speech
from web.storage import ValueOutOfRange, open_database
from web.texts import load_texts
from web.wire import ErrorWire, FieldProblem


class State(TypedDict):
    """What the lifespan gives to every request, as ``request.state``."""

    reception: Reception
    desk: Desk
    handing_over: HandingOver
    pages: Pages
    notices: Notices
    speech: Speech


def create_app(open_assistant: Callable[[], Assistant], settings: WebSettings | None = None) -> FastAPI:
    """The application. ``open_assistant`` is called once, in a thread, when the server starts.

    Raises LimitsError; and when the server starts, what ``open_assistant`` raises, StorageError, and InvalidTexts for
    a language without page texts.
    """
    settings = settings or WebSettings()
    clients = Clients(settings.trusted_proxies)
    limits = open_limits(settings.rate_limits)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[State]:
        async with AsyncExitStack() as opened:
            assistant = await run_in_threadpool(open_assistant)
            opened.push_async_callback(run_in_threadpool, assistant.close)
            texts = load_texts(assistant.languages)
            engine = await run_in_threadpool(open_database, settings.database)
            opened.push_async_callback(run_in_threadpool, engine.dispose)
            pool = WorkPool(settings.workers, settings.queue)
            opened.push_async_callback(run_in_threadpool, pool.close)
            opened.push_async_callback(limits.close)
            speech = Speech(settings.speech)
            opened.push_async_callback(run_in_threadpool, speech.close)
            questions = QuestionLog(engine, assistant.document, assistant.vector)
            opened.push_async_callback(run_in_threadpool, questions.close)
            reception = Reception(
                assistant,
                pool,
                settings,
                FeedbackStore(engine, assistant.masked),
                clients=clients,
                limits=limits,
                questions=questions,
                eraser=open_eraser(engine, settings.desk),
            )
            desk = await run_in_threadpool(open_desk, engine, reception, clients, settings.desk)
            notices = await run_in_threadpool(Notices, NoticeStore(engine), assistant.languages)
            shown = pages.open_pages(assistant.languages, texts, settings)
            shown = replace(shown, speech_languages=speech.languages)
            handing_over = open_handing_over(engine, assistant, desk.twins, settings.desk, shown, desk.pages)
            for task in upkeep.start(reception, notices, Keeper(engine, settings), handing_over.tasks):
                opened.callback(task.cancel)
            yield State(
                reception=reception, desk=desk, handing_over=handing_over, pages=shown, notices=notices, speech=speech
            )

    app = FastAPI(
        title="Neuvo",
        description="Advice for newcomers in Espoo, answered only from cited documents.",
        version="1",
        lifespan=lifespan,
        openapi_url="/api/v1/openapi.json",
        # FastAPI's documentation pages load scripts from another host.
        docs_url=None,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
    )
    app.add_middleware(GZipMiddleware, minimum_size=1000)
    if settings.cors_origins:
        app.add_middleware(ApiCors, origins=settings.cors_origins)
    app.add_middleware(
        Guard,
        clients=clients,
        limits=limits,
        max_body_bytes=settings.max_body_bytes,
        embed_origins=settings.embed_origins,
        access_log=settings.access_log,
        on_failure=_on_failure,
        on_too_many=_on_too_many,
    )
    app.add_exception_handler(Refused, _on_refused)
    app.add_exception_handler(ClientGone, _on_client_gone)
    app.add_exception_handler(NotSignedIn, _on_not_signed_in)
    app.add_exception_handler(Forbidden, _on_forbidden)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(ValueOutOfRange, _on_out_of_range)
    app.mount(f"/static/{static_version()}", KeptFiles(directory=FOLDER))
    app.include_router(api.router)
    app.include_router(embedding.router)
    if settings.desk.enabled:
        app.include_router(desk_routes.router)
    app.include_router(hand_off_api.router)
    app.include_router(hand_off_pages.router)
    app.include_router(pages.router)
    return app


async def _on_refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return _refusal(request, error)


async def _on_client_gone(request: Request, error: Exception) -> Response:
    return Response(status_code=499)  # nginx's code for a closed connection; nobody reads it


async def _on_not_signed_in(request: Request, error: Exception) -> Response:
    return desk_routes.not_signed_in(request)


async def _on_forbidden(request: Request, error: Exception) -> Response:
    return await run_in_threadpool(desk_routes.forbidden, request)


async def _on_invalid(request: Request, error: Exception) -> Response:
    """A malformed request: says which field and why, and repeats nothing of what was sent."""
    assert isinstance(error, RequestValidationError)
    if not _is_api(request):
        return _refusal(request, api.reception_of(request).refused(_language(request), "invalid"))
    problems = [
        FieldProblem(field=".".join(str(step) for step in e["loc"][1:]) or "body", problem=str(e["msg"]))
        for e in error.errors()
    ]
    message = "; ".join(f"{problem.field}: {problem.problem}" for problem in problems)
    return _refusal(
        request,
        Refused(ErrorWire(status="invalid", message=message, language="en", direction="ltr", problems=problems)),
    )


async def _on_out_of_range(request: Request, error: Exception) -> Response:
    """An address or a form names by its number what cannot be there."""
    return await _on_http_exception(request, HTTPException(404))


async def _on_http_exception(request: Request, error: Exception) -> Response:
    """What routing and reading the body refuse: unknown address, wrong method, too large a body."""
    assert isinstance(error, HTTPException)
    if error.status_code == 413:
        response = _refusal(request, api.reception_of(request).refused(_language(request), "too_large"))
        response.headers["Connection"] = "close"
        return response
    if error.status_code == 404 and not _is_api(request):
        return pages.not_found(request)
    status = {404: "not_found"}.get(error.status_code, "invalid")
    body = {"status": status, "message": str(error.detail), "language": "en", "direction": "ltr"}
    return JSONResponse(
        ErrorWire.model_validate(body).model_dump(mode="json"), error.status_code, headers=error.headers
    )


async def _on_failure(request: Request) -> Response:
    return _refusal(request, api.reception_of(request).refused(_language(request), "error"))


async def _on_too_many(request: Request, error: TooMany) -> Response:
    reception = api.reception_of(request)
    return _refusal(request, reception.refused(_language(request), "too_many_requests", error.retry_after))


def _refusal(request: Request, refused: Refused) -> Response:
    if _is_api(request):
        return JSONResponse(refused.error.model_dump(mode="json"), refused.status_code, headers=refused.headers)
    return pages.refusal(request, _language(request), refused)


def _language(request: Request) -> str:
    """The language of the address, else of the browser."""
    return api.reception_of(request).reply_language(request, request.url.path.split("/")[1])


def _is_api(request: Request) -> bool:
    return request.url.path.startswith(("/api/", "/healthz", "/readyz"))
