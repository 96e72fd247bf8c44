"""The chat page for clinicians: a server that keeps cases and conversations, and the page it serves.

config.py     addresses, users, limits
guard.py      Host, Origin, size, headers and the audit line of every request
access.py     tokens to users, users to workspaces
database.py   SQLite or Postgres; rows.py a row each, records.py the rows of one user
uploads.py    from a client's files to ECGs
workspace.py  one user's agent, cases and full readings
traces.py     samples, waves, median beats, where citations lie
runs.py       answers being made: started, kept, cancelled, resumed; live.py one of them, telling.py what goes out
exports.py    the report and the ECG as HTML, PDF, JSON, FHIR, DICOM, WFDB, CSV
page/         the page's source (TypeScript); static/ what is built from it (`make web`)
"""

from __future__ import annotations

from calipers.agent.server.app import create_app
from calipers.agent.server.config import ServerSettings

__all__ = ["ServerSettings", "create_app"]
