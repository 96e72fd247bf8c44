// From a citation to the stretch of the strip that shows it, and the lines and label that are drawn there.

import type { Evidence, EvidenceItem, Span } from "../types";
import { at, index, isGone, type Signal } from "./signal";
import { type Sheet, type Strip, xOf, yOf } from "./sheet";

/** Onsets are sample times: half a sample at 250 Hz is the same instant. */
const SAME_INSTANT = 0.002;
/** More calipers at once hide the trace that they explain. */
export const MOST_AT_ONCE = 12;

export interface Mark {
  id: string;
  label: string;
  strip: Strip;
  start_s: number;
  end_s: number;
  /** Millivolts of the sample that shows an amplitude, and of the level it is measured from. */
  amplitude: { at_s: number; peak_mv: number; level_mv: number } | null;
  /** Global intervals belong to all leads. */
  global: boolean;
}

const shows = (strip: Strip, span: Span): boolean =>
  strip.start_s <= span[1] + SAME_INSTANT && span[2] - SAME_INSTANT <= strip.end_s;

function stripsFor(lead: string | null, sheet: Sheet, signal: Signal): Strip[] {
  const recorded = sheet.strips.filter((strip) => !isGone(signal, strip.lead));
  if (lead !== null) return recorded.filter((strip) => strip.lead === lead).sort((a, b) => Number(a.rhythm) - Number(b.rhythm));
  const rank = (strip: Strip): number => (strip.rhythm ? 0 : strip.lead === "II" ? 1 : 2);
  return recorded.sort((a, b) => rank(a) - rank(b));
}

/** Where a citation is shown on this sheet; undefined where it has no place on it. */
function place(item: EvidenceItem, sheet: Sheet, signal: Signal): [Strip, Span] | undefined {
  const global = item.spans.filter((span) => span[0] === null);
  const own = item.lead === null && global.length ? global : item.spans;
  for (const spans of [own, item.beats])
    for (const strip of stripsFor(item.lead ?? own[0]?.[0] ?? null, sheet, signal))
      for (const span of spans) if (shows(strip, span)) return [strip, span];
  for (const span of own)
    for (const strip of stripsFor(item.lead ?? span[0], sheet, signal)) {
      const seen = Math.min(span[2], strip.end_s) - Math.max(span[1], strip.start_s);
      if (seen > 0.5 * Math.min(strip.end_s - strip.start_s, span[2] - span[1])) return [strip, span];
    }
  return undefined;
}

function amplitude(item: EvidenceItem, strip: Strip, span: Span, signal: Signal): Mark["amplitude"] {
  if (item.unit !== "mV" || !item.number) return null;
  let at_s = (span[1] + span[2]) / 2;
  if (!item.name.startsWith("st_")) {
    const row = signal.mv[strip.lead];
    let best = -Infinity;
    for (let i = index(signal, span[1]); i <= index(signal, span[2]); i++) {
      const value = Math.sign(item.number) * (row[i] ?? NaN);
      if (value > best) (best = value), (at_s = signal.start_s + i / signal.fs_hz);
    }
  }
  const peak_mv = at(signal, strip.lead, at_s);
  return Number.isNaN(peak_mv) ? null : { at_s, peak_mv, level_mv: peak_mv - item.number };
}

/** The measurements that a set of citations points at: a criterion points at what it was judged by. */
export function measured(ids: readonly string[], evidence: Evidence): string[] {
  const found = ids.flatMap((id) => {
    const item = evidence[id];
    return item === undefined ? [] : item.about.length ? item.about : [id];
  });
  return [...new Set(found)].filter((id) => evidence[id]?.kind === "measurement").slice(0, MOST_AT_ONCE);
}

export function marksFor(ids: readonly string[], evidence: Evidence, sheet: Sheet, signal: Signal): Mark[] {
  return measured(ids, evidence).flatMap((id) => {
    const item = evidence[id]!;
    const where = item.measurable ? place(item, sheet, signal) : undefined;
    if (!where) return [];
    const [strip, span] = where;
    return [{
      id, label: item.label, strip, start_s: Math.max(span[1], strip.start_s), end_s: Math.min(span[2], strip.end_s),
      amplitude: amplitude(item, strip, span, signal), global: item.lead === null && span[0] === null,
    }];
  });
}

/** The rectangle of some marks on the sheet, in millimetres: left, top, right, bottom. */
export function bounds(marks: Mark[], sheet: Sheet): [number, number, number, number] | undefined {
  if (!marks.length) return undefined;
  const first = marks[0]!.strip;
  const near = marks.filter((mark) => mark.strip.row === first.row);
  const xs = near.flatMap((mark) => [xOf(sheet, mark.strip, mark.start_s), xOf(sheet, mark.strip, mark.end_s)]);
  const ys = near.flatMap((mark) => (mark.amplitude ? [yOf(sheet, mark.strip, mark.amplitude.peak_mv)] : []));
  return [Math.min(...xs), Math.min(first.baseline_mm - 16, ...ys), Math.max(...xs), Math.max(first.baseline_mm + 10, ...ys)];
}

/** Seconds at which the first of some citations begins; what a sheet must show to show it. */
export function firstSecond(ids: readonly string[], evidence: Evidence): number | undefined {
  const starts = measured(ids, evidence).flatMap((id) => evidence[id]!.spans.slice(0, 1).map((span) => span[1]));
  return starts.length ? Math.min(...starts) : undefined;
}
