"""What stands before every request: Host, Origin, body size, headers, and one audit line after it.

Plain ASGI, so that server-sent events pass through as they come.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
#: A question, a correction, a list of ids: nothing but uploads is larger.
_MAX_JSON_BYTES: Final = 256 * 1024
_UPLOADS: Final = "/api/cases"
#: Nothing from elsewhere, no inline script or style; pictures are fetched with the token and shown as blobs.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


class Audit:
    """One JSON line per request to the API: who did what to which id, and what came of it. No patient data."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()

    def write(self, user: str | None, method: str, path: str, status: int) -> None:
        """Append one line."""
        line = {"at": _now(), "user": user, "method": method, "path": path[:200], "status": status}
        with self._lock:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(line) + "\n")


class Guard:
    """Refuses what does not come from the page itself, and sets the headers of every answer.

    Args:
        app: what is guarded.
        hosts: names that the Host header may carry: no other page can reach us by rebinding its own name.
        max_upload_bytes: limit of an upload's body.
        audit: where the lines go.
    """

    def __init__(self, app: ASGIApp, *, hosts: frozenset[str], max_upload_bytes: int, audit: Audit) -> None:
        self._app = app
        self._hosts = hosts
        self._max_upload_bytes = max_upload_bytes
        self._audit = audit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through, or answer it here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        status = 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                set_ = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    set_[name] = value
                if scope["path"].startswith("/api"):
                    set_["Cache-Control"] = "no-store"
            await send(message)

        limit = self._max_upload_bytes if scope["path"] == _UPLOADS else _MAX_JSON_BYTES
        refused = self._refusal(scope["method"], headers, limit)
        try:
            if refused is not None:
                await _refuse(answer, *refused)
            else:
                await self._app(scope, _limited(receive, limit), answer)
        finally:
            if scope["path"].startswith("/api"):
                user = scope.get("state", {}).get("user")
                self._audit.write(user, scope["method"], scope["path"], status)

    def _refusal(self, method: str, headers: Headers, limit: int) -> tuple[int, str] | None:
        host = headers.get("host", "")
        if _name(host) not in self._hosts:
            return 400, "found a Host that is not configured; needed localhost or a name in CALIPERS_HOSTS"
        if method not in _SAFE_METHODS:
            origin = headers.get("origin")
            if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
                return 403, "found a foreign Origin; needed a request from this page"
            if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
                return 403, "found a request from another site; needed one from this page"
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > limit:
            return 413, f"found a body of {length[:20]} bytes; needed at most {limit:,}"
        return None


def _limited(receive: Receive, limit: int) -> Receive:
    """Counts the body as it comes: a chunked request names no length."""
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        if message["type"] == "http.request":
            seen += len(message.get("body", b""))
            if seen > limit:
                raise HTTPException(413, f"found more than {limit:,} bytes; needed at most that")
        return message

    return counted


async def _refuse(send: Send, status: int, why: str) -> None:
    body = json.dumps({"error": why}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _name(host: str) -> str:
    """The name in a Host header, without port and brackets."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
