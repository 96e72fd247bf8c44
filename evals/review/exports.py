"""Every export of an ECG, read or judged by a program that is not ours.

python -m calipers.evals.review.exports                          # pydicom's real 12-lead ECG
python -m calipers.evals.review.exports RECORD --fhir-schema fhir.schema.json

HL7's own R4 JSON schema (hl7.org/fhir/R4/fhir.schema.json.zip) is used where its file is given; `dciodvfy` of
dicom3tools where it is installed. A judge that is not there is named as such and fails nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import calipers
from calipers.agent.report_pdf import report_pdf
from calipers.ecg import Ecg
from calipers.evidence import Frozen
from calipers.report import Report
from calipers.tools.export import encapsulated_pdf, fhir_bundle, measurements_frame, write_annotations

#: The LOINC code of each measurement, entered a second time: a slip in the exporter shows as a difference.
LOINC: Final = {
    "hr": "8867-4",
    "pr": "8625-6",
    "qrs": "8633-0",
    "qt": "8634-8",
    "qtc_bazett": "76635-2",
    "qtc_fridericia": "76634-5",
    "p_axis": "8626-4",
    "qrs_axis": "8632-2",
    "t_axis": "8638-9",
}


class Judged(Frozen):
    """What one foreign program made of one export; `faults` is None where the program is not there."""

    export: str
    by: str
    found: str
    faults: int | None


def fhir(report: Report, schema: Path | None) -> Iterator[Judged]:
    """The bundle before two foreign models of FHIR and the standard's own schema, and its LOINC codes by value."""
    document = fhir_bundle(report)
    bundle = json.loads(document)
    from fhir.resources.R4B.bundle import Bundle

    entries = Bundle.model_validate_json(document).entry or []
    by = f"fhir.resources {version('fhir.resources')}"
    yield Judged(export="FHIR", by=by, found=f"{len(entries)} resources", faults=0)
    coded = {
        coding["code"]: entry["resource"].get("valueQuantity", {}).get("value")
        for entry in bundle["entry"]
        for coding in entry["resource"]["code"].get("coding", ())
    }
    measured = {item.id: item.number for item in report.measurements}
    wanted = {code: measured[name] for name, code in LOINC.items() if measured.get(name) is not None}
    wrong = [code for code, value in wanted.items() if abs((coded.get(code) or 1e9) - (value or 0)) > 0.05]
    yield Judged(export="FHIR", by="LOINC codes", found=f"{len(wanted)} values under their codes", faults=len(wrong))
    if find_spec("fhirclient"):
        from fhirclient.models.bundle import Bundle as SmartBundle

        SmartBundle(bundle, strict=True)
        yield Judged(export="FHIR", by=f"fhirclient {version('fhirclient')}", found="R4, strict", faults=0)
    else:
        yield _absent("FHIR", "fhirclient")
    if schema is None:
        yield _absent("FHIR", "HL7's R4 JSON schema")
        return
    from jsonschema import Draft6Validator

    faults = list(Draft6Validator(json.loads(schema.read_text("utf-8"))).iter_errors(bundle))
    yield Judged(export="FHIR", by="HL7's R4 JSON schema, by jsonschema", found="Bundle", faults=len(faults))


def documents(report: Report, ecg: Ecg, folder: Path) -> Iterator[Judged]:
    """The PDF, and the same inside DICOM."""
    import pypdfium2
    from pydicom import dcmread

    pdf = report_pdf(report, ecg)
    opened = pypdfium2.PdfDocument(pdf)
    words = "".join(page.get_textpage().get_text_bounded() for page in opened)
    missing = [line for line in report.impression.splitlines() if line.split(".")[0] not in words.replace("\r\n", " ")]
    by = f"pypdfium2 {version('pypdfium2')}"
    yield Judged(export="PDF", by=by, found=f"{len(opened)} pages, impression in words", faults=len(missing))
    path = folder / "report.dcm"
    path.write_bytes(encapsulated_pdf(pdf, ecg))
    read = dcmread(path)
    same = read.EncapsulatedDocument[: read.EncapsulatedDocumentLength] == pdf
    found = str(read.file_meta.MediaStorageSOPClassUID.name)
    yield Judged(export="DICOM", by=f"pydicom {version('pydicom')}", found=found, faults=int(not same))
    if not shutil.which("dciodvfy"):
        yield _absent("DICOM", "dciodvfy of dicom3tools")
        return
    said = subprocess.run(["dciodvfy", str(path)], capture_output=True, text=True, check=False).stderr.splitlines()
    errors = [line for line in said if line.startswith("Error")]
    yield Judged(export="DICOM", by="dciodvfy of dicom3tools", found=said[-1] if said else "", faults=len(errors))


