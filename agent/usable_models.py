"""Which models an agent can run with on this machine, and what the others lack.

A kind of model is one row of `ROWS`: a function that looks and returns what it found. Nothing is loaded or fetched.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed
from typing import Final, NamedTuple

from calipers.agent.fetch import base_weights
from calipers.settings import settings


class Finding(NamedTuple):
    """One part of the installation. `ok` False with `needed` True means that Calipers cannot work."""

    part: str
    ok: bool
    needed: bool
    detail: str


class Provider(NamedTuple):
    """A LangChain provider: the prefix of its model names, its package, and the variable that holds its key."""

    name: str
    package: str
    key: str | None


PROVIDERS: Final = (
    Provider("anthropic", "langchain-anthropic", "ANTHROPIC_API_KEY"),
    Provider("openai", "langchain-openai", "OPENAI_API_KEY"),
    Provider("ollama", "langchain-ollama", None),
)


def usable_models() -> list[Finding]:
    """Every kind of model, usable or not and why, and last the one that answers by default."""
    return [finding for row in ROWS for finding in row()]


def _none() -> list[Finding]:
    return [Finding("model none", True, False, "usable: measurements, criteria and templates")]


def _embedded() -> list[Finding]:
    from calipers.agent.embedded.weights import adapter_manifest, adapter_problem

    base = base_weights()
    found = [Finding("base language model", False, False, "not fetched (`calipers fetch`)")]
    if base is not None:
        digest = hashlib.sha256(base.read_bytes()).hexdigest()
        found = [Finding("base language model", True, False, f"{base.name}, sha256 {digest[:16]}")]
    if problem := adapter_problem():
        return [*found, Finding("model embedded", False, False, problem)]
    digest = adapter_manifest()["sha256"]
    return [*found, Finding("model embedded", True, False, f"usable; adapter sha256 {digest[:16]}")]


def _published() -> list[Finding]:
    from calipers.models.workers import PUBLISHED, fingerprint, why_not

    found = []
    for model in PUBLISHED.values():
        problem = why_not(model)
        told = problem or f"usable in a process of its own; {model.repository}, files {fingerprint(model)[:16]}"
        found.append(Finding(f"model {model.name}", problem is None, False, told))
    return found


def _providers() -> list[Finding]:
    return [_provider(one) for one in PROVIDERS]


def _provider(provider: Provider) -> Finding:
    part = f"model {provider.name}:…"
    try:
        version = installed(provider.package)
    except PackageNotFoundError:
        return Finding(
            part, False, False, f'found no {provider.package}; needed: pip install "calipers[{provider.name}]"'
        )
    if provider.key is not None and not os.environ.get(provider.key):
        return Finding(part, False, False, f"{provider.package} {version}; found no {provider.key}")
    allowed = provider.key is None or settings().allow_remote
    sent = "" if allowed else "; it asks before age, sex and measurements are sent (CALIPERS_ALLOW_REMOTE)"
    return Finding(part, True, False, f"usable with {provider.package} {version}{sent}")


def _servers() -> list[Finding]:
    try:
        version = installed("langchain-openai")
    except PackageNotFoundError:
        return [
            Finding("model http://…", False, False, 'found no OpenAI client; needed: pip install "calipers[openai]"')
        ]
    return [
        Finding("model http://…", True, False, f"usable with langchain-openai {version}: any OpenAI-compatible URL")
    ]


def _default() -> list[Finding]:
    from calipers.agent.choice import choose
    from calipers.errors import CalipersError

    try:
        choice = choose(None)
    except CalipersError as problem:
        return [Finding("model by default", False, False, str(problem))]
    return [Finding("model by default", True, False, f"{choice.name}: {choice.reason}")]


#: The kinds of models, in the order in which they are listed.
ROWS: Final[tuple[Callable[[], list[Finding]], ...]] = (_none, _embedded, _published, _providers, _servers, _default)
