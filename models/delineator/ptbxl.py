"""PTB-XL folds 1-8 (Wagner 2020, CC BY 4.0): rhythm labels, signals, and pseudo-labels for self-training."""

from __future__ import annotations

import ast
import csv
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

from calipers.models.delineator.inference import Delineator
from calipers.models.delineator.ludb import data_folder
from calipers.models.delineator.normalise import WORKING_HZ, to_working_rate
from calipers.models.delineator.segments import segments

#: Rhythms without P waves: the pseudo-labels' P is forced to none.
NO_P: Final = frozenset({"AFIB", "AFLT"})
SINUS: Final = frozenset({"SR", "SBRAD", "STACH", "SARRH"})
#: Fold 8 is kept out of the pseudo-labels, to check P waves in AF and sinus rhythm; 9 and 10 stay closed.
PSEUDO_FOLDS: Final = frozenset(range(1, 8))


@dataclass(frozen=True, eq=False)
class PtbxlRecord:
    """One record: `codes` are its SCP statements, `signal_mv` (12, 5000) float32 at 500 Hz."""

    ecg_id: int
    codes: frozenset[str]
    signal_mv: NDArray[np.float32]

    @property
    def fibrillates(self) -> bool:
        """Labelled atrial fibrillation or flutter."""
        return bool(self.codes & NO_P)

    @property
    def sinus(self) -> bool:
        """Labelled a sinus rhythm, and nothing that could hide or replace its P waves."""
        return bool(self.codes & SINUS) and not self.codes & (NO_P | {"PACE", "SVTAC", "PSVT", "3AVB"})


def labelled_records(folds: frozenset[int]) -> Iterator[PtbxlRecord]:
    """The records of the given folds that have statements, in the order of the files."""
    folder = data_folder()
    codes: dict[int, frozenset[str]] = {}
    with (folder / "ptbxl" / "records.csv").open(newline="") as table:
        for row in csv.DictReader(table):
            if int(row["strat_fold"]) in folds and row["scp_codes"]:
                codes[int(float(row["ecg_id"]))] = frozenset(ast.literal_eval(row["scp_codes"]))
    for ecg_id, signal in _signals(folder):
        if ecg_id in codes:
            yield PtbxlRecord(ecg_id, codes[ecg_id], signal)


def _signals(folder: Path) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """The data folder's own loader, imported from where it lies."""
    spec = importlib.util.spec_from_file_location("calipers_data_load", folder / "load.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(f"found no `load.py` in `{folder}`; needed the data folder's loader")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return cast("Iterator[tuple[int, NDArray[np.float32]]]", module.ptbxl())


def write_pseudo_labels(teachers: list[Path], out: Path, *, records: int = 1600, shard: int = 400) -> None:
    """Average the teachers' probabilities on PTB-XL folds 1-7 and write them as `pseudo-*.npz`.

    In fibrillation and flutter P is forced to none. A sinus rhythm whose P waves the teachers miss is left
    out, so that no student learns to miss them.

    Args:
        teachers: ONNX files.
        out: folder to write.
        records: how many at most.
        shard: records a file.
    """
    out.mkdir(parents=True, exist_ok=True)
    networks = [Delineator(path) for path in teachers]
    signals: list[NDArray[np.float16]] = []
    leads: list[NDArray[np.uint8]] = []
    wholes: list[NDArray[np.uint8]] = []
    count = 0
    for record in _choose(records):
        waves = [network.probabilities(record.signal_mv) for network in networks]
        lead = np.mean([w.per_lead[:, ::2] for w in waves], axis=0)  # (12, n, 3)
        whole = np.mean([w.global_[::2] for w in waves], axis=0)  # (n, 3)
        if record.sinus and not _sees_p(whole):
            continue
        if record.fibrillates:
            lead[..., 0] = 0
            whole[..., 0] = 0
        signals.append(to_working_rate(record.signal_mv).astype(np.float16))
        leads.append(np.round(np.moveaxis(lead, 2, 1) * 255).astype(np.uint8))
        wholes.append(np.round(whole.T * 255).astype(np.uint8))
        if len(signals) == shard:
            _write(out, count, signals, leads, wholes)
            count += 1
    if signals:
        _write(out, count, signals, leads, wholes)


def _sees_p(whole: NDArray[np.float32]) -> bool:
    """Whether (n, 3) global probabilities at 250 Hz hold a P wave for at least four QRS in five."""
    p_waves = len(segments(whole[:, 0], WORKING_HZ, "P"))
    return p_waves >= 0.8 * len(segments(whole[:, 1], WORKING_HZ, "QRS"))


def _write(
    out: Path,
    count: int,
    signals: list[NDArray[np.float16]],
    leads: list[NDArray[np.uint8]],
    wholes: list[NDArray[np.uint8]],
) -> None:
    path = out / f"pseudo-{count:02d}.npz"
    np.savez(path, signal=np.stack(signals), lead=np.stack(leads), whole=np.stack(wholes))
    for column in (signals, leads, wholes):
        column.clear()


def _choose(records: int, seed: int = 3) -> Iterator[PtbxlRecord]:
    """All records that are not plain sinus rhythm, and as many of the others as fit."""
    everything = list(labelled_records(PSEUDO_FOLDS))
    plain_codes = frozenset({"SR", "NORM", "NDT", "NST_", "LVH", "VCLVH", "ABQRS", "QWAVE"})
    special = [r for r in everything if not r.codes <= plain_codes]
    plain = [r for r in everything if r.codes <= plain_codes]
    order = np.random.default_rng(seed).permutation(len(plain))[: max(records - len(special), 0)]
    yield from special
    yield from (plain[index] for index in order)
