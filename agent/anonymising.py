"""De-identified copies of what Calipers itself writes: a report, a run's bundle, a case's folder.

A report holds no name; what may lead to a person are the question as it was typed, dates, earlier reports in their
own words, and the digest of the input file. Whatever speaks of these goes, and the rest is composed anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple

from pydantic import ValidationError

from calipers.agent.audit import Bundle, Finished, load_bundle, save_bundle
from calipers.agent.output import write_case
from calipers.agent.verifier import verify
from calipers.agent.verifier.check import impression
from calipers.agent.verifier.grounds import Grounds
from calipers.agent.verifier.opinions import opinion_keys
from calipers.agent.verifier.suggestions import suggested_keys
from calipers.ecg import Ecg
from calipers.errors import UnreadableInput, UsageError
from calipers.knowledge import urgency
from calipers.report import Claim, Report, Urgency
from calipers.tools.anonymise import Rules, anonymise_ecg

#: Evidence that may hold somebody's words, a date, or another patient's labels.
_ELSEWHERE: Final = ("prior:", "case:", "tool:")
_OUTPUTS: Final = ("report.json", "report.html", "bundle.zip", "run.json", "trace.png", "thumbnail.jpg", "answers.json")


class Anonymised(NamedTuple):
    """The new files of one input."""

    given: Path
    files: tuple[Path, ...]


def anonymise(paths: Sequence[Path], out: Path, rules: Rules, **how: Any) -> list[Anonymised]:
    """De-identified copies of ECG files, of `report.json`, of `bundle.zip` and of cases' folders.

    Args:
        paths: each an ECG, a report, a bundle, or a folder of such; the files of a WFDB record count once.
        out: folder of the copies.
        rules: the key of the pseudonyms, and what becomes of age, sex and dates.
        how: to read ECG files that do not say it themselves, as for `read_ecg`.

    Raises:
        UnreadableInput: a file is neither an ECG nor one of our own.
        UsageError: a report page was given without its bundle, or the folder cannot be written.
    """
    return [_one(path, out, rules, how) for path in _inputs(paths)]


def without_identity(report: Report, rules: Rules) -> Report:
    """The report without question and answer, earlier ECGs and reports, notes, device's words, and input digest."""
    claims = tuple(claim for claim in report.claims if not _speaks_of_others(claim))
    withheld = tuple(item for item in report.withheld if not _speaks_of_others(item.claim))
    alone = report.model_copy(
        update={
            "patient": report.patient.model_copy(
                update={
                    "age": rules.age_of(report.patient.age),
                    "sex": report.patient.sex if rules.sex else None,
                }
            ),
            "question": None,
            "answer": None,
            "claims": claims,
            "withheld": withheld,
            "changes": (),
            "notes": (),
            "impression": impression(claims, report.quality.assessable),
            "evidence_table": tuple(item for item in report.evidence_table if not item.id.startswith(_ELSEWHERE)),
            "provenance": report.provenance.model_copy(update={"input_sha256": "", "model_reason": ""}),
        }
    )
    level, reasons = _urgency(alone)
    return alone.model_copy(update={"urgency": level, "urgency_reasons": reasons})


def _urgency(alone: Report) -> tuple[Urgency, tuple[str, ...]]:
    """The urgency without the earlier ECGs, against which something may have been new."""
    grounds = Grounds(alone)
    suggested = (*suggested_keys(grounds), *opinion_keys(grounds))
    held_back = {item.claim.statement.key for item in alone.withheld if item.claim.statement}
    return urgency(grounds.verdicts, alone.quality.assessable, withheld=held_back, suggested=suggested)


def _speaks_of_others(claim: Claim) -> bool:
    return any(key.startswith(_ELSEWHERE) for key in claim.evidence)


def _inputs(paths: Sequence[Path]) -> list[Path]:
    """Each thing to copy once, those of a folder among them."""
    found: dict[Path, None] = {}
    for path in paths:
        if not path.is_dir():
            found[path] = None
        elif (path / "bundle.zip").is_file():
            found[path / "bundle.zip"] = None
        else:
            inside = sorted(one for one in path.rglob("*") if one.is_file() and not one.name.startswith("."))
            bundled = {one.parent for one in inside if one.name == "bundle.zip"}
            stems = {one.with_suffix("") for one in inside if one.suffix == ".hea"}
            for one in inside:
                ours = one.name in _OUTPUTS and one.name != "bundle.zip" and one.parent in bundled
                of_record = one.suffix in (".dat", ".mat", ".atr") and one.with_suffix("") in stems
                if not ours and not of_record:
                    found[one] = None
    return list(found)


def _one(path: Path, out: Path, rules: Rules, how: dict[str, Any]) -> Anonymised:
    match path.suffix.lower():
        case ".zip":
            return Anonymised(path, _bundle(load_bundle(path), out, rules))
        case ".html":
            if not (path.parent / "bundle.zip").is_file():
                raise UsageError(f"found the page `{path.name}`; needed the bundle.zip of its run, to write it anew")
            return Anonymised(path, _bundle(load_bundle(path.parent / "bundle.zip"), out, rules))
        case ".json" if (report := _report(path)) is not None:
            stripped = without_identity(report, rules)
            target = out / f"report-{stripped.record}.json"
            out.mkdir(parents=True, exist_ok=True)
            target.write_text(stripped.model_dump_json(indent=1) + "\n", "utf-8")
            return Anonymised(path, (target,))
    copy = anonymise_ecg(path, out, rules, **how)
    return Anonymised(path, (*copy.files, copy.sidecar))


def _report(path: Path) -> Report | None:
    """The report in a file; None where it is something else."""
    try:
        return Report.model_validate_json(path.read_bytes())
    except (ValidationError, ValueError):
        return None
    except OSError as problem:
        raise UnreadableInput(f"found `{path}`, which cannot be read: {problem.strerror}; needed a file") from problem


def _bundle(bundle: Bundle, out: Path, rules: Rules) -> tuple[Path, ...]:
    """A case's folder written anew from a bundle: report, page, picture and bundle, of the first ECG alone."""
    ecg = bundle.ecgs()[0]
    report = without_identity(bundle.report, rules)
    nameless = _nameless(ecg, rules)
    if faults := verify(report):
        raise UsageError(
            f"found a report that does not stand without what identifies its patient ({faults[0].detail});"
            " needed its ECG, to be interpreted anew"
        )
    folder = out / f"case-{rules.record(ecg)}"
    write_case(folder, nameless, report, {"anonymised": True})
    save_bundle(folder / "bundle.zip", Finished(report, (), (), ()), nameless)
    (folder / "run.json").unlink()
    return tuple(sorted(folder.iterdir()))


def _nameless(ecg: Ecg, rules: Rules) -> Ecg:
    sex = ecg.patient.sex if rules.sex else None
    patient = replace(ecg.patient, id=None, age=rules.age_of(ecg.patient.age), sex=sex)
    source = replace(ecg.source, path=None, sha256="", device_statements=(), picture=None)
    return replace(ecg, patient=patient, recorded_at=rules.moved(ecg.recorded_at, ecg), source=source)
