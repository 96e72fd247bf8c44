// How values and states are said on the page.

import type { CaseListed, CaseSummary, Certainty, RemarkKind, Urgency } from "./types";

export const URGENCY: Record<Urgency, string> = {
  critical: "Critical",
  urgent: "Urgent",
  routine: "Routine",
  not_assessable: "Not assessable",
};

export const CERTAINTY: Record<Certainty, string> = { definite: "", probable: "borderline", possible: "possible" };

export const REMARKED: Record<RemarkKind, string> = { agree: "Agreed", disagree: "Disputed", correction: "Corrected" };

/** How a remark on quality begins that puts the reading of a picture in doubt. */
const DOUBT = "in doubt: ";

/** The doubts among the remarks on quality, without the word, and the other remarks. */
export const doubts = (reasons: readonly string[]): string[] => reasons.filter((one) => one.startsWith(DOUBT)).map((one) => one.slice(DOUBT.length));
export const undoubted = (reasons: readonly string[]): string[] => reasons.filter((one) => !one.startsWith(DOUBT));

export const RESULT: Record<string, string> = {
  met: "met",
  not_met: "not met",
  indeterminate: "indeterminate",
  not_applicable: "not applicable",
};

export function who(summary: CaseSummary): string {
  const age = summary.age === null ? "age unknown" : `${summary.age} y`;
  return `${summary.sex === "female" ? "Female" : summary.sex === "male" ? "Male" : "Sex unknown"}, ${age}`;
}

export const when = (iso: string | null): string => (iso === null ? "date unknown" : iso.slice(0, 16).replace("T", " "));

/** Whose ECG it is; without an identifier the file that it came in. */
export const patient = (one: CaseListed): string => one.patient_id ?? one.name;

export const seconds = (value: number): string => (value < 0.01 ? "<10 ms" : value < 1 ? `${Math.round(1000 * value)} ms` : `${value.toFixed(1)} s`);

const UNIT: Record<string, string> = { ms: " ms", mV: " mV", deg: "°", "/min": "/min", "": "" };
const DIGITS: Record<string, number> = { mV: 2 };

export function printed(value: number | string | null, unit: string): string {
  if (value === null) return "–";
  if (typeof value === "string") return value;
  const digits = DIGITS[unit] ?? (unit === "" && !Number.isInteger(value) ? 2 : 0);
  return `${value.toFixed(digits).replace(/^-(0(\.0+)?)$/, "$1")}${UNIT[unit] ?? ` ${unit}`}`;
}

/** `V3.st_j` → `V3 st j`: for ids of which the page has no label. */
export const spelt = (id: string): string => id.replace(/^(crit|device|model|guide|prior|case):/, "").replaceAll("_", " ").replaceAll(".", " ");
