// What the server sends, as `messages.py` and `report.py` type it.

export const LEADS = ["I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6"] as const;
export type Lead = (typeof LEADS)[number];
export type Urgency = "critical" | "urgent" | "routine" | "not_assessable";
export type Certainty = "definite" | "probable" | "possible";
/** Lead (null: all leads), start and end in seconds from the record's start. */
export type Span = [Lead | null, number, number];

export interface Session {
  user: string;
  version: string;
  model: string;
  model_reason: string;
  remote: boolean;
  missing: string[];
  max_upload_mb: number;
}

export interface CaseSummary {
  record: string;
  format: string;
  age: number | null;
  sex: "male" | "female" | null;
  recorded_at: string | null;
  duration_s: number;
  fs_hz: number;
  missing_leads: Lead[];
  derived_leads: Lead[];
  synthetic: boolean;
  digitised: boolean;
  urgency: Urgency;
  urgency_reasons: string[];
  impression: string;
}

export interface CaseListed {
  case_id: string;
  name: string;
  created_at: string;
  patient_id: string | null;
  summary: CaseSummary;
}

export interface LeadQuality {
  lead: Lead;
  score: number;
  usable: boolean;
  reasons: string[];
}

export interface CaseDetail extends CaseListed {
  prior_case_ids: string[];
  threads: { thread_id: string; prior_case_ids: string[]; created_at: string; questions: number }[];
  remarks: Remark[];
  quality: { score: number; assessable: boolean; reasons: string[]; leads: LeadQuality[] };
  device_statements: string[];
  /** Whether the picture that it was read from can be shown, and how it became this signal. */
  picture: boolean;
  read_from_picture: string[];
}

export type RemarkKind = "agree" | "disagree" | "correction";
export interface Remark {
  remark_id: string;
  template: string;
  claim_text: string;
  kind: RemarkKind;
  text: string;
  author: string;
  made_at: string;
}

export interface EvidenceItem {
  label: string;
  value: string;
  unit: string;
  number: number | null;
  lead: Lead | null;
  name: string;
  /** What a sentence calls it: `R amplitude`. */
  phrase: string;
  kind: string;
  measurable: boolean;
  facts: [string, string][];
  spans: Span[];
  beats: Span[];
  about: string[];
}
export type Evidence = Record<string, EvidenceItem>;

export interface Statement {
  key: string;
  label: string;
  aha: string[];
  scp: string[];
}

export interface Claim {
  id: string;
  template: string;
  text: string;
  statement: Statement | null;
  polarity: "present" | "absent";
  certainty: Certainty;
  evidence: string[];
  criteria: string[];
  synthetic?: boolean;
  digitised?: boolean;
}

export interface Withheld {
  claim: Claim;
  reason: string;
}

export interface Disagreement {
  about: string;
  sides: { who: string; text: string; evidence: string[] }[];
}

export interface MeasuredChange {
  id: string;
  value: number | string | null;
  prior_value: number | string | null;
  unit: string;
  difference: number | null;
  uncertainty: number | null;
  exceeds: boolean | null;
  certainty: Certainty;
}

export interface StatementChange {
  statement: Statement;
  change: "new" | "resolved" | "progressed" | "unchanged" | "absent" | "undecided";
  result: string;
  prior_result: string;
  certainty: Certainty;
}

export interface Changes {
  record: string;
  recorded_at: string | null;
  prior_record: string;
  prior_recorded_at: string | null;
  order: "earlier" | "later" | "unknown";
  limits: { kind: string; text: string }[];
  criteria: { code: string; text: string; result: string; leans: boolean | null }[];
  statements: StatementChange[];
  measurements: MeasuredChange[];
}

export interface Report {
  record: string;
  claims: Claim[];
  withheld: Withheld[];
  disagreements: Disagreement[];
  changes: Changes[];
  impression: string;
  urgency: Urgency;
  urgency_reasons: string[];
  provenance: { calipers: string; model: string; model_reason: string; criteria_sha256: string };
}

export interface Beat {
  p: [number, number] | null;
  qrs: [number, number];
  t_end: number | null;
}

export interface Fiducials {
  beats: Beat[];
  median: { fs_hz: number; before_s: number; signal_mv: Record<Lead, (number | null)[]> } | null;
}

export type RunStatus = "queued" | "running" | "waiting" | "done" | "failed" | "cancelled" | "lost";
export interface Step {
  name: string;
  arguments: Record<string, unknown>;
  seconds: number;
  result: string[];
}

export interface Generated {
  case_id: string;
  met: boolean;
  items: { name: string; requested: string; obtained: string; met: boolean }[];
}

export interface Done {
  run_id: string;
  text: string;
  pictures: string[];
  generated: Generated[];
  model: string;
  model_reason: string;
  disagreements: Disagreement[];
  seconds: number;
}

export type WireEvent =
  | { event: "step"; data: Step }
  | { event: "claim"; data: Claim }
  | { event: "withheld"; data: Withheld }
  | { event: "token"; data: { text: string; kind: "sentence" | "notice" } }
  | { event: "interrupt"; data: { kind: string; text: string } }
  | { event: "done"; data: Done }
  | { event: "error"; data: { message: string; kind: string } };

export interface Run {
  run_id: string;
  question: string;
  status: RunStatus;
  started_at: string;
  finished_at: string | null;
  events: WireEvent[];
}

export interface Thread {
  thread_id: string;
  case_id: string;
  prior_case_ids: string[];
  runs: Run[];
}

export interface Chain {
  statement: Statement;
  result: string;
  certainty: Certainty | null;
  not_applicable_reason: string | null;
  suppressed_by: string | null;
  steps: {
    looks_for: string;
    result: string;
    leans: boolean | null;
    leads: Lead[];
    values: { id: string }[];
    source: string;
  }[];
}
