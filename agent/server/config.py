"""What the server may be told from outside: addresses, users, limits. `CALIPERS_*`, read once at the start."""

from __future__ import annotations

import re
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from pydantic_settings import BaseSettings, SettingsConfigDict

from calipers.errors import UsageError
from calipers.settings import settings

LOCAL_USER: Final = "local"
#: A user's name is a folder's name too.
_USER: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")
_SHORTEST_TOKEN: Final = 16


class ServerSettings(BaseSettings):
    """Settings of the chat page.

    Attributes:
        tokens: `ada=TOKEN,ben=TOKEN`; each user signs in with a bearer token of at least 16 characters.
        tokens_file: the same, one `name=token` a line, for tokens that must not stand in the environment.
        hosts: names under which the server may be called beside localhost, comma-separated.
        max_upload_mb: larger uploads are refused before they are stored.
        run_timeout_s: after this the language model is given up and measurements and criteria answer.
        max_runs: answers computed at the same time; further ones wait.
    """

    model_config = SettingsConfigDict(env_prefix="CALIPERS_", extra="ignore")

    tokens: str = ""
    tokens_file: Path | None = None
    hosts: str = ""
    max_upload_mb: int = 64
    run_timeout_s: float = 90.0
    max_runs: int = 4

    @property
    def home(self) -> Path:
        """Where everything lives, `CALIPERS_HOME`."""
        return settings().home

    @property
    def database(self) -> str:
        """A Postgres URL, `CALIPERS_DATABASE`; empty for SQLite."""
        return settings().database

    def users(self) -> dict[str, str]:
        """Token → user name.

        Raises:
            UsageError: a line, a name or a token is not usable.
        """
        lines = self.tokens.split(",")
        if self.tokens_file is not None:
            try:
                lines += self.tokens_file.read_text("utf-8").splitlines()
            except OSError as problem:
                raise UsageError(
                    f"found no readable tokens file `{self.tokens_file}`: {problem.strerror}; needed `name=token` lines"
                ) from problem
        found: dict[str, str] = {}
        for line in (line.strip() for line in lines):
            if not line or line.startswith("#"):
                continue
            name, _, token = line.partition("=")
            if not _USER.fullmatch(name) or len(token) < _SHORTEST_TOKEN:
                raise UsageError(
                    f"found a token line for `{name[:40]}`; needed `name=token`, the name in small letters,"
                    f" the token of at least {_SHORTEST_TOKEN} characters"
                )
            if token in found:
                raise UsageError(f"found one token for `{found[token]}` and `{name}`; needed a token each")
            found[token] = name
        return found

    def allowed_hosts(self, bound_to: str) -> frozenset[str]:
        """Host names that requests may carry, in small letters, without a port."""
        configured = {name.strip().lower() for name in self.hosts.split(",") if name.strip()}
        own = set() if _is_any(bound_to) else {bound_to.lower()}
        return frozenset({"localhost", "127.0.0.1", "::1"} | configured | own)


def require_tokens(host: str, users: dict[str, str]) -> None:
    """Only localhost may be served without tokens.

    Raises:
        UsageError: the address is reachable from elsewhere and no token is set.
    """
    if not users and not is_loopback(host):
        raise UsageError(f"found --host {host} without tokens; needed CALIPERS_TOKENS (`name=token,…`) or localhost")


def is_loopback(host: str) -> bool:
    """Whether an address is this machine only."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _is_any(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_unspecified
    except ValueError:
        return False
