// Against an earlier ECG of the same patient: what is new, gone or worse, and both values of every measurement.

import type { CaseDetail, CaseListed, Changes, MeasuredChange, Report } from "../types";
import { printed, RESULT, spelt, when } from "../words";
import type { Desk } from "./case";

/** Statements whose arrival is no bad news. */
const WELCOME = /^(normal_|sinus_rhythm$)/;
const ALWAYS = ["hr", "pr", "qrs", "qt", "qtc_bazett", "qtc_fridericia", "p_axis", "qrs_axis", "t_axis"];

interface Props {
  desk: Desk;
  report: Report | null;
  cases: CaseListed[];
  detail: CaseDetail;
  priorId: string | null;
  choose: (id: string | null) => void;
}

export function ChangesPanel({ desk, report, cases, detail, priorId, choose }: Props) {
  // With a patient id only his own ECGs are offered; without one the reader must know which belong together.
  const others = cases.filter((one) => one.case_id !== detail.case_id && !one.summary.synthetic && (detail.patient_id === null ? one.patient_id === null : one.patient_id === detail.patient_id || one.patient_id === null));
  return (
    <div class="body">
      <label class="choose">
        Compare with
        <select value={priorId ?? ""} onChange={(event) => choose(event.currentTarget.value || null)}>
          <option value="">no other ECG</option>
          {others.map((one) => <option key={one.case_id} value={one.case_id}>{when(one.summary.recorded_at)} · {one.name}</option>)}
        </select>
      </label>
      {others.length === 0 && <p class="note">No other ECG of this patient is on file.</p>}
      {priorId && !report && <p class="note" role="status">Comparing…</p>}
      {report?.changes.map((one) => <Comparison key={one.prior_record} one={one} desk={desk} />)}
    </div>
  );
}

function Comparison({ one, desk }: { one: Changes; desk: Desk }) {
  const told = one.statements.filter((row) => row.change !== "absent" && (row.result === "met" || row.prior_result === "met"));
  const rank = (row: MeasuredChange): number => (ALWAYS.includes(row.id) ? ALWAYS.indexOf(row.id) : ALWAYS.length);
  const rows = one.measurements.filter((row) => ALWAYS.includes(row.id) || row.exceeds).sort((a, b) => rank(a) - rank(b));
  return (
    <>
      <h2>Against the ECG of {when(one.prior_recorded_at)}</h2>
      {one.limits.map((limit) => <p key={limit.text} class="part-missing">{limit.text}</p>)}
      <ul class="plain">
        {one.criteria.filter((row) => row.result !== "not_met").map((row) => (
          <li key={row.code} class="note" title={row.text}>
            {row.text.split(":")[0]}: <span class={`result ${row.result}`}>{RESULT[row.result]}</span>
            {row.result === "indeterminate" && row.leans !== null && `, leans to ${row.leans ? "met" : "not met"}`} (AHA {row.code})
          </li>
        ))}
      </ul>
      {told.length > 0 && (
        <table class="list">
          <thead><tr><th scope="col">statement</th><th scope="col">change</th><th scope="col">now</th><th scope="col">then</th></tr></thead>
          <tbody>
            {told.map((row) => (
              <tr key={row.statement.key}>
                <th scope="row">{row.statement.label}</th>
                <td class={`change ${WELCOME.test(row.statement.key) ? "" : row.change}`}>{row.certainty === "definite" || row.change === "undecided" ? row.change : `${row.certainty}: ${row.change}`}</td>
                <td>{RESULT[row.result]}</td>
                <td>{RESULT[row.prior_result]}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <table class="list changes">
        <thead><tr><th scope="col"><span class="unseen">measurement</span></th><th scope="col">now</th><th scope="col">then</th><th scope="col">difference</th><th scope="col">95 %</th></tr></thead>
        <tbody>{rows.map((row) => <Row key={row.id} row={row} desk={desk} />)}</tbody>
      </table>
    </>
  );
}

function Row({ row, desk }: { row: MeasuredChange; desk: Desk }) {
  const item = desk.evidence[row.id];
  const name = item ? item.label.replace(item.value, "").replace("not measurable", "").trim() : spelt(row.id);
  const gap = row.difference === null ? "" : printed(row.difference, row.unit).replace(/^(?=[1-9]|0\.\d*[1-9])/, "+");
  return (
    <tr class={row.exceeds ? "beyond" : ""}>
      <th scope="row">{name}</th>
      <td class="number">
        {item?.spans.length ? (
          <button type="button" class="value" onMouseEnter={() => desk.show([row.id], false)} onMouseLeave={() => desk.show([], false)} onClick={() => desk.show([row.id], true)}>{printed(row.value, row.unit)}</button>
        ) : printed(row.value, row.unit)}
      </td>
      <td class="number">{printed(row.prior_value, row.unit)}</td>
      <td class="number">{gap}{row.exceeds && <b title="More than both uncertainties allow"> ●</b>}</td>
      <td class="number note">{row.uncertainty === null ? "" : `± ${Number(row.uncertainty.toPrecision(2))}`}</td>
    </tr>
  );
}
