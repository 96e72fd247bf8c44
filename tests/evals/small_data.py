"""A data folder of simulated ECGs in the layout of `shared/data`, so that a whole run needs no data set."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import wfdb

from calipers.evals.measurement.analytic import KNOWN_ECGS, WITHOUT_P, KnownEcg
from calipers.evals.measurement.ludb import LEAD_FILES

FS_HZ = 500
_LUDB_COLUMNS = ("ID", "Sex", "Age", "Rhythms", "Conduction abnormalities", "Extrasystolies", "Cardiac pacing")
_PTBXL_COLUMNS = (
    "ecg_id", "patient_id", "age", "sex", "report", "scp_codes", "strat_fold", "baseline_drift", "static_noise", "burst_noise",
    "electrodes_problems", "extra_beats", "pacemaker",
)  # fmt: skip


def write_ludb(folder: Path, truths: dict[int, KnownEcg]) -> None:
    """LUDB's files for the given records, marked with the very truth they were made from."""
    (folder / "data").mkdir(parents=True)
    with (folder / "ludb.csv").open("w", newline="") as table:
        rows = csv.DictWriter(table, _LUDB_COLUMNS)
        rows.writeheader()
        for record in truths:
            rows.writerow({"ID": record, "Sex": "F\n", "Age": "51\n", "Rhythms": "Sinus rhythm\nof no importance"})
    for record, truth in truths.items():
        ecg = truth.render(record)
        names = list(LEAD_FILES)
        wfdb.wrsamp(
            str(record), FS_HZ, ["mV"] * 12, names, ecg.signal_mv.T.astype(np.float64), fmt=["16"] * 12,
            write_dir=str(folder / "data"),
        )  # fmt: skip
        samples, symbols = marks(truth)
        # wfdb writes no extension with a digit, though it reads them: `v1` is written under another name.
        wfdb.wrann(str(record), "marks", samples, symbols, write_dir=str(folder / "data"))
        written = folder / "data" / f"{record}.marks"
        for name in names:
            written.with_suffix(f".{name}").write_bytes(written.read_bytes())


def marks(truth: KnownEcg) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], list[str]]:
    """The marks of the beats from the second to the last but one, as a cardiologist would place them."""
    times_s: list[float] = []
    symbols: list[str] = []
    for beat in range(1, int(9.0 * truth.hr / 60.0) - 1):
        qrs_s = 0.35 + beat * 60.0 / truth.hr
        waves = [("N", 0.0, truth.qrs_ms), ("t", truth.qrs_ms + 0.35 * (truth.qt_ms - truth.qrs_ms), truth.qt_ms)]
        if truth.pr_ms is not None:
            waves.insert(0, ("p", -truth.pr_ms, truth.p_ms - truth.pr_ms))
        for symbol, start_ms, stop_ms in waves:
            times_s += [qrs_s + t / 1000 for t in (start_ms, (start_ms + stop_ms) / 2, stop_ms)]
            symbols += ["(", symbol, ")"]
    return np.round(np.array(times_s) * FS_HZ).astype(np.int64), symbols


def write_ptbxl(folder: Path) -> None:
    """PTB-XL's files: clean sinus rhythm in folds 1 and 9, fibrillation in both."""
    folder.mkdir(parents=True)
    truths = [KNOWN_ECGS[1], KNOWN_ECGS[2], WITHOUT_P[0], WITHOUT_P[1]]
    codes = ["{'NORM': 100.0, 'SR': 0.0}"] * 2 + ["{'AFIB': 0.0}"] * 2
    eight = []
    with (folder / "records.csv").open("w", newline="") as table:
        rows = csv.DictWriter(table, _PTBXL_COLUMNS)
        rows.writeheader()
        for number, (truth, code) in enumerate(zip(truths, codes, strict=True), start=1):
            rows.writerow(
                {"ecg_id": number, "patient_id": f"{number}.0", "age": "300.0", "sex": "1.0", "scp_codes": code,
                 "report": "vorhofflimmern" if "AFIB" in code else "normales ekg",
                 "strat_fold": 9 if number % 2 else 1}
            )  # fmt: skip
            signal_uv = np.round(truth.render(number).signal_mv * 1000).astype(np.int16)
            eight.append(np.diff(signal_uv[[0, 1, *range(6, 12)]], axis=1, prepend=np.int16(0)))
    np.savez_compressed(folder / "signals-00.npz", ecg_id=np.arange(1, 5), delta=np.stack(eight))
