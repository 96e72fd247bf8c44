"""What the embedded model says it sees, against the cardiologists' labels, for each way of showing an ECG."""

from __future__ import annotations

import io
import time
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from calipers.agent.embedded import load_writer
from calipers.errors import MissingPart
from calipers.evals.framework import Bootstrap, Document, Estimate, Options, Outcome, Result, Section, Table, spread
from calipers.evals.image_agreement.pages import draw_page
from calipers.evals.measurement.ptbxl import TEST_FOLD, Labelled, as_ecg, labelled, signals
from calipers.models.mllm import classifier
from calipers.models.mllm.encoder_input import encoder_input
from calipers.models.mllm.encoder_tokens import encode
from calipers.models.mllm.image_encoder import encode_page

NAME: Final = "sight"
WAYS: Final = ("signal", "image", "both")
#: A statement with fewer labels among the scored records does not count.
FEWEST_LABELS: Final = 5
_METHOD: Final = (
    "The model reads the ECG's tokens, and nothing else, and writes the codes that it sees. A label counts whatever its"
    " likelihood. F1 is the mean over statements with at least five labels; `leading_right`: the code written first is"
    " among the labels; `leading_same`: it is the same from the signal as from the page drawn of it (3x4+1)."
)


class Seen(NamedTuple):
    """One record: its row, and the codes written from the signal, the image and both."""

    row: Labelled
    codes: dict[str, tuple[str, ...]]


class SightTask:
    """Macro F1 and the leading statement of what the model writes; fold 9, or of `--split training` folds 1–8."""

    name = NAME

    def run(self, options: Options) -> Outcome:
        """See `Task`."""
        started = time.perf_counter()
        seen = _see(options)
        labels = np.array([[code in each.row.codes for code in classifier.codes()] for each in seen], dtype=float)
        draws = Bootstrap([each.row.patient for each in seen])
        metrics: dict[str, Estimate | None] = {}
        groups: dict[str, dict[str, float]] = {}
        for way in WAYS:
            written = [each.codes[way] for each in seen]
            right = np.array(
                [bool(codes) and codes[0] in each.row.codes for codes, each in zip(written, seen, strict=True)]
            )
            metrics[f"{way}_macro_f1"] = Estimate.alone(macro_f1(written, labels), len(seen))
            metrics[f"{way}_leading_right"] = draws.share(right, np.ones_like(right))
            groups[way] = {"n": len(seen), "codes_per_record": float(np.mean([len(codes) for codes in written]))}
        same = np.array([each.codes["signal"][:1] == each.codes["image"][:1] for each in seen])
        metrics["leading_same"] = draws.share(same, np.ones_like(same))
        seconds = time.perf_counter() - started
        return Outcome(Result.of(NAME, len(seen), metrics, groups, seconds), _report(metrics))


def macro_f1(written: Sequence[Sequence[str]], labels: NDArray[np.float64]) -> float:
    """Mean F1 over the statements with enough labels.

    Args:
        written: the codes of each record.
        labels: (records, 71).
    """
    said = np.array([[code in codes for code in classifier.codes()] for codes in written], dtype=float)
    hits = (said * labels).sum(axis=0)
    f1 = 2 * hits / np.maximum(said.sum(axis=0) + labels.sum(axis=0), 1.0)
    return float(f1[labels.sum(axis=0) >= FEWEST_LABELS].mean())


def _see(options: Options) -> list[Seen]:
    folds = tuple(range(1, TEST_FOLD)) if options.split == "training" else (TEST_FOLD,)
    rows = {row.ecg_id: row for row in spread([row for row in labelled(options.data) if row.fold in folds], options.n)}
    writer = load_writer()
    seen = []
    for ecg_id, uv in signals(options.data, set(rows)):
        ecg = as_ecg(rows[ecg_id], uv)
        given = encoder_input(ecg.signal_mv, ecg.fs_hz)
        signal = encode(given.signal_mv[None], given.present[None]).sequence[0]
        page = np.asarray(Image.open(io.BytesIO(draw_page(ecg, "3x4+1"))).convert("RGB"))
        image = encode_page(page, layout="3x4+1").sequence
        ways = {"signal": (signal, None), "image": (None, image), "both": (signal, image)}
        codes = {}
        for way, (from_signal, from_image) in ways.items():
            tokens = writer.project(from_signal, from_image)
            if tokens is None:
                raise MissingPart("found no projector of ECG tokens; needed: an installation that holds it")
            codes[way] = writer.see(tokens).seen
        seen.append(Seen(rows[ecg_id], codes))
    return seen


def _report(metrics: dict[str, Estimate | None]) -> Document:
    rows = tuple(
        (name, f"{found.value:.3f}", f"{found.low:.3f} to {found.high:.3f}" if found.has_interval else "–")
        for name, found in metrics.items()
        if found
    )
    table = Table(("figure", "value", "95 % interval"), rows)
    return Document("What the language model sees", "", (Section("How it was judged", (_METHOD, table)),))
