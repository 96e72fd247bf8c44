"""What a language model drafted, as claims for the verifier: in its own words, or in code's where it gave none."""

from __future__ import annotations

from calipers.agent.answering import explained_claims, measured_claims
from calipers.agent.assist import Draft, DraftClaim
from calipers.agent.case import Case
from calipers.agent.drafting import make_claim
from calipers.agent.suggestions import asked_claims
from calipers.errors import CalipersError
from calipers.knowledge import statements
from calipers.report import Claim, Fault


def claims_of(drafted: Draft, case: Case) -> list[Claim]:
    """The drafts as claims; one that cannot even be filled keeps its template as text, for the verifier to refuse."""
    claims: list[Claim] = []
    for number, item in enumerate(drafted.claims):
        key = f"model_{number}"
        try:
            claims += _claims_for(key, item, case)
        except (CalipersError, ValueError):
            words = item.template or item.statement or "A draft without words."
            claims.append(Claim(id=key, template=words, text=words, evidence=tuple(item.evidence)))
    return claims


def fault_line(claim: Claim, faults: list[Fault], case: Case) -> str:
    """What the verifier found on a draft, as the model is told: `- words [name; kind; allowed]: detail`.

    `name` is the statement's key or the first id cited, `allowed` the polarity and certainty that its criteria bear.
    """
    name = claim.statement.key if claim.statement else next(iter(claim.evidence), "-")
    details = "; ".join(dict.fromkeys(fault.detail for fault in faults))
    return f"- {claim.template} [{name}; {faults[0].kind}; {_allowed(claim, case)}]: {details}"


def _allowed(claim: Claim, case: Case) -> str:
    verdict = case.verdicts.get(claim.statement.key) if claim.statement else None
    if verdict is None:
        return "nothing"
    if verdict.present is not None and verdict.certainty is not None:
        return f"present {verdict.certainty}"
    return "absent" if verdict.result == "not_met" else "nothing"


def _claims_for(key: str, item: DraftClaim, case: Case) -> list[Claim]:
    """What one draft says.

    Raises:
        ValueError: the draft holds neither words, nor a statement, nor a measurement.
    """
    if item.template:
        return [_claim_of(key, item, case)]
    found = _statement_claims(item, case) if item.statement else list(measured_claims(tuple(item.evidence), case))
    if not found:
        raise ValueError("found neither words nor a measurement of this ECG in a draft")
    return [claim.model_copy(update={"id": f"{key}_{place}"}) for place, claim in enumerate(found)]


def _statement_claims(item: DraftClaim, case: Case) -> list[Claim]:
    """Code's sentence for a statement at the model's polarity and certainty; the verifier says whether they hold."""
    row = statements().find(item.statement or "")
    if row.key not in case.verdicts:
        return list(asked_claims([row.key], case))
    found, undecided = explained_claims(case.verdicts[row.key], case)
    if undecided:
        return found
    if any(claim.polarity != item.polarity for claim in found):
        said = f"{'No ' if item.polarity == 'absent' else ''}{row.label}."
        return [_claim_of(row.key, item.model_copy(update={"template": said}), case)]
    return [claim.model_copy(update={"certainty": item.certainty}) for claim in found]


def _claim_of(key: str, item: DraftClaim, case: Case) -> Claim:
    """One draft as a claim; a claim about a statement cites all that its verdict rests on, whoever wrote it."""
    evidence, criteria = list(item.evidence), [name.removeprefix("crit:") for name in item.criteria]
    statement = None
    if item.statement:
        row = statements().find(item.statement)
        statement = statements().noun(row.key)
        verdict = case.verdicts.get(row.key)
        said = (verdict.present if item.polarity == "present" else verdict.absent) if verdict else None
        if said is not None and not any(cited.startswith("model:") for cited in evidence):
            evidence += said.evidence
            criteria += said.criteria
    return make_claim(
        key,
        item.template,
        case.ledger,
        statement=statement,
        polarity=item.polarity,
        certainty=item.certainty,
        evidence=evidence,
        criteria=criteria,
    )
