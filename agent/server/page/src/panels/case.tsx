// One open case: who it is, what was measured, the trace, and beside it the conversation and the reading.

import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { api } from "../api";
import { Chat } from "../chat/chat";
import type { CaseDetail, CaseListed, Claim, Evidence, Fiducials, Remark, RemarkKind, Report, Session } from "../types";
import { PAGE_S } from "../viewer/sheet";
import type { Signal } from "../viewer/signal";
import { Original } from "../viewer/original";
import { type Light, type PriorTrace, Viewer } from "../viewer/viewer";
import { doubts, patient, undoubted, URGENCY, when, who } from "../words";
import { ChangesPanel } from "./changes";
import { Exports } from "./exports";
import { MeasurementsPanel } from "./measurements";
import { PatientFacts } from "./patient";
import { PrintedReading, Reading } from "./reading";
import { Splitter } from "./splitter";

interface Props {
  id: string;
  cases: CaseListed[];
  session: Session | null;
  dark: boolean;
  refresh: () => Promise<void>;
}

/** What a claim's citations need from the case around them. */
export interface Desk {
  id: string;
  evidence: Evidence;
  remarks: Remark[];
  light: Light;
  show: (ids: readonly string[], go: boolean) => void;
  putOut: () => void;
  remark: (claim: Claim, kind: RemarkKind, text: string) => Promise<void>;
}

const STRIP = ["hr", "pr", "qrs", "qt", "qtc_bazett", "qtc_fridericia", "p_axis", "qrs_axis", "t_axis"];
const TABS = ["Ask", "Reading", "Measurements", "Changes"] as const;
type Tab = (typeof TABS)[number];
const OUT: Light = { ids: [], go: false };
/** Fetched at once; a longer record is fetched as the sheet moves. */
const CHUNK_S = 60;

