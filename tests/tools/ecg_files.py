"""Small ECG files made byte by byte from the formats' specifications, with known content."""

from __future__ import annotations

import base64
import binascii
import json
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calipers.leads import LEADS

FS_HZ = 500
#: Lead identification of SCP-ECG and MFER.
_LEAD_CODES = {
    "I": 1, "II": 2, "V1": 3, "V2": 4, "V3": 5, "V4": 6, "V5": 7, "V6": 8,
    "III": 61, "aVR": 62, "aVL": 63, "aVF": 64,
}  # fmt: skip
_ISHNE_CODES = {lead: 5 + i for i, lead in enumerate(LEADS)}


def microvolts(n: int = 1000) -> NDArray[np.int16]:
    """(12, n) whole microvolts: beats of different height in each lead, limb leads consistent."""
    t_s = np.arange(n) / FS_HZ
    beat = np.exp(-(((t_s % 0.8) - 0.4) ** 2) / (2 * 0.015**2))
    rows = {lead: np.round(200 * (k + 2) * beat) for k, lead in enumerate(("I", "II", *LEADS[6:]))}
    rows["II"] = rows["II"] * 2
    rows["III"] = rows["II"] - rows["I"]
    rows["aVR"] = -np.round((rows["I"] + rows["II"]) / 2)
    rows["aVL"] = np.round(rows["I"] - rows["II"] / 2)
    rows["aVF"] = np.round(rows["II"] - rows["I"] / 2)
    return np.array([rows[lead] for lead in LEADS]).astype(np.int16)


def write_csv(path: Path, unit: str = "_mV", time: bool = True) -> Path:
    """A CSV table of `microvolts()` in millivolts, with a time column in seconds."""
    names = [*(["time_s"] if time else []), *(f"{lead}{unit}" for lead in LEADS)]
    lines = [",".join(names)]
    for k, column in enumerate(microvolts().T):
        cells = [*([f"{k / FS_HZ:.3f}"] if time else []), *(f"{value / 1000:.3f}" for value in column)]
        lines.append(",".join(cells))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def edf_bytes(labels: tuple[str, ...] = LEADS, unit: str = "uV", records: int = 2) -> bytes:
    """EDF+C of `records` seconds: one record a second, one count a microvolt."""
    signal = microvolts(records * FS_HZ)
    n = len(labels)

    def field(text: object, width: int) -> bytes:
        return str(text).ljust(width).encode("ascii")[:width]

    fixed = b"".join(
        [
            field("0", 8), field("P-77 F 02-MAY-1951 Doe_Jane", 80),
            field("Startdate 03-APR-2021 X X X", 80), field("03.04.21", 8), field("10.11.12", 8),
            field(256 * (n + 1), 8), field("EDF+C", 44), field(records, 8), field(1, 8), field(n, 4),
        ]
    )  # fmt: skip
    columns = [
        [field(label, 16) for label in labels], [field("", 80)] * n, [field(unit, 8)] * n,
        [field(-32768, 8)] * n, [field(32767, 8)] * n, [field(-32768, 8)] * n, [field(32767, 8)] * n,
        [field("", 80)] * n, [field(FS_HZ, 8)] * n, [field("", 32)] * n,
    ]  # fmt: skip
    blocks = [
        signal[row, k * FS_HZ : (k + 1) * FS_HZ].astype("<i2").tobytes() for k in range(records) for row in range(n)
    ]
    return fixed + b"".join(b"".join(column) for column in columns) + b"".join(blocks)


def ishne_bytes(fault_at: int | None = None) -> bytes:
    """ISHNE Holter of 2 s, 1,000 nV a count; a lead fault in V1 where asked."""
    signal = microvolts().copy()
    if fault_at is not None:
        signal[LEADS.index("V1"), fault_at] = -32768
    header = bytearray(522)
    header[:8] = b"ISHNE1.0"
    struct.pack_into("<iiiih", header, 10, 0, signal.shape[1], 522, 522, 1)
    header[28:32], header[68:71], header[108:112] = b"Jane", b"Doe", b"P-77"
    struct.pack_into("<hh", header, 128, 2, 0)
    struct.pack_into("<3h3h3h3h", header, 132, 2, 5, 1951, 3, 4, 2021, 3, 4, 2021, 10, 11, 12)
    struct.pack_into("<h12h", header, 156, 12, *(_ISHNE_CODES[lead] for lead in LEADS))
    struct.pack_into("<12h", header, 206, *[1000] * 12)
    struct.pack_into("<h", header, 272, FS_HZ)
    return bytes(header) + signal.T.astype("<i2").tobytes()


