"""The sets that are compared: real ECGs, ours drawn for the same labels, and the peers' ECGs."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final

import numpy as np

from calipers.ecg import Ecg
from calipers.evals.framework import Options, each, spread
from calipers.evals.measurement.ptbxl import Labelled, as_ecg, labelled, signals
from calipers.leads import LEADS
from calipers.models.generator.generator import generator
from calipers.models.generator.marks import CODEC_HZ, twelve_leads
from calipers.models.generator.rhythms import Ectopy, Rhythm
from calipers.tools.generate.drawing import Aims, draw
from calipers.tools.generate.request import Request

_RHYTHMS: Final[dict[str, Rhythm]] = {
    "AFIB": "atrial_fibrillation", "AFLT": "atrial_flutter", "PACE": "paced_ventricular", "SARRH": "sinus_arrhythmia",
    "SVTAC": "supraventricular_tachycardia", "PSVT": "supraventricular_tachycardia", "3AVB": "third_degree_av_block",
}  # fmt: skip
_ECTOPY: Final[dict[str, Ectopy]] = {"BIGU": "pvc_bigeminy", "TRIGU": "pvc_trigeminy", "PVC": "pvc", "PAC": "pac"}


def real(
    options: Options, folds: tuple[int, ...], n: int, only: frozenset[int] | None = None
) -> tuple[list[Labelled], list[Ecg]]:
    """Real ECGs of some folds, evenly spread, or of these records `only`."""
    every = [row for row in labelled(options.data) if row.fold in folds and (only is None or row.ecg_id in only)]
    rows = spread(every, n)
    known = {row.ecg_id: row for row in rows}
    found = [(known[key], as_ecg(known[key], uv)) for key, uv in signals(options.data, set(known))]
    return [row for row, _ in found], [ecg for _, ecg in found]


def ours(rows: list[Labelled], options: Options) -> list[Ecg]:
    """One drawing for each row's labels, age and sex; nothing is chosen among candidates."""
    return each(_drawn, list(enumerate(rows)), len(rows), "drawing", options)


def _drawn(job: tuple[int, Labelled]) -> Ecg:
    seed, row = job
    rhythm: Rhythm = next((_RHYTHMS[code] for code in _RHYTHMS if code in row.codes), "sinus")
    ectopy = next((_ECTOPY[code] for code in _ECTOPY if code in row.codes), None) if rhythm == "sinus" else None
    request = Request(rhythm=rhythm, ectopy=ectopy, age=row.age, sex=row.sex)
    return draw(request, Aims({}, {}), seed, generator(), labels=frozenset(row.codes))


def simulated_by_neurokit(count: int, options: Options) -> list[Ecg]:
    """NeuroKit2's `ecg_simulate(method="multileads")` (McSharry 2003, twelve leads), rates 50 to 110."""
    return each(_simulated, list(range(count)), count, "NeuroKit2", options)


def _simulated(seed: int) -> Ecg:
    import neurokit2 as nk

    rate = int(np.random.default_rng(seed).integers(50, 111))
    frame = nk.ecg_simulate(
        duration=10, sampling_rate=CODEC_HZ, heart_rate=rate, method="multileads", random_state=seed
    )
    return Ecg.from_array(frame.to_numpy().T, CODEC_HZ, list(frame.columns), synthetic=True)


def deepfakes(count: int) -> list[Ecg] | None:
    """deepfake-ecg 1.1.2 (Thambawita 2021, MIT): its generator and weights; None where it is not installed."""
    if find_spec("deepfakeecg") is None:
        return None
    from pathlib import Path

    import deepfakeecg
    import torch

    network = deepfakeecg.Generator()
    place = Path(deepfakeecg.__file__).parent / "checkpoints" / "g_stat.pt"
    network.load_state_dict(torch.load(place, map_location="cpu", weights_only=False)["stat_dict"])
    network.eval()
    out = []
    with torch.inference_mode():
        for seed in range(count):
            noise = torch.from_numpy(np.random.default_rng(seed).uniform(-1, 1, (1, 8, 5000)).astype(np.float32))
            # Its unit is the microvolt after the factor that its own program uses.
            eight = network(noise)[0].numpy() * 6000.0 / 1000.0
            out.append(Ecg.from_array(twelve_leads(eight), CODEC_HZ, LEADS, synthetic=True))
    return out
