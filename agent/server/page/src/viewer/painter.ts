// Ink on paper. Everything is placed in millimetres and drawn at the device's own resolution.

import type { Beat, Lead, LeadQuality } from "../types";
import type { Mark } from "./marks";
import { drawLead, index, isGone, type Signal } from "./signal";
import { nameRise, type Sheet, type Strip, xOf, yOf } from "./sheet";

export interface View {
  /** Pixels per millimetre, and the millimetres at the window's top left corner. */
  scale: number;
  left: number;
  top: number;
  width: number;
  height: number;
}

export interface Palette {
  paper: string; thin: string; thick: string; wave: string; quiet: string; warn: string; bad: string;
  prior: string; accent: string; caliper: string; p: string; qrs: string; t: string; marks: string[];
}

export function palette(element: Element): Palette {
  const style = getComputedStyle(element);
  const colour = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    paper: colour("paper"), thin: colour("thin"), thick: colour("thick"), wave: colour("wave"), quiet: colour("quiet"),
    warn: colour("warn"), bad: colour("bad"), prior: colour("prior"), accent: colour("accent"), caliper: colour("caliper"),
    p: colour("wave-p"), qrs: colour("wave-qrs"), t: colour("wave-t"), marks: [0, 1, 2, 3].map((at) => colour(`mark-${at}`)),
  };
}

export const FONT = '"Inter", system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';

export class Painter {
  constructor(
    readonly pen: CanvasRenderingContext2D, readonly view: View, readonly sheet: Sheet, readonly ink: Palette,
    /** Pixels of the largest letters: on a screen they stay small beside a trace that was zoomed. */
    private readonly largest = 18,
  ) {}

  x = (mm: number): number => (mm - this.view.left) * this.view.scale;
  y = (mm: number): number => (mm - this.view.top) * this.view.scale;

  paper(): void {
    const { pen, view, sheet, ink } = this;
    pen.fillStyle = ink.paper;
    pen.fillRect(0, 0, view.width, view.height);
    const fine = Math.min(1, Math.max(0, (view.scale - 1.8) / 3));
    if (fine > 0) this.grid(1, ink.thin, fine, view.scale > 8 ? 1 : 0.6);
    this.grid(5, ink.thick, 1, view.scale > 8 ? 1.4 : 0.8);
    pen.globalAlpha = 1;
    pen.strokeStyle = ink.wave;
    pen.lineWidth = this.waveWidth();
    pen.lineJoin = "round";
    for (let row = 0; row < sheet.rows; row++) {
      const base = sheet.strips.find((strip) => strip.row === row)!.baseline_mm;
      const corners: [number, number][] = [
        [3, 0], [5.5, 0], [5.5, sheet.gain], [5.5 + 0.2 * sheet.speed, sheet.gain], [5.5 + 0.2 * sheet.speed, 0],
        [8 + 0.2 * sheet.speed, 0],
      ];
      pen.beginPath();
      corners.forEach(([dx, up], at) => pen[at ? "lineTo" : "moveTo"](this.x(dx), this.y(base - up)));
      pen.stroke();
    }
  }

  private grid(step: number, colour: string, alpha: number, width: number): void {
    const { pen, view } = this;
    pen.fillStyle = colour;
    pen.globalAlpha = alpha;
    // Whole pixels: sharp, and several times faster than stroking.
    const thick = Math.max(1, Math.round(width));
    for (let mm = Math.ceil(view.left / step) * step; this.x(mm) <= view.width; mm += step)
      pen.fillRect(Math.round(this.x(mm)), 0, thick, view.height);
    for (let mm = Math.ceil(view.top / step) * step; this.y(mm) <= view.height; mm += step)
      pen.fillRect(0, Math.round(this.y(mm)), view.width, thick);
    pen.globalAlpha = 1;
  }

  private waveWidth = (): number => Math.min(2.4, Math.max(1.15, 0.32 * this.view.scale));

