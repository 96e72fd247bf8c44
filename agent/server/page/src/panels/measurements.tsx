// Every measurement: of the whole ECG as a list, of the leads as a matrix. Each value lights up.

import { LEADS, type CaseDetail, type EvidenceItem } from "../types";
import type { Desk } from "./case";

export function MeasurementsPanel({ desk, quality }: { desk: Desk; quality: CaseDetail["quality"] }) {
  const items = Object.entries(desk.evidence).filter(([id, item]) => item.kind === "measurement" && !id.includes("#"));
  const whole = items.filter(([, item]) => item.lead === null);
  const names = [...new Set(items.filter(([, item]) => item.lead !== null).map(([, item]) => item.name))];
  return (
    <div class="body">
      <h2>All leads together</h2>
      <div class="scroll" role="region" aria-label="Measurements of the whole ECG" tabIndex={0}>
        <table class="list">
          <tbody>
            {whole.map(([id, item]) => (
              <tr key={id}>
                <th scope="row">{item.phrase}</th>
                <td class="number"><Value id={id} item={item} desk={desk} /></td>
                <td class="note">{fact(item, "not measurable") ?? spread(item)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <h2>Lead by lead <span class="note">mV, ms</span></h2>
      <div class="scroll" role="region" aria-label="Measurements of each lead" tabIndex={0}>
        <table class="matrix">
          <thead><tr><th scope="col"><span class="unseen">Measurement</span></th>{LEADS.map((lead) => <th key={lead} scope="col">{lead}</th>)}</tr></thead>
          <tbody>
            {names.map((name) => (
              <tr key={name}>
                <th scope="row">{items.find(([, item]) => item.name === name)![1].phrase}</th>
                {LEADS.map((lead) => {
                  const item = desk.evidence[`${lead}.${name}`];
                  return <td key={lead} class="number">{item ? <Value id={`${lead}.${name}`} item={item} desk={desk} bare /> : "·"}</td>;
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <h2>Signal quality</h2>
      <table class="list">
        <tbody>
          {quality.leads.map((lead) => (
            <tr key={lead.lead}>
              <th scope="row">{lead.lead}</th>
              <td class="number">{lead.score.toFixed(2)}</td>
              <td class="note">{lead.usable ? lead.reasons.join("; ") : `unusable${lead.reasons.length ? `: ${lead.reasons.join("; ")}` : ""}`}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Value({ id, item, desk, bare }: { id: string; item: EvidenceItem; desk: Desk; bare?: boolean }) {
  if (!item.measurable) return <span class="note" title={fact(item, "not measurable") ?? ""}>–</span>;
  const words = bare ? item.value.replace(/ (ms|mV)$/, "") : item.value;
  if (!item.spans.length) return <>{words}</>;
  return (
    <button
      type="button" class={`value ${desk.light.ids.includes(id) ? "lit" : ""}`} title={item.label} aria-label={`${item.phrase}${item.lead ? ` in lead ${item.lead}` : ""} ${item.value}`}
      onMouseEnter={() => desk.show([id], false)} onMouseLeave={() => desk.show([], false)} onClick={() => desk.show([id], true)}
    >
      {words}
    </button>
  );
}

const fact = (item: EvidenceItem, term: string): string | undefined => item.facts.find(([name]) => name === term)?.[1];
const spread = (item: EvidenceItem): string => (fact(item, "value") ?? "").split("± ")[1]?.replace(/^/, "± ") ?? "";
