"""Exchanged electrodes on PTB-XL: fit the model of their order, and count what the engine reports.

python -m calipers.evals.measurement.electrodes --fit     # folds 1-7 → models/electrodes/electrodes.npz
python -m calipers.evals.measurement.electrodes           # fold 8: detected by kind, false alarms
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from calipers.evals.framework import data_folder
from calipers.evals.measurement.ptbxl import Labelled, Microvolts, as_ecg, labelled, signals
from calipers.models.electrodes import EXCHANGES
from calipers.models.electrodes.fitting import cross_fitted, fit, save, thresholds
from calipers.models.electrodes.likelihood import WEIGHTS
from calipers.tools.measure import examine
from calipers.tools.measure.reversal import beat_sample

FIT_FOLDS: Final = range(1, 8)
TEST_FOLD: Final = 8
FALSE_ALARMS: Final = 0.01
#: Independent leads whose quality the fit asks for, in the order of `as_ecg`.
_INDEPENDENT: Final = [0, 1, *range(6, 12)]
_REMARK: Final = ("exchanged", "dextrocardia")


def with_leg_electrode(eight_uv: Microvolts, arm: str) -> Microvolts:
    """The record as if one arm's electrode and the right leg's had changed places.

    Args:
        eight_uv: (8, n) leads I, II, V1–V6.
        arm: `RA` or `LA`.

    The right leg has the left leg's potential. The central terminal moves too, and the chest leads with it.
    """
    one, two = eight_uv[0] / 1000.0, eight_uv[1] / 1000.0
    ra, la, ll = -(one + two) / 3, (2 * one - two) / 3, (2 * two - one) / 3
    ra, la = (ll, la) if arm == "RA" else (ra, ll)
    chest = eight_uv[2:] / 1000.0 - (ra + la + ll) / 3
    return np.rint(1000.0 * np.concatenate([[la - ra, ll - ra], chest])).astype(np.int32)


def exchanged(eight_uv: Microvolts) -> Iterator[tuple[str, Microvolts]]:
    """The record with each exchange made in turn."""
    for exchange in EXCHANGES:
        yield exchange.name, np.rint(exchange.matrix @ eight_uv).astype(np.int32)
    for arm in ("RA", "LA"):
        yield f"{arm}-RL", with_leg_electrode(eight_uv, arm)


def remark(row: Labelled, eight_uv: Microvolts) -> str | None:
    """What the engine says about the electrodes."""
    reasons = examine(as_ecg(row, eight_uv)).quality.reasons
    return next((text for text in reasons if any(word in text for word in _REMARK)), None)


def names_it(text: str, name: str) -> bool:
    """Whether a remark names the exchange that was made."""
    words = {
        "RA-LA": "the arm electrodes",
        "RA-LL": "right arm and left leg",
        "LA-LL": "left arm and left leg",
        "RA-RL": "right arm and right leg",
        "LA-RL": "left arm and right leg",
        "V1-V6": "V1 to V6",
    }
    return words.get(name, name.replace("-", " and ")) in text


def run_fit() -> None:
    """Fit on folds 1–7 and choose the thresholds on records each fit has not seen."""
    rows = {row.ecg_id: row for row in labelled(data_folder()) if row.fold in FIT_FOLDS}
    samples, has_p, groups = [], [], []
    for ecg_id, eight_uv in signals(data_folder(), set(rows)):
        found = examine(as_ecg(rows[ecg_id], eight_uv))
        usable = all(found.quality.leads[k].usable for k in _INDEPENDENT)
        if found.beat is None or found.landmarks is None or not usable:
            continue
        samples.append(beat_sample(found.beat.mv, found.landmarks))
        has_p.append(found.landmarks.p is not None)
        groups.append((rows[ecg_id].fold - 1) // 2)
    everything, p = np.array(samples), np.array(has_p)
    own, made, farthest = cross_fitted(everything, p, np.array(groups))
    limit = thresholds(own, made, FALSE_ALARMS)
    save(WEIGHTS, fit(everything, p), limit, farthest)
    print(f"{len(everything)} records, alarms on {int((own > limit).any(axis=1).sum())}; farthest {farthest:.2f}")
    for kind, (exchange, level) in enumerate(zip(EXCHANGES, limit, strict=True)):
        share = float((made[kind, :, kind] > level).mean())
        print(f"  {exchange.name:6s} log ratio above {level:5.2f} in {100 * share:.1f} % of the records exchanged")


def run_score(limit: int) -> None:
    """Alarms on fold 8 as recorded; each exchange made on its clean normal records."""
    rows = {row.ecg_id: row for row in labelled(data_folder()) if row.fold == TEST_FOLD}
    alarms: dict[int, str] = {}
    clean: list[tuple[Labelled, NDArray[np.int32]]] = []
    for ecg_id, eight_uv in signals(data_folder(), set(rows)):
        text = remark(rows[ecg_id], eight_uv)
        if text:
            alarms[ecg_id] = text
        if rows[ecg_id].clean_normal and len(clean) < limit:
            clean.append((rows[ecg_id], eight_uv))
    print(f"as recorded: {len(alarms)} remarks on {len(rows)} records")
    for ecg_id, text in alarms.items():
        print(f"  {ecg_id}: {text} ({', '.join(rows[ecg_id].codes)})")
    quiet = sum(row.ecg_id in alarms for row, _ in clean)
    print(f"clean normal records: {quiet} of {len(clean)}")
    found, named = Counter[str](), Counter[str]()
    for row, eight_uv in clean:
        for name, changed in exchanged(eight_uv):
            text = remark(row, changed)
            found[name] += text is not None
            named[name] += text is not None and names_it(text, name)
    for name in found:
        print(f"  {name:6s} reported {found[name]} of {len(clean)}, named {named[name]}")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fit", action="store_true", help="fit on folds 1-7 instead of scoring fold 8")
    parser.add_argument("--n", type=int, default=60, help="clean records on which the exchanges are made")
    chosen = parser.parse_args()
    if chosen.fit:
        run_fit()
    else:
        run_score(chosen.n)


if __name__ == "__main__":
    main()
