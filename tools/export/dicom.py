"""A report's PDF as a DICOM Encapsulated PDF document (PS3.3 A.45.1), for archives that take nothing else."""

from __future__ import annotations

import hashlib
from io import BytesIO
from typing import TYPE_CHECKING

from calipers.ecg import Ecg
from calipers.errors import UsageError

if TYPE_CHECKING:
    from pydicom.uid import UID


def encapsulated_pdf(pdf: bytes, ecg: Ecg, *, with_identity: bool = False) -> bytes:
    """The document as the bytes of a DICOM file; equal input gives equal bytes.

    Args:
        pdf: the report.
        ecg: whose age, sex, and date of recording go into the header.
        with_identity: write the patient's identifier and the time of recording as well.

    Raises:
        UsageError: the bytes are no PDF.
    """
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import EncapsulatedPDFStorage, ExplicitVRLittleEndian

    if not pdf.startswith(b"%PDF"):
        raise UsageError("found bytes that are no PDF; needed the report as PDF")
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = EncapsulatedPDFStorage
    meta.MediaStorageSOPInstanceUID = _uid(b"instance", pdf)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = _uid(b"implementation", b"calipers")
    document = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    document.SpecificCharacterSet = "ISO_IR 192"
    document.SOPClassUID = EncapsulatedPDFStorage
    document.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    document.StudyInstanceUID = _uid(b"study", ecg.record.encode())
    document.SeriesInstanceUID = _uid(b"series", pdf)
    document.Modality = "DOC"
    document.ConversionType = "WSD"
    document.Manufacturer = "Calipers"
    document.SeriesNumber = document.InstanceNumber = 1
    moment = ecg.recorded_at if with_identity else None
    document.StudyDate = document.ContentDate = moment.strftime("%Y%m%d") if moment else ""
    document.StudyTime = document.ContentTime = moment.strftime("%H%M%S") if moment else ""
    document.AcquisitionDateTime = moment.strftime("%Y%m%d%H%M%S") if moment else ""
    document.PatientName = document.PatientBirthDate = document.StudyID = document.AccessionNumber = ""
    document.ReferringPhysicianName = ""
    document.PatientID = (ecg.patient.id or "") if with_identity else ""
    document.PatientSex = {"male": "M", "female": "F", None: ""}[ecg.patient.sex]
    if ecg.patient.age is not None and ecg.patient.age >= 1:
        document.PatientAge = f"{int(ecg.patient.age):03d}Y"
    if not with_identity:
        document.PatientIdentityRemoved = "YES"
        document.DeidentificationMethod = "Only age and sex were written"
    document.BurnedInAnnotation = "YES"
    document.DocumentTitle = "12-lead ECG report, research use, not a medical device"
    document.ConceptNameCodeSequence = []
    document.MIMETypeOfEncapsulatedDocument = "application/pdf"
    document.EncapsulatedDocumentLength = len(pdf)
    document.EncapsulatedDocument = pdf if len(pdf) % 2 == 0 else pdf + b"\0"
    held = BytesIO()
    document.save_as(held, enforce_file_format=True)
    return held.getvalue()


def _uid(kind: bytes, content: bytes) -> UID:
    """A UID under 2.25 from content, as a UUID would be."""
    from pydicom.uid import UID

    digest = hashlib.sha256(kind + b"\0" + content).digest()[:16]
    return UID(f"2.25.{int.from_bytes(digest, 'big')}")
