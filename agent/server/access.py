"""Who is asking: a bearer token names the user; on localhost without tokens there is one, `local`."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import Depends, HTTPException, Request

from calipers.agent.server.config import LOCAL_USER
from calipers.agent.server.database import Database
from calipers.agent.server.records import Records
from calipers.agent.server.workspace import Workspace

if TYPE_CHECKING:
    from calipers.agent.choice import Choice

_SCHEME: Final = "bearer"


class Users:
    """The users of this server, by the hash of their tokens."""

    def __init__(self, names_by_token: dict[str, str]) -> None:
        self._names = {_digest(token): name for token, name in names_by_token.items()}

    def name_of(self, authorization: str | None) -> str | None:
        """The user of an `Authorization` header, or None. Every token is compared, in constant time."""
        if not self._names:
            return LOCAL_USER
        scheme, _, token = (authorization or "").partition(" ")
        given = _digest(token.strip())
        found = [name for digest, name in self._names.items() if hmac.compare_digest(digest, given)]
        return found[0] if found and scheme.lower() == _SCHEME else None


class Desks:
    """The workspace of each user, made when he first comes."""

    def __init__(self, home: Path, database: Database, choice: Choice) -> None:
        self._home = home
        self._database = database
        self._choice = choice
        self._desks: dict[str, Workspace] = {}
        self._lock = Lock()

    def of(self, user: str) -> Workspace:
        """One user's workspace."""
        with self._lock:
            if user not in self._desks:
                self._desks[user] = Workspace(self._home, Records(self._database, user), self._choice)
            return self._desks[user]

    def close(self) -> None:
        """Close all of them."""
        for desk in self._desks.values():
            desk.close()


def signed_in(request: Request) -> Workspace:
    """The workspace of whoever sent the request.

    Raises:
        HTTPException: 401, no token or an unknown one.
    """
    user = request.app.state.users.name_of(request.headers.get("authorization"))
    if user is None:
        raise HTTPException(
            401, "found no valid token; needed `Authorization: Bearer …`", {"WWW-Authenticate": "Bearer"}
        )
    request.state.user = user
    desk: Workspace = request.app.state.desks.of(user)
    return desk


Desk = Annotated[Workspace, Depends(signed_in)]


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
