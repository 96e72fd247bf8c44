// Where each lead is drawn: the geometry of ECG paper in millimetres, as `tools/render/layout.py` lays it out.

import { LEADS, type Lead } from "../types";
import { centre, type Signal } from "./signal";

export type Layout = "3x4" | "6x2" | "12x1" | Lead;
export const PAGE_S = 10;

export interface Strip {
  lead: Lead;
  row: number;
  rhythm: boolean;
  start_s: number;
  end_s: number;
  x_mm: number;
  baseline_mm: number;
  offset_mv: number;
}

export interface Sheet {
  layout: Layout;
  width_mm: number;
  height_mm: number;
  pitch_mm: number;
  rows: number;
  speed: number;
  gain: number;
  start_s: number;
  strips: Strip[];
}

const SQUARE = 5;
const LEAD_IN = 15;
const LEAST_PITCH = 15;
const MOST_PITCH = 42;

/** A lead by itself fills the window: its ten seconds in two rows. */
const ALONE_ROWS = 2;

function columns(layout: Layout): Lead[][] {
  if (layout === "3x4") return [0, 3, 6, 9].map((from) => LEADS.slice(from, from + 3));
  if (layout === "6x2") return [LEADS.slice(0, 6), LEADS.slice(6)];
  if (layout === "12x1") return [[...LEADS]];
  return [[layout]];
}

/** Lays ten seconds out so that the sheet has the shape of the window; rows are 15 to 42 mm apart. */
export function layOut(
  signal: Signal, layout: Layout, start_s: number, speed: number, gain: number, aspect: number,
): Sheet {
  const cols = columns(layout);
  const rhythm: Lead[] = layout === "3x4" ? ["II"] : [];
  const alone = cols.length === 1 && cols[0]!.length === 1;
  const rows = alone ? ALONE_ROWS : cols[0]!.length + rhythm.length;
  const row_s = alone ? PAGE_S / ALONE_ROWS : PAGE_S;
  const width = LEAD_IN + row_s * speed + SQUARE;
  const pitch = Math.min(MOST_PITCH, Math.max(LEAST_PITCH, (width * aspect - 6) / rows));
  const window_s = PAGE_S / cols.length;
  // With less than half of the last column filled, running on would hide the chest leads.
  const together = cols.length > 1 && signal.duration_s - start_s < PAGE_S - window_s / 2;
  const strip = (lead: Lead, row: number, x_s: number, begin: number, seconds: number, isRhythm = false): Strip => ({
    lead, row, rhythm: isRhythm, start_s: begin, end_s: begin + seconds,
    x_mm: LEAD_IN + x_s * speed,
    baseline_mm: 3 + row * pitch + 0.6 * pitch,
    offset_mv: centre(signal, lead, start_s, start_s + PAGE_S),
  });
  const strips = alone
    ? Array.from({ length: ALONE_ROWS }, (_, row) => strip(cols[0]![0]!, row, 0, start_s + row * row_s, row_s))
    : cols.flatMap((names, column) => {
        const after = column * window_s;
        return names.map((lead, row) => strip(lead, row, after, together ? start_s : start_s + after, window_s));
      });
  rhythm.forEach((lead, at) => strips.push(strip(lead, cols[0]!.length + at, 0, start_s, PAGE_S, true)));
  return { layout, width_mm: width, height_mm: rows * pitch + 6, pitch_mm: pitch, rows, speed, gain, start_s, strips };
}

/** How far above its baseline a lead's name stands. */
export const nameRise = (sheet: Sheet): number => 0.42 * Math.min(sheet.pitch_mm, 26);

export const xOf = (sheet: Sheet, strip: Strip, at_s: number): number => strip.x_mm + (at_s - strip.start_s) * sheet.speed;
export const yOf = (sheet: Sheet, strip: Strip, mv: number): number => strip.baseline_mm - (mv - strip.offset_mv) * sheet.gain;

/** The strip under a point, or the nearest one. */
export function stripAt(sheet: Sheet, x_mm: number, y_mm: number): Strip | undefined {
  const row = Math.min(sheet.rows - 1, Math.max(0, Math.floor((y_mm - 3) / sheet.pitch_mm)));
  const inRow = sheet.strips.filter((strip) => strip.row === row);
  return inRow.findLast((strip) => x_mm >= strip.x_mm) ?? inRow[0];
}
