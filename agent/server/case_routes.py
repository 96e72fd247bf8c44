"""`/api/cases`: upload, list, look, compare, export."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, Form, HTTPException, Query, Request, Response, UploadFile
from starlette.concurrency import run_in_threadpool

from calipers.agent.case import Case
from calipers.agent.server import exports, traces
from calipers.agent.server.access import Desk
from calipers.agent.server.messages import (
    CaseDetail,
    CaseListed,
    CaseSummary,
    Done,
    Evidence,
    Fiducials,
    NewRemark,
    PatientFacts,
    Remark,
    ThreadListed,
    Trace,
    Uploaded,
    UploadedCase,
)
from calipers.agent.server.rows import CaseRow, NotFound, RemarkRow
from calipers.agent.server.uploads import Upload
from calipers.agent.server.workspace import Workspace
from calipers.ecg import Sex
from calipers.knowledge import statements
from calipers.report import Report
from calipers.tools.explain import Chain, chain

router = APIRouter(prefix="/api/cases", tags=["cases"])

_BINARY = "application/octet-stream"
Priors = Annotated[list[str], Query(max_length=16, description="Case ids of earlier ECGs to compare with")]


@router.post("", status_code=201)
async def upload(
    desk: Desk,
    files: Annotated[list[UploadFile], File(description="ECG files; the files of a WFDB record together")],
    age: Annotated[float | None, Form(ge=0, le=130, description="Years, where the files do not say")] = None,
    sex: Annotated[Sex | None, Form(description="Where the files do not say")] = None,
) -> Uploaded:
    """Read, measure and keep the ECGs of an upload."""
    given = [Upload(file.filename or "", await file.read()) for file in files]
    outcome = await run_in_threadpool(desk.upload, given, age, sex)
    cases = [UploadedCase(name=one.name, case_id=case_id, error=one.error) for one, case_id in outcome]
    first = next((one.case_id for one in cases if one.case_id is not None), None)
    if first is None:
        raise HTTPException(422, "; ".join(one.error for one in cases if one.error))
    return Uploaded(case_id=first, cases=cases)


@router.get("")
def listed(desk: Desk) -> list[CaseListed]:
    """Every case of the user: what cannot be assessed and what is critical first, then the newest."""
    rank = {"not_assessable": 0, "critical": 1, "urgent": 2, "routine": 3}
    rows = [_listed(row) for row in desk.records.cases()]
    return sorted(rows, key=lambda row: rank[row.summary.urgency])


@router.get("/{case_id}")
def detail(desk: Desk, case_id: str) -> CaseDetail:
    """One case with its conversations, the patient's earlier ECGs, and the remarks on it."""
    row = desk.records.case(case_id)
    case = desk.case(row)
    threads = [
        ThreadListed(
            thread_id=thread.id,
            prior_case_ids=list(thread.priors),
            created_at=thread.created_at,
            questions=len(desk.records.runs(thread.id)),
        )
        for thread in desk.records.threads(case_id)
    ]
    return CaseDetail(
        **_listed(row).model_dump(),
        prior_case_ids=[prior.id for prior in desk.priors_of(row)],
        threads=threads,
        remarks=[_remark(remark) for remark in desk.records.remarks(case_id)],
        quality=case.quality.model_dump(mode="json"),
        device_statements=list(case.ecg.source.device_statements),
        picture=case.ecg.source.picture is not None,
        read_from_picture=_from_picture(case),
    )


@router.put("/{case_id}/patient")
def describe(desk: Desk, case_id: str, facts: PatientFacts) -> CaseListed:
    """Say the patient's age and sex where the file does not; what the file says stays. The ECG is judged again."""
    return _listed(desk.describe(desk.records.case(case_id), facts.age, facts.sex))


@router.delete("/{case_id}")
def remove(desk: Desk, case_id: str) -> Done:
    """Take a case off the list, with its conversations and remarks."""
    desk.records.remove_case(case_id)
    return Done()


@router.get(
    "/{case_id}/trace",
    response_model=Trace,
    responses={200: {"content": {_BINARY: {}}, "description": "JSON, or packed float32 by `Accept`"}},
)
def trace(
    desk: Desk, request: Request, case_id: str, start_s: float = 0.0, end_s: float | None = None
) -> Trace | Response:
    """The samples, in millivolts; at most ten minutes at once."""
    ecg = desk.case(desk.records.case(case_id)).ecg
    first, stop = traces.window(ecg, start_s, end_s)
    if _BINARY in request.headers.get("accept", ""):
        return Response(traces.trace_binary(ecg, first, stop), media_type=_BINARY)
    return traces.trace_json(ecg, first, stop)


