"""The worker's process: started when asked, limited, watched, started again, ended with us."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calipers import Ecg
from calipers.errors import MissingPart, ModelFailed, UsageError
from calipers.models.workers import Worker, fingerprint, published, why_not, worker_for
from calipers.models.workers.inputs import time_series
from calipers.tools.render import render

_READY = '{"kind":"ready","device":"cpu"}'


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CALIPERS_HOME", str(tmp_path))
    monkeypatch.setenv("CALIPERS_WORKER_DEVICE", "cpu")
    return tmp_path


@pytest.fixture
def placed(home: Path) -> Path:
    """Files where the weights of PULSE are looked for, for a worker that never reads them."""
    folder = home / "weights" / "pulse-7b"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(b"")
    return folder


@pytest.fixture
def worker(placed: Path) -> Iterator[Worker]:
    made = Worker(published("pulse-7b"), loading_s=20)
    yield made
    made.stop()


def _interpreter(folder: Path, monkeypatch: pytest.MonkeyPatch, lines: str) -> None:
    """A program in the place of the worker's Python."""
    script = folder / "python"
    script.write_text(f"#!{sys.executable}\nimport sys, time, os\n{lines}\n")
    script.chmod(0o755)
    monkeypatch.setenv("CALIPERS_WORKER_PYTHON", str(script))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ecg-r1-8b", "gem-7b", "pulse-7b"])
def test_a_worker_says_what_its_model_says(name: str, home: Path, demo_ecg: Ecg) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from calipers.models.workers.inputs import page
    from calipers.models.workers.llava import Llava
    from calipers.models.workers.qwen import Qwen
    from tests.models.workers.tiny_checkpoints import tiny_ecg_r1, tiny_llava

    folder = home / "weights" / name
    if name == "ecg-r1-8b":
        tiny_ecg_r1(folder)
    else:
        tiny_llava(folder, aspect="ori" if name == "gem-7b" else "anyres", signal=name == "gem-7b")
    model = published(name)
    drawn, series = render(demo_ecg, dpi=200).data, time_series(demo_ecg.signal_mv, demo_ecg.fs_hz)
    loaded: Any = (Qwen if model.architecture == "qwen3-vl" else Llava)(model, folder, "bf16", "cpu")
    wanted = loaded.answer(model.question, page(drawn, model.page_px), series if model.takes_signal else None, 8)
    worker = Worker(model, loading_s=120)
    try:
        assert worker.ask(model.question, drawn, series, longest=8, seconds=60) == wanted
        with pytest.raises(ModelFailed, match="found bytes that are no picture"):
            worker.ask(model.question, b"no picture", series, longest=8, seconds=60)
        assert worker.ask(model.question, drawn, series, longest=8, seconds=60) == wanted
    finally:
        worker.stop()
    assert not worker.running


@pytest.mark.slow
def test_a_checkpoint_that_does_not_load_is_one_clear_line(home: Path) -> None:
    pytest.importorskip("torch")
    from tests.models.workers.tiny_checkpoints import tiny_llava

    tiny_llava(home / "weights" / "gem-7b", aspect="ori")
    with pytest.raises(
        MissingPart, match=r"`gem-7b` cannot run: found no ECG encoder .*needed the checkpoint of GEM-7B"
    ):
        Worker(published("gem-7b"), loading_s=120).ask("?", b"", None)


