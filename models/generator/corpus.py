"""PTB-XL folds 1-8 and simulated records as latents: what the two flows are trained on.

python -m calipers.models.generator.corpus MARKED.jsonl OUT.npz, after `python -m calipers.tools.generate.mark_corpus`.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from calipers.models.generator import shapes
from calipers.models.generator.anatomy import Anatomy, take_apart
from calipers.models.generator.latents import Parts
from calipers.models.generator.marked import Marked, read_marked, write_marked
from calipers.models.generator.marks import CODEC_HZ, EIGHT, MS, Floats, Marks
from calipers.models.generator.texture import split

TRAINING_FOLDS: Final = tuple(range(1, 9))
SAMPLES: Final = 10 * CODEC_HZ
_NONE: Final = float("nan")


@dataclass(frozen=True, eq=False)
class Example:
    """One usual or ectopic beat of one record, as `latents.Parts` without the leading axis."""

    record: Marked
    ectopic: bool
    parts: Parts


def signals(data: Path, wanted: frozenset[str]) -> Iterator[tuple[str, Floats]]:
    """PTB-XL's numbers and (8, 5000) millivolts, in the order of the files."""
    for path in sorted((data / "ptbxl").glob("signals-*.npz")):
        with np.load(path) as packed:
            for ecg_id, steps in zip(packed["ecg_id"], packed["delta"], strict=True):
                if str(ecg_id) in wanted:
                    yield str(ecg_id), np.cumsum(steps.astype(np.int32), axis=1) / 1000.0


def examples(record: Marked, eight_mv: Floats) -> tuple[list[Example], Anatomy, Floats]:
    """The beats of one record, its anatomy, and what the shapes leave over."""
    anatomy = take_apart(eight_mv, record.marks)
    left = eight_mv - anatomy.drawn(eight_mv.shape[1])
    _, _, levels, _ = split(left, anatomy.marks.qrs_on)
    found = []
    if anatomy.beat is not None:
        found.append(Example(record, False, usual_parts(anatomy, levels)))
    if anatomy.ectopic is not None and anatomy.marks.ectopic.sum() >= 1:
        found.append(Example(record, True, ectopic_parts(anatomy)))
    return found, anatomy, left


def usual_parts(anatomy: Anatomy, levels: Floats) -> Parts:
    """The parts of the usual beat, with NaN for what the ECG does not have."""
    marks = anatomy.marks
    assert anatomy.beat is not None
    p = np.full((len(EIGHT), shapes.ATRIAL_POINTS), _NONE) if anatomy.p is None else anatomy.p
    flutter = np.full((len(EIGHT), shapes.FLUTTER_POINTS), _NONE) if anatomy.flutter is None else anatomy.flutter
    spike, delay = np.full(len(EIGHT), _NONE), np.array(_NONE)
    if anatomy.spike is not None:
        distance = marks.qrs_on[None, :] - marks.spikes[:, None]
        nearest = distance[np.arange(len(marks.spikes)), np.abs(distance).argmin(axis=1)]
        close = nearest[np.abs(nearest) < 40]
        if close.size:
            delay = np.array(float(np.median(close)))
            tip = anatomy.spike[:, shapes.SPIKE_REACH]
            spike = tip
    return Parts(p, anatomy.beat, flutter, spike, delay, _times(marks, ectopic=False), levels)


def ectopic_parts(anatomy: Anatomy) -> Parts:
    """The parts of the ectopic beat; the rest is NaN."""
    assert anatomy.ectopic is not None
    return Parts(
        p=np.full((len(EIGHT), shapes.ATRIAL_POINTS), _NONE),
        beat=anatomy.ectopic,
        flutter=np.full((len(EIGHT), shapes.FLUTTER_POINTS), _NONE),
        spike=np.full(len(EIGHT), _NONE),
        spike_delay=np.array(_NONE),
        times=_times(anatomy.marks, ectopic=True),
        levels=np.full(2 * len(EIGHT), _NONE),
    )