  /** Each strip's trace, cut to its window. `shift_s` moves another record's time onto this one's. */
  traces(signal: Signal, colour: string, other?: { centre: (strip: Strip) => number; shift_s: (strip: Strip) => number }): void {
    const { pen, sheet, view } = this;
    pen.strokeStyle = colour;
    pen.lineWidth = this.waveWidth();
    // Round joins are seen only where the line is wide, and cost a third of the drawing.
    pen.lineJoin = view.scale > 6 ? "round" : "bevel";
    for (const strip of sheet.strips) {
      if (isGone(signal, strip.lead)) continue;
      const shift = other?.shift_s(strip) ?? 0;
      const offset = other?.centre(strip) ?? strip.offset_mv;
      const row = signal.mv[strip.lead];
      const left_s = Math.max(strip.start_s, strip.start_s + (view.left - strip.x_mm) / sheet.speed);
      const right_s = Math.min(strip.end_s, strip.start_s + (view.left + view.width / view.scale - strip.x_mm) / sheet.speed);
      if (right_s <= left_s) continue;
      const first = Math.max(0, index(signal, left_s + shift) - 1);
      const stop = Math.min(row.length, index(signal, right_s + shift) + 2);
      const mmPerSample = sheet.speed / signal.fs_hz;
      const x = (i: number): number => this.x(strip.x_mm + (signal.start_s + i / signal.fs_hz - shift - strip.start_s) * sheet.speed);
      const y = (mv: number): number => this.y(strip.baseline_mm - (mv - offset) * sheet.gain);
      pen.save();
      pen.beginPath();
      pen.rect(this.x(strip.x_mm), 0, (strip.end_s - strip.start_s) * sheet.speed * view.scale, view.height);
      pen.clip();
      drawLead(pen, row, first, stop, x, y, 1 / (mmPerSample * view.scale));
      if (!other && mmPerSample * view.scale > 7) {
        pen.fillStyle = colour;
        for (let i = first; i < stop; i++) pen.fillRect(x(i) - 1.8, y(row[i]!) - 1.8, 3.6, 3.6);
      }
      pen.restore();
    }
  }

  /** Lead names, what is derived or missing, and how readable each lead is. */
  names(signal: Signal, derived: Lead[], quality: LeadQuality[]): void {
    const { pen, sheet, ink, view } = this;
    const size = Math.min(this.largest, Math.max(11, 3.6 * view.scale));
    pen.textBaseline = "middle";
    pen.textAlign = "left";
    pen.lineJoin = "round";
    const word = (text: string, x: number, y: number, colour: string, font: string): number => {
      pen.font = font;
      pen.strokeStyle = ink.paper;
      pen.lineWidth = 4;
      pen.strokeText(text, x, y);
      pen.fillStyle = colour;
      pen.fillText(text, x, y);
      return pen.measureText(text).width;
    };
    for (const strip of sheet.strips) {
      const px = this.x(strip.x_mm) + 4;
      const py = this.y(strip.baseline_mm - nameRise(sheet));
      const wide = word(strip.lead, px, py, ink.wave, `700 ${size}px ${FONT}`);
      const found = quality.find((one) => one.lead === strip.lead);
      const small = `500 ${Math.max(10, size * 0.74)}px ${FONT}`;
      if (isGone(signal, strip.lead)) word("not recorded", px + wide + 6, py, ink.quiet, small);
      else if (found && !found.usable) word("● unusable", px + wide + 6, py, ink.bad, small);
      else if (found && found.score < 0.995 && (found.score < 0.7 || found.reasons.length))
        word(`● quality ${found.score.toFixed(2)}`, px + wide + 6, py, ink.warn, small);
      else if (derived.includes(strip.lead)) word("derived", px + wide + 6, py, ink.quiet, small);
      if (strip.x_mm > sheet.strips[0]!.x_mm) {
        pen.strokeStyle = ink.wave;
        pen.lineWidth = this.waveWidth();
        const x0 = Math.round(this.x(strip.x_mm)) + 0.5;
        pen.beginPath();
        for (const from of [-6.5, 3]) {
          pen.moveTo(x0, this.y(strip.baseline_mm + from));
          pen.lineTo(x0, this.y(strip.baseline_mm + from + 3.5));
        }
        pen.stroke();
      }
    }
  }