@router.get("/{case_id}/fiducials")
def fiducials(desk: Desk, case_id: str, start_s: float = 0.0) -> Fiducials:
    """Where P, QRS and T of each beat begin and end, and the median beat of each lead."""
    return traces.fiducials(desk.case(desk.records.case(case_id)), start_s)


@router.get("/{case_id}/picture", response_class=Response, responses={200: {"content": {"image/jpeg": {}}}})
def picture(desk: Desk, case_id: str, ids: Annotated[list[str] | None, Query(max_length=16)] = None) -> Response:
    """The picture that the ECG was read from, with calipers on some of its measurements.

    `X-Place` says where the first of them stands, as shares of width and height.
    """
    from calipers.tools.render.on_picture import render_on_picture

    case = desk.case(desk.records.case(case_id))
    kept = case.ecg.source.picture
    if kept is None:
        raise NotFound("found no picture of this ECG; needed one that was read from a picture")
    if case.ecg.source.digitisation is None:
        return Response(kept, media_type="image/jpeg")
    known = [key for key in ids or () if key in case.measurements]
    at = next(filter(None, (traces.place_on_picture(case, key) for key in known)), None)
    headers = {"X-Place": f"{at[0]:.3f} {at[1]:.3f}"} if at is not None else {}
    drawn = render_on_picture(case.ecg, case.measurements, known)
    return Response(drawn.data, media_type="image/jpeg", headers=headers)


@router.get("/{case_id}/evidence")
def evidence(desk: Desk, case_id: str, ids: Annotated[list[str] | None, Query(max_length=200)] = None) -> Evidence:
    """What each citation of the case says and where it lies; `ids` adds single beats."""
    return Evidence(items=traces.evidence_of(desk.case(desk.records.case(case_id)), ids or ()))


@router.get("/{case_id}/explain")
def explain(desk: Desk, case_id: str, statement: Annotated[str, Query(min_length=1, max_length=200)]) -> Chain:
    """The chain of criteria behind one statement on this ECG, step by step."""
    case = desk.case(desk.records.case(case_id))
    return chain(statements().find(statement).key, case.verdicts, case.measurements, case.demographics)


@router.get("/{case_id}/report")
def report(desk: Desk, case_id: str, prior: Priors = []) -> Report:  # noqa: B006  FastAPI copies it
    """The full reading by measurements and criteria, compared with the priors."""
    return desk.report(desk.records.case(case_id), _priors(desk, prior))


@router.get("/{case_id}/export.{kind}")
def export(desk: Desk, case_id: str, kind: exports.Kind, prior: Priors = []) -> Response:  # noqa: B006
    """The report, the measurements or the ECG as a file; HTML, PDF and JSON with the clinician's remarks."""
    row = desk.records.case(case_id)
    priors = _priors(desk, prior)
    earlier = [desk.case(one).ecg for one in priors]
    remarks = desk.records.remarks(case_id)
    return exports.export(kind, exports.Material(desk.case(row), desk.report(row, priors), earlier, remarks))


@router.post("/{case_id}/remarks", status_code=201)
def add_remark(desk: Desk, case_id: str, remark: NewRemark) -> Remark:
    """Keep a clinician's agreement, disagreement or correction of one claim, dated and signed."""
    desk.records.case(case_id)
    if remark.kind == "correction" and not remark.text.strip():
        raise HTTPException(422, "found a correction without words; needed what is right instead")
    kept = desk.records.add_remark(case_id, remark.template, remark.claim_text, remark.kind, remark.text.strip())
    return _remark(kept)


def _from_picture(case: Case) -> list[str]:
    """How a picture became this signal, and what could not be read."""
    from calipers.tools.measure.digitised import remarks

    how, unread = case.ecg.source.digitisation, case.ecg.source.unread
    return [*([unread] if unread else []), *(remarks(how) if how is not None else ())]


def _priors(desk: Workspace, ids: list[str]) -> list[CaseRow]:
    return [desk.records.case(case_id) for case_id in dict.fromkeys(ids)]


def _listed(row: CaseRow) -> CaseListed:
    return CaseListed(
        case_id=row.id,
        name=row.name,
        created_at=row.created_at,
        patient_id=row.patient_id,
        summary=CaseSummary.model_validate(row.summary),
    )


def _remark(row: RemarkRow) -> Remark:
    return Remark(
        remark_id=row.id,
        template=row.template,
        claim_text=row.claim_text,
        kind=row.kind,
        text=row.text,
        author=row.author,
        made_at=row.made_at,
    )
