"""The names of the global measurements and their units, in reading order."""

from __future__ import annotations

from typing import Final

GLOBAL: Final[dict[str, str]] = {
    "hr": "/min",
    "rr_mean": "ms",
    "rr_sd": "ms",
    "pause_max": "ms",
    "rr_irregularity": "",
    "p_dur": "ms",
    "pr": "ms",
    "qrs": "ms",
    "qt": "ms",
    "qtc_bazett": "ms",
    "qtc_fridericia": "ms",
    "qtc_framingham": "ms",
    "qtc_hodges": "ms",
    "jtc": "ms",
    "p_axis": "deg",
    "qrs_axis": "deg",
    "t_axis": "deg",
    "p_per_qrs": "",
    "atrial_rate": "/min",
    "pvc_count": "",
    "pac_count": "",
    "paced_count": "",
}
