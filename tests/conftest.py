"""What several test modules need."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from calipers import Ecg, read_ecg
from calipers.leads import LEADS

# Set before any test module imports LangGraph, which reads it once: checkpoints hold only registered types.
# Nothing a test does may reach a tracing service or take a model from the user's environment.
os.environ |= {"LANGGRAPH_STRICT_MSGPACK": "true", "LANGSMITH_TRACING": "false"}
for _name in ("CALIPERS_MODEL", "CALIPERS_ALLOW_REMOTE", "CALIPERS_BUNDLES"):
    os.environ.pop(_name, None)


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of data sets, laid out like the project's `shared/data`; skips where it is absent."""
    folder = Path(os.environ.get("CALIPERS_DATA") or Path(__file__).parents[2] / "shared" / "data").resolve()
    if not folder.is_dir():
        pytest.skip(f"found no data sets at `{folder}`; set `CALIPERS_DATA` to a folder like `shared/data`")
    return folder


@pytest.fixture(scope="session")
def demo_ecg() -> Ecg:
    """The real 12-lead DICOM ECG that the pydicom package ships: sinus rhythm, read as normal by its cart."""
    from pydicom.data import get_testdata_file

    return read_ecg(str(get_testdata_file("waveform_ecg.dcm", download=False)))


@pytest.fixture(scope="session")
def other_ecg(demo_ecg: Ecg) -> Ecg:
    """A second person's ECG: the demo's, faster, smaller and with other noise, under another identity."""
    rng = np.random.default_rng(7)
    signal = 0.7 * demo_ecg.signal_mv + rng.normal(0, 0.005, demo_ecg.signal_mv.shape)
    return Ecg.from_array(signal, 1150, LEADS, age=70, sex="male", patient_id="someone-else")
