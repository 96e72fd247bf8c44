"""Settings from the environment (`CALIPERS_*`), read once where they are needed."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Everything a user may set from outside.

    Attributes:
        home: where threads, cases, caches and run bundles live (`CALIPERS_HOME`).
        data: a folder laid out like the project's `shared/data` (`CALIPERS_DATA`).
        model: `none`, `embedded`, a LangChain model name, or an OpenAI-compatible URL.
        allow_remote: patient data may go to a remote model, de-identified.
        max_input_mb: refuse larger input files.
    """

    model_config = SettingsConfigDict(env_prefix="CALIPERS_", extra="ignore")

    home: Path = Field(default_factory=lambda: Path.home() / ".calipers")
    data: Path | None = None
    model: str = "none"
    allow_remote: bool = False
    max_input_mb: int = 1024


def settings() -> Settings:
    """The settings as the environment has them now."""
    return Settings()


@cache
def version() -> str:
    """The installed version of Calipers."""
    from importlib.metadata import version as installed

    return installed("calipers")
