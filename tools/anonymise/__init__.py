"""De-identified copies of ECG files: what is needed is written anew, and nothing else is carried over.

A list of what to delete is never complete. So no file is edited: the samples, the sampling rate, the standard leads,
age and sex go into a new file, under a pseudonym, and whatever else the file holds stays behind.

rules.py     pseudonyms by keyed hash, dates, ages
copying.py   `anonymise_ecg`: one ECG into a new file, read back and compared
wfdb_copy.py, dicom_copy.py, table_copy.py   the new files
removed.py   which fields held something that was left behind, by name and never by value
leaks.py     a search of the new bytes for what the old file says of the patient
"""

from __future__ import annotations

from calipers.tools.anonymise.copying import Copy, anonymise_ecg
from calipers.tools.anonymise.leaks import known_words, leaked
from calipers.tools.anonymise.rules import AgeRule, DateRule, Rules, load_key

__all__ = ["AgeRule", "Copy", "DateRule", "Rules", "anonymise_ecg", "known_words", "leaked", "load_key"]