  stamp(text: string): void {
    const { pen, view, ink } = this;
    pen.save();
    pen.globalAlpha = 0.13;
    pen.fillStyle = ink.bad;
    pen.font = `800 ${Math.round(view.width / 9)}px ${FONT}`;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(text, view.width / 2, view.height / 2);
    pen.restore();
  }

  /** P, QRS and T of each beat as quiet bands with their edges. */
  waves(beats: Beat[]): void {
    const { pen, sheet, ink } = this;
    for (const strip of sheet.strips) {
      const rise = Math.min(0.52 * sheet.pitch_mm, 14);
      const top = this.y(strip.baseline_mm - rise), high = 1.6 * rise * this.view.scale;
      const band = (from: number, until: number, colour: string): void => {
        const start = Math.max(from, strip.start_s), end = Math.min(until, strip.end_s);
        if (end <= start) return;
        const left = this.x(xOf(sheet, strip, start)), right = this.x(xOf(sheet, strip, end));
        pen.globalAlpha = 0.16;
        pen.fillStyle = colour;
        pen.fillRect(left, top, right - left, high);
        pen.globalAlpha = 0.75;
        for (const [at, edge] of [[from, left], [until, right]] as const)
          if (at >= strip.start_s && at <= strip.end_s) pen.fillRect(Math.round(edge), top, 1, high);
      };
      for (const beat of beats) {
        if (beat.p) band(beat.p[0], beat.p[1], ink.p);
        band(beat.qrs[0], beat.qrs[1], ink.qrs);
        if (beat.t_end !== null) band(beat.qrs[1], beat.t_end, ink.t);
      }
    }
    pen.globalAlpha = 1;
  }

  /** Calipers on what is cited; returns the rectangles of the labels. */
  marks(marks: Mark[], signal: Signal): void {
    const taken: Box[] = [];
    const ordered = marks
      .map((mark, at) => ({ mark, colour: this.ink.marks[at % this.ink.marks.length]! }))
      .sort((a, b) => a.mark.end_s - a.mark.start_s - (b.mark.end_s - b.mark.start_s));
    for (const { mark, colour } of ordered) if (mark.global) this.echoes(mark, colour);
    for (const { mark, colour } of ordered)
      if (mark.amplitude) this.amplitude(mark, mark.amplitude, colour, taken);
      else this.interval(mark, colour, signal, taken);
  }

  private echoes(mark: Mark, colour: string): void {
    const { pen, sheet } = this;
    pen.fillStyle = colour;
    for (const strip of sheet.strips) {
      if (strip === mark.strip || strip.start_s > mark.start_s || strip.end_s < mark.end_s) continue;
      const left = this.x(xOf(sheet, strip, mark.start_s)), right = this.x(xOf(sheet, strip, mark.end_s));
      const rise = Math.min(0.42 * sheet.pitch_mm, 12);
      const top = this.y(strip.baseline_mm - rise), high = 1.6 * rise * this.view.scale;
      pen.globalAlpha = 0.07;
      pen.fillRect(left, top, right - left, high);
      pen.globalAlpha = 0.5;
      pen.fillRect(Math.round(left), top, 1, high);
      pen.fillRect(Math.round(right), top, 1, high);
    }
    pen.globalAlpha = 1;
  }