def _times(marks: Marks, *, ectopic: bool) -> Floats:
    """RR, P, PR, QRS, Fridericia's QTc in ms; NaN for what does not apply."""
    of = marks.ectopic == ectopic
    rr = float(np.mean(np.diff(marks.qrs_on))) * MS if marks.beats > 1 else 1000.0
    qrs = float(np.median((marks.qrs_off - marks.qrs_on)[of])) * MS
    qt = float(np.median((marks.t_off - marks.qrs_on)[of])) * MS
    qtc = qt / np.cbrt(rr / 1000.0)
    if ectopic:
        return np.array([_NONE, _NONE, _NONE, qrs, qtc])
    p = float(np.median(marks.p_off - marks.p_on)) * MS if marks.p_on.size else _NONE
    return np.array([rr, p, _pr(marks), qrs, qtc])


def _pr(marks: Marks) -> float:
    if not marks.p_on.size:
        return _NONE
    ahead = marks.qrs_on[~marks.ectopic][None, :] - marks.p_on[:, None]
    ahead = np.where(ahead > 20, ahead, np.inf).min(axis=1) * MS
    near = ahead[ahead < 450]
    # P waves that go their own way have no PR.
    return float(np.median(near)) if near.size and np.median(np.abs(near - np.median(near))) < 30 else _NONE


def stacked(found: list[Example]) -> Parts:
    """Examples → arrays with a leading axis."""
    return Parts(*(np.stack([getattr(one.parts, name) for one in found]) for name in Parts._fields))


def build(marked: Path, data: Path, simulated: Iterator[tuple[Marked, Floats]], out: Path) -> None:
    """Take every record apart and write what the flows need, float32/float16, as one npz.

    Beside it every record is written as a line of `OUT.jsonl`, the simulated ones too.
    """
    records = {one.id: one for one in read_marked(marked) if one.fold in TRAINING_FOLDS}
    found: list[Example] = []
    left: list[NDArray[np.float16]] = []
    drawn: list[NDArray[np.float16]] = []
    onsets: list[Floats] = []
    keys: list[str] = []
    spikes: list[Floats] = []
    used: list[Marked] = []
    for source in (((records[key], eight) for key, eight in signals(data, frozenset(records))), simulated):
        for record, eight in source:
            beats, anatomy, rest = examples(record, eight)
            found += beats
            used.append(record)
            if anatomy.spike is not None:
                spikes.append(anatomy.spike)
            if not record.simulated:
                left.append(rest.astype(np.float16))
                drawn.append((eight - rest).astype(np.float16))
                onsets.append(anatomy.marks.qrs_on)
                keys.append(record.id)
    out.with_suffix(".jsonl").unlink(missing_ok=True)
    write_marked(used, out.with_suffix(".jsonl"))
    parts = stacked(found)
    np.savez(
        out,
        **{f"parts.{name}": getattr(parts, name).astype(np.float32) for name in Parts._fields},
        example_id=np.array([one.record.id for one in found]),
        example_ectopic=np.array([one.ectopic for one in found]),
        spikes=np.stack(spikes).reshape(-1, shapes.SPIKE_POINTS),
        residual=np.stack(left),
        drawn=np.stack(drawn),
        qrs_on=np.concatenate(onsets),
        beats=np.array([len(one) for one in onsets]),
        record_id=np.array(keys),
    )


def main() -> None:
    """Command line of this stage."""
    from calipers.models.generator.simulated import simulated_records

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("marked", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--simulated", type=int, default=1000, help="about how many simulated records")
    chosen = parser.parse_args()
    real = [one for one in read_marked(chosen.marked) if one.fold in TRAINING_FOLDS]
    build(chosen.marked, chosen.data, simulated_records(real, chosen.data, chosen.simulated), chosen.out)


if __name__ == "__main__":
    main()
