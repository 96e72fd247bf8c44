"""Settings from the environment (`CALIPERS_*`), read once where they are needed."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final, Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

#: Which model answers where nothing else is asked for or set; without its weights `none` takes over and says so.
DEFAULT_MODEL: Final = "embedded"


class Settings(BaseSettings):
    """Everything a user may set from outside.

    Attributes:
        home: where threads, cases and caches live (`CALIPERS_HOME`).
        bundles: a folder that takes a bundle of every run, for `calipers replay`; none are kept without it.
        data: a folder laid out like the project's `shared/data` (`CALIPERS_DATA`).
        model: `none`, `embedded`, a LangChain model name, or an OpenAI-compatible URL; by default `DEFAULT_MODEL`.
        allow_remote: patient data may go to a remote model, de-identified.
        model_sees_page: the drawn ECG goes with each question to a model at a URL, which must then take pictures.
        max_input_mb: refuse larger input files.
        database: a Postgres URL for conversations and the chat page's cases; SQLite under `home` where it is empty.
        otel: emit OpenTelemetry spans, without any text about a patient.
        served: the folder below which `langgraph dev` reads ECGs; by default the working folder.
        worker_python: the interpreter in which the big published models run; by default this one.
        worker_precision: of their weights; `int8` and `int4` need bitsandbytes and a GPU.
        worker_device: `cuda`, or `cpu`, which takes minutes an answer.
        worker_seconds: how long one of their answers may take once the model is loaded.
        worker_memory_gb: main memory that one may hold before it is stopped; unlimited by default.
    """

    model_config = SettingsConfigDict(env_prefix="CALIPERS_", extra="ignore")

    home: Path = Field(default_factory=lambda: Path.home() / ".calipers")
    bundles: Path | None = None
    data: Path | None = None
    model: str | None = None
    allow_remote: bool = False
    model_sees_page: bool = False
    max_input_mb: int = 1024
    database: str = ""
    otel: bool = False
    served: Path | None = None
    worker_python: Path | None = None
    worker_precision: Literal["bf16", "int8", "int4"] = "bf16"
    worker_device: Literal["cuda", "cpu"] = "cuda"
    worker_seconds: float = 180.0
    worker_memory_gb: float | None = None


def settings() -> Settings:
    """The settings as the environment has them now."""
    return Settings()


@cache
def version() -> str:
    """The installed version of Calipers."""
    from importlib.metadata import version as installed

    return installed("calipers")
