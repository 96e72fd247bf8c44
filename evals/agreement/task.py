"""The agreement benchmark: six sources on the same records, and the recorders' own numbers where a file holds them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from calipers import measure, read_ecg
from calipers.evals.agreement.cart_words import texts
from calipers.evals.agreement.solver import Job, hear_all
from calipers.evals.framework import Bootstrap, Estimate, Options, Outcome, Result, Section, Table
from calipers.evals.framework.sampled import DataSet, outcome, solve
from calipers.evals.measurement.ptbxl import Labelled
from calipers.evals.readers import held_rows, readers, readers_of, single_process, with_signals

NAME: Final = "agreement"
MODEL_RECORDS: Final = 60
_METHOD: Final = (
    "Positive agreement (Cicchetti & Feinstein 1990), pooled over twelve statements: twice the records on which both"
    " sources say it, over the records on which either does, counted for each. Sources: `text`, the released claims;"
    " `criteria`, what they lean to; `network`, a probability of at least one half; `measurements`, rate and PR against"
    " plain limits (STACH, SBRAD, 1AVB); `cart`, the recorder's phrases in PTB-XL's reports; `labels`, the"
    " cardiologists'. The labels were made from the reports, so that cart and labels agree more than independent"
    " readers would. openecg and NeuroKit2 are heard on the codes that they can name, of lead II; `another` is the"
    " control, the labels of the next record. `recorders_within`: numbers of recorders, in public sample files, within our 95 % interval."
)


class AgreementTask:
    """Positive agreement of every pair; `--model` says whose text."""

    name = NAME

    def run(self, options: Options) -> Outcome:
        """See `Task`; fold 9, or folds 1–8 with `--split training`."""
        started = time.perf_counter()
        models = readers(options)
        rows = held_rows(options, None if len(models) == 1 else MODEL_RECORDS)
        data = DataSet("PTB-XL", _jobs(options, rows, models), len(rows))
        solved = solve(data, hear_all, single_process(options))
        devices = _devices(options)
        done = outcome(NAME, "Agreement", _METHOD, solved, models[0], started, (_devices_section(devices),))
        scores = {"recorders_within": _within(devices)}
        recorders = Result.of(NAME, len(rows), scores, {}, 0.0)
        # A row is a statement of a record; what was read are records.
        return done._replace(
            result=replace(
                done.result,
                n=len(rows),
                metrics={**done.result.metrics, **recorders.metrics},
                ci95={**done.result.ci95, **recorders.ci95},
                counts={**done.result.counts, **recorders.counts},
            )
        )


def _within(devices: Sequence[tuple[str, ...]]) -> Estimate | None:
    """Share of the recorders' numbers within our interval, resampled by file."""
    inside = [float(line[-1] == "yes") for line in devices]
    return Bootstrap([line[0] for line in devices]).share(inside, [1.0] * len(inside))


def _jobs(options: Options, rows: Sequence[Labelled], models: tuple[str, ...]) -> Iterator[Job]:
    words = texts(options.data)
    others = dict(zip((row.ecg_id for row in rows), [*rows[1:], *rows[:1]], strict=True))
    for number, (row, eight_uv) in enumerate(with_signals(options, rows)):
        another = frozenset(others[row.ecg_id].codes)
        yield Job(row, eight_uv, words[row.ecg_id], another, readers_of(models, options, number))


def _devices(options: Options) -> list[tuple[str, ...]]:
    """File, parameter, our number, the recorder's own, and whether it is within our interval, for sample files."""
    from pydicom.data import get_testdata_file

    paths = [str(get_testdata_file("waveform_ecg.dcm")), *map(str, sorted((options.data / "formats").glob("*.xml")))]
    lines: list[tuple[str, ...]] = []
    for number, path in enumerate(paths, start=1):
        ecg = read_ecg(path)
        ours = measure(ecg)
        for name, theirs in sorted(ecg.source.device_measurements.items()):
            item = ours.get(name)
            if item is not None and item.number is not None:
                inside = "yes" if abs(item.number - theirs) <= (item.uncertainty or 0.0) else "no"
                lines.append((f"{number}. {ecg.source.format}", name, f"{item.number:.0f}", f"{theirs:.0f}", inside))
    return lines


def _devices_section(lines: Sequence[tuple[str, ...]]) -> Section:
    header = ("file", "parameter", "ours", "the recorder's", "within our 95 %")
    return Section("Recorders' own numbers", (Table(header, tuple(lines)),))
