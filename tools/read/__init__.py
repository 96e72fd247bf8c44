"""Read an ECG from the file formats that carts, archives and data sets write.

files.py        what the user named: does it exist, is it small enough, its sha256
detect.py       which format, from the bytes; what is refused by name (pictures, archives, text)
reader.py       `read_ecg`: detect, read, and turn every failure into one clear line
recording.py    what a reader found, in file terms; its leads by name; the step to `Ecg`
wfdb_record.py  WFDB records; wfdb_header.py checks the header, wfdb_files.py the files beside it
dicom.py        is this DICOM an ECG, and which of its waveform groups is the rhythm
xml_safety.py   entity bombs and external references are refused before any parser sees the file
exchange.py     DICOM, MUSE, aECG, SCP, Philips, Mortara, EDF, MFER, ISHNE through ecgdatakit
device_word.py  what the file says the device measured and stated, under our names
demographics.py age and sex from the ways files write them
table.py        CSV; timebase.py takes the rate from its time column
array_file.py   NPY
units.py        voltage units
"""

from __future__ import annotations

from calipers.tools.read.reader import read_ecg

__all__ = ["read_ecg"]
