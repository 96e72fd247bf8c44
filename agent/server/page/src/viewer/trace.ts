// The viewer: one canvas, its window on the sheet, and what the hand does with it.

import type { Beat, Evidence, Lead, LeadQuality } from "../types";
import { Calipers, type Edge } from "./calipers";
import { bounds, firstSecond, marksFor, measured } from "./marks";
import { Painter, palette, type Palette, type View } from "./painter";
import { layOut, type Layout, PAGE_S, type Sheet, type Strip } from "./sheet";
import { centre, type Signal } from "./signal";

export interface Options {
  layout: Layout;
  speed: number;
  gain: number;
  start_s: number;
  waves: boolean;
}

export interface Content {
  signal: Signal;
  evidence: Evidence;
  beats: Beat[];
  quality: LeadQuality[];
  derived: Lead[];
  stamp: string;
  prior: { signal: Signal; beats: Beat[] } | null;
}

export interface Told {
  /** The zoom as a share of true scale, after any change. */
  zoomed: (share: number) => void;
  calipers: (reading: string) => void;
  /** Something cited lies outside this sheet and is shown by another layout or stretch. */
  needs: (change: Partial<Options>) => void;
  lead: (lead: Lead) => void;
}

/** CSS millimetre. */
const TRUE_SCALE = 96 / 25.4;
const MOST_SCALE = 170;
/** Height to width of what is left of an A4 page beneath its heading. */
const A4_SHAPE = 0.56;
const CALM = matchMedia("(prefers-reduced-motion: reduce)");

export class TraceView {
  private readonly pen: CanvasRenderingContext2D;
  private readonly view: View = { scale: 0, left: 0, top: 0, width: 0, height: 0 };
  private ink: Palette;
  private sheet: Sheet;
  private lit: readonly string[] = [];
  private hand: Calipers | null = null;
  private held: { edge: Edge | "sheet"; x: number; y: number } | null = null;
  private readonly touches = new Map<number, { x: number; y: number }>();
  private frame = 0;
  private travel = 0;
  private fitted = true;
  private readonly sized: ResizeObserver;
  private readonly ended = new AbortController();

  constructor(readonly canvas: HTMLCanvasElement, private content: Content, private options: Options, private readonly told: Told) {
    this.pen = canvas.getContext("2d", { alpha: false })!;
    this.ink = palette(canvas);
    this.sheet = this.laidOut();
    this.sized = new ResizeObserver(() => this.resize());
    this.sized.observe(canvas.parentElement!);
    this.listen();
    this.resize();
  }

  end(): void {
    this.sized.disconnect();
    this.ended.abort();
    cancelAnimationFrame(this.frame);
    cancelAnimationFrame(this.travel);
  }

  show(content: Content): void {
    this.content = content;
    this.relay();
  }

  set(options: Options): void {
    const moved = options.layout !== this.options.layout || options.speed !== this.options.speed || options.gain !== this.options.gain;
    this.options = options;
    this.relay();
    if (moved) this.fit();
  }

  /** Lights up what some citations cite; with `go` the window travels there. */
  light(ids: readonly string[], go: boolean): void {
    this.lit = ids;
    if (go && ids.length) this.goTo(ids);
    this.redraw();
  }

  recolour(): void {
    this.ink = palette(this.canvas);
    this.redraw();
  }

  fit(): void {
    this.fitted = true;
    this.travelTo({ scale: this.view.width / this.sheet.width_mm, left: 0, top: this.centredTop(this.view.width / this.sheet.width_mm) });
  }

  trueScale(): void {
    this.zoom(TRUE_SCALE / this.view.scale);
  }

  /** About the middle of the window and the row of leads that is nearest to it: the trace never leaves it. */
  zoom(factor: number): void {
    this.zoomAt(factor, this.view.width / 2, this.nearestRow());
  }

  holdCalipers(on: boolean): void {
    this.hand = on ? Calipers.in(this.sheet, this.view, this.nearestRow()) : null;
    this.told.calipers(this.hand?.reading(this.sheet) ?? "");
    this.redraw();
  }

  march(on: boolean): void {
    if (this.hand) this.hand.march = on;
    this.redraw();
  }

