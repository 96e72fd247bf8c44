"""What two recordings must share to be compared, and what must be said when they were made differently."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from calipers.ecg import Ecg
from calipers.errors import UsageError
from calipers.report import ComparisonLimit, PriorOrder, Quality

#: How the quality of a record words a suspected exchange of electrodes.
_EXCHANGED: Final = "exchanged"
#: An earlier ECG of the same person may name an age that is higher by no more than rounding.
_AGE_SLACK_YEARS: Final = 1.0


def require_comparable(ecg: Ecg, prior: Ecg) -> None:
    """Refuse what is no earlier ECG of this patient.

    Raises:
        UsageError: one of them is synthetic, or the two carry different patient identifiers.
    """
    for name, one in (("this ECG", ecg), ("the prior", prior)):
        if one.synthetic:
            raise UsageError(f"found {name} synthetic; needed two recordings of one patient to compare")
    if ecg.patient.id is not None and prior.patient.id is not None and ecg.patient.id != prior.patient.id:
        raise UsageError(
            "found a prior that carries another patient's identifier; needed an earlier ECG of this patient"
        )


def recording_limits(ecg: Ecg, quality: Quality, prior: Ecg, prior_quality: Quality) -> tuple[ComparisonLimit, ...]:
    """Everything a reader must know of the two recordings before believing a difference between them."""
    found = [*_identity(ecg, prior), *_dates(ecg, prior)]
    leads, earlier = (
        frozenset(set(one.present_leads) - set(one.derived_leads) - {"III", "aVR", "aVL", "aVF"})
        for one in (ecg, prior)
    )
    if leads != earlier:
        found.append(ComparisonLimit(kind="leads", text=f"the lead sets differ: {_leads(ecg)}; prior {_leads(prior)}"))
    if ecg.fs_hz != prior.fs_hz:
        text = f"the sampling rates differ: {ecg.fs_hz:g} Hz; prior {prior.fs_hz:g} Hz"
        found.append(ComparisonLimit(kind="sampling", text=text))
    if ecg.source.digitised != prior.source.digitised:
        found.append(ComparisonLimit(kind="digitised", text="one of the two was read from paper"))
    for name, one in (("this ECG", quality), ("the prior", prior_quality)):
        if any(_EXCHANGED in reason for reason in one.reasons):
            text = f"electrodes may have been exchanged on {name}"
            found.append(ComparisonLimit(kind="electrodes", text=text))
    return tuple(found)


def order_of(ecg_at: datetime | str | None, prior_at: datetime | str | None) -> PriorOrder:
    """Whether the prior was recorded before this ECG."""
    if ecg_at is None or prior_at is None:
        return "unknown"
    now, then = (_naive(one) for one in (ecg_at, prior_at))
    return "unknown" if now == then else "earlier" if then < now else "later"


def _naive(at: datetime | str) -> datetime:
    """A time without its zone: recorders write local time, and some of them its zone."""
    when = datetime.fromisoformat(at) if isinstance(at, str) else at
    return when.replace(tzinfo=None)


def _identity(ecg: Ecg, prior: Ecg) -> list[ComparisonLimit]:
    found = []
    if ecg.record == prior.record:
        found.append(ComparisonLimit(kind="same_record", text="the prior is this very recording"))
    if ecg.patient.id is None or prior.patient.id is None:
        text = "that both are of one patient was not checked: a patient identifier is missing"
        found.append(ComparisonLimit(kind="identity", text=text))
    if None not in (ecg.patient.sex, prior.patient.sex) and ecg.patient.sex != prior.patient.sex:
        found.append(ComparisonLimit(kind="identity", text="the two recordings name a different sex of the patient"))
    return found


def _dates(ecg: Ecg, prior: Ecg) -> list[ComparisonLimit]:
    order = order_of(ecg.recorded_at, prior.recorded_at)
    if ecg.recorded_at is None or prior.recorded_at is None:
        which = [name for name, at in (("this ECG", ecg.recorded_at), ("the prior", prior.recorded_at)) if at is None]
        text = f"when {' and '.join(which)} {'were' if len(which) > 1 else 'was'} recorded is not known"
        return [ComparisonLimit(kind="date", text=text)]
    if order == "later":
        return [ComparisonLimit(kind="order", text="the prior was recorded after this ECG")]
    if order == "unknown" and ecg.record != prior.record:
        return [ComparisonLimit(kind="order", text="both carry the same time")]
    ages = ecg.patient.age, prior.patient.age
    if ages[0] is not None and ages[1] is not None and ages[1] > ages[0] + _AGE_SLACK_YEARS:
        return [ComparisonLimit(kind="identity", text="the patient is older on the earlier ECG than on this one")]
    return []


def _leads(ecg: Ecg) -> str:
    given = len(ecg.present_leads) - len(ecg.derived_leads)
    missing = f", without {', '.join(ecg.missing_leads)}" if ecg.missing_leads else ""
    return f"{given} leads recorded{missing}"
