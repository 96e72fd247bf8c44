"""Connections to the Postgres database that `CALIPERS_DATABASE` names, for conversations and for the chat page."""

from __future__ import annotations

from typing import Any, Final

from calipers.errors import MissingPart, UsageError

_MOST_CONNECTIONS: Final = 4
#: How long a database may take to answer for the first time.
_PATIENCE_S: Final = 15.0


def postgres_pool(url: str) -> Any:
    """A few connections to a Postgres database, each tried before it is lent: a restarted database is found again.

    Raises:
        MissingPart: the packages for it are not installed.
        UsageError: no database answers at the URL.
    """
    try:
        import langgraph.checkpoint.postgres  # noqa: F401
        from psycopg_pool import ConnectionPool, PoolTimeout
    except ImportError as absent:
        raise MissingPart('found no Postgres client; needed: pip install "calipers[postgres]"') from absent
    pool = ConnectionPool(
        url,
        min_size=1,
        max_size=_MOST_CONNECTIONS,
        kwargs={"autocommit": True, "prepare_threshold": 0},
        check=ConnectionPool.check_connection,
        open=True,
    )
    try:
        pool.wait(_PATIENCE_S)
    except PoolTimeout as silent:
        pool.close()
        raise UsageError(
            f"found no database at CALIPERS_DATABASE within {_PATIENCE_S:g} s; needed Postgres"
        ) from silent
    return pool