  /** Where marks lie now, in CSS pixels of the canvas: for tests, and for nothing else. */
  places(): { id: string; left: number; right: number }[] {
    const mm = (value: number): number => (value - this.view.left) * this.view.scale;
    return this.marks().map((mark) => ({
      id: mark.id,
      left: mm(mark.strip.x_mm + (mark.start_s - mark.strip.start_s) * this.sheet.speed),
      right: mm(mark.strip.x_mm + (mark.end_s - mark.strip.start_s) * this.sheet.speed),
    }));
  }

  geometry(): { view: View; sheet: Sheet } {
    return { view: { ...this.view }, sheet: this.sheet };
  }

  /** The sheet for paper: at a number of pixels a millimetre, in the shape of an A4 page with its heading. */
  print(onto: HTMLCanvasElement, scale: number, ink: Palette): void {
    const { layout, start_s, speed, gain } = this.options;
    const shown = this.sheet;
    this.sheet = layOut(this.content.signal, layout, start_s, speed, gain, A4_SHAPE);
    onto.width = Math.round(this.sheet.width_mm * scale);
    onto.height = Math.round(this.sheet.height_mm * scale);
    onto.style.width = `${this.sheet.width_mm}mm`;
    const view = { scale, left: 0, top: 0, width: onto.width, height: onto.height };
    this.paint(new Painter(onto.getContext("2d", { alpha: false })!, view, this.sheet, ink, 4 * scale));
    this.sheet = shown;
  }

  private laidOut(): Sheet {
    const { signal } = this.content;
    const box = this.canvas.parentElement!.getBoundingClientRect();
    const aspect = box.width ? box.height / box.width : 0.6;
    return layOut(signal, this.options.layout, this.options.start_s, this.options.speed, this.options.gain, aspect);
  }

  private relay(): void {
    this.sheet = this.laidOut();
    this.clamp();
    this.redraw();
  }

  private resize(): void {
    const box = this.canvas.parentElement!.getBoundingClientRect();
    if (!box.width || !box.height) return;
    const sharp = devicePixelRatio || 1;
    this.canvas.width = Math.round(box.width * sharp);
    this.canvas.height = Math.round(box.height * sharp);
    this.canvas.style.width = `${box.width}px`;
    this.canvas.style.height = `${box.height}px`;
    Object.assign(this.view, { width: box.width, height: box.height });
    this.sheet = this.laidOut();
    if (this.fitted || !this.view.scale) {
      const scale = box.width / this.sheet.width_mm;
      Object.assign(this.view, { scale, left: 0, top: this.centredTop(scale) });
    }
    this.clamp();
    this.paintNow();
    this.tellZoom();
  }

  private centredTop(scale: number): number {
    const spare = this.view.height / scale - this.sheet.height_mm;
    return spare > 0 ? -spare / 2 : 0;
  }

  private tellZoom = (): void => this.told.zoomed(this.view.scale / TRUE_SCALE);

  private marks() {
    return marksFor(this.lit, this.content.evidence, this.sheet, this.content.signal);
  }

  private goTo(ids: readonly string[]): void {
    const box = bounds(this.marks(), this.sheet);
    if (!box) {
      const lead = measured(ids, this.content.evidence).map((id) => this.content.evidence[id]!.lead).find(Boolean);
      const first = firstSecond(ids, this.content.evidence);
      if (first === undefined) return;
      const inside = first >= this.options.start_s && first < this.options.start_s + PAGE_S;
      const layout: Partial<Options> = lead && this.options.layout !== "12x1" && this.options.layout !== lead ? { layout: "12x1" } : {};
      if (inside && !("layout" in layout)) return;
      this.told.needs({ ...layout, ...(inside ? {} : { start_s: Math.max(0, Math.floor(first - 2)) }) });
      return;
    }
    const [left, top, right, bottom] = box;
    // The span takes a third of the window's width, its whole row stays visible.
    const scale = Math.min(Math.max((0.34 * this.view.width) / Math.max(right - left, 4), this.fitScale()), (0.9 * this.view.height) / (bottom - top + 6), 14);
    this.fitted = false;
    this.travelTo({
      scale,
      left: (left + right) / 2 - this.view.width / scale / 2,
      top: (top + bottom) / 2 - this.view.height / scale / 2,
    });
  }

