"""Read an ECG from the file formats that carts, archives and data sets write.

reader.py        `read_ecg`: detect, read, and turn every failure into one clear line
files.py         what the user named: does it exist, is it small enough, its sha256
detect.py        which format, from the bytes; archives are refused by name
picture.py       pictures and PDFs of printed ECGs, through `tools.digitise`
recording.py     what a reader found, in file terms; its leads by name; the step to `Ecg`
wfdb_record.py   WFDB records; wfdb_header.py checks the header, wfdb_files.py the files beside it
exchange.py      DICOM, MUSE, aECG, SCP, Philips, Mortara, EDF, MFER, ISHNE through ecgdatakit
dicom.py         is this DICOM an ECG, and which of its waveform groups is the rhythm
xml_safety.py    entity bombs and external references are refused before any parser sees the file
device_word.py   what the file says the device measured and stated, under our names
demographics.py  age and sex from the ways files write them
table.py         CSV; table_layout.py finds its columns, timebase.py the rate in its time column
array_file.py    NPY
units.py         voltage units
"""

from __future__ import annotations

from calipers.tools.read.reader import read_ecg

__all__ = ["read_ecg"]
