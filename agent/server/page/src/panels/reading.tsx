// The full reading by measurements and criteria: there without any language model.

import { ClaimCard, Chip, WithheldCard } from "../chat/claim";
import type { Disagreement, Report } from "../types";
import { URGENCY } from "../words";
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