  /** Pixels from the top of the window to the baseline that is nearest to its middle. */
  private nearestRow(): number {
    const middle = this.view.height / 2;
    const rows = this.sheet.strips.map((strip) => (strip.baseline_mm - this.view.top) * this.view.scale);
    const nearest = rows.reduce((best, row) => (Math.abs(row - middle) < Math.abs(best - middle) ? row : best));
    return Math.min(Math.max(nearest, 0), this.view.height);
  }

  private fitScale = (): number => this.view.width / this.sheet.width_mm;

  private travelTo(target: { scale: number; left: number; top: number }): void {
    cancelAnimationFrame(this.travel);
    const from = { ...this.view };
    const arrive = (share: number): void => {
      // Zoom by equal factors in equal times, and keep the centre on a straight line.
      const scale = from.scale * (target.scale / from.scale) ** share;
      const centreOf = (side: "left" | "top", size: number, view: { scale: number; left: number; top: number }): number => view[side] + size / view.scale / 2;
      for (const [side, size] of [["left", this.view.width], ["top", this.view.height]] as const) {
        const middle = (1 - share) * centreOf(side, size, from) + share * centreOf(side, size, target);
        this.view[side] = middle - size / scale / 2;
      }
      this.view.scale = scale;
      if (share === 1) this.clamp();
      this.redraw();
      this.tellZoom();
    };
    if (CALM.matches || !from.scale) {
      arrive(1);
      return;
    }
    const began = performance.now();
    const step = (now: number): void => {
      const share = Math.min(1, (now - began) / 260);
      arrive(1 - (1 - share) ** 3);
      if (share < 1) this.travel = requestAnimationFrame(step);
    };
    this.travel = requestAnimationFrame(step);
  }

  private zoomAt(factor: number, px: number, py: number): void {
    cancelAnimationFrame(this.travel);
    this.fitted = false;
    const scale = Math.min(MOST_SCALE, Math.max(0.8 * this.fitScale(), this.view.scale * factor));
    this.view.left += px / this.view.scale - px / scale;
    this.view.top += py / this.view.scale - py / scale;
    this.view.scale = scale;
    this.clamp();
    this.redraw();
    this.tellZoom();
  }

  private pan(dx: number, dy: number): void {
    cancelAnimationFrame(this.travel);
    this.view.left -= dx / this.view.scale;
    this.view.top -= dy / this.view.scale;
    this.clamp();
    this.redraw();
  }

  /** The sheet never leaves the window; where it is smaller it stands in the middle. */
  private clamp(): void {
    if (!this.view.scale) return;
    for (const [side, size, whole] of [["left", this.view.width, this.sheet.width_mm], ["top", this.view.height, this.sheet.height_mm]] as const) {
      const seen = size / this.view.scale;
      this.view[side] = seen >= whole ? (whole - seen) / 2 : Math.min(Math.max(this.view[side], 0), whole - seen);
    }
  }

