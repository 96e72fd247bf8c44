"""`calipers export`: one ECG's report and measurements in the formats of others."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from calipers.agent.cli.options import ModelOption, Reading, RecordArgument, reading_options, working, written
from calipers.errors import UsageError

if TYPE_CHECKING:
    from calipers.ecg import Ecg
    from calipers.report import Report


class Kind(StrEnum):
    """What an ECG can be exported as."""

    fhir = "fhir"
    pdf = "pdf"
    dicom = "dicom"
    wfdb = "wfdb"
    csv = "csv"
    parquet = "parquet"


@reading_options()
def export(
    record: RecordArgument,
    how: Reading,
    to: Annotated[Kind, typer.Option("--to", help="Format", show_default=False)],
    out: Annotated[Path, typer.Option("--out", help="File to write; for wfdb its stem", show_default=False)],
    model: ModelOption = None,
) -> None:
    """Export an ECG's report (fhir, pdf, dicom), its measurements (csv, parquet), or its onsets and offsets (wfdb)."""
    import calipers

    with working("reading"):
        ecg = how.read(record)
    if ecg.synthetic and to in (Kind.fhir, Kind.pdf, Kind.dicom):
        raise UsageError("found a synthetic ECG, not recorded from a person; no report of it is exported")
    with working("measuring"):
        if to is Kind.wfdb:
            from calipers.tools.export import write_annotations

            written(write_annotations(ecg, calipers.measure(ecg), out))
            return
        if to in (Kind.csv, Kind.parquet):
            content = _table(ecg, to)
        else:
            content = _DOCUMENTS[to](ecg, calipers.Agent(model).interpret(ecg))
    try:
        out.write_bytes(content)
    except OSError as problem:
        raise UsageError(
            f"found `{out}`, which cannot be written: {problem.strerror}; needed a writable file"
        ) from problem
    written(out)


def _table(ecg: Ecg, to: Kind) -> bytes:
    import calipers
    from calipers.tools.export import measurements_frame

    frame = measurements_frame(calipers.measure(ecg).values())
    if to is Kind.csv:
        return str(frame.to_csv(index=False)).encode()
    from io import BytesIO

    held = BytesIO()
    frame.to_parquet(held, index=False)
    return held.getvalue()


def _fhir(ecg: Ecg, report: Report) -> bytes:
    from calipers.tools.export import fhir_bundle

    return fhir_bundle(report).encode()


def _pdf(ecg: Ecg, report: Report) -> bytes:
    from calipers.agent.report_pdf import report_pdf

    return report_pdf(report, ecg)


def _dicom(ecg: Ecg, report: Report) -> bytes:
    from calipers.tools.export import encapsulated_pdf

    return encapsulated_pdf(_pdf(ecg, report), ecg)


_DOCUMENTS: dict[Kind, Callable[[Ecg, Report], bytes]] = {Kind.fhir: _fhir, Kind.pdf: _pdf, Kind.dicom: _dicom}
