"""Cases to review."""

from __future__ import annotations

from pathlib import Path

import pytest

from calipers.agent.batch import find_cases, review
from calipers.models.simulator import Specification, simulate


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three WFDB records, one of them linked under a second name, and a file that is no ECG."""
    import wfdb

    from calipers.leads import LEADS

    place = tmp_path_factory.mktemp("ecgs")
    for number, rate in enumerate((60, 75, 165), 1):
        signal = simulate(Specification("sinus", rate=rate), number).ecg.signal_mv
        wfdb.wrsamp(
            f"r{number}",
            fs=500,
            units=["mV"] * 12,
            sig_name=list(LEADS),
            p_signal=signal.T.astype(float),
            fmt=["16"] * 12,
            comments=["age: 50", "sex: Female"],
            write_dir=str(place),
        )
    (place / "z_again.hea").symlink_to(place / "r1.hea")
    (place / "broken.dcm").write_text("nothing")
    (place / "README.md").write_text("about")
    return place


@pytest.fixture(scope="session")
def reviewed(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder reviewed without a break by two workers."""
    out = tmp_path_factory.mktemp("whole")
    review(find_cases(folder), out, model="none", workers=2, questions=["what is the heart rate?"])
    return out