export function CaseView({ id, cases, session, dark, refresh }: Props) {
  const [detail, setDetail] = useState<CaseDetail | null>(null);
  const [signal, setSignal] = useState<Signal | null>(null);
  const [evidence, setEvidence] = useState<Evidence>({});
  const [cited, setCited] = useState<Evidence>({});
  const [fiducials, setFiducials] = useState<Fiducials | null>(null);
  const [report, setReport] = useState<Report | null>(null);
  const [prior, setPrior] = useState<PriorTrace | null>(null);
  const [priorId, setPriorId] = useState<string | null>(null);
  const [side, setSide] = useState(false);
  const [original, setOriginal] = useState(false);
  /** Counts what became known of the patient: the case is fetched anew. */
  const [version, setVersion] = useState(0);
  const [tab, setTab] = useState<Tab>("Ask");
  const [light, setLight] = useState<Light>(OUT);
  const [problem, setProblem] = useState("");
  const held = useRef<Light>(OUT);
  const asked = useRef(-1);

  useEffect(() => {
    const fail = (found: unknown): void => setProblem(String((found as Error).message));
    void Promise.all([
      api.detail(id).then((found) => {
        setDetail(found);
        setPriorId(found.prior_case_ids[0] ?? null);
      }),
      api.trace(id, 0, CHUNK_S).then(setSignal),
      api.evidence(id).then(setEvidence),
    ]).then(() => api.fiducials(id).then(setFiducials)).catch(fail);
  }, [id, version]);

  useEffect(() => {
    if (detail) void api.report(id, priorId ? [priorId] : []).then(setReport).catch((found: unknown) => setProblem(String((found as Error).message)));
  }, [id, detail === null, priorId, version]);

  useEffect(() => {
    setPrior(null);
    setSide(false);
    if (!priorId) return;
    void Promise.all([api.detail(priorId), api.trace(priorId, 0, CHUNK_S), api.fiducials(priorId)])
      .then(([one, trace, waves]) => setPrior({ detail: one, signal: trace, fiducials: waves }))
      .catch((found: unknown) => setProblem(String((found as Error).message)));
  }, [priorId]);

  const stretch = useCallback((start_s: number) => {
    if (!signal) return;
    const end_s = Math.min(start_s + PAGE_S, signal.duration_s);
    if (start_s >= signal.start_s && end_s <= signal.start_s + signal.samples / signal.fs_hz + 0.01) return;
    const from = Math.max(0, start_s - CHUNK_S / 3);
    if (asked.current === from) return;
    asked.current = from;
    void api.trace(id, from, from + CHUNK_S).then(setSignal);
  }, [id, signal]);

  const show = useCallback((ids: readonly string[], go: boolean) => {
    const next = { ids, go };
    if (go) held.current = next;
    setLight(next);
  }, []);
  const putOut = useCallback(() => {
    held.current = OUT;
    setLight(OUT);
  }, []);
  // A pointer that leaves brings back what was chosen, without travelling again.
  const leave = useCallback((ids: readonly string[], go: boolean) => {
    if (ids.length || go) show(ids, go);
    else setLight({ ids: held.current.ids, go: false });
  }, [show]);

  const remark = useCallback(async (claim: Claim, kind: RemarkKind, text: string) => {
    const kept = await api.remark(id, claim.template, claim.text, kind, text);
    setDetail((now) => (now ? { ...now, remarks: [...now.remarks, kept] } : now));
  }, [id]);

  const all = useMemo(() => ({ ...evidence, ...cited }), [evidence, cited]);
  const remarks = detail?.remarks ?? [];
  const desk = useMemo((): Desk => ({ id, evidence: all, remarks, light, show: leave, putOut, remark }), [id, all, remarks, light, leave, putOut, remark]);

  if (problem && !detail) return <div class="entry"><p class="card problem" role="alert">{problem}</p></div>;
  if (!detail || !signal) return <div class="entry"><p class="note" role="status">Opening the case…</p></div>;
  const summary = detail.summary;
  const quality = undoubted(detail.quality.reasons);
  const doubted = doubts(detail.quality.reasons);
  const level = report?.urgency ?? summary.urgency;

  return (
    <div class="case">
      <header class="patient">
        <h1>
          <span class={`urgency ${level}`}>{URGENCY[level]}</span>
          <span class="whose" title={patient(detail)}>{patient(detail)}</span>
          {summary.synthetic && <span class="urgency synthetic">Synthetic: not recorded from a person</span>}
          {summary.digitised && <span class="urgency synthetic">Read from a picture</span>}
        </h1>
        <p class="facts-line" title={detail.quality.reasons.join("\n")}>
          {who(summary)} · {when(summary.recorded_at)} · {summary.format}, {summary.fs_hz} Hz, {summary.duration_s.toFixed(summary.duration_s < 100 ? 1 : 0)} s
          {quality.length > 0 && <span class="warned"> · {quality.join("; ")}</span>}
        </p>
        <PatientFacts id={id} summary={summary} done={async () => (setVersion((now) => now + 1), refresh())} />
        <Exports id={id} priors={priorId ? [priorId] : []} synthetic={summary.synthetic} fail={setProblem} />
      </header>
      <dl class="strip" aria-label="Measurements of the whole ECG">
        {STRIP.filter((key) => evidence[key]).map((key) => {
          const item = evidence[key]!;
          const name = item.label.replace(item.value, "").replace("not measurable", "").replace("—", "").trim();
          return (
            <div key={key}>
              <dt>{name}</dt>
              <dd>
                <button
                  type="button" class={light.ids.includes(key) ? "value lit" : "value"} disabled={!item.measurable || !item.spans.length}
                  title={item.facts.map(([term, text]) => `${term}: ${text}`).join("\n")}
                  onMouseEnter={() => leave([key], false)} onMouseLeave={() => leave([], false)} onClick={() => show([key], true)}
                >
                  {item.measurable ? item.value : "–"}
                </button>
              </dd>
            </div>
          );
        })}
      </dl>
      <div class="alarms">
        {level !== "routine" && (report?.urgency_reasons.length ?? 0) > 0 && (
          <p class={`alarm ${level}`} role="note"><b>{URGENCY[level]}:</b> {report!.urgency_reasons.join("; ")}</p>
        )}
        {doubted.length > 0 && (
          <p class="alarm doubted" role="note"><b>In doubt:</b> {doubted.join("; ")}. Compare the trace with the picture.</p>
        )}
        {problem && <p class="problem" role="alert">{problem} <button type="button" class="quiet" onClick={() => setProblem("")}>Dismiss</button></p>}
      </div>
      <div class="traces">
        <Viewer
          detail={detail} signal={signal} evidence={all} fiducials={fiducials} light={light} putOut={putOut} dark={dark}
          prior={prior} side={side} setSide={setSide} stretch={stretch} original={original} setOriginal={setOriginal}
        />
        {original && <Original detail={detail} evidence={all} ids={light.ids} />}
        {side && prior && (
          <Viewer
            detail={prior.detail} signal={prior.signal} evidence={{}} fiducials={prior.fiducials} light={OUT} putOut={putOut} dark={dark}
            prior={null} side={false} setSide={setSide} stretch={() => undefined} original={false} setOriginal={setOriginal} title={`Earlier ECG, ${when(prior.detail.summary.recorded_at)}`}
          />
        )}
      </div>
      {report && <PrintedReading report={report} remarks={remarks} />}
      <section class="panel" aria-label="Conversation and reading">
        <Splitter />
        <div class="tabs" role="tablist">
          {TABS.map((name) => (
            <button
              key={name} type="button" role="tab" id={`tab-${name}`} aria-selected={tab === name} aria-controls="panel-body"
              tabIndex={tab === name ? 0 : -1} onClick={() => setTab(name)}
              onKeyDown={(event) => {
                const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
                if (!step) return;
                const next = TABS[(TABS.indexOf(name) + step + TABS.length) % TABS.length]!;
                setTab(next);
                document.getElementById(`tab-${next}`)?.focus();
              }}
            >
              {name}
              {name === "Changes" && detail.prior_case_ids.length > 0 && <span class="count">{detail.prior_case_ids.length}</span>}
            </button>
          ))}
        </div>
        <div id="panel-body" role="tabpanel" aria-labelledby={`tab-${tab}`}>
          {/* The conversation stays mounted, so that an answer in the making is not lost behind another tab. */}
          <div class="body" hidden={tab !== "Ask"}>
            <Chat desk={desk} detail={detail} priorId={priorId} session={session} cite={(found) => setCited((now) => ({ ...now, ...found }))} refresh={refresh} />
          </div>
          {tab === "Reading" && <Reading desk={desk} report={report} device={detail.device_statements} />}
          {tab === "Measurements" && <MeasurementsPanel desk={desk} quality={detail.quality} />}
          {tab === "Changes" && <ChangesPanel desk={desk} report={report} cases={cases} detail={detail} priorId={priorId} choose={setPriorId} />}
        </div>
      </section>
    </div>
  );
}
