// The samples of a record, and how they are thinned for a screen without losing a spike.

import { LEADS, type Lead } from "../types";

export interface Signal {
  record: string;
  fs_hz: number;
  start_s: number;
  duration_s: number;
  samples: number;
  /** Millivolts per lead; NaN where nothing was recorded. */
  mv: Record<Lead, Float32Array>;
}

/** Little-endian length of a JSON head, the head, then (12, n) float32. */
export function decodeTrace(bytes: ArrayBuffer): Signal {
  const size = new DataView(bytes).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 4, size))) as Omit<Signal, "mv"> & { leads: Lead[] };
  const mv = {} as Record<Lead, Float32Array>;
  head.leads.forEach((lead, row) => {
    mv[lead] = new Float32Array(bytes, 4 + size + row * head.samples * 4, head.samples);
  });
  return { ...head, mv };
}

/** The median of what a lead shows between two times: its zero is arbitrary, so each lead is centred. */
export function centre(signal: Signal, lead: Lead, start_s: number, end_s: number): number {
  const part = stretch(signal, lead, start_s, end_s).filter((value) => !Number.isNaN(value));
  return part.length ? part.sort()[part.length >> 1]! : 0;
}

export function stretch(signal: Signal, lead: Lead, start_s: number, end_s: number): Float32Array {
  const row = signal.mv[lead];
  return row.slice(Math.max(0, index(signal, start_s)), Math.min(row.length, index(signal, end_s) + 1));
}

export const index = (signal: Signal, at_s: number): number => Math.round((at_s - signal.start_s) * signal.fs_hz);

export const at = (signal: Signal, lead: Lead, at_s: number): number => signal.mv[lead][index(signal, at_s)] ?? NaN;

export const isGone = (signal: Signal, lead: Lead): boolean => signal.mv[lead].every(Number.isNaN);

/**
 * Draws a lead between two samples. With many samples a pixel, each pixel column shows first, lowest, highest
 * and last, so that no peak is lost; with few, each sample is a corner.
 */
export function drawLead(
  pen: CanvasRenderingContext2D, row: Float32Array, first: number, stop: number,
  x: (sample: number) => number, y: (mv: number) => number, perPixel: number,
): void {
  pen.beginPath();
  let down = false;
  const to = (px: number, value: number): void => {
    if (down) pen.lineTo(px, y(value));
    else pen.moveTo(px, y(value));
    down = true;
  };
  if (perPixel < 2) {
    for (let i = first; i < stop; i++) {
      const value = row[i]!;
      if (Number.isNaN(value)) down = false;
      else to(x(i), value);
    }
  } else {
    for (let column = first; column < stop; column += perPixel) {
      const from = Math.floor(column), until = Math.min(stop, Math.floor(column + perPixel));
      let low = Infinity, high = -Infinity, lowAt = 0, highAt = 0;
      for (let i = from; i < until; i++) {
        const value = row[i]!;
        if (value < low) (low = value), (lowAt = i);
        if (value > high) (high = value), (highAt = i);
      }
      if (low === Infinity) {
        down = false;
        continue;
      }
      const px = x(from);
      to(px, lowAt < highAt ? low : high);
      if (high > low) pen.lineTo(px, y(lowAt < highAt ? high : low));
    }
  }
  pen.stroke();
}

export const leads: readonly Lead[] = LEADS;
