"""Load on a real server without a language model: `python -m tests.agent.server.load [THREADS] [CASES]`.

Uploads as many cases as are asked for, then asks in as many conversations at the same time; prints latencies and
the server's memory.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

import httpx
import psutil

from tests.agent.server.desk import dicom
from tests.browser.conftest import Server

QUESTIONS = (
    "is the PR prolonged?",
    "interpret this ECG",
    "what is the QTc?",
    "is there ST elevation?",
    "what is the axis?",
)


async def main(threads: int, cases: int) -> None:
    """Run it and print one JSON document."""
    with tempfile.TemporaryDirectory() as home:
        server = Server(Path(home)).start()
        try:
            async with httpx.AsyncClient(base_url=server.url, timeout=300) as http:
                print(json.dumps(await measured(http, server, threads, cases), indent=1))
        finally:
            server.kill()


async def measured(http: httpx.AsyncClient, server: Server, threads: int, cases: int) -> dict[str, object]:
    """Seconds and megabytes."""
    uploads = []
    made = []
    for number in range(cases):
        content = dicom(PatientID=f"patient-{number}")
        began = time.perf_counter()
        answer = await http.post("/api/cases", files=[("files", ("ecg.dcm", content))])
        answer.raise_for_status()
        uploads.append(time.perf_counter() - began)
        made.append(answer.json()["case_id"])
    begun = [
        (await http.post("/api/threads", json={"case_id": made[number % cases]})).json()["thread_id"]
        for number in range(threads)
    ]
    began = time.perf_counter()
    answers = await asyncio.gather(
        *(asked(http, thread, QUESTIONS[number % len(QUESTIONS)]) for number, thread in enumerate(begun))
    )
    whole = time.perf_counter() - began
    used = psutil.Process(server.process.pid).memory_info().rss if server.process else 0
    return {
        "threads": threads,
        "cases": cases,
        "errors": sum(last != "done" for _, _, last in answers),
        "first_event_s": spread([first for first, _, _ in answers]),
        "answer_s": spread([done for _, done, _ in answers]),
        "all_answered_s": round(whole, 2),
        "upload_s": spread(uploads),
        "server_mb": round(used / 1e6),
    }


async def asked(http: httpx.AsyncClient, thread: str, question: str) -> tuple[float, float, str]:
    """Seconds to the first event and to the last, and the name of the last."""
    began = time.perf_counter()
    first, last = 0.0, ""
    async with http.stream("POST", f"/api/threads/{thread}/runs", json={"text": question}) as answer:
        async for line in answer.aiter_lines():
            if line.startswith("event: "):
                first = first or time.perf_counter() - began
                last = line.removeprefix("event: ")
    return first, time.perf_counter() - began, last


def spread(seconds: list[float]) -> dict[str, float]:
    """Median, 95th percentile and the largest."""
    ordered = sorted(seconds)
    p95 = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    return {"median": round(statistics.median(ordered), 3), "p95": round(p95, 3), "max": round(ordered[-1], 3)}


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 50, int(sys.argv[2]) if len(sys.argv) > 2 else 200))