  private interval(mark: Mark, colour: string, signal: Signal, taken: Box[]): void {
    const { pen, sheet } = this;
    const left = this.x(xOf(sheet, mark.strip, mark.start_s)), right = this.x(xOf(sheet, mark.strip, mark.end_s));
    const row = signal.mv[mark.strip.lead];
    let high = -Infinity, low = Infinity;
    for (let i = index(signal, mark.start_s); i <= index(signal, mark.end_s); i++) {
      high = Math.max(high, row[i] ?? -Infinity);
      low = Math.min(low, row[i] ?? Infinity);
    }
    const top = this.y(high === -Infinity ? mark.strip.baseline_mm - 5 : yOf(sheet, mark.strip, high));
    const bottom = this.y(low === Infinity ? mark.strip.baseline_mm + 5 : yOf(sheet, mark.strip, low));
    const text = this.textSize(mark.label);
    // The bar goes above the wave, and higher where another label is in the way.
    let bar = Math.max(top - 12, text.height + 8);
    const centred = Math.min(Math.max((left + right - text.width) / 2, 4), Math.max(4, this.view.width - text.width - 4));
    const box = (): Box => ({ left: centred, top: bar - text.height - 4, right: centred + text.width, bottom: bar - 4 });
    for (let tries = 0; tries < 24 && taken.some((other) => touch(other, box())); tries++) bar -= 8;
    if (bar - text.height < 4) {
      bar = bottom + text.height + 16;
      for (let tries = 0; tries < 24 && taken.some((other) => touch(other, box())); tries++) bar += 8;
    }
    pen.fillStyle = colour;
    pen.globalAlpha = 0.13;
    if (mark.end_s - mark.start_s < 3) pen.fillRect(left, Math.min(bar, top), right - left, Math.abs(bottom - bar) + 8);
    pen.globalAlpha = 1;
    pen.strokeStyle = colour;
    pen.lineWidth = 1.6;
    const foot = Math.max(bottom + 8, bar);
    const head = Math.min(bar, top - 4);
    pen.beginPath();
    pen.moveTo(left, head);
    pen.lineTo(left, foot);
    pen.moveTo(right, head);
    pen.lineTo(right, foot);
    pen.moveTo(left, bar);
    pen.lineTo(right, bar);
    pen.stroke();
    this.plate(mark.label, box(), colour);
    taken.push(box());
  }

  private amplitude(mark: Mark, found: NonNullable<Mark["amplitude"]>, colour: string, taken: Box[]): void {
    const { pen, sheet } = this;
    const px = this.x(xOf(sheet, mark.strip, found.at_s));
    const peak = this.y(yOf(sheet, mark.strip, found.peak_mv)), level = this.y(yOf(sheet, mark.strip, found.level_mv));
    pen.strokeStyle = colour;
    pen.fillStyle = colour;
    pen.lineWidth = 1.6;
    pen.beginPath();
    pen.moveTo(px, peak);
    pen.lineTo(px, level);
    pen.moveTo(px - 14, level);
    pen.lineTo(px + 14, level);
    pen.moveTo(px - 5, peak);
    pen.lineTo(px + 5, peak);
    pen.stroke();
    pen.beginPath();
    pen.arc(px, peak, 3, 0, 2 * Math.PI);
    pen.fill();
    const text = this.textSize(mark.label);
    const middle = (peak + level) / 2 - text.height / 2;
    const tries: Box[] = [0, -22, 22, -44, 44, -66, 66].flatMap((dy) =>
      [px + 12, px - 12 - text.width].map((left) => ({
        left, top: middle + dy, right: left + text.width, bottom: middle + dy + text.height,
      })),
    );
    const inside = (box: Box): boolean => box.left > 2 && box.right < this.view.width - 2 && box.top > 2 && box.bottom < this.view.height - 2;
    const box = tries.find((one) => inside(one) && !taken.some((other) => touch(other, one))) ?? tries[0]!;
    this.plate(mark.label, box, colour);
    taken.push(box);
  }

  textSize(text: string): { width: number; height: number } {
    this.pen.font = `600 12.5px ${FONT}`;
    return { width: this.pen.measureText(text).width + 12, height: 19 };
  }

  plate(text: string, box: Box, colour: string): void {
    const { pen, ink } = this;
    pen.globalAlpha = 0.94;
    pen.fillStyle = ink.paper;
    pen.beginPath();
    pen.roundRect(box.left, box.top, box.right - box.left, box.bottom - box.top, 4);
    pen.fill();
    pen.globalAlpha = 1;
    pen.strokeStyle = colour;
    pen.lineWidth = 1;
    pen.stroke();
    pen.font = `600 12.5px ${FONT}`;
    pen.fillStyle = colour;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(text, (box.left + box.right) / 2, (box.top + box.bottom) / 2 + 0.5);
    pen.textAlign = "left";
  }
}

export interface Box { left: number; top: number; right: number; bottom: number }
const touch = (a: Box, b: Box): boolean =>
  a.left < b.right + 3 && b.left < a.right + 3 && a.top < b.bottom + 3 && b.top < a.bottom + 3;
