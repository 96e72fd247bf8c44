"""`/api/threads`: ask, listen, resume, cancel."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from calipers.agent.server import traces
from calipers.agent.server.access import Desk
from calipers.agent.server.live import LiveRun
from calipers.agent.server.messages import (
    Done,
    Evidence,
    NewRun,
    NewThread,
    Resumption,
    Run,
    Thread,
    ThreadCreated,
    WireEvent,
)
from calipers.agent.server.rows import RunRow
from calipers.agent.server.runs import Runs
from calipers.agent.server.workspace import Workspace
from calipers.report import Report

router = APIRouter(prefix="/api/threads", tags=["threads"])

_STREAM: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "content": {"text/event-stream": {}},
        "description": "Events `step token claim withheld interrupt done error`; the data of each is JSON",
    }
}


@router.post("", status_code=201)
def begin(desk: Desk, new: NewThread) -> ThreadCreated:
    """Begin a conversation about a case, with earlier ECGs to compare with."""
    row = desk.records.case(new.case_id)
    priors = [desk.records.case(prior) for prior in dict.fromkeys(new.prior_case_ids)]
    desk.report(row, priors)  # refuses another patient's ECG before the first question
    return ThreadCreated(thread_id=desk.records.add_thread(row.id, tuple(prior.id for prior in priors)).id)


@router.get("/{thread_id}")
def thread(desk: Desk, thread_id: str) -> Thread:
    """A conversation with everything that was asked and answered."""
    row = desk.records.thread(thread_id)
    return Thread(
        thread_id=row.id,
        case_id=row.case_id,
        prior_case_ids=list(row.priors),
        created_at=row.created_at,
        runs=[_run(desk, run) for run in desk.records.runs(thread_id)],
    )


@router.post("/{thread_id}/runs", response_class=StreamingResponse, responses=_STREAM)
async def ask(desk: Desk, request: Request, thread_id: str, new: NewRun) -> StreamingResponse:
    """Ask; the answer streams claim by claim as each is verified."""
    row = await run_in_threadpool(desk.records.thread, thread_id)
    runs = _runs(request)
    return _stream(runs, runs.ask(desk, row, new.text))


@router.post("/{thread_id}/resume", response_class=StreamingResponse, responses=_STREAM)
async def resume(desk: Desk, request: Request, thread_id: str, answer: Resumption) -> StreamingResponse:
    """Answer a question back; the conversation goes on where it stopped."""
    row = await run_in_threadpool(desk.records.thread, thread_id)
    runs = _runs(request)
    run = runs.resume(desk, row, answer.value)
    return _stream(runs, run, place=len(run.events))


@router.post("/{thread_id}/cancel")
async def cancel(desk: Desk, request: Request, thread_id: str) -> Done:
    """Give up what is being answered; the question stays."""
    await run_in_threadpool(desk.records.thread, thread_id)
    return Done(done=_runs(request).cancel(desk, thread_id))


@router.get("/{thread_id}/runs/{run_id}")
def run(desk: Desk, thread_id: str, run_id: str) -> Run:
    """One question and all that came of it."""
    return _run(desk, desk.records.run(thread_id, run_id))


@router.get("/{thread_id}/runs/{run_id}/events", response_class=StreamingResponse, responses=_STREAM)
async def listen(desk: Desk, request: Request, thread_id: str, run_id: str) -> StreamingResponse:
    """Listen to an answer from its beginning, whether it is still being made or long there."""
    await run_in_threadpool(desk.records.run, thread_id, run_id)
    runs = _runs(request)
    live = runs.live(run_id)
    if live is not None:
        return _stream(runs, live)
    kept = await run_in_threadpool(desk.records.events, run_id)
    body = "".join(_sse(event.name, event.data) for event in kept)
    return StreamingResponse(iter([body]), media_type="text/event-stream")


@router.get("/{thread_id}/runs/{run_id}/report", responses={404: {"description": "No report yet"}})
def report(desk: Desk, thread_id: str, run_id: str) -> Report:
    """The report of one answer: its claims and everything that they cite."""
    return _report(desk, thread_id, run_id)


@router.get("/{thread_id}/runs/{run_id}/evidence")
def evidence(desk: Desk, thread_id: str, run_id: str) -> Evidence:
    """What one answer cites beyond the measurements of the case."""
    found = _report(desk, thread_id, run_id)
    row = desk.records.case(desk.records.thread(thread_id).case_id)
    return Evidence(items=traces.evidence_of_report(found, desk.case(row).measurements))


@router.get("/pictures/{picture_id}", response_class=Response)
def picture(desk: Desk, picture_id: str) -> Response:
    """A picture that an answer shows."""
    media_type, content = desk.records.picture(picture_id)
    return Response(content, media_type=media_type)


def _runs(request: Request) -> Runs:
    runs: Runs = request.app.state.runs
    return runs


def _report(desk: Workspace, thread_id: str, run_id: str) -> Report:
    from calipers.agent.server.rows import NotFound

    kept = desk.records.report(desk.records.run(thread_id, run_id).id)
    if kept is None:
        raise NotFound("found no report of this answer; needed one that is done")
    return Report.model_validate_json(kept)


def _run(desk: Workspace, row: RunRow) -> Run:
    return Run(
        run_id=row.id,
        question=row.question,
        status=row.status,
        started_at=row.started_at,
        finished_at=row.finished_at,
        events=[WireEvent(event=event.name, data=event.data) for event in desk.records.events(row.id)],
    )


def _stream(runs: Runs, live: LiveRun, place: int = 0) -> StreamingResponse:
    async def body() -> AsyncIterator[str]:
        # Sent at once, so that the page knows that its question is kept.
        yield ": kept\n\n"
        async for event in runs.follow(live, place):
            yield ": still working\n\n" if event is None else _sse(event.name, event.data)

    headers = {"X-Run-Id": live.row.id, "X-Accel-Buffering": "no"}
    return StreamingResponse(body(), media_type="text/event-stream", headers=headers)


def _sse(name: str, data: dict[str, object]) -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"
