"""Whether citations support their claims, read off `report.json` alone: imports nothing of Calipers.

A claim rests on what its slots print and on what its criteria look at. Precision: the share of its cited
measurements that are among these (lead quality counts for a denial, which must show that it could be seen).
Recall: of the measurements that the criteria which decided it look at, the share that it cites. A claim shown as a
disagreement or a model's suggestion rests on what it cites; only its slots are asked of it.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

_SLOT = re.compile(r"\{([A-Za-z][^{}\s]*)\}")
_MET, _NOT_MET = "met", "not_met"


class Support(NamedTuple):
    """Counts over the claims of one report."""

    cited: int
    cited_rightly: int
    needed: int
    needed_cited: int
    wrong: tuple[str, ...]
    absent: tuple[str, ...]


def support(report: dict[str, Any]) -> Support:
    """Count citations of measurements in every claim of a report.

    Args:
        report: `report.json` as loaded.
    """
    table = {item["id"]: item for item in report["evidence_table"]}
    measured = {item["id"] for item in report["measurements"]}
    cited = rightly = needed = found = 0
    wrong, absent = [], []
    for claim in report["claims"]:
        named = [key for key in claim["evidence"] if key in measured]
        criteria = [table[key] for one in claim["criteria"] if (key := f"crit:{one}") in table]
        if not criteria and not _SLOT.search(claim["template"]):
            continue
        grounds = {key for item in criteria for key in item["measurements"]} | set(_SLOT.findall(claim["template"]))
        denies = claim["polarity"] == "absent"
        right = [key for key in named if key in grounds or (denies and key.endswith(".quality"))]
        asked = {key for item in criteria if _decided(item, denies) for key in item["measurements"] if key in measured}
        cited, rightly = cited + len(named), rightly + len(right)
        needed, found = needed + len(asked), found + len(asked & set(named))
        wrong += [f"{claim['id']}: {key}" for key in named if key not in right]
        absent += [f"{claim['id']}: {key}" for key in sorted(asked - set(named))]
    return Support(cited, rightly, needed, found, tuple(wrong), tuple(absent))


def _decided(criterion: dict[str, Any], denies: bool) -> bool:
    """Whether a criterion speaks for what the claim says."""
    return bool(criterion["result"] == (_NOT_MET if denies else _MET))
