"""Which language model runs, and why: `none`, `embedded`, a published one, a LangChain name, or a server's URL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import SecretStr

from calipers.errors import MissingPart, UsageError
from calipers.models.workers.published import PUBLISHED, published
from calipers.settings import DEFAULT_MODEL, settings

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from calipers.agent.case import Case

_EXTRAS = {"anthropic": "anthropic", "openai": "openai", "ollama": "ollama"}


@dataclass(frozen=True)
class Choice:
    """The model that answers.

    Attributes:
        name: as it stands in the report's provenance.
        reason: why this one runs.
        chat: the chat model, or None when measurements, criteria and templates answer alone.
        remote: whether patient data would leave this machine.
        shows_page: whether the drawn ECG goes with each question.
        own_words: whether it words claims itself; of one that only names them a full read without a question
            asks nothing but what it sees, for code says all that the tools give, and code completes its answers.
        seen: SCP codes that the model itself sees in the ECG's tokens.
        opinion: what a published model names when it reads the ECG, beside measurements and criteria.
        preload: loads the model; without it the first question does.
    """

    name: str
    reason: str
    chat: BaseChatModel | None = None
    remote: bool = False
    shows_page: bool = False
    opinion: Callable[[Case], tuple[str, ...]] | None = None
    seen: Callable[[Case], tuple[str, ...]] | None = None
    own_words: bool = True
    preload: Callable[[], object] | None = None


def choose(model: str | BaseChatModel | Choice | None) -> Choice:
    """Resolve what the user asked for; a choice that was made already stays as it is.

    Raises:
        UsageError: the name is not one of the five kinds.
        MissingPart: the provider's package is not installed.
    """
    if isinstance(model, Choice):
        return model
    if model is not None and not isinstance(model, str):
        return Choice(type(model).__name__, "passed as an object", model)
    name = model or settings().model or DEFAULT_MODEL
    reason = "asked for" if model else ("set by CALIPERS_MODEL" if settings().model else "the default")
    if name == "none":
        return Choice("none", reason)
    if name == "embedded":
        return _embedded(reason)
    if name in PUBLISHED:
        return _published(name, reason)
    if name.startswith(("http://", "https://")):
        return _compatible_server(name, reason)
    provider, colon, _ = name.partition(":")
    if not colon:
        raise UsageError(
            f"found model `{name}`; needed `none`, `embedded`, {', '.join(f'`{known}`' for known in PUBLISHED)},"
            " `provider:model` such as `ollama:qwen3`, or a URL"
        )
    return Choice(name, reason, _named(name, provider), remote=provider != "ollama")


def _embedded(reason: str) -> Choice:
    from calipers.agent.embedded.weights import adapter_problem

    if problem := adapter_problem():
        return Choice("none", f"`embedded` cannot run: {problem}; measurements and criteria answer")
    from calipers.agent.embedded import EmbeddedChatModel
    from calipers.agent.embedded.sight import seen
    from calipers.agent.embedded.weights import preload

    return Choice("embedded", reason, EmbeddedChatModel(), seen=seen, own_words=False, preload=preload)


def _published(name: str, reason: str) -> Choice:
    from calipers.agent.opinions import Reader
    from calipers.models.workers import fingerprint, why_not

    model = published(name)
    if problem := why_not(model):
        return Choice("none", f"`{name}` cannot run: {problem}; measurements and criteria answer")
    return Choice(name, f"{reason}; {model.repository}, files {fingerprint(model)[:16]}", opinion=Reader(name))


def _named(name: str, provider: str) -> BaseChatModel:
    from langchain.chat_models import init_chat_model

    try:
        return init_chat_model(name, temperature=0)
    except ImportError as error:
        extra = _EXTRAS.get(provider)
        advice = f'pip install "calipers[{extra}]"' if extra else str(error)
        raise MissingPart(f"found no package for model provider `{provider}`; needed: {advice}") from error
    except ValueError as error:
        raise UsageError(f"found model `{name}`, which LangChain does not know: {error}") from error


def _compatible_server(url: str, reason: str) -> Choice:
    """An OpenAI-compatible endpoint; the model's name follows `#`: `http://localhost:8000/v1#qwen3`."""
    try:
        from langchain_openai import ChatOpenAI
    except ImportError as error:
        raise MissingPart('found no OpenAI client; needed: pip install "calipers[openai]"') from error
    parts = urlsplit(url)
    name = parts.fragment or "default"
    base = parts._replace(fragment="").geturl()
    chat = ChatOpenAI(model=name, base_url=base, temperature=0, api_key=_api_key())
    remote = not _is_loopback(parts.hostname or "")
    return Choice(f"{name} at {parts.hostname}", reason, chat, remote, shows_page=settings().model_sees_page)


def _api_key() -> SecretStr:
    import os

    # A local server ignores the key, but the client insists on one.
    return SecretStr(os.environ.get("OPENAI_API_KEY", "unused"))


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
