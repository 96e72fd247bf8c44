"""OpenTelemetry spans of graph nodes, tools and verification; off unless `CALIPERS_OTEL` is true.

Spans go to whatever tracer provider the process has set up. Their attributes are names and counts: no question, no
claim, no value, no identifier, and of an error only its type.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, wraps
from typing import Any, TypeVar

from calipers.errors import MissingPart
from calipers.settings import settings, version

_Result = TypeVar("_Result")
Count = str | int | float | bool


class Span:
    """A stretch of work under way; its attributes are names and counts."""

    def __init__(self, inner: Any = None) -> None:
        self._inner = inner

    def set(self, **attributes: Count) -> None:
        """Attach attributes, each under `calipers.`."""
        if self._inner is not None:
            for name, value in attributes.items():
                self._inner.set_attribute(f"calipers.{name}", value)


@contextmanager
def span(name: str, **attributes: Count) -> Iterator[Span]:
    """A span `calipers.<name>` around the work within; nothing while telemetry is off.

    Raises:
        MissingPart: it is switched on, and the extra `otel` is not installed.
    """
    if not _switched_on(os.environ.get("CALIPERS_OTEL", "")):
        yield Span()
        return
    try:
        from opentelemetry import trace
    except ImportError as absent:
        raise MissingPart('found no package opentelemetry; needed: pip install "calipers[otel]"') from absent
    tracer = trace.get_tracer("calipers", version())
    # Messages of errors may hold what a file says of a patient: their type alone is told.
    with tracer.start_as_current_span(f"calipers.{name}", record_exception=False, set_status_on_exception=False) as one:
        made = Span(one)
        made.set(**attributes)
        try:
            yield made
        except BaseException as problem:
            made.set(error=type(problem).__name__)
            raise


@cache
def _switched_on(_said: str) -> bool:
    """The setting as it stands; all settings are read again only where the variable has changed."""
    return settings().otel


def spanned(name: str, work: Callable[..., _Result]) -> Callable[..., _Result]:
    """The same work within a span of its own."""

    @wraps(work)
    def run(*given: Any, **named: Any) -> _Result:
        with span(name):
            return work(*given, **named)

    return run
