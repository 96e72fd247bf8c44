// The trace with its controls.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { LEADS, type Beat, type CaseDetail, type Evidence, type Fiducials, type Lead } from "../types";
import { Beats } from "./beats";
import { palette } from "./painter";
import { PAGE_S, type Layout } from "./sheet";
import type { Signal } from "./signal";
import { TraceView, type Content, type Options } from "./trace";
import { when } from "../words";

export interface Light {
  ids: readonly string[];
  /** Travel there; otherwise only draw. */
  go: boolean;
}

export interface PriorTrace {
  detail: CaseDetail;
  signal: Signal;
  fiducials: Fiducials;
}

interface Props {
  detail: CaseDetail;
  signal: Signal;
  evidence: Evidence;
  fiducials: Fiducials | null;
  light: Light;
  putOut: () => void;
  dark: boolean;
  prior: PriorTrace | null;
  side: boolean;
  setSide: (on: boolean) => void;
  original: boolean;
  setOriginal: (on: boolean) => void;
  /** Fetches another stretch of a long record. */
  stretch: (start_s: number) => void;
  title?: string;
}

const LAYOUTS: [Layout, string][] = [["3x4", "3×4"], ["6x2", "6×2"], ["12x1", "12×1"]];
const SPEEDS = [25, 50, 100];
const GAINS = [5, 10, 20, 40];
const NONE: Beat[] = [];

