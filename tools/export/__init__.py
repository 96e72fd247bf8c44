"""Reports and measurements in the formats of others; their table is `Measurements.to_frame()`.

fhir.py         FHIR R4 DiagnosticReport with its Observations (extra `fhir`)
annotations.py  onsets and offsets as WFDB annotations
dicom.py        the PDF as a DICOM encapsulated document
"""

from __future__ import annotations

from calipers.frame import measurements_frame
from calipers.tools.export.annotations import write_annotations
from calipers.tools.export.dicom import encapsulated_pdf
from calipers.tools.export.fhir import fhir_bundle

__all__ = ["encapsulated_pdf", "fhir_bundle", "measurements_frame", "write_annotations"]