  private redraw(): void {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.paintNow());
  }

  private paintNow(): void {
    // Before the window has a size there is nothing to paint on, and no millimetre has any pixels.
    if (!this.view.scale) return;
    const sharp = devicePixelRatio || 1;
    this.pen.setTransform(sharp, 0, 0, sharp, 0, 0);
    this.paint(new Painter(this.pen, this.view, this.sheet, this.ink));
  }

  private paint(painter: Painter): void {
    const { signal, prior, beats, derived, quality, stamp } = this.content;
    painter.paper();
    if (stamp) painter.stamp(stamp);
    if (this.options.waves) painter.waves(beats);
    if (prior) painter.traces(prior.signal, painter.ink.prior, this.aligned(prior));
    painter.traces(signal, painter.ink.wave);
    painter.names(signal, derived, quality);
    painter.marks(this.marks(), signal);
    this.hand?.draw(painter);
  }

  /** The prior's first QRS of each strip on this one's. */
  private aligned(prior: { signal: Signal; beats: Beat[] }) {
    const first = (found: Beat[], from: number): number | undefined => found.find((beat) => beat.qrs[0] >= from + 0.15)?.qrs[0];
    const offsets = new Map<Lead, number>();
    return {
      centre: (strip: Strip): number => {
        if (!offsets.has(strip.lead)) offsets.set(strip.lead, centre(prior.signal, strip.lead, 0, PAGE_S));
        return offsets.get(strip.lead)!;
      },
      shift_s: (strip: Strip): number => {
        const now = first(this.content.beats, strip.start_s), then = first(prior.beats, Math.min(strip.start_s, prior.signal.duration_s - 3));
        return now === undefined || then === undefined ? 0 : then - now;
      },
    };
  }

  private listen(): void {
    const { canvas } = this;
    const on = { signal: this.ended.signal };
    const point = (event: PointerEvent | WheelEvent | MouseEvent): { x: number; y: number } => {
      const box = canvas.getBoundingClientRect();
      return { x: event.clientX - box.left, y: event.clientY - box.top };
    };
    const mm = (where: { x: number; y: number }): [number, number] => [where.x / this.view.scale + this.view.left, where.y / this.view.scale + this.view.top];
    canvas.addEventListener("pointerdown", (event) => {
      const where = point(event);
      this.touches.set(event.pointerId, where);
      const edge = this.hand?.edgeAt(...mm(where), (event.pointerType === "touch" ? 18 : 9) / this.view.scale);
      this.held = { edge: edge ?? "sheet", ...where };
      canvas.setPointerCapture(event.pointerId);
    }, on);
    canvas.addEventListener("pointermove", (event) => {
      const where = point(event);
      if (this.touches.size === 2 && this.touches.has(event.pointerId)) {
        const other = [...this.touches].find(([id]) => id !== event.pointerId)![1];
        const before = this.touches.get(event.pointerId)!;
        const grown = Math.hypot(where.x - other.x, where.y - other.y) / Math.max(10, Math.hypot(before.x - other.x, before.y - other.y));
        this.touches.set(event.pointerId, where);
        this.zoomAt(grown, (where.x + other.x) / 2, (where.y + other.y) / 2);
        return;
      }
      if (!this.held) {
        const edge = this.hand?.edgeAt(...mm(where), 9 / this.view.scale);
        canvas.style.cursor = edge === undefined ? "grab" : edge === "whole" ? "move" : edge === "left" || edge === "right" ? "ew-resize" : "ns-resize";
        return;
      }
      const dx = where.x - this.held.x, dy = where.y - this.held.y;
      Object.assign(this.held, where);
      this.touches.set(event.pointerId, where);
      if (this.held.edge === "sheet") {
        canvas.style.cursor = "grabbing";
        this.pan(dx, dy);
      } else this.nudge(this.held.edge, dx / this.view.scale, dy / this.view.scale);
    }, on);
    const release = (event: PointerEvent): void => {
      this.touches.delete(event.pointerId);
      this.held = null;
    };
    canvas.addEventListener("pointerup", release, on);
    canvas.addEventListener("pointercancel", release, on);
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      const where = point(event);
      if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) this.pan(-(event.deltaX || event.deltaY), 0);
      else this.zoomAt(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0018)), where.x, where.y);
    }, { ...on, passive: false });
    canvas.addEventListener("dblclick", (event) => {
      const [x, y] = mm(point(event));
      const row = Math.min(this.sheet.rows - 1, Math.max(0, Math.floor((y - 3) / this.sheet.pitch_mm)));
      const strip = this.sheet.strips.filter((one) => one.row === row).findLast((one) => x >= one.x_mm);
      if (strip) this.told.lead(strip.lead);
    }, on);
    canvas.addEventListener("keydown", (event) => this.key(event), on);
  }

  private nudge(edge: Edge, dx: number, dy: number): void {
    this.hand?.move(edge, dx, dy);
    this.told.calipers(this.hand?.reading(this.sheet) ?? "");
    this.redraw();
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey) return;
    const side = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (side) {
      event.preventDefault();
      const [dx, dy] = side as [number, number];
      if (this.hand && (event.altKey || event.shiftKey)) {
        // One sample in time, a hundredth of a millivolt: Shift moves the right and lower edge, Alt all of it.
        const step = { x: (dx * this.sheet.speed) / this.content.signal.fs_hz, y: dy * 0.01 * this.sheet.gain };
        this.nudge(event.altKey ? "whole" : dx ? "right" : "bottom", step.x, step.y);
      } else this.pan(-60 * dx, -60 * dy);
    } else if (event.key === "+" || event.key === "=") this.zoom(1.25);
    else if (event.key === "-") this.zoom(0.8);
    else if (event.key === "0") this.fit();
    else if (event.key === "1") this.trueScale();
  }
}