export function Viewer(props: Props) {
  const { detail, signal, evidence, fiducials, light, dark, prior } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const view = useRef<TraceView | null>(null);
  const [options, setOptions] = useState<Options>({ layout: "3x4", speed: 25, gain: 10, start_s: 0, waves: false });
  const [share, setShare] = useState(1);
  const [hand, setHand] = useState("");
  const [march, setMarch] = useState(false);
  const [overlay, setOverlay] = useState(false);
  const [beats, setBeats] = useState(false);
  const change = (some: Partial<Options>): void => setOptions((now) => ({ ...now, ...some }));
  const summary = detail.summary;

  const content = useMemo((): Content => ({
    signal, evidence, beats: fiducials?.beats ?? NONE, quality: detail.quality.leads, derived: summary.derived_leads,
    stamp: summary.synthetic ? "SYNTHETIC" : "",
    prior: prior && overlay ? { signal: prior.signal, beats: prior.fiducials.beats } : null,
  }), [signal, evidence, fiducials, detail, prior, overlay]);

  useEffect(() => {
    const made = new TraceView(canvas.current!, content, options, {
      zoomed: setShare,
      calipers: setHand,
      needs: change,
      lead: (lead) => setOptions((now) => ({ ...now, layout: now.layout === lead ? "3x4" : lead })),
    });
    view.current = made;
    // Tests ask where marks lie; nothing on the page does.
    Object.assign(canvas.current!, { trace: made });
    return () => made.end();
  }, []);
  useEffect(() => view.current?.show(content), [content]);
  useEffect(() => {
    view.current?.set(options);
    props.stretch(options.start_s);
    // A citation that asked for this layout is travelled to once it is there.
    if (light.go) view.current?.light(light.ids, true);
  }, [options]);
  useEffect(() => {
    if (light.ids.length) setBeats(false);
    view.current?.light(light.ids, light.go);
  }, [light]);
  useEffect(() => view.current?.recolour(), [dark]);

  useEffect(() => {
    const sheet = document.createElement("canvas");
    const before = (): void => {
      sheet.className = "print-sheet";
      document.documentElement.dataset["printing"] = "";
      view.current?.print(sheet, 8, palette(canvas.current!));
      canvas.current!.after(sheet);
    };
    const after = (): void => {
      delete document.documentElement.dataset["printing"];
      sheet.remove();
    };
    addEventListener("beforeprint", before);
    addEventListener("afterprint", after);
    return () => (removeEventListener("beforeprint", before), removeEventListener("afterprint", after));
  }, []);

  const calipers = (): void => {
    view.current?.holdCalipers(!hand);
    setMarch(false);
    if (!hand) canvas.current?.focus();
  };
  const marching = (): void => {
    view.current?.march(!march);
    setMarch(!march);
  };
  useEffect(() => {
    if (props.title) return;
    const press = (event: KeyboardEvent): void => {
      const writing = event.target instanceof HTMLElement && event.target.matches("input, textarea, select");
      if (writing || event.ctrlKey || event.metaKey || event.altKey) return;
      const act: Record<string, () => void> = {
        c: calipers, m: () => hand && marching(), w: () => change({ waves: !options.waves }), b: () => setBeats(!beats),
        o: () => prior && setOverlay(!overlay), Escape: props.putOut,
        l: () => change({ layout: LAYOUTS[(LAYOUTS.findIndex(([name]) => name === options.layout) + 1) % 3]![0] }),
      };
      act[event.key.length === 1 ? event.key.toLowerCase() : event.key]?.();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  });

  const toggle = (words: string, on: boolean, act: () => void, hint: string, off = false) => (
    <button type="button" class="tool" aria-pressed={on} disabled={off} title={hint} onClick={act}>{words}</button>
  );
  const long = signal.duration_s > PAGE_S + 0.5 || summary.duration_s > PAGE_S + 0.5;

  return (
    <section class={`viewer ${props.title ? "second" : ""}`} aria-label={props.title ?? "Trace"}>
      <div class="tools" role="toolbar" aria-label="Trace">
        {props.title && <b class="then">{props.title}</b>}
        <div class="group" role="group" aria-label="Layout">
          {LAYOUTS.map(([name, words]) => (
            <button type="button" class="tool" key={name} aria-pressed={!beats && options.layout === name} onClick={() => (setBeats(false), change({ layout: name }))}>{words}</button>
          ))}
          {!props.title && toggle("Beats", beats, () => setBeats(!beats), "Median beat of each lead  B", !fiducials?.median)}
        </div>
        <select
          class="tool" aria-label="One lead" title="One lead by itself (double-click a lead)"
          value={LEADS.includes(options.layout as Lead) ? options.layout : ""}
          onChange={(event) => change({ layout: (event.currentTarget.value || "3x4") as Layout })}
        >
          <option value="">Lead</option>
          {LEADS.map((lead) => <option key={lead} value={lead}>{lead}</option>)}
        </select>
        <select class="tool" aria-label="Paper speed" value={options.speed} onChange={(event) => change({ speed: Number(event.currentTarget.value) })}>
          {SPEEDS.map((speed) => <option key={speed} value={speed}>{speed} mm/s</option>)}
        </select>
        <select class="tool" aria-label="Gain" value={options.gain} onChange={(event) => change({ gain: Number(event.currentTarget.value) })}>
          {GAINS.map((gain) => <option key={gain} value={gain}>{gain} mm/mV</option>)}
        </select>
        {!props.title && (
          <>
            <div class="group" role="group" aria-label="Tools">
              {toggle("Calipers", Boolean(hand), calipers, "Calipers in hand  C")}
              {hand && toggle("March", march, marching, "Repeat the interval across the sheet  M")}
              {toggle("Waves", options.waves, () => change({ waves: !options.waves }), "P, QRS and T of each beat  W", !fiducials)}
            </div>
            {detail.picture && toggle("Original", props.original, () => props.setOriginal(!props.original), "The picture that this ECG was read from")}
            {prior && (
              <div class="group" role="group" aria-label="Earlier ECG">
                {toggle("Overlay", overlay, () => setOverlay(!overlay), "The earlier ECG over this one  O")}
                {toggle("Side by side", props.side, () => props.setSide(!props.side), "Both ECGs, one above the other")}
              </div>
            )}
          </>
        )}
      </div>
      <div class="paper">
        <canvas
          ref={canvas} tabIndex={0} role="img" hidden={beats}
          aria-label={`${12 - summary.missing_leads.length}-lead ECG of ${summary.duration_s.toFixed(0)} seconds, ${options.speed} millimetres a second, ${options.gain} millimetres a millivolt. The measurements stand in the panel beside it.`}
        />
        {beats && fiducials?.median && <Beats now={fiducials.median} then={prior?.fiducials.median ?? null} evidence={evidence} beats={fiducials.beats} dark={dark} />}
        {overlay && prior && !beats && <p class="caption">In violet the ECG of {when(prior.detail.summary.recorded_at)}, the first QRS of each strip on this one's</p>}
        <div class="group zoom" role="group" aria-label="Zoom" hidden={beats}>
          <button type="button" class="tool" title="Zoom out  −" onClick={() => view.current?.zoom(0.8)}>−</button>
          <button type="button" class="tool share" title="Whole sheet  0" onClick={() => view.current?.fit()}>{Math.round(100 * share)} %</button>
          <button type="button" class="tool" title="Zoom in  +" onClick={() => view.current?.zoom(1.25)}>+</button>
          <button type="button" class="tool" title="True scale, 1 mm is 1 mm  1" onClick={() => view.current?.trueScale()}>1:1</button>
        </div>
        {hand && <output class="unseen" aria-live="polite">{hand}</output>}
      </div>
      {long && (
        <label class="course">
          <span>{clock(options.start_s)} of {clock(summary.duration_s)}</span>
          <input
            type="range" min={0} max={Math.max(0, Math.floor(summary.duration_s - PAGE_S))} step={1} value={options.start_s}
            aria-label="Where the sheet starts in the record, seconds"
            onInput={(event) => change({ start_s: Number(event.currentTarget.value) })}
          />
        </label>
      )}
    </section>
  );
}

const clock = (at_s: number): string => {
  const whole = Math.floor(at_s);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60].map((part) => String(part).padStart(2, "0"));
  return parts[0] === "00" ? parts.slice(1).join(":") : parts.join(":");
};