def scp_bytes() -> bytes:
    """SCP-ECG of 2 s, uncompressed, 1,000 nV a count, with sections 1, 3, 6, 7 and 8."""
    signal = microvolts()
    n = signal.shape[1]

    def tag(number: int, value: bytes) -> bytes:
        return struct.pack("<BH", number, len(value)) + value

    def section(number: int, body: bytes) -> bytes:
        body += b"\x00" * (len(body) % 2)
        content = struct.pack("<HIBB6x", number, 16 + len(body), 13, 13) + body
        return struct.pack("<H", binascii.crc_hqx(content, 0xFFFF)) + content

    patient = b"".join(
        [
            tag(0, b"Doe\x00"), tag(1, b"Jane\x00"), tag(2, b"P-77\x00"), tag(4, struct.pack("<HB", 69, 1)),
            tag(8, b"\x02"), tag(25, struct.pack("<HBB", 2021, 4, 3)),
            tag(26, bytes([10, 11, 12])), tag(255, b""),
        ]
    )  # fmt: skip
    leads = bytes([12, (12 << 3) | 4]) + b"".join(struct.pack("<IIB", 1, n, _LEAD_CODES[lead]) for lead in LEADS)
    rhythm = struct.pack("<HHBB", 1000, 2000, 0, 0) + struct.pack("<12H", *[2 * n] * 12)
    rhythm += b"".join(row.astype("<i2").tobytes() for row in signal)
    # One block: P, QRS and T boundaries, then the axes (P undefined); no QRS types; rates, QTc, formula.
    measured = struct.pack("<BBHH", 1, 0, 1000, 29999) + struct.pack("<5H3h", 100, 200, 250, 350, 700, 999, -30, 45)
    measured += struct.pack("<H", 0) + struct.pack("<3HB", 60, 61, 411, 1)
    text = b"Sinus rhythm\x00"
    statements = bytes([0]) + struct.pack("<HBB3B", 2021, 4, 3, 10, 11, 12) + bytes([1])
    statements += struct.pack("<BH", 1, len(text)) + text
    sections = {
        1: section(1, patient), 3: section(3, leads), 6: section(6, rhythm), 7: section(7, measured),
        8: section(8, statements),
    }  # fmt: skip
    position = 6 + 16 + 120 + 1
    pointers = struct.pack("<HII", 0, 136, 7)
    for number in range(1, 12):
        size = len(sections.get(number, b""))
        pointers += struct.pack("<HII", number, size, position if size else 0)
        position += size
    content = section(0, pointers) + b"".join(sections.values())
    sized = struct.pack("<I", 6 + len(content)) + content
    return struct.pack("<H", binascii.crc_hqx(sized, 0xFFFF)) + sized


def mfer_bytes(interval: bool = True, unit_code: int = 0) -> bytes:
    """MFER of 2 s, one count a microvolt, big-endian."""
    signal = microvolts()
    n = signal.shape[1]

    def tlv(tag: int, value: bytes) -> bytes:
        length = bytes([len(value)]) if len(value) < 128 else b"\x84" + struct.pack(">I", len(value))
        return bytes([tag]) + length + value

    parts = [
        tlv(0x40, b"MFR test"), tlv(0x01, b"\x00"), tlv(0x08, struct.pack(">H", 1)),
        tlv(0x0B, struct.pack(">BbH", 1, -3, 2)) if interval else b"",
        tlv(0x0C, struct.pack(">BbH", unit_code, -6, 1)), tlv(0x04, struct.pack(">I", n)),
        tlv(0x05, bytes([12])), tlv(0x06, struct.pack(">H", 1)), tlv(0x84, b"\x02"),
        tlv(0x83, b"\x45\x00\x10"),
    ]  # fmt: skip
    for channel, lead in enumerate(LEADS):
        name = tlv(0x09, struct.pack(">H", _LEAD_CODES[lead]))
        parts.append(bytes([0x3F, channel, len(name)]) + name)
    parts += [tlv(0x1E, signal.astype(">i2").tobytes()), b"\x80\x00"]
    return b"".join(parts)


def philips_xml() -> bytes:
    """Philips Sierra XML 1.04 of 2 s, uncompressed, one count a microvolt."""
    waveform = base64.b64encode(microvolts().astype("<i2").tobytes()).decode("ascii")
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<restingecgdata xmlns="http://www3.medical.philips.com">
 <documentinfo><documenttype>PhilipsECG</documenttype><documentversion>1.04</documentversion></documentinfo>
 <patient><generalpatientdata><patientid>P-77</patientid><name><lastname>Doe</lastname></name>
  <age><years>69</years></age><sex>Female</sex></generalpatientdata></patient>
 <dataacquisition date="2021-04-03" time="10:11:12"><signalcharacteristics>
  <samplingrate>{FS_HZ}</samplingrate>
  <numberchannelsallocated>12</numberchannelsallocated></signalcharacteristics></dataacquisition>
 <interpretations><interpretation><globalmeasurements><heartrate>60</heartrate><print>150</print>
  <qrsdur>Failed</qrsdur><qtint>400</qtint><qtcb>400</qtcb><qrsfrontaxis>-30</qrsfrontaxis>
  <pdur>110</pdur></globalmeasurements>
  <statement><leftstatement>Sinus rhythm</leftstatement>
  <rightstatement>normal P axis</rightstatement></statement>
 </interpretation></interpretations>
 <waveforms><parsedwaveforms dataencoding="Base64" compression="Uncompressed" durationperchannel="2000"
  samplespersecond="{FS_HZ}" resolution="1" signalsigned="true" numberofleads="12"
  leadlabels="{" ".join(LEADS)}">{waveform}</parsedwaveforms></waveforms>
</restingecgdata>""".encode()


def kardia_json() -> bytes:
    """AliveCor Kardia JSON: lead I only, 1,000 nV a count."""
    samples = {"leadI": microvolts()[0].tolist()}
    raw = {"frequency": FS_HZ, "amplitudeResolution": 1000, "numLeads": 1, "samples": samples}
    document = {"id": "x", "recordedAt": "2021-04-03T10:11:12Z", "heartRate": 60, "data": {"raw": raw}}
    return json.dumps(document).encode("utf-8")
