"""Fit the noise model on PTB-XL's remarks, and say how well it tells leads of records it has not seen.

python -m calipers.evals.ecg_qa.noise --fit     # folds 1-8 → models/signal_noise/signal_noise.npz, four minutes
python -m calipers.evals.ecg_qa.noise           # the cross-fitted areas alone
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from calipers.evals.ecg_qa.remarks import Remarks
from calipers.evals.framework import Bootstrap, Options, data_folder, each
from calipers.evals.measurement.ptbxl import TEST_FOLD, Labelled, Microvolts, as_ecg, recorded, signals
from calipers.models.signal_noise.features import Float, lead_features
from calipers.models.signal_noise.fitting import cross_fitted, fit, settled
from calipers.models.signal_noise.network import KINDS, WEIGHTS

#: Folds that are held together in cross-fitting.
_GROUPS: Final = ((1, 2), (3, 4), (5, 6), (7, 8))


class _Job(NamedTuple):
    row: Labelled
    eight_uv: Microvolts


def features_of(job: _Job) -> Float:
    """(12, k) noise features of one record."""
    return lead_features(as_ecg(job.row, job.eight_uv).signal_mv.astype(np.float64)).astype(np.float32)


def main() -> None:
    """Cross-fit, and with `--fit` fit and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--cache", type=Path, help="where the features are kept between runs (npz)")
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    options = Options(data_folder(), workers=given.workers)
    rows = {row.ecg_id: row for row in recorded(options.data) if row.fold < TEST_FOLD}
    ids, features = _features(options, rows, given.cache)
    remarks = Remarks(options.data, ids)
    odds = cross_fitted(features, remarks.lead, np.array([rows[one].fold for one in ids]), _GROUPS)
    resample = Bootstrap([rows[one].patient for one in ids])
    for kind, name in enumerate(KINDS):
        areas = [_area(resample, odds[:, :, kind], remarks.lead[:, :, kind])]
        areas += [_area(resample, np.sort(odds[:, :, kind], axis=1)[:, -3:].mean(axis=1), remarks.record[:, kind])]
        print(json.dumps({"kind": name, "records": int(remarks.record[:, kind].sum()), "auroc lead, record": areas}))
    if given.fit:
        layers = settled(fit(features, remarks.lead), odds, remarks.lead, remarks.record)
        np.savez_compressed(WEIGHTS, **{name: value.astype(np.float32) for name, value in layers._asdict().items()})
        print(f"written to {WEIGHTS}")


def _features(options: Options, rows: dict[int, Labelled], cache: Path | None) -> tuple[list[int], Float]:
    if cache is not None and cache.is_file():
        with np.load(cache) as stored:
            return stored["ids"].tolist(), stored["F"].astype(np.float64)
    ids: list[int] = []

    def jobs() -> Iterator[_Job]:
        for ecg_id, eight_uv in signals(options.data, set(rows)):
            ids.append(ecg_id)
            yield _Job(rows[ecg_id], eight_uv)

    features = np.stack(each(features_of, jobs(), len(rows), "PTB-XL", options)).astype(np.float64)
    if cache is not None:
        np.savez(cache, ids=np.array(ids), F=features.astype(np.float32))
    return ids, features


def _area(resample: Bootstrap, odds: Float, remarked: NDArray[np.bool_]) -> float:
    """Area under the ROC curve, over leads where there are several columns."""
    columns = odds if odds.ndim == 2 else odds[:, None]
    labels = remarked if remarked.ndim == 2 else remarked[:, None]
    found = resample.macro_auroc(columns, labels.astype(float))
    return round(found.value, 3) if found else float("nan")


if __name__ == "__main__":
    main()