def tables(ecg: Ecg, folder: Path) -> Iterator[Judged]:
    """The measurements as Parquet, and the onsets and offsets as WFDB annotations."""
    import wfdb
    from pyarrow import parquet

    measured = calipers.measure(ecg)
    measurements_frame(measured.values()).to_parquet(folder / "m.parquet", index=False)
    back = parquet.read_table(folder / "m.parquet").to_pydict()
    values = dict(zip(back["id"], back["value"], strict=True))
    wrong = [key for key, item in measured.items() if item.number is not None and values[key] != item.number]
    by = f"pyarrow {version('pyarrow')}"
    yield Judged(export="Parquet", by=by, found=f"{len(values)} measurements", faults=len(wrong))
    written = write_annotations(ecg, measured, folder / "ecg")
    read = wfdb.rdann(str(written.with_suffix("")), "cal")
    onsets = [
        round(item.spans[0].start_s * ecg.fs_hz)
        for item in measured.values()
        if item.name == "qrs" and item.beat is not None and item.status == "measured"
    ]
    lost = set(onsets) - set(read.sample.tolist())
    yield Judged(export="WFDB", by=f"wfdb {version('wfdb')}", found=f"{len(read.sample)} marks", faults=len(lost))


async def served(record: Path) -> Judged:
    """`calipers mcp` as a process of its own, asked through the client of the protocol's own SDK."""
    from mcp import ClientSession, StdioServerParameters
    from mcp.client.stdio import stdio_client

    command = ["-m", "calipers.agent.cli", "mcp", str(record.parent)]
    async with (
        stdio_client(StdioServerParameters(command=sys.executable, args=command)) as (heard, say),
        ClientSession(heard, say) as client,
    ):
        await client.initialize()
        tools = [tool.name for tool in (await client.list_tools()).tools]
        answer: Any = await client.call_tool("measure", {"record": record.name, "ids": ["pr", "qt"]})
    told = json.loads(answer.model_dump_json())
    content = told.get("structuredContent") or told.get("structured_content") or {}
    given = {item["id"]: item["value"] for item in content.get("result", ())}
    ours = calipers.measure(calipers.read_ecg(record))
    faults = sum(given.get(key) is None or abs(given[key] - (ours[key].number or 0)) > 0.05 for key in ("pr", "qt"))
    return Judged(export="MCP", by=f"mcp {version('mcp')}", found=f"{len(tools)} tools, two values", faults=faults)


def _absent(export: str, by: str) -> Judged:
    return Judged(export=export, by=by, found="not installed here", faults=None)


def main() -> None:
    """Print a line for each judge; exit code 1 where one finds a fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("record", type=Path, nargs="?")
    parser.add_argument("--fhir-schema", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        record = given.record or _demo(folder)
        ecg = calipers.read_ecg(record)
        report = calipers.Agent(model="none", home=folder / "home").interpret(ecg)
        judged = [*fhir(report, given.fhir_schema), *documents(report, ecg, folder), *tables(ecg, folder)]
        judged.append(asyncio.run(served(record)))
    for one in judged:
        print(one.model_dump_json(), flush=True)
    sys.exit(1 if any(one.faults for one in judged) else 0)


def _demo(folder: Path) -> Path:
    """pydicom's real ECG in a folder of its own, which can be served."""
    from pydicom.data import get_testdata_file

    (folder / "served").mkdir()
    return Path(shutil.copy(str(get_testdata_file("waveform_ecg.dcm", download=False)), folder / "served" / "demo.dcm"))


if __name__ == "__main__":
    main()