def test_a_worker_that_died_is_started_again(worker: Worker, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = """
print('{"kind":"ready","device":"cpu"}', flush=True)
for line in sys.stdin:
    number = __import__("json").loads(line)["number"]
    print('{"kind":"answered","number":%d,"text":"process %d"}' % (number, os.getpid()), flush=True)
"""
    _interpreter(home, monkeypatch, answer)
    first = worker.ask("?", b"", None)
    assert worker.ask("?", b"", None) == first
    os.kill(int(first.split()[1]), signal.SIGKILL)
    worker._process.wait(5)  # type: ignore[union-attr]
    assert not worker.running
    again = worker.ask("?", b"", None)
    assert again != first
    assert again.startswith("process ")


def test_a_worker_that_takes_too_long_is_stopped(worker: Worker, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _interpreter(home, monkeypatch, f"print({_READY!r}, flush=True)\ntime.sleep(60)")
    with pytest.raises(ModelFailed, match=r"pulse-7b took more than 0.5 s to answer and was stopped"):
        worker.ask("?", b"", None, seconds=0.5)
    assert not worker.running


def test_loading_has_a_limit_of_its_own(placed: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _interpreter(home, monkeypatch, "time.sleep(60)")
    with pytest.raises(ModelFailed, match=r"took more than 0.3 s to load"):
        Worker(published("pulse-7b"), loading_s=0.3).ask("?", b"", None)


def test_a_worker_that_takes_too_much_memory_is_stopped(
    worker: Worker, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALIPERS_WORKER_MEMORY_GB", "0.2")
    _interpreter(
        home,
        monkeypatch,
        f"print({_READY!r}, flush=True)\nheld = bytearray(os.urandom(1) * 400_000_000)\ntime.sleep(60)",
    )
    with pytest.raises(ModelFailed, match=r"took 0\.\d GB of memory; CALIPERS_WORKER_MEMORY_GB is 0.2"):
        worker.ask("?", b"", None, seconds=30)


def test_the_last_words_of_a_worker_that_fell_are_told(
    worker: Worker, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _interpreter(home, monkeypatch, "sys.exit('CUDA error: no kernel image is available')")
    with pytest.raises(ModelFailed, match="pulse-7b ended before it could load: CUDA error: no kernel image"):
        worker.ask("?", b"", None)


def test_anything_but_an_answer_on_the_line_is_an_error(
    worker: Worker, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _interpreter(home, monkeypatch, "print('Downloading shards: 100%', flush=True)\ntime.sleep(60)")
    with pytest.raises(ModelFailed, match="said something that is no answer: 'Downloading shards"):
        worker.ask("?", b"", None)


def test_a_model_without_an_encoder_is_sent_no_time_series(
    worker: Worker, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = """
print('{"kind":"ready","device":"cpu"}', flush=True)
asked = __import__("json").loads(sys.stdin.readline())
print('{"kind":"answered","number":1,"text":"%d bytes, %d tokens"}' % (len(asked["signal"]), asked["longest"]), flush=True)
sys.stdin.read()
"""
    _interpreter(home, monkeypatch, told)
    assert worker.ask("?", b"", np.zeros((12, 5000), np.float32), longest=99_999) == "0 bytes, 1024 tokens"


def test_why_not_names_the_command_that_brings_the_weights(home: Path) -> None:
    told = why_not(published("gem-7b"))
    assert (
        told
        == f"found no weights at {home}/weights/gem-7b; needed: hf download LANSG/GEM --local-dir {home}/weights/gem-7b"
    )


def test_why_not_names_the_memory_that_is_needed(placed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from calipers.models.workers import requirements

    monkeypatch.setenv("CALIPERS_WORKER_DEVICE", "cuda")
    monkeypatch.setenv("CALIPERS_WORKER_PYTHON", sys.executable)
    monkeypatch.setattr(requirements, "free_gpu_gb", lambda: None)
    assert "found no NVIDIA GPU; needed one with 17 GB free for bf16" in str(why_not(published("pulse-7b")))
    monkeypatch.setattr(requirements, "free_gpu_gb", lambda: 8.0)
    assert "found 8 GB of free GPU memory; needed 17 GB free for bf16" in str(why_not(published("pulse-7b")))
    monkeypatch.setenv("CALIPERS_WORKER_PRECISION", "int4")
    assert why_not(published("pulse-7b")) is None


def test_the_fingerprint_changes_with_a_small_file_and_with_a_weight_s_size(placed: Path) -> None:
    model = published("pulse-7b")
    first = fingerprint(model)
    assert first == fingerprint(model)
    (placed / "config.json").write_text("[]")
    second = fingerprint(model)
    (placed / "model.safetensors").write_bytes(b"0")
    assert len({first, second, fingerprint(model)}) == 3


def test_there_is_one_worker_for_a_name_and_none_for_an_unknown_one() -> None:
    assert worker_for("gem-7b") is worker_for("gem-7b")
    with pytest.raises(UsageError, match="found model `gem-13b`; needed one of ecg-r1-8b, gem-7b, pulse-7b"):
        worker_for("gem-13b")
