// The full reading by measurements and criteria: there without any language model.

import { ClaimCard, Chip, WithheldCard } from "../chat/claim";
import type { Disagreement, Remark, Report } from "../types";
import { CERTAINTY, REMARKED, URGENCY, when } from "../words";
import type { Desk } from "./case";

export function Reading({ desk, report, device }: { desk: Desk; report: Report | null; device: string[] }) {
  if (!report) return <div class="body"><p class="note" role="status">Reading…</p></div>;
  return (
    <div class="body reading-body">
      <div class={`alarm ${report.urgency}`}>
        <b>{URGENCY[report.urgency]}</b>
        {report.urgency_reasons.length > 0 && <ul>{report.urgency_reasons.map((reason) => <li key={reason}>{reason}</li>)}</ul>}
      </div>
      <h2>Impression</h2>
      <p class="impression">{report.impression}</p>
      <h2>Claims</h2>
      <ul class="claims">{report.claims.map((claim) => <ClaimCard key={claim.id} claim={claim} desk={desk} />)}</ul>
      {report.withheld.length > 0 && (
        <>
          <h2>Withheld</h2>
          <ul class="claims">{report.withheld.map((one, at) => <WithheldCard key={at} withheld={one} desk={desk} />)}</ul>
        </>
      )}
      {report.disagreements.length > 0 && (
        <>
          <h2>Disagreements</h2>
          <Disagreements found={report.disagreements} desk={desk} />
        </>
      )}
      {device.length > 0 && (
        <>
          <h2>The recorder's own statements</h2>
          <ul class="plain">{device.map((line) => <li key={line}>{line}</li>)}</ul>
        </>
      )}
      <p class="note">Calipers {report.provenance.calipers}, criteria {report.provenance.criteria_sha256.slice(0, 12)}, record {report.record}</p>
    </div>
  );
}

export function Disagreements({ found, desk }: { found: Disagreement[]; desk: Desk }) {
  return (
    <ul class="claims">
      {found.map((one) => (
        <li key={one.about} class="claim disagreement">
          <h3>{one.about}</h3>
          {one.sides.map((side) => (
            <p key={side.who}>
              <b>{side.who}:</b> {side.text}
              <span class="cites">{side.evidence.slice(0, 4).map((id) => <Chip key={id} id={id} desk={desk} />)}</span>
            </p>
          ))}
        </li>
      ))}
    </ul>
  );
}

/** The reading on paper: sentences and what clinicians said of them, without anything to press. */
export function PrintedReading({ report, remarks }: { report: Report; remarks: Remark[] }) {
  return (
    <section class="printed">
      <h2>{URGENCY[report.urgency]}{report.urgency_reasons.length > 0 && `: ${report.urgency_reasons.join("; ")}`}</h2>
      <p class="impression">{report.impression}</p>
      <ul>
        {report.claims.map((claim) => (
          <li key={claim.id}>
            {claim.text} {CERTAINTY[claim.certainty] && `(${CERTAINTY[claim.certainty]})`}
            {remarks.filter((one) => one.template === claim.template).map((one) => (
              <p key={one.remark_id} class="remark"><b>{REMARKED[one.kind]}</b>{one.text && `: ${one.text}`} {one.author}, {when(one.made_at)}</p>
            ))}
          </li>
        ))}
      </ul>
      {report.withheld.length > 0 && <p>Withheld after their check: {report.withheld.length} claims.</p>}
      {report.disagreements.length > 0 && <p>Disagreements: {report.disagreements.map((one) => one.about).join("; ")}.</p>}
      <p class="note">Calipers {report.provenance.calipers}, record {report.record}. Research use, not a medical device.</p>
    </section>
  );
}
